"""SQLite: engines with their settings, and read transactions on connections that stay open from one to the next."""

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, cast

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from app.storage.deadlines import Deadline
from app.storage.past_views import sqlite_views

_STEPS_BETWEEN_CHECKS = 50_000
"""Instructions of SQLite's virtual machine, a few milliseconds' worth, between two checks of the deadline."""

_LOCK_TIMEOUT_SECONDS = 30
"""Seconds that a writer waits for another."""

# Pages of a new file are as large as an incident's document: with smaller ones half of it is on an overflow page.
_WRITING_PRAGMAS = ("page_size=8192", "journal_mode=WAL", "foreign_keys=ON", "cache_size=-65536")
# No memory map: every page that was ever read would count as memory of the process, once per connection.
STREAMING_PRAGMAS = ("query_only=ON",)
READING_PRAGMAS = ("query_only=ON", "cache_size=-6144")


# The driver looks for an adapter of whatever is no text or number. To find none takes 0.27 µs for each value, ten times
# as long as to bind a number; to find one of these takes a third of that.
_NOTHING: dict[None, None] = {}
sqlite3.register_adapter(type(None), _NOTHING.get)
sqlite3.register_adapter(bool, int)


def writer_engine(url: URL) -> Engine:
    """Connections that load: their transactions take the write lock at once."""
    engine = create_engine(url, connect_args={"timeout": _LOCK_TIMEOUT_SECONDS})
    event.listen(engine, "connect", partial(_prepare_sqlite, pragmas=_WRITING_PRAGMAS))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def reader_engine(url: URL, connections: int, pragmas: tuple[str, ...]) -> Engine:
    """Connections that cannot write, and whose statements are stopped after their deadline."""
    return _reader_engine(url, connections, partial(_prepare_sqlite, pragmas=pragmas))


def past_reader_engine(url: URL, connections: int) -> Engine:
    """Connections on which the names of tables mean what they held at a release (see `past_views`): that in the
    connection's `info`, beside the tables of records of which few rows were superseded since."""
    engine = _reader_engine(url, connections, _prepare_past, partial(_prepare_sqlite, pragmas=READING_PRAGMAS))
    # Read by what has to be compiled for them in a way of its own (`app.queries.search`).
    cast(Any, engine.dialect).reads_past = True
    return engine


def _reader_engine(url: URL, connections: int, *preparations: Callable[[Any, Any], None]) -> Engine:
    options: dict[str, Any] = {"connect_args": {"timeout": 5, "check_same_thread": False}}
    engine = create_engine(url, pool_size=connections, **options)
    for prepare in (*preparations, _forbid_attach, _enforce_deadlines):
        event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    driver: Any = connection.connection.driver_connection
    driver.execute("BEGIN")


def _prepare_past(connection: Any, record: Any) -> None:
    # SQLite calls deterministic functions of constants once for each statement.
    connection.create_function("pinned_release", 0, lambda: record.info["release"], deterministic=True)
    connection.create_function("has_few_superseded", 1, lambda table: table in record.info["few"], deterministic=True)
    connection.execute("PRAGMA temp_store=MEMORY")
    for statement in sqlite_views():
        connection.execute(statement)


class ReadConnections:
    """Connections that are taken from an engine once and kept. The driver begins and ends their transactions.

    Taking one from SQLAlchemy's pool, a transaction of SQLAlchemy and giving it back take ten times as long as reading
    a record. SQLAlchemy, which runs the statements, takes all that a connection does for one transaction.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.idle: list[Connection] = []
        self._disposed = False

    def transaction(self) -> "ReadTransaction":
        """Returns a connection in a transaction of its own. After an error of the database it is closed."""
        return ReadTransaction(self)

    def begin(self) -> Connection:
        """Begins a transaction."""
        try:
            connection = self.idle.pop()  # by one thread alone, however many there are
        except IndexError:
            connection = self.engine.connect()
            connection.begin()
        else:
            _begin(connection)
        return connection

    def end(self, connection: Connection) -> None:
        """Ends a transaction, and keeps its connection for the next."""
        connection.connection.rollback()
        if self._disposed:
            connection.close()
        else:
            self.idle.append(connection)

    def dispose(self) -> None:
        """Closes the connections that nobody uses, and the others when they are given back."""
        self._disposed = True
        while self.idle:
            self.idle.pop().close()
        self.engine.dispose()


class ReadTransaction:
    """The context of one transaction; no generator, because every request begins with one."""

    def __init__(self, connections: ReadConnections) -> None:
        self._connections = connections

    def __enter__(self) -> Connection:
        self._connection = self._connections.begin()
        return self._connection

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, DBAPIError):
            self._connection.close()
        else:
            self._connections.end(self._connection)


def _prepare_sqlite(connection: Any, _record: Any, pragmas: tuple[str, ...]) -> None:
    # Python's transaction handling begins none for SELECT, so the engines' `begin` events do.
    connection.isolation_level = None
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")


def set_journal_mode(cursor: Any, mode: str) -> None:
    """Changes the rollback journal of SQLite, if no other connection has the file open."""
    cursor.execute("PRAGMA busy_timeout=0")
    with suppress(sqlite3.OperationalError):
        cursor.execute(f"PRAGMA journal_mode={mode}")
    cursor.execute(f"PRAGMA busy_timeout={_LOCK_TIMEOUT_SECONDS * 1000}")


def _forbid_attach(connection: Any, _record: Any) -> None:
    # An attached database would be writable, even the same file once more.
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)


def _enforce_deadlines(connection: Any, record: Any) -> None:
    def is_late() -> bool:
        deadline: Deadline | None = record.info.get("deadline")
        return deadline is not None and deadline.is_expired()

    connection.set_progress_handler(is_late, _STEPS_BETWEEN_CHECKS)
