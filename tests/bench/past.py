"""`python -m tests.bench.past`: what a past of many releases costs, on SQLite or on a throwaway PostgreSQL server.

Each release changes 1 % of the incidents, other ones than the one before, and is written by what a load writes with.
Prints the bytes of the database by the number of releases, and the time of lists at earlier releases beside that of the
same list at the newest: the shortest of many, asked in turns, so that what else the machine does weighs on both alike.
The first time that a list is asked for at a release is beside them, because what it counts then is kept.
"""

import json
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import orjson
import typer
from sqlalchemy import select, text
from sqlmodel import col
from starlette.testclient import TestClient

from app.ingest.loading import load
from app.ingest.mirrors.copied_records import SUMMARIZED, summarize
from app.ingest.pipeline import BuiltRecord, build_record
from app.ingest.plans import Plan, PlannedChange
from app.ingest.release_row import complete
from app.ingest.release_writing import ReleaseWriter
from app.ingest.rendering import Rendered
from app.ingest.scan import SharedRecords
from app.ingest.writing import batches
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
) -> None:
    """Measure a past of many releases."""
    with ExitStack() as ends:
        own = Path(ends.enter_context(TemporaryDirectory(prefix="dateline-past-")))
        seed = (folder or own) / "seed"
        if not seed.exists():
            invention.write(seed, incidents)
        url = ends.enter_context(server()) if postgresql else f"sqlite:///{own / 'dateline.db'}"
        database = Database(url)
        ends.callback(database.close)
        migrate(database)
        load(seed, database)
        first = _size(database)
        typer.echo(f"1 release: {first / _MEGABYTE:,.0f} MB")
        past = _Past(database)
        for number in range(2, releases + 1):
            past.add(number)
            if number in (11, releases):
                size = _size(database)
                typer.echo(f"{number - 1} more: {size / _MEGABYTE:,.0f} MB, {size / first:.2f} x")
        pinned = (1, 2, releases // 2, releases - 1)
        with serving(url, cache_bytes=0) as client:
            typer.echo(f"| list | newest | {' | '.join(f'release {one}' for one in pinned)} |")
            for path in LISTS:
                (_, newest), *others = _times(client, [path, *(f"{path}&release={one}" for one in pinned)])
                told = " | ".join(f"{one:.2f} ms, {one / newest:.2f} x ({first:.2f} ms)" for first, one in others)
                typer.echo(f"| `{path}` | {newest:.2f} ms | {told} |")


def _size(database: Database) -> int:
    """The bytes of the database once all of it is in its file."""
    with database.writer() as connection:
        if not database.is_sqlite:
            return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    database.close()
    return Path(str(database.url.database)).stat().st_size


class _Past:
    """Adds releases to a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._shared_records = SharedRecords()
        with database.snapshot() as snapshot:
            self._counts, self._codebook = snapshot.release.counts, str(snapshot.release.codebook)
            for resource in SUMMARIZED:
                table = RECORD_TYPES[resource].table
                for _, document in snapshot.rows(select(col(table.id), document_of(table))):
                    summarize(self._shared_records, resource, orjson.loads(document))
            self._ids = snapshot.column(select(col(Incident.id)).order_by(col(Incident.id)))

    def add(self, number: int) -> None:
        """Adds a release that changes every hundredth incident."""
        with self._database.writer() as connection:
            previous = connection.execute(
                select(col(Release.loaded_at), col(Release.digest)).where(col(Release.number) == number - 1)
            ).one()
            writer = ReleaseWriter(connection, number, None)
            for ids in batches(self._ids[number % 100 :: 100], _BATCH):
                changes, numbers = self._changed(connection, ids, number)
                writer.delete("incidents", ids)
                writer.write("incidents", changes, numbers)
                writer.log(change for change, _ in changes)
            plan = Plan(number, previous=previous.loaded_at, counts=self._counts)
            digest = complete(connection, plan, ["en"], self._codebook)
            before = f"{number - 1} {previous.digest}"
            writer.counts(sum(self._counts.values()), f"{number} {digest}", before)

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
            change = PlannedChange(ChangeOp.MOD, "incidents", data["id"], version)
            changes.append((change, build_record(Rendered("incidents", data, None, None), self._shared_records)))
            numbers[data["id"]] = row.number
        return changes, numbers


def _times(client: TestClient, urls: Sequence[str]) -> list[tuple[float, float]]:
    """Milliseconds that each answer takes the first time, and at least."""
    taken: dict[str, list[float]] = {url: [] for url in urls}
    for _ in range(_TURNS):
        for url in urls:
            began = time.perf_counter()
            response = client.get(url)
            taken[url].append((time.perf_counter() - began) * 1000)
            assert response.status_code == 200, response.text
    return [(times[0], min(times)) for times in taken.values()]


if __name__ == "__main__":
    typer.run(main)
