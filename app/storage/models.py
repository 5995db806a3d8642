"""The database tables, except those of quotes and statements (`speech_models`).

Columns of records are for filtering, sorting and joining; the documents that are served are in a table of their own.
Ids are slugs, unique per type and never reused. People and organizations share one id space, `parties`, because an
actor, a speaker or a claimant may be either. Dates are ISO strings of days (`YYYY-MM-DD`), so that they compare as
text on every engine. `earliest` and `latest` are the bounds that filters and sorts use for a date: the first and last
day that it may mean, and working limits at its open ends, where documents have null.
"""

from typing import ClassVar

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from app.model import codebook
from app.storage.columns import (
    NUMBER,
    TERMS,
    RecordTable,
    Table,
    choice,
    index_of_removals,
    index_where_missing,
    index_where_present,
    reference,
    slug,
    text,
)


class StoredDocument(Table, table=True):
    """The documents of all records, as they are served, with their ids.

    They are ten times as long as a record's row, so that a query that reads many rows does so without them.
    """

    __tablename__ = "documents"
    number: int = Field(primary_key=True, sa_type=NUMBER, sa_column_kwargs={"autoincrement": False})
    id: str = text()
    document: str


class Release(Table, table=True):
    """A release: one load of the seed. Nothing else changes data.

    `digest` is computed over all records; `counts` is JSON by resource, `languages` a JSON list of the languages of its
    articles, `verified` JSON or null.
    """

    __tablename__ = "releases"
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    loaded_at: str
    note: str | None
    shape: int
    digest: str
    counts: str
    languages: str = Field(sa_column_kwargs={"server_default": '["en"]'})
    verified: str | None


class Change(Table, table=True):
    """The change log: what each release did to each record.

    `name` is the name of a removed record, so that its id is not reused for something else.
    """

    __tablename__ = "changes"
    __table_args__ = (
        Index("ix_changes_type_id_release", "type", "id", "release"),
        index_of_removals("changes", "type", "release", "id"),
    )
    release: int = Field(foreign_key="releases.number", primary_key=True)
    type: str = text(primary_key=True)
    id: str = text(primary_key=True)
    op: str = choice(codebook.ChangeOp)
    version: int
    reason: str | None
    superseded_by: str | None
    name: str | None


class Party(Table, table=True):
    """The id space that people and organizations share."""

    __tablename__ = "parties"
    __table_args__ = (CheckConstraint("type IN ('person', 'organization')", name="type"),)
    id: str = text(primary_key=True)
    type: str


class Article(RecordTable, table=True):
    """An article, the source of records."""

    __tablename__ = "articles"
    __table_args__ = (Index(None, "sort_name", "id"), Index(None, "published", "id"), Index(None, "changed_in", "id"))
    id: str = slug()
    published: str = text()


class Place(RecordTable, table=True):
    """A place, with the bounding box of the circle around its point (see `geography`); without a point all are null."""

    __tablename__ = "places"
    BOXES: ClassVar[str] = "place_boxes"
    __table_args__ = (
        Index(None, "sort_name", "id"),
        Index(None, "changed_in", "id"),
        Index(None, "kind", "sort_name", "id"),
        index_where_missing("latitude", "places", "sort_name", "id"),
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="point"),
        CheckConstraint("latitude BETWEEN -90 AND 90", name="latitude"),
        CheckConstraint("longitude BETWEEN -180 AND 180", name="longitude"),
    )
    id: str = slug()
    kind: str = choice(codebook.PlaceKind)
    latitude: float | None
    longitude: float | None
    radius_m: int | None
    west: float | None
    south: float | None
    east: float | None
    north: float | None


class PlaceParent(Table, table=True):
    """`parent_id` contains `place_id`; places form a graph without cycles."""

    __tablename__ = "place_parents"
    __table_args__ = (CheckConstraint("place_id <> parent_id", name="other"),)
    place_id: str = reference("places.id", primary_key=True, index=False)
    parent_id: str = reference("places.id", primary_key=True)
    basis: str = choice(codebook.Basis)


class Organization(RecordTable, table=True):
    """An organization, with an id that no person has."""

    __tablename__ = "organizations"
    __table_args__ = (
        Index(None, "sort_name", "id"),
        Index(None, "changed_in", "id"),
        Index(None, "kind", "sort_name", "id"),
    )
    id: str = slug("parties.id")
    kind: str = choice(codebook.OrganizationKind)


