"""`python -m tests.bench.lists DATABASE_URL`: what a filtered list of 50 and a record cost, and what counting adds.

Services stand side by side over one archive of `tests.bench.invention`, and are asked by turns: the service, the same
without the extent of what matches, the same without any counts, and, if one is given, an earlier build over its own
database. No answers are kept. Prints the median of the processor time of an answer, and the least and the most.
"""

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from random import Random
from statistics import median
from typing import Annotated

import typer

from app.storage.database import Database
from tests.bench.dear import asked as status_and_body
from tests.bench.invention import Size
from tests.bench.load import Question, burst
from tests.bench.questions import some_lists, some_records
from tests.bench.servers import CLIENT_CORE, Server, service

_CONNECTIONS = 4
_SETTINGS = {"DATELINE_CACHE_BYTES": "0"}


def main(
    database: Annotated[str, typer.Argument(help="URL of a loaded archive.")],
    rounds: Annotated[int, typer.Option(help="Times that each service is asked.", min=1)] = 7,
    seconds: Annotated[float, typer.Option(help="Seconds that each of them takes.")] = 3,
    before: Annotated[Path | None, typer.Option(help="`dateline` of an earlier build.")] = None,
    before_database: Annotated[str, typer.Option(help="URL of the same archive, loaded by that build.")] = "",
) -> None:
    """Measure lists and records, side by side with a service that counts less and with an earlier build."""
    os.sched_setaffinity(0, {CLIENT_CORE})
    reading = Database(database)
    with reading.snapshot() as snapshot:
        incidents = snapshot.release.counts["incidents"]
    reading.close()
    size, random = Size(incidents), Random(1)
    asked = {"filtered list of 50": some_lists(size, random), "record": some_records(size, random)}
    without = [sys.executable, "-m", "tests.bench.uncounted"]
    with ExitStack() as ends:
        servers = [
            ends.enter_context(service("the service", database, _SETTINGS)),
            ends.enter_context(service("without the extent", database, _SETTINGS, program=[*without, "extent"])),
            ends.enter_context(service("without counts", database, _SETTINGS, program=[*without, "counts"])),
        ]
        if before is not None:
            program = [str(before)]
            servers.append(ends.enter_context(service("the build before", before_database, _SETTINGS, program=program)))
        for server in servers:
            # An earlier build may not know a kind.
            asked = {name: [one for one in some if _is_answered(server, one)] for name, some in asked.items()}
            server.settle()
        typer.echo("| asked for | of | µs of processor time | least to most |")
        typer.echo("|---|---|---|---|")
        for name, questions in asked.items():
            for server, costs in _by_turns(servers, questions, rounds, seconds):
                typer.echo(f"| {name} | {server.name} | {median(costs):.0f} | {min(costs):.0f} to {max(costs):.0f} |")


def _is_answered(server: Server, question: Question) -> bool:
    """Whether a server answers a question with 200."""
    return status_and_body(server, question.path)[0] == 200


def _by_turns(
    servers: list[Server], questions: list[Question], rounds: int, seconds: float
) -> list[tuple[Server, list[float]]]:
    measured: list[tuple[Server, list[float]]] = [(server, []) for server in servers]
    for turn in range(rounds + 1):
        for server, costs in measured:
            cost = burst(server, questions, seconds, connections=_CONNECTIONS).cpu_us
            if turn:  # the first warms up
                costs.append(cost)
    return measured


if __name__ == "__main__":
    typer.run(main)
