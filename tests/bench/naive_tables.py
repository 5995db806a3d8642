"""The naive twin's own tables: SQLModel with relations, the properties that its answers are made of.

They have the indexes that its questions need, so that what is compared is the way of serving, not a missing index.
"""

from pathlib import Path
from typing import Any, Optional

import sqlalchemy
from sqlalchemy import Column, Engine, Index, create_engine
from sqlalchemy.orm import registry
from sqlmodel import Field, Relationship, SQLModel

from app.ingest.building.record_labels import shortened

Json = dict[str, Any]


class Naive(SQLModel, registry=registry()):
    """A base of its own, so that the service's tables of the same names are others."""


class Place(Naive, table=True):
    __tablename__ = "places"
    id: str = Field(primary_key=True)
    name: str
    latitude: float | None
    longitude: float | None
    precision: str | None
    radius_m: int | None

    @property
    def given_by(self) -> str:
        """No invented incident has a precision of its own."""
        return "place"


class Party(Naive, table=True):
    """A person or an organization."""

    __tablename__ = "parties"
    id: str = Field(primary_key=True)
    type: str
    label: str


class Evidence(Naive, table=True):
    __tablename__ = "evidence"
    number: int | None = Field(None, primary_key=True)
    incident_id: str | None = Field(foreign_key="incidents.id", index=True)
    casualty_id: str | None = Field(foreign_key="casualties.id", index=True)
    field: str
    article: str
    paragraph: int
    start: int
    end: int
    sha256: str
    url: str


class CasualtyPerson(Naive, table=True):
    __tablename__ = "casualty_people"
    casualty_id: str = Field(foreign_key="casualties.id", primary_key=True)
    person_id: str = Field(foreign_key="parties.id", primary_key=True)
    person: "Party" = Relationship()


class Harm(Naive, table=True):
    __tablename__ = "harms"
    id: str = Field(primary_key=True)
    incident_id: str = Field(foreign_key="incidents.id", index=True)
    outcome: str
    group: str
    low: int | None
    high: int | None
    best: int | None
    claims: int
    in_dispute: bool
    split: bool
    mixed: list[str] = Field(sa_column=Column(sqlalchemy.JSON))
    includes: list[str] = Field(sa_column=Column(sqlalchemy.JSON))
    may_include: list[str] = Field(sa_column=Column(sqlalchemy.JSON))
    included_in: list[str] = Field(sa_column=Column(sqlalchemy.JSON))
    casualties: list["Casualty"] = Relationship(back_populates="harm")

    @property
    def organization(self) -> Party | None:
        """In the invented archive every harm has one claim."""
        return self.casualties[0].organization

    @property
    def people(self) -> list[Party]:
        return self.casualties[0].people


class Casualty(Naive, table=True):
    __tablename__ = "casualties"
    id: str = Field(primary_key=True)
    incident_id: str = Field(foreign_key="incidents.id", index=True)
    group: str
    organization_id: str | None = Field(foreign_key="parties.id")
    outcome: str
    low: int | None
    high: int | None
    claimed_by_id: str | None = Field(foreign_key="parties.id")
    via_id: str | None = Field(foreign_key="parties.id")
    basis: str
    counted: bool
    harm_id: str | None = Field(foreign_key="harms.id", index=True)
    part_of: str | None = Field(foreign_key="casualties.id")
    best: int | None
    note: str | None
    claimed_by: Optional["Party"] = Relationship(sa_relationship_kwargs={"foreign_keys": "Casualty.claimed_by_id"})
    via: Optional["Party"] = Relationship(sa_relationship_kwargs={"foreign_keys": "Casualty.via_id"})
    organization: Optional["Party"] = Relationship(sa_relationship_kwargs={"foreign_keys": "Casualty.organization_id"})
    incident: "Incident" = Relationship(back_populates="casualties")
    harm: Harm | None = Relationship(back_populates="casualties")
    links: list["CasualtyPerson"] = Relationship()
    evidence: list["Evidence"] = Relationship(sa_relationship_kwargs={"order_by": "Evidence.number"})

    @property
    def type(self) -> str:
        return "casualty"

    @property
    def url(self) -> str:
        return f"/v1/casualties/{self.id}"

    @property
    def people(self) -> list[Party]:
        return [link.person for link in self.links]

    @property
    def documents(self) -> list[str]:
        """The invented archive has none."""
        return []


class IncidentPlace(Naive, table=True):
    __tablename__ = "incident_places"
    incident_id: str = Field(foreign_key="incidents.id", primary_key=True)
    position: int = Field(primary_key=True)
    place_id: str = Field(foreign_key="places.id", index=True)
    role: str
    certainty: str
    precision: str | None
    radius_m: int | None
    note: str | None
    place: Place = Relationship()

    @property
    def id(self) -> str:
        return self.place_id

    @property
    def name(self) -> str:
        return self.place.name


