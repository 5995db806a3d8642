"""`python -m tests.bench.front DATABASE_URL…`: what the front page and a map's tiles cost, by the size of the archive.

The first view in Chromium, until no request is under way: how many requests it takes, what they weigh as sent
(compressed), and the processor time of the server for all of them together. Of the page on a telephone the processor
time of its main thread: four times that is how long a telephone works that is four times as slow as this machine. Then
tiles of every zoom around some places.

A second table: when the page answers, with a browser that is slowed down four times. It is interactive when it has
shown something and its main thread has ended the last task of 50 ms or more, and drawn when no panel is being worked on
any more. Milliseconds after the navigation by the clock, which a busy machine spoils; and milliseconds of processor
time of the main thread until it is interactive, without the slowdown and taken four times. Medians of five visits.

Nothing is answered from the server's memory; what is made once for all who ask
was made by a visit before.
`--results` writes FRONT.md.
"""

import json
import shutil
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.model.map_tiles import tile_at
from tests.bench.dear import asked
from tests.bench.servers import Server, service
from tests.browser import QUIET, until

if TYPE_CHECKING:
    from playwright.sync_api import Browser

RESULTS = Path(__file__).parent / "FRONT.md"
ZOOMS, PLACES = range(13), 10
VISITS = 3
ROUNDS = 20
"""Answers of one kind that are measured together, at least: the kernel counts in steps of 10 ms."""
VIEWPORTS = ((412, 823), (1280, 900))
SLOWDOWN, SLOW_VISITS = 4, 5
LONG_MS = 50
"""How long a task of the main thread may take before it is a long one."""
TASK = "ThreadControllerImpl::RunTask"
"""What Chromium's traces call a task of a thread."""
QUIET_MS = 1000
"""How long is waited for tasks after the last request."""
COLUMNS = (
    *("incidents", "requests", "kB", "server ms of the first view", "dearest request, ms", "main thread, ms"),
    *("ms of a tile", "of the dearest zoom", "largest tile, kB"),
)

INTERACTIVE = (
    "incidents",
    "viewport",
    "first paint, ms",
    "interactive, ms",
    "drawn, ms",
    "interactive, processor ms × 4",
)
_WATCH = """
window.seen = {tasks: [], drawn: 0};
new PerformanceObserver(list => seen.tasks.push(...list.getEntries().map(one => one.startTime + one.duration)))
  .observe({type: "longtask", buffered: true});
new MutationObserver(() => { if (main.ariaBusy === "false") seen.drawn = performance.now(); })
  .observe(document, {subtree: true, attributeFilter: ["aria-busy"]});
"""
_SEEN = """() => {
  const painted = performance.getEntriesByName("first-contentful-paint")[0].startTime;
  return [painted, Math.max(painted, ...seen.tasks), seen.drawn];
}"""


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


def _slowed(browser: "Browser", url: str, viewport: tuple[int, int]) -> list[float]:
    """Milliseconds until the page has shown something, is interactive and is drawn, on a slow machine."""
    context = browser.new_context(viewport={"width": viewport[0], "height": viewport[1]})
    page = context.new_page()
    page.add_init_script(_WATCH)
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
    page.goto(url, timeout=120_000)
    page.wait_for_load_state("networkidle", timeout=120_000)
    until(page, "seen.drawn > 0")
    page.wait_for_timeout(QUIET_MS)
    seen: list[float] = page.evaluate(_SEEN)
    context.close()
    return seen


def _worked(browser: "Browser", url: str, viewport: tuple[int, int]) -> float:
    """Milliseconds of processor time of the main thread until the end of its last long task, times the slowdown."""
    context = browser.new_context(viewport={"width": viewport[0], "height": viewport[1]})
    page = context.new_page()
    browser.start_tracing(page=page, categories=["toplevel", "loading"])
    page.goto(url, timeout=120_000)
    page.wait_for_load_state("networkidle", timeout=120_000)
    page.wait_for_timeout(QUIET_MS)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    context.close()
    shown = next(one for one in events if one["name"] == "firstContentfulPaint")
    main = (shown["pid"], shown["tid"])
    tasks = [one for one in events if one["name"] == TASK and (one["pid"], one["tid"]) == main]
    spent = last = 0.0
    for one in sorted(tasks, key=lambda one: float(one["ts"])):
        took = one.get("tdur", 0) / 1000 * SLOWDOWN
        spent += took
        last = spent if took >= LONG_MS else last
    return last


def _interactive(browser: "Browser", server: Server, incidents: int) -> Iterator[list[str]]:
    """A row for each viewport."""
    url = f"http://127.0.0.1:{server.port}/"
    for width, height in VIEWPORTS:
        visits = [_slowed(browser, url, (width, height)) for _ in range(SLOW_VISITS)]
        worked = median(_worked(browser, url, (width, height)) for _ in range(SLOW_VISITS))
        numbers = [*map(median, zip(*visits, strict=True)), worked]
        yield [f"{incidents:,}", f"{width} × {height}", *(f"{one:.0f}" for one in numbers)]


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


def _measured(browser: "Browser", url: str, cache: Path) -> tuple[list[str], list[list[str]]]:
    """The row of an archive in the first table, and its rows in the second."""
    settings = {"DATELINE_CACHE_BYTES": "0", "DATELINE_QUERY_SECONDS": "100", "DATELINE_CACHE_DIR": str(cache)}
    with service("the service", url, settings) as server:
        incidents = json.loads(asked(server, "/v1/incidents?limit=1")[1])["meta"]["matched"]
        _visit(browser, server)
        time.sleep(1.5)  # the service looks once a second for a release to prepare
        server.settle()
        before = server.cpu()
        paths, sent = _visit(browser, server)
        together = (server.cpu() - before) * 1000
        dearest = max(
            (_ms(server, [path] * 3), path) for path in paths if path.startswith("/v1/") and "stream" not in path
        )
        typer.echo(f"{incidents:,}: the dearest is {dearest[1]}")
        thread = _main_thread(browser, server)
        interactive = list(_interactive(browser, server, incidents))
        costs, largest = _tiles(server)
        numbers = [f"{sent / 1000:.0f}", f"{together:.0f}", f"{dearest[0]:.0f}", f"{thread:.0f}", f"{mean(costs):.1f}"]
        whole = [f"{incidents:,}", str(len(paths)), *numbers, f"{max(costs):.1f}", f"{largest / 1000:.0f}"]
        return whole, interactive


def _table(columns: Sequence[str], rows: list[list[str]]) -> Iterator[str]:
    for row in (list(columns), ["---"] * len(columns), *rows):
        yield f"| {' | '.join(row)} |"


def main(
    databases: Annotated[list[str], typer.Argument(help="URLs of loaded archives.")],
    results: Annotated[bool, typer.Option("--results", help="Write FRONT.md.")] = False,
) -> None:
    """A row for each archive."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver, TemporaryDirectory(prefix="dateline-front-") as temporary:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        measured = [_measured(browser, url, Path(temporary, str(number))) for number, url in enumerate(databases)]
        browser.close()
    rows, interactive = zip(*measured, strict=True)
    lines = [*_table(COLUMNS, list(rows)), "", *_table(INTERACTIVE, [row for some in interactive for row in some])]
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
