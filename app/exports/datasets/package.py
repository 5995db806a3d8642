"""Builds a Frictionless Data Package: a zip with the tables of the SQLite file as CSV, and their schemas.

Beside the CSV of a table stands the same as Parquet, where the extra `columnar` is installed.
"""

import csv
import hashlib
import io
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, Self
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from app.exports.datasets.citation import citation
from app.exports.datasets.columns import Column, Table
from app.exports.datasets.readme import codebook_text, readme
from app.exports.datasets.source_records import Progress
from app.exports.datasets.sqlite import quoted
from app.exports.datasets.tables import tables
from app.exports.formats import COLUMNAR
from app.exports.formats.parquet import FORMAT as PARQUET
from app.model.codebook import Codebook
from app.model.outputs import ForeignKey
from app.storage.release_info import ReleaseInfo

ROWS_PER_CHUNK = 1000

ROWS_PER_GROUP = 50_000
"""The rows of a group of a Parquet file, which are in memory together."""


def build(release: ReleaseInfo, codebook: Codebook, source: Path, target: Path, progress: Progress) -> None:
    """Writes `target` from the SQLite file of the same release. Raises OSError when it cannot be written."""
    with closing(sqlite3.connect(source)) as connection, ZipFile(target, "w", ZIP_DEFLATED) as package:
        counts = {table.name: _count(connection, table) for table in tables(codebook)}
        done, total = 0, sum(counts.values())
        resources: list[dict[str, Any]] = []
        for table in tables(codebook):
            resource = _resource(table)
            with _Member(package, resource["path"], release) as member:
                for part, rows in _csv(connection, table):
                    member.write(part)
                    done += rows
                    progress("Packing", done, total)
            resource |= member.descriptor
            if COLUMNAR.is_installed:
                resource["parquet"] = _parquet(package, connection, table, release)
            resources.append(resource)
        sources = _sources(connection)
        descriptor = {**_package(release), "sources": sources, "resources": resources}
        texts = {
            "datapackage.json": json.dumps(descriptor, ensure_ascii=False, indent=2) + "\n",
            "codebook.md": codebook_text(codebook),
            "CITATION.cff": citation(release, sources),
            "README.md": readme(release, codebook, sources, counts),
        }
        for name, text in texts.items():
            package.writestr(_member(name, release), text)


class _Member:
    """A file of the zip that is written piece by piece, whose size and digest are known once it is complete."""

    def __init__(self, package: ZipFile, name: str, release: ReleaseInfo, compression: int = ZIP_DEFLATED) -> None:
        self._file = package.open(_member(name, release, compression), "w", force_zip64=True)
        self._size, self._digest = 0, hashlib.sha256()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def write(self, part: bytes) -> None:
        """Appends a part."""
        self._file.write(part)
        self._digest.update(part)
        self._size += len(part)

    @property
    def descriptor(self) -> dict[str, Any]:
        """What the descriptor says of the file."""
        return {"bytes": self._size, "hash": f"sha256:{self._digest.hexdigest()}"}


def _parquet(package: ZipFile, connection: sqlite3.Connection, table: Table, release: ReleaseInfo) -> dict[str, Any]:
    """Writes the table as Parquet, which is compressed in itself. Returns what the descriptor says of the file."""
    from app.exports.columnar.dataset import parquet

    path, names = f"data/{table.name}.parquet", ", ".join(quoted(column.name) for column in table.columns)
    cursor = connection.execute(f"SELECT {names} FROM {quoted(table.name)} ORDER BY rowid")
    with _Member(package, path, release, ZIP_STORED) as member:
        for part in parquet(table, iter(lambda: cursor.fetchmany(ROWS_PER_GROUP), [])):
            member.write(part)
    return {"path": path, "mediatype": PARQUET.media_type, **member.descriptor}


def _member(name: str, release: ReleaseInfo, compression: int = ZIP_DEFLATED) -> ZipInfo:
    """Returns a zip member independent of the machine: the release's time, fixed permissions."""
    info = ZipInfo(name, datetime.fromisoformat(release.loaded_at).timetuple()[:6])
    info.compress_type = compression
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
