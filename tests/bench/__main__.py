"""`python -m tests.bench`: makes an archive, loads it, measures every job, prints the table and writes RESULTS.md."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import astuple
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from app.storage.database import Database
from tests.bench import bare, counts, invention, naive, naive_filling
from tests.bench.invention import Size
from tests.bench.jobs import Loaded, Run
from tests.bench.load import answer
from tests.bench.questions import compare, listed, questions
from tests.bench.report import Circumstances, report, table
from tests.bench.servers import CLIENT_CORE, BenchError, application, service, session_bytes
from tests.live import dateline

RESULTS = Path(__file__).parent / "RESULTS.md"
KEEPS_NO_ANSWERS = {"DATELINE_CACHE_BYTES": "0"}
PUBLIC_URL = {"DATELINE_PUBLIC_URL": naive.BASE}


def main(
    incidents: Annotated[int, typer.Option(help="So many incidents, and as many quotes.", min=1_000)] = 1_000_000,
    rounds: Annotated[int, typer.Option(help="How often each server has its turn.", min=1)] = 5,
    seconds: Annotated[float, typer.Option(help="How long a turn is.", min=0.1)] = 2,
    smoke: Annotated[bool, typer.Option("--smoke", help="One short round: does it run at all?")] = False,
    results: Annotated[Path | None, typer.Option(help="Where to write; RESULTS.md unless smoke.")] = None,
    folder: Annotated[
        Path | None, typer.Option(help="For the files, 10 kB an incident. What is there already is used again.")
    ] = None,
    before: Annotated[Path | None, typer.Option(help="`dateline` of an earlier build, which counts too.")] = None,
    before_database: Annotated[str, typer.Option(help="URL of its archive.")] = "",
) -> None:
    """Measure the service against its naive twin and the bare server, on an invented archive."""
    if smoke:
        rounds, seconds = 1, 0.2
    with TemporaryDirectory(prefix="dateline-bench-") as temporary:
        try:
            text = _measured(
                folder or Path(temporary), Size(incidents), rounds, seconds, smoke, before, before_database
            )
        except BenchError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from error
    if target := results or (None if smoke else RESULTS):
        target.write_text(text, "utf-8")


def _measured(
    folder: Path, size: Size, rounds: int, seconds: float, smoke: bool, before: Path | None, before_database: str
) -> str:
    load_before = os.getloadavg()[0]
    typer.echo(f"{size.incidents:,} incidents: making the seed files")
    once(seed := folder / "seed", lambda target: invention.write(target, size.incidents))
    typer.echo("loading them")
    database, url = folder / "dateline.db", f"sqlite:///{folder / 'dateline.db'}"
    once(folder / "loaded.json", lambda target: target.write_text(json.dumps(astuple(_loaded(seed, folder, size)))))
    loaded = Loaded(*json.loads((folder / "loaded.json").read_text()))
    typer.echo(f"loaded in {loaded.seconds:.0f} s; filling the naive twin")
    once(folder / "naive.db", lambda target: naive_filling.fill(target, Database(url)))
    os.sched_setaffinity(0, {CLIENT_CORE})
    with ExitStack() as servers:
        start = servers.enter_context
        cold = start(service("the service without its cache", url, PUBLIC_URL | KEEPS_NO_ANSWERS))
        warm = start(service("the service", url, PUBLIC_URL))
        two = start(service("two workers without a cache", url, PUBLIC_URL | KEEPS_NO_ANSWERS, workers=2))
        twin = start(
            application("the naive twin", "tests.bench.naive:create_app", BENCH_NAIVE=str(folder / "naive.db"))
        )
        for server in (cold, warm, two):
            server.settle()
        asked = questions(size, cold)
        answers = {one.path: answer(warm, one.path) for one in asked.lists}
        bare.record(folder / "answers", answers)
        plain = start(application("bare uvicorn", "tests.bench.bare:create_app", BENCH_ANSWERS=str(folder / "answers")))
        compared = compare(asked, cold, twin)
        for server in (cold, warm):  # once they have been asked they prepare what they count by
            server.settle()
        typer.echo(f"{compared} answers are the same as the twin's; measuring")
        run = Run(twin, plain, cold, warm, two, asked, rounds, seconds, longest_export=1 if smoke else 10)
        rows = run.rows(loaded)
        circumstances = Circumstances(
            incidents=size.incidents,
            years=size.years,
            database_bytes=database.stat().st_size,
            listed=listed(asked.lists, cold),
            list_bytes=sum(len(body) for _, body in answers.values()) / len(answers),
            compared=compared,
            rounds=rounds,
            seconds=seconds,
            load=(load_before, os.getloadavg()[0]),
            command=f"python -m tests.bench --incidents {size.incidents} --rounds {rounds} --seconds {seconds:g}"
            + (" --before … --before-database …" if before else ""),
            day=f"{datetime.now(UTC):%-d %B %Y}",
        )
    typer.echo(table(rows))
    typer.echo("counting, and DuckDB beside")
    counted = counts.measured([url], before, before_database)
    typer.echo(counted)
    return report(rows, counted, circumstances)


def once(target: Path, make: Callable[[Path], object]) -> None:
    """Makes a file or folder that is not there yet; it has its name once it is whole."""
    if not target.exists():
        part = target.with_name(f"{target.name}.part")
        make(part)
        part.rename(target)


def _loaded(seed: Path, folder: Path, size: Size) -> Loaded:
    """Loads the incidents by themselves into a database that is thrown away, and then everything."""
    with TemporaryDirectory(dir=folder) as temporary:
        _leave_out_quotes(seed, part := Path(temporary) / "seed")
        alone, least = _loading(part, Path(temporary) / "dateline.db")
    together, most = _loading(seed, folder / "dateline.db")
    return Loaded(size.incidents, together, max(least, most), alone)


def _leave_out_quotes(seed: Path, target: Path) -> None:
    for path in seed.rglob("*"):
        if path.is_file() and path.name != "quotes.jsonl":
            link = target / path.relative_to(seed)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)


def _loading(seed: Path, database: Path) -> tuple[float, int]:
    """Loads seed files as `dateline load` does: the seconds, and the most bytes that all its processes together had in
    memory."""
    environment = {**os.environ, "DATELINE_DATABASE_URL": f"sqlite:///{database}"}
    started, peak = time.monotonic(), 0
    command = [str(dateline()), "load", str(seed)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True) as process:
        while process.poll() is None:
            peak = max(peak, session_bytes(process.pid))
            time.sleep(0.5)
    if process.returncode:
        raise BenchError("the archive cannot be loaded")
    return time.monotonic() - started, peak


if __name__ == "__main__":
    typer.run(main)
