"""Database connections and snapshots, for SQLite and PostgreSQL.

There is one writer, which loads a release in one transaction, and a Reader, which answers every request from one
snapshot and so from one release.
"""

import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from importlib.util import find_spec
from itertools import chain
from math import inf
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import quote

from sqlalchemy import URL, ClauseElement, Connection, Dialect, Engine, Executable, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.sql.compiler import SQLCompiler

from app.problems import Unavailable
from app.storage.deadlines import Deadline, TooSlow

T = TypeVar("T")

READING_THREADS = 4
"""Threads for short reads, and as many again for long ones."""

MAX_CONCURRENT_STREAMS = 8
"""Each download holds a connection for as long as its client takes."""

STREAM_BATCH_ROWS = 100
"""Rows of a stream that are fetched at a time."""


class DatabaseError(Exception):
    """The database cannot be used as asked; the message says why in one plain sentence."""


class ConnectionLost(Unavailable):
    """A connection broke, or its server took the snapshot away. Another one may well be there."""


@dataclass(frozen=True)
class ReleaseInfo:
    """The release that a snapshot shows. `number` is 0 while nothing has been loaded."""

    number: int
    digest: str
    loaded_at: str
    counts: dict[str, int]
    languages: tuple[str, ...] = ()

    @cached_property
    def fingerprint(self) -> str:
        """Distinguishes it from every other release, those of other databases included."""
        return f"{self.number} {self.digest} {self.loaded_at}"


NO_RELEASE = ReleaseInfo(0, "", "1970-01-01T00:00:00Z", {})


_NEWEST = "SELECT number, digest, loaded_at, counts, languages FROM releases ORDER BY number DESC LIMIT 1"


@lru_cache(maxsize=16)
def _release(number: int, digest: str, loaded_at: str, counts: str, languages: str) -> ReleaseInfo:
    return ReleaseInfo(number, digest, loaded_at, json.loads(counts), tuple(json.loads(languages)))


@lru_cache(maxsize=512)
def _compile(statement: ClauseElement, dialect: Dialect) -> tuple[str, list[str], dict[str, Any]]:
    """SQL, the names of the values that it takes, one after the other, and those that it brings along."""
    compiled = cast(SQLCompiler, statement.compile(dialect=dialect))
    if compiled.post_compile_params:
        raise TypeError("a statement whose SQL depends on its values cannot be kept")
    constants = {name: value for name, value in compiled.params.items() if not compiled.binds[name].required}
    return str(compiled), list(compiled.positiontup or ()), constants


