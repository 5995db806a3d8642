"""A database, and the folder that is loaded into it again and again."""

import json
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.ingest.release.loading import Plan, load
from app.records import RECORD_TYPES
from app.storage import models
from app.storage.database import Database
from app.storage.registry import document_of
from tests import sample
from tests.conftest import create_tables
from tests.sample import Files

Changes = list[tuple[str, str, str, int]]


class Desk:
    """A database and the folder that is loaded into it, again and again."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        create_tables(url)
        self.database = Database(url)
        self.folder = folder

    def load(self, files: Files, **how: Any) -> Plan:
        sample.write(files, self.folder)
        return load(self.folder, self.database, **how)

    def table(self, model: Any) -> list[dict[str, Any]]:
        """All rows of a table, in one order, those of records with their documents."""
        table = model.__table__
        columns = [table, document_of(model)] if model in (one.table for one in RECORD_TYPES.values()) else [table]
        with self.database.writer() as connection:
            found = connection.execute(select(*columns).order_by(*table.primary_key)).mappings()
            return [dict(row) for row in found]

    def changes(self, release: int) -> Changes:
        """What a release did: operation, type, id and version."""
        log = [row for row in self.table(models.Change) if row["release"] == release]
        return sorted((row["op"], row["type"], row["id"], row["version"]) for row in log)

    def everything(self) -> dict[str, list[dict[str, Any]]]:
        tables = models.Release.metadata.sorted_tables
        with self.database.writer() as connection:
            return {
                table.name: [dict(row) for row in connection.execute(table.select().order_by(*table.c)).mappings()]
                for table in tables
                if table.name != "search_entries"
            }


def stored(desk: Desk) -> dict[tuple[str, str], dict[str, Any]]:
    """Every stored document by type and id."""
    return {
        (RECORD_TYPES[resource].type, row["id"]): json.loads(row["document"])
        for resource, model in ((one.name, one.table) for one in RECORD_TYPES.values())
        for row in desk.table(model)
    }


def remove(files: Files, file: str, id_: str, reason: str, successor: str | None = None) -> None:
    """Puts a tombstone in a record's place."""
    how = {"reason": reason} | ({"successor": successor} if successor else {})
    files[file] = [entry if entry.get("id") != id_ else {"id": id_, "removed": how} for entry in files[file]]
