"""The public shape of every record. Every key is always present; null means that the reporting does not say.

A document is made once, when a release is loaded, and stored as text. It holds no numbers derived from other records,
so that a change stays where it happened.
"""

import hashlib
from collections.abc import Iterable
from typing import Annotated, Any, Literal

import orjson
import rfc8785
from pydantic import BaseModel, ConfigDict, Field

from app.codebook import (
    ActorRole,
    Anonymity,
    Basis,
    CasualtyBasis,
    CasualtyGroup,
    CasualtyOutcome,
    Certainty,
    CoordinatePrecision,
    DatePrecision,
    EvidenceField,
    Granularity,
    IncidentKind,
    LifeStatus,
    OrganizationKind,
    ParagraphKind,
    PersonRole,
    PlaceKind,
    PlaceRole,
    QuoteKind,
    Stance,
    Topic,
)

Data = dict[str, Any]
"""A document, or a part of one, as it is written: keys in the order of its model, values of vocabularies as text."""

SHAPE = 1
"""Raised by one when a document's shape or a column's meaning changes; the next load then renders everything anew."""

PartyType = Literal["person", "organization"]
RecordType = Literal["article", "incident", "place", "person", "organization", "quote", "statement", "casualty"]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", json_schema_extra={"format": "date"})]


class Shape(BaseModel):
    # Every key is always present: the defaults are for a document that has not got the release's keys yet.
    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_serialization_defaults_required=True)


class EvidenceDocument(Shape):
    """A passage that the record rests on. Positions count Unicode code points within the paragraph."""

    field: EvidenceField = Field(description="What the passage is evidence for.")
    article: str
    paragraph: int = Field(description="1 is the first paragraph.")
    start: int
    end: int = Field(description="Position after the last character.")
    sha256: str = Field(
        description="SHA-256 of the passage's UTF-8 text, so that whoever holds the article can check it."
    )
    url: str = Field(description="Opens the published page at the passage (text fragment).")


class Identified(Shape):
    id: str = Field(description="Unique within its type and never reused.")
    type: str
    url: str = Field(description="Path of this record in the API.")


class Document(Identified):
    """What every record has. The last two keys come from the release and are not part of the record's digest."""

    version: int = Field(0, description="Counts the record's changes, from 1.")
    changed_in: int = Field(0, description="The release that changed it last.")


Note = Annotated[str | None, Field(description="What a reader should know about this record.")]
Passages = Annotated[list[EvidenceDocument], Field(description="The passages of the reporting that it rests on.")]


class DateDocument(Shape):
    """A date as precise as the reporting gives it: an EDTF string (ISO 8601-2) and the days that it may mean."""

    edtf: str
    earliest: Day | None = Field(description="First possible day.")
    latest: Day | None = Field(description="Last possible day.")
    precision: DatePrecision
    approximate: bool = Field(description="The date is uncertain or approximate (`?`, `~` or `%` in the EDTF string).")
    note: str | None


class AliasDocument(Shape):
    name: str
    basis: Basis = Field(description="`stated`: the article uses it; `editorial`: a common other spelling.")


class ContainerDocument(Shape):
    id: str
    name: str
    basis: Basis


class CoordinateDocument(Shape):
    """How a point stands for its place. Points never come from the article."""

    precision: CoordinatePrecision
    radius_m: int = Field(description="The place lies within this many metres of the point.")
    source: str


class PlaceDocument(Document):
    type: Literal["place"]
    name: str
    named: bool = Field(description="False when the reporting gives no name and `name` is a description.")
    kind: PlaceKind
    aliases: list[AliasDocument]
    parents: list[ContainerDocument] = Field(description="Places that contain this one.")
    latitude: float | None = Field(description="WGS 84; null where no point is known.")
    longitude: float | None
    coordinate: CoordinateDocument | None
    note: Note
    evidence: Passages


class OrganizationDocument(Document):
    type: Literal["organization"]
    name: str
    kind: OrganizationKind
    aliases: list[AliasDocument]
    parents: list[ContainerDocument] = Field(description="Organizations that this one is a part of.")
    note: Note
    evidence: Passages


class AffiliationDocument(Shape):
    id: str
    name: str
    role: str | None


