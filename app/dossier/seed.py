"""The records of the seed files, as people write and review them. Unknown keys are errors; a key left out means
that the reporting does not say.

YAML scalars arrive as text and are converted here, so `no` and `2019-04` never become something else.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    StringConstraints,
    Tag,
    model_validator,
)

from app.codebook import (
    ActorRole,
    Anonymity,
    Basis,
    CasualtyBasis,
    CasualtyGroup,
    CasualtyOutcome,
    Certainty,
    CoordinatePrecision,
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

_SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
_LINE = r"^[^\x00-\x1f\x7f]+$"
_PROSE = r"^[^\x00-\x08\x0b-\x1f\x7f]+$"
_DIGEST = r"^[0-9a-f]{64}$"
_LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$"
_URL = r"^https://[^\s#\x00-\x1f\x7f]+$"
PATTERNS = {
    _SLUG: "an id is written in small letters a to z, digits and single hyphens between them",
    _LINE: "this is one line of text, without line breaks and control characters",
    _PROSE: "this is text without control characters",
    _DIGEST: "a SHA-256 is written as 64 small hexadecimal digits; `dateline anchor` prints it",
    _LANGUAGE: "a language is written as its BCP 47 tag, for example en",
    _URL: "this is the published page's address: https://… without a fragment",
}
"""What each pattern asks for."""

AT = re.compile(r"([0-9]{1,6}):([0-9]{1,7})-([0-9]{1,7})")
MOST_WORDS = 6
"""So many words of the reporting may stand for a date."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WHOLE = re.compile(r"[0-9]{1,15}")


def _day(value: Any) -> Any:
    if not isinstance(value, date) and not (isinstance(value, str) and _DAY.fullmatch(value)):
        raise ValueError("a day is written year-month-day, for example 2019-04-19")
    return value


def _whole(value: Any) -> Any:
    if not (isinstance(value, str) and _WHOLE.fullmatch(value)) and type(value) is not int:
        raise ValueError("this is a whole number, written in digits")
    return value


def _once(values: list[Any]) -> list[Any]:
    for value in values:
        if values.count(value) > 1:
            raise ValueError(f"'{value}' stands here twice")
    return values


Slug = Annotated[str, StringConstraints(pattern=_SLUG, max_length=100)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=_LINE)]
Prose = Annotated[str, StringConstraints(min_length=1, max_length=5000, pattern=_PROSE)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_LINE)]
Digest = Annotated[str, StringConstraints(pattern=_DIGEST)]
Day = Annotated[date, BeforeValidator(_day)]
Whole = Annotated[int, BeforeValidator(_whole)]
Count = Annotated[Whole, Field(ge=0, le=10_000_000)]


class Record(BaseModel):
    # Values of a vocabulary are kept as plain text: they are written and compared, not computed with.
    model_config = ConfigDict(extra="forbid", frozen=True, use_enum_values=True)


class At(NamedTuple):
    """Where a span stands, written `paragraph:start-end`."""

    paragraph: int
    start: int
    end: int


def _parse_at(value: Any) -> At:
    match = AT.fullmatch(value) if isinstance(value, str) else None
    at = At(*map(int, match.groups())) if match else None
    if at is None or at.start >= at.end:
        raise ValueError("a span is written paragraph:start-end, for example 8:121-130, with start before end")
    if at.paragraph < 1:
        raise ValueError("the first paragraph is 1")
    return at


class Span(Record):
    """A passage: position, SHA-256 of its text, and the words that lead a browser to it.

    `first` and `last` are at most two words each; `before` and `after` stand directly around the passage and are
    given only where the words occur elsewhere too. `article` may be left out in an article's own folder.
    """

    at: Annotated[At, PlainValidator(_parse_at)]
    sha256: Digest
    first: Words
    last: Words | None = None
    before: Words | None = None
    after: Words | None = None
    article: Slug | None = None


class EvidenceSeed(Span):
    field: EvidenceField


class Removed(Record):
    """Why a record was withdrawn and, after a merge, which id of the same type took over."""

    reason: Line
    successor: Slug | None = None


