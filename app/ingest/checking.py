"""What must hold between records. Every check yields faults; none stops at the first."""

from collections.abc import Iterator
from datetime import date as Day
from itertools import pairwise
from typing import Any

from app.ingest.dates import bounds, taken
from app.ingest.files import Fault, Key
from app.ingest.links import misfits, spans_of
from app.ingest.neighbours import PARTIES, Counted, Link, Neighbours
from app.ingest.passages import digest
from app.ingest.reading import Entry
from app.ingest.seed import (
    AT,
    ArticleSeed,
    At,
    CasualtySeed,
    IncidentSeed,
    QuoteSeed,
    Span,
    StatementSeed,
    Tombstone,
)
from app.model.codebook import CasualtyGroup, EvidenceField, Granularity, PlaceKind, PlaceRole, QuoteKind
from app.search.collation import words
from app.storage.registry import RESERVED_IDS

LOCATING = frozenset({PlaceRole.SCENE, PlaceRole.TARGET_AREA})
_ONE_OF_THEM = "set counted: false on one of them, with a note saying why"


def check(entries: list[Entry[Any]], around: Neighbours) -> list[Fault]:
    """Everything that is wrong with the records of a part in their surroundings. Records with mistakes of their own are
    checked as far as they can be read."""
    faults: list[Fault] = []
    for entry, links in zip(entries, around.links, strict=True):
        faults += _id(entry, around)
        if isinstance(entry.seed, Tombstone):
            faults += _removal(entry, around)
            continue
        faults += _references(entry, links, around)
        faults += _spans(entry, around)
        faults += _date(entry, around)
        if isinstance(entry.seed, IncidentSeed):
            faults += _location(entry, around)
            faults += _claims(entry, around)
        elif isinstance(entry.seed, QuoteSeed):
            faults += _words(entry)
            faults += _order(entry)
            faults += _embedded(entry, around)
    return faults


def _id(entry: Entry[Any], around: Neighbours) -> Iterator[Fault]:
    """Ids are unique within their type; people and organizations share theirs, and so do quotes and statements."""
    if entry.resource == "extensions":
        return
    id_, resource = entry.seed.id, entry.resource
    if id_ is None:
        return
    if isinstance(entry.seed, ArticleSeed) and id_ != (folder := entry.source.file.split("/")[-2]):
        yield entry.source.fault(("id",), f"the article's id must be its folder's name, '{folder}'")
    if id_ in RESERVED_IDS:
        yield entry.source.fault(("id",), f"'{id_}' is a word of the API's addresses; choose another id")
    removed = isinstance(entry.seed, Tombstone)
    first = around.tombstone(resource, id_) if removed else around.standing(resource, id_)
    if first is not None and first.place != entry.place:
        hint = "; write `extends:` instead of `id:` to add to it" if isinstance(entry.seed, IncidentSeed) else ""
        yield entry.source.fault(("id",), f"this id stands in {first.file}:{first.line} already{hint}")
    if removed:
        if around.has_any(PARTIES if resource in PARTIES else (resource,), id_):
            yield entry.source.fault(("id",), "the record is both removed and there; ids are never reused")
    elif resource == "people" and (other := around.organization(id_)) is not None:
        message = f"people and organizations share one id space; this id stands in {other.file}:{other.line} too"
        yield entry.source.fault(("id",), message)
    elif resource == "statements" and around.has("quotes", id_):
        yield entry.source.fault(("id",), "a quote has this id; statements refer to both by id")


def _references(entry: Entry[Any], links: list[Link], around: Neighbours) -> Iterator[Fault]:
    own = None if entry.resource == "extensions" else entry.seed.id
    seen: set[tuple[str, ...]] = set()
    for path, targets, id_, unique in links:
        if not around.leads(targets, id_):
            yield entry.source.fault(path, around.missing(targets, id_))
        if unique in seen:
            yield entry.source.fault(path, f"'{id_}' stands here twice")
        seen.add(unique)
        if id_ == own and entry.resource in targets:
            yield entry.source.fault(path, "a record cannot refer to itself here")


