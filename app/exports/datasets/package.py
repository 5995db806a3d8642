"""Builds a Frictionless Data Package: a zip with the tables of the SQLite file as CSV, and their schemas."""

import csv
import hashlib
import io
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from app.exports.datasets.columns import Column, Table
from app.exports.datasets.readme import codebook, readme
from app.exports.datasets.source_records import Progress
from app.exports.datasets.sqlite import quoted
from app.exports.datasets.tables import TABLES
from app.model.outputs import ForeignKey
from app.storage.database import ReleaseInfo

ROWS_PER_CHUNK = 1000


def build(release: ReleaseInfo, tables: Path, target: Path, progress: Progress) -> None:
    """Writes `target` from the SQLite file of the same release. Raises OSError when it cannot be written."""
    with closing(sqlite3.connect(tables)) as connection, ZipFile(target, "w", ZIP_DEFLATED) as package:
        counts = {table.name: _count(connection, table) for table in TABLES}
        done, total = 0, sum(counts.values())
        resources: list[dict[str, Any]] = []
        for table in TABLES:
            size, digest = 0, hashlib.sha256()
            with package.open(_member(f"data/{table.name}.csv", release), "w", force_zip64=True) as member:
                for part, rows in _csv(connection, table):
                    member.write(part)
                    digest.update(part)
                    size += len(part)
                    done += rows
                    progress("Packing", done, total)
            resources.append({**_resource(table), "bytes": size, "hash": f"sha256:{digest.hexdigest()}"})
        sources = _sources(connection)
        descriptor = {**_package(release), "sources": sources, "resources": resources}
        texts = {
            "datapackage.json": json.dumps(descriptor, ensure_ascii=False, indent=2) + "\n",
            "codebook.md": codebook(),
            "README.md": readme(release, sources, counts),
        }
        for name, text in texts.items():
            package.writestr(_member(name, release), text)


def _member(name: str, release: ReleaseInfo) -> ZipInfo:
    """Returns a zip member independent of the machine: the release's time, fixed permissions."""
    info = ZipInfo(name, datetime.fromisoformat(release.loaded_at).timetuple()[:6])
    info.compress_type = ZIP_DEFLATED
    info.create_system = 3
    info.external_attr = 0o100644 << 16
    return info


def _count(connection: sqlite3.Connection, table: Table) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {quoted(table.name)}").fetchone()[0])


def _csv(connection: sqlite3.Connection, table: Table) -> Iterator[tuple[bytes, int]]:
    """A table in parts, each with its number of rows; the first part is the header."""
    cells = ", ".join(_cell(column) for column in table.columns)
    cursor = connection.execute(f"SELECT {cells} FROM {quoted(table.name)} ORDER BY rowid")
    yield _lines([[column.name for column in table.columns]]), 0
    while rows := cursor.fetchmany(ROWS_PER_CHUNK):
        yield _lines(rows), len(rows)


def _lines(rows: list[Any]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cell(column: Column) -> str:
    name = quoted(column.name)
    return f"CASE {name} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END" if column.type == "boolean" else name


def _sources(connection: sqlite3.Connection) -> list[dict[str, str]]:
    rows = connection.execute("SELECT title, link, authors, publishers, rights FROM articles ORDER BY id")
    return [dict(zip(("title", "path", "authors", "publishers", "rights"), row, strict=True)) for row in rows]


_QUOTED = [{"name": "other-closed", "title": "The quoted words belong to the publishers of their articles"}]
"""The licence of the tables that hold words of the articles."""


def _package(release: ReleaseInfo) -> dict[str, Any]:
    return {
        "profile": "tabular-data-package",
        "name": "dateline",
        "title": "Dateline",
        "description": "Incidents, places, people and quotes of reporting, with the passages that they rest on.",
        "version": str(release.number),
        "release": release.number,
        "digest": release.digest,
        "created": release.loaded_at,
        "licenses": [{"name": "MIT", "title": "MIT License", "path": "https://opensource.org/license/mit"}],
    }


def _resource(table: Table) -> dict[str, Any]:
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "description": table.description,
        "path": f"data/{table.name}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        # Without licences of its own a resource has those of the package.
        **({"licenses": _QUOTED} if table.quotes else {}),
        "schema": {
            "fields": [_field(column) for column in table.columns],
            "primaryKey": list(table.key),
            "foreignKeys": [_foreign_key(key, table) for key in table.foreign_keys],
        },
    }


def _foreign_key(key: ForeignKey, table: Table) -> dict[str, Any]:
    # The standard's name for the table itself is empty.
    other = "" if key.table == table.name else key.table
    return {"fields": list(key.columns), "reference": {"resource": other, "fields": list(key.targets)}}


def _field(column: Column) -> dict[str, Any]:
    kind = {"type": "string", "format": "uri"} if column.type == "uri" else {"type": column.type}
    constraints: dict[str, Any] = {"required": not column.nullable}
    if column.values:
        constraints["enum"] = list(column.values)
    return {"name": column.name, **kind, "description": column.description, "constraints": constraints}
