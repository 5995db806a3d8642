"""What differs between two releases, record by record, in pages and as a whole."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson

from app.api.answers import changelog
from app.api.pages import JsonBody, RequestUrl
from app.api.parameters import cursors
from app.exports.formats import csv
from app.model.codebook import ChangeOp
from app.model.compact_json import dump_json
from app.model.differences import Difference, differences
from app.queries import changes as queries
from app.queries.changes import LogKey
from app.queries.filters import ComparisonFilters
from app.records import BY_TYPE
from app.storage.codebook_models import StoredCodebook
from app.storage.kept_releases import check_is_kept
from app.storage.read_kinds import ReadKind, reads
from app.storage.snapshot import Snapshot

_PART = 250
_COLUMNS = (
    *("op", "type", "id", "url", "release", "at", "cause", "because", "reason", "superseded_by"),
    *("corrected", "correction", "pointer", "before", "after"),
)

Json = dict[str, Any]


@dataclass(frozen=True)
class Comparison:
    """From one release to another, which may be the earlier one: then everything is told the other way round."""

    base: int
    head: int
    filters: ComparisonFilters

    @property
    def between(self) -> tuple[int, int]:
        """The earlier and the later release."""
        return min(self.base, self.head), max(self.base, self.head)

    def check(self, snapshot: Snapshot) -> None:
        """Raises BadParameter for a release that there is not and for an article that never was, and Gone for a release
        from before the past was kept."""
        for name, number in (("base", self.base), ("head", self.head)):
            check_is_kept(number, snapshot.release.number, snapshot.value, name)
        changelog.check_articles(snapshot, self.filters.article)

    def entries(self, snapshot: Snapshot, after: LogKey | None = None) -> Iterator[tuple[LogKey, Json]]:
        """Yields what differs, in the order of the releases that changed it last, from behind a place on."""
        since, until = self.between
        clauses = queries.since(since, self.filters.type)
        if self.filters.article:
            clauses.append(queries.resting_on(self.filters.article, since, until))
        if self.filters.cause:
            clauses.append(queries.with_cause(self.filters.cause, since, until))
        while rows := snapshot.rows(queries.states(clauses, since, until, after, until).limit(_PART)):
            yield from self._compared(snapshot, rows)
            after = LogKey(rows[-1].release, rows[-1].type, rows[-1].id)

    def _compared(self, snapshot: Snapshot, rows: list[Any]) -> Iterator[tuple[LogKey, Json]]:
        before, after = (_documents(snapshot, rows, release) for release in (self.base, self.head))
        for row in rows:
            old, new = before.get((row.type, row.id)), after.get((row.type, row.id))
            if old is None and new is None:
                continue
            op = ChangeOp.ADD if old is None else ChangeOp.DEL if new is None else ChangeOp.MOD
            entry = {**changelog.entry_body(row), "op": op, "changed": None}
            if old is not None and new is not None:
                found = [one for one in differences(orjson.loads(old), orjson.loads(new)) if self._is_wanted(one)]
                entry["changed"] = [one._asdict() for one in found]
            if "document" in self.filters.include:
                entry["document"] = None if new is None else orjson.loads(new)
            if entry["changed"] or (entry["changed"] is None and not self.filters.field):
                yield LogKey(row.release, row.type, row.id), entry

    def _is_wanted(self, one: Difference) -> bool:
        path = ".".join(step for step in one.pointer.split("/")[1:] if not step.isdigit())
        inside = (
            f"{path}.".startswith(f"{field}.") or f"{field}.".startswith(f"{path}.") for field in self.filters.field
        )
        return not self.filters.field or any(inside)


@reads(ReadKind.SEARCH)
def comparison_page(snapshot: Snapshot, comparison: Comparison, request: RequestUrl) -> JsonBody:
    """Returns one page of what differs."""
    comparison.check(snapshot)
    filters = comparison.filters
    chosen = cursors.given(filters, ("cursor", "limit", "include"))
    query_key = cursors.query_key(f"compare {comparison.base} {comparison.head} {chosen}")
    after, newest = None, snapshot.release.number
    if filters.cursor is not None:
        after = LogKey(*cursors.decode_after(filters.cursor, query_key, int, str, str, newest=newest))
    found = list(islice(comparison.entries(snapshot, after), filters.limit + 1))
    following = cursors.encode(query_key, *found[filters.limit - 1][0]) if len(found) > filters.limit else None
    entries = [dump_json(entry) for _, entry in found[: filters.limit]]
    return changelog.log_page(snapshot, entries, following, request)


def ndjson(snapshot: Snapshot, comparison: Comparison) -> Iterator[bytes]:
    """Yields one entry a line."""
    comparison.check(snapshot)
    for some in _batches(comparison.entries(snapshot)):
        yield "\n".join([*map(dump_json, some), ""]).encode()


def rows(snapshot: Snapshot, comparison: Comparison) -> Iterator[bytes]:
    """Yields a CSV file with a row for each changed value, and one for what was added or removed."""
    comparison.check(snapshot)
    yield from csv.parts(
        _COLUMNS, ([row for entry in some for row in _rows(entry)] for some in _batches(comparison.entries(snapshot)))
    )


def _rows(entry: Json) -> Iterator[list[Any]]:
    correction = entry["correction"] or {"date": None, "text": None}
    because = "|".join(f"{one['type']}/{one['id']}" for one in entry["because"]) or None
    told = {**entry, "because": because, "corrected": correction["date"], "correction": correction["text"]}
    for one in entry["changed"] or [{"pointer": None, "before": None, "after": None}]:
        values = {**told, **one}
        yield [json.dumps(value) if isinstance(value, dict | list) else value for value in map(values.get, _COLUMNS)]


def _batches(entries: Iterator[tuple[LogKey, Json]]) -> Iterator[list[Json]]:
    while some := [entry for _, entry in islice(entries, _PART)]:
        yield some


def _documents(snapshot: Snapshot, rows: list[Any], release: int) -> dict[tuple[str, str], str]:
    by_type: dict[str, list[str]] = {}
    for row in rows:
        by_type.setdefault(row.type, []).append(row.id)
    tables = {kind: BY_TYPE[kind].table if kind in BY_TYPE else StoredCodebook for kind in by_type}
    return {
        (kind, row.id): row.document
        for kind, ids in by_type.items()
        for row in snapshot.rows(queries.documents_at(str(tables[kind].__tablename__), ids, release))
    }
