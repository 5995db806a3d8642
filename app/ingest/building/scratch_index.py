"""Scratch database of a load: ids, locations and references of all records.

It is on disk, in a temporary folder, because there may be millions of records. One process writes it; then any number
of processes read it.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from app.ingest.seed.reading import RecordPosition

_TABLES = """
CREATE TABLE parts (number INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE records (resource TEXT, id TEXT, part INT, number INT, claim INT, line INT, label TEXT, date BLOB,
    PRIMARY KEY (resource, id)) WITHOUT ROWID;
CREATE TABLE tombstones (resource TEXT, id TEXT, part INT, number INT, claim INT, line INT, successor TEXT,
    reason TEXT,     PRIMARY KEY (resource, id)) WITHOUT ROWID;
CREATE TABLE parents (resource TEXT, parent TEXT, id TEXT, data BLOB);
CREATE TABLE links (kind TEXT, target TEXT, id TEXT, data BLOB);
"""
_INDEXES = (
    "CREATE INDEX parents_parent ON parents (resource, parent)",
    "CREATE INDEX parents_id ON parents (resource, id)",
    "CREATE INDEX links_target ON links (kind, target)",
)
_IN_IDS = "IN (SELECT value FROM json_each(?))"
# SQLite does not know that these are few, and would go through all parents or links; with CROSS JOIN it begins here.
_DESCENDANTS = """WITH RECURSIVE below (top, id) AS (
    SELECT parent, id FROM parents WHERE resource = ?1 AND parent IN (SELECT value FROM json_each(?2))
    UNION SELECT top, lower.id FROM below JOIN parents AS lower ON lower.resource = ?1 AND lower.parent = below.id)"""


class ScanRows(NamedTuple):
    """Rows of the scratch database for the records of one part, without the number of the part."""

    records: list[tuple[str, str, int, int, int, str | None, bytes | None]]
    """Resource, id, number within the part, claim, line, label, pickled date."""

    tombstones: list[tuple[str, str, int, int, int, str | None, str]]
    """The same columns up to the line, then successor and reason."""

    parents: list[tuple[str, str, str, bytes | None]]
    """Resource, parent, id, and pickled data that the parent needs of the record."""

    links: list[tuple[str, str, str, bytes | None]]
    """Kind, target, id, and pickled data that the target needs of the record."""


class RecordLocation(NamedTuple):
    """File and line of a record."""

    position: RecordPosition
    file: str
    line: int


class ScratchIndex:
    """The scratch database. Raises sqlite3.Error if its file cannot be written."""

    def __init__(self, path: Path, has_duplicate_ids: bool = False) -> None:
        self.path = path
        self.has_duplicate_ids = has_duplicate_ids
        """Whether any id occurs twice. Mostly none does, and then the lookups for duplicates are skipped."""

        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA cache_size = -16384")

    @classmethod
    def new(cls, path: Path) -> "ScratchIndex":
        """Creates the database, for one process to fill; `finish` makes it ready to be read."""
        scratch_index = cls(path)
        scratch_index._database.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {_TABLES}")
        scratch_index._database.execute("BEGIN")
        return scratch_index

    def add(self, part: int, name: str, rows: ScanRows) -> None:
        """Adds the rows of a part. The first record with an id keeps it."""
        run = self._database
        run.execute("INSERT INTO parts VALUES (?, ?)", (part, name))
        record_rows = [(resource, id_, part, *where) for resource, id_, *where in rows.records]
        added = run.executemany("INSERT OR IGNORE INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?)", record_rows).rowcount
        self.has_duplicate_ids |= added < len(record_rows)
        gone = [(resource, id_, part, *where) for resource, id_, *where in rows.tombstones]
        run.executemany("INSERT OR IGNORE INTO tombstones VALUES (?, ?, ?, ?, ?, ?, ?, ?)", gone)
        run.executemany("INSERT INTO parents VALUES (?, ?, ?, ?)", rows.parents)
        run.executemany("INSERT INTO links VALUES (?, ?, ?, ?)", rows.links)

    def finish(self) -> None:
        """Creates the indexes and commits; from then on the database is only read."""
        for statement in (*_INDEXES, "COMMIT"):
            self._database.execute(statement)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles the path only: another process opens the same file."""
        return ScratchIndex, (self.path, self.has_duplicate_ids)

    def close(self) -> None:
        """Closes the connection of this process."""
        self._database.close()

    def records(self, resource: str, ids: Iterable[str]) -> dict[str, RecordLocation]:
        """Returns the locations of the records with these ids; absent ids are left out."""
        return self._locations("records", resource, ids)

    def tombstones(self, resource: str, ids: Iterable[str]) -> dict[str, RecordLocation]:
        """Returns the locations of the tombstones of these ids; absent ids are left out."""
        return self._locations("tombstones", resource, ids)

    def labels(self, resource: str, ids: Iterable[str]) -> dict[str, str]:
        """Returns what to print for the records with these ids; the absent and the unreadable are left out."""
        query = f"SELECT id, label FROM records WHERE resource = ? AND id {_IN_IDS} AND label IS NOT NULL"
        return dict(self._database.execute(query, (resource, json.dumps(list(ids)))))

    def dates(self, ids: Iterable[str]) -> dict[str, bytes]:
        """Returns the pickled dates of those of these incidents that have one."""
        query = f"SELECT id, date FROM records WHERE resource = 'incidents' AND id {_IN_IDS} AND date IS NOT NULL"
        return dict(self._database.execute(query, (json.dumps(list(ids)),)))

    def has(self, resource: str, id_: str) -> bool:
        """Whether a record has this id."""
        return bool(self.records(resource, (id_,)))

    def successor(self, resource: str, id_: str) -> tuple[bool, str | None]:
        """Returns whether an id was removed, and its successor."""
        query = "SELECT successor FROM tombstones WHERE resource = ? AND id = ?"
        row = self._database.execute(query, (resource, id_)).fetchone()
        return row is not None, row[0] if row else None

    def removals(self, resource: str, parts: Collection[int] | None = None) -> Iterator[tuple[str, str, str | None]]:
        """Yields the tombstones of a resource, all or those in some parts: id, reason, successor."""
        query = "SELECT part, id, reason, successor FROM tombstones WHERE resource = ? ORDER BY part, number, claim"
        for part, *tombstone in self._database.execute(query, (resource,)):
            if parts is None or part in parts:
                yield tuple(tombstone)

    def removal(self, resource: str, ids: Iterable[str], parts: Collection[int] | None = None) -> dict[str, str]:
        """Returns the reasons of removal for those of these ids that were removed, anywhere or in some parts."""
        query = f"SELECT id, reason, part FROM tombstones WHERE resource = ? AND id {_IN_IDS}"
        rows = self._database.execute(query, (resource, json.dumps(list(ids))))
        return {id_: reason for id_, reason, part in rows if parts is None or part in parts}

    def known(self, resource: str, most: int) -> list[str]:
        """Returns the first ids of a resource, as candidates for suggestions."""
        query = "SELECT id FROM records WHERE resource = ? ORDER BY part, number LIMIT ?"
        return [id_ for (id_,) in self._database.execute(query, (resource, most))]

    def last(self, resource: str, start: str) -> tuple[str, int] | None:
        """Returns file and line of the last record of a resource in files whose names start with `start`."""
        query = """SELECT name, line FROM records JOIN parts ON parts.number = part
            WHERE resource = ? AND claim = -1 AND substr(name, 1, ?) = ? ORDER BY part DESC, records.number DESC"""
        row = self._database.execute(query, (resource, len(start), start)).fetchone()
        return (row[0], row[1]) if row else None

    def children(self, resource: str, ids: Iterable[str]) -> dict[str, list[tuple[str, Any]]]:
        """Returns the direct children of these records, in file order, with their pickled data."""
        query = f"SELECT parent, id, data FROM parents WHERE resource = ? AND parent {_IN_IDS} ORDER BY rowid"
        return self._grouped(query, resource, ids)

    def descendants(self, resource: str, ids: Iterable[str]) -> Iterator[tuple[str, str, Any]]:
        """Yields the descendants of each of these records that have pickled data: ancestor, id and data."""
        query = f"""{_DESCENDANTS} SELECT top, below.id, data FROM below
            CROSS JOIN parents ON resource = ?1 AND parents.id = below.id WHERE data IS NOT NULL"""
        return iter(self._database.execute(query, (resource, json.dumps(list(ids)))))

    def is_descendant(self, resource: str, id_: str, top: str) -> bool:
        """Whether one record is a descendant of another."""
        query = f"{_DESCENDANTS} SELECT 1 FROM below WHERE id = ?3"
        return self._database.execute(query, (resource, json.dumps([top]), id_)).fetchone() is not None

    def links_to_descendants(self, kind: str, resource: str, ids: Iterable[str]) -> Iterator[tuple[str, Any]]:
        """Yields the pickled data of records that refer to a descendant of these: ancestor and data."""
        query = f"{_DESCENDANTS} SELECT top, data FROM below CROSS JOIN links ON kind = ?3 AND target = below.id"
        return iter(self._database.execute(query, (resource, json.dumps(list(ids)), kind)))

    def links(self, kind: str, ids: Iterable[str]) -> dict[str, list[tuple[str, Any]]]:
        """Returns the records that refer to these, in file order, with their pickled data."""
        query = f"SELECT target, id, data FROM links WHERE kind = ? AND target {_IN_IDS} ORDER BY rowid"
        return self._grouped(query, kind, ids)

    def inner_edges(self, resource: str) -> Iterator[tuple[str, str]]:
        """Yields id and parent of records that can be on a cycle: they have children, and their parent has a parent."""
        query = """SELECT id, parent FROM parents AS lower WHERE resource = ?1
            AND EXISTS (SELECT 1 FROM parents WHERE resource = ?1 AND id = lower.parent)
            AND EXISTS (SELECT 1 FROM parents WHERE resource = ?1 AND parent = lower.id)"""
        return iter(self._database.execute(query, (resource,)))

    def counts(self) -> dict[str, int]:
        """Returns the number of records by resource."""
        return dict(self._database.execute("SELECT resource, count(*) FROM records GROUP BY resource"))

    def _locations(self, table: str, resource: str, ids: Iterable[str]) -> dict[str, RecordLocation]:
        query = f"""SELECT id, part, {table}.number, claim, name, line FROM {table} JOIN parts ON parts.number = part
            WHERE resource = ? AND id {_IN_IDS}"""
        rows = self._database.execute(query, (resource, json.dumps(list(ids))))
        return {
            id_: RecordLocation(RecordPosition(part, number, claim), name, line)
            for id_, part, number, claim, name, line in rows
        }

    def _grouped(self, query: str, kind: str, ids: Iterable[str]) -> dict[str, list[tuple[str, Any]]]:
        groups: dict[str, list[tuple[str, Any]]] = {}
        if wanted := list(ids):
            for target, id_, data in self._database.execute(query, (kind, json.dumps(wanted))):
                groups.setdefault(target, []).append((id_, data))
        return groups
