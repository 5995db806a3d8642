"""Response bodies of lists: keyset pages in both directions, counts of what matches, suggestions where nothing does."""

from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

from app.api.counting.claim_sums import ClaimSums
from app.api.counting.facet_counts import FacetCounter
from app.api.counting.sum_links import SumLinks
from app.api.counting.sum_method import rule
from app.api.pages import JsonBody, RequestUrl, envelope, shaped
from app.api.parameters import cursors
from app.api.parameters.facets import FACET_PARAMETERS
from app.api.parameters.record_ids import resolve_ids
from app.api.suggestions.queries import suggestions
from app.model.languages import LANGUAGES, Language
from app.queries.conditions import AXES
from app.queries.counting import MatchedRecords, count_matches, find_records, has_sums, match_records
from app.queries.extent import extent
from app.queries.filters import Listing
from app.queries.past_counts import kept_counts
from app.queries.plan import PlannedList, chooses, plan
from app.queries.record_type import RecordType
from app.queries.values import RELEASE
from app.storage.snapshot import Snapshot

MAX_EXACT_COUNT = 10_000
"""Records of a type up to which SQL counts what matches without `count=exact`."""


def list_records(
    snapshot: Snapshot,
    resource: RecordType,
    filters: Listing,
    request: RequestUrl,
    language: Language = LANGUAGES[0],
) -> JsonBody:
    """Returns one page of a list, and what else of all that matches was asked for, with labels in a language."""
    resolved = resolve_ids(snapshot, filters)
    planned = plan(resource, resolved).on(snapshot, is_counted=_is_counted(snapshot, resource, resolved))
    page = _read_page(planned, filters)
    counted = _count_all(planned, resolved, request, language) if has_sums(filters) else None
    links = request.page_links(page.next, page.prev, _permanent(planned, filters, request))
    missed = not page.documents and not filters.cursor
    meta = {
        **snapshot.release.meta,
        **(counted.meta if counted else _match_counts(planned, resolved, filters)),
        "returned": len(page.documents),
        "next_cursor": page.next,
        "prev_cursor": page.prev,
        "did_you_mean": _did_you_mean(snapshot, resource, resolved, request) if missed else None,
    }
    members = counted.members if counted else {}
    text = envelope(snapshot, resource, page.documents, filters, links, meta, many=True, counts=members)
    body = shaped(
        snapshot,
        resource,
        JsonBody(text, snapshot.release.number, links.get("next"), links.get("prev"), permanent=links.get("permanent")),
        filters,
    )
    return replace(body, language=_languages(body.language, language)) if counted else body


@dataclass(frozen=True)
class _Counted:
    """What is counted of all that matches: members of the answer, and members of its `meta`."""

    members: dict[str, Any]
    meta: dict[str, Any]


def _count_all(planned: PlannedList, filters: Any, request: RequestUrl, language: Language) -> _Counted:
    snapshot, resource = planned.snapshot, planned.resource
    found = planned.found or match_records(snapshot, resource, filters)
    members: dict[str, Any] = {}
    method = {}
    if filters.facets:
        counter = FacetCounter(snapshot, resource, filters, filters.facets, request.items, language, found)
        members["facets"] = counter.count()
    if getattr(filters, "totals", False):
        links = SumLinks(resource, filters, request.items)
        members["totals"] = ClaimSums(snapshot, found, filters, links, language).totals()
        of_days = filters.datetime is not None
        method["method"] = rule(("outcome",), of_actors=bool(filters.actor), of_days=of_days)
    where = {"extent": extent(snapshot, found)}
    return _Counted(members, {**count_matches(snapshot, resource, filters, found), **where, **method})


def _languages(names: str | None, labels: Language) -> str:
    """Returns the `Content-Language`: that of labels, after that of names where these have a form and labels none."""
    return labels if names in (None, labels, LANGUAGES[0]) else f"{names}, {labels}"


@dataclass(frozen=True)
class _Page:
    """The documents of a page, and the cursors of the pages after and before it."""

    documents: list[bytes]
    next: str | None
    prev: str | None


def _read_page(planned: PlannedList, filters: Listing) -> _Page:
    """Reads the page that the cursor leads to: what follows its place or, read from there backwards, what is before."""
    query_key = _cursor_key(planned, filters) + _counts_key(filters)
    newest, kinds = planned.snapshot.newest.number, (planned.order.kind, str)
    start = None if filters.cursor is None else cursors.decode(filters.cursor, query_key, *kinds, newest=newest)
    backwards = start is not None and start.before
    place = None if start is None else start.values
    rows = (planned.backwards() if backwards else planned).rows(filters.limit + 1, place)
    more, rows = len(rows) > filters.limit, rows[: filters.limit]
    if backwards:
        rows.reverse()
    edges = [(row[1], row[2]) for row in (rows[0], rows[-1])] if rows else [place, place]
    # What the other direction began behind is there.
    has_next, has_prev = (True, more) if backwards else (more, place is not None)
    return _Page(
        [row[0] for row in rows],
        cursors.encode(query_key, *edges[1]) if has_next and edges[1] else None,
        cursors.encode_before(query_key, *edges[0]) if has_prev and edges[0] else None,
    )


