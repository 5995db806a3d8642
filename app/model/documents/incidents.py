"""The documents of incidents."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, create_model

from app.model.codebook import (
    ActorRole,
    CasualtyOutcome,
    Certainty,
    CoordinatePrecision,
    Granularity,
    IncidentKind,
    PlaceRole,
    meanings,
)
from app.model.documents.casualties import ClaimDocument
from app.model.documents.shared import DateDocument, Document, FrozenModel, Note, Passages
from app.model.outputs import ChildTable, Flat, Id, Named, RecordTable, TableColumn


class LocationDocument(FrozenModel):
    """The point that stands for the incident on a map."""

    id: Annotated[str, Id("places"), Flat(after="radius_m")] = Field(description="The place's id.")
    name: Annotated[str, Flat(after="id"), TableColumn.none("the place has it")] = Field(
        description="The place's name."
    )
    latitude: Annotated[float, Named("latitude")] = Field(description="Degrees north (WGS 84).")
    longitude: Annotated[float, Named("longitude")] = Field(description="Degrees east (WGS 84).")
    precision: Annotated[CoordinatePrecision, Named("coordinate_precision")] = Field(
        description="How closely the point stands for the place."
    )
    radius_m: Annotated[int, Named("coordinate_radius_m")] = Field(
        description="The place lies within this many metres of the point."
    )


class IncidentPlaceDocument(FrozenModel):
    id: Annotated[str, Id("places")] = Field(description="The place's id.")
    name: Annotated[str, TableColumn.none("the place has it")] = Field(description="The place's name.")
    role: PlaceRole = Field(description="What the place is to the incident.")
    certainty: Certainty = Field(description="How firmly the reporting ties the place to the incident.")
    note: str | None = Field(description="What a reader should know about the tie.")


class ActorDocument(FrozenModel):
    type: Annotated[Literal["person", "organization", "unidentified"], Flat(after="id")] = Field(
        description="Whether it is a person, an organization, or nobody whom the reporting identifies."
    )
    id: Annotated[str | None, Id("parties"), TableColumn("party_id")] = Field(
        description="Their id; null for the unidentified."
    )
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
    table: ClassVar = RecordTable("What happened.", indexes=(("kind",), ("date_earliest",), ("latitude", "longitude")))

    type: Literal["incident"]
    title: str = Field(description="What happened, in a few words of our own.")
    summary: str = Field(description="What happened, in our own words.")
    kind: IncidentKind = Field(description="The main kind.")
    also_kinds: Annotated[
        list[IncidentKind],
        ChildTable("incident_also_kinds", "What else an incident was, beside its kind.", column="kind"),
    ] = Field(description="Further kinds.")
    granularity: Granularity = Field(description="One event, a series of them, or planned.")
    date: DateDocument | None = Field(description="When it happened; null where that is not stated.")
    location: LocationDocument | None = Field(
        description="The place whose point stands for it on a map; null where no scene or target has a known point."
    )
    places: Annotated[
        list[IncidentPlaceDocument],
        ChildTable(
            "incident_places", "What the places of an incident were to it.", key=("incident_id", "place_id", "role")
        ),
    ] = Field(description="The places of the incident.")
    actors: Annotated[
        list[ActorDocument],
        ChildTable("incident_actors", "Who did it, suffered it, saw it or was otherwise a part of it."),
    ] = Field(description="Who did it, suffered it, saw it or was otherwise a part of it.")
    casualties: Annotated[
        list[ClaimDocument], Flat(after="totals", only=("id",)), TableColumn.none("claims are records of their own")
    ] = Field(description="Every claim about who was harmed.")
    totals: Annotated[TotalsDocument, Named("")] = Field(description="Sums of the counted claims about it.")
    outcome: str | None = Field(description="What came of it.")
    contested: bool = Field(description="Whether a statement about it stands against another.")
    parent: Annotated[str | None, Id("incidents"), TableColumn(after="location")] = Field(
        description="The operation that it was a part of."
    )
    children: Annotated[
        list[str], Id("incidents"), Named("child"), TableColumn.none("`parent_id` has it, from its other side")
    ] = Field(description="The incidents that were a part of it.")
    related: Annotated[
        list[str],
        Id("incidents"),
        ChildTable("incident_relations", "Incidents that belong together.", key=("incident_id", "related_id")),
    ] = Field(description="Incidents that belong together with it; each of them names the others.")
    quotes: Annotated[list[str], Id("quotes"), TableColumn.none("`quote_incidents` has it, from its other side")] = (
        Field(description="Quotes about it.")
    )
    statements: Annotated[
        list[str], Id("statements"), TableColumn.none("`statement_about` has it, from its other side")
    ] = Field(description="Statements about it.")
    note: Note
    evidence: Passages
