"""One query model per resource: every parameter that a list takes, with its documentation."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, create_model

from app.model.codebook import (
    ActorRole,
    Anonymity,
    CasualtyBasis,
    CasualtyGroup,
    CasualtyOutcome,
    Certainty,
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
    meanings,
)
from app.model.documents import RecordType
from app.queries.values import (
    Q_DESCRIPTION,
    ArticleIds,
    Box,
    Cursor,
    Days,
    Fields,
    Flag,
    Id,
    IncidentIds,
    Include,
    Kilometres,
    LocationMatch,
    Number,
    OrganizationIds,
    PageSize,
    PartyIds,
    PersonIds,
    PlaceIds,
    Point,
    Refers,
    Words,
)

_BOX = (
    "`minLon,minLat,maxLon,maxLat` in WGS 84. minLon above maxLon crosses the antimeridian (RFC 7946 5.2), and "
    "longitudes beyond 180 are taken modulo 360. Records are judged by the radius of their point: see "
    "`location_match`. (The `bbox` of `/ogc` goes by the point alone and takes in records without one.) "
    "Records without a point never match and are counted in `meta.not_judged.location`."
)
_NEAR = "`lon,lat`: within `radius_km` of this point (great circle), judged as for `bbox`: see `location_match`."
_LOCATION_MATCH = (
    "How `bbox` and `near` judge a record, whose point may be off by its `radius_m`. `possible` (default): some of "
    "the circle lies there, so it could have been there; `certain`: all of it does, so it must; `point`: the point "
    "does, as maps draw it and as `/ogc` answers."
)

LOCATING = (PlaceRole.SCENE, PlaceRole.TARGET_AREA, PlaceRole.STAGING, PlaceRole.NEARBY, PlaceRole.JURISDICTION)
"""The place roles that say where an incident was."""


def _harm(name: str, at_least: str, possibly: str) -> type[BaseModel]:
    """Two parameters for each outcome, by the bounds of its figure."""
    parameters: dict[str, Any] = {}
    for outcome, meaning in meanings(CasualtyOutcome)[1].items():
        for ending, description in (("at_least", at_least), ("possibly", possibly)):
            told = Field(None, description=f"{description.format(outcome=outcome)} ({outcome}: {meaning}.)")
            parameters[f"{outcome}_{ending}"] = (Number | None, told)
    return create_model(name, **parameters)


if TYPE_CHECKING:

    class IncidentHarm(BaseModel):
        """Bounds of an incident's totals."""

    class ClaimHarm(BaseModel):
        """Bounds of a claim's own figure."""

else:
    IncidentHarm = _harm(
        "IncidentHarm",
        "Certainly so many `{outcome}` or more: by the lower bound of the incident's own total, without its parts.",
        "Perhaps so many `{outcome}` or more: by the upper bound of the incident's own total; an open one fits any.",
    )
    ClaimHarm = _harm(
        "ClaimHarm",
        "Claims of certainly so many `{outcome}` or more: by the claim's own lower bound.",
        "Claims of perhaps so many `{outcome}` or more: by the claim's own upper bound; an open one fits any.",
    )


