"""`python -m tests.bench.front DATABASE_URL…`: what the front page and a map's tiles cost, by the size of the archive.

The first view in Chromium, until no request is under way: how many requests it takes, what they weigh as sent
(compressed), and the processor time of the server for all of them together. Of the page on a telephone the processor
time of its main thread: four times that is how long a telephone works that is four times as slow as this machine. Then
tiles of every zoom around some places. Nothing is answered from the server's memory; what is made once for all who ask
was made by a visit before.
`--results` writes FRONT.md.
"""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.model.map_tiles import tile_at
from tests.bench.dear import asked
from tests.bench.servers import Server, service
from tests.browser import QUIET

if TYPE_CHECKING:
    from playwright.sync_api import Browser

RESULTS = Path(__file__).parent / "FRONT.md"
ZOOMS, PLACES = range(13), 10
VISITS = 3
ROUNDS = 20
"""Answers of one kind that are measured together, at least: the kernel counts in steps of 10 ms."""
COLUMNS = (
    *("incidents", "requests", "kB", "server ms of the first view", "dearest request, ms", "main thread, ms"),
    *("ms of a tile", "of the dearest zoom", "largest tile, kB"),
)


def _visit(browser: "Browser", server: Server) -> tuple[list[str], int]:
    """Opens the front page with an empty cache; returns what it asked for, and the bytes that were sent."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page, sent, paths = context.new_page(), 0, list[str]()
    session = context.new_cdp_session(page)
    session.send("Network.enable")

    def add(event: dict[str, Any]) -> None:
        nonlocal sent
        sent += int(event["encodedDataLength"])

    base = f"http://127.0.0.1:{server.port}"
    session.on("Network.loadingFinished", add)
    page.on("request", lambda request: paths.append(request.url.removeprefix(base)))
    page.goto(f"{base}/", timeout=120_000)
    page.wait_for_load_state("networkidle", timeout=120_000)
    context.close()
    return paths, sent


def _main_thread(browser: "Browser", server: Server) -> float:
    """Milliseconds of processor time that the page takes in the browser's main thread, the least of some visits."""
    spent = []
    for _ in range(VISITS):
        context = browser.new_context(viewport={"width": 412, "height": 823})
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(f"http://127.0.0.1:{server.port}/", timeout=120_000)
        page.wait_for_load_state("networkidle", timeout=120_000)
        metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
        spent.append(float(metrics["TaskDuration"]))
        context.close()
    return min(spent) * 1000


def _ms(server: Server, paths: list[str]) -> float:
    """Milliseconds of processor time of an answer."""
    before = server.cpu()
    for path in paths:
        status, _ = asked(server, path)
        assert status in (200, 204), f"{path}: {status}"
    return (server.cpu() - before) / len(paths) * 1000


def _tiles(server: Server) -> tuple[list[float], int]:
    """Milliseconds of a tile of each zoom, a mean over tiles around some places, and the bytes of the largest."""
    places = json.loads(asked(server, f"/v1/places?has_location=true&limit={PLACES}")[1])["data"]
    costs, largest = [], 0
    for zoom in ZOOMS:
        tiles = {tile_at(place["longitude"], place["latitude"], zoom) for place in places}
        paths = [f"/v1/tiles/incidents/{zoom}/{tile.column}/{tile.row}.mvt" for tile in tiles]
        largest = max(largest, *(len(asked(server, path)[1]) for path in paths))
        costs.append(_ms(server, paths * -(-ROUNDS // len(paths))))
    return costs, largest


def _measured(browser: "Browser", url: str, cache: Path) -> list[str]:
    settings = {"DATELINE_CACHE_BYTES": "0", "DATELINE_QUERY_SECONDS": "100", "DATELINE_CACHE_DIR": str(cache)}
    with service("the service", url, settings) as server:
        incidents = json.loads(asked(server, "/v1/incidents?limit=1")[1])["meta"]["matched"]
        _visit(browser, server)
        before = server.cpu()
        paths, sent = _visit(browser, server)
        together = (server.cpu() - before) * 1000
        dearest = max(
            (_ms(server, [path] * 3), path) for path in paths if path.startswith("/v1/") and "stream" not in path
        )
        typer.echo(f"{incidents:,}: the dearest is {dearest[1]}")
        thread = _main_thread(browser, server)
        costs, largest = _tiles(server)
        numbers = [f"{sent / 1000:.0f}", f"{together:.0f}", f"{dearest[0]:.0f}", f"{thread:.0f}", f"{mean(costs):.1f}"]
        return [f"{incidents:,}", str(len(paths)), *numbers, f"{max(costs):.1f}", f"{largest / 1000:.0f}"]


def _table(rows: list[list[str]]) -> Iterator[str]:
    for row in (list(COLUMNS), ["---"] * len(COLUMNS), *rows):
        yield f"| {' | '.join(row)} |"


def main(
    databases: Annotated[list[str], typer.Argument(help="URLs of loaded archives.")],
    results: Annotated[bool, typer.Option("--results", help="Write FRONT.md.")] = False,
) -> None:
    """A row for each archive."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver, TemporaryDirectory(prefix="dateline-front-") as temporary:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        rows = [_measured(browser, url, Path(temporary, str(number))) for number, url in enumerate(databases)]
        browser.close()
    lines = list(_table(rows))
    typer.echo("\n".join(lines))
    if results:
        told = (__doc__ or "").partition("\n\n")[2].replace("\n`--results` writes FRONT.md.", "")
        RESULTS.write_text(
            f"# What the front page costs\n\n{datetime.now(UTC):%-d %B %Y}.\n\n{told}\n"
            + "\n".join(lines)
            + "\n\nPrinted by `python -m tests.bench.front --results`.\n",
            "utf-8",
        )


if __name__ == "__main__":
    typer.run(main)
