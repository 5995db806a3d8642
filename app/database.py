"""Connections: the only file that knows SQLite from PostgreSQL.

There is one writer, which loads a release in one transaction, and a Reader, which answers every request from one
snapshot and so from one release.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, Executable, create_engine, event, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import col

from app.models import Release
from app.problems import Unavailable

READING_THREADS = 4
STREAMS = 8
"""So many downloads may run at a time; each holds a connection for as long as its client takes."""

BATCH = 300
"""So many records of a stream are read at a time."""


class DatabaseError(Exception):
    """The database cannot be used as asked; the message says why in one plain sentence."""


@dataclass(frozen=True)
class ReleaseMark:
    """The release that a snapshot shows. `number` is 0 while nothing has been loaded."""

    number: int
    digest: str
    loaded_at: str
    counts: dict[str, int]


NOTHING = ReleaseMark(0, "", "1970-01-01T00:00:00Z", {})


# Built once: every request asks it.
_NEWEST = (
    select(col(Release.number), col(Release.digest), col(Release.loaded_at), col(Release.counts))
    .order_by(col(Release.number).desc())
    .limit(1)
)


class Snapshot:
    """One consistent view of the database: everything read through it belongs to `release`."""

    def __init__(self, connection: Connection, results: ExitStack) -> None:
        self._connection = connection
        self._results = results
        row = connection.execute(_NEWEST).first()
        self.release = ReleaseMark(*row[:3], json.loads(row[3])) if row else NOTHING

    def rows(self, statement: Executable) -> list[Any]:
        return list(self._connection.execute(statement).all())

    def column(self, statement: Executable) -> list[Any]:
        return list(self._connection.execute(statement).scalars())

    def value(self, statement: Executable) -> Any:
        return self._connection.execute(statement).scalar()

    def batches(self, statement: Executable) -> Iterator[Sequence[Any]]:
        """The first column, read bit by bit. The first batch is read at once, so that an error shows here."""
        result = self._connection.execute(statement, execution_options={"yield_per": BATCH})
        found = self._results.enter_context(result).scalars().partitions()
        return chain([next(found, [])], found)


class Database:
    """A database by its URL. Raises DatabaseError for a URL that names no database it knows."""

    def __init__(self, url: str) -> None:
        try:
            self.url: URL = make_url(url)
        except (ArgumentError, ValueError) as error:
            raise DatabaseError(f"'{url}' is not a database URL; write sqlite:///FILE or postgresql://…") from error
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if not self.is_sqlite and self.url.get_backend_name() != "postgresql":
            raise DatabaseError(f"'{self.url.drivername}' is not supported; use sqlite or postgresql")
        if not self.is_sqlite and find_spec("psycopg") is None:
            raise DatabaseError("PostgreSQL needs its driver; install the extra: pip install -e '.[postgres]'")

    @property
    def name(self) -> str:
        """For people: the file, or the URL without its password."""
        return str(self.url.database) if self.is_sqlite else self.url.render_as_string(hide_password=True)

    @cached_property
    def _writing(self) -> Engine:
        if self.is_sqlite:
            engine = create_engine(self.url, connect_args={"timeout": 30})
            event.listen(engine, "connect", partial(_prepare_sqlite, pragmas=_WRITING_PRAGMAS))
            event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
            return engine
        engine = _postgresql(self.url, pool_size=1, isolation_level="READ COMMITTED")
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(_ONE_WRITER))
        return engine

    @cached_property
    def _reading(self) -> Engine:
        return self._read_only_engine(READING_THREADS, _READING_PRAGMAS)

    @cached_property
    def _streaming(self) -> Engine:
        """Connections of their own: a client that takes its time keeps none from the others."""
        return self._read_only_engine(STREAMS, _STREAMING_PRAGMAS)

    def _read_only_engine(self, connections: int, pragmas: tuple[str, ...]) -> Engine:
        if self.is_sqlite:
            options: dict[str, Any] = {"connect_args": {"timeout": 5, "check_same_thread": False}}
            engine = create_engine(_read_only(self.url), pool_size=connections, **options)
            event.listen(engine, "connect", partial(_prepare_sqlite, pragmas=pragmas))
            event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
            return engine
        engine = _postgresql(self.url, pool_size=connections, isolation_level="REPEATABLE READ", pool_pre_ping=True)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("SET TRANSACTION READ ONLY"))
        return engine

    @contextmanager
    def writer(self, *, migrating: bool = False) -> Iterator[Connection]:
        """One transaction: committed at the end, or rolled back as a whole. Raises DatabaseError if not."""
        try:
            with self._writing.connect() as connection:
                if migrating and self.is_sqlite:
                    # Rebuilding a table in a migration would trip over the keys that point at it.
                    connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
                with connection.begin():
                    yield connection
                if migrating:
                    connection.invalidate()
        except (DBAPIError, NoSuchModuleError, ModuleNotFoundError) as error:
            raise DatabaseError(f"{self.name}: {_plainly(error)}") from error

    @contextmanager
    def snapshot(self, *, streaming: bool = False) -> Iterator[Snapshot]:
        """A read-only view. Raises Unavailable while the database cannot be reached or is not set up."""
        try:
            engine = self._streaming if streaming else self._reading
            with engine.connect() as connection, connection.begin(), ExitStack() as results:
                yield Snapshot(connection, results)
        except (DBAPIError, PoolTimeout) as error:
            raise Unavailable("The database cannot answer at the moment. Try again shortly.") from error

    def close(self) -> None:
        for name in ("_writing", "_reading", "_streaming"):
            if engine := self.__dict__.pop(name, None):
                engine.dispose()


_ONE_WRITER = "SELECT pg_advisory_xact_lock(7030201)"
_WRITING_PRAGMAS = ("journal_mode=WAL", "foreign_keys=ON", "cache_size=-65536")
_STREAMING_PRAGMAS = ("query_only=ON", "mmap_size=2147418112")
_READING_PRAGMAS = ("query_only=ON", "cache_size=-65536", "mmap_size=2147418112")


def _prepare_sqlite(connection: Any, _record: Any, pragmas: tuple[str, ...]) -> None:
    # Python's own transaction handling opens none for SELECT; BEGIN is ours (see the engines' `begin` events).
    connection.isolation_level = None
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")


def _read_only(url: URL) -> URL:
    path = Path(str(url.database)).resolve()
    # A WAL database wants to write beside itself even to be read; where nobody can, nobody is loading either.
    mode = {"mode": "ro"} if os.access(path.parent, os.W_OK) else {"immutable": "1"}
    return URL.create("sqlite", database=f"file:{quote(str(path))}", query={**mode, "uri": "true"})


def _postgresql(url: URL, **options: Any) -> Engine:
    return create_engine(url.set(drivername="postgresql+psycopg"), max_overflow=0, **options)


def _plainly(error: Exception) -> str:
    """The driver's own first line, without SQL."""
    text = str(getattr(error, "orig", None) or error).strip().splitlines()
    return text[0] if text else type(error).__name__
