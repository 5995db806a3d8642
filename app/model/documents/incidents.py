"""The documents of incidents."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from app.model.codebook import (
    ActorRole,
    ByValue,
    CasualtyOutcome,
    Certainty,
    CoordinatePrecision,
    Granularity,
    IncidentKind,
    PlaceRole,
)
from app.model.corrections import Published
from app.model.documents.casualties import ClaimDocument
from app.model.documents.shared import (
    DateDocument,
    Document,
    FrozenModel,
    IncidentReference,
    Note,
    OrganizationReference,
    Passages,
    PersonReference,
    QuoteReference,
    SameAs,
    StatementReference,
)
from app.model.outputs import ChildTable, Flat, Id, Linked, Named, RecordTable, TableColumn

TimeOfDay = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["04:40"])]


class LocationDocument(FrozenModel):
    """The point that stands for the incident on a map."""

    id: Annotated[str, Id("places"), Flat(after="radius_m")] = Field(description="The place's id.")
    name: Annotated[str, Flat(after="id"), TableColumn.none("the place has it"), Linked("schema:name")] = Field(
        description="The place's name."
    )
    latitude: Annotated[float, Named("latitude"), Linked("schema:latitude")] = Field(
        description="Degrees north (WGS 84)."
    )
    longitude: Annotated[float, Named("longitude"), Linked("schema:longitude")] = Field(
        description="Degrees east (WGS 84)."
    )
    precision: Annotated[CoordinatePrecision, Named("coordinate_precision")] = Field(
        description="How closely the point stands for where it happened."
    )
    radius_m: Annotated[int, Named("coordinate_radius_m")] = Field(
        description="It happened within this many metres of the point."
    )
    given_by: Annotated[Literal["place", "incident"], Named("coordinate_given_by")] = Field(
        description="Whose `precision` and `radius_m` these are: those of the place in general, or what the reporting "
        "says of this incident (as in its `places`)."
    )


class TimeDocument(FrozenModel):
    """A time of day on the clocks of the place, as exact as the reporting gives it. The date beside it stays a date."""

    as_stated: str | None = Field(description="The reporting's own words for the time of day, at most six.")
    earliest: Annotated[TimeOfDay | None, Linked("earliest_time")] = Field(
        description="First minute that it may have been; null where none is given."
    )
    latest: Annotated[TimeOfDay | None, Linked("latest_time")] = Field(
        description="Last minute that it may have been, on the next day if it is before `earliest`; null where none is "
        "given."
    )
    approximate: bool = Field(description="Whether the reporting gives these minutes as approximate.")
    certainty: Certainty = Field(description="How firmly the reporting ties the time of day to the incident.")
    note: str | None = Field(description="What a reader should know about the time of day.")


class IncidentPlaceDocument(FrozenModel):
    id: Annotated[str, Id("places")] = Field(description="The place's id.")
    name: Annotated[str, TableColumn.none("the place has it"), Linked("schema:name")] = Field(
        description="The place's name."
    )
    role: PlaceRole = Field(description="What the place is to the incident.")
    certainty: Certainty = Field(description="How firmly the reporting ties the place to the incident.")
    precision: CoordinatePrecision | None = Field(
        description="How closely the place's point stands for where this happened, as the reporting of it says; null "
        "where that is left to the place."
    )
    radius_m: Annotated[int | None, Flat("place_radius_m")] = Field(
        description="This happened within so many metres of the place's point, as the reporting of it says; null where "
        "that is left to the place."
    )
    note: str | None = Field(description="What a reader should know about the tie.")


class ActorDocument(FrozenModel):
    type: Annotated[Literal["person", "organization", "unidentified"], Flat(after="id")] = Field(
        description="Whether it is a person, an organization, or nobody whom the reporting identifies."
    )
    id: Annotated[str | None, Id("parties"), TableColumn("party_id")] = Field(
        description="Their id; null for the unidentified."
    )
    label: Annotated[str, Linked("rdfs:label")] = Field(description="Their name or description.")
    role: ActorRole = Field(description="What they are to the incident.")
    certainty: Certainty = Field(description="How firmly the reporting ties them to the incident.")
    note: str | None = Field(description="What a reader should know about the tie.")


class HarmDocument(FrozenModel):
    """People to whom something was done, by all claims about them. The claims are alternatives: the figure is as wide
    as they are, and sums add harms, never claims."""

    id: Annotated[str, Flat("harms"), TableColumn("harm")] = Field(
        description="Unique within the incident; the claims name it."
    )
    outcome: CasualtyOutcome = Field(description="What happened to these people.")
    group: Annotated[str, Linked(vocabulary="casualty.group")] = Field(
        description="Whom its claims count, if they agree (`casualty.group`); else `mixed`."
    )
    organization: Annotated[OrganizationReference | None, Flat.none("the claims have it")] = Field(
        description="Whose people they were, if its claims agree; see `mixed`."
    )
    people: Annotated[
        list[PersonReference], Flat.none("the claims have them"), TableColumn.none("`casualty_people` has them")
    ] = Field(description="Those of them who have a record, if its claims agree; see `mixed`.")
    mixed: Annotated[list[str], Flat.none("the claims have it")] = Field(
        description="What its claims do not share of `group`, `organization` and `people`."
    )
    low: int | None = Field(description="At least so many: the lowest of its claims; null where one gives no floor.")
    high: int | None = Field(description="At most so many: the highest of its claims; null where one is open.")
    best: int | None = Field(
        description="The editors' own figure inside these bounds, or that of the only claim; null where there is none."
    )
    claims: Annotated[int, Flat("harm_claims")] = Field(
        description="How many claims there are about it, parts of claims included."
    )
    in_dispute: Annotated[bool, Flat("harms_in_dispute")] = Field(
        description="Whether its claims differ, or one of them is contested."
    )
    includes: Annotated[list[str], Flat.none("the claims have it")] = Field(
        description="Harms that it certainly includes, as incident/harm: they add nothing beside it."
    )
    may_include: Annotated[list[str], Flat.none("the claims have it")] = Field(
        description="Harms that it perhaps includes, as incident/harm."
    )
    included_in: Annotated[
        list[str], Flat.none("the claims have it"), TableColumn.none("`includes` has it, from its other side")
    ] = Field(description="Harms that include it, certainly or perhaps, as incident/harm.")


class Bounds(FrozenModel):
    """A sum of harms: a missing lower bound adds 0, an open upper bound leaves the sum open."""

    low: int = Field(description="At least so many.")
    high: int | None = Field(description="At most so many; null: open.")
    best: int | None = Field(description="The sum of the best figures; null where a harm has none.")


class TotalDocument(FrozenModel):
    """The sum of the harms of an incident itself, and what its parts add to it; null where the reporting says nothing
    of the outcome, neither here nor in the incident's parts."""

    low: int | None = Field(description="At least so many; null where no counted claim is about the incident itself.")
    high: int | None = Field(description="At most so many; null where that is open, and where `low` is null.")
    best: int | None = Field(description="The sum of the best figures; null where a harm has none.")
    in_dispute: int | None = Field(
        description="Harms of which the claims differ or one is contested; null where `low` is null."
    )
    parts: Bounds | None = Field(
        description=(
            "What its parts on all levels add, which the figures beside it leave out; null where no counted claim is "
            "about a part."
        )
    )


