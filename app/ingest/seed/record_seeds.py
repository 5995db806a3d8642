"""Pydantic models of the records in seed files.

Unknown keys are errors; a key left out means that the reporting does not say. YAML scalars arrive as text and are
converted here, so `no` and `2019-04` never become something else.
"""

from collections.abc import Collection, Iterator
from typing import Annotated

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
)

from app.ingest.seed.claim_seeds import Claim
from app.ingest.seed.scalars import (
    NAME_LANGUAGE,
    Day,
    Line,
    Prose,
    Slug,
    TimeOfDay,
    Whole,
    registered,
    unique,
)
from app.ingest.seed.seed_base import ConstrainedRecord, EvidenceSeed, Record, SourcedRecord, Span, Violation
from app.model.codebook import (
    ActorRole,
    Anonymity,
    Basis,
    Certainty,
    CoordinatePrecision,
    DocumentKind,
    Granularity,
    IncidentKind,
    LifeStatus,
    OrganizationKind,
    PersonRole,
    PlaceKind,
    PlaceRole,
    QuoteKind,
    Stance,
    Topic,
)

UNIQUE = AfterValidator(unique)
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


class TimeSeed(ConstrainedRecord):
    """The time of day, on the clocks of the place: the reporting's own words for it, or the first and the last minute
    that it may have been, or both. A last one before the first is of the next day."""

    as_stated: Annotated[Line, AfterValidator(_limit_words)] | None = None
    earliest: TimeOfDay | None = None
    latest: TimeOfDay | None = None
    approximate: bool = False
    certainty: Certainty
    note: Line | None = None

    def violations(self) -> Iterator[Violation]:
        """Yields violations for a time that says nothing, and for an approximate one without a minute."""
        bounds = (self.earliest, self.latest)
        if bounds == (None, None) and self.as_stated is None:
            message = "give 'as_stated', 'earliest' or 'latest'; leave 'time' out where the reporting says nothing"
            yield Violation(("as_stated", "earliest", "latest"), message, at_field=False)
        if bounds == (None, None) and self.approximate:
            message = "only 'earliest' and 'latest' can be approximate; words stand as they are"
            yield Violation(("approximate", "earliest", "latest"), message)


class Alias(Record):
    """Another name of a record."""

    name: Line
    basis: Basis = "stated"


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

    id: Slug = Field(description="The id of what contains it.")
    basis: Basis = "stated"


RadiusInMetres = Annotated[Whole, Field(ge=0, le=5_000_000)]


class CoordinateSeed(Record):
    """A WGS 84 point that stands for the place within `radius_m` metres. It never comes from the article."""

    latitude: Annotated[float, Field(ge=-90, le=90, description="Degrees north (WGS 84).")]
    longitude: Annotated[float, Field(ge=-180, le=180, description="Degrees east (WGS 84).")]
    precision: CoordinatePrecision
    radius_m: RadiusInMetres
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
    same_as: Annotated[list[Annotated[Line, registered("places")]], UNIQUE] = Field(default_factory=list)


class OrganizationSeed(SourcedRecord):
    """An organization. `parents` are those that it is a part of."""

    name: Line
    kind: OrganizationKind
    aliases: list[Alias] = Field(default_factory=list)
    names: NameForms = Field(default_factory=list)
    parents: list[Parent] = Field(default_factory=list)
    same_as: Annotated[list[Annotated[Line, registered("organizations")]], UNIQUE] = Field(default_factory=list)


class AffiliationSeed(Record):
    """`role` is what the reporting calls the person there, if it does."""

    id: Slug = Field(description="The organization's id.")
    role: Line | None = None


class PersonSeed(SourcedRecord, ConstrainedRecord):
    """A person, or people spoken of together. `name` is left out for the unnamed; `label` is what to print then."""

    name: Line | None = None
    label: Line | None = Field(None, description="What to print for somebody without a name: a description.")
    group_size: Annotated[Whole, Field(ge=1, le=10_000_000)] | None = None
    roles: Annotated[list[PersonRole], Field(min_length=1), UNIQUE]
    rank: Line | None = None
    age: Annotated[Whole, Field(ge=0, le=150)] | None = None
    life_status: LifeStatus
    anonymity: Anonymity | None = None
    organizations: list[AffiliationSeed] = Field(default_factory=list)
    aliases: list[Alias] = Field(default_factory=list)
    names: NameForms = Field(default_factory=list)
    same_as: Annotated[list[Annotated[Line, registered("people")]], UNIQUE] = Field(default_factory=list)

    def violations(self) -> Iterator[Violation]:
        """Yields a violation for a person with neither or both of a name and a label with an anonymity."""
        fields = ("name", "label", "anonymity")
        if self.name is None and (self.label is None or self.anonymity is None):
            yield Violation(fields, "a person without a name needs a label and an anonymity", at_field=False)
        if self.name is not None and (self.anonymity is not None or self.label is not None):
            yield Violation(
                fields, f"'{self.name}' is a name; a named person has neither anonymity nor label", at_field=False
            )


