"""Builds a SQLite file of the public tables. Its bytes are reproducible: the same for every build of a release."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from app.exports.datasets.columns import Column, Table
from app.exports.datasets.source_records import SOURCES, Progress, batches
from app.exports.datasets.tables import tables
from app.exports.datasets.views import views
from app.model.outputs import ForeignKey
from app.storage.snapshot import Snapshot

# GDAL, SQLAlchemy and others take dates and booleans from the declared type; SQLite itself stores text and 0 or 1.
_DECLARED = {
    "string": "TEXT",
    "uri": "TEXT",
    "integer": "INTEGER",
    "number": "REAL",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "datetime": "DATETIME",
}


def build(snapshot: Snapshot, target: Path, scratch: Path, progress: Progress) -> None:
    """Writes `target`, which must not exist; `scratch` is a temporary file, which is not removed.

    Raises OSError or sqlite3.Error if the files cannot be written.
    """
    with closing(sqlite3.connect(scratch, isolation_level=None)) as connection:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-65536"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(f"PRAGMA user_version={snapshot.release.number}")
        connection.execute("BEGIN")
        for table in (all_tables := tables(snapshot.codebook)):
            connection.execute(_create(table))
        _fill(connection, snapshot, all_tables, progress)
        for table in all_tables:
            for statement in _indexes(table):
                connection.execute(statement)
        for name, query in views(snapshot.codebook).items():
            connection.execute(f"CREATE VIEW {quoted(name)} AS\n{query}")
        connection.execute("COMMIT")
        # A copy that is written from beginning to end has no traces of the order of the inserts.
        connection.execute("VACUUM INTO ?", (str(target),))


def quoted(*names: str) -> str:
    """Returns SQL identifiers in quotation marks, separated by commas."""
    return ", ".join(f'"{name}"' for name in names)


def _fill(connection: sqlite3.Connection, snapshot: Snapshot, all_tables: Sequence[Table], progress: Progress) -> None:
    done, total = 0, sum(snapshot.release.counts.values())
    inserts = {
        table.name: f"INSERT INTO {quoted(table.name)} VALUES ({', '.join('?' * len(table.columns))})"
        for table in all_tables
    }
    for source in SOURCES:
        for batch in batches(snapshot, source):
            rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
            for table in (table for table in all_tables if source in dict(table.sources)):
                for record in batch:
                    rows[table.name].extend(table.rows(source, record))
            for name, table_rows in rows.items():
                connection.executemany(inserts[name], table_rows)
            done += len(batch) if source in snapshot.release.counts else 0
            progress("Collecting", done, total)


def _create(table: Table) -> str:
    """Returns the CREATE TABLE statement. SQLite stores it and `.schema` prints it, so it includes descriptions."""
    lines = [(_column(column), column.description) for column in table.columns]
    lines += [(f"PRIMARY KEY ({quoted(*table.key)})", ""), *((_reference(key), "") for key in table.foreign_keys)]
    body = [
        f"  {definition}{',' if number < len(lines) else ''}{f' -- {comment}' if comment else ''}\n"
        for number, (definition, comment) in enumerate(lines, 1)
    ]
    return f"CREATE TABLE {quoted(table.name)} ( -- {table.description}\n{''.join(body)})"


def _column(column: Column) -> str:
    name = quoted(column.name)
    parts = [name, _DECLARED[column.type]]
    if not column.nullable:
        parts.append("NOT NULL")
    if column.values:
        values = ", ".join(f"'{value}'" for value in column.values)
        parts.append(f"CHECK ({name} IN ({values}))")
    elif column.type == "boolean":
        parts.append(f"CHECK ({name} IN (0, 1))")
    return " ".join(parts)


def _reference(key: ForeignKey) -> str:
    return f"FOREIGN KEY ({quoted(*key.columns)}) REFERENCES {quoted(key.table)} ({quoted(*key.targets)})"


def _indexes(table: Table) -> Iterator[str]:
    """Yields an index for every foreign key that is not a prefix of the primary key, and the table's own indexes."""
    keys = (key.columns for key in table.foreign_keys if table.key[: len(key.columns)] != key.columns)
    for columns in dict.fromkeys((*keys, *table.indexes)):
        name = "_".join(("ix", table.name, *columns))
        yield f"CREATE INDEX {quoted(name)} ON {quoted(table.name)} ({quoted(*columns)})"
