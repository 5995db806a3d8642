"""Rows into tables, many at a time: how each engine takes them fastest."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.storage.models import Release

Row = tuple[Any, ...]

RELEASED = ("number", "digest", "version", "changed_in")
"""The columns that a release gives its records; they stand last in rows."""


@cache
def columns(table: str) -> tuple[str, ...]:
    """The columns of a table as they stand in rows to be written."""
    names = Release.metadata.tables[table].columns.keys()
    last = [name for name in RELEASED if set(RELEASED) <= set(names)]
    return (*(name for name in names if name not in last), *last)


_FILLING = 320 * 2**20
"""Bytes of SQLite's pages that are kept in memory while an empty database is filled: those that entries of 30 years of
days and boxes on a map go into, in no order, should not be written and read again and again."""

_WIDE = 288 * 2**20
"""Bytes of SQLite's pages that are kept in memory while indexes are made."""


class Writer:
    """Writes within the transaction of a connection. PostgreSQL takes rows by COPY, SQLite by one statement for many.

    Raises DBAPIError for what the database does not take.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.is_sqlite = connection.dialect.name == "sqlite"
        self._statements: dict[str, str] = {}
        self._indexes: list[str] = []

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        """Adds rows whose values stand as `columns` says."""
        if not rows:
            return
        if table not in self._statements:
            self._statements[table] = self._insertion(table)
        if self.is_sqlite:
            self.many(self._statements[table], rows)
        else:
            self._copy(self._statements[table], rows)

    def many(self, statement: str, rows: Sequence[Row]) -> None:
        """Runs a statement of the driver's own for every row."""
        if rows:
            self.connection.exec_driver_sql(statement, list(rows))

    def run(self, statement: str) -> list[Any]:
        result = self.connection.exec_driver_sql(statement)
        return list(result) if result.returns_rows else []

    def _insertion(self, table: str) -> str:
        names = ", ".join(map(self.connection.dialect.identifier_preparer.quote, columns(table)))
        if self.is_sqlite:
            return f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(columns(table)))})"
        return f"COPY {table} ({names}) FROM STDIN"

    def _copy(self, statement: str, rows: Sequence[Row]) -> None:
        driver: Any = self.connection.connection.driver_connection
        try:
            with driver.cursor() as cursor, cursor.copy(statement) as copy:
                for row in rows:
                    copy.write_row(row)
        except self.connection.dialect.loaded_dbapi.Error as error:
            raise DBAPIError(statement, None, error) from error

    def put_off_indexes(self) -> None:
        """On SQLite: takes away the indexes that only speed up reading, which one sort at the end makes much faster
        than a million insertions, and has more memory until then. Readers go on with what they see. PostgreSQL would
        lock them out, so it keeps its indexes."""
        if self.is_sqlite:
            found = self.run(
                "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name"
            )
            self._indexes = [sql for _, sql in found]
            self.run(f"PRAGMA cache_size = -{_FILLING // 1024}")
            for name, _ in found:
                self.run(f'DROP INDEX "{name}"')

    def widen(self) -> None:
        """More memory for what is left to do on SQLite: pages of a long transaction are slow to find again."""
        if self.is_sqlite:
            self.run(f"PRAGMA cache_size = -{_WIDE // 1024}")

    def make_indexes(self, progress: Callable[[int, int], None]) -> None:
        """Makes the indexes that were put off, and checks the foreign keys, which were not checked meanwhile."""
        if not self._indexes:
            return
        steps = len(self._indexes) + 1
        for done, sql in enumerate(self._indexes):
            progress(done, steps)
            self.run(sql)
        progress(steps - 1, steps)
        if dangling := self.run("PRAGMA foreign_key_check"):
            table, _, target, _ = dangling[0]
            raise IntegrityError(f"{table} refers to {target} that are not there", None, ValueError("dangling"))
        progress(steps, steps)


def batches(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
