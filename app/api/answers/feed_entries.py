"""Pages of feed entries: the records, or the changes, that changed last come first."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from sqlalchemy import select
from sqlmodel import col

from app.api.answers import changelog
from app.api.answers import corrections as corrected
from app.api.parameters import cursors, record_ids
from app.exports.formats import feeds
from app.exports.formats.feeds import Entry, Removal
from app.queries import changes as queries
from app.queries.filters import CorrectionFilters, Listing, StepFilters
from app.queries.plan import plan
from app.queries.record_type import RecordType
from app.storage.models import Release
from app.storage.read_kinds import ReadKind, reads
from app.storage.release_info import ReleaseInfo
from app.storage.snapshot import Snapshot


@dataclass(frozen=True)
class FeedEntries:
    """One page of a feed, newest first. `next` is the cursor of the next page, None on the last one."""

    release: ReleaseInfo
    entries: list[Entry]
    removals: list[Removal] = field(default_factory=list)
    next: str | None = None


@reads(ReadKind.SEARCH)
def records(resource: RecordType, snapshot: Snapshot, filters: Listing, base: str) -> FeedEntries:
    """Returns the matching records that changed last, in the order of `sort=-changed`, merged with the removals.

    The content of a removed record is no longer known, so removals appear in every feed of their list, whatever its
    filters: a reader that never had the record can ignore them.
    """
    order, query_key = resource.by("changed", descending=True), _cursor_key(resource.name, filters)
    newest, kinds = snapshot.newest.number, (int, str)
    after = None if filters.cursor is None else cursors.decode_after(filters.cursor, query_key, *kinds, newest=newest)
    limit = filters.limit + 1
    there = plan(resource, record_ids.resolve_ids(snapshot, filters), order).on(snapshot).rows(limit, after)
    gone = snapshot.rows(queries.removals(resource.type, filters.changed_since or 0, after, limit))
    places = sorted([*(row[1:3] for row in there), *(row[:2] for row in gone)], reverse=True)
    shown = {tuple(place) for place in places[: filters.limit]}
    there = [row for row in there if tuple(row[1:3]) in shown]
    loaded_at = _loaded_at(snapshot, {release for _, release, _ in there})
    return FeedEntries(
        snapshot.release,
        [feeds.record(resource.name, text, loaded_at[release], base) for text, release, _ in there],
        [feeds.removal(resource.type, row, base) for row in gone if tuple(row[:2]) in shown],
        _next(query_key, places, filters.limit),
    )


@reads(ReadKind.SEARCH)
def changes(snapshot: Snapshot, filters: StepFilters, base: str) -> FeedEntries:
    """Returns entries of the log, newest first."""
    query_key = _cursor_key("changes", filters)
    after = None
    if filters.cursor is not None:
        after = queries.LogKey(*cursors.decode_after(filters.cursor, query_key, int, str, str))
    statement = queries.entries(changelog.changes_since(snapshot, filters), after, backwards=True)
    rows = snapshot.rows(statement.limit(filters.limit + 1))
    names = changelog.names(snapshot, rows[: filters.limit])
    entries = [
        feeds.change(changelog.entry_body(row), row.name or names.get((row.type, row.id), row.id), base)
        for row in rows[: filters.limit]
    ]
    return FeedEntries(snapshot.release, entries, next=_next(query_key, [row[:3] for row in rows], filters.limit))


@reads(ReadKind.SEARCH)
def corrections(snapshot: Snapshot, filters: CorrectionFilters, base: str) -> FeedEntries:
    """Returns corrections, newest first."""
    found = corrected.corrections(snapshot, filters, filters.limit)
    entries = [feeds.correction(entry, base) for entry in found.entries]
    return FeedEntries(snapshot.release, entries, next=found.following)


def _cursor_key(what: str, filters: BaseModel) -> str:
    return cursors.query_key(f"feed {what} {cursors.given(filters, ('cursor', 'limit', 'lang'))}")


def _next(query_key: str, places: Sequence[Any], limit: int) -> str | None:
    return cursors.encode(query_key, *places[limit - 1]) if len(places) > limit else None


def _loaded_at(snapshot: Snapshot, releases: set[int]) -> dict[int, str]:
    when = select(col(Release.number), col(Release.loaded_at)).where(col(Release.number).in_(releases))
    return dict(snapshot.rows(when))