def _spans(entry: Entry[Any], around: Neighbours) -> Iterator[Fault]:
    """Spans lie inside their paragraph, and republish two words at each end at most."""
    for path, span in spans_of(entry.seed):
        if (*path, "article") in entry.broken:
            continue
        for message in _span_mistakes(around, span, entry.article):
            yield entry.source.fault(path, message)


def _is_long(text: str) -> bool:
    """Whether these are more than two words: not what is, but for one space, letters and digits."""
    return not text.replace(" ", "", 1).isalnum() and len(words(text)) > 2


def _span_mistakes(around: Neighbours, span: Span, folder: str | None) -> Iterator[str]:
    name = span.article or folder
    if name is None:
        yield "in a shared file a span names its article; add `article:`"
        return
    if (article := around.outline.articles.get(name)) is None:
        if not around.leads(("articles",), name):
            yield around.missing(("articles",), name)
        return
    lengths, at = article.lengths, span.at
    if at.paragraph > len(lengths):
        yield f"the article has {len(lengths)} paragraphs, not {at.paragraph}"
    elif at.end > (length := lengths[at.paragraph - 1]):
        yield f"paragraph {at.paragraph} is {length} long, so a span cannot end at {at.end}"
    for part in (span.first, span.last, span.before, span.after):
        if part is not None and _is_long(part):
            yield "a link keeps two words of the article at each end, not more"
            return
    yield from misfits(span)


def _date(entry: Entry[Any], around: Neighbours) -> Iterator[Fault]:
    """The string alone bounds a date; what happened did so before it was reported."""
    seed = entry.seed
    if not isinstance(seed, IncidentSeed | StatementSeed) or (date := seed.date) is None or date.edtf is None:
        return
    article = around.outline.articles.get(str(entry.article))
    published = article.published if article else None
    try:
        first = bounds(date.edtf).earliest
        taken(date, published or Day.max)
    except ValueError as error:
        yield entry.source.fault(("date",), str(error))
        return
    if isinstance(seed, IncidentSeed) and seed.granularity not in (None, Granularity.PLANNED) and first and published:
        if first > published:
            message = f"'{date.edtf}' is after {published}, when this was published; is the granularity 'planned'?"
            yield entry.source.fault(("date", "edtf"), message)
    if date.as_stated is not None and not any(
        span is None or span.field in (None, EvidenceField.WHEN) for span in seed.evidence
    ):
        message = f"'{date.as_stated}' needs evidence for it, with the field 'when'"
        yield entry.source.fault(("date", "as_stated"), message)


def _location(entry: Entry[IncidentSeed], around: Neighbours) -> Iterator[Fault]:
    location = entry.seed.location
    place = around.outline.places.get(location) if location else None
    if place is None:
        return
    is_told = not any(path[0] == "places" for path in entry.broken)
    if is_told and not any(link.id == location and link.role in LOCATING for link in entry.seed.places):
        yield entry.source.fault(("location",), f"'{location}' is not a scene or target area of this incident")
    if place.coordinate is None:
        yield entry.source.fault(("location",), f"'{location}' has no coordinate")
    if place.kind == PlaceKind.COUNTRY:
        yield entry.source.fault(("location",), "a country never locates an incident")


def _claims(entry: Entry[IncidentSeed], around: Neighbours) -> Iterator[Fault]:
    """Two counted claims about one harm would be counted twice, also where an operation and a part of it have one
    each."""
    counted = [claim for claim in around.claims(entry) if claim.seed.counted and not claim.broken]
    first: dict[Key, str] = {}
    for claim in counted:
        key = (claim.seed.group, claim.seed.outcome, claim.seed.organization or "")
        if (other := first.setdefault(key, claim.seed.id)) != claim.seed.id:
            yield claim.source.fault((), f"'{other}' counts the same harm; {_ONE_OF_THEM}")
    if not counted or entry.seed.id not in around.children:
        return
    for _, part in around.counted_below([entry.seed.id]):
        for claim in counted:
            if _may_be_same(claim.seed, part, around):
                message = f"'{part.id}' of '{part.incident}', a part of this, counts the same harm; {_ONE_OF_THEM}"
                yield claim.source.fault((), message)


