"""What must hold between the records of a dossier. Every check yields faults; none stops at the first."""

import re
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from itertools import chain, islice
from typing import Any

from app.codebook import PlaceKind, PlaceRole, QuoteKind
from app.dossier.dates import days
from app.dossier.files import Fault, Key
from app.dossier.passages import digest
from app.dossier.reading import Dossier, Entry
from app.dossier.seed import DateSeed, QuoteSeed, Span

LOCATING = frozenset({PlaceRole.SCENE, PlaceRole.TARGET_AREA})
_WORDS = re.compile(r"\w+(?:[.'’]\w+)*")
_PARTIES = ("people", "organizations")
_COMPARED = 2_000


def check(dossier: Dossier, progress: Callable[[int, int], None] = lambda done, total: None) -> list[Fault]:
    """Everything that is wrong between the records. `progress` is told how many of the checks are done."""
    checks = (_ids, _references, _spans, _dates, _locations, _cycles, _claims, _quotes, _removals)
    faults: list[Fault] = []
    for done, one in enumerate(checks):
        progress(done, len(checks))
        faults += one(dossier)
    progress(len(checks), len(checks))
    return faults


def _ids(dossier: Dossier) -> Iterator[Fault]:
    for id_ in dossier.people.keys() & dossier.organizations.keys():
        other = dossier.organizations[id_].source
        message = f"people and organizations share one id space; this id stands in {other.file}:{other.line} too"
        yield dossier.people[id_].source.fault(("id",), message)
    for (resource, id_), tombstone in dossier.tombstones.items():
        if any(id_ in dossier.records(one) for one in (_PARTIES if resource in _PARTIES else (resource,))):
            yield tombstone.source.fault(("id",), "the record is both removed and there; ids are never reused")
    for id_ in dossier.quotes.keys() & dossier.statements.keys():
        yield dossier.statements[id_].source.fault(("id",), "a quote has this id; statements refer to both by id")


def _references(dossier: Dossier) -> Iterator[Fault]:
    for resource, entries in _all(dossier):
        for entry in entries:
            seen: set[tuple[Key, Any]] = set()
            for path, targets, id_, unique in _links(resource, entry):
                if not any(dossier.has(target, id_) for target in targets):
                    yield entry.source.fault(path, _missing(dossier, targets, id_))
                names = tuple(part for part in path if isinstance(part, str))
                if (names, unique) in seen:
                    yield entry.source.fault(path, f"'{id_}' stands here twice")
                seen.add((names, unique))
                if id_ == getattr(entry.seed, "id", None) and resource in targets:
                    yield entry.source.fault(path, "a record cannot refer to itself here")


def _missing(dossier: Dossier, targets: Iterable[str], id_: str) -> str:
    for target in targets:
        if (tombstone := dossier.tombstones.get((target, id_))) is not None:
            successor = tombstone.seed.removed.successor
            return f"'{id_}' was removed" + (f"; use '{successor}'" if successor else "")
    known = chain.from_iterable(dossier.records(target) for target in targets)
    near = get_close_matches(id_, islice(known, _COMPARED), 1)
    return f"there is no '{id_}' among {' or '.join(targets)}" + (f"; did you mean '{near[0]}'?" if near else "")