class Listing(BaseModel):
    """The parameters that every list takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: Words | None = Field(
        None,
        description=(
            f"{Q_DESCRIPTION} The best matches come first, unless `sort` says otherwise; more than 20,000 stand in the "
            "list's usual order."
        ),
        examples=["kanoos"],
    )
    article: ArticleIds = Field([], description="Only records that rest on this article.")
    changed_since: Number | None = Field(
        None,
        description="Only records that a release after this one has changed. Removals stand only in `/v1/changes`.",
        examples=[0],
    )
    limit: PageSize = Field(50, description="How many records a page holds.")
    cursor: Annotated[Cursor, StringConstraints(max_length=8000)] | None = Field(
        None,
        description="Where a page begins: take it from `links.next`. It holds for later releases as well, but for a "
        "list by relevance (`q` without `sort`), whose order a release may change.",
    )
    sort: str | None
    count: Literal["auto", "exact"] = Field(
        "auto",
        description="`auto` counts what matched while the resource has up to 10,000 records, `exact` always.",
    )
    fields: Fields = []
    include: Include = []


class IncidentCriteria(BaseModel):
    """What incidents are chosen by; casualties are chosen by their incident in the same way."""

    kind: list[IncidentKind] = Field([], description="What happened (the main kind).")
    granularity: list[Granularity] = Field([], description="One event, a series of them, or planned.")
    datetime: Days | None = Field(
        None,
        description=(
            "`2019`, `2019-04`, `2019-04-19`, or an interval `A/B`, `../B`, `A/..`, ends included. A record's date "
            "may itself be a month or a range: see `date_match`. Where its end is open (`latest` null) it is taken to "
            "last until the article appeared, or for as long as the editors assume. Records without a date never match "
            "and are counted in `meta.not_judged.date`."
        ),
        examples=["2019-04"],
    )
    date_match: Literal["overlaps", "within"] | None = Field(
        None,
        description=(
            "`overlaps` (default): it could have happened then, because a possible day of the record lies in the "
            "interval; `2019-04-19` so finds what is dated only `2019-04`. `within`: it certainly did, because all its "
            "possible days lie in the interval."
        ),
    )
    place: PlaceIds = Field([], description="At this place or anywhere inside it.", examples=[["riyadh-district"]])
    place_role: list[PlaceRole] = Field(
        [],
        description=(
            f"What the place is to the incident. Default: {', '.join(LOCATING)}. Alone: with any place in this role."
        ),
    )
    place_certainty: list[Certainty] = Field(
        [],
        description="How firmly the reporting ties the place to the incident; `stated` alone is what it says itself. "
        "Alone: with any place that locates it so firmly.",
    )
    place_basis: Literal["any", "stated"] | None = Field(
        None, description="`stated`: follow only containment that the reporting states. Default: `any`."
    )
    actor: PartyIds = Field([], description="With this person, or this organization or a part of it.")
    actor_role: list[ActorRole] = Field([], description="In this role; alone: with anybody in this role.")
    actor_certainty: list[Certainty] = Field(
        [],
        description="How firmly the reporting ties the actor to the incident, in this role; `stated` alone is what it "
        "says itself. Alone: with anybody tied to it so firmly.",
    )
    bbox: Box | None = Field(None, description=_BOX)
    near: Point | None = Field(None, description=_NEAR)
    radius_km: Kilometres | None = Field(None, description="Goes with `near`. Default: 50.")
    location_match: LocationMatch | None = Field(None, description=_LOCATION_MATCH)
    has_location: Flag | None = Field(None, description="With, or without, a point on the map.")
    contested: Flag | None = Field(None, description="Whether a statement about it stands against another.")
    parent: IncidentIds = Field([], description="Parts of this operation.")


class IncidentFilters(IncidentCriteria, IncidentHarm, Listing):
    sort: (
        Literal["date", "-date", "title", "-title", "killed", "-killed", "changed", "-changed", "id", "-id"] | None
    ) = Field(
        None,
        description=(
            "One key, `-` for descending, ties by id. `killed` is the lower bound, not stated below 0. "
            "Default: `-date`."
        ),
    )


_WHOSE = "Whose people were harmed"


class CasualtyFilters(IncidentCriteria, ClaimHarm, Listing):
    actor: PartyIds = Field(
        [],
        description=(
            "Claims about incidents with this person, or this organization or a part of it, in whatever role: also "
            "about those harmed on the other side. Whose they were is asked by `organization`, `group` and `person`."
        ),
    )
    organization: OrganizationIds = Field([], description=f"{_WHOSE}: this organization's or those of a part of it.")
    group: list[CasualtyGroup] = Field([], description=f"{_WHOSE}: what they were.")
    person: PersonIds = Field([], description=f"{_WHOSE}: claims that count this person.")
    outcome: list[CasualtyOutcome] = Field([], description="What happened to them.")
    basis: list[CasualtyBasis] = Field([], description="On what the figure rests.")
    claimed_by: PartyIds = Field([], description="Who says so, or through whom it came.")
    attributed: Flag | None = Field(
        None,
        description="Whether somebody is given as saying so, or as passing it on; `false` is the article's own voice.",
    )
    counted: Flag | None = Field(None, description="Whether totals include the claim.")
    incident: IncidentIds = Field([], description="Claims about this incident or a part of it.")
    sort: Literal["incident", "-incident", "changed", "-changed", "id", "-id"] | None = Field(
        None, description="One key, `-` for descending, ties by id. Default: `incident`."
    )


class ArticleFilters(Listing):
    sort: Literal["published", "-published", "title", "-title", "changed", "-changed", "id", "-id"] | None = Field(
        None, description="One key, `-` for descending, ties by id. Default: `-published`."
    )


class PlaceFilters(Listing):
    kind: list[PlaceKind] = Field([], description="What sort of place.")
    within: PlaceIds = Field([], description="Inside this place, at any depth.", examples=[["iraq"]])
    place_basis: Literal["any", "stated"] | None = Field(
        None, description="Goes with `within`. `stated`: only containment that the reporting states. Default: `any`."
    )
    bbox: Box | None = Field(None, description=_BOX)
    near: Point | None = Field(None, description=_NEAR)
    radius_km: Kilometres | None = Field(None, description="Goes with `near`. Default: 50.")
    location_match: LocationMatch | None = Field(None, description=_LOCATION_MATCH)
    has_location: Flag | None = Field(None, description="With, or without, a known point.")
    sort: Literal["name", "-name", "changed", "-changed", "id", "-id"] | None = Field(
        None, description="One key, `-` for descending, ties by id. Default: `name`."
    )


class PersonFilters(Listing):
    role: list[PersonRole] = Field([], description="What they are to the reporting.")
    named: Flag | None = Field(None, description="Whether the reporting names them.")
    anonymity: list[Anonymity] = Field([], description="How the unnamed appear.")
    organization: OrganizationIds = Field([], description="Of this organization or a part of it.")
    life_status: list[LifeStatus] = Field([], description="What the reporting says of their life.")
    incident: IncidentIds = Field(
        [], description="Actors in this incident or in a part of it, or counted among its casualties."
    )
    sort: Literal["name", "-name", "changed", "-changed", "id", "-id"] | None = Field(
        None, description="One key, `-` for descending, ties by id. Default: `name`."
    )


class OrganizationFilters(Listing):
    kind: list[OrganizationKind] = Field([], description="What sort of body.")
    within: OrganizationIds = Field([], description="Part of this organization, at any depth.")
    incident: IncidentIds = Field([], description="Actors in this incident or in a part of it.")
    sort: Literal["name", "-name", "changed", "-changed", "id", "-id"] | None = Field(
        None, description="One key, `-` for descending, ties by id. Default: `name`."
    )


class QuoteFilters(Listing):
    speaker: PartyIds = Field([], description="Whose words they are.", examples=[["hassan-al-soofy"]])
    kind: list[QuoteKind] = Field([], description="How the words are quoted.")
    anonymity: list[Anonymity] = Field([], description="How the speaker appears, where unnamed.")
    named: Flag | None = Field(None, description="Whether the speaker is named.")
    organization: OrganizationIds = Field([], description="The speaker belongs to this organization or a part of it.")
    incident: IncidentIds = Field([], description="About this incident or a part of it.")
    place: PlaceIds = Field([], description="About this place or anywhere inside it.")
    sort: Literal["position", "-position", "changed", "-changed", "id", "-id"] | None = Field(
        None,
        description=(
            "One key, `-` for descending, ties by id. `position` is the order in the article. Default: `position`."
        ),
    )


class StatementFilters(Listing):
    stance: list[Stance] = Field([], description="What the speaker does with it.")
    topic: list[Topic] = Field([], description="The subject of general statements.")
    by: PartyIds = Field([], description="Who says so.")
    attributed: Flag | None = Field(
        None, description="Whether somebody is given as saying so; `false` is the article's own voice."
    )
    organization: OrganizationIds = Field(
        [], description="Said by this organization or a part of it, or by somebody who belongs to one of them."
    )
    about: Annotated[list[Id], Refers(("incidents", "places", "people", "organizations"))] = Field(
        [], description="About this incident, place, person or organization."
    )
    place: PlaceIds = Field([], description="About this place or anywhere inside it.")
    contested: Flag | None = Field(None, description="Whether it stands against another statement or quote.")
    datetime: Days | None = Field(None, description="The time that it is about; as for incidents.")
    date_match: Literal["overlaps", "within"] | None = Field(None, description="As for incidents.")
    sort: Literal["position", "-position", "changed", "-changed", "id", "-id"] | None = Field(
        None,
        description=(
            "One key, `-` for descending, ties by id. `position` is the order in the article. Default: `position`."
        ),
    )


class DetailFilters(BaseModel):
    """The parameters that one record takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fields: Fields = []
    include: Include = []


class Paging(BaseModel):
    """The parameters of a list that nothing is chosen from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: PageSize = Field(50, description="How many entries a page holds.")
    cursor: Annotated[Cursor, StringConstraints(max_length=2000)] | None = Field(
        None,
        description="Where a page begins: take it from `links.next`. It holds for later releases as well, but for a "
        "list by relevance (`q` without `sort`), whose order a release may change.",
    )


class ChangeFilters(Paging):
    """What the log takes."""

    since: Number = Field(0, description="Only what later releases did. 0, the default, is everything.", examples=[0])
    type: list[RecordType] = Field([], description="Only records of this type.")
    include: list[str] = Field(
        [], description="`document`: also send each record as it is today, null if it is no longer there."
    )


FILTERS: dict[str, type[Listing]] = {
    "articles": ArticleFilters,
    "incidents": IncidentFilters,
    "places": PlaceFilters,
    "people": PersonFilters,
    "organizations": OrganizationFilters,
    "quotes": QuoteFilters,
    "statements": StatementFilters,
    "casualties": CasualtyFilters,
}
"""The query model of each resource."""
