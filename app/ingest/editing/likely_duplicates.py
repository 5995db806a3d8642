"""Records that are likely the same: names that differ in spelling alone, abbreviations, places close to each other.

These are hints for editors, not mistakes: two villages may have one name.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from rapidfuzz import fuzz

from app.ingest.building.pipeline import Pipeline
from app.ingest.building.scan import PartySummary, PlaceSummary
from app.ingest.seed.files import SeedError
from app.model.geography import distance_m
from app.search.folding import fold

_MIN_LIKENESS = 88
"""Percent from which on two names are spellings of one."""

_MAX_SHARING = 200
"""Names with the same beginning that are compared with each other; more are no coincidence of spelling."""

_NEAR_M = 10_000
_ARTICLES = ("al-", "al ", "the ", "el-", "el ")


class _Named(NamedTuple):
    resource: str
    id: str
    label: str
    names: frozenset[str]
    """Folded, other names included."""

    kind: str | None
    point: tuple[float, float] | None


def likely_duplicates(pipeline: Pipeline) -> Iterator[SeedError]:
    """Yields a hint for each pair of places, people or organizations that are likely one."""
    shared = pipeline.context.shared_records
    for resources in (("places",), ("people", "organizations")):
        named = [
            one
            for resource in resources
            for id_, summary in shared.of(resource).items()
            if (one := _named(resource, id_, summary)) is not None
        ]
        for first, second, why in _pairs(named):
            location = pipeline.context.scratch_index.records(second.resource, [second.id])[second.id]
            message = f"'{second.label}' is perhaps the same as '{first.label}' ({first.id}): {why}"
            yield SeedError(location.file, location.line, second.id, "", message, second.label, first.id)


def _named(resource: str, id_: str, summary: PlaceSummary | PartySummary) -> _Named | None:
    """Returns the names of a record; None for people without a name, whose labels describe many."""
    if isinstance(summary, PartySummary):
        if summary.anonymity is not None:
            return None
        return _Named(resource, id_, summary.label, _names(summary.label, *summary.aliases), None, None)
    where = summary.coordinate
    point = None if where is None else (where.latitude, where.longitude)
    return _Named(resource, id_, summary.label, _names(summary.label, *summary.aliases), summary.kind, point)


def _names(*names: str) -> frozenset[str]:
    return frozenset(filter(None, map(_bare, names)))


def _bare(name: str) -> str:
    """Returns a name as it is compared: folded, without the article before it and the points of abbreviations."""
    folded = fold(name).replace(".", "")
    return next((folded.removeprefix(one) for one in _ARTICLES if folded.startswith(one)), folded)


def _pairs(named: list[_Named]) -> Iterator[tuple[_Named, _Named, str]]:
    """Yields pairs that are likely one, each once, in the order of the files."""
    places = {one.id: number for number, one in enumerate(named)}
    by_beginning: dict[str, dict[str, _Named]] = defaultdict(dict)
    for one in named:
        for name in one.names:
            for key in {f"= {name}", name[:2], _initials(name)} - {""}:
                by_beginning[key][one.id] = one
    seen: set[tuple[str, str]] = set()
    for sharing in by_beginning.values():
        if len(sharing) > _MAX_SHARING:
            continue
        for pair in combinations(sharing.values(), 2):
            first, second = sorted(pair, key=lambda one: places[one.id])
            if (first.id, second.id) not in seen and (why := _why(first, second)) is not None:
                seen.add((first.id, second.id))
                yield first, second, why


def _why(first: _Named, second: _Named) -> str | None:
    """Returns why two records are likely one; None if they are not."""
    if first.kind != second.kind:
        return None
    near = None
    if first.point is not None and second.point is not None:
        near = distance_m(*first.point, *second.point)
        if near > _NEAR_M:
            return None
    for name in sorted(first.names):
        for other in sorted(second.names):
            if name == other:
                return f"both are called '{name}'"
            if _may_stand_for(other, second, name) or _may_stand_for(name, first, other):
                return f"'{min(name, other, key=len)}' may stand for '{max(name, other, key=len)}'"
            if _digits(name) == _digits(other) and fuzz.ratio(name, other) >= _MIN_LIKENESS:
                how_far = "" if near is None else f", {near / 1000:.0f} km apart"
                return f"'{name}' and '{other}' differ in spelling alone{how_far}"
    return None


def _may_stand_for(short: str, one: _Named, name: str) -> bool:
    """Whether a name is the initials of another record's name, and its own record has none that explains it."""
    return short == _initials(name) and short not in map(_initials, one.names)


def _initials(name: str) -> str:
    """Returns the first letters of a name of several words; an empty string for one word."""
    words = name.replace("-", " ").split()
    return "".join(word[0] for word in words) if len(words) > 1 else ""


def _digits(name: str) -> str:
    return "".join(one for one in name if one.isdigit())