def _may_be_same(claim: CasualtySeed, part: Counted, around: Neighbours) -> bool:
    """Whether those harmed in a part of an operation may be among those harmed in the whole of it."""
    if claim.id == part.id or claim.outcome != part.outcome:
        return False
    one_group = claim.group == part.group or CasualtyGroup.UNKNOWN in (claim.group, part.group)
    return one_group and around.overlap(claim.organization, part.organization)


def _words(entry: Entry[QuoteSeed]) -> Iterator[Fault]:
    """A quote is made of its spans: the words are as long as the span says and have its digest."""
    for index, span in enumerate(entry.seed.spans):
        if span is None or None in (span.exact, span.at, span.sha256):
            continue
        if len(span.exact) != span.at.end - span.at.start:
            message = f"the words are {len(span.exact)} long, the span {span.at.end - span.at.start}"
            yield entry.source.fault(("spans", index, "exact"), message)
        elif digest(span.exact) != span.sha256:
            yield entry.source.fault(("spans", index, "exact"), "the words do not have the span's sha256")
    for path, own in spans_of(entry.seed):
        if path[0] != "evidence" and own.article not in (None, entry.article):
            yield entry.source.fault(
                (*path, "article"), f"the words of a quote stand in its own article, not '{own.article}'"
            )


def _order(entry: Entry[QuoteSeed]) -> Iterator[Fault]:
    quote = entry.seed
    ends = [(span.at.paragraph, span.at.start, span.at.end) for path, span in spans_of(quote) if path[0] == "spans"]
    if any(after[:2] < (before[0], before[2]) for before, after in pairwise(ends)):
        yield entry.source.fault(("spans",), "spans stand in the order of the text and do not overlap")
    is_told = entry.broken.isdisjoint({("kind",), ("contained_in",)})
    if is_told and (quote.kind == QuoteKind.EMBEDDED) != (quote.contained_in is not None):
        why = "has no contained_in" if quote.kind == QuoteKind.EMBEDDED else f"is '{quote.kind}'"
        yield entry.source.fault(("kind",), f"an embedded quote, and no other, has contained_in; this one {why}")


def _embedded(outer: Entry[QuoteSeed], around: Neighbours) -> Iterator[Fault]:
    """The words of a quote inside another stand inside the other's words."""
    if any(path[0] == "spans" for path in outer.broken) or outer.seed.id is None:
        return
    spans = [span.at for span in outer.seed.spans]
    for _, written, source in around.embedded.get(outer.seed.id, ()):
        found = [(int(match[1]), int(match[2]), int(match[3])) for at in written if (match := AT.fullmatch(at))]
        if not all(any(_inside(span, own) for own in spans) for span in found):
            message = f"the words do not stand inside those of '{outer.seed.id}'"
            yield source.fault(("contained_in",), message)


def _inside(inner: tuple[int, int, int], outer: At) -> bool:
    return inner[0] == outer.paragraph and outer.start <= inner[1] and inner[2] <= outer.end


def _removal(entry: Entry[Tombstone], around: Neighbours) -> Iterator[Fault]:
    id_, resource = entry.seed.id, entry.resource
    successor = entry.seed.removed.successor
    if successor is None:
        return
    if successor == id_:
        message = f"'{id_}' cannot take over from itself; name the record that did, or leave 'successor' out"
        yield entry.source.fault(("removed", "successor"), message)
    elif not around.leads((resource,), successor):
        message = f"'{successor}' cannot take over: {around.missing((resource,), successor)}"
        yield entry.source.fault(("removed", "successor"), message)
