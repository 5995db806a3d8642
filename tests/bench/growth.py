"""`python -m tests.bench.growth FOLDER…`: what each size costs, from folders that `python -m tests.bench --folder` has
filled. Prints the table of README's "Running it for real"."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from tests.bench.__main__ import KEEPS_NO_ANSWERS, PUBLIC_URL
from tests.bench.invention import Size
from tests.bench.jobs import MEGABYTE, Loaded
from tests.bench.load import Question, burst, transfer
from tests.bench.questions import EXPORT, questions
from tests.bench.servers import CLIENT_CORE, Server, service

_HEAD = tuple("incidents|loading|database|list of 50|record|page 1 / deep|words|box|export|memory".split("|"))


def main(
    folders: Annotated[list[Path], typer.Argument(help="One for each size.")],
    seconds: Annotated[float, typer.Option(help="How long each is measured.", min=0.1)] = 1,
) -> None:
    """Milliseconds of processor time for one answer that is not cached, and megabytes of an export for a second of it,
    by the number of incidents."""
    os.sched_setaffinity(0, {CLIENT_CORE})
    typer.echo(_row(_HEAD))
    typer.echo(_row(["---"] * len(_HEAD)))
    for folder in folders:
        loaded = Loaded(*json.loads((folder / "loaded.json").read_text()))
        database = folder / "dateline.db"
        with service("the service", f"sqlite:///{database}", PUBLIC_URL | KEEPS_NO_ANSWERS) as server:
            server.settle()
            typer.echo(_row(_costs(server, loaded, database.stat().st_size, seconds)))


def _costs(server: Server, loaded: Loaded, size: int, seconds: float) -> list[str]:
    measured = questions(Size(loaded.incidents), server)

    def cost(some: list[Question], *, slow: bool = False) -> str:
        return f"{burst(server, some, seconds, connections=4, slow=slow).cpu_us / 1000:.1f}"

    costs = [
        f"{loaded.incidents:,}",
        f"{loaded.seconds:,.0f} s, {loaded.peak_bytes / MEGABYTE:,.0f} MB",
        f"{size / MEGABYTE:,.0f} MB",
        cost(measured.lists),
        cost(measured.records),
        f"{cost([measured.first])} / {cost([measured.deep])}",
        cost(measured.words, slow=True),
        cost(measured.boxes, slow=True),
    ]
    before = server.cpu()
    with server.watched() as peaks:
        size, _ = transfer(server, EXPORT, 600)
    rate = size / MEGABYTE / (server.cpu() - before)
    return [*costs, f"{rate:,.0f} MB/s", f"{peaks[0].resident / MEGABYTE:,.0f} MB"]


def _row(cells: tuple[str, ...] | list[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    typer.run(main)