Totals = Annotated[dict[str, TotalDocument | None], ByValue("casualty.outcome", "TotalsDocument")]
"""By outcome; null where the reporting says nothing of it, neither here nor in the incident's parts."""


class IncidentDocument(Document):
    linked_class: ClassVar = "schema:Event"
    table: ClassVar = RecordTable("What happened.", indexes=(("kind",), ("date_earliest",), ("latitude", "longitude")))

    type: Literal["incident"]
    title: Annotated[str, Published(), Linked("schema:name")] = Field(
        description="What happened, in a few words of our own."
    )
    summary: Annotated[str, Linked("schema:description")] = Field(description="What happened, in our own words.")
    kind: IncidentKind = Field(description="The main kind.")
    also_kinds: Annotated[
        list[IncidentKind],
        ChildTable("incident_also_kinds", "What else an incident was, beside its kind.", column="kind"),
    ] = Field(description="Further kinds.")
    granularity: Granularity = Field(description="One event, a series of them, or planned.")
    date: Annotated[DateDocument | None, Published("edtf"), Linked(direct="schema:startDate")] = Field(
        description="When it happened; null where that is not stated."
    )
    time: TimeDocument | None = Field(description="The time of day; null where that is not stated.")
    location: Annotated[
        LocationDocument | None, Published("id"), Linked("point", tie="place", direct="schema:location")
    ] = Field(
        description="The place whose point stands for it on a map; null where no scene or target has a known point."
    )
    places: Annotated[
        list[IncidentPlaceDocument],
        ChildTable(
            "incident_places", "What the places of an incident were to it.", key=("incident_id", "place_id", "role")
        ),
        Published("id"),
        Linked(tie="place"),
    ] = Field(description="The places of the incident.")
    actors: Annotated[
        list[ActorDocument],
        Linked(tie="party"),
        ChildTable("incident_actors", "Who did it, suffered it, saw it or was otherwise a part of it."),
    ] = Field(description="Who did it, suffered it, saw it or was otherwise a part of it.")
    casualties: Annotated[
        list[ClaimDocument], Flat(after="totals", only=("id",)), TableColumn.none("claims are records of their own")
    ] = Field(description="Every claim about who was harmed.")
    harms: Annotated[
        list[HarmDocument],
        ChildTable(
            "incident_harms",
            "The people to whom something was done, by all claims about them.",
            key=("incident_id", "harm"),
        ),
    ] = Field(description="What its counted claims count: each harm with the figure of all claims about it.")
    totals: Annotated[Totals, Named("")] = Field(description="Sums of its harms.")
    outcome: Annotated[str | None, Linked("result")] = Field(description="What came of it.")
    contested: bool = Field(
        description="Whether a statement about it stands against another, or figures of the same people differ."
    )
    parent: Annotated[IncidentReference | None, TableColumn(after="location"), Linked("schema:superEvent")] = Field(
        description="The operation that it was a part of."
    )
    children: Annotated[
        list[IncidentReference],
        Named("child"),
        Linked("schema:subEvent"),
        Flat(only=("id",)),
        TableColumn.none("`parent_id` has it, from its other side"),
    ] = Field(description="The incidents that were a part of it.")
    related: Annotated[
        list[IncidentReference],
        Flat(only=("id",)),
        ChildTable("incident_relations", "Incidents that belong together.", key=("incident_id", "related_id")),
    ] = Field(description="Incidents that belong together with it; each of them names the others.")
    quotes: Annotated[
        list[QuoteReference],
        Flat(only=("id",)),
        TableColumn.none("`quote_incidents` has it, from its other side"),
    ] = Field(description="Quotes about it.")
    statements: Annotated[
        list[StatementReference],
        Flat(only=("id",)),
        TableColumn.none("`statement_about` has it, from its other side"),
    ] = Field(description="Statements about it.")
    same_as: Annotated[
        SameAs,
        Named("same_as"),
        ChildTable("incident_same_as", "What incidents are called in other registers.", key=("incident_id", "curie")),
    ]
    note: Note
    evidence: Passages
