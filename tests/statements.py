"""Records the SQL statements that are run meanwhile, by SQLAlchemy or by a driver itself."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from weakref import WeakSet

from sqlalchemy import Engine, event
from sqlalchemy.pool import ConnectionPoolEntry, Pool

from tests.conftest import ENGINE

Sent = list[tuple[str, Any]]
"""SELECT statements with their values; SQLite's have them written out."""

_WHICH_RELEASE = "FROM releases ORDER BY number DESC LIMIT 1"


@contextmanager
def statements() -> Iterator[Sent]:
    """The SELECT statements that any database of this process is sent meanwhile, beside which release is the newest."""
    sent: Sent = []

    def note(statement: str, values: Any = ()) -> None:
        # Full-text and box tables ask their own tables, whose names stand in quotes.
        if statement.startswith(("SELECT", "WITH")) and _WHICH_RELEASE not in statement and "main'." not in statement:
            sent.append((statement, values))

    with _sqlite(note) if ENGINE == "sqlite" else _postgresql(note):
        yield sent


@contextmanager
def _sqlite(note: Any) -> Iterator[None]:
    seen: list[sqlite3.Connection] = []

    def watch(connection: sqlite3.Connection) -> None:
        connection.set_trace_callback(note)
        seen.append(connection)

    with each_sqlite_connection(watch):
        yield
    for connection in seen:
        connection.set_trace_callback(None)


_entries: WeakSet[ConnectionPoolEntry] = WeakSet()


@event.listens_for(Pool, "connect")
def _remember(connection: Any, entry: ConnectionPoolEntry) -> None:
    """Connections are found by their entries in a pool: they themselves cannot be remembered without keeping them."""
    _entries.add(entry)


@contextmanager
def each_sqlite_connection(watch: Callable[[sqlite3.Connection], None]) -> Iterator[None]:
    """Calls a function with every connection of this process that threads share, and with each that opens meanwhile."""

    def opened(connection: Any, *others: Any) -> None:
        with suppress(sqlite3.ProgrammingError):  # it is closed, or belongs to another thread
            watch(connection)

    for entry in list(_entries):
        if isinstance(entry.dbapi_connection, sqlite3.Connection):
            opened(entry.dbapi_connection)
    event.listen(Pool, "connect", opened)
    try:
        yield
    finally:
        event.remove(Pool, "connect", opened)


@contextmanager
def _postgresql(note: Any) -> Iterator[None]:
    def sent(connection: Any, cursor: Any, statement: str, values: Any, *others: Any) -> None:
        note(statement, values)

    event.listen(Engine, "before_cursor_execute", sent)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", sent)