class Tombstone(Record):
    """A record that was withdrawn. It stays in the file, so that its address keeps answering with the reason."""

    id: Slug
    removed: Removed


class Rests(Record):
    """What every record of the data shares."""

    id: Slug
    note: Prose | None = None
    evidence: Annotated[list[EvidenceSeed], Field(min_length=1)]


def _few(words: str) -> str:
    if len(words.split()) > MOST_WORDS:
        raise ValueError(f"at most {MOST_WORDS} words of the reporting stand here, not {len(words.split())}")
    return words


class LimitsSeed(Record):
    """What filters and sorts take an open end of a date for. It is no bound of the date."""

    earliest: Day | None = None
    latest: Day | None = None
    reason: Line

    @model_validator(mode="after")
    def _some(self) -> "LimitsSeed":
        if self.earliest is None and self.latest is None:
            raise ValueError("give 'earliest' or 'latest', whichever end is open")
        return self


class DateSeed(Record):
    """An EDTF date, which alone says what is possible, and the reporting's own words for it, where there are any."""

    edtf: Line
    as_stated: Annotated[Line, AfterValidator(_few)] | None = None
    note: Line | None = None
    assumed: LimitsSeed | None = None


class Alias(Record):
    name: Line
    basis: Basis = Field(Basis.STATED, validate_default=True)


class Parent(Record):
    id: Slug
    basis: Basis = Field(Basis.STATED, validate_default=True)


class CoordinateSeed(Record):
    """A WGS 84 point that stands for the place within `radius_m` metres. It never comes from the article."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    precision: CoordinatePrecision
    radius_m: Annotated[Whole, Field(ge=0, le=5_000_000)]
    source: Line


class PlaceSeed(Rests):
    """`named` is false when `name` is a description in our own words. `parents` contain the place."""

    name: Line
    named: bool
    kind: PlaceKind
    aliases: list[Alias] = Field(default_factory=list)
    parents: list[Parent] = Field(default_factory=list)
    coordinate: CoordinateSeed | None = None


class OrganizationSeed(Rests):
    name: Line
    kind: OrganizationKind
    aliases: list[Alias] = Field(default_factory=list)
    parents: list[Parent] = Field(default_factory=list)


class AffiliationSeed(Record):
    """`role` is what the reporting calls the person there, if it does."""

    id: Slug
    role: Line | None = None


class PersonSeed(Rests):
    """A person, or people spoken of together. `name` is left out for the unnamed; `label` is what to print then."""

    name: Line | None = None
    label: Line | None = None
    group_size: Annotated[Whole, Field(ge=1, le=10_000_000)] | None = None
    roles: Annotated[list[PersonRole], Field(min_length=1), AfterValidator(_once)]
    rank: Line | None = None
    age: Annotated[Whole, Field(ge=0, le=150)] | None = None
    life_status: LifeStatus
    anonymity: Anonymity | None = None
    organizations: list[AffiliationSeed] = Field(default_factory=list)
    aliases: list[Alias] = Field(default_factory=list)

    @model_validator(mode="after")
    def _named_or_labelled(self) -> "PersonSeed":
        if self.name is None and (self.label is None or self.anonymity is None):
            raise ValueError("a person without a name needs a label and an anonymity")
        if self.name is not None and (self.anonymity is not None or self.label is not None):
            raise ValueError("a named person has neither anonymity nor label")
        return self


class PlaceLink(Record):
    id: Slug
    role: PlaceRole
    certainty: Certainty
    note: Line | None = None


class ActorLink(Record):
    """A person or organization by `id`, or a `label` for an actor whom the reporting does not identify."""

    id: Slug | None = None
    label: Line | None = None
    role: ActorRole
    certainty: Certainty
    note: Line | None = None

    @model_validator(mode="after")
    def _id_or_label(self) -> "ActorLink":
        if (self.id is None) == (self.label is None):
            raise ValueError("an actor has either an id or, when unidentified, a label")
        return self


class CasualtySeed(Rests):
    """One claim. Without `claimed_by` it is the article's own voice; both bounds left out: harm without a number."""

    group: CasualtyGroup
    organization: Slug | None = None
    people: list[Slug] = Field(default_factory=list)
    outcome: CasualtyOutcome
    low: Count | None = None
    high: Count | None = None
    claimed_by: Slug | None = None
    via: Slug | None = None
    basis: CasualtyBasis
    counted: bool = True

    @model_validator(mode="after")
    def _ordered(self) -> "CasualtySeed":
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("low is above high")
        if not self.counted and self.note is None:
            raise ValueError("a claim that is not counted needs a note saying why")
        return self


