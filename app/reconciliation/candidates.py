"""Candidates for a query: the records that it may mean, the likeliest first, with the parts of each score."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

import orjson
from sqlalchemy import select

from app.model.day_spans import days_before
from app.queries.plan import plan
from app.queries.values import Interval, Near
from app.reconciliation.name_index import NamedRecord, NameIndex
from app.reconciliation.properties import Indexes, Property, Value
from app.reconciliation.spelling import likeness, written
from app.records import RECORD_TYPES
from app.search.terms import parse_query
from app.storage.registry import document_of
from app.storage.snapshot import Snapshot

NAMED_TYPES = ("places", "people", "organizations")
"""The lists whose records are found by names; those of others by their properties."""

NAME_WEIGHT = 2.0

NOT_SAID = 50.0
"""What counts where a record does not say what a query asks."""

MATCH_SCORE, MATCH_DISTANCE = 84.0, 8.0
"""A candidate matches from this score on, if the next is so far behind."""

MATCH_DISTANCE_WITHOUT_NAMES = 20.0
"""The same for records that are found by what is said of them: another table may be a day or a person off."""

MIN_PARTS = 2
"""Parts that have to agree before a record without a name of its own matches."""

_RETRIEVED = 60
_DAYS_AROUND = 3


class Query(NamedTuple):
    """What is looked for: the list, a name or a title, and values of properties, any of which may agree."""

    list: str
    name: str | None
    properties: tuple[tuple[Property, tuple[Any, ...]], ...]
    limit: int


class Candidate(NamedTuple):
    """A record that may be meant. `features` are the parts of the score, from 0 to 100; `is_match` says that it stands
    alone."""

    id: str
    list: str
    label: str
    description: str
    score: float
    is_match: bool
    features: Mapping[str, float]


class _Scored(NamedTuple):
    id: str
    document: Mapping[str, Any]
    features: Mapping[str, float]
    score: float
    certainty: float


def candidates(snapshot: Snapshot, query: Query) -> list[Candidate]:
    """Returns at most `limit` candidates."""
    names = indexes(snapshot)
    found = _by_name if query.list in NAMED_TYPES else _by_properties
    scored = sorted(found(snapshot, query, names), key=lambda one: (-one.score, one.id))
    matching = _match(scored, MATCH_DISTANCE if query.list in NAMED_TYPES else MATCH_DISTANCE_WITHOUT_NAMES)
    return [
        Candidate(
            one.id,
            query.list,
            RECORD_TYPES[query.list].title(dict(one.document)),
            describe(one.document),
            round(one.score, 1),
            one is matching,
            {name: round(part, 1) for name, part in one.features.items()},
        )
        for one in islice(scored, query.limit)
    ]


def _match(scored: list[_Scored], distance: float) -> _Scored | None:
    """Returns the candidate that is certain enough and stands alone."""
    certain = sorted(scored, key=lambda one: -one.certainty)
    first, others = next(iter(certain), None), certain[1:2]
    if first is None or first.certainty < MATCH_SCORE:
        return None
    return None if any(one.certainty > first.certainty - distance for one in others) else first


def _by_name(snapshot: Snapshot, query: Query, names: Indexes) -> Iterator[_Scored]:
    for record, alike in names[query.list].nearest(query.name or ""):
        features = {"name": alike.score, **_agreements(query, record.document, names)}
        # As a description is no name, what has nothing else is never certain.
        certain = {**features, "name": alike.full_name} if record.is_named else {"name": 0.0}
        yield _Scored(record.id, record.document, features, _mean(query, features), _mean(query, certain))


def _by_properties(snapshot: Snapshot, query: Query, names: Indexes) -> Iterator[_Scored]:
    title = written(query.name or "")
    for id_, document in _retrieved(snapshot, query, names).items():
        features = _agreements(query, document, names)
        if title:
            features = {"name": likeness(title, written(document["title"])).score, **features}
        score = _mean(query, features)
        agreeing = [part for part in features.values() if part >= MATCH_SCORE]
        certain = len(agreeing) >= MIN_PARTS and len(agreeing) >= len(query.properties)
        yield _Scored(id_, document, features, score, score if certain else min(score, MATCH_SCORE - 1))


def _agreements(query: Query, document: Mapping[str, Any], names: Indexes) -> dict[str, float]:
    found = {}
    for one, values in query.properties:
        parts = [part for value in values if (part := one.agreement(value, document, names)) is not None]
        if parts:
            found[one.id] = max(parts)
    return found


def _mean(query: Query, features: Mapping[str, float]) -> float:
    weights = {one.id: one.weight for one, _ in query.properties}
    if query.name:
        weights["name"] = NAME_WEIGHT
    total = sum(weight * features.get(name, NOT_SAID) for name, weight in weights.items())
    return total / sum(weights.values())


def _retrieved(snapshot: Snapshot, query: Query, names: Indexes) -> dict[str, Mapping[str, Any]]:
    """Returns the records that fit all that is known, and those that fit all but one thing."""
    filters = _filters(query, names)
    choices = [filters, *({name: filters[name] for name in filters if name != left} for left in filters)]
    found: dict[str, Mapping[str, Any]] = {}
    record_type = RECORD_TYPES[query.list]
    for choice in choices:
        if choice:
            filled = record_type.filters.model_construct(set(choice), **choice).under(snapshot.codebook, {})
            planned = plan(record_type, filled).on(snapshot)
            found |= {row[2]: orjson.loads(row[0]) for row in planned.rows(_RETRIEVED) if row[2] not in found}
    return found


def _filters(query: Query, names: Indexes) -> dict[str, Any]:
    filters: dict[str, Any] = {}
    if query.name and (words := parse_query(query.name)) is not None:
        filters["q"] = words
    for one, values in query.properties:
        if (make := _FILTERS.get(one.id)) is not None and (made := make(values[0], names)) is not None:
            filters |= made
    return filters


def _days(days: Interval, names: Indexes) -> dict[str, Any]:
    start = days_before(days.start, _DAYS_AROUND) if days.start else None
    return {"datetime": Interval(start, days_before(days.end, -_DAYS_AROUND) if days.end else None)}


def _place(value: Value, names: Indexes) -> dict[str, Any] | None:
    ids = [value.id] if value.id in names["places"].by_id else _likely(names["places"], value.text)
    return {"place": ids} if ids else None


def _actor(value: Value, names: Indexes) -> dict[str, Any] | None:
    parties = [names["people"], names["organizations"]]
    if any(value.id in index.by_id for index in parties):
        return {"actor": [value.id]}
    ids = [id_ for index in parties for id_ in _likely(index, value.text)]
    return {"actor": ids} if ids else None


def _likely(index: NameIndex, name: str) -> list[str]:
    found = sorted(index.nearest(name), key=lambda one: -one[1].full_name)
    return [record.id for record, alike in found[:3] if alike.full_name >= MATCH_SCORE - MATCH_DISTANCE]


_FILTERS: Mapping[str, Callable[[Any, Indexes], dict[str, Any] | None]] = {
    "date": _days,
    "place": _place,
    "lat,lon": lambda point, names: {"near": Near(point.longitude, point.latitude)},
    "actor": _actor,
}
"""How the properties of a query choose records, by the filters of their list."""


def describe(document: Mapping[str, Any]) -> str:
    """Returns what tells a record from others of its name: its kind, and what it belongs to."""
    date, around = document.get("date"), document.get("parents") or document.get("organizations") or ()
    parts = [document.get("kind"), date and date["edtf"], *(one["name"] for one in around)]
    if document.get("places"):
        parts.append(document["places"][0]["name"])
    return ", ".join(str(part).replace("_", " ") for part in parts if part)


_cache: dict[str, Indexes] = {}


def indexes(snapshot: Snapshot) -> Indexes:
    """Returns the names of the release. They are read for the first query, and kept until the next release."""
    mark = snapshot.release.fingerprint
    if (found := _cache.get(mark)) is None:
        found = {name: NameIndex(_named(snapshot, name)) for name in NAMED_TYPES}
        _cache.clear()
        _cache[mark] = found
    return found


def _named(snapshot: Snapshot, list_name: str) -> Iterator[NamedRecord]:
    record_type = RECORD_TYPES[list_name]
    for batch in snapshot.batches(select(document_of(record_type.table)).select_from(record_type.table)):
        for document in map(orjson.loads, batch):
            others = [other["name"] for other in (*document["aliases"], *document.get("names", ()))]
            parents = tuple(parent["id"] for parent in document.get("parents", ()))
            named = (record_type.title(document), *others)
            yield NamedRecord(document["id"], named, document.get("named", True), parents, document)
