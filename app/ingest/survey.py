"""The first look at all records: which there are, what they refer to, and what others need to know of the shared ones.

It takes records as they stand in the files and passes over what does not make sense: each record is examined with the
others' help afterwards, and its mistakes are named then.
"""

import pickle
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from app.ingest.files import Fault, Mapping, Source
from app.ingest.ledger import Ledger, Noted
from app.ingest.reading import Entry, Part, raw, validated
from app.ingest.scalars import Count
from app.ingest.seed import ArticleSeed, CoordinateSeed, OrganizationSeed, PersonSeed, PlaceSeed
from app.model.codebook import Anonymity, PlaceKind

SHARED = ("articles", "places", "people", "organizations")


class ArticleOutline(NamedTuple):
    url: str
    published: date
    lengths: tuple[int, ...]
    """Of its paragraphs."""

    language: str
    """Its ISO 639 code, without a region."""


class PlaceOutline(NamedTuple):
    name: str
    kind: PlaceKind
    coordinate: CoordinateSeed | None
    aliases: tuple[str, ...]


class PartyOutline(NamedTuple):
    """A person or an organization."""

    label: str
    anonymity: Anonymity | None
    aliases: tuple[str, ...]


@dataclass
class Outline:
    """What other records need of the articles and the shared records, by id: it stays in memory."""

    articles: dict[str, ArticleOutline] = field(default_factory=dict)
    places: dict[str, PlaceOutline] = field(default_factory=dict)
    people: dict[str, PartyOutline] = field(default_factory=dict)
    organizations: dict[str, PartyOutline] = field(default_factory=dict)

    def of(self, resource: str) -> dict[str, Any]:
        found: dict[str, Any] = getattr(self, resource)
        return found


Kept = dict[int, tuple[list[tuple[Mapping, Source]], list[Fault]]]
"""The records of parts as they were read, with what could not be read, by the parts' numbers."""


class Skimmed(NamedTuple):
    """What a first look at a part has found."""

    noted: Noted
    outlines: list[tuple[str, Any]]
    read: int
    sound: bool
    """Whether all shared records in it can be read; incidents and what is said have not been looked at so closely."""

    whole: bool
    """Whether every record that stands there was seen."""


def skim(kept: Kept | None, part: Part) -> Skimmed:
    """The first look at a part. What is read is kept for the second where there is a place to keep it."""
    noted, read, outlines = Noted([], [], [], []), [], []
    unreadable: list[Fault] = []
    broken: list[Fault] = []
    count = 0
    read_again = kept is None and part.resource not in SHARED
    for number, (data, source) in enumerate(raw(part, unreadable, at_a_glance=read_again)):
        count += 1
        if kept is not None:
            read.append((data, source))
        _note(noted, part, number, data, source)
        if part.resource in SHARED and (entry := validated(part, number, data, source, broken)) is not None:
            if (outline := _outline(entry)) is not None:
                outlines.append((entry.seed.id, outline))
    if kept is not None:
        kept[part.number] = read, unreadable
    sound = part.resource not in SHARED or not (unreadable or broken)
    return Skimmed(noted, outlines, count, sound, all(fault.record for fault in unreadable))


def _note(noted: Noted, part: Part, number: int, data: Mapping, source: Source) -> None:
    """Notes a record with its claims."""
    resource = part.resource
    if resource == "incidents" and "extends" in data:
        id_ = _text(data["extends"])
        with suppress(RecursionError):  # so deep is no record; the second look says so
            noted.links.append(("extensions", id_, id_, pickle.dumps((part, number, data, source))))
    elif "removed" in data:
        noted.tombstones.append((resource, *_where(data, number, -1, source.line), *_removed(data)))
        return
    elif "id" in data:
        noted.records.append((resource, *_where(data, number, -1, source.line)))
        _REFERENCES[resource](noted, data, source)
    elif resource == "articles":
        noted.records.append((resource, str(part.article), number, -1, source.line))
    if resource == "incidents":
        for position, claim in enumerate(_list(data.get("casualties"))):
            if isinstance(claim, dict) and "id" in claim:
                where = _where(claim, number, position, source.line)
                if "removed" in claim:
                    noted.tombstones.append(("casualties", *where, *_removed(claim)))
                else:
                    noted.records.append(("casualties", *where))


def _where(data: Mapping, number: int, claim: int, line: int) -> tuple[str, int, int, int]:
    return _text(data.get("id")), number, claim, line


def _removed(data: Mapping) -> tuple[str | None, str]:
    """Successor and reason."""
    removed = data["removed"]
    if not isinstance(removed, dict):
        return None, ""
    return _text(removed.get("successor")) or None, _text(removed.get("reason"))


def _above(resource: str) -> Callable[[Noted, Mapping, Source], None]:
    def note(noted: Noted, data: Mapping, source: Source) -> None:
        for parent in _list(data.get("parents")):
            if isinstance(parent, dict):
                noted.parents.append((resource, _text(parent.get("id")), _text(data["id"]), None))

    return note


def _incident(noted: Noted, data: Mapping, source: Source) -> None:
    id_ = _text(data["id"])
    noted.links.extend(("related", _text(other), id_, None) for other in _list(data.get("related")))
    if "parent" in data:
        counted = list(_counted(data))
        kept = pickle.dumps(counted) if counted else None
        noted.parents.append(("incidents", _text(data["parent"]), id_, kept))