class Snapshot:
    """One consistent view of the database: everything read through it belongs to `release`.

    All that is read through it, and what is done meanwhile, has one `deadline`. SQLite asks it while a statement runs,
    PostgreSQL is told before one what is left.
    """

    def __init__(self, connection: Connection, results: ExitStack, deadline: Deadline) -> None:
        self._connection = connection
        self._results = results
        self.deadline = deadline
        self._timeout = deadline.seconds  # what PostgreSQL has been told
        info = connection.info
        info["deadline"] = deadline
        results.callback(info.pop, "deadline")
        self.release = _newest(connection)

    def rows(self, statement: ClauseElement, **values: Any) -> list[Any]:
        """The rows of a statement. One that takes values is kept by whoever asks and written for the engine once; its
        columns are numbers and text."""
        self._apply_deadline()
        if values and self._connection.dialect.name == "sqlite":
            # By the driver itself, because what is between takes longer than short statements; errors are
            # SQLAlchemy's to explain.
            sql, names, constants = _compile(statement, self._connection.dialect)
            given = {**constants, **values}
            parameters = [given[name] for name in names]
            try:
                return cast(list[Any], self._connection.connection.cursor().execute(sql, parameters).fetchall())
            except sqlite3.Error as error:
                if _is_cancelled(error):
                    raise TooSlow(self.deadline.seconds) from error
        return list(self._connection.execute(cast(Executable, statement), values).all())

    def column(self, statement: Executable) -> list[Any]:
        self._apply_deadline()
        return list(self._connection.execute(statement).scalars())

    def value(self, statement: ClauseElement, **values: Any) -> Any:
        """The first column of the first row; None without rows."""
        return next((row[0] for row in self.rows(statement, **values)), None)

    def batches(self, statement: Executable, **parameters: Any) -> Iterator[Sequence[Any]]:
        """The first column, read bit by bit, each batch with a time of its own. The first is read at once, so that an
        error shows here."""
        self._apply_deadline()
        result = self._connection.execute(statement, parameters, execution_options={"yield_per": STREAM_BATCH_ROWS})
        found = self._results.enter_context(result).scalars().partitions()
        return chain([next(found, [])], self._renewing(found))

    def _renewing(self, batches: Iterator[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        self.renew()
        for batch in batches:
            yield batch
            self.renew()

    def renew(self) -> None:
        """The whole time again, for the next batch of what is longer than one answer."""
        self.deadline.renew()
        self._apply_deadline()

    def _apply_deadline(self) -> None:
        left = self.deadline.remaining()
        # Telling costs as much as a short statement, so it is not told what makes next to no difference.
        if self._connection.dialect.name != "sqlite" and abs(self._timeout - left) > self.deadline.seconds / 20:
            self._connection.exec_driver_sql(f"SET LOCAL statement_timeout = {max(1, round(left * 1000))}")
            self._timeout = left


class Database:
    """A database by its URL. Raises DatabaseError for a URL that names no database it knows.

    A request may read for `query_seconds`. Without them it may take for ever.
    """

    def __init__(self, url: str, query_seconds: float = inf) -> None:
        self.query_seconds = query_seconds
        self._newest_seen: tuple[int | None, ReleaseInfo] = (None, NO_RELEASE)
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
            engine = create_engine(self.url, connect_args={"timeout": _LOCK_TIMEOUT_SECONDS})
            event.listen(engine, "connect", partial(_prepare_sqlite, pragmas=_WRITING_PRAGMAS))
            event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
            return engine
        from app.storage import postgresql

        return postgresql.writer_engine(self.url)

    @cached_property
    def _reading(self) -> Engine:
        """A connection for each thread, and one for whoever asks which release is the newest."""
        return self._read_only_engine(2 * READING_THREADS + 1, _READING_PRAGMAS)

    @cached_property
    def _streaming(self) -> Engine:
        """Connections of their own: a client that takes its time keeps none from the others."""
        return self._read_only_engine(MAX_CONCURRENT_STREAMS, _STREAMING_PRAGMAS)

    def _read_only_engine(self, connections: int, pragmas: tuple[str, ...]) -> Engine:
        if self.is_sqlite:
            options: dict[str, Any] = {"connect_args": {"timeout": 5, "check_same_thread": False}}
            engine = create_engine(_read_only(self.url), pool_size=connections, **options)
            event.listen(engine, "connect", partial(_prepare_sqlite, pragmas=pragmas))
            event.listen(engine, "connect", _forbid_attach)
            event.listen(engine, "connect", _enforce_deadlines)
            event.listen(engine, "begin", lambda connection: connection.connection.driver_connection.execute("BEGIN"))
            return engine
        from app.storage import postgresql

        return postgresql.reader_engine(self.url, connections, self.query_seconds)

    @contextmanager
    def writer(self, *, unchecked: bool = False, filling: bool = False) -> Iterator[Connection]:
        """One transaction: committed at the end, or rolled back as a whole. Raises DatabaseError if not.

        With `unchecked` SQLite does not look after foreign keys meanwhile, for whoever rebuilds tables that others
        point at, or writes a lot and checks them all at the end. `filling` says that a lot is written into a database
        that has nothing to be read yet: unless others have the file open, its pages go there at once, because those in
        a long write-ahead log take ever longer to be found again.
        """
        if filling:
            self._dispose("_reading", "_streaming")
        try:
            with self._writing.connect() as connection, ExitStack() as end:
                if unchecked:
                    end.callback(connection.invalidate)
                if unchecked and self.is_sqlite:
                    connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
                if filling and self.is_sqlite:
                    end.callback(_set_journal_mode, connection.connection.cursor(), "WAL")
                    _set_journal_mode(connection.connection.cursor(), "DELETE")
                with connection.begin():
                    yield connection
        except (DBAPIError, NoSuchModuleError, ModuleNotFoundError) as error:
            hint = (
                ". To create the tables or to load, give the URL of a role that may write" if _is_refused(error) else ""
            )
            raise DatabaseError(f"{self.name}: {_driver_message(error)}{hint}") from error

    @contextmanager
    def snapshot(self, *, streaming: bool = False, deadline: Deadline | None = None) -> Iterator[Snapshot]:
        """A read-only view, by default with the usual time for all that is read through it.

        Raises Unavailable while the database cannot be reached or is not set up, ConnectionLost where trying once
        more makes sense, TooSlow when the time was over."""
        engine = self._streaming if streaming else self._reading
        deadline = deadline or Deadline(self.query_seconds)
        try:
            with engine.connect() as connection, connection.begin(), ExitStack() as results:
                yield Snapshot(connection, results, deadline)
        except (DBAPIError, PoolTimeout) as error:
            if _is_cancelled(error):
                raise TooSlow(deadline.seconds) from error
            raise (ConnectionLost if _is_lost(error) else Unavailable)(_UNAVAILABLE) from error

    def read(self, work: Callable[[Snapshot], T], *, seconds: float = inf) -> T:
        """What `work` makes of one snapshot; of another one on a new connection, once, if the connection breaks. Less
        time than usual can be given, but on PostgreSQL not for the first statement."""
        deadline = Deadline(min(seconds, self.query_seconds))
        try:
            with self.snapshot(deadline=deadline) as snapshot:
                return work(snapshot)
        except ConnectionLost:
            with self.snapshot(deadline=deadline) as snapshot:
                return work(snapshot)

    def newest(self) -> ReleaseInfo:
        """The newest release. Raises Unavailable as `snapshot` does.

        SQLite counts the changes that others make, so a glance at its counter tells whether the release that was seen
        last is still the one; PostgreSQL has to be asked.
        """
        counted = self._data_version() if self.is_sqlite else None
        if counted is None or counted != self._newest_seen[0]:
            self._newest_seen = counted, self.read(lambda snapshot: snapshot.release)
        return self._newest_seen[1]

    def _data_version(self) -> int:
        try:
            return int(self._polling_connection.execute("PRAGMA data_version").fetchone()[0])
        except (DBAPIError, sqlite3.Error) as error:
            raise Unavailable(_UNAVAILABLE) from error

    @cached_property
    def _polling_connection(self) -> Any:
        """A connection of SQLite's driver that is never within a transaction, which would stop its counter."""
        pooled = self._reading.raw_connection()
        pooled.detach()
        return pooled.dbapi_connection

    def close(self) -> None:
        self._dispose("_writing", "_reading", "_streaming")

    def _dispose(self, *engines: str) -> None:
        """Closes the connections of engines, which open new ones when they are asked again."""
        if "_reading" in engines and (polling := self.__dict__.pop("_polling_connection", None)):
            polling.close()
        for name in engines:
            if engine := self.__dict__.pop(name, None):
                engine.dispose()


def _newest(connection: Connection) -> ReleaseInfo:
    if connection.dialect.name == "sqlite":
        # By the driver itself, because every request begins so; errors are SQLAlchemy's to explain.
        with suppress(sqlite3.Error):
            row = connection.connection.cursor().execute(_NEWEST).fetchone()
            return _release(*row) if row else NO_RELEASE
    # By SQLAlchemy, which sees when a connection is broken, and trusts none that is older after that.
    found = connection.exec_driver_sql(_NEWEST).first()
    return _release(*found) if found else NO_RELEASE


_STEPS_BETWEEN_CHECKS = 50_000
"""Of SQLite's machine, a few milliseconds' worth: so often it is asked whether a statement's time is over."""

_UNAVAILABLE = "The database cannot answer at the moment. Try again shortly."
_LOCK_TIMEOUT_SECONDS = 30
"""Seconds that a writer waits for another."""

# A new file has pages that an incident's document fits into: with smaller ones half of it lies elsewhere.
_WRITING_PRAGMAS = ("page_size=8192", "journal_mode=WAL", "foreign_keys=ON", "cache_size=-65536")
# No memory map: every page of the file that was ever read would count as the process's own, once per connection.
_STREAMING_PRAGMAS = ("query_only=ON",)
_READING_PRAGMAS = ("query_only=ON", "cache_size=-6144")


def _prepare_sqlite(connection: Any, _record: Any, pragmas: tuple[str, ...]) -> None:
    # Python's own transaction handling opens none for SELECT; BEGIN is ours (see the engines' `begin` events).
    connection.isolation_level = None
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")


def _set_journal_mode(cursor: Any, mode: str) -> None:
    """Changes how SQLite keeps what it may have to take back, if nobody else has the file open."""
    cursor.execute("PRAGMA busy_timeout=0")
    with suppress(sqlite3.OperationalError):
        cursor.execute(f"PRAGMA journal_mode={mode}")
    cursor.execute(f"PRAGMA busy_timeout={_LOCK_TIMEOUT_SECONDS * 1000}")


def _forbid_attach(connection: Any, _record: Any) -> None:
    # What is attached would be open for writing, the same file once more included.
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)


def _enforce_deadlines(connection: Any, record: Any) -> None:
    def is_late() -> bool:
        deadline: Deadline | None = record.info.get("deadline")
        return deadline is not None and deadline.is_expired()

    connection.set_progress_handler(is_late, _STEPS_BETWEEN_CHECKS)


def _read_only(url: URL) -> URL:
    path = Path(str(url.database)).resolve()
    if path.with_name(f"{path.name}-journal").exists():
        # Somebody was killed while filling the file. Whoever may write and looks at it takes that back.
        with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as connection:
            connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    # A WAL database wants to write beside itself even to be read; where nobody can, nobody is loading either. Only what
    # is in a log, after a loader was killed, has to be read from there.
    log = path.with_name(f"{path.name}-wal")
    alone = not os.access(path.parent, os.W_OK) and not (log.exists() and log.stat().st_size)
    mode = {"immutable": "1"} if alone else {"mode": "ro"}
    return URL.create("sqlite", database=f"file:{quote(str(path))}", query={**mode, "uri": "true"})


def _is_cancelled(error: Exception) -> bool:
    """SQLite's SQLITE_INTERRUPT, PostgreSQL's query_canceled."""
    error = getattr(error, "orig", None) or error
    return getattr(error, "sqlite_errorcode", None) == 9 or getattr(error, "sqlstate", None) == "57014"


def _is_lost(error: Exception) -> bool:
    """40001 is a replica that has to go on with what it receives, and gives up a snapshot that is in the way; 57P01 to
    57P03 is a server that ends or begins, and says so before the connection is seen to be closed. Without a statement
    a connection broke while it was made, or could not be made."""
    lost = isinstance(error, DBAPIError) and (error.connection_invalidated or error.statement is None)
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return lost or state in ("40001", "57P01", "57P02", "57P03")


def _is_refused(error: Exception) -> bool:
    """Not allowed to this role (42501), or written to a replica."""
    refused = getattr(getattr(error, "orig", None), "sqlstate", None) == "42501"
    return refused or "session is read-only" in str(error)


def _driver_message(error: Exception) -> str:
    """The driver's own first line, without SQL."""
    text = str(getattr(error, "orig", None) or error).strip().splitlines()
    return text[0] if text else type(error).__name__