class IncidentActor(Naive, table=True):
    __tablename__ = "incident_actors"
    incident_id: str = Field(foreign_key="incidents.id", primary_key=True)
    position: int = Field(primary_key=True)
    party_id: str | None = Field(foreign_key="parties.id", index=True)
    unidentified: str | None
    role: str
    certainty: str
    note: str | None
    party: Party | None = Relationship()

    @property
    def type(self) -> str:
        return self.party.type if self.party else "unidentified"

    @property
    def id(self) -> str | None:
        return self.party_id

    @property
    def label(self) -> str:
        return self.party.label if self.party else str(self.unidentified)


class IncidentRelation(Naive, table=True):
    __tablename__ = "incident_relations"
    incident_id: str = Field(foreign_key="incidents.id", primary_key=True)
    related_id: str = Field(foreign_key="incidents.id", primary_key=True)
    related: "Incident" = Relationship(sa_relationship_kwargs={"foreign_keys": "IncidentRelation.related_id"})


class QuoteIncident(Naive, table=True):
    __tablename__ = "quote_incidents"
    incident_id: str = Field(foreign_key="incidents.id", primary_key=True)
    quote_id: str = Field(foreign_key="quotes.id", primary_key=True)


class Quote(Naive, table=True):
    __tablename__ = "quotes"
    id: str = Field(primary_key=True)
    text: str
    speaker_id: str = Field(foreign_key="parties.id", index=True)

    @property
    def type(self) -> str:
        return "quote"

    @property
    def label(self) -> str:
        return shortened(self.text)


class Incident(Naive, table=True):
    __tablename__ = "incidents"
    __table_args__ = (
        Index("ix_incidents_kind", "kind", "earliest", "id"),
        Index("ix_incidents_earliest", "earliest", "id"),
        Index("ix_incidents_box", "south", "north", "west", "east"),
    )
    id: str = Field(primary_key=True)
    title: str
    summary: str
    kind: str
    also_kinds: list[str] = Field(sa_column=Column(sqlalchemy.JSON))
    granularity: str
    edtf: str | None
    as_stated: str | None
    earliest: str | None
    latest: str | None
    open: list[str] | None = Field(sa_column=Column(sqlalchemy.JSON))
    precision: str | None
    approximate: bool | None
    date_note: str | None
    location_id: str | None = Field(foreign_key="places.id")
    west: float | None
    south: float | None
    east: float | None
    north: float | None
    totals: Json = Field(sa_column=Column(sqlalchemy.JSON))
    outcome: str | None
    contested: bool
    parent_id: str | None = Field(foreign_key="incidents.id", index=True)
    note: str | None
    version: int
    changed_in: int
    location: Place | None = Relationship()
    places: list["IncidentPlace"] = Relationship(sa_relationship_kwargs={"order_by": "IncidentPlace.position"})
    actors: list["IncidentActor"] = Relationship(sa_relationship_kwargs={"order_by": "IncidentActor.position"})
    casualties: list["Casualty"] = Relationship(
        back_populates="incident", sa_relationship_kwargs={"order_by": "Casualty.id"}
    )
    harms: list["Harm"] = Relationship(sa_relationship_kwargs={"order_by": "Harm.id"})
    evidence: list["Evidence"] = Relationship(sa_relationship_kwargs={"order_by": "Evidence.number"})
    said: list["Quote"] = Relationship(link_model=QuoteIncident, sa_relationship_kwargs={"order_by": "Quote.id"})
    parent: Optional["Incident"] = Relationship(
        back_populates="children", sa_relationship_kwargs={"remote_side": "Incident.id"}
    )
    children: list["Incident"] = Relationship(
        back_populates="parent", sa_relationship_kwargs={"order_by": "Incident.id"}
    )
    relations: list["IncidentRelation"] = Relationship(
        sa_relationship_kwargs={"foreign_keys": "IncidentRelation.incident_id"}
    )

    @property
    def type(self) -> str:
        return "incident"

    @property
    def url(self) -> str:
        return f"/v1/incidents/{self.id}"

    @property
    def date(self) -> Json | None:
        if self.edtf is None:
            return None
        bounds = {"earliest": self.earliest, "latest": self.latest, "open": self.open, "assumed": None}
        written = {"edtf": self.edtf, "as_stated": self.as_stated, "precision": self.precision}
        return {**written, **bounds, "approximate": self.approximate, "note": self.date_note}

    @property
    def time(self) -> None:
        """The invented archive has none."""

    @property
    def label(self) -> str:
        return self.title

    @property
    def related(self) -> list["Incident"]:
        return [relation.related for relation in self.relations]

    @property
    def quotes(self) -> list[Quote]:
        return self.said

    @property
    def statements(self) -> list[str]:
        """The invented archive has none."""
        return []

    @property
    def same_as(self) -> list[str]:
        """The invented archive has none."""
        return []


def engine(path: Path) -> Engine:
    return create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False}, max_overflow=40)
