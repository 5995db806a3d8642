"""Consistency checks between records. Every check yields errors; none stops at the first."""

import datetime
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from app.ingest.building.dates import assumed_limits, bounds
from app.ingest.building.harm_checks import harm_mistakes
from app.ingest.building.reference_index import PARTIES, Reference, ReferenceIndex
from app.ingest.seed.article_seeds import ArticleSeed
from app.ingest.seed.files import SeedError
from app.ingest.seed.reading import Entry
from app.ingest.seed.record_seeds import (
    DocumentSeed,
    IncidentSeed,
    OrganizationSeed,
    PersonSeed,
    PlaceSeed,
    QuoteSeed,
    StatementSeed,
)
from app.ingest.seed.seed_base import AT, At, Span, Tombstone
from app.ingest.texts.passages import digest
from app.ingest.texts.span_links import link_mistake, spans_of
from app.search.collation import words
from app.storage.registry import RESERVED_IDS

_DATED = (DocumentSeed, IncidentSeed, StatementSeed)
_REGISTERED = (PlaceSeed, OrganizationSeed, PersonSeed, IncidentSeed)
"""What has ids in other registers."""


def check(entries: list[Entry[Any]], refs: ReferenceIndex) -> list[SeedError]:
    """Returns all errors of the records of a part against all other records. Records with mistakes of their own are
    checked by their valid fields."""
    errors: list[SeedError] = []
    for entry, links in zip(entries, refs.links, strict=True):
        errors += _id(entry, refs)
        if isinstance(entry.seed, Tombstone):
            errors += _removal(entry, refs)
            continue
        errors += _references(entry, links, refs)
        errors += _spans(entry, refs)
        if isinstance(entry.seed, _DATED):
            errors += _date(entry, refs)
            errors += _stated_words(entry, refs)
        if isinstance(entry.seed, _REGISTERED):
            errors += _same_as(entry, refs)
        if isinstance(entry.seed, ArticleSeed):
            errors += _pictures(entry, refs)
        elif isinstance(entry.seed, IncidentSeed):
            errors += _location(entry, refs)
            errors += harm_mistakes(entry, refs)
        elif isinstance(entry.seed, QuoteSeed):
            errors += _words(entry)
            errors += _order(entry, refs)
            errors += _embedded(entry, refs)
    return errors


def _id(entry: Entry[Any], refs: ReferenceIndex) -> Iterator[SeedError]:
    """Ids are unique within their type; people and organizations share an id space, and so do quotes and statements."""
    if entry.resource == "extensions":
        return
    id_, resource = entry.seed.id, entry.resource
    if id_ is None:
        return
    if isinstance(entry.seed, ArticleSeed) and id_ != (folder := entry.source.file.split("/")[-2]):
        yield entry.source.error(("id",), f"the article's id must be its folder's name, '{folder}'")
    if id_ in RESERVED_IDS:
        yield entry.source.error(("id",), f"'{id_}' is a word of the API's addresses; choose another id")
    removed = isinstance(entry.seed, Tombstone)
    first = refs.tombstone(resource, id_) if removed else refs.location(resource, id_)
    if first is not None and first.position != entry.position:
        hint = "; write `extends:` instead of `id:` to add to it" if isinstance(entry.seed, IncidentSeed) else ""
        yield entry.source.error(("id",), f"this id stands in {first.file}:{first.line} already{hint}")
    if removed:
        if refs.has_any(PARTIES if resource in PARTIES else (resource,), id_):
            yield entry.source.error(("id",), "the record is both removed and there; ids are never reused")
    elif resource == "people" and (other := refs.organization(id_)) is not None:
        message = f"people and organizations share one id space; this id stands in {other.file}:{other.line} too"
        yield entry.source.error(("id",), message)
    elif resource == "statements" and refs.has("quotes", id_):
        yield entry.source.error(("id",), "a quote has this id; statements refer to both by id")


def _references(entry: Entry[Any], links: list[Reference], refs: ReferenceIndex) -> Iterator[SeedError]:
    own = None if entry.resource == "extensions" else entry.seed.id
    seen: set[tuple[str, ...]] = set()
    for path, targets, id_, unique in links:
        if not refs.resolves(targets, id_):
            yield entry.source.error(path, refs.missing_message(targets, id_), id_, refs.nearest(targets, id_))
        if unique in seen:
            yield entry.source.error(path, f"'{id_}' stands here twice")
        seen.add(unique)
        if id_ == own and entry.resource in targets:
            yield entry.source.error(path, "a record cannot refer to itself here")


