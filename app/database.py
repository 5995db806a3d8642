"""Connections: the only file that knows SQLite from PostgreSQL.

There is one writer, which loads a release in one transaction, and a Reader, which answers every request from one
snapshot and so from one release.
"""

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, Executable, create_engine, event, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import col

from app.models import Release
from app.problems import Unavailable

T = TypeVar("T")

READING_THREADS = 4


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


class Snapshot:
    """One consistent view of the database: everything read through it belongs to `release`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        row = connection.execute(
            select(col(Release.number), col(Release.digest), col(Release.loaded_at), col(Release.counts))
            .order_by(col(Release.number).desc())
            .limit(1)
        ).first()
        self.release = ReleaseMark(*row[:3], json.loads(row[3])) if row else NOTHING

    def rows(self, statement: Executable) -> list[Any]:
        return list(self._connection.execute(statement).all())

    def column(self, statement: Executable) -> list[Any]:
        return list(self._connection.execute(statement).scalars())

    def value(self, statement: Executable) -> Any:
        return self._connection.execute(statement).scalar()


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
        return _postgresql(self.url, isolation_level="READ COMMITTED")

    @cached_property
    def _reading(self) -> Engine:
        if self.is_sqlite:
            engine = create_engine(_read_only(self.url), connect_args={"timeout": 5, "check_same_thread": False})
            event.listen(engine, "connect", partial(_prepare_sqlite, pragmas=_READING_PRAGMAS))
            event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
            return engine
        engine = _postgresql(self.url, isolation_level="REPEATABLE READ", pool_pre_ping=True)
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
    def snapshot(self) -> Iterator[Snapshot]:
        """A read-only view. Raises Unavailable while the database cannot be reached or is not set up."""
        try:
            with self._reading.connect() as connection, connection.begin():
                yield Snapshot(connection)
        except (DBAPIError, PoolTimeout) as error:
            raise Unavailable("The database cannot answer at the moment. Try again shortly.") from error

    def close(self) -> None:
        for name in ("_writing", "_reading"):
            if engine := self.__dict__.pop(name, None):
                engine.dispose()


class Reader:
    """All reading of the service. It alone decides where the work runs: short reads on SQLite at once, everything
    else on a few threads, so that nothing slow ever holds the event loop."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._threads = ThreadPoolExecutor(READING_THREADS, thread_name_prefix="reader")

    async def read(self, work: Callable[[Snapshot], T], *, slow: bool = False) -> T:
        """What `work` makes of one snapshot. `slow` says that it may take more than a few milliseconds."""
        if self.database.is_sqlite and not slow:
            return self._work(work)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._work, work)

    def _work(self, work: Callable[[Snapshot], T]) -> T:
        with self.database.snapshot() as snapshot:
            return work(snapshot)

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)
        self.database.close()


_WRITING_PRAGMAS = ("journal_mode=WAL", "foreign_keys=ON", "cache_size=-65536")
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
    return create_engine(url.set(drivername="postgresql+psycopg"), pool_size=READING_THREADS, max_overflow=0, **options)


def _plainly(error: Exception) -> str:
    """The driver's own first line, without SQL."""
    text = str(getattr(error, "orig", None) or error).strip().splitlines()
    return text[0] if text else type(error).__name__
