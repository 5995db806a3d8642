"""Casualty sums over all matching records, with the same conditions as lists."""

from collections.abc import Iterable
from itertools import accumulate
from typing import Any, ClassVar

from pydantic import Field, create_model

from app.api.counting import count_tables
from app.api.counting.claim_sums import ClaimSums, Json
from app.api.counting.sum_links import SumLinks
from app.api.counting.sum_method import rule
from app.api.links import address
from app.api.pages import JsonBody, RequestUrl
from app.api.parameters.record_ids import resolve_ids
from app.api.suggestions.queries import suggestions
from app.model.compact_json import dump_json
from app.model.languages import Language
from app.problems import BadParameter
from app.queries.counting import MatchedRecords, count_matches, match_records
from app.queries.filters import Filters, ForEachValue
from app.queries.record_type import RecordType
from app.queries.values import LANG_DESCRIPTION, LanguageTag
from app.records.casualties import CASUALTIES
from app.storage.read_kinds import ReadKind, reads
from app.storage.snapshot import Snapshot

_PAGING = {"limit", "cursor", "sort", "count", "fields", "include", "lang"}

MAX_BYTES, MAX_ROWS = 20_000, 100
"""Bytes of an answer of sums, and its rows, at most, unless a `limit` asks for more."""

LANG: Any = (LanguageTag | None, Field(None, description=LANG_DESCRIPTION, examples=["ar"]))


def without_paging(model: type[Filters], name: str, **parameters: Any) -> type[Filters]:
    """Returns a model with the filters of a list, without its paging parameters, and with additional parameters."""
    filters: dict[str, Any] = {
        key: (field.annotation, field) for key, field in model.model_fields.items() if key not in _PAGING
    }
    families: Any = (ClassVar[tuple[ForEachValue, ...]], model.for_each_value)
    return create_model(name, __base__=Filters, for_each_value=families, **parameters, **filters)


def match_counts(
    snapshot: Snapshot, resource: RecordType, filters: Any, chosen: MatchedRecords, request: RequestUrl
) -> dict[str, Any]:
    """Counts the records that match and those not judged; adds suggestions if none match."""

    def matched(changed_filters: Any) -> int:
        return int(count_matches(snapshot, resource, changed_filters)["matched"])

    counts = count_matches(snapshot, resource, filters, chosen)
    meant = None if counts["matched"] else suggestions(snapshot, filters, request.items, matched)
    return {**counts, "did_you_mean": meant}


@reads(ReadKind.COUNT)
def summary(snapshot: Snapshot, filters: Any, request: RequestUrl, language: Language) -> JsonBody:
    """Adds up the matching claims by outcome and the other requested groups."""
    resolved = resolve_ids(snapshot, filters)
    found = match_records(snapshot, CASUALTIES, resolved)
    sums = ClaimSums(snapshot, found, resolved, SumLinks(CASUALTIES, resolved, request.items), language)
    keys = _keys(filters)
    rows, number = sums.rows(keys, filters.limit or MAX_ROWS)
    totals = sums.totals()
    method = rule(keys, of_actors=bool(filters.actor), of_days=filters.datetime is not None)
    meta = {**match_counts(snapshot, CASUALTIES, resolved, found, request), "rows": number, "method": method}
    whole = answer(snapshot, request, {"rows": [], "totals": totals}, meta)
    if not filters.limit and len(whole.body) > MAX_BYTES / 2:
        # Notes may be long: then links alone lead to the claims.
        totals = sums.totals(listing=False)
        whole = answer(snapshot, request, {"rows": [], "totals": totals}, meta)
    shown = rows if filters.limit else _fitting(rows, MAX_BYTES - len(whole.body))
    return answer(snapshot, request, {"rows": shown, "totals": totals}, meta)


@reads(ReadKind.COUNT)
def summary_as_table(snapshot: Snapshot, filters: Any, request: RequestUrl, language: Language) -> JsonBody:
    """Returns the rows of the same sums as CSV."""
    resolved = resolve_ids(snapshot, filters)
    found = match_records(snapshot, CASUALTIES, resolved)
    sums = ClaimSums(snapshot, found, resolved, SumLinks(CASUALTIES, resolved, request.items), language)
    rows, number = sums.rows(_keys(filters), filters.limit or count_tables.MAX_ROWS, listing=False)
    if number > len(rows) and not filters.limit:
        told = f"these sums have {number:,} rows, and a table has {count_tables.MAX_ROWS:,} at most"
        ways = "'limit' asks for the first of them, filters for fewer"
        raise BadParameter.of("group_by", f"Parameter 'group_by': {told}; {ways}.")
    return JsonBody(count_tables.sum_table(rows, _keys(filters)), snapshot.release.number)


def _keys(filters: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*filters.group_by, "outcome"]))


def _fitting(rows: list[Json], room: int) -> list[Json]:
    """Returns as many rows as have room in so many bytes; one in any case."""
    ends = accumulate(len(dump_json(row).encode()) + 1 for row in rows)
    return rows[: max(1, sum(end <= room for end in ends))]


def in_table(items: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Returns the parameters of a request that its table takes as well."""
    return [item for item in items if item[0] != "sums"]


def answer(snapshot: Snapshot, request: RequestUrl, data: dict[str, Any], meta: dict[str, Any]) -> JsonBody:
    """Returns the body of an answer that has no records."""
    release = snapshot.release.number
    csv = address(f"{request.path}.csv", in_table(request.items))
    links = {"self": request.link(), **request.permanent(release), "csv": csv}
    body = {"data": data, "links": links, "meta": {**snapshot.release.meta, **meta}}
    return JsonBody(dump_json(body).encode(), release, permanent=links.get("permanent"))