def _permanent(planned: PlannedList, filters: Listing, request: RequestUrl) -> dict[str, str]:
    """Returns the permanent link of a page. By relevance it leads to the first: the order of the newest release depends
    on all records, that of a release on none but those that match."""
    release = planned.snapshot.release.number
    if planned.order.ranks is not None and filters.release is None:
        return replace(request, items=[one for one in request.items if one[0] != "cursor"]).permanent(release)
    return request.permanent(release, _pinned_cursor(planned, filters))


def _pinned_cursor(planned: PlannedList, filters: Listing) -> str | None:
    """Returns the cursor of the same page where its release is asked for."""
    if filters.cursor is None:
        return None
    pinned = filters.model_copy(update={RELEASE: str(planned.snapshot.release.number)})
    return cursors.with_key(filters.cursor, _cursor_key(planned, pinned) + _counts_key(filters))


def _did_you_mean(
    snapshot: Snapshot, resource: RecordType, filters: Listing, request: RequestUrl
) -> list[dict[str, Any]] | None:
    """Returns changed parameters that match something, for filters that match nothing; None if there are none."""
    few = _is_counted(snapshot, resource, filters)

    def matched(changed_filters: Listing) -> int | None:
        if few:
            return int(count_matches(snapshot, resource, changed_filters)["matched"])
        return None if plan(resource, changed_filters).on(snapshot).rows(1) else 0

    return suggestions(snapshot, filters, request.items, matched)


def _match_counts(planned: PlannedList, resolved: Listing, filters: Listing) -> dict[str, Any]:
    snapshot, resource = planned.snapshot, planned.resource
    if not _is_counted(snapshot, resource, resolved):
        total = None if planned.conditions else snapshot.release.counts.get(resource.name, 0)
        return {"matched": total, "not_judged": dict.fromkeys(AXES), "extent": None}
    count = partial(_count_and_bound, planned, resolved)
    if not snapshot.is_pinned:
        return count()
    chosen = filters.model_dump_json(include=_choosing(type(filters)))
    return kept_counts(snapshot, f"{resource.name} {chosen}", count)


def _count_and_bound(planned: PlannedList, filters: Listing) -> dict[str, Any]:
    snapshot, resource = planned.snapshot, planned.resource
    if not planned.conditions:
        total = snapshot.release.counts.get(resource.name, 0)
        found = extent(snapshot, MatchedRecords(resource, [], total))
        return {"matched": total, "not_judged": dict.fromkeys(AXES), "extent": found}
    found_records = planned.found or find_records(snapshot, resource, planned.conditions)
    counts = count_matches(snapshot, resource, filters, found_records)
    return counts | {"extent": extent(snapshot, found_records)}


def _is_counted(snapshot: Snapshot, resource: RecordType, filters: Listing) -> bool:
    """Whether a list counts what matches: in arrays always, in SQL where records are few or it is asked for."""
    few = snapshot.release.counts.get(resource.name, 0) <= MAX_EXACT_COUNT
    return few or snapshot.archive is not None or filters.count == "exact"


def _cursor_key(planned: PlannedList, filters: Listing) -> str:
    """Returns the key of the query that a cursor belongs to: the resource, its filters and its order.

    Ranks change with every release, so a cursor in an order by relevance is valid in one release only, and in one of
    the two orders that it has.
    """
    release = ""
    if planned.order.ranks is not None:
        release = f"{planned.snapshot.release.number}{' stable' if filters.release else ''}"
    given = cursors.given(filters, _not_in_cursors(type(filters)))
    return cursors.query_key(f"{planned.resource.name} {release} {given}")


@cache
def _not_in_cursors(filters: type[Listing]) -> set[str]:
    """Returns the parameters that no cursor belongs to: all but the filters and the order."""
    return {name for name in filters.model_fields if not chooses(name) and name not in ("sort", RELEASE)}


@cache
def _choosing(filters: type[Listing]) -> set[str]:
    """Returns the parameters that choose records."""
    return set(filter(chooses, filters.model_fields))


def _counts_key(filters: Any) -> str:
    """Returns what the key of a cursor ends with where more is counted."""
    if not has_sums(filters):
        return ""
    how = filters.model_dump(include=FACET_PARAMETERS.keys())
    return cursors.query_key(f"{sorted(filters.facets)} {how} {getattr(filters, 'totals', False)}")
