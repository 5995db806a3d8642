"""Pydantic models of the records in seed files.

Unknown keys are errors; a key left out means that the reporting does not say. YAML scalars arrive as text and are
converted here, so `no` and `2019-04` never become something else.
"""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
)

from app.ingest.scalars import LANGUAGE, NAME_LANGUAGE, URL, Count, Day, Digest, Line, Prose, Slug, Whole, unique
from app.ingest.seed_base import ConstrainedRecord, EvidenceSeed, Record, SourcedRecord, Span, Tombstone, Violation
from app.model.codebook import (
    ActorRole,
    Anonymity,
    Basis,
    CasualtyBasis,
    CasualtyGroup,
    CasualtyOutcome,
    Certainty,
    CoordinatePrecision,
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

MAX_AS_STATED_WORDS = 6
"""Words of the reporting that `as_stated` may quote."""


def _limit_words(words: str) -> str:
    if len(words.split()) > MAX_AS_STATED_WORDS:
        raise ValueError(f"at most {MAX_AS_STATED_WORDS} words of the reporting stand here, not {len(words.split())}")
    return words


class LimitsSeed(ConstrainedRecord):
    """Limits that filters and sorts use for an open end of a date. They are not bounds of the date."""

    earliest: Day | None = None
    latest: Day | None = None
    reason: Line

    def violations(self) -> Iterator[Violation]:
        """Yields a violation for limits without an end."""
        if self.earliest is None and self.latest is None:
            yield Violation(
                ("earliest", "latest"), "give 'earliest' or 'latest', whichever end is open", at_field=False
            )


class DateSeed(Record):
    """An EDTF date, which alone says what is possible, and the reporting's own words for it, where there are any."""

    edtf: Line
    as_stated: Annotated[Line, AfterValidator(_limit_words)] | None = None
    note: Line | None = None
    assumed: LimitsSeed | None = None


class Alias(Record):
    """Another name of a record."""

    name: Line
    basis: Basis = Field(Basis.STATED, validate_default=True)


class NameForm(Record):
    """The name of a record in another language, or of somebody without one the words to print."""

    language: Annotated[str, StringConstraints(pattern=NAME_LANGUAGE)]
    name: Line


def _one_per_language(forms: list[NameForm]) -> list[NameForm]:
    unique([form.language for form in forms])
    return forms


NameForms = Annotated[list[NameForm], AfterValidator(_one_per_language)]


class Parent(Record):
    """The id of a record that contains this one."""

    id: Slug
    basis: Basis = Field(Basis.STATED, validate_default=True)


class CoordinateSeed(Record):
    """A WGS 84 point that stands for the place within `radius_m` metres. It never comes from the article."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    precision: CoordinatePrecision
    radius_m: Annotated[Whole, Field(ge=0, le=5_000_000)]
    source: Line


class PlaceSeed(SourcedRecord):
    """`named` is false when `name` is a description in our own words. `parents` contain the place."""

    name: Line
    named: bool
    kind: PlaceKind
    aliases: list[Alias] = Field(default_factory=list)
    names: NameForms = Field(default_factory=list)
    parents: list[Parent] = Field(default_factory=list)
    coordinate: CoordinateSeed | None = None


class OrganizationSeed(SourcedRecord):
    """An organization. `parents` are those that it is a part of."""

    name: Line
    kind: OrganizationKind
    aliases: list[Alias] = Field(default_factory=list)
    names: NameForms = Field(default_factory=list)
    parents: list[Parent] = Field(default_factory=list)


class AffiliationSeed(Record):
    """`role` is what the reporting calls the person there, if it does."""

    id: Slug
    role: Line | None = None


class PersonSeed(SourcedRecord, ConstrainedRecord):
    """A person, or people spoken of together. `name` is left out for the unnamed; `label` is what to print then."""

    name: Line | None = None
    label: Line | None = None
    group_size: Annotated[Whole, Field(ge=1, le=10_000_000)] | None = None
    roles: Annotated[list[PersonRole], Field(min_length=1), AfterValidator(unique)]
    rank: Line | None = None
    age: Annotated[Whole, Field(ge=0, le=150)] | None = None
    life_status: LifeStatus
    anonymity: Anonymity | None = None
    organizations: list[AffiliationSeed] = Field(default_factory=list)
    aliases: list[Alias] = Field(default_factory=list)
    names: NameForms = Field(default_factory=list)

    def violations(self) -> Iterator[Violation]:
        """Yields a violation for a person with neither or both of a name and a label with an anonymity."""
        fields = ("name", "label", "anonymity")
        if self.name is None and (self.label is None or self.anonymity is None):
            yield Violation(fields, "a person without a name needs a label and an anonymity", at_field=False)
        if self.name is not None and (self.anonymity is not None or self.label is not None):
            yield Violation(
                fields, f"'{self.name}' is a name; a named person has neither anonymity nor label", at_field=False
            )


class PlaceLink(Record):
    """A place of an incident by `id`, and what it is to the incident."""

    id: Slug
    role: PlaceRole
    certainty: Certainty
    note: Line | None = None


class ActorLink(ConstrainedRecord):
    """A person or organization by `id`, or a `label` for an actor whom the reporting does not identify."""

    id: Slug | None = None
    label: Line | None = None
    role: ActorRole
    certainty: Certainty
    note: Line | None = None

    def violations(self) -> Iterator[Violation]:
        """Yields a violation for an actor with neither or both of an id and a label."""
        if (self.id is None) == (self.label is None):
            hint = f", not both '{self.id}' and '{self.label}'" if self.id else ""
            message = f"an actor has either an id or, when unidentified, a label{hint}"
            yield Violation(("id", "label"), message, at_field=False)


class CasualtySeed(SourcedRecord, ConstrainedRecord):
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

    def violations(self) -> Iterator[Violation]:
        """Yields violations for bounds in the wrong order, and for an uncounted claim without a reason."""
        if self.low is not None and self.high is not None and self.low > self.high:
            yield Violation(("low", "high"), f"low is above high: {self.low} is more than {self.high}")
        if self.counted is False and self.note is None:
            yield Violation(("counted", "note"), "a claim that is not counted needs a note saying why")


def _claim_or_tombstone(value: Any) -> str:
    return "tombstone" if isinstance(value, Tombstone) or (isinstance(value, dict) and "removed" in value) else "claim"


Claim = Annotated[
    Annotated[CasualtySeed, Tag("claim")] | Annotated[Tombstone, Tag("tombstone")],
    Discriminator(_claim_or_tombstone),
]


class IncidentSeed(SourcedRecord):
    """`location` is the id of the scene or target place whose point stands for the incident on a map."""

    title: Line
    summary: Prose
    kind: IncidentKind
    also_kinds: Annotated[list[IncidentKind], AfterValidator(unique)] = Field(default_factory=list)
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


class QuoteSeed(SourcedRecord):
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


class StatementSeed(SourcedRecord):
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
    """An article that records are coded from. Its text is not in the seed, only lengths and digests of paragraphs."""

    id: Slug
    title: Line
    authors: Annotated[list[Line], Field(min_length=1)]
    publishers: Annotated[list[Line], Field(min_length=1)]
    published: Day
    language: Annotated[str, StringConstraints(pattern=LANGUAGE)]
    url: Annotated[str, StringConstraints(pattern=URL, max_length=1000)]
    rights: Line
    note: Prose | None = None
    paragraphs: Annotated[list[ParagraphSeed], Field(min_length=1)]
