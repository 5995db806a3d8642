"""Database connections and snapshots, for SQLite and PostgreSQL.

There is one writer, which loads a release in one transaction. Every request reads from one snapshot, and so from one
release.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cached_property
from importlib.util import find_spec
from math import inf
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.problems import Unavailable
from app.storage import sqlite
from app.storage.deadlines import Deadline
from app.storage.driver_errors import driver_message, is_cancelled, is_lost, is_refused
from app.storage.kept_releases import check_is_kept
from app.storage.past_views import few_superseded
from app.storage.release_info import NO_RELEASE, ReleaseInfo
from app.storage.snapshot import Archives, Snapshot, newest_release
from app.storage.sqlite_files import ReadableFile

T = TypeVar("T")

READING_THREADS = 4
"""Threads for short reads, and as many again for long ones."""

COUNTING_THREADS = 2
"""Threads for reads that count. With four, one record takes 34 ms (p99) beside eight clients that ask for facets, with
two 15 ms, with one 9 ms; but one dear count would then hold up all others."""

MAX_CONCURRENT_STREAMS = 8
"""Downloads that run at a time. Each holds a connection for as long as its client takes."""


class DatabaseError(Exception):
    """The database cannot be used; the message says why in one plain sentence."""


class ConnectionLost(Unavailable):
    """A connection broke, or its server took the snapshot away. A new connection may succeed."""


class Database:
    """A database, given by its URL. Raises DatabaseError for a URL that is not one of SQLite or PostgreSQL.

    A request may read for `query_seconds`; by default without limit. Without `archives` everything is counted by SQL.
    """

    def __init__(self, url: str, query_seconds: float = inf) -> None:
        self.query_seconds = query_seconds
        self.archives: Archives | None = None
        self._newest_seen: tuple[int | None, ReleaseInfo] = (None, NO_RELEASE)
        self._opening = Lock()
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
        """Its name in messages: the file, or the URL without its password."""
        return str(self.url.database) if self.is_sqlite else self.url.render_as_string(hide_password=True)

    @cached_property
    def _writing(self) -> Engine:
        if self.is_sqlite:
            return sqlite.writer_engine(self.url)
        from app.storage import postgresql

        return postgresql.writer_engine(self.url)

    @cached_property
    def _file(self) -> ReadableFile:
        """How SQLite's file is opened by those that read."""
        return ReadableFile(self.url)

    @cached_property
    def _reading(self) -> Engine:
        """Connections for the reading threads, and one for the lookup of the newest release."""
        return self._read_only_engine(2 * READING_THREADS + COUNTING_THREADS + 1, sqlite.READING_PRAGMAS)

    @cached_property
    def _read_connections(self) -> sqlite.ReadConnections:
        return sqlite.ReadConnections(self._reading)

    @cached_property
    def _past_connections(self) -> sqlite.ReadConnections:
        """Connections of SQLite for earlier releases, those of downloads included."""
        engine = sqlite.past_reader_engine(
            self._file.url, 2 * READING_THREADS + COUNTING_THREADS + MAX_CONCURRENT_STREAMS
        )
        return sqlite.ReadConnections(engine)

    @cached_property
    def _streaming(self) -> Engine:
        """Connections for downloads, apart from the others, because slow clients hold them for long."""
        return self._read_only_engine(MAX_CONCURRENT_STREAMS, sqlite.STREAMING_PRAGMAS)

    def _read_only_engine(self, connections: int, pragmas: tuple[str, ...]) -> Engine:
        if self.is_sqlite:
            return sqlite.reader_engine(self._file.url, connections, pragmas)
        from app.storage import postgresql

        return postgresql.reader_engine(self.url, connections, self.query_seconds)

    @contextmanager
    def writer(self, *, unchecked: bool = False, filling: bool = False) -> Iterator[Connection]:
        """A transaction for writing: committed at the end, rolled back after an exception. Raises DatabaseError.

        With `unchecked` SQLite does not enforce foreign keys meanwhile, for rebuilding tables that others refer to, and
        for writing many rows whose keys are checked at the end. `filling` says that many rows are written into a
        database without a release: unless another process has the file open, SQLite then writes pages directly to it,
        because pages in a long write-ahead log are ever slower to find.
        """
        if filling:
            self._dispose(*_READERS)
        try:
            with self._writing.connect() as connection, ExitStack() as end:
                if unchecked:
                    end.callback(connection.invalidate)
                if unchecked and self.is_sqlite:
                    connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
                if filling and self.is_sqlite:
                    end.callback(sqlite.set_journal_mode, connection.connection.cursor(), "WAL")
                    sqlite.set_journal_mode(connection.connection.cursor(), "DELETE")
                with connection.begin():
                    yield connection
        except (DBAPIError, NoSuchModuleError, ModuleNotFoundError) as error:
            hint = (
                ". To create the tables or to load, give the URL of a role that may write" if is_refused(error) else ""
            )
            raise DatabaseError(f"{self.name}: {driver_message(error)}{hint}") from error

    def newest_written(self) -> ReleaseInfo:
        """Returns the newest release where writes go: readers may be led to a standby that lags behind. Raises
        DatabaseError."""
        with self.writer() as connection:
            return newest_release(connection, None)

    def snapshot(
        self, *, streaming: bool = False, deadline: Deadline | None = None, release: int | None = None
    ) -> AbstractContextManager[Snapshot]:
        """A read-only view of one release, by default the newest. `deadline` is for all its statements; by default
        `query_seconds` from now.

        Raises Unavailable while the database cannot be reached or has no tables, ConnectionLost where a retry may
        succeed, TooSlow after the deadline, BadParameter for a release that there is not, and Gone for one that was not
        kept.
        """
        deadline = deadline or Deadline(self.query_seconds)
        file = self._current_file() if self.is_sqlite else None
        newest = self._transaction(self._read_transaction(streaming=streaming), deadline, file, self.archives)
        return newest if release is None else self._at(release, newest, deadline, file)

    @contextmanager
    def _at(
        self, release: int, newest: AbstractContextManager[Snapshot], deadline: Deadline, file: ReadableFile | None
    ) -> Iterator[Snapshot]:
        """A view of a release by its number."""
        with newest as snapshot:
            if release == snapshot.newest.number:
                yield snapshot
                return
            deadline.pinned = release
            check_is_kept(release, snapshot.newest.number, snapshot.value)
            if not self.is_sqlite:
                snapshot.pin(release)
                yield snapshot
                return
            few = few_superseded(snapshot.value, snapshot.newest.fingerprint, release)
        with self._transaction(self._past_transaction(release, few), deadline, file) as past:
            past.newest = snapshot.newest
            yield past

    @contextmanager
    def _transaction(
        self,
        transaction: AbstractContextManager[Connection],
        deadline: Deadline,
        file: ReadableFile | None,
        archives: Archives | None = None,
    ) -> Iterator[Snapshot]:
        try:
            with transaction as connection:
                info = connection.info  # of a connection that has broken it cannot be asked any more
                info["deadline"] = deadline
                try:
                    snapshot = Snapshot(connection, deadline, archives)
                    try:
                        yield snapshot
                    finally:
                        snapshot.close()
                finally:
                    del info["deadline"]
        except (DBAPIError, PoolTimeout) as error:
            if is_cancelled(error):
                raise deadline.exceeded() from error
            is_another = file is not None and not file.is_as_it_was()
            raise (ConnectionLost if is_another or is_lost(error) else Unavailable)(_UNAVAILABLE) from error
        if file is not None and not file.is_as_it_was():
            raise ConnectionLost(_UNAVAILABLE)

    def _read_transaction(self, *, streaming: bool) -> AbstractContextManager[Connection]:
        if streaming:
            return self._streaming.begin()
        return self._read_connections.transaction() if self.is_sqlite else self._reading.begin()

    @contextmanager
    def _past_transaction(self, release: int, few: frozenset[str]) -> Iterator[Connection]:
        """A transaction of SQLite in which the names of tables mean what they held at a release (see `past_views`)."""
        with self._past_connections.transaction() as connection:
            connection.info.update(release=release, few=few)
            yield connection

    def read(self, work: Callable[[Snapshot], T], *, seconds: float = inf, release: int | None = None) -> T:
        """Returns the result of `work` on one snapshot, and retries once on a new connection if the connection breaks.

        `seconds` may lower the time limit; on PostgreSQL this has no effect on the first statement.
        """
        deadline = Deadline(min(seconds, self.query_seconds))
        try:
            with self.snapshot(deadline=deadline, release=release) as snapshot:
                return work(snapshot)
        except ConnectionLost:
            with self.snapshot(deadline=deadline, release=release) as snapshot:
                return work(snapshot)

    def newest(self) -> ReleaseInfo:
        """Returns the newest release. Raises Unavailable as `snapshot` does.

        SQLite has a counter of changes by other connections (`PRAGMA data_version`): while it is the same, so is the
        release. PostgreSQL is queried each time.
        """
        if self.is_sqlite:
            self._current_file()
        data_version = self._data_version() if self.is_sqlite else None
        if data_version is None or data_version != self._newest_seen[0]:
            self._newest_seen = data_version, self.read(lambda snapshot: snapshot.release)
        return self._newest_seen[1]

    def _data_version(self) -> int:
        try:
            with self._opening:
                return int(self._polling_connection.execute("PRAGMA data_version").fetchone()[0])
        except (DBAPIError, sqlite3.Error) as error:
            raise Unavailable(_UNAVAILABLE) from error

    @cached_property
    def _polling_connection(self) -> Any:
        """A connection of SQLite's driver that is never in a transaction, within which the counter stands still."""
        pooled = self._reading.raw_connection()
        pooled.detach()
        return pooled.dbapi_connection

    def close(self) -> None:
        """Closes all connections. A later use opens new ones."""
        # The one that writes last: it moves what is left in SQLite's log into the file.
        self._dispose(*_READERS, "_writing")

    def _current_file(self) -> ReadableFile:
        """Returns how SQLite's file is opened, in another way than before where that is no longer the right one."""
        if not self._file.is_as_it_was():
            with self._opening:
                if not self._file.is_as_it_was():
                    self._dispose(*_READERS)
        return self._file

    def _dispose(self, *engines: str) -> None:
        """Closes the connections of engines, which are created again when they are next used."""
        self.__dict__.pop("_file", None)
        # Each connection that looks for the newest release counts the changes that it has seen.
        self._newest_seen = (None, NO_RELEASE)
        if polling := self.__dict__.pop("_polling_connection", None):
            polling.close()
        for name in engines:
            if engine := self.__dict__.pop(name, None):
                engine.dispose()


_READERS = ("_read_connections", "_past_connections", "_reading", "_streaming")


_UNAVAILABLE = "The database cannot answer at the moment. Try again shortly."