class OrganizationParent(Table, table=True):
    """`organization_id` is a part of `parent_id`."""

    __tablename__ = "organization_parents"
    __table_args__ = (CheckConstraint("organization_id <> parent_id", name="other"),)
    organization_id: str = reference("organizations.id", primary_key=True, index=False)
    parent_id: str = reference("organizations.id", primary_key=True)
    basis: str = choice(codebook.Basis)


class Person(RecordTable, table=True):
    """A person, or people spoken of together."""

    __tablename__ = "people"
    __table_args__ = (
        Index(None, "sort_name", "id"),
        Index(None, "changed_in", "id"),
        Index(None, "named", "sort_name", "id"),
        Index(None, "anonymity", "sort_name", "id"),
        Index(None, "life_status", "sort_name", "id"),
        CheckConstraint("(anonymity IS NULL) = named", name="named"),
    )
    id: str = slug("parties.id")
    named: bool
    anonymity: str | None = choice(codebook.Anonymity, nullable=True)
    life_status: str = choice(codebook.LifeStatus)


class PersonRole(Table, table=True):
    """A role of a person in the reporting."""

    __tablename__ = "person_roles"
    __table_args__ = (Index(None, "role", "person_id"),)
    person_id: str = reference("people.id", primary_key=True, index=False)
    role: str = choice(codebook.PersonRole, primary_key=True)


class Affiliation(Table, table=True):
    """A person's link to an organization."""

    __tablename__ = "affiliations"
    person_id: str = reference("people.id", primary_key=True, index=False)
    organization_id: str = reference("organizations.id", primary_key=True)
    role: str | None


class Incident(RecordTable, table=True):
    """An incident, with the point and the bounding box of its location.

    `latitude`, `longitude` and `radius_m` are those of `location_id`. `sort_date` is `earliest`, or empty without a
    date; `sort_killed` is the lower bound of the number killed, or -1 where nothing is said. `reach` is the class of a
    long range of days (see `day_spans`), null for all others.
    """

    __tablename__ = "incidents"
    BOXES: ClassVar[str] = "incident_boxes"
    __table_args__ = (
        Index(None, "sort_name", "id"),
        Index(None, "changed_in", "id"),
        Index(None, "sort_date", "id"),
        Index(None, "kind", "sort_date", "id"),
        Index(None, "granularity", "sort_date", "id"),
        Index(None, "parent_id", "sort_date", "id"),
        Index(None, "contested", "sort_date", "id"),
        Index(None, "earliest", "latest"),
        Index(None, "latest"),
        index_where_present("reach", "reach", "sort_date", "id"),
        index_where_present("reach", "kind", "reach", "sort_date", "id"),
        index_where_missing("latitude", "incidents", "sort_date", "id"),
        # Counting incidents without a point joins the evidence of an article by id; twice as fast in the order of ids.
        index_where_missing("latitude", "incidents", "id", name="ix_incidents_without_latitude_id"),
        Index(None, "sort_killed", "id"),
        CheckConstraint("(earliest IS NULL) = (latest IS NULL) AND earliest <= latest", name="bounds"),
        CheckConstraint("(location_id IS NULL) = (latitude IS NULL)", name="location"),
        CheckConstraint("parent_id <> id", name="parent"),
    )
    id: str = slug()
    kind: str = choice(codebook.IncidentKind)
    granularity: str = choice(codebook.Granularity)
    earliest: str | None = text(nullable=True)
    latest: str | None = text(nullable=True)
    reach: int | None
    sort_date: str = text()
    location_id: str | None = reference("places.id", nullable=True)
    latitude: float | None
    longitude: float | None
    radius_m: int | None
    west: float | None
    south: float | None
    east: float | None
    north: float | None
    parent_id: str | None = reference("incidents.id", nullable=True, index=False)
    sort_killed: int
    contested: bool


class IncidentPlace(Table, table=True):
    """A place of an incident, in one of its roles."""

    __tablename__ = "incident_places"
    __table_args__ = (Index(None, "place_id", "role", "incident_id"), Index(None, "role", "certainty", "incident_id"))
    incident_id: str = reference("incidents.id", primary_key=True, index=False)
    place_id: str = reference("places.id", primary_key=True, index=False)
    role: str = choice(codebook.PlaceRole, primary_key=True)
    certainty: str = choice(codebook.Certainty)


