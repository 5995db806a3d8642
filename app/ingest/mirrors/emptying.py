"""Empties a database for a mirror that is made anew, within the transaction that fills it again."""

from sqlalchemy import Connection, delete

from app.ingest.building.indexing import BOXES
from app.ingest.redaction.terms import INDEXES
from app.storage.registry import METADATA


def empty(connection: Connection) -> None:
    """Deletes all rows of all tables, and on SQLite the indexes that are tables of their own."""
    if connection.dialect.name == "sqlite":
        for index in INDEXES.values():
            connection.exec_driver_sql(f"INSERT INTO {index} ({index}) VALUES ('delete-all')")
        for boxes in BOXES.values():
            connection.exec_driver_sql(f"DELETE FROM {boxes}")
    for table in reversed(METADATA.sorted_tables):
        connection.execute(delete(table))
