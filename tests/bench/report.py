"""The benchmark's table, for the terminal and for RESULTS.md."""

import platform
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from tests.bench.jobs import Row
from tests.bench.load import WRK
from tests.bench.servers import CLIENT_CORE, CORES, SERVER_CORE

_COMPONENTS = ("fastapi", "starlette", "pydantic", "sqlmodel", "sqlalchemy", "uvicorn", "uvloop", "httptools")


@dataclass(frozen=True)
class Circumstances:
    """What a figure means little without. `load` is the load average of one minute, before and after."""

    incidents: int
    years: int
    database_bytes: int
    listed: float
    list_bytes: float
    compared: int
    rounds: int
    seconds: float
    load: tuple[float, float]
    command: str
    day: str


def table(rows: Sequence[Row]) -> str:
    """The rows in Markdown."""
    lines = [
        "| job | reference | Dateline | x by CPU | x by rate | hold | aim | held |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        cells = (row.job, row.reference, row.ours, row.ratio, row.by_rate, row.hold, row.aim)
        lines.append(f"| {' | '.join(cells)} | {'yes' if row.held else 'no'} |")
    return "\n".join(lines)


def report(rows: Sequence[Row], counted: str, found: Circumstances) -> str:
    """Everything, as RESULTS.md holds it: the rows, and the table of `tests.bench.counts`."""
    whole = found.incidents >= 1_000_000
    return f"""# What the benchmark measured

**{found.incidents:,} incidents, {found.incidents:,} quotes**{"" if whole else ": not yet the million"}. {found.day}.

{table(rows)}

A figure is the median of {found.rounds} rounds of {found.seconds:g} s, the servers taking turns. µs are processor time
of the server (user and system, from `/proc`) for one answer, and **the ratio to go by**: other work on the machine
moves the rates much and these little. Its load average (1 minute) was {found.load[0]:.1f} before and
{found.load[1]:.1f} after; above 2 somebody else was computing too.

- *naive* is the reference of the lists, the record, the full text, the box and the export: `naive.py`, the same
  questions with the same answers (SQLModel relations, `selectinload`, `response_model`, `def` handlers) over its own
  tables. {found.compared} answers were compared before measuring; every key and value in `data` was the same.
- *bare* is the reference of the cached list and of its 304: uvicorn with nothing above it, giving the same list, head
  and body byte for byte, from a dictionary.
- A list answer held {found.listed:.0f} records and {found.list_bytes / 1000:.0f} kB on average, 200 combinations of
  kind and month in rotation. Dates run over {found.years} year{"s" if found.years > 1 else ""}: 30 from 300,000
  incidents on, fewer below, so that a month fills its page.
- Lists, records and pages are asked over 16 connections without pipelining, full text and boxes over 4, and so is the
  twin whatever it is asked; the record beside an export over 2. The twin's export is cut off after 10 s.
- Two workers have both cores, and share them with the load, which gives way to them. Their memory is that of all
  processes together, what they share counted once (PSS).
- Facets and sums at every size stand in [COUNTS.md](COUNTS.md), lists of earlier releases in [PAST.md](PAST.md), the
  front page in [FRONT.md](FRONT.md).
- What counting adds to a list, and lists and records beside those of an earlier build: `python -m tests.bench.lists`;
  loads by turns with one: `python -m tests.bench.loading`.

## Facets and sums

Nothing is kept in memory of answers. DuckDB has one thread and answers the bare question from a Parquet file of each
table, with what contains a place or an actor already joined; it labels, links and sorts nothing.

{counted}

## Where and how

| | |
|---|---|
| machine | {_processor()}, {len(CORES)} cores used: servers on core {SERVER_CORE}, load on core {CLIENT_CORE} |
| system | {platform.platform(terse=True)}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version} |
| versions | {", ".join(f"{name} {version(name)}" for name in _COMPONENTS)} |
| load | {"wrk; for full text, boxes and the twin the client in load.py" if WRK else "the client in load.py"} |
| database | SQLite, {found.database_bytes / 1e6:,.0f} MB |
| command | `{found.command}` |
"""


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