class IncidentActor(Table, table=True):
    """An actor of an incident: a person or organization, or, without `party_id`, one that the reporting leaves
    unidentified."""

    __tablename__ = "incident_actors"
    __table_args__ = (
        Index(None, "party_id", "role", "incident_id"),
        Index(None, "role", "certainty", "incident_id"),
        Index(None, "certainty", "incident_id"),
    )
    incident_id: str = reference("incidents.id", primary_key=True, index=False)
    position: int = Field(primary_key=True)
    party_id: str | None = reference("parties.id", nullable=True, index=False)
    label: str
    role: str = choice(codebook.ActorRole)
    certainty: str = choice(codebook.Certainty)


class IncidentTotal(Table, table=True):
    """The sum of the counted claims of one outcome about an incident itself; no row where nothing is said."""

    __tablename__ = "incident_totals"
    __table_args__ = (
        Index(None, "outcome", "low", "incident_id"),
        Index(None, "outcome", "high", "incident_id"),
        CheckConstraint("low >= 0 AND low <= high", name="bounds"),
    )
    incident_id: str = reference("incidents.id", primary_key=True, index=False)
    outcome: str = choice(codebook.CasualtyOutcome, primary_key=True)
    low: int
    high: int | None


class IncidentRelation(Table, table=True):
    """An incident that another one names as related."""

    __tablename__ = "incident_relations"
    __table_args__ = (CheckConstraint("incident_id <> related_id", name="other"),)
    incident_id: str = reference("incidents.id", primary_key=True, index=False)
    related_id: str = reference("incidents.id", primary_key=True)


class Casualty(RecordTable, table=True):
    """One claim about one harm. Where both bounds are null, harm is stated and a number is not."""

    __tablename__ = "casualties"
    __table_args__ = (
        Index(None, "sort_name", "id"),
        Index(None, "changed_in", "id"),
        *(Index(None, column, "sort_name", "id") for column in ("outcome", "basis", "counted", "group")),
        *(Index(None, "outcome", bound, "id") for bound in ("low", "high")),
        # A covering index for counts by incident.
        Index(None, "incident_id", "id"),
        CheckConstraint("low >= 0 AND low <= high", name="bounds"),
    )
    id: str = slug()
    incident_id: str = reference("incidents.id", index=False)
    group: str = choice(codebook.CasualtyGroup)
    organization_id: str | None = reference("organizations.id", nullable=True)
    outcome: str = choice(codebook.CasualtyOutcome)
    low: int | None
    high: int | None
    claimed_by_id: str | None = reference("parties.id", nullable=True)
    via_id: str | None = reference("parties.id", nullable=True)
    basis: str = choice(codebook.CasualtyBasis)
    counted: bool


class CasualtyPerson(Table, table=True):
    """A person whom a claim is about."""

    __tablename__ = "casualty_people"
    casualty_id: str = reference("casualties.id", primary_key=True, index=False)
    person_id: str = reference("people.id", primary_key=True)


class Evidence(Table, table=True):
    """A passage that a record rests on. `fragment` is a text directive with at most two words of each of its ends."""

    __tablename__ = "evidence"
    __table_args__ = (
        Index(None, "article_id", "record_type", "record_id"),
        Index(None, "article_id", "paragraph", "start"),
        CheckConstraint('start >= 0 AND start < "end"', name="span"),
    )
    record_type: str = text(primary_key=True)
    record_id: str = text(primary_key=True)
    position: int = Field(primary_key=True)
    field: str = choice(codebook.EvidenceField)
    article_id: str = reference("articles.id", index=False)
    paragraph: int
    start: int
    end: int
    sha256: str
    fragment: str


class SearchEntry(Table, table=True):
    """The search terms of a record. SQLite indexes `terms` in `search_index` (FTS5), PostgreSQL as a tsvector.

    `number` holds the record's type, its day and the number of its document (see `entry_numbers`).
    """

    __tablename__ = "search_entries"
    number: int = Field(primary_key=True, sa_type=NUMBER, sa_column_kwargs={"autoincrement": False})
    terms: str = Field(sa_type=TERMS)


class KnownWords(Table, table=True):
    """The vocabulary for spelling suggestions: words separated by spaces, the most frequent first.

    Only the newest release has a row.
    """

    __tablename__ = "known_words"
    release: int = Field(foreign_key="releases.number", primary_key=True, sa_column_kwargs={"autoincrement": False})
    words: str
