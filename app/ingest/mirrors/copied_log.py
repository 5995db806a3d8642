"""The log of another service, kept in a temporary file while its releases are copied."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from app.ingest.mirrors.source import Entry, MirrorError, Source
from app.model.codebook import IDENTITY, ChangeCause, ChangeOp
from app.model.compact_json import dump_json
from app.records import BY_TYPE


class Logged(NamedTuple):
    """An entry of the log, as its table has it: named like the columns and in their order."""

    release: int
    type: str
    id: str
    op: ChangeOp
    version: int
    reason: str | None
    superseded_by: str | None
    cause: str | None
    because: str | None
    corrected: str | None
    correction: str | None
    redacted: str | None


_TYPES = {*BY_TYPE, IDENTITY["type"]}
_OPS = set(ChangeOp)
_CHANGED = "(type, id, release) NOT IN (SELECT type, id, release FROM unchanged)"
_CAUSES = {None, *ChangeCause}


class CopiedLog:
    """Entries of a log, in its order."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._last: tuple[int, str, str] = (0, "", "")

    @classmethod
    @contextmanager
    def new(cls, path: Path) -> "Iterator[CopiedLog]":
        """Makes an empty one in a file."""
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")
            columns = ", ".join(Logged._fields)
            connection.execute(f"CREATE TABLE log ({columns}, PRIMARY KEY (type, id, release)) WITHOUT ROWID")
            connection.execute("CREATE TABLE unchanged (type, id, release, PRIMARY KEY (type, id, release))")
            yield cls(connection)

    def add(self, entries: Iterable[Entry], source: Source) -> None:
        """Adds entries, which have to come in the order of the log. What a redaction did to the record itself, which
        the log does not tell, is seen from its document: it was changed, removed, or only its past was."""
        rows = []
        for one in entries:
            if one.type not in _TYPES or one.op not in _OPS or one.cause not in _CAUSES:
                what = f"'{one.op}' of '{one.type}' ({one.cause}), of which this version knows nothing"
                raise MirrorError(f"{source.url} has changes by {what}; install the version that runs there.")
            if (place := (one.release, one.type, one.id)) <= self._last:
                raise MirrorError(f"{source.url}/v1/changes is not in the order of the log. Nothing was changed.")
            self._last = place
            op = one.op
            if op == ChangeOp.RED:
                document = source.document(BY_TYPE[one.type].name, one.id, one.release)
                op = ChangeOp.DEL if document is None else ChangeOp.MOD
                if document is not None and document.get("changed_in") != one.release:
                    self._connection.execute("INSERT INTO unchanged VALUES (?, ?, ?)", (one.type, one.id, one.release))
            rows.append(_row(one, op))
        self._connection.execute("BEGIN")
        self._connection.executemany(f"INSERT INTO log VALUES ({', '.join('?' * len(Logged._fields))})", rows)
        self._connection.execute("COMMIT")

    def of_release(self, release: int) -> Iterator[Logged]:
        """Yields what a release did."""
        found = self._connection.execute("SELECT * FROM log WHERE release = ? ORDER BY type, id", (release,))
        yield from map(_logged, found)

    def last(self, kind: str, ids: Sequence[str], release: int) -> dict[str, Logged]:
        """Returns what was last done to records, up to a release, by id."""
        chosen = f"type = ? AND id IN ({','.join('?' * len(ids))}) AND release <= ?"
        return {one.id: one for one in self._newest(chosen, kind, *ids, release)}

    def following(self, kind: str, id_: str, release: int) -> int | None:
        """Returns the release that next changed or removed a record after another one."""
        query = f"SELECT min(release) FROM log WHERE type = ? AND id = ? AND release > ? AND {_CHANGED}"
        found: int | None = self._connection.execute(query, (kind, id_, release)).fetchone()[0]
        return found

    def redacting(self) -> list[int]:
        """Returns the releases that took something out of earlier ones."""
        found = self._connection.execute("SELECT DISTINCT release FROM log WHERE redacted IS NOT NULL ORDER BY release")
        return [release for (release,) in found]

    def count(self, kind: str, since: int, release: int) -> int:
        """Returns how many records of a type releases after one have changed last, and not removed, up to another."""
        found = self._newest("type = ? AND release > ? AND release <= ?", kind, since, release)
        return sum(one.op != ChangeOp.DEL for one in found)

    def _newest(self, chosen: str, *values: Any) -> Iterator[Logged]:
        names = ", ".join(Logged._fields[1:])
        query = f"SELECT max(release), {names} FROM log WHERE {chosen} AND {_CHANGED} GROUP BY type, id"
        yield from map(_logged, self._connection.execute(query, values))


def _row(entry: Entry, op: str) -> tuple[Any, ...]:
    because = dump_json([f"{one.type}/{one.id}" for one in entry.because]) if entry.because else None
    what = entry.release, entry.type, entry.id, op, entry.version, entry.reason, entry.superseded_by
    correction = (entry.correction.date, entry.correction.text) if entry.correction else (None, None)
    redacted = None if entry.redacted is None else dump_json(entry.redacted)
    return *what, entry.cause, because, *correction, redacted


def _logged(row: tuple[Any, ...]) -> Logged:
    release, kind, id_, op, *others = row
    return Logged(release, kind, id_, ChangeOp(op), *others)
