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

from app.storage.columns import (
    NUMBER,
    TERMS,
    NamedTable,
    RecordTable,
    Table,
    VersionedTable,
    coded,
    flag,
    index_of_removals,
    index_where_missing,
    index_where_present,
    index_where_true,
    reference,
    slug,
    text,
)


class StoredDocument(Table, table=True):
    """The documents of all versions of all records, as they are or were served, with their ids.

    They are ten times as long as a record's row, so that a query that reads many rows does so without them. Numbers
    from `FIRST_PAST_NUMBER` on are those of superseded versions (see `past_tables`).
    """

    __tablename__ = "documents"
    number: int = Field(primary_key=True, sa_type=NUMBER, sa_column_kwargs={"autoincrement": False})
    id: str = text()
    document: str


class Release(Table, table=True):
    """A release: one load of the seed. Nothing else changes data.

    `digest` is computed over all records; `counts` is JSON by resource, `languages` a JSON list of the languages of its
    articles, `verified` JSON or null. `codebook` is the digest of its codebook, null where it has that of the package.
    `is_kept` says that it can still be read: not from before superseded rows were kept. `redacted_in` is the last one
    that took something out of this one and all before, 0 for none, and `is_erased` is false until the free space of
    what it took out is overwritten. `origin` is the URL of the service that it was copied from, if it was.
    """

    __tablename__ = "releases"
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    loaded_at: str
    note: str | None
    digest: str
    counts: str
    languages: str = Field(sa_column_kwargs={"server_default": '["en"]'})
    verified: str | None
    codebook: str | None
    is_kept: bool = flag()
    redacted_in: int = Field(0, sa_column_kwargs={"server_default": "0"})
    is_erased: bool = flag(default=True)
    origin: str | None


class Change(Table, table=True):
    """The change log: what each release did to each record, with the last `name` of a removed one, whose id is not
    reused, and what was wrong before (`correction`); `because` is a JSON list of `type/id` (`building/causes.py`),
    `redacted` one of the JSON Pointers of what was taken out of all earlier releases, an empty one for the record."""

    __tablename__ = "changes"
    __table_args__ = (
        Index("ix_changes_type_id_release", "type", "id", "release"),
        index_of_removals("changes", "type", "release", "id"),
        index_where_present("correction", "release", "type", "id"),
    )
    release: int = Field(foreign_key="releases.number", primary_key=True)
    type: str = text(primary_key=True)
    id: str = text(primary_key=True)
    op: str = coded()
    version: int
    reason: str | None
    superseded_by: str | None
    name: str | None
    cause: str | None = coded(nullable=True)
    because: str | None
    corrected: str | None = text(nullable=True)
    correction: str | None
    redacted: str | None


class Party(VersionedTable, table=True):
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


class Place(NamedTable, table=True):
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
    kind: str = coded()
    latitude: float | None
    longitude: float | None
    radius_m: int | None
    west: float | None
    south: float | None
    east: float | None
    north: float | None


class PlaceParent(VersionedTable, table=True):
    """`parent_id` contains `place_id`; places form a graph without cycles."""

    __tablename__ = "place_parents"
    __table_args__ = (CheckConstraint("place_id <> parent_id", name="other"),)
    place_id: str = reference("places.id", primary_key=True, index=False)
    parent_id: str = reference("places.id", primary_key=True)
    basis: str = coded()


class Organization(NamedTable, table=True):
    """An organization, with an id that no person has."""

    __tablename__ = "organizations"
    __table_args__ = (
        Index(None, "sort_name", "id"),
        Index(None, "changed_in", "id"),
        Index(None, "kind", "sort_name", "id"),
    )
    id: str = slug("parties.id")
    kind: str = coded()


class OrganizationParent(VersionedTable, table=True):
    """`organization_id` is a part of `parent_id`."""

    __tablename__ = "organization_parents"
    __table_args__ = (CheckConstraint("organization_id <> parent_id", name="other"),)
    organization_id: str = reference("organizations.id", primary_key=True, index=False)
    parent_id: str = reference("organizations.id", primary_key=True)
    basis: str = coded()


class Person(NamedTable, table=True):
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
    anonymity: str | None = coded(nullable=True)
    life_status: str = coded()


class PersonRole(VersionedTable, table=True):
    """A role of a person in the reporting."""

    __tablename__ = "person_roles"
    __table_args__ = (Index(None, "role", "person_id"),)
    person_id: str = reference("people.id", primary_key=True, index=False)
    role: str = coded(primary_key=True)


class Affiliation(VersionedTable, table=True):
    """A person's link to an organization."""

    __tablename__ = "affiliations"
    person_id: str = reference("people.id", primary_key=True, index=False)
    organization_id: str = reference("organizations.id", primary_key=True)
    role: str | None