def _links(resource: str, entry: Entry[Any]) -> Iterator[tuple[Key, tuple[str, ...], str, Any]]:
    """Every reference of a record: path, resources it may lead to, id, and what must be unique in its list."""
    seed = entry.seed
    if resource in ("places", "organizations"):
        yield from _each("parents", (resource,), [parent.id for parent in seed.parents])
    elif resource == "people":
        yield from _each("organizations", ("organizations",), [link.id for link in seed.organizations])
    elif resource == "extensions":
        yield ("extends",), ("incidents",), seed.extends, seed.extends
    elif resource == "incidents":
        for index, place in enumerate(seed.places):
            yield ("places", index, "id"), ("places",), place.id, (place.id, place.role)
        for index, actor in enumerate(seed.actors):
            if actor.id:
                yield ("actors", index, "id"), _PARTIES, actor.id, (actor.id, actor.role)
        yield from _each("related", ("incidents",), seed.related)
        yield from _one("parent", ("incidents",), seed.parent)
        yield from _one("location", ("places",), seed.location)
    elif resource == "casualties":
        yield from _one("organization", ("organizations",), seed.organization)
        yield from _each("people", ("people",), seed.people)
        yield from _one("claimed_by", _PARTIES, seed.claimed_by)
        yield from _one("via", _PARTIES, seed.via)
    elif resource == "quotes":
        for name in ("speaker", "relayed_by", "told_to"):
            yield from _one(name, _PARTIES, getattr(seed, name))
        yield from _one("contained_in", ("quotes",), seed.contained_in)
        yield from _each("incidents", ("incidents",), seed.incidents)
        yield from _each("places", ("places",), seed.places)
    elif resource == "statements":
        yield from _one("by", _PARTIES, seed.by)
        yield from _one("told_to", _PARTIES, seed.told_to)
        yield from _each("contradicts", ("statements", "quotes"), seed.contradicts)
        for name in ("incidents", "places", "people", "organizations"):
            for index, id_ in enumerate(getattr(seed.about, name)):
                yield ("about", name, index), (name,), id_, id_


def _one(name: str, targets: tuple[str, ...], id_: str | None) -> Iterator[tuple[Key, tuple[str, ...], str, Any]]:
    if id_ is not None:
        yield (name,), targets, id_, id_


def _each(name: str, targets: tuple[str, ...], ids: list[str]) -> Iterator[tuple[Key, tuple[str, ...], str, Any]]:
    for index, id_ in enumerate(ids):
        yield (name, index), targets, id_, id_


def _spans(dossier: Dossier) -> Iterator[Fault]:
    """Spans lie inside their paragraph, and republish two words at each end at most."""
    for _, entries in _all(dossier):
        for entry in entries:
            for path, span in _spans_of(entry.seed):
                for message in _span_mistakes(dossier, span, entry.article):
                    yield entry.source.fault(path, message)


def _spans_of(seed: Any) -> Iterator[tuple[Key, Span]]:
    for name in ("evidence", "spans", "pull_quotes"):
        for index, span in enumerate(getattr(seed, name, [])):
            yield (name, index), span


def _span_mistakes(dossier: Dossier, span: Span, folder: str | None) -> Iterator[str]:
    name = span.article or folder
    if name is None:
        yield "in a shared file a span names its article; add `article:`"
        return
    if (article := dossier.articles.get(name)) is None:
        if not dossier.has("articles", name):
            yield _missing(dossier, ("articles",), name)
        return
    paragraphs = article.seed.paragraphs
    if span.at.paragraph > len(paragraphs):
        yield f"the article has {len(paragraphs)} paragraphs, not {span.at.paragraph}"
    elif span.at.end > paragraphs[span.at.paragraph - 1].length:
        length = paragraphs[span.at.paragraph - 1].length
        yield f"paragraph {span.at.paragraph} is {length} long, so a span cannot end at {span.at.end}"
    if any(words and len(_WORDS.findall(words)) > 2 for words in (span.first, span.last, span.before, span.after)):
        yield "a link keeps two words of the article at each end, not more"


def _dates(dossier: Dossier) -> Iterator[Fault]:
    for resource in ("incidents", "statements"):
        for entry in dossier.records(resource).values():
            date: DateSeed | None = entry.seed.date
            if date is None:
                continue
            try:
                days(date)
            except ValueError as error:
                yield entry.source.fault(("date",), str(error))


def _locations(dossier: Dossier) -> Iterator[Fault]:
    for entry in dossier.incidents.values():
        location = entry.seed.location
        place = dossier.places.get(location) if location else None
        if place is None:
            continue
        if not any(link.id == location and link.role in LOCATING for link in entry.seed.places):
            yield entry.source.fault(("location",), f"'{location}' is not a scene or target area of this incident")
        if place.seed.coordinate is None:
            yield entry.source.fault(("location",), f"'{location}' has no coordinate")
        if place.seed.kind is PlaceKind.COUNTRY:
            yield entry.source.fault(("location",), "a country never locates an incident")


