"""Bulk inserts, the fastest way of each engine: COPY on PostgreSQL, `executemany` on SQLite."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.storage.models import Release

Row = tuple[Any, ...]
T = TypeVar("T")

RELEASE_COLUMNS = ("number", "digest", "version", "changed_in")
"""Columns that a release sets for its records; they are last in rows."""


@cache
def columns(table: str) -> tuple[str, ...]:
    """Returns the columns of a table in the order of rows to be written."""
    names = Release.metadata.tables[table].columns.keys()
    is_of_records = set(RELEASE_COLUMNS) <= set(names)
    last = [name for name in RELEASE_COLUMNS if is_of_records or (name in names and name == "changed_in")]
    return (*(name for name in names if name not in last), *last)


_FILL_CACHE_BYTES = 208 * 2**20
"""Bytes of SQLite's page cache while an empty database is filled: enough for the pages that entries of 30 years of
days and boxes on a map go into in random order, so that these are not written and read again and again."""

_INDEX_CACHE_BYTES = 16 * 2**20
"""Bytes of SQLite's page cache while indexes are built, and so what it sorts at a time. Little, so that a thread sorts
a part while the next one is read: a million records then take two thirds of the time, and 300 MB less."""

_SORTING_THREADS = 2
"""Threads beside its own by which SQLite sorts."""


class Writer:
    """Writes rows within the transaction of a connection.

    Raises DBAPIError for what the database refuses.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.is_sqlite = connection.dialect.name == "sqlite"
        self._statements: dict[tuple[str, int | None], str] = {}
        self._indexes: list[str] = []

    def insert(self, table: str, rows: Sequence[Row], changed_in: int | None = None) -> None:
        """Inserts rows whose values are in the order of `columns`. Where all have one `changed_in`, their last column,
        they are given without it."""
        if not rows:
            return
        if not self.is_sqlite:
            self._copy(table, rows if changed_in is None else [(*row, changed_in) for row in rows])
            return
        # It stands in the statement: to make a million rows longer by one value takes seconds.
        if (table, changed_in) not in self._statements:
            self._statements[table, changed_in] = self._insertion(table, changed_in)
        self.run_many(self._statements[table, changed_in], rows)

    def run_many(self, statement: str, rows: Sequence[Row]) -> None:
        """Runs a driver-level statement for every row."""
        if rows:
            self.connection.exec_driver_sql(statement, list(rows))

    def run(self, statement: str) -> list[Any]:
        """Runs a driver-level statement and returns its rows."""
        result = self.connection.exec_driver_sql(statement)
        return list(result) if result.returns_rows else []

    def _insertion(self, table: str, changed_in: int | None) -> str:
        values = ["?"] * len(columns(table))
        if changed_in is not None:
            values[-1] = str(changed_in)
        return f"INSERT INTO {table} ({self._names(table)}) VALUES ({', '.join(values)})"

    def _names(self, table: str) -> str:
        return ", ".join(map(self.connection.dialect.identifier_preparer.quote, columns(table)))

    def _copy(self, table: str, rows: Sequence[Row]) -> None:
        driver: Any = self.connection.connection.driver_connection
        statement = f"COPY {table} ({self._names(table)}) FROM STDIN"
        try:
            with driver.cursor() as cursor, cursor.copy(statement) as copy:
                for row in rows:
                    copy.write_row(row)
        except self.connection.dialect.loaded_dbapi.Error as error:
            raise DBAPIError(statement, None, error) from error

    def drop_indexes(self) -> None:
        """On SQLite: drops the indexes that only speed up reading, because one sort at the end builds them much faster
        than a million insertions, and enlarges the page cache until then. Readers keep their snapshot. PostgreSQL
        would lock readers out, so it keeps its indexes."""
        if self.is_sqlite:
            indexes = self.run(
                "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name"
            )
            self._indexes = [sql for _, sql in indexes]
            self.run(f"PRAGMA cache_size = -{_FILL_CACHE_BYTES // 1024}")
            for name, _ in indexes:
                self.run(f'DROP INDEX "{name}"')

    def sort_in_threads(self) -> None:
        """On SQLite: sets the page cache and the threads for building indexes."""
        if self.is_sqlite:
            self.run(f"PRAGMA cache_size = -{_INDEX_CACHE_BYTES // 1024}")
            self.run(f"PRAGMA threads = {_SORTING_THREADS}")

    def create_indexes(self, progress: Callable[[int, int], None]) -> None:
        """Recreates the dropped indexes, and checks the foreign keys, which were not enforced meanwhile."""
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


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yields items in batches of at most `size`."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
