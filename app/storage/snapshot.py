"""A consistent view of the database, through which everything of one request is read."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import chain
from time import perf_counter
from typing import Any, Protocol, cast

from sqlalchemy import ClauseElement, Connection, Executable, Result

from app.model.codebook import Codebook
from app.storage.codebooks import DOCUMENT_OF_CODEBOOK, known_codebook
from app.storage.deadlines import Deadline
from app.storage.driver_errors import is_cancelled
from app.storage.past_views import PIN
from app.storage.release_info import NEWEST, NO_RELEASE, ReleaseInfo, release_info
from app.storage.sqlalchemy_internals import compiled

STREAM_BATCH_ROWS = 100
"""Rows of a stream that are fetched at a time."""


class Archives(Protocol):
    """Opens the arrays in which the records of a release are counted."""

    def of(self, snapshot: "Snapshot") -> Any:
        """Returns those of a snapshot's release, if there are any."""


class Snapshot:
    """One consistent view of the database: everything read through it belongs to `release`. While it was opened,
    `newest` was the newest one.

    All that is read through it, and what is done meanwhile, has one `deadline`. SQLite asks it while a statement runs,
    PostgreSQL is told before one what is left.
    """

    def __init__(self, connection: Connection, deadline: Deadline, archives: Archives | None = None) -> None:
        self._connection = connection
        self._results: list[Result[Any]] = []
        self._archives = archives
        self.deadline = deadline
        self._timeout = deadline.seconds  # what PostgreSQL has been told
        self._driver = connection.connection.driver_connection if connection.dialect.name == "sqlite" else None
        self.release = self.newest = newest_release(connection, self._driver)
        self.query_seconds = 0.0  # what statements have taken so far

    def rows(self, statement: ClauseElement, **values: Any) -> list[Any]:
        """Returns the rows of a statement.

        A statement with `values` is compiled once for each engine, so callers keep it between calls; its columns must
        be numbers or text.
        """
        self._apply_deadline()
        began = perf_counter()
        try:
            return self._rows(statement, values)
        finally:
            self.query_seconds += perf_counter() - began

    def _rows(self, statement: ClauseElement, values: dict[str, Any]) -> list[Any]:
        if values and self._driver is not None:
            # By the driver itself, because SQLAlchemy takes longer than a short statement. After an error SQLAlchemy
            # runs it again, and raises its own exception.
            sql, names, constants = compiled(statement, self._connection.dialect)
            by_name = {**constants, **values}
            parameters = [by_name[name] for name in names]
            try:
                return cast(list[Any], self._driver.execute(sql, parameters).fetchall())
            except sqlite3.Error as error:
                if is_cancelled(error):
                    raise self.deadline.exceeded() from error
        return list(self._connection.execute(cast(Executable, statement), values).all())

    @property
    def is_pinned(self) -> bool:
        """Whether an earlier release than the newest is read."""
        return self.release.number != self.newest.number

    @cached_property
    def archive(self) -> Any:
        """Returns the arrays of the release (`app.counts.arrays.Archive`); None where SQL counts."""
        return None if self._archives is None else self._archives.of(self)

    @property
    def codebook(self) -> Codebook:
        """Returns the codebook of the release. It is read once for all snapshots that have the same."""
        release = self.release
        return known_codebook(release.codebook, release.redacted_in, lambda: str(self.value(DOCUMENT_OF_CODEBOOK)))

    def pin(self, release: int) -> None:
        """Reads an earlier release from here on, within the same transaction of PostgreSQL: another would take as long
        as reading a page."""
        self._connection.execute(PIN, {"release": str(release)})
        self._archives = None
        self.release = newest_release(self._connection, self._driver)

    def column(self, statement: Executable) -> list[Any]:
        """Returns the first column of all rows."""
        self._apply_deadline()
        began = perf_counter()
        found = list(self._connection.execute(statement).scalars())
        self.query_seconds += perf_counter() - began
        return found

    def value(self, statement: ClauseElement, **values: Any) -> Any:
        """Returns the first column of the first row; None without rows."""
        return next((row[0] for row in self.rows(statement, **values)), None)

    def batches(self, statement: Executable, **parameters: Any) -> Iterator[Sequence[Any]]:
        """Returns the first column in batches, each with the whole time limit for itself.

        The first batch is read before it returns, so that an error is raised here.
        """
        self._apply_deadline()
        result = self._connection.execute(statement, parameters, execution_options={"yield_per": STREAM_BATCH_ROWS})
        self._results.append(result)
        partitions = result.scalars().partitions()
        return chain([next(partitions, [])], self._renewing(partitions))

    def _renewing(self, batches: Iterator[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        self.renew()
        for batch in batches:
            yield batch
            self.renew()

    def close(self) -> None:
        """Closes the results that were read in batches."""
        for result in self._results:
            result.close()

    def renew(self) -> None:
        """Starts the time limit again, for the next batch of a download."""
        self.deadline.renew()
        self._apply_deadline()

    def _apply_deadline(self) -> None:
        left = self.deadline.remaining()
        # Setting it costs as much as a short statement, so small differences are not set.
        if self._connection.dialect.name != "sqlite" and abs(self._timeout - left) > self.deadline.seconds / 20:
            self._connection.exec_driver_sql(f"SET LOCAL statement_timeout = {max(1, round(left * 1000))}")
            self._timeout = left


def newest_release(connection: Connection, driver: Any) -> ReleaseInfo:
    """Returns the newest release that a connection sees; `driver` is that of SQLite."""
    if driver is not None:
        # By the driver itself, because every request begins so. After an error SQLAlchemy runs it again, and raises its
        # own exception.
        with suppress(sqlite3.Error):
            row = driver.execute(NEWEST).fetchone()
            return release_info(*row) if row else NO_RELEASE
    # By SQLAlchemy, which notices a broken connection, and then replaces all older ones of its pool.
    newest = connection.exec_driver_sql(NEWEST).first()
    return release_info(*newest) if newest else NO_RELEASE
