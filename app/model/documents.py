"""The public shape of every record. Every key is always present; null means that the reporting does not say.

A document is made once, when a release is loaded, and stored as text. It holds no counts of other records, so that a
change stays where it happened; only what an operation's parts add to its totals changes the operation with them.
"""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from app.model.codebook import (
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
    meanings,
)
from app.model.digests import Data, serialize

SHAPE = 4
"""Raised by one when a document's shape, a column's meaning or the making of terms (`terms`, `stems`) changes; the next
load then renders everything anew."""

PartyType = Literal["person", "organization"]
RecordType = Literal["article", "incident", "place", "person", "organization", "quote", "statement", "casualty"]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", json_schema_extra={"format": "date"})]


class FrozenModel(BaseModel):
    # Every key is always present: the defaults are for a document that has not got the release's keys yet.
    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_serialization_defaults_required=True)


class EvidenceDocument(FrozenModel):
    """A passage that the record rests on. Positions count Unicode code points within the paragraph."""

    field: EvidenceField = Field(description="What the passage is evidence for.")
    article: str = Field(description="The article that it stands in.")
    paragraph: int = Field(description="The paragraph's number; 1 is the first.")
    start: int = Field(description="Position of the first character.")
    end: int = Field(description="Position after the last character.")
    sha256: str = Field(
        description="SHA-256 of the passage's UTF-8 text, so that whoever holds the article can check it."
    )
    url: str = Field(description="Opens the published page at the passage (text fragment).")


class Identified(FrozenModel):
    id: str = Field(description="Unique within its type and never reused.")
    type: str = Field(description="What sort of record it is.")
    url: str = Field(
        description="Where this record stands in the API: its path, in CSV, GeoJSON and `/ogc` its address."
    )


class Document(Identified):
    """What every record has. The last two keys come from the release and are not part of the record's digest."""

    version: int = Field(0, description="Counts the record's changes, from 1.")
    changed_in: int = Field(0, description="The release that changed it last.")


Note = Annotated[str | None, Field(description="What a reader should know about this record.")]
Passages = Annotated[list[EvidenceDocument], Field(description="The passages of the reporting that it rests on.")]


class DateDocument(FrozenModel):
    """A date as precise as the reporting gives it: an EDTF string (ISO 8601-2) and the bounds of the days that it may
    mean, which are always those of the string. Take them from here: libraries for EDTF differ (npm `edtf` 4.11.1 has
    another spring, and takes the start of `[a..b]` for its last day)."""

    edtf: str = Field(description="As precise as the reporting: an EDTF string (ISO 8601-2).")
    as_stated: str | None = Field(description="The reporting's own words for the date, at most six.")
    earliest: Day | None = Field(description="First possible day; null where the beginning is open or unknown.")
    latest: Day | None = Field(description="Last possible day; null where the end is open or unknown.")
    precision: DatePrecision = Field(description="How precise it is.")
    approximate: bool = Field(
        description="Whether it is uncertain, approximate or estimated (`?`, `~`, `%` or `S` in the EDTF string)."
    )
    note: str | None = Field(description="What a reader should know about the date.")


class AliasDocument(FrozenModel):
    name: str = Field(description="Another name or spelling.")
    basis: Basis = Field(description="`stated`: the article uses it; `editorial`: a common other spelling.")


class ContainerDocument(FrozenModel):
    id: str = Field(description="Its id.")
    name: str = Field(description="Its name.")
    basis: Basis = Field(description="Whether the reporting says so.")


class CoordinateDocument(FrozenModel):
    """How a point stands for its place. Points never come from the article."""

    precision: CoordinatePrecision = Field(description="How closely the point stands for the place.")
    radius_m: int = Field(description="The place lies within this many metres of the point.")
    source: str = Field(description="Where the point comes from; never the article.")


class PlaceDocument(Document):
    type: Literal["place"]
    name: str = Field(description="The name, or a description of a place that the reporting does not name.")
    named: bool = Field(description="Whether the reporting names it.")
    kind: PlaceKind = Field(description="What sort of place it is.")
    aliases: list[AliasDocument] = Field(description="Other names.")
    parents: list[ContainerDocument] = Field(description="Places that contain this one.")
    latitude: float | None = Field(description="Degrees north (WGS 84); null where no point is known.")
    longitude: float | None = Field(description="Degrees east (WGS 84); null where no point is known.")
    coordinate: CoordinateDocument | None = Field(description="The known point; null where there is none.")
    note: Note
    evidence: Passages


class OrganizationDocument(Document):
    type: Literal["organization"]
    name: str = Field(description="The name.")
    kind: OrganizationKind = Field(description="What sort of organization it is.")
    aliases: list[AliasDocument] = Field(description="Other names.")
    parents: list[ContainerDocument] = Field(description="Organizations that this one is a part of.")
    note: Note
    evidence: Passages


class AffiliationDocument(FrozenModel):
    id: str = Field(description="Its id.")
    name: str = Field(description="Its name.")
    role: str | None = Field(description="What the reporting calls the person there.")