def _counted(data: Mapping) -> Iterator[tuple[Any, ...]]:
    """The claims of an incident that sums include: id, group, outcome, organization, low, high."""
    for claim in _list(data.get("casualties")):
        if isinstance(claim, dict) and "removed" not in claim and _is_true(claim.get("counted", True)):
            words = (_text(claim.get(key)) for key in ("id", "group", "outcome", "organization"))
            yield (*words, _number(claim.get("low")), _number(claim.get("high")))


def _number(value: Any) -> int | None:
    """As a record's model reads it; what is none adds nothing."""
    try:
        return _COUNT.validate_python(value)
    except ValidationError:
        return None


def _is_true(value: Any) -> bool:
    """As a record's model reads it."""
    try:
        return _FLAG.validate_python(value)
    except ValidationError:
        return False


_FLAG = TypeAdapter(bool)
_COUNT: TypeAdapter[int | None] = TypeAdapter(Count | None)


def _quote(noted: Noted, data: Mapping, source: Source) -> None:
    id_ = _text(data["id"])
    if "contained_in" in data:
        spans = [_text(span.get("at")) for span in _list(data.get("spans")) if isinstance(span, dict)]
        noted.parents.append(("quotes", _text(data["contained_in"]), id_, pickle.dumps((spans, source))))
    noted.links.extend(("quotes", _text(incident), id_, None) for incident in _list(data.get("incidents")))


def _statement(noted: Noted, data: Mapping, source: Source) -> None:
    id_, about = _text(data["id"]), data.get("about")
    against = _list(data.get("contradicts"))
    noted.links.extend(("contradictions", _text(other), id_, None) for other in against)
    incidents = _list(about.get("incidents")) if isinstance(about, dict) else []
    noted.links.extend(("statements", _text(incident), id_, b"1" if against else None) for incident in incidents)


_REFERENCES: dict[str, Callable[[Noted, Mapping, Source], None]] = {
    "articles": lambda noted, data, source: None,
    "places": _above("places"),
    "organizations": _above("organizations"),
    "people": lambda noted, data, source: None,
    "incidents": _incident,
    "quotes": _quote,
    "statements": _statement,
}


def _text(value: Any) -> str:
    """A text that may stand in a database; what is none leads nowhere."""
    if not isinstance(value, str):
        return ""
    return value if value.isascii() and len(value) <= _LONGEST else value.encode("utf-8", "replace").decode()[:_LONGEST]


_LONGEST = 300
"""Characters of an id or a line; what is longer is a mistake."""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


_OUTLINED: dict[type[Any], set[str]] = {
    ArticleSeed: {"id", "url", "published", "paragraphs", "language"},
    PlaceSeed: {"id", "name", "kind", "coordinate", "aliases"},
    PersonSeed: {"id", "name", "label", "anonymity", "aliases"},
    OrganizationSeed: {"id", "name", "aliases"},
}
"""The fields that stand in outlines."""


def _outline(entry: Entry[Any]) -> Any:
    """What others need of a record; None where that cannot be read."""
    seed = entry.seed
    if not _OUTLINED.get(type(seed), set()).isdisjoint(path[0] for path in entry.broken if path):
        return None
    if isinstance(seed, ArticleSeed):
        lengths = tuple(paragraph.length for paragraph in seed.paragraphs)
        return ArticleOutline(seed.url, seed.published, lengths, seed.language.split("-")[0].lower())
    if not isinstance(seed, PlaceSeed | PersonSeed | OrganizationSeed):
        return None
    aliases = tuple(alias.name for alias in seed.aliases)
    if isinstance(seed, PlaceSeed):
        return PlaceOutline(seed.name, seed.kind, seed.coordinate, aliases)
    if isinstance(seed, PersonSeed):
        return PartyOutline(seed.name or str(seed.label), seed.anonymity, aliases)
    return PartyOutline(seed.name, None, aliases)


def circles(ledger: Ledger) -> Iterator[Fault]:
    """Records that contain themselves through their parents."""
    for resource in ("places", "organizations", "incidents", "quotes"):
        graph: dict[str, set[str]] = {}
        for id_, parent in ledger.branches(resource):
            graph.setdefault(id_, set()).add(parent)
        for id_, found in ledger.records(resource, _on_circles(graph)).items():
            message = "the record contains itself through its parents"
            yield Fault(found.file, found.line, id_, "", message)


def _on_circles(graph: dict[str, set[str]]) -> list[str]:
    """The ids that lie on a way in a circle: neither up nor down does every way from them end."""
    upwards = _endless({id_: {parent for parent in above if parent in graph} for id_, above in graph.items()})
    return list(_endless(_turned(upwards)))


def _endless(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """What is left of a graph when the nodes from which nothing leads on are taken away again and again."""
    left = {id_: set(ahead) for id_, ahead in graph.items()}
    behind = _turned(graph)
    ends = [id_ for id_, ahead in left.items() if not ahead]
    while ends:
        done = ends.pop()
        del left[done]
        for id_ in behind[done]:
            left[id_].discard(done)
            if not left[id_]:
                ends.append(id_)
    return left


def _turned(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """A graph with its arrows the other way round."""
    behind: dict[str, set[str]] = {id_: set() for id_ in graph}
    for id_, ahead in graph.items():
        for other in ahead:
            behind[other].add(id_)
    return behind