def _pictures(entry: Entry[ArticleSeed], refs: ReferenceIndex) -> Iterator[SeedError]:
    """Captions are told of where they stand, each thing once; display copies shorten running text."""
    kinds = [paragraph and paragraph.kind for paragraph in entry.seed.paragraphs]

    def having(property: str) -> tuple[str, ...]:
        return refs.codebook.having("paragraph.kind", property)

    def mistake(number: int, expected: tuple[str, ...]) -> str | None:
        if number > len(kinds):
            return f"the article has {len(kinds)} paragraphs, not {number}"
        found = kinds[number - 1]
        kind = "' or '".join(expected)
        return f"paragraph {number} is of the kind '{found}', not '{kind}'" if found not in (*expected, None) else None

    told = set()
    for index, caption in enumerate(entry.seed.captions):
        if caption is None or caption.paragraph is None:
            continue
        if (message := mistake(caption.paragraph, having("pictures"))) is not None:
            yield entry.source.error(("captions", index, "paragraph"), message)
        if (key := (caption.paragraph, caption.place, caption.subject)) in told:
            message = "this paragraph, place and subject stand in a caption before; put both into one"
            yield entry.source.error(("captions", index), message)
        told.add(key)
    for index, paragraph in enumerate(entry.seed.paragraphs):
        if paragraph and paragraph.shortens and paragraph.kind not in (*having("shortens"), None):
            kinds_that_do = "' or '".join(having("shortens"))
            message = f"only a paragraph of the kind '{kinds_that_do}' shortens others; this is '{paragraph.kind}'"
            yield entry.source.error(("paragraphs", index, "shortens"), message)
            continue
        for other in paragraph.shortens or () if paragraph else ():
            if (message := mistake(other, having("text"))) is not None:
                yield entry.source.error(("paragraphs", index, "shortens"), message)


def _same_as(entry: Entry[Any], refs: ReferenceIndex) -> Iterator[SeedError]:
    """What has the same id in another register is the same thing, so one record tells of it."""
    for index, other, source in refs.first_known_as(entry):
        message = (
            f"'{entry.seed.same_as[index]}' is '{other}' in {source.file}:{source.line} already; take it out of one of "
            "them or, if they are one, remove one with the other as its successor"
        )
        yield entry.source.error(("same_as", index), message)


def _spans(entry: Entry[Any], refs: ReferenceIndex) -> Iterator[SeedError]:
    """Spans lie inside their paragraph, and republish two words at each end at most."""
    for path, span in spans_of(entry.seed):
        if (*path, "article") in entry.broken:
            continue
        for message in _span_mistakes(refs, span, entry.article):
            yield entry.source.error(path, message)


def _is_long(text: str) -> bool:
    """Whether there are more than two words. Letters and digits with at most one space need no word splitting."""
    return not text.replace(" ", "", 1).isalnum() and len(words(text)) > 2


def _span_mistakes(refs: ReferenceIndex, span: Span, folder: str | None) -> Iterator[str]:
    name = span.article or folder
    if name is None:
        yield "in a shared file a span names its article; add `article:`"
        return
    if (article := refs.shared_records.articles.get(name)) is None:
        if not refs.resolves(("articles",), name):
            yield refs.missing_message(("articles",), name)
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
    if (mistake := link_mistake(span)) is not None:
        yield mistake


def _date(entry: Entry[DocumentSeed | IncidentSeed | StatementSeed], refs: ReferenceIndex) -> Iterator[SeedError]:
    """A date is bounded by its EDTF string alone; an incident happened before it was reported."""
    seed = entry.seed
    if (date := seed.date) is None or date.edtf is None:
        return
    article = refs.shared_records.articles.get(str(entry.article))
    published = article.published if article else None
    try:
        first = bounds(date.edtf).earliest
        assumed_limits(date, published or datetime.date.max)
    except ValueError as error:
        yield entry.source.error(("date",), str(error))
        return
    ahead = refs.codebook.having("incident.granularity", "ahead")
    has_happened = isinstance(seed, IncidentSeed) and seed.granularity not in (None, *ahead)
    if has_happened and first and published and first > published:
        expected = " or ".join(f"'{one}'" for one in ahead)
        message = f"'{date.edtf}' is after {published}, when this was published; is the granularity {expected}?"
        yield entry.source.error(("date", "edtf"), message)


def _stated_words(
    entry: Entry[DocumentSeed | IncidentSeed | StatementSeed], refs: ReferenceIndex
) -> Iterator[SeedError]:
    """The reporting's own words for a date or a time of day stand in evidence."""
    seed = entry.seed
    time = seed.time if isinstance(seed, IncidentSeed) else None
    stated = {name: value.as_stated for name, value in (("date", seed.date), ("time", time)) if value is not None}
    if not any(stated.values()):
        return
    fields = refs.codebook.having("evidence.field", "dates")
    if any(span is None or span.field in (None, *fields) for span in seed.evidence):
        return
    for name, as_stated in stated.items():
        if as_stated is not None:
            message = f"'{as_stated}' needs evidence for it, with the field '{fields[0]}'"
            yield entry.source.error((name, "as_stated"), message)


