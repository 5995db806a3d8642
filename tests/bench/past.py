"""`python -m tests.bench.past`: what a past of many releases costs, on SQLite or on a throwaway PostgreSQL server.

Each release changes 1 % of the incidents (`--share` of them), other ones than the one before, and is written by what a
load writes with. `--database` begins with a copy of a file that was loaded before. `--together` is for very many
incidents: those that a release changes stand together, so that less of what they are counted by is written anew.
Prints the bytes of the database by the number of releases, and the time of lists at earlier releases beside that of the
same list at the newest: the shortest of many, asked in turns, so that what else the machine does weighs on both alike.
On SQLite it is processor time, on PostgreSQL, whose server takes most of it, the time that passes. The first time that
a list is asked for at a release is beside them, because what it counts then is kept. Bars show on a terminal how far a
load, the releases and the lists are; each figure is printed as soon as it is known.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import orjson
import typer
from sqlalchemy import select, text, update
from sqlmodel import col
from starlette.testclient import TestClient

from app.commands.progress_bars import ProgressBars
from app.ingest.building.pipeline import BuiltRecord, Progress, build_record
from app.ingest.building.rendering import Rendered
from app.ingest.building.scan import SharedRecords
from app.ingest.bulk_inserts import batches
from app.ingest.mirrors.copied_records import SUMMARIZED, summarize
from app.ingest.plans import PlannedChange
from app.ingest.release.loading import load
from app.ingest.release.release_writing import ReleaseWriter
from app.model.codebook import ChangeOp
from app.records import RECORD_TYPES
from app.storage.database import Database
from app.storage.models import Incident, Release
from app.storage.registry import document_of
from app.storage.schema import migrate
from tests.bench import invention
from tests.conftest import serving
from tests.postgresql import server

LISTS = (
    "/v1/incidents?limit=50",
    "/v1/incidents?limit=50&sort=-changed",
    "/v1/incidents?limit=50&sort=title",
    "/v1/incidents?limit=50&kind=killing",
    "/v1/casualties?limit=50",
)
_BATCH = 500
_TURNS = 40
_MEGABYTE = 2**20


def main(
    incidents: Annotated[int, typer.Option(help="So many incidents, and as many quotes.", min=1_000)] = 100_000,
    releases: Annotated[int, typer.Option(help="So many releases.", min=3)] = 100,
    postgresql: Annotated[bool, typer.Option("--postgresql", help="On a throwaway server.")] = False,
    folder: Annotated[Path | None, typer.Option(help="For the seed files; what is there is used again.")] = None,
    loaded: Annotated[Path | None, typer.Option("--database", help="A SQLite file to copy instead of loading.")] = None,
    share: Annotated[float, typer.Option(help="Of the incidents, which each release changes.", min=0, max=1)] = 0.01,
    together: Annotated[bool, typer.Option("--together", help="Those that a release changes stand together.")] = False,
) -> None:
    """Measure a past of many releases."""
    with ExitStack() as ends:
        own = Path(ends.enter_context(TemporaryDirectory(prefix="dateline-past-", dir=folder)))
        url = ends.enter_context(server()) if postgresql else f"sqlite:///{own / 'dateline.db'}"
        database = Database(url)
        ends.callback(database.close)
        bars = ends.enter_context(ProgressBars())
        if loaded:
            _copy(loaded, own / "dateline.db", bars)
        else:
            _load(database, (folder or own) / "seed", incidents, bars)
        first = _size(database)
        _say(bars, f"1 release: {first / _MEGABYTE:,.0f} MB")
        past = Past(database, share, together=together)
        for _ in range(2, releases + 1):
            added, newest = past.add()
            bars("Releases", added, releases - 1)
            if added in (10, releases - 1):
                size = _size(database)
                _say(bars, f"{added} more: {size / _MEGABYTE:,.0f} MB, {size / first:.2f} x")
        _report_lists(url, newest, bars)


def _say(bars: ProgressBars, line: str) -> None:
    with bars.suspended():
        typer.echo(line)


def _report_lists(url: str, newest: int, bars: ProgressBars) -> None:
    """Prints the times of lists at earlier releases and at the newest."""
    pinned = (1, 2, newest // 2, newest - 1)
    clock = time.process_time if url.startswith("sqlite") else time.perf_counter
    with serving(url, cache_bytes=0) as client:
        _say(bars, f"| list | newest | {' | '.join(f'release {one}' for one in pinned)} |")
        _say(bars, "|---" * (len(pinned) + 2) + "|")
        for done, path in enumerate(LISTS, 1):
            (_, newest_time), *others = _times(client, clock, [path, *(f"{path}&release={one}" for one in pinned)])
            told = " | ".join(f"{one:.2f} ms, {one / newest_time:.2f} x ({first:.2f} ms)" for first, one in others)
            _say(bars, f"| `{path}` | {newest_time:.2f} ms | {told} |")
            bars("Lists", done, len(LISTS))


def _load(database: Database, seed: Path, incidents: int, progress: Progress) -> None:
    if not seed.exists():
        progress("Inventing", 0, None)
        invention.write(seed, incidents)
        progress("Inventing", 1, 1)
    migrate(database)
    load(seed, database, progress=progress)


def _copy(loaded: Path, file: Path, progress: Progress) -> None:
    """Copies a file with what its write-ahead log has."""

    def copied(_status: int, remaining: int, total: int) -> None:
        progress("Copying", total - remaining, total)

    with closing(sqlite3.connect(f"file:{loaded}?mode=ro", uri=True)) as source, closing(sqlite3.connect(file)) as copy:
        source.backup(copy, pages=10_000, progress=copied)


def _size(database: Database) -> int:
    """The bytes of the database once all of it is in its file."""
    with database.writer() as connection:
        if not database.is_sqlite:
            return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    database.close()
    return Path(str(database.url.database)).stat().st_size


class Past:
    """Adds releases to a database. `edit` changes a document: by default what no filter looks at."""

    def __init__(
        self,
        database: Database,
        share: float,
        *,
        together: bool,
        edit: Callable[[dict[str, Any]], None] = lambda data: None,
    ) -> None:
        self._database = database
        self._edit = edit
        self._apart, self._together = round(1 / share), together
        self._added = 0
        self._shared_records = SharedRecords()
        with database.snapshot() as snapshot:
            self._newest = snapshot.release.number
            self._counts = snapshot.release.counts
            for resource in SUMMARIZED:
                table = RECORD_TYPES[resource].table
                for _, document in snapshot.rows(select(col(table.id), document_of(table))):
                    summarize(self._shared_records, resource, orjson.loads(document))
            self._ids = snapshot.column(select(col(Incident.id)).order_by(col(Incident.number)))

    def add(self) -> tuple[int, int]:
        """Adds a release that changes its share; how many were added, and the number of this one."""
        self._added, self._newest = self._added + 1, self._newest + 1
        number, columns = self._newest, Release.metadata.tables["releases"].c
        with self._database.writer() as connection:
            before = connection.execute(select(*columns).where(columns.number == number - 1)).mappings().one()
            writer = ReleaseWriter(connection, number, None)
            for ids in batches(self._chosen(), _BATCH):
                changes, numbers = self._changed(connection, ids, number)
                writer.delete("incidents", ids)
                writer.write("incidents", changes, numbers)
                writer.log(change for change, _ in changes)
            # No list reads a digest, and computing it would take longer than all else.
            loaded_at = datetime.fromisoformat(before["loaded_at"]) + timedelta(seconds=1)
            own = {"digest": sha256(str(number).encode()).hexdigest(), "loaded_at": f"{loaded_at:%Y-%m-%dT%H:%M:%SZ}"}
            kept = {name: before[name] for name in ("counts", "languages", "codebook")}
            connection.execute(update(Release).where(col(Release.number) == number).values(own | kept))
            previous = f"{number - 1} {before['digest']}"
            writer.counts(sum(self._counts.values()), f"{number} {own['digest']}", previous)
        return self._added, number

    def _chosen(self) -> Sequence[str]:
        if not self._together:
            return self._ids[self._newest % self._apart :: self._apart]
        many = len(self._ids) // self._apart
        first = self._newest % self._apart * many
        return self._ids[first : first + many]

    def _changed(
        self, connection: Any, ids: Sequence[str], number: int
    ) -> tuple[list[tuple[PlannedChange, BuiltRecord]], dict[str, int]]:
        stored = select(col(Incident.number), document_of(Incident)).where(col(Incident.id).in_(ids))
        changes, numbers = [], {}
        for row in connection.execute(stored).all():
            data = json.loads(row.document)
            version = data.pop("version") + 1
            del data["changed_in"]
            data["note"] = f"Release {number} told it anew, in the words that it had found by then."
            self._edit(data)
            change = PlannedChange(ChangeOp.MOD, "incidents", data["id"], version)
            changes.append((change, build_record(Rendered("incidents", data, None, None), self._shared_records)))
            numbers[data["id"]] = row.number
        return changes, numbers


def _times(client: TestClient, clock: Callable[[], float], urls: Sequence[str]) -> list[tuple[float, float]]:
    """Milliseconds that each answer takes the first time, and at least."""
    taken: dict[str, list[float]] = {url: [] for url in urls}
    for _ in range(_TURNS):
        for url in urls:
            began = clock()
            response = client.get(url)
            taken[url].append((clock() - began) * 1000)
            assert response.status_code == 200, response.text
    return [(times[0], min(times)) for times in taken.values()]


if __name__ == "__main__":
    typer.run(main)
