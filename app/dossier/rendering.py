"""Validated dossier -> documents. Each record is rendered once, through its public shape."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from app.codebook import CasualtyOutcome, EvidenceField
from app.documents import (
    ActorDocument,
    AffiliationDocument,
    AliasDocument,
    ArticleDocument,
    Bounds,
    CasualtyDocument,
    ClaimDocument,
    ContainerDocument,
    CoordinateDocument,
    DateDocument,
    Document,
    EvidenceDocument,
    IncidentDocument,
    IncidentPlaceDocument,
    LocationDocument,
    OrganizationDocument,
    ParagraphDocument,
    PartyDocument,
    PersonDocument,
    PlaceDocument,
    PullQuoteDocument,
    QuoteDocument,
    QuoteSpanDocument,
    ReferenceDocument,
    SpeakerDocument,
    StatementDocument,
    TotalsDocument,
)
from app.dossier.dates import approximate, days, precision
from app.dossier.passages import Fragment
from app.dossier.reading import CasualtyEntry, Dossier, Entry
from app.dossier.seed import (
    ActorLink,
    Alias,
    ArticleSeed,
    DateSeed,
    IncidentSeed,
    OrganizationSeed,
    PersonSeed,
    PlaceSeed,
    QuoteSeed,
    Span,
    StatementSeed,
)
from app.dossier.wording import quote_text
from app.registry import TYPES

SUMMED = (CasualtyOutcome.KILLED, CasualtyOutcome.WOUNDED, CasualtyOutcome.ABDUCTED, CasualtyOutcome.DETAINED)


class Rendering:
    """Renders a checked dossier. References are taken to hold."""

    def __init__(self, dossier: Dossier) -> None:
        self._dossier = dossier

    def __iter__(self) -> Iterator[tuple[str, Document]]:
        """Every record's resource and document."""
        renderers: dict[str, Callable[[Any], Document]] = {
            "articles": self._article,
            "places": self._place,
            "organizations": self._organization,
            "people": self._person,
            "incidents": self._incident,
            "casualties": self._casualty,
            "quotes": self._quote,
            "statements": self._statement,
        }
        for resource, render in renderers.items():
            for entry in self._dossier.records(resource).values():
                yield resource, render(entry)

    def _article(self, entry: Entry[ArticleSeed]) -> Document:
        seed = entry.seed
        return ArticleDocument(
            **_identity("articles", seed.id),
            title=seed.title,
            authors=seed.authors,
            publishers=seed.publishers,
            published=seed.published.isoformat(),
            language=seed.language,
            link=seed.url,
            rights=seed.rights,
            note=seed.note,
            paragraphs=[
                ParagraphDocument(number=number, **paragraph.model_dump())
                for number, paragraph in enumerate(seed.paragraphs, 1)
            ],
            evidence=[],
        )

    def _place(self, entry: Entry[PlaceSeed]) -> Document:
        seed, point = entry.seed, entry.seed.coordinate
        coordinate = None
        if point is not None:
            coordinate = CoordinateDocument(precision=point.precision, radius_m=point.radius_m, source=point.source)
        return PlaceDocument(
            **_identity("places", seed.id),
            **self._rests(entry),
            name=seed.name,
            named=seed.named,
            kind=seed.kind,
            aliases=_aliases(seed.aliases),
            parents=[
                ContainerDocument(id=parent.id, name=self._dossier.places[parent.id].seed.name, basis=parent.basis)
                for parent in seed.parents
            ],
            latitude=point.latitude if point else None,
            longitude=point.longitude if point else None,
            coordinate=coordinate,
        )

    def _organization(self, entry: Entry[OrganizationSeed]) -> Document:
        seed, organizations = entry.seed, self._dossier.organizations
        return OrganizationDocument(
            **_identity("organizations", seed.id),
            **self._rests(entry),
            name=seed.name,
            kind=seed.kind,
            aliases=_aliases(seed.aliases),
            parents=[
                ContainerDocument(id=parent.id, name=organizations[parent.id].seed.name, basis=parent.basis)
                for parent in seed.parents
            ],
        )

    def _person(self, entry: Entry[PersonSeed]) -> Document:
        seed = entry.seed
        return PersonDocument(
            **_identity("people", seed.id),
            **self._rests(entry),
            name=seed.name,
            label=_label(seed),
            named=seed.name is not None,
            group_size=1 if seed.name else seed.group_size,
            roles=seed.roles,
            rank=seed.rank,
            age=seed.age,
            life_status=seed.life_status,
            anonymity=seed.anonymity,
            organizations=[
                AffiliationDocument(id=link.id, name=self._dossier.organizations[link.id].seed.name, role=link.role)
                for link in seed.organizations
            ],
            aliases=_aliases(seed.aliases),
        )

    def _incident(self, entry: Entry[IncidentSeed]) -> Document:
        seed, id_ = entry.seed, entry.seed.id
        claims = [self._claim(claim) for claim in self._claims_of.get(id_, [])]
        totals = {outcome: _total(outcome, claims) for outcome in SUMMED}
        location = self._location(seed.location)
        return IncidentDocument(
            **_identity("incidents", id_),
            **self._rests(entry),
            title=seed.title,
            summary=seed.summary,
            kind=seed.kind,
            also_kinds=seed.also_kinds,
            granularity=seed.granularity,
            date=_date(seed.date),
            location=location,
            places=[
                IncidentPlaceDocument(name=self._dossier.places[link.id].seed.name, **link.model_dump())
                for link in seed.places
            ],
            actors=[self._actor(link) for link in seed.actors],
            casualties=claims,
            totals=TotalsDocument(**totals),
            outcome=seed.outcome,
            contested=any(self._is_contested(statement) for statement in self._statements_about.get(id_, [])),
            parent=seed.parent,
            children=self._children.get(id_, []),
            related=seed.related,
            quotes=self._quotes_about.get(id_, []),
            statements=self._statements_about.get(id_, []),
        )

    def _casualty(self, entry: CasualtyEntry) -> Document:
        return CasualtyDocument(**self._claim(entry).model_dump())

    def _quote(self, entry: Entry[QuoteSeed]) -> Document:
        seed = entry.seed
        speaker = self._speaker(seed.speaker)
        return QuoteDocument(
            **_identity("quotes", seed.id),
            **self._rests(entry),
            article=str(entry.article),
            text=quote_text(seed),
            kind=seed.kind,
            spans=[QuoteSpanDocument(**span.at.model_dump(), exact=span.exact) for span in seed.spans],
            speaker=speaker,
            relayed_by=self._speaker(seed.relayed_by) if seed.relayed_by else None,
            told_to=self._party(seed.told_to) if seed.told_to else None,
            contains=self._contained.get(seed.id, []),
            contained_in=seed.contained_in,
            incidents=seed.incidents,
            places=seed.places,
            pull_quotes=[PullQuoteDocument(paragraph=span.at.paragraph) for span in seed.pull_quotes],
        )

    def _statement(self, entry: Entry[StatementSeed]) -> Document:
        seed = entry.seed
        by = self._party(seed.by) if seed.by else None
        return StatementDocument(
            **_identity("statements", seed.id),
            **self._rests(entry),
            article=str(entry.article),
            stance=seed.stance,
            by=by,
            gist=seed.gist,
            topic=seed.topic,
            date=_date(seed.date),
            about=[
                ReferenceDocument.model_validate({"type": TYPES[resource], "id": id_})
                for resource in ("incidents", "places", "people", "organizations")
                for id_ in getattr(seed.about, resource)
            ],
            contradicts=[
                ReferenceDocument(type="quote" if id_ in self._dossier.quotes else "statement", id=id_)
                for id_ in seed.contradicts
            ],
            contradicted_by=self._contradicted_by.get(seed.id, []),
            contested=self._is_contested(seed.id),
            told_to=self._party(seed.told_to) if seed.told_to else None,
        )

    def _claim(self, entry: CasualtyEntry) -> ClaimDocument:
        seed = entry.seed
        return ClaimDocument(
            **_identity("casualties", seed.id),
            **self._rests(entry),
            incident=entry.incident,
            group=seed.group,
            organization=seed.organization,
            people=seed.people,
            outcome=seed.outcome,
            low=seed.low,
            high=seed.high,
            claimed_by=self._party(seed.claimed_by) if seed.claimed_by else None,
            via=self._party(seed.via) if seed.via else None,
            basis=seed.basis,
            counted=seed.counted,
        )

    def _actor(self, link: ActorLink) -> ActorDocument:
        shared = link.model_dump(include={"role", "certainty", "note"})
        if link.id is None:
            return ActorDocument(type="unidentified", id=None, label=str(link.label), **shared)
        return ActorDocument(**self._party(link.id).model_dump(), **shared)

    def _party(self, id_: str) -> PartyDocument:
        if (person := self._dossier.people.get(id_)) is not None:
            return PartyDocument(type="person", id=id_, label=_label(person.seed))
        return PartyDocument(type="organization", id=id_, label=self._dossier.organizations[id_].seed.name)

    def _speaker(self, id_: str) -> SpeakerDocument:
        person = self._dossier.people.get(id_)
        anonymity = person.seed.anonymity if person else None
        return SpeakerDocument(**self._party(id_).model_dump(), named=anonymity is None, anonymity=anonymity)

    def _location(self, id_: str | None) -> LocationDocument | None:
        point = self._dossier.places[id_].seed.coordinate if id_ else None
        if id_ is None or point is None:
            return None
        return LocationDocument(
            id=id_, name=self._dossier.places[id_].seed.name, **point.model_dump(exclude={"source"})
        )

    def _is_contested(self, statement: str) -> bool:
        return bool(self._dossier.statements[statement].seed.contradicts) or statement in self._contradicted_by

    def _rests(self, entry: Entry[Any]) -> dict[str, Any]:
        return {"note": entry.seed.note, "evidence": [self._passage(*found) for found in self._spans(entry)]}

    def _spans(self, entry: Entry[Any]) -> Iterator[tuple[Span, EvidenceField, str]]:
        """The spans of a record, what they are for, and their article: first a quote's own words with their display
        copies, then its evidence, that which other articles add included."""
        if isinstance(entry.seed, QuoteSeed):
            for words in (*entry.seed.spans, *entry.seed.pull_quotes):
                yield words, EvidenceField.WORDS, words.article or str(entry.article)
        for span in entry.seed.evidence:
            yield span, span.field, span.article or str(entry.article)
        if isinstance(entry.seed, IncidentSeed):
            for extension in self._extensions.get(entry.seed.id, []):
                for span in extension.seed.evidence:
                    yield span, span.field, span.article or str(extension.article)

    def _passage(self, span: Span, field: EvidenceField, article: str) -> EvidenceDocument:
        fragment = Fragment(span.first, span.last, span.before, span.after)
        return EvidenceDocument(
            field=field,
            article=article,
            **span.at.model_dump(),
            sha256=span.sha256,
            url=f"{self._dossier.articles[article].seed.url}#:~:{fragment.directive()}",
        )

    @cached_property
    def _claims_of(self) -> dict[str, list[CasualtyEntry]]:
        return _grouped((entry.incident, entry) for entry in self._dossier.casualties.values())

    @cached_property
    def _extensions(self) -> dict[str, list[Entry[Any]]]:
        return _grouped((entry.seed.extends, entry) for entry in self._dossier.extensions)

    @cached_property
    def _children(self) -> dict[str, list[str]]:
        incidents = self._dossier.incidents.items()
        return _grouped((entry.seed.parent, id_) for id_, entry in incidents if entry.seed.parent)

    @cached_property
    def _contained(self) -> dict[str, list[str]]:
        quotes = self._dossier.quotes.items()
        return _grouped((entry.seed.contained_in, id_) for id_, entry in quotes if entry.seed.contained_in)

    @cached_property
    def _quotes_about(self) -> dict[str, list[str]]:
        return _grouped((about, id_) for id_, entry in self._dossier.quotes.items() for about in entry.seed.incidents)

    @cached_property
    def _statements_about(self) -> dict[str, list[str]]:
        statements = self._dossier.statements.items()
        return _grouped((about, id_) for id_, entry in statements for about in entry.seed.about.incidents)

    @cached_property
    def _contradicted_by(self) -> dict[str, list[str]]:
        statements = self._dossier.statements.items()
        return _grouped((other, id_) for id_, entry in statements for other in entry.seed.contradicts)


def _identity(resource: str, id_: str) -> dict[str, Any]:
    return {"id": id_, "type": TYPES[resource], "url": f"/v1/{resource}/{id_}"}


def _label(person: PersonSeed) -> str:
    return person.name or str(person.label)


def _aliases(aliases: list[Alias]) -> list[AliasDocument]:
    return [AliasDocument(name=alias.name, basis=alias.basis) for alias in aliases]


def _date(seed: DateSeed | None) -> DateDocument | None:
    if seed is None:
        return None
    bounds = days(seed)
    return DateDocument(
        edtf=seed.edtf,
        earliest=bounds.earliest.isoformat(),
        latest=bounds.latest.isoformat(),
        precision=precision(seed.edtf),
        approximate=approximate(seed.edtf),
        note=seed.note,
    )


def _total(outcome: CasualtyOutcome, claims: list[ClaimDocument]) -> Bounds | None:
    counted = [claim for claim in claims if claim.counted and claim.outcome is outcome]
    if not counted:
        return None
    highs = [claim.high for claim in counted if claim.high is not None]
    return Bounds(low=sum(claim.low or 0 for claim in counted), high=sum(highs) if len(highs) == len(counted) else None)


def _grouped(pairs: Any) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return dict(groups)