class Incident(RecordTable, table=True):
    """An incident, with the point and the bounding box of its location.

    `latitude`, `longitude` and `radius_m` are those of `location_id`. `sort_date` is `earliest`, or empty without a
    date. `open_start` and `open_end` say that `earliest` or `latest` is no bound that the date states. `reach` is the
    class of a long range of days (see `day_spans`), null for all others.
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
        Index(None, "earliest", "latest", "open_start", "open_end"),
        Index(None, "latest", "open_end"),
        index_where_present("reach", "reach", "sort_date", "id"),
        index_where_present("reach", "kind", "reach", "sort_date", "id"),
        index_where_missing("latitude", "incidents", "sort_date", "id"),
        # Counting incidents without a point joins the evidence of an article by id; twice as fast in the order of ids.
        index_where_missing("latitude", "incidents", "id", name="ix_incidents_without_latitude_id"),
        CheckConstraint("(earliest IS NULL) = (latest IS NULL) AND earliest <= latest", name="bounds"),
        CheckConstraint("(location_id IS NULL) = (latitude IS NULL)", name="location"),
        CheckConstraint("parent_id <> id", name="parent"),
    )
    id: str = slug()
    kind: str = coded()
    granularity: str = coded()
    earliest: str | None = text(nullable=True)
    latest: str | None = text(nullable=True)
    open_start: bool = flag()
    open_end: bool = flag()
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
    contested: bool


class IncidentPlace(VersionedTable, table=True):
    """A place of an incident, in one of its roles."""

    __tablename__ = "incident_places"
    __table_args__ = (Index(None, "place_id", "role", "incident_id"), Index(None, "role", "certainty", "incident_id"))
    incident_id: str = reference("incidents.id", primary_key=True, index=False)
    place_id: str = reference("places.id", primary_key=True, index=False)
    role: str = coded(primary_key=True)
    certainty: str = coded()


class IncidentActor(VersionedTable, table=True):
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
    role: str = coded()
    certainty: str = coded()


class IncidentTotal(VersionedTable, table=True):
    """The sum of the counted claims of one outcome about an incident itself; no row where nothing is said."""

    __tablename__ = "incident_totals"
    __table_args__ = (
        Index(None, "outcome", "low", "incident_id"),
        Index(None, "outcome", "high", "incident_id"),
        CheckConstraint("low >= 0 AND low <= high", name="bounds"),
    )
    incident_id: str = reference("incidents.id", primary_key=True, index=False)
    outcome: str = coded(primary_key=True)
    low: int
    high: int | None


class IncidentRelation(VersionedTable, table=True):
    """An incident that another one names as related."""

    __tablename__ = "incident_relations"
    __table_args__ = (CheckConstraint("incident_id <> related_id", name="other"),)
    incident_id: str = reference("incidents.id", primary_key=True, index=False)
    related_id: str = reference("incidents.id", primary_key=True)


class Casualty(RecordTable, table=True):
    """One claim about one harm. Where both bounds are null, harm is stated and a number is not.

    `harm` is null for what is not counted, and `best` is what the claim gives its harm. `with_others` says that its
    figure is not simply added: other claims are about the same people or a part of them, or one harm includes another.
    `is_split` says that of this claim's people others tell parts, `mixed_…` what the claims of its harm do not share.
    `first_day` is the `sort_date` of its incident.
    """

    __tablename__ = "casualties"
    __table_args__ = (
        *(Index(None, column, "id") for column in ("sort_name", "changed_in", "first_day")),
        *(Index(None, column, "sort_name", "id") for column in ("outcome", "basis", "counted", "group")),
        *(Index(None, "outcome", bound, "id") for bound in ("low", "high")),
        # A covering index for counts by incident.
        Index(None, "incident_id", "id"),
        index_where_true("with_others", "casualties", "incident_id", "id"),
        CheckConstraint("low >= 0 AND low <= high", name="bounds"),
    )
    id: str = slug()
    incident_id: str = reference("incidents.id", index=False)
    group: str = coded()
    organization_id: str | None = reference("organizations.id", nullable=True)
    outcome: str = coded()
    low: int | None
    high: int | None
    claimed_by_id: str | None = reference("parties.id", nullable=True)
    via_id: str | None = reference("parties.id", nullable=True)
    basis: str = coded()
    counted: bool
    harm: str | None = text(nullable=True)
    best: int | None
    part_of_id: str | None = text(nullable=True)
    with_others: bool = flag()
    is_split: bool = flag()
    mixed_group: bool = flag()
    mixed_organization: bool = flag()
    mixed_people: bool = flag()
    first_day: str = text(added=True)


class HarmInclusion(VersionedTable, table=True):
    """A harm (`incident/harm`) that the harm of a claim includes, certainly or perhaps."""

    __tablename__ = "harm_inclusions"
    casualty_id: str = reference("casualties.id", primary_key=True, index=False)
    included: str = text(primary_key=True)
    is_certain: bool


class CasualtyPerson(VersionedTable, table=True):
    """A person whom a claim is about."""

    __tablename__ = "casualty_people"
    casualty_id: str = reference("casualties.id", primary_key=True, index=False)
    person_id: str = reference("people.id", primary_key=True)


class Evidence(VersionedTable, table=True):
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
    field: str = coded()
    article_id: str = reference("articles.id", index=False)
    paragraph: int
    start: int
    end: int
    sha256: str
    fragment: str


class SearchEntry(VersionedTable, table=True):
    """The search terms of a record. SQLite indexes `terms` in `search_index` (FTS5), PostgreSQL as a tsvector.

    `number` holds the record's type, its day and the number of its document (see `entry_numbers`).
    """

    __tablename__ = "search_entries"
    number: int = Field(primary_key=True, sa_type=NUMBER, sa_column_kwargs={"autoincrement": False})
    terms: str = Field(sa_type=TERMS)
