"""Facet counts and casualty sums over all matching records, with the same conditions as lists."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from app.api.pages import JsonBody, RequestUrl, resolve_ids
from app.api.query_suggestions import suggestions
from app.api.value_labels import facet_labels
from app.model.codebook import CasualtyOutcome
from app.model.codebook.labels import phrase
from app.model.compact_json import dump_json
from app.model.languages import Language
from app.queries.conditions import Condition
from app.queries.counting import MatchedRecords, buckets, count_matches, match_records, records
from app.queries.facets import IMPRECISE, NONE
from app.queries.record_type import RecordType
from app.queries.values import LANG_DESCRIPTION, LanguageTag
from app.records import casualty_sums as queries
from app.records.casualties import CASUALTIES
from app.storage.database import Snapshot

DATES = ("month", "year")
_PAGING = {"limit", "cursor", "sort", "count", "fields", "include", "lang"}

LANG: Any = (LanguageTag | None, Field(None, description=LANG_DESCRIPTION, examples=["ar"]))


def without_paging(model: type[BaseModel], name: str, **parameters: Any) -> type[BaseModel]:
    """Returns a model with the filters of a list, without its paging parameters, and with additional parameters."""
    filters: dict[str, Any] = {
        key: (field.annotation, field) for key, field in model.model_fields.items() if key not in _PAGING
    }
    return create_model(name, __config__=ConfigDict(extra="forbid", frozen=True), **parameters, **filters)


def facets(snapshot: Snapshot, resource: RecordType, filters: Any, request: RequestUrl, language: Language) -> JsonBody:
    """Counts the matching records by the values of each requested facet."""
    resolved = resolve_ids(snapshot, filters)
    chosen = match_records(snapshot, resource, resolved)
    data = {}
    for name in dict.fromkeys(filters.facet):
        data[name], matched = _facet(snapshot, resource, chosen.conditions, name, resolved, language)
        chosen = chosen if matched is None else replace(chosen, matched=matched)
    return _answer(snapshot, request, data, _match_counts(snapshot, resource, resolved, chosen, request))


def _match_counts(
    snapshot: Snapshot, resource: RecordType, filters: Any, chosen: MatchedRecords, request: RequestUrl
) -> dict[str, Any]:
    """Counts the records that match and those not judged; adds suggestions if none match."""

    def matched(changed_filters: Any) -> int:
        return int(count_matches(snapshot, resource, changed_filters)["matched"])

    counts = count_matches(snapshot, resource, filters, chosen)
    meant = None if counts["matched"] else suggestions(snapshot, filters, request.items, matched)
    return {**counts, "did_you_mean": meant}


def _facet(
    snapshot: Snapshot, resource: RecordType, conditions: list[Condition], name: str, filters: Any, language: Language
) -> tuple[dict[str, Any], int | None]:
    """Returns the counts of a facet, and how many records match where each of them has one value at most."""
    facet = resource.facets[name]
    split = facet.split(filters, records(resource, conditions))
    rows = snapshot.rows(buckets(resource, conditions, split, filters.limit))
    labels = {NONE} if split.imprecise is None else {NONE, IMPRECISE}
    aside = {label: count for label, count, *_ in rows if label in labels}
    shown = [(label, count) for label, count, *_ in rows if label not in labels][: filters.limit]
    names = facet_labels(snapshot, resource, name, [label for label, _ in shown], language)
    counts = {
        "buckets": [{"value": label, "label": names[label], "count": count} for label, count in shown],
        "more": rows[0][2] - len(aside) - len(shown) if rows else 0,
        "imprecise": None if split.imprecise is None else aside.get(IMPRECISE, 0),
        "missing": aside.get(NONE, 0),
    }
    matched = int(rows[0][3]) if rows else 0
    return counts, matched if split.links is None else None


def summary(snapshot: Snapshot, filters: Any, request: RequestUrl, language: Language) -> JsonBody:
    """Adds up the matching claims by outcome and the other requested groups."""
    resolved = resolve_ids(snapshot, filters)
    resource = CASUALTIES
    chosen = match_records(snapshot, resource, resolved)
    keys = tuple(dict.fromkeys([*filters.group_by, "outcome"]))
    rows, number = _sums(snapshot, chosen.conditions, resolved, keys, filters.limit, language)
    totals, _ = _sums(snapshot, chosen.conditions, resolved, ("outcome",), len(CasualtyOutcome), language)
    counts = _match_counts(snapshot, resource, resolved, chosen, request)
    method = _method(keys, of_actors=bool(filters.actor))
    meta = {**counts, "rows": number, "method": method}
    return _answer(snapshot, request, {"rows": rows, "totals": totals}, meta)


def _sums(
    snapshot: Snapshot,
    conditions: list[Condition],
    filters: Any,
    keys: tuple[str, ...],
    limit: int,
    language: Language,
) -> tuple[list[dict[str, Any]], int]:
    claims = queries.claims(conditions, filters, keys)
    rows = snapshot.rows(queries.sums(claims, keys, limit))
    shown = [tuple(row[: len(keys)]) for row in rows]
    labels = _key_labels(snapshot, keys, shown, language)
    listed = _claim_lists(snapshot, snapshot.rows(queries.listed(claims, keys, shown)) if shown else [], len(keys))
    return [_sum(row, keys, labels, listed) for row in rows], rows[0].rows if rows else 0


def _key_labels(
    snapshot: Snapshot, keys: Sequence[str], shown: list[tuple[str, ...]], language: Language
) -> list[dict[str, str]]:
    """Returns the labels of the values of each key."""
    labels_of_keys = []
    for place, key in enumerate(keys):
        facet = CASUALTIES.facets[key]
        labels = facet_labels(snapshot, CASUALTIES, key, {row[place] for row in shown}, language)
        labels |= {value: phrase(text, language) for value, text in _SEVERAL.items()}
        labels[NONE] = phrase(facet.missing, language)
        if key in DATES:
            labels[IMPRECISE] = phrase(f"wider than a {key}", language)
        labels_of_keys.append(labels)
    return labels_of_keys


def _claim_lists(snapshot: Snapshot, claims: list[Any], width: int) -> dict[tuple[str, ...], dict[str, list[Any]]]:
    """Returns by keys: ids of the claims that leave a sum open, and id and note of the claims not counted."""
    claims_by_key: dict[tuple[str, ...], dict[str, list[Any]]] = {}
    for claim in claims:
        lists = claims_by_key.setdefault(tuple(claim[:width]), {"open_because": [], "not_counted": []})
        if claim.counted:
            lists["open_because"].append(claim.id)
        else:
            lists["not_counted"].append({"id": claim.id, "note": json.loads(claim.document)["note"]})
    return claims_by_key


def _sum(
    row: Any, keys: Sequence[str], labels: list[dict[str, str]], listed: dict[tuple[str, ...], dict[str, list[Any]]]
) -> dict[str, Any]:
    values = tuple(row[: len(keys)])
    by = {
        key: {"value": value or None, "label": names[value]}
        for key, value, names in zip(keys, values, labels, strict=True)
    }
    lists = listed.get(values, {"open_because": [], "not_counted": []})
    return {
        "by": by,
        "low": row.low,
        "high": None if row.open else row.high,
        "claims": {"counted": row.counted, "open": row.open, "not_counted": row.not_counted},
        "incidents": row.incidents,
        **lists,
    }


_METHOD = (
    "Counted claims are added up, those of different outcomes never together. A claim without a lower bound adds 0 to "
    "low; a counted claim without an upper bound leaves high null, which means open, and stands in open_because. "
    "Claims whose counted is false are left out and stand in not_counted with the reason. Where no claim is counted, "
    "low and high are both null. A claim about an operation and one about a part of it are "
    "not both counted where they may be about the same people."
)
_OVERLAPS = (
    "A claim stands in the row of each of its {names}, so these rows overlap: do not add them up; totals count every "
    "claim once."
)
_IMPRECISE_DATES = (
    "A claim about an incident whose date may lie in more than one {name} stands in the row imprecise, never in a "
    "made-up {name}."
)
_SEVERAL_PEOPLE = (
    "A claim about several people stands in the row several, because what it counts is not any one's of them; the "
    "filter person finds it for each of them."
)
_ACTOR_FILTER = (
    "The parameter actor chooses incidents: everybody harmed in them is counted, of whatever side; organization, group "
    "and person say whose people they were."
)
_SEVERAL = {queries.SEVERAL_PEOPLE: "several people together"}
_MANY = {
    "organization": "organizations (with those that it is a part of)",
    "incident": "incidents (with the operations that it is a part of)",
    "place": "incident's places (a place's with those inside it)",
    "claimed_by": "claimants (who says so and through whom it came)",
}


def _method(keys: Sequence[str], *, of_actors: bool) -> str:
    """Returns the rule of a summary in plain English."""
    sentences = [_METHOD]
    if several := [_MANY[key] for key in keys if key in _MANY]:
        sentences.append(_OVERLAPS.format(names=" and of its ".join(several)))
    sentences += [_SEVERAL_PEOPLE] if "person" in keys else []
    sentences += [_ACTOR_FILTER] if of_actors else []
    sentences += [_IMPRECISE_DATES.format(name=key) for key in keys if key in DATES]
    return " ".join(sentences)


def _answer(snapshot: Snapshot, request: RequestUrl, data: dict[str, Any], meta: dict[str, Any]) -> JsonBody:
    release = snapshot.release.number
    body = {"data": data, "links": {"self": request.link()}, "meta": {"release": release, **meta}}
    return JsonBody(dump_json(body).encode(), release)