def _claim_or_tombstone(value: Any) -> str:
    return "tombstone" if isinstance(value, Tombstone) or isinstance(value, dict) and "removed" in value else "claim"


Claim = Annotated[
    Annotated[CasualtySeed, Tag("claim")] | Annotated[Tombstone, Tag("tombstone")],
    Discriminator(_claim_or_tombstone),
]


class IncidentSeed(Rests):
    """`location` is the id of the scene or target place whose point stands for the incident on a map."""

    title: Line
    summary: Prose
    kind: IncidentKind
    also_kinds: Annotated[list[IncidentKind], AfterValidator(_once)] = Field(default_factory=list)
    granularity: Granularity
    date: DateSeed | None = None
    location: Slug | None = None
    places: list[PlaceLink] = Field(default_factory=list)
    actors: list[ActorLink] = Field(default_factory=list)
    outcome: Line | None = None
    parent: Slug | None = None
    related: list[Slug] = Field(default_factory=list)
    casualties: list[Claim] = Field(default_factory=list)


class IncidentExtension(Record):
    """Evidence and claims that another article adds to an incident which is reported already."""

    extends: Slug
    evidence: Annotated[list[EvidenceSeed], Field(min_length=1)]
    casualties: list[Claim] = Field(default_factory=list)


class QuotedSpan(Span):
    """A span with the quoted words exactly as printed, quotation marks included."""

    exact: Prose


class QuoteSeed(Rests):
    """One utterance. Its text is computed from its spans, never typed. Pull quotes are display copies of it."""

    kind: QuoteKind
    spans: Annotated[list[QuotedSpan], Field(min_length=1)]
    speaker: Slug
    relayed_by: Slug | None = None
    told_to: Slug | None = None
    contained_in: Slug | None = None
    incidents: list[Slug] = Field(default_factory=list)
    places: list[Slug] = Field(default_factory=list)
    pull_quotes: list[Span] = Field(default_factory=list)


class About(Record):
    """What a statement is about."""

    incidents: list[Slug] = Field(default_factory=list)
    places: list[Slug] = Field(default_factory=list)
    people: list[Slug] = Field(default_factory=list)
    organizations: list[Slug] = Field(default_factory=list)


class StatementSeed(Rests):
    """Indirect speech or a position. Without `by` it is the article's own voice; `gist` is in our own words."""

    stance: Stance
    by: Slug | None = None
    gist: Line
    topic: Topic | None = None
    date: DateSeed | None = None
    about: About = About()
    contradicts: list[Slug] = Field(default_factory=list)
    told_to: Slug | None = None


class ParagraphSeed(Record):
    """A paragraph of the article: how long it is and the SHA-256 of its text, which stays with the publisher."""

    kind: ParagraphKind
    length: Annotated[Whole, Field(ge=1)]
    sha256: Digest


class ArticleSeed(Record):
    id: Slug
    title: Line
    authors: Annotated[list[Line], Field(min_length=1)]
    publishers: Annotated[list[Line], Field(min_length=1)]
    published: Day
    language: Annotated[str, StringConstraints(pattern=_LANGUAGE)]
    url: Annotated[str, StringConstraints(pattern=_URL, max_length=1000)]
    rights: Line
    note: Prose | None = None
    paragraphs: Annotated[list[ParagraphSeed], Field(min_length=1)]


def _keys(model: type[Record]) -> Iterator[str]:
    yield from model.model_fields
    for kind in model.__subclasses__():
        yield from _keys(kind)


KEYS = sorted(set(_keys(Record)))
"""Every key that stands in seed files."""
