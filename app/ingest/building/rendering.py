"""Renders checked records as JSON documents, which are stored and served as they are.

A renderer of a type says only what it computes; every other key of a document is that of the seed file.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel

from app.ingest.building.causes import entry_checksum
from app.ingest.building.date_documents import date_document, span_in, span_of
from app.ingest.building.harms import SeedHarm, claim_part, is_contested, totals
from app.ingest.building.reference_index import ReferenceIndex
from app.ingest.bulk_inserts import RELEASE_COLUMNS
from app.ingest.seed.article_seeds import ArticleSeed
from app.ingest.seed.reading import CasualtyEntry, Entry
from app.ingest.seed.record_seeds import (
    ActorLink,
    DocumentSeed,
    IncidentSeed,
    OrganizationSeed,
    PersonSeed,
    PlaceSeed,
    QuoteSeed,
    StatementSeed,
)
from app.ingest.seed.seed_base import Span
from app.ingest.texts.quote_text import quote_text
from app.ingest.texts.span_links import fragment_of
from app.model.corrections import Correction
from app.model.digests import Data
from app.model.documents import DOCUMENTS
from app.model.documents.casualties import ClaimDocument
from app.model.external_ids import address
from app.records import RECORD_TYPES


class Rendered(NamedTuple):
    """A document of a resource, the checksum of the seed entry that it was made of, and the correction beside that."""

    resource: str
    data: Data
    seed_checksum: int | None
    correction: Correction | None = None


class Renderer:
    """Renders checked records. All references are assumed to resolve. `corrected` are the days on which records were
    corrected last, by resource and id, before the corrections that the seed files have."""

    def __init__(self, refs: ReferenceIndex, corrected: Mapping[tuple[str, str], str]) -> None:
        self._refs = refs
        self._corrected_before = corrected
        self._shared_records = refs.shared_records
        self._outcomes = refs.codebook.values("casualty.outcome")
        self._fragments = refs.codebook.having("quote.kind", "fragment")
        self._disputed = refs.codebook.having("casualty.basis", "disputes")
        self._pinpointing = refs.codebook.having("incident.places.role", "pinpoints")
        (self._quoting,) = refs.codebook.having("evidence.field", "quotes")

    def documents(self, entry: Entry[Any]) -> Iterator[Rendered]:
        """Yields the document of a record; an incident is followed by its claims, also those of extensions."""
        data = self._document(entry.resource, entry.seed, _RENDERERS[entry.resource](self, entry))
        added = [extension.data for extension in self._refs.extensions.get(entry.seed.id, [])]
        added = added if entry.resource == "incidents" else []
        yield Rendered(entry.resource, data, entry_checksum(entry.data, *added), entry.seed.stated_correction)
        if entry.resource == "incidents":
            date = data["date"] and span_in(data["date"])
            for claim, own in zip(data["casualties"], self._refs.claims(entry), strict=True):
                checksum, correction = entry_checksum(own.data), own.seed.stated_correction
                yield Rendered("casualties", {**claim, "date": date}, checksum, correction)

    def _document(self, resource: str, seed: Any, computed: Data) -> Data:
        """Returns a document with the keys of its model, in their order: those that are computed, and all others as the
        seed has them."""
        computed["type"], computed["url"] = RECORD_TYPES[resource].type, f"/v1/{resource}/{seed.id}"
        days = (self._corrected_before.get((resource, seed.id)), seed.correction and seed.correction.date.isoformat())
        computed["corrected"] = max(filter(None, days), default=None)
        return {key: computed[key] if key in computed else getattr(seed, key) for key in _KEYS[resource]}

    def _article(self, entry: Entry[ArticleSeed]) -> Data:
        seed = entry.seed
        return {
            "published": seed.published.isoformat(),
            "link": seed.url,
            "paragraphs": [
                {"number": number, "kind": paragraph.kind, "length": paragraph.length, "sha256": paragraph.sha256}
                for number, paragraph in enumerate(seed.paragraphs, 1)
            ],
            "captions": [
                {
                    "paragraph": caption.paragraph,
                    "shows": caption.shows,
                    "place": self._reference_or_none("places", caption.place),
                    "subject": self._party(caption.subject),
                    "credit": caption.credit,
                }
                for caption in seed.captions
            ],
            "pull_texts": [
                {"paragraph": number, "shortens": other}
                for number, paragraph in enumerate(seed.paragraphs, 1)
                for other in paragraph.shortens
            ],
            "evidence": [],
        }

    def _place(self, entry: Entry[PlaceSeed]) -> Data:
        seed, point = entry.seed, entry.seed.coordinate
        coordinate = None
        if point is not None:
            coordinate = {"precision": point.precision, "radius_m": point.radius_m, "source": point.source}
        return {
            "aliases": _aliases(seed),
            "names": _names(seed),
            "parents": [
                {"id": parent.id, "name": self._shared_records.places[parent.id].label, "basis": parent.basis}
                for parent in seed.parents
            ],
            "latitude": point.latitude if point else None,
            "longitude": point.longitude if point else None,
            "coordinate": coordinate,
            "same_as": _same_as("places", seed.same_as),
            "evidence": self._evidence(entry),
        }

    def _organization(self, entry: Entry[OrganizationSeed]) -> Data:
        seed, organizations = entry.seed, self._shared_records.organizations
        return {
            "aliases": _aliases(seed),
            "names": _names(seed),
            "parents": [
                {"id": parent.id, "name": organizations[parent.id].label, "basis": parent.basis}
                for parent in seed.parents
            ],
            "same_as": _same_as("organizations", seed.same_as),
            "evidence": self._evidence(entry),
        }

    def _person(self, entry: Entry[PersonSeed]) -> Data:
        seed, organizations = entry.seed, self._shared_records.organizations
        return {
            "label": seed.name or seed.label,
            "named": seed.name is not None,
            "group_size": 1 if seed.name else seed.group_size,
            "organizations": [
                {"id": link.id, "name": organizations[link.id].label, "role": link.role} for link in seed.organizations
            ],
            "aliases": _aliases(seed),
            "names": _names(seed),
            "same_as": _same_as("people", seed.same_as),
            "evidence": self._evidence(entry),
        }

    def _source(self, entry: Entry[DocumentSeed]) -> Data:
        seed = entry.seed
        return {
            "date": self._date(entry),
            "author": self._party(seed.author),
            "evidence": self._evidence(entry),
        }

    def _incident(self, entry: Entry[IncidentSeed]) -> Data:
        seed, refs = entry.seed, self._refs
        its_claims, its_harms = refs.claims(entry), refs.harms(entry)
        statements = refs.statements_about.get(seed.id, [])
        return {
            "date": self._date(entry),
            "time": seed.time and seed.time.model_dump(),
            "location": self._location(seed),
            "places": [
                {
                    "id": link.id,
                    "name": self._shared_records.places[link.id].label,
                    "role": link.role,
                    "certainty": link.certainty,
                    "precision": link.precision,
                    "radius_m": link.radius_m,
                    "note": link.note,
                }
                for link in seed.places
            ],
            "actors": [self._actor(link) for link in seed.actors],
            "casualties": [self._claim(claim, seed.title, its_harms) for claim in its_claims],
            "harms": [self._harm(harm) for harm in its_harms],
            "totals": totals(its_harms, refs.harms_below(seed.id), self._outcomes),
            "contested": any(contested for _, contested in statements)
            or is_contested((claim.seed for claim in its_claims), its_harms, self._disputed),
            "parent": self._reference_or_none("incidents", seed.parent),
            "children": self._references("incidents", refs.children.get(seed.id, [])),
            "related": self._references(
                "incidents", dict.fromkeys([*seed.related, *refs.related_from.get(seed.id, [])])
            ),
            "quotes": self._references("quotes", refs.quotes_about.get(seed.id, [])),
            "statements": self._references("statements", (id_ for id_, _ in statements)),
            "same_as": _same_as("incidents", seed.same_as),
            "evidence": self._evidence(entry),
        }

    def _claim(self, entry: CasualtyEntry, incident: str, its_harms: list[SeedHarm]) -> Data:
        seed = entry.seed
        computed: Data = {
            "incident": {"type": "incident", "id": entry.incident, "label": incident},
            "organization": self._reference_or_none("organizations", seed.organization),
            "people": self._references("people", seed.people),
            "claimed_by": self._party(seed.claimed_by),
            "via": self._party(seed.via),
            "documents": self._references("documents", seed.documents),
            **claim_part(seed, its_harms),
            "evidence": self._evidence(entry),
        }
        return self._document("casualties", seed, computed)

    def _harm(self, harm: SeedHarm) -> Data:
        organization, people = harm.shared("organization"), harm.shared("people") or []
        return {
            **harm.document,
            "organization": self._reference_or_none("organizations", organization),
            "people": self._references("people", people),
        }

    def _quote(self, entry: Entry[QuoteSeed]) -> Data:
        seed = entry.seed
        return {
            "article": self._reference("articles", str(entry.article)),
            "text": quote_text(seed, fragment=seed.kind in self._fragments),
            "spans": [{**span.at._asdict(), "exact": span.exact} for span in seed.spans],
            "speaker": self._speaker(seed.speaker),
            "relayed_by": self._speaker(seed.relayed_by),
            "told_to": self._party(seed.told_to),
            "documents": self._references("documents", seed.documents),
            "contains": self._references("quotes", (id_ for id_, _, _ in self._refs.embedded.get(seed.id, []))),
            "contained_in": self._reference_or_none("quotes", seed.contained_in),
            "date": self._span_of_incidents(seed.incidents),
            "incidents": self._references("incidents", seed.incidents),
            "places": self._references("places", seed.places),
            "pull_quotes": [{"paragraph": span.at.paragraph} for span in seed.pull_quotes],
            "evidence": self._evidence(entry),
        }

    def _statement(self, entry: Entry[StatementSeed]) -> Data:
        seed, refs = entry.seed, self._refs
        contradicted_by = refs.contradicted_by.get(seed.id, [])
        return {
            "article": self._reference("articles", str(entry.article)),
            "by": self._party(seed.by),
            "date": self._date(entry),
            "about": [
                subject
                for resource in ("incidents", "places", "people", "organizations")
                for subject in self._references(resource, getattr(seed.about, resource))
            ],
            "contradicts": [
                self._reference("quotes" if refs.has("quotes", id_) else "statements", id_) for id_ in seed.contradicts
            ],
            "contradicted_by": self._references("statements", contradicted_by),
            "contested": bool(seed.contradicts or contradicted_by),
            "told_to": self._party(seed.told_to),
            "documents": self._references("documents", seed.documents),
            "evidence": self._evidence(entry),
        }

    def _date(self, entry: Entry[IncidentSeed] | Entry[StatementSeed] | Entry[DocumentSeed]) -> Data | None:
        seed = entry.seed.date
        if seed is None:
            return None
        article = str(entry.article or entry.seed.evidence[0].article)
        return date_document(seed, self._shared_records.articles[article].published)

    def _span_of_incidents(self, incidents: Iterable[str]) -> Data | None:
        """The days that a quote is about, by those of its incidents that have a date."""
        dates, articles = self._refs.incident_dates, self._shared_records.articles
        dated = [dates[id_] for id_ in incidents if id_ in dates]
        return span_of([(seed, articles[article].published) for seed, article in dated if article in articles])

    def _actor(self, link: ActorLink) -> Data:
        shared = {"role": link.role, "certainty": link.certainty, "note": link.note}
        party = self._party(link.id) or {"type": "unidentified", "id": None, "label": link.label}
        return {**party, **shared}

    def _party(self, id_: str | None) -> Data | None:
        return self._reference_or_none("people" if id_ in self._shared_records.people else "organizations", id_)

    def _reference(self, resource: str, id_: str) -> Data:
        return {"type": RECORD_TYPES[resource].type, "id": id_, "label": self._refs.label(resource, id_)}

    def _reference_or_none(self, resource: str, id_: str | None) -> Data | None:
        return None if id_ is None else self._reference(resource, id_)

    def _references(self, resource: str, ids: Iterable[str]) -> list[Data]:
        return [self._reference(resource, id_) for id_ in ids]

    def _speaker(self, id_: str | None) -> Data | None:
        party = self._party(id_)
        if party is None:
            return None
        person = self._shared_records.people.get(str(id_))
        anonymity = person.anonymity if person else None
        return {
            **party,
            "named": anonymity is None,
            "anonymity": anonymity,
            "roles": list(person.roles) if person else [],
            "organizations": [
                {**self._reference("organizations", organization), "role": role}
                for organization, role in (person.organizations if person else ())
            ],
        }

    def _location(self, seed: IncidentSeed) -> Data | None:
        place = self._shared_records.places[seed.location] if seed.location else None
        if place is None or place.coordinate is None:
            return None
        point, own = (
            place.coordinate,
            next((link for link in seed.location_links(self._pinpointing) if link.precision), None),
        )
        return {
            "id": seed.location,
            "name": place.label,
            "latitude": point.latitude,
            "longitude": point.longitude,
            "precision": own.precision if own else point.precision,
            "radius_m": own.radius_m if own else point.radius_m,
            "given_by": "incident" if own else "place",
        }

    def _evidence(self, entry: Entry[Any]) -> list[Data]:
        return [self._passage(*span) for span in self._spans(entry)]

    def _spans(self, entry: Entry[Any]) -> Iterator[tuple[Span, str, str]]:
        """Yields the spans of a record with field and article: first a quote's own words with display copies, then the
        evidence, including that which other articles add."""
        if isinstance(entry.seed, QuoteSeed):
            for words in (*entry.seed.spans, *entry.seed.pull_quotes):
                yield words, self._quoting, words.article or str(entry.article)
        for span in entry.seed.evidence:
            yield span, span.field, span.article or str(entry.article)
        if isinstance(entry.seed, IncidentSeed):
            for extension in self._refs.extensions.get(entry.seed.id, []):
                for span in extension.seed.evidence:
                    yield span, span.field, span.article or str(extension.article)

    def _passage(self, span: Span, field: str, article: str) -> Data:
        paragraph, start, end = span.at
        return {
            "field": field,
            "article": article,
            "paragraph": paragraph,
            "start": start,
            "end": end,
            "sha256": span.sha256,
            "url": f"{self._shared_records.articles[article].url}#:~:{fragment_of(span).directive()}",
        }


_RENDERERS: dict[str, Callable[[Renderer, Any], Data]] = {
    "articles": Renderer._article,
    "places": Renderer._place,
    "organizations": Renderer._organization,
    "people": Renderer._person,
    "documents": Renderer._source,
    "incidents": Renderer._incident,
    "quotes": Renderer._quote,
    "statements": Renderer._statement,
}


_MODELS: dict[str, type[BaseModel]] = {**DOCUMENTS, "casualties": ClaimDocument}
_KEYS = {
    resource: [key for key in model.model_fields if key not in RELEASE_COLUMNS] for resource, model in _MODELS.items()
}
"""The keys of a document before the release adds its own, and its incident a claim's date."""


def _aliases(seed: PlaceSeed | OrganizationSeed | PersonSeed) -> list[Data]:
    return [{"name": alias.name, "basis": alias.basis} for alias in seed.aliases]


def _names(seed: PlaceSeed | OrganizationSeed | PersonSeed) -> list[Data]:
    return [{"language": form.language, "name": form.name} for form in seed.names]


def _same_as(resource: str, ids: list[str]) -> list[Data]:
    return [{"curie": one, "uri": address(one, resource)} for one in ids]
