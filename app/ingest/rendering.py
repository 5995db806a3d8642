"""Renders checked records as JSON documents, which are stored and served as they are."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from app.ingest.dates import Days, approximate, bounds, effective_days, precision
from app.ingest.quote_text import quote_text
from app.ingest.reading import CasualtyEntry, Entry
from app.ingest.reference_index import ReferenceIndex
from app.ingest.seed import (
    ActorLink,
    ArticleSeed,
    DateSeed,
    IncidentSeed,
    OrganizationSeed,
    PersonSeed,
    PlaceSeed,
    QuoteSeed,
    StatementSeed,
)
from app.ingest.seed_base import Span
from app.ingest.sums import Sum
from app.ingest.text_fragments import Fragment
from app.model.codebook import CasualtyOutcome, EvidenceField
from app.model.digests import Data
from app.records import RECORD_TYPES


class Rendered(NamedTuple):
    """A document of a resource. `days` are the effective days of its date, which filters and sorts use."""

    resource: str
    data: Data
    days: Days | None = None


class Renderer:
    """Renders checked records. All references are assumed to resolve."""

    def __init__(self, refs: ReferenceIndex) -> None:
        self._refs = refs
        self._shared_records = refs.shared_records

    def documents(self, entry: Entry[Any]) -> Iterator[Rendered]:
        """Yields the document of a record; an incident is followed by its claims, also those of extensions."""
        data = _RENDERERS[entry.resource](self, entry)
        yield Rendered(entry.resource, data, self._days(entry))
        for claim in data["casualties"] if entry.resource == "incidents" else ():
            yield Rendered("casualties", claim)

    def _days(self, entry: Entry[Any]) -> Days | None:
        date: DateSeed | None = getattr(entry.seed, "date", None)
        return effective_days(date, self._shared_records.articles[str(entry.article)].published) if date else None

    def _article(self, entry: Entry[ArticleSeed]) -> Data:
        seed = entry.seed
        return {
            **_identity("articles", seed.id),
            "title": seed.title,
            "authors": seed.authors,
            "publishers": seed.publishers,
            "published": seed.published.isoformat(),
            "language": seed.language,
            "link": seed.url,
            "rights": seed.rights,
            "note": seed.note,
            "paragraphs": [
                {"number": number, "kind": paragraph.kind, "length": paragraph.length, "sha256": paragraph.sha256}
                for number, paragraph in enumerate(seed.paragraphs, 1)
            ],
            "evidence": [],
        }

    def _place(self, entry: Entry[PlaceSeed]) -> Data:
        seed, point = entry.seed, entry.seed.coordinate
        coordinate = None
        if point is not None:
            coordinate = {"precision": point.precision, "radius_m": point.radius_m, "source": point.source}
        return {
            **_identity("places", seed.id),
            "name": seed.name,
            "named": seed.named,
            "kind": seed.kind,
            "aliases": _aliases(seed),
            "names": _names(seed),
            "parents": [
                {"id": parent.id, "name": self._shared_records.places[parent.id].name, "basis": parent.basis}
                for parent in seed.parents
            ],
            "latitude": point.latitude if point else None,
            "longitude": point.longitude if point else None,
            "coordinate": coordinate,
            **self._note_and_evidence(entry),
        }

    def _organization(self, entry: Entry[OrganizationSeed]) -> Data:
        seed, organizations = entry.seed, self._shared_records.organizations
        return {
            **_identity("organizations", seed.id),
            "name": seed.name,
            "kind": seed.kind,
            "aliases": _aliases(seed),
            "names": _names(seed),
            "parents": [
                {"id": parent.id, "name": organizations[parent.id].label, "basis": parent.basis}
                for parent in seed.parents
            ],
            **self._note_and_evidence(entry),
        }

    def _person(self, entry: Entry[PersonSeed]) -> Data:
        seed, organizations = entry.seed, self._shared_records.organizations
        return {
            **_identity("people", seed.id),
            "name": seed.name,
            "label": seed.name or seed.label,
            "named": seed.name is not None,
            "group_size": 1 if seed.name else seed.group_size,
            "roles": seed.roles,
            "rank": seed.rank,
            "age": seed.age,
            "life_status": seed.life_status,
            "anonymity": seed.anonymity,
            "organizations": [
                {"id": link.id, "name": organizations[link.id].label, "role": link.role} for link in seed.organizations
            ],
            "aliases": _aliases(seed),
            "names": _names(seed),
            **self._note_and_evidence(entry),
        }

    def _incident(self, entry: Entry[IncidentSeed]) -> Data:
        seed, refs = entry.seed, self._refs
        claims = [self._claim(claim) for claim in refs.claims(entry)]
        statements = refs.statements_about.get(seed.id, [])
        return {
            **_identity("incidents", seed.id),
            "title": seed.title,
            "summary": seed.summary,
            "kind": seed.kind,
            "also_kinds": seed.also_kinds,
            "granularity": seed.granularity,
            "date": _date(seed.date),
            "location": self._location(seed.location),
            "places": [
                {
                    "id": link.id,
                    "name": self._shared_records.places[link.id].name,
                    "role": link.role,
                    "certainty": link.certainty,
                    "note": link.note,
                }
                for link in seed.places
            ],
            "actors": [self._actor(link) for link in seed.actors],
            "casualties": claims,
            "totals": _totals(claims, refs.parts.get(seed.id, {})),
            "outcome": seed.outcome,
            "contested": any(contested for _, contested in statements),
            "parent": seed.parent,
            "children": refs.children.get(seed.id, []),
            "related": list(dict.fromkeys([*seed.related, *refs.related_from.get(seed.id, [])])),
            "quotes": refs.quotes_about.get(seed.id, []),
            "statements": [id_ for id_, _ in statements],
            **self._note_and_evidence(entry),
        }

    def _claim(self, entry: CasualtyEntry) -> Data:
        seed = entry.seed
        return {
            **_identity("casualties", seed.id),
            "incident": entry.incident,
            "group": seed.group,
            "organization": seed.organization,
            "people": seed.people,
            "outcome": seed.outcome,
            "low": seed.low,
            "high": seed.high,
            "claimed_by": self._party(seed.claimed_by),
            "via": self._party(seed.via),
            "basis": seed.basis,
            "counted": seed.counted,
            **self._note_and_evidence(entry),
        }

    def _quote(self, entry: Entry[QuoteSeed]) -> Data:
        seed = entry.seed
        return {
            **_identity("quotes", seed.id),
            "article": entry.article,
            "text": quote_text(seed),
            "kind": seed.kind,
            "spans": [{**span.at._asdict(), "exact": span.exact} for span in seed.spans],
            "speaker": self._speaker(seed.speaker),
            "relayed_by": self._speaker(seed.relayed_by),
            "told_to": self._party(seed.told_to),
            "contains": [id_ for id_, _, _ in self._refs.embedded.get(seed.id, [])],
            "contained_in": seed.contained_in,
            "incidents": seed.incidents,
            "places": seed.places,
            "pull_quotes": [{"paragraph": span.at.paragraph} for span in seed.pull_quotes],
            **self._note_and_evidence(entry),
        }

    def _statement(self, entry: Entry[StatementSeed]) -> Data:
        seed, refs = entry.seed, self._refs
        contradicted_by = refs.contradicted_by.get(seed.id, [])
        return {
            **_identity("statements", seed.id),
            "article": entry.article,
            "stance": seed.stance,
            "by": self._party(seed.by),
            "gist": seed.gist,
            "topic": seed.topic,
            "date": _date(seed.date),
            "about": [
                {"type": RECORD_TYPES[resource].type, "id": id_}
                for resource in ("incidents", "places", "people", "organizations")
                for id_ in getattr(seed.about, resource)
            ],
            "contradicts": [
                {"type": "quote" if refs.has("quotes", id_) else "statement", "id": id_} for id_ in seed.contradicts
            ],
            "contradicted_by": contradicted_by,
            "contested": bool(seed.contradicts or contradicted_by),
            "told_to": self._party(seed.told_to),
            **self._note_and_evidence(entry),
        }

    def _actor(self, link: ActorLink) -> Data:
        shared = {"role": link.role, "certainty": link.certainty, "note": link.note}
        party = self._party(link.id) or {"type": "unidentified", "id": None, "label": link.label}
        return {**party, **shared}

    def _party(self, id_: str | None) -> Data | None:
        if id_ is None:
            return None
        if (person := self._shared_records.people.get(id_)) is not None:
            return {"type": "person", "id": id_, "label": person.label}
        return {"type": "organization", "id": id_, "label": self._shared_records.organizations[id_].label}

    def _speaker(self, id_: str | None) -> Data | None:
        party = self._party(id_)
        if party is None:
            return None
        person = self._shared_records.people.get(str(id_))
        anonymity = person.anonymity if person else None
        return {**party, "named": anonymity is None, "anonymity": anonymity}

    def _location(self, id_: str | None) -> Data | None:
        place = self._shared_records.places[id_] if id_ else None
        if place is None or place.coordinate is None:
            return None
        point = place.coordinate
        return {
            "id": id_,
            "name": place.name,
            "latitude": point.latitude,
            "longitude": point.longitude,
            "precision": point.precision,
            "radius_m": point.radius_m,
        }

    def _note_and_evidence(self, entry: Entry[Any]) -> Data:
        return {"note": entry.seed.note, "evidence": [self._passage(*span) for span in self._spans(entry)]}

    def _spans(self, entry: Entry[Any]) -> Iterator[tuple[Span, str, str]]:
        """Yields the spans of a record with field and article: first a quote's own words with display copies, then the
        evidence, including that which other articles add."""
        if isinstance(entry.seed, QuoteSeed):
            for words in (*entry.seed.spans, *entry.seed.pull_quotes):
                yield words, EvidenceField.WORDS.value, words.article or str(entry.article)
        for span in entry.seed.evidence:
            yield span, span.field, span.article or str(entry.article)
        if isinstance(entry.seed, IncidentSeed):
            for extension in self._refs.extensions.get(entry.seed.id, []):
                for span in extension.seed.evidence:
                    yield span, span.field, span.article or str(extension.article)

    def _passage(self, span: Span, field: str, article: str) -> Data:
        directive = Fragment(span.first, span.last, span.before, span.after).directive()
        paragraph, start, end = span.at
        return {
            "field": field,
            "article": article,
            "paragraph": paragraph,
            "start": start,
            "end": end,
            "sha256": span.sha256,
            "url": f"{self._shared_records.articles[article].url}#:~:{directive}",
        }


_RENDERERS: dict[str, Callable[[Renderer, Any], Data]] = {
    "articles": Renderer._article,
    "places": Renderer._place,
    "organizations": Renderer._organization,
    "people": Renderer._person,
    "incidents": Renderer._incident,
    "quotes": Renderer._quote,
    "statements": Renderer._statement,
}


def _identity(resource: str, id_: str) -> Data:
    return {"id": id_, "type": RECORD_TYPES[resource].type, "url": f"/v1/{resource}/{id_}"}


def _aliases(seed: PlaceSeed | OrganizationSeed | PersonSeed) -> list[Data]:
    return [{"name": alias.name, "basis": alias.basis} for alias in seed.aliases]


def _names(seed: PlaceSeed | OrganizationSeed | PersonSeed) -> list[Data]:
    return [{"language": form.language, "name": form.name} for form in seed.names]


def _date(seed: DateSeed | None) -> Data | None:
    if seed is None:
        return None
    earliest, latest = bounds(seed.edtf)
    return {
        "edtf": seed.edtf,
        "as_stated": seed.as_stated,
        "earliest": earliest.isoformat() if earliest else None,
        "latest": latest.isoformat() if latest else None,
        "precision": precision(seed.edtf).value,
        "approximate": approximate(seed.edtf),
        "note": seed.note,
    }


def _totals(claims: list[Data], parts: dict[str, Sum]) -> Data:
    own: dict[str, Sum] = {}
    for claim in claims:
        if claim["counted"]:
            own.setdefault(claim["outcome"], Sum()).add(claim["low"], claim["high"])
    totals: Data = dict.fromkeys(_OUTCOMES)
    for outcome in own.keys() | parts.keys():
        low, high = own[outcome].bounds if outcome in own else (None, None)
        added = dict(zip(("low", "high"), parts[outcome].bounds, strict=True)) if outcome in parts else None
        totals[outcome] = {"low": low, "high": high, "parts": added}
    return totals


_OUTCOMES = tuple(outcome.value for outcome in CasualtyOutcome)