class PlaceLink(ConstrainedRecord):
    """A place of an incident by `id`, and what it is to the incident. Where the reporting says less exactly (or more)
    than the place's own coordinate where it was, `precision` and `radius_m` say how closely the point stands for it."""

    id: Slug
    role: PlaceRole
    certainty: Certainty
    precision: CoordinatePrecision | None = None
    radius_m: RadiusInMetres | None = None
    note: Line | None = None

    def violations(self) -> Iterator[Violation]:
        """Yields a violation for a precision without a radius, and for a radius without a precision."""
        if (self.precision is None) != (self.radius_m is None):
            given, missing = ("precision", "radius_m") if self.radius_m is None else ("radius_m", "precision")
            yield Violation((given, missing), f"'{given}' goes with '{missing}'; give both, or leave both to the place")


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


class IncidentSeed(SourcedRecord):
    """`location` is the id of the scene or target place whose point stands for the incident on a map."""

    title: Line
    summary: Prose
    kind: IncidentKind
    also_kinds: Annotated[list[IncidentKind], UNIQUE] = Field(default_factory=list)
    granularity: Granularity
    date: DateSeed | None = None
    time: TimeSeed | None = None
    location: Slug | None = Field(
        None, description="The id of the place among `places`, a scene or target, whose point stands for it on a map."
    )
    places: list[PlaceLink] = Field(default_factory=list)
    actors: list[ActorLink] = Field(default_factory=list)
    outcome: Line | None = None
    parent: Slug | None = Field(None, description="The id of the operation that it was a part of.")
    related: list[Slug] = Field(
        default_factory=list, description="Ids of incidents that belong together with it; one of them names the other."
    )
    same_as: Annotated[list[Annotated[Line, registered("incidents")]], UNIQUE] = Field(default_factory=list)
    casualties: list[Claim] = Field(default_factory=list)

    def location_links(self, roles: Collection[str]) -> list[PlaceLink]:
        """The links to the place whose point stands for the incident, in the roles that let it do so."""
        return [link for link in self.places if link and link.id == self.location and link.role in roles]


class IncidentExtension(Record):
    """Evidence and claims that another article adds to an incident which is reported already."""

    extends: Slug = Field(description="The id of an incident of another article.")
    evidence: Annotated[list[EvidenceSeed], Field(min_length=1, description="What this article has on it.")]
    casualties: list[Claim] = Field(default_factory=list, description="What this article says about who was harmed.")


class QuotedSpan(Span):
    """A span with the quoted words exactly as printed, quotation marks included."""

    exact: Prose = Field(description="The quoted words exactly as printed, quotation marks included.")


class DocumentSeed(SourcedRecord):
    """A document that the reporting draws on. `label` is its title, or a description in our own words."""

    label: Line
    kind: DocumentKind
    date: DateSeed | None = None
    author: Slug | None = None


class QuoteSeed(SourcedRecord):
    """One utterance. Its text is computed from its spans, never typed. Pull quotes are display copies of it."""

    kind: QuoteKind
    spans: Annotated[list[QuotedSpan], Field(min_length=1)]
    speaker: Slug
    relayed_by: Slug | None = None
    told_to: Slug | None = None
    documents: list[Slug] = Field(default_factory=list)
    contained_in: Slug | None = None
    incidents: list[Slug] = Field(default_factory=list)
    places: list[Slug] = Field(default_factory=list)
    pull_quotes: list[Span] = Field(default_factory=list)


class About(Record):
    """What a statement is about."""

    incidents: list[Slug] = Field(default_factory=list, description="Ids of incidents.")
    places: list[Slug] = Field(default_factory=list, description="Ids of places.")
    people: list[Slug] = Field(default_factory=list, description="Ids of people.")
    organizations: list[Slug] = Field(default_factory=list, description="Ids of organizations.")


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
    documents: list[Slug] = Field(default_factory=list)