class PersonDocument(Document):
    type: Literal["person"]
    name: str | None = Field(description="The name; null for the unnamed.")
    label: str = Field(description="What to print: the name, or a description of the unnamed.")
    named: bool = Field(description="Whether the reporting names them.")
    group_size: int | None = Field(description="How many people the record stands for; null where that is open.")
    roles: list[PersonRole] = Field(description="What they are to the reporting.")
    rank: str | None = Field(description="As the reporting gives it.")
    age: int | None = Field(description="In years, as the reporting gives it.")
    life_status: LifeStatus = Field(description="What the reporting says of their life.")
    anonymity: Anonymity | None = Field(description="How the unnamed appear; null for the named.")
    organizations: list[AffiliationDocument] = Field(description="The organizations that they belong to.")
    aliases: list[AliasDocument] = Field(description="Other names.")
    note: Note
    evidence: Passages


class PartyDocument(FrozenModel):
    type: PartyType = Field(description="Whether it is a person or an organization.")
    id: str = Field(description="Their id.")
    label: str = Field(description="Their name or description.")


class ClaimDocument(Identified):
    """One claim about one harm, as it stands inside its incident."""

    type: Literal["casualty"]
    incident: str = Field(description="The incident that the claim is about.")
    group: CasualtyGroup = Field(description="Whom the claim counts.")
    organization: str | None = Field(description="Whose people they were.")
    people: list[str] = Field(description="Those of the people counted who have a record.")
    outcome: CasualtyOutcome = Field(description="What happened to them.")
    low: int | None = Field(description="At least so many; null where the reporting gives no lower bound.")
    high: int | None = Field(description="At most so many; null where it is open.")
    claimed_by: PartyDocument | None = Field(description="Who says so; null is the article's own voice.")
    via: PartyDocument | None = Field(
        description="The person or channel that the claim came through; null where there is none."
    )
    basis: CasualtyBasis = Field(description="On what the figure rests.")
    counted: bool = Field(description="Whether totals include it; where not, `note` says why.")
    note: Note
    evidence: Passages


class CasualtyDocument(ClaimDocument, Document):
    """One claim about one harm."""

    type: Literal["casualty"]


class LocationDocument(FrozenModel):
    """The point that stands for the incident on a map."""

    id: str = Field(description="The place's id.")
    name: str = Field(description="The place's name.")
    latitude: float = Field(description="Degrees north (WGS 84).")
    longitude: float = Field(description="Degrees east (WGS 84).")
    precision: CoordinatePrecision = Field(description="How closely the point stands for the place.")
    radius_m: int = Field(description="The place lies within this many metres of the point.")


class IncidentPlaceDocument(FrozenModel):
    id: str = Field(description="The place's id.")
    name: str = Field(description="The place's name.")
    role: PlaceRole = Field(description="What the place is to the incident.")
    certainty: Certainty = Field(description="How firmly the reporting ties the place to the incident.")
    note: str | None = Field(description="What a reader should know about the tie.")


class ActorDocument(FrozenModel):
    type: Literal["person", "organization", "unidentified"] = Field(
        description="Whether it is a person, an organization, or nobody whom the reporting identifies."
    )
    id: str | None = Field(description="Their id; null for the unidentified.")
    label: str = Field(description="Their name or description.")
    role: ActorRole = Field(description="What they are to the incident.")
    certainty: Certainty = Field(description="How firmly the reporting ties them to the incident.")
    note: str | None = Field(description="What a reader should know about the tie.")


class Bounds(FrozenModel):
    """The sum of the counted claims: a missing lower bound adds 0, an open upper bound leaves the sum open."""

    low: int = Field(description="At least so many.")
    high: int | None = Field(description="At most so many; null: open.")


class TotalDocument(FrozenModel):
    """The sum of the counted claims about an incident itself, and what its parts add to it."""

    low: int | None = Field(description="At least so many; null where no counted claim is about the incident itself.")
    high: int | None = Field(description="At most so many; null where that is open, and where `low` is null.")
    parts: Bounds | None = Field(
        description=(
            "What its parts on all levels add, which the two figures beside it leave out; null where no counted claim "
            "is about a part."
        )
    )


if TYPE_CHECKING:

    class TotalsDocument(FrozenModel):
        """By outcome; null where the reporting says nothing of it, neither here nor in the incident's parts."""

else:
    TotalsDocument = create_model(
        "TotalsDocument",
        __base__=FrozenModel,
        __module__=__name__,
        __doc__="By outcome; null where the reporting says nothing of it, neither here nor in the incident's parts.",
        **{
            outcome: (TotalDocument | None, Field(description=f"`{outcome}`: {meaning}."))
            for outcome, meaning in meanings(CasualtyOutcome)[1].items()
        },
    )