class PersonDocument(Document):
    type: Literal["person"]
    name: str | None = Field(description="Null for the unnamed.")
    label: str = Field(description="What to print: the name, or a description of the unnamed.")
    named: bool
    group_size: int | None = Field(description="How many people the record stands for; null where that is open.")
    roles: list[PersonRole]
    rank: str | None
    age: int | None
    life_status: LifeStatus
    anonymity: Anonymity | None = Field(description="Null for the named.")
    organizations: list[AffiliationDocument]
    aliases: list[AliasDocument]
    note: Note
    evidence: Passages


class PartyDocument(Shape):
    type: PartyType
    id: str
    label: str


class ClaimDocument(Identified):
    """One claim about one harm, as it stands inside its incident."""

    type: Literal["casualty"]
    incident: str
    group: CasualtyGroup
    organization: str | None = Field(description="Whose people they were.")
    people: list[str]
    outcome: CasualtyOutcome
    low: int | None = Field(description="At least so many; null where the reporting gives no lower bound.")
    high: int | None = Field(description="At most so many; null where it is open.")
    claimed_by: PartyDocument | None = Field(description="Who says so; null is the article's own voice.")
    via: PartyDocument | None = Field(description="The person or channel that the claim came through.")
    basis: CasualtyBasis
    counted: bool = Field(description="Whether totals include it; where not, `note` says why.")
    note: Note
    evidence: Passages


class CasualtyDocument(ClaimDocument, Document):
    """One claim about one harm."""

    type: Literal["casualty"]


class LocationDocument(Shape):
    """The point that stands for the incident on a map."""

    id: str
    name: str
    latitude: float
    longitude: float
    precision: CoordinatePrecision
    radius_m: int


class IncidentPlaceDocument(Shape):
    id: str
    name: str
    role: PlaceRole
    certainty: Certainty
    note: str | None


class ActorDocument(Shape):
    type: Literal["person", "organization", "unidentified"]
    id: str | None = Field(description="Null for the unidentified.")
    label: str
    role: ActorRole
    certainty: Certainty
    note: str | None


class Bounds(Shape):
    """The sum of the counted claims: a missing lower bound adds 0, an open upper bound leaves the sum open."""

    low: int
    high: int | None = Field(description="Null: open.")


class TotalsDocument(Shape):
    """Null where the reporting says nothing of that harm. A parent's totals do not include its children's."""

    killed: Bounds | None
    wounded: Bounds | None
    abducted: Bounds | None
    detained: Bounds | None


class IncidentDocument(Document):
    type: Literal["incident"]
    title: str
    summary: str
    kind: IncidentKind
    also_kinds: list[IncidentKind]
    granularity: Granularity
    date: DateDocument | None
    location: LocationDocument | None = Field(description="Null where no scene or target has a known point.")
    places: list[IncidentPlaceDocument]
    actors: list[ActorDocument]
    casualties: list[ClaimDocument] = Field(description="Every claim about who was harmed.")
    totals: TotalsDocument
    outcome: str | None
    contested: bool = Field(description="Whether a statement about it stands against another.")
    parent: str | None = Field(description="The operation that it was a part of.")
    children: list[str]
    related: list[str]
    quotes: list[str]
    statements: list[str]
    note: Note
    evidence: Passages


class QuoteSpanDocument(Shape):
    paragraph: int
    start: int
    end: int
    exact: str = Field(description="The words as printed, quotation marks included.")


class SpeakerDocument(PartyDocument):
    named: bool
    anonymity: Anonymity | None


class PullQuoteDocument(Shape):
    paragraph: int


class QuoteDocument(Document):
    """One utterance, with its text put together from its spans."""

    type: Literal["quote"]
    article: str
    text: str
    kind: QuoteKind
    spans: list[QuoteSpanDocument]
    speaker: SpeakerDocument
    relayed_by: SpeakerDocument | None = Field(description="Who repeated the words, where they are second-hand.")
    told_to: PartyDocument | None
    contains: list[str] = Field(description="Quotes inside this one.")
    contained_in: str | None
    incidents: list[str]
    places: list[str]
    pull_quotes: list[PullQuoteDocument] = Field(description="Display copies of the words.")
    note: Note
    evidence: Passages


