"""Writes the database anew, so that what was deleted stands nowhere in its files."""

import sqlite3
from contextlib import closing
from time import monotonic, sleep

from sqlalchemy.exc import DBAPIError

from app.storage.database import Database, DatabaseError
from app.storage.driver_errors import driver_message
from app.storage.registry import METADATA

WAIT_SECONDS = 30.0
"""Seconds that readers may take to leave the write-ahead log or the tables."""

_POLL_SECONDS = 0.05


def erase_free_space(database: Database) -> None:
    """Writes all tables and indexes anew. Raises DatabaseError where others use the database for too long, or where
    there is no room for it."""
    try:
        if database.is_sqlite:
            _erase_sqlite(str(database.url.database))
        else:
            _erase_postgresql(database)
    except (sqlite3.Error, DBAPIError) as error:
        message = driver_message(error) if isinstance(error, DBAPIError) else str(error)
        raise DatabaseError(f"{database.name}: what was redacted is deleted, but not overwritten: {message}") from error


def _erase_sqlite(path: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None, timeout=WAIT_SECONDS)) as connection:
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("VACUUM")
        until = monotonic() + WAIT_SECONDS
        while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            if monotonic() > until:
                raise sqlite3.OperationalError("a reader holds the write-ahead log")
            sleep(_POLL_SECONDS)


def _erase_postgresql(database: Database) -> None:
    """Statistics have the most frequent values of columns: they are made anew with the tables, and rewritten."""
    from app.storage import postgresql

    wait = f"SET lock_timeout = {round(WAIT_SECONDS * 1000)}"
    tables = (f"VACUUM (FULL, ANALYZE) {table.name}" for table in METADATA.sorted_tables)
    postgresql.run_outside_transactions(database.url, [wait, *tables, "VACUUM FULL pg_catalog.pg_statistic"])