def _location(entry: Entry[IncidentSeed], refs: ReferenceIndex) -> Iterator[SeedError]:
    yield from _precisions(entry, refs)
    location = entry.seed.location
    place = refs.shared_records.places.get(location) if location else None
    if place is None:
        return
    is_readable = not any(path[0] == "places" for path in entry.broken)
    pinpointing = refs.codebook.having("incident.places.role", "pinpoints")
    links = entry.seed.location_links(pinpointing)
    if is_readable and not links:
        roles = " or ".join(one.replace("_", " ") for one in pinpointing)
        yield entry.source.error(("location",), f"'{location}' is not a {roles} of this incident")
    if len({(link.precision, link.radius_m) for link in links}) > 1:
        message = f"'{location}' stands in 'places' with different radii; give it the same in each role that locates"
        yield entry.source.error(("location",), message)
    if place.coordinate is None:
        yield entry.source.error(
            ("location",), f"'{location}' has no coordinate; give it one with its source, or leave 'location' out"
        )
    if place.kind in refs.codebook.having("place.kind", "wide"):
        yield entry.source.error(("location",), f"a {place.kind} never locates an incident")


def _precisions(entry: Entry[IncidentSeed], refs: ReferenceIndex) -> Iterator[SeedError]:
    """How closely a point stands for an incident can only be said of a place that has one."""
    for index, link in enumerate(entry.seed.places):
        place = refs.shared_records.places.get(link.id) if link is not None and link.radius_m is not None else None
        if place is not None and place.coordinate is None:
            message = f"'{link.id}' has no coordinate to be so far from; give it one, or say it in 'note'"
            yield entry.source.error(("places", index, "radius_m"), message)


def _words(entry: Entry[QuoteSeed]) -> Iterator[SeedError]:
    """The words of a quote have the length and the digest of their spans."""
    for index, span in enumerate(entry.seed.spans):
        if span is None or None in (span.exact, span.at, span.sha256):
            continue
        if len(span.exact) != span.at.end - span.at.start:
            message = f"the words are {len(span.exact)} long, the span {span.at.end - span.at.start}"
            yield entry.source.error(("spans", index, "exact"), message)
        elif digest(span.exact) != span.sha256:
            yield entry.source.error(("spans", index, "exact"), "the words do not have the span's sha256")
    for path, own in spans_of(entry.seed):
        if path[0] != "evidence" and own.article not in (None, entry.article):
            yield entry.source.error(
                (*path, "article"), f"the words of a quote stand in its own article, not '{own.article}'"
            )


def _order(entry: Entry[QuoteSeed], refs: ReferenceIndex) -> Iterator[SeedError]:
    quote, second_hand = entry.seed, refs.codebook.having("quote.kind", "second_hand")
    ends = [(span.at.paragraph, span.at.start, span.at.end) for path, span in spans_of(quote) if path[0] == "spans"]
    if any(after[:2] < (before[0], before[2]) for before, after in pairwise(ends)):
        yield entry.source.error(("spans",), "spans stand in the order of the text and do not overlap")
    is_readable = entry.broken.isdisjoint({("kind",), ("contained_in",)})
    if is_readable and (quote.kind in second_hand) != (quote.contained_in is not None):
        why = "has no contained_in" if quote.kind in second_hand else f"is '{quote.kind}'"
        kinds = " or ".join(second_hand)
        yield entry.source.error(("kind",), f"an {kinds} quote, and no other, has contained_in; this one {why}")


def _embedded(outer: Entry[QuoteSeed], refs: ReferenceIndex) -> Iterator[SeedError]:
    """The words of an embedded quote are inside the words of the outer quote."""
    if any(path[0] == "spans" for path in outer.broken) or outer.seed.id is None:
        return
    spans = [span.at for span in outer.seed.spans]
    for _, written, source in refs.embedded.get(outer.seed.id, ()):
        inner_spans = [(int(match[1]), int(match[2]), int(match[3])) for at in written if (match := AT.fullmatch(at))]
        if not all(any(_inside(span, own) for own in spans) for span in inner_spans):
            message = f"the words do not stand inside those of '{outer.seed.id}'"
            yield source.error(("contained_in",), message)


def _inside(inner: tuple[int, int, int], outer: At) -> bool:
    return inner[0] == outer.paragraph and outer.start <= inner[1] and inner[2] <= outer.end


def _removal(entry: Entry[Tombstone], refs: ReferenceIndex) -> Iterator[SeedError]:
    id_, resource = entry.seed.id, entry.resource
    successor = entry.seed.removed.successor
    if successor is None:
        return
    if successor == id_:
        message = f"'{id_}' cannot take over from itself; name the record that did, or leave 'successor' out"
        yield entry.source.error(("removed", "successor"), message)
    elif not refs.resolves((resource,), successor):
        message = f"'{successor}' cannot take over: {refs.missing_message((resource,), successor)}"
        yield entry.source.error(("removed", "successor"), message)
