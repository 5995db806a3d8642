"""Corrections, newest first: what was wrong in which record, in the editors' words, and what changed with it."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import orjson

from app.api.answers import changelog
from app.api.answers.changelog import LogPart
from app.api.pages import JsonBody, RequestUrl
from app.api.parameters import cursors
from app.api.parameters.record_ids import resolved_ids
from app.exports.formats.columns import joined
from app.exports.formats.csv import table
from app.model.compact_json import dump_json
from app.model.differences import Difference, differences
from app.problems import BadParameter, ParameterError
from app.queries import changes as queries
from app.queries.filters import CorrectionFilters
from app.records import BY_TYPE
from app.storage.snapshot import Snapshot

Json = dict[str, Any]

COLUMNS = (
    *("corrected", "correction", "type", "id", "label", "url", "release", "at", "version"),
    *("pointers", "before", "after"),
)


MAX_PAGE = 500
"""Corrections that are read at once."""


class Corrections(NamedTuple):
    """Entries of the log that correct something, and the cursor of the next page; None on the last one."""

    entries: list[Json]
    following: str | None


def corrections(snapshot: Snapshot, filters: CorrectionFilters, limit: int) -> Corrections:
    """Returns at most so many corrections. Raises BadParameter for ids that never were and for a future release."""
    chosen = cursors.given(filters, ("cursor", "limit", "include"))
    query_key, after = cursors.query_key(f"corrections {chosen}"), None
    if filters.cursor is not None:
        after = queries.LogKey(*cursors.decode_after(filters.cursor, query_key, int, str, str))
    clauses = [*changelog.changes_since(snapshot, filters), queries.CORRECTS]
    if filters.incident:
        errors: list[ParameterError] = []
        incidents = resolved_ids(snapshot, "incident", filters.incident, ("incidents",), errors)
        if errors:
            raise BadParameter(errors)
        clauses.append(queries.of_incidents(incidents))
    statement = queries.entries(clauses, after, backwards=True)
    part = changelog.log_part(snapshot, statement, limit, with_documents="document" in filters.include)
    names = changelog.names(snapshot, part.places)
    changed = _changed(snapshot, part.places)
    entries = [
        {**orjson.loads(text), "label": names.get((place.type, place.id), place.id), "changed": changed.get(place)}
        for text, place in zip(part.entries, part.places, strict=True)
    ]
    return Corrections(entries, _following(query_key, part))


def _following(query_key: str, part: LogPart) -> str | None:
    return cursors.encode(query_key, *part.places[-1]) if part.has_more else None


def _changed(snapshot: Snapshot, places: Sequence[queries.LogKey]) -> dict[queries.LogKey, list[Json]]:
    """Returns what changed by each entry, where the version before was kept."""
    found: dict[queries.LogKey, list[Json]] = {}
    for kind in dict.fromkeys(place.type for place in places):
        mine = [place for place in places if place.type == kind]
        rows = snapshot.rows(queries.versions(str(BY_TYPE[kind].table.__tablename__), [place.id for place in mine]))
        after = {(row.id, row.changed_in): row.document for row in rows}
        before = {(row.id, row.superseded_in): row.document for row in rows}
        for place in mine:
            key = place.id, place.release
            if key in before and key in after:
                steps = differences(orjson.loads(before[key]), orjson.loads(after[key]))
                found[place] = [step._asdict() for step in steps if step.pointer != "/corrected"]
    return found


def corrections_page(snapshot: Snapshot, filters: CorrectionFilters, request: RequestUrl) -> JsonBody:
    """Returns one page of corrections."""
    entries, following = corrections(snapshot, filters, filters.limit)
    links = request.page_links(following)
    meta = {**snapshot.release.meta, "returned": len(entries), "next_cursor": following}
    body = dump_json({"data": entries, "links": links, "meta": meta})
    return JsonBody(body.encode(), snapshot.release.number, links.get("next"))


def corrections_table(snapshot: Snapshot, filters: CorrectionFilters, base: str) -> JsonBody:
    """Returns corrections as CSV: all of them, or at most as many as `limit` says."""
    return JsonBody(table(COLUMNS, [_row(entry, base) for entry in _all(snapshot, filters)]), snapshot.release.number)


def _all(snapshot: Snapshot, filters: CorrectionFilters) -> Iterator[Json]:
    left = filters.limit if "limit" in filters.model_fields_set else None
    while left is None or left > 0:
        size = MAX_PAGE if left is None else min(left, MAX_PAGE)
        found = corrections(snapshot, filters, size)
        yield from found.entries
        if found.following is None:
            return
        filters = filters.model_copy(update={"cursor": found.following})
        left = None if left is None else left - size


def _row(entry: Json, base: str) -> list[Any]:
    changed = [Difference(**step) for step in entry["changed"] or ()]
    cells = {
        **entry,
        "corrected": entry["correction"]["date"],
        "correction": entry["correction"]["text"],
        "url": base + entry["url"],
        "pointers": joined(step.pointer for step in changed),
        "before": joined(_cell(step.before) for step in changed),
        "after": joined(_cell(step.after) for step in changed),
    }
    return [cells[column] for column in COLUMNS]


def _cell(value: Any) -> Any:
    return dump_json(value) if isinstance(value, (dict, list)) else value