class IncidentDocument(Document):
    type: Literal["incident"]
    title: str = Field(description="What happened, in a few words of our own.")
    summary: str = Field(description="What happened, in our own words.")
    kind: IncidentKind = Field(description="The main kind.")
    also_kinds: list[IncidentKind] = Field(description="Further kinds.")
    granularity: Granularity = Field(description="One event, a series of them, or planned.")
    date: DateDocument | None = Field(description="When it happened; null where that is not stated.")
    location: LocationDocument | None = Field(
        description="The place whose point stands for it on a map; null where no scene or target has a known point."
    )
    places: list[IncidentPlaceDocument] = Field(description="The places of the incident.")
    actors: list[ActorDocument] = Field(description="Who did it, suffered it, saw it or was otherwise a part of it.")
    casualties: list[ClaimDocument] = Field(description="Every claim about who was harmed.")
    totals: TotalsDocument = Field(description="Sums of the counted claims about it.")
    outcome: str | None = Field(description="What came of it.")
    contested: bool = Field(description="Whether a statement about it stands against another.")
    parent: str | None = Field(description="The operation that it was a part of.")
    children: list[str] = Field(description="The incidents that were a part of it.")
    related: list[str] = Field(description="Incidents that belong together with it; each of them names the others.")
    quotes: list[str] = Field(description="Quotes about it.")
    statements: list[str] = Field(description="Statements about it.")
    note: Note
    evidence: Passages


class QuoteSpanDocument(FrozenModel):
    paragraph: int = Field(description="The paragraph's number in the quote's article.")
    start: int = Field(description="Position of the first character.")
    end: int = Field(description="Position after the last character.")
    exact: str = Field(description="The words as printed, quotation marks included.")


class SpeakerDocument(PartyDocument):
    named: bool = Field(description="Whether the reporting names them.")
    anonymity: Anonymity | None = Field(description="How the unnamed appear; null for the named.")


class PullQuoteDocument(FrozenModel):
    paragraph: int = Field(description="The paragraph's number in the quote's article.")


class QuoteDocument(Document):
    """One utterance, with its text put together from its spans."""

    type: Literal["quote"]
    article: str = Field(description="The article that it stands in.")
    text: str = Field(description="The words, put together from their spans.")
    kind: QuoteKind = Field(description="How the words are quoted.")
    spans: list[QuoteSpanDocument] = Field(description="The passages that it is put together from.")
    speaker: SpeakerDocument = Field(description="Whose words they are.")
    relayed_by: SpeakerDocument | None = Field(description="Who repeated the words; null where they are first-hand.")
    told_to: PartyDocument | None = Field(description="Whom they were told to; null where that is not stated.")
    contains: list[str] = Field(description="Quotes inside this one.")
    contained_in: str | None = Field(description="The quote around this one.")
    incidents: list[str] = Field(description="Incidents that it is about.")
    places: list[str] = Field(description="Places that it is about.")
    pull_quotes: list[PullQuoteDocument] = Field(description="Where the article displays the words a second time.")
    note: Note
    evidence: Passages


class ReferenceDocument(FrozenModel):
    type: Literal["incident", "place", "person", "organization", "quote", "statement"] = Field(
        description="What sort of record it is."
    )
    id: str = Field(description="Its id.")


class StatementDocument(Document):
    """Indirect speech or a position. The gist is in our own words."""

    type: Literal["statement"]
    article: str = Field(description="The article that it stands in.")
    stance: Stance = Field(description="What the speaker does with it.")
    by: PartyDocument | None = Field(description="Who says so; null is the article's own voice.")
    gist: str = Field(description="What is said, in our own words.")
    topic: Topic | None = Field(description="The subject of general statements.")
    date: DateDocument | None = Field(description="The time that it is about; null where none is given.")
    about: list[ReferenceDocument] = Field(description="What it is about.")
    contradicts: list[ReferenceDocument] = Field(description="What it stands against.")
    contradicted_by: list[str] = Field(description="Statements that stand against this one.")
    contested: bool = Field(description="Whether it stands against another or another against it.")
    told_to: PartyDocument | None = Field(description="Whom it was told to; null where that is not stated.")
    note: Note
    evidence: Passages


class ParagraphDocument(FrozenModel):
    number: int = Field(description="1 is the first paragraph.")
    kind: ParagraphKind = Field(description="What sort of paragraph it is.")
    length: int = Field(description="In Unicode code points.")
    sha256: str = Field(description="SHA-256 of its UTF-8 text.")


class ArticleDocument(Document):
    """An article that records rest on. Its text is not in this service."""

    type: Literal["article"]
    title: str = Field(description="As published.")
    authors: list[str] = Field(description="Who wrote it.")
    publishers: list[str] = Field(description="Who published it.")
    published: Day = Field(description="The day of publication.")
    language: str = Field(description="Its language, as a tag (BCP 47).")
    link: str = Field(description="The published page.")
    rights: str = Field(description="Whom the text and the quoted words belong to.")
    note: Note
    paragraphs: list[ParagraphDocument] = Field(description="Its paragraphs.")
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
    DOCUMENTS[resource].model_validate_json(serialize(data), strict=True)
