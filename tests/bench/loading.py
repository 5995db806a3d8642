"""`python -m tests.bench.loading BEFORE`: loading an archive, by turns with an earlier build, given by its checkout.

Each build loads the archive that its own `tests.bench.invention` writes, in its own format, into a new SQLite database.
Prints each run, then the medians: seconds by the clock, seconds of processor time of all processes, and the peak of
their memory, in which what they share is counted once. Nothing else should run beside it.
"""

import os
import resource
import subprocess
import time
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from tests.bench.servers import ROOT, BenchError, session_bytes

_LOOK_EVERY = 1.0
_WRITE = """
import pathlib, sys
from tests.bench.invention import write
write(pathlib.Path(sys.argv[1]), int(sys.argv[2]))
"""


@dataclass(frozen=True)
class Run:
    """What one load took: seconds, seconds of processor time, and megabytes at the peak."""

    seconds: float
    processor: float
    peak: float


def main(
    before: Annotated[Path, typer.Argument(help="Checkout of an earlier build, with its environment in `.venv`.")],
    incidents: Annotated[int, typer.Option(help="Incidents of the archive, and as many quotes.")] = 1_000_000,
    rounds: Annotated[int, typer.Option(help="Times that each build loads it.", min=1)] = 5,
    folder: Annotated[Path | None, typer.Option(help="Folder for seed files and databases.")] = None,
) -> None:
    """Measure loading beside an earlier build."""
    builds = {"this build": ROOT, "the build before": before.resolve()}
    runs: dict[str, list[Run]] = {name: [] for name in builds}
    typer.echo("| build | seconds | of processor time | MB at the peak |")
    typer.echo("|---|---|---|---|")
    with TemporaryDirectory(dir=folder) as temporary:
        for name, checkout in builds.items():
            _run(checkout, ["python", "-c", _WRITE, f"{temporary}/{name}", str(incidents)])
        for _ in range(rounds):
            for name, checkout in builds.items():
                runs[name].append(_load(checkout, Path(temporary, name), Path(temporary, "dateline.db")))
                typer.echo(_row(name, runs[name][-1]))
    for name, some in runs.items():
        typer.echo(_row(f"{name}, median", Run(*map(median, zip(*map(astuple, some), strict=True)))))


def _row(name: str, run: Run) -> str:
    return f"| {name} | {run.seconds:.1f} | {run.processor:.1f} | {run.peak:.0f} |"


def _load(checkout: Path, seed: Path, database: Path) -> Run:
    for file in database.parent.glob(f"{database.name}*"):
        file.unlink()
    url = {"DATELINE_DATABASE_URL": f"sqlite:///{database}"}
    _run(checkout, ["dateline", "migrate"], **url)
    began, used = time.perf_counter(), sum(_processor())
    peak = _run(checkout, ["dateline", "load", str(seed)], **url)
    return Run(time.perf_counter() - began, sum(_processor()) - used, peak / 1e6)


def _processor() -> Iterator[float]:
    """User and system seconds of all processes that have been waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    yield from (children.ru_utime, children.ru_stime)


def _run(checkout: Path, command: list[str], **settings: str) -> int:
    """Runs a command of a build, and returns the most memory that its processes had together."""
    program, *arguments = command
    with subprocess.Popen(
        [str(checkout / ".venv/bin" / program), *arguments],
        cwd=checkout,
        env={**os.environ, **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        peak = 0
        while True:
            try:
                _, printed = process.communicate(timeout=_LOOK_EVERY)
                break
            except subprocess.TimeoutExpired:
                peak = max(peak, session_bytes(process.pid))
    if process.returncode:
        raise BenchError(f"{' '.join(command)} in {checkout}: {printed}")
    return peak


if __name__ == "__main__":
    typer.run(main)