def _cycles(dossier: Dossier) -> Iterator[Fault]:
    graphs = {
        "places": {id_: [parent.id for parent in entry.seed.parents] for id_, entry in dossier.places.items()},
        "organizations": {
            id_: [parent.id for parent in entry.seed.parents] for id_, entry in dossier.organizations.items()
        },
        "incidents": {
            id_: [entry.seed.parent] if entry.seed.parent else [] for id_, entry in dossier.incidents.items()
        },
        "quotes": {
            id_: [entry.seed.contained_in] if entry.seed.contained_in else [] for id_, entry in dossier.quotes.items()
        },
    }
    for resource, parents in graphs.items():
        for id_ in _on_cycles(parents):
            yield dossier.records(resource)[id_].source.fault((), "the record contains itself through its parents")


def _on_cycles(parents: dict[str, list[str]]) -> list[str]:
    """The ids that lie on a way in a circle: neither up nor down does every way from them end."""
    upwards = _endless({id_: {parent for parent in above if parent in parents} for id_, above in parents.items()})
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


def _claims(dossier: Dossier) -> Iterator[Fault]:
    """Two counted claims about one harm would be counted twice."""
    counted: dict[Key, str] = {}
    for id_, entry in dossier.casualties.items():
        claim = entry.seed
        if not claim.counted:
            continue
        key = (entry.incident, claim.group, claim.outcome, claim.organization or "")
        if (other := counted.setdefault(key, id_)) != id_:
            message = f"'{other}' counts the same harm; set counted: false on one of them, with a note saying why"
            yield entry.source.fault((), message)


def _quotes(dossier: Dossier) -> Iterator[Fault]:
    """A quote is made of its spans: the words are as long as the span says and have its digest."""
    for entry in dossier.quotes.values():
        quote: QuoteSeed = entry.seed
        for index, span in enumerate(quote.spans):
            if len(span.exact) != span.at.end - span.at.start:
                message = f"the words are {len(span.exact)} long, the span {span.at.end - span.at.start}"
                yield entry.source.fault(("spans", index, "exact"), message)
            elif digest(span.exact) != span.sha256:
                yield entry.source.fault(("spans", index, "exact"), "the words do not have the span's sha256")
        for path, own in _spans_of(quote):
            if path[0] != "evidence" and own.article not in (None, entry.article):
                yield entry.source.fault((*path, "article"), "the words of a quote stand in its own article")
        ends = [(span.at.paragraph, span.at.start, span.at.end) for span in quote.spans]
        if any(after[:2] < (before[0], before[2]) for before, after in zip(ends, ends[1:], strict=False)):
            yield entry.source.fault(("spans",), "spans stand in the order of the text and do not overlap")
        if (quote.kind is QuoteKind.EMBEDDED) != (quote.contained_in is not None):
            yield entry.source.fault(("kind",), "an embedded quote, and no other, has contained_in")
        outer = dossier.quotes.get(quote.contained_in) if quote.contained_in else None
        if outer is not None and not all(any(_inside(span, own) for own in outer.seed.spans) for span in quote.spans):
            yield entry.source.fault(
                ("contained_in",), f"the words do not stand inside those of '{quote.contained_in}'"
            )


def _inside(inner: Span, outer: Span) -> bool:
    same = inner.at.paragraph == outer.at.paragraph
    return same and outer.at.start <= inner.at.start and inner.at.end <= outer.at.end


def _removals(dossier: Dossier) -> Iterator[Fault]:
    for (resource, id_), tombstone in dossier.tombstones.items():
        successor = tombstone.seed.removed.successor
        if successor is not None and (successor == id_ or not dossier.has(resource, successor)):
            message = f"'{successor}' cannot take over: {_missing(dossier, (resource,), successor)}"
            yield tombstone.source.fault(("removed", "successor"), message)


def _all(dossier: Dossier) -> Iterator[tuple[str, Iterable[Entry[Any]]]]:
    for resource in ("places", "people", "organizations", "incidents", "casualties", "quotes", "statements"):
        yield resource, dossier.records(resource).values()
    yield "extensions", dossier.extensions
