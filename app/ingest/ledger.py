"""Who is there and who refers to whom: what records need to know of each other, on disk, because there may be millions.

The ledger is a scratch database in a temporary folder. One process writes it; then any number of them read it.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from app.ingest.reading import Place

_TABLES = """
CREATE TABLE parts (number INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE records (resource TEXT, id TEXT, part INT, number INT, claim INT, line INT, PRIMARY KEY (resource, id))
    WITHOUT ROWID;
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
_THESE = "IN (SELECT value FROM json_each(?))"
_BELOW = """WITH RECURSIVE below (top, id) AS (
    SELECT parent, id FROM parents WHERE resource = ?1 AND parent IN (SELECT value FROM json_each(?2))
    UNION SELECT top, lower.id FROM below JOIN parents AS lower ON lower.resource = ?1 AND lower.parent = below.id)"""


class Noted(NamedTuple):
    """What the ledger keeps of some records: rows of its tables, without the number of their part."""

    records: list[tuple[str, str, int, int, int]]
    """Resource, id, number within the part, claim, line."""

    tombstones: list[tuple[str, str, int, int, int, str | None, str]]
    """The same, and the successor and the reason."""

    parents: list[tuple[str, str, str, bytes | None]]
    """Resource, parent, id, and what the parent needs of it."""

    links: list[tuple[str, str, str, bytes | None]]
    """Kind, target, id, and what the target needs of it."""


class Standing(NamedTuple):
    """Where a record stands."""

    place: Place
    file: str
    line: int


class Ledger:
    """The scratch database in a file. Raises sqlite3.Error where it cannot be written."""

    def __init__(self, path: Path, has_repeated: bool = False) -> None:
        self.path = path
        self.has_repeated = has_repeated
        """Whether an id stands twice: mostly none does, and then nobody need look."""

        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA cache_size = -16384")

    @classmethod
    def new(cls, path: Path) -> "Ledger":
        made = cls(path)
        made._database.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {_TABLES}")
        made._database.execute("BEGIN")
        return made

    def add(self, part: int, name: str, noted: Noted) -> None:
        """Adds what is noted of a part. The first record with an id keeps it."""
        run = self._database
        run.execute("INSERT INTO parts VALUES (?, ?)", (part, name))
        rows = [(resource, id_, part, *where) for resource, id_, *where in noted.records]
        added = run.executemany("INSERT OR IGNORE INTO records VALUES (?, ?, ?, ?, ?, ?)", rows).rowcount
        self.has_repeated |= added < len(rows)
        gone = [(resource, id_, part, *where) for resource, id_, *where in noted.tombstones]
        run.executemany("INSERT OR IGNORE INTO tombstones VALUES (?, ?, ?, ?, ?, ?, ?, ?)", gone)
        run.executemany("INSERT INTO parents VALUES (?, ?, ?, ?)", noted.parents)
        run.executemany("INSERT INTO links VALUES (?, ?, ?, ?)", noted.links)

    def finish(self) -> None:
        """After this it is read only."""
        for statement in (*_INDEXES, "COMMIT"):
            self._database.execute(statement)

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process opens the same file."""
        return Ledger, (self.path, self.has_repeated)

    def close(self) -> None:
        self._database.close()

    def records(self, resource: str, ids: Iterable[str]) -> dict[str, Standing]:
        """Where the records with these ids stand, as far as there are any."""
        return self._standing("records", resource, ids)

    def tombstones(self, resource: str, ids: Iterable[str]) -> dict[str, Standing]:
        return self._standing("tombstones", resource, ids)

    def has(self, resource: str, id_: str) -> bool:
        return bool(self.records(resource, (id_,)))

    def successor(self, resource: str, id_: str) -> tuple[bool, str | None]:
        """Whether an id was withdrawn, and who took over."""
        asked = "SELECT successor FROM tombstones WHERE resource = ? AND id = ?"
        row = self._database.execute(asked, (resource, id_)).fetchone()
        return row is not None, row[0] if row else None

    def removals(self, resource: str) -> Iterator[tuple[str, str, str | None]]:
        """What was withdrawn of a resource: id, reason, successor."""
        asked = "SELECT id, reason, successor FROM tombstones WHERE resource = ? ORDER BY part, number, claim"
        return iter(self._database.execute(asked, (resource,)))

    def removal(self, resource: str, ids: Iterable[str]) -> dict[str, str]:
        """The reasons of those of these ids that were withdrawn."""
        asked = f"SELECT id, reason FROM tombstones WHERE resource = ? AND id {_THESE}"
        return dict(self._database.execute(asked, (resource, json.dumps(list(ids)))))

    def known(self, resource: str, most: int) -> list[str]:
        """Some ids of a resource, to guess what somebody meant."""
        asked = "SELECT id FROM records WHERE resource = ? ORDER BY part, number LIMIT ?"
        return [id_ for (id_,) in self._database.execute(asked, (resource, most))]

    def last(self, resource: str, start: str) -> tuple[str, int] | None:
        """File and line of the last record of a resource in the files whose names begin so."""
        asked = """SELECT name, line FROM records JOIN parts ON parts.number = part
            WHERE resource = ? AND claim = -1 AND substr(name, 1, ?) = ? ORDER BY part DESC, records.number DESC"""
        row = self._database.execute(asked, (resource, len(start), start)).fetchone()
        return (row[0], row[1]) if row else None

    def children(self, resource: str, ids: Iterable[str]) -> dict[str, list[tuple[str, Any]]]:
        """The records below these, in file order, with what is kept of them."""
        asked = f"SELECT parent, id, data FROM parents WHERE resource = ? AND parent {_THESE} ORDER BY rowid"
        return self._grouped(asked, resource, ids)

    def below(self, resource: str, ids: Iterable[str]) -> Iterator[tuple[str, str, Any]]:
        """The records below each of these, on every level, of which something is kept: top, id and that."""
        asked = f"""{_BELOW} SELECT top, below.id, data FROM below
            JOIN parents ON resource = ?1 AND parents.id = below.id WHERE data IS NOT NULL"""
        return iter(self._database.execute(asked, (resource, json.dumps(list(ids)))))

    def is_below(self, resource: str, id_: str, top: str) -> bool:
        """Whether one record is below another, on whatever level."""
        asked = f"{_BELOW} SELECT 1 FROM below WHERE id = ?3"
        return self._database.execute(asked, (resource, json.dumps([top]), id_)).fetchone() is not None

    def links_below(self, kind: str, resource: str, ids: Iterable[str]) -> Iterator[tuple[str, Any]]:
        """What is kept of the records that refer to one of those below each of these: top and that."""
        asked = f"{_BELOW} SELECT top, data FROM below JOIN links ON kind = ?3 AND target = below.id"
        return iter(self._database.execute(asked, (resource, json.dumps(list(ids)), kind)))

    def links(self, kind: str, ids: Iterable[str]) -> dict[str, list[tuple[str, Any]]]:
        """The records that refer to these, in file order, with what is kept of them."""
        asked = f"SELECT target, id, data FROM links WHERE kind = ? AND target {_THESE} ORDER BY rowid"
        return self._grouped(asked, kind, ids)

    def branches(self, resource: str) -> Iterator[tuple[str, str]]:
        """Id and parent of each record that has a parent and may have something below it."""
        asked = """SELECT id, parent FROM parents AS lower WHERE resource = ?1
            AND EXISTS (SELECT 1 FROM parents WHERE resource = ?1 AND id = lower.parent)
            AND EXISTS (SELECT 1 FROM parents WHERE resource = ?1 AND parent = lower.id)"""
        return iter(self._database.execute(asked, (resource,)))

    def counts(self) -> dict[str, int]:
        """How many records there are, by resource."""
        return dict(self._database.execute("SELECT resource, count(*) FROM records GROUP BY resource"))

    def _standing(self, table: str, resource: str, ids: Iterable[str]) -> dict[str, Standing]:
        asked = f"""SELECT id, part, {table}.number, claim, name, line FROM {table} JOIN parts ON parts.number = part
            WHERE resource = ? AND id {_THESE}"""
        found = self._database.execute(asked, (resource, json.dumps(list(ids))))
        return {id_: Standing(Place(part, number, claim), name, line) for id_, part, number, claim, name, line in found}

    def _grouped(self, asked: str, kind: str, ids: Iterable[str]) -> dict[str, list[tuple[str, Any]]]:
        groups: dict[str, list[tuple[str, Any]]] = {}
        if wanted := list(ids):
            for target, id_, data in self._database.execute(asked, (kind, json.dumps(wanted))):
                groups.setdefault(target, []).append((id_, data))
        return groups