class ReferenceDocument(Shape):
    type: Literal["incident", "place", "person", "organization", "quote", "statement"]
    id: str


class StatementDocument(Document):
    """Indirect speech or a position. The gist is in our own words."""

    type: Literal["statement"]
    article: str
    stance: Stance
    by: PartyDocument | None = Field(description="Null is the article's own voice.")
    gist: str
    topic: Topic | None
    date: DateDocument | None = Field(description="The time that the statement is about.")
    about: list[ReferenceDocument]
    contradicts: list[ReferenceDocument]
    contradicted_by: list[str] = Field(description="Statements that stand against this one.")
    contested: bool = Field(description="Whether it stands against another or another against it.")
    told_to: PartyDocument | None
    note: Note
    evidence: Passages


class ParagraphDocument(Shape):
    number: int
    kind: ParagraphKind
    length: int = Field(description="In Unicode code points.")
    sha256: str


class ArticleDocument(Document):
    """An article that records rest on. Its text is not in this service."""

    type: Literal["article"]
    title: str
    authors: list[str]
    publishers: list[str]
    published: Day
    language: str
    link: str = Field(description="The published page.")
    rights: str
    note: str | None
    paragraphs: list[ParagraphDocument]
    evidence: list[EvidenceDocument] = Field(description="Always empty: an article is what evidence points at.")


DOCUMENTS: dict[str, type[Document]] = {
    "articles": ArticleDocument,
    "incidents": IncidentDocument,
    "places": PlaceDocument,
    "people": PersonDocument,
    "organizations": OrganizationDocument,
    "quotes": QuoteDocument,
    "statements": StatementDocument,
    "casualties": CasualtyDocument,
}
"""The document of each resource."""


def check(resource: str, data: Data) -> None:
    """Raises ValidationError for a document that is not, key by key, what its model says."""
    DOCUMENTS[resource].model_validate_json(body(data), strict=True)


def digest(data: Data) -> str:
    """SHA-256 of a document's data in canonical JSON (RFC 8785), in hex."""
    return hashlib.sha256(canonical(data)).hexdigest()


def canonical(data: Data) -> bytes:
    """A document's data in canonical JSON (RFC 8785), as the library `rfc8785` writes it, only faster.

    orjson writes texts, whole numbers and keys of ASCII as the RFC has them. Of other numbers, which stand nowhere
    but in the points of places and incidents, it writes some in another way.
    """
    location = data.get("location")
    point = {key: data[key] for key in _POINT if isinstance(data.get(key), float)}
    its_point = {key: location[key] for key in _POINT} if isinstance(location, dict) else {}
    if not all(_MILDEST <= abs(number) for number in (*point.values(), *its_point.values())):
        return rfc8785.dumps(data)
    plain = {**data, **{key: _whole(number) for key, number in point.items()}}
    if isinstance(location, dict):
        plain["location"] = {**location, **{key: _whole(number) for key, number in its_point.items()}}
    return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)


_POINT = ("latitude", "longitude")
_MILDEST = 0.0001
"""Smaller numbers are written with an exponent; larger ones than 10^16, too, but no place lies there."""


def _whole(number: float) -> float | int:
    """60.0 is written 60."""
    return int(number) if number.is_integer() else number


def body(data: Data) -> str:
    """A document's data as it is kept and served, without the release's keys: compact JSON, not escaped."""
    return orjson.dumps(data).decode()


def finished(body: str, version: int, changed_in: int) -> str:
    """A document's body with the release's keys at its end."""
    return f'{body[:-1]},"version":{version},"changed_in":{changed_in}}}'


def release_digest(records: Iterable[tuple[str, str, str]]) -> str:
    """SHA-256 of the sorted `type/id digest` lines joined by newlines, in hex, from (type, id, digest)."""
    return digest_of_lines(sorted(f"{kind}/{name} {digest}" for kind, name, digest in records))


def digest_of_lines(lines: Iterable[str]) -> str:
    """SHA-256 of sorted lines joined by newlines, in hex."""
    found = hashlib.sha256()
    for number, line in enumerate(lines):
        found.update(f"\n{line}".encode() if number else line.encode())
    return found.hexdigest()
