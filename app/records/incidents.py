"""Incidents: what happened."""

from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import Select, func, select
from sqlmodel import col

from app.model.codebook import ActorRole, CasualtyOutcome, Certainty, Granularity, IncidentKind, PlaceRole
from app.model.digests import Data
from app.model.documents import IncidentDocument
from app.model.references import articles_of, id_in, id_of, ids_in, ids_of_each, ids_of_type, ids_within
from app.queries.conditions import (
    Clause,
    Condition,
    column_lookup,
    dated,
    exists_link,
    holds,
    in_box,
    near_point,
)
from app.queries.facets import by_article, by_column, by_dates, by_flag, by_links, if_given, pairs_of
from app.queries.filters import (
    BOX_DESCRIPTION,
    LOCATION_MATCH_DESCRIPTION,
    NEAR_DESCRIPTION,
    Listing,
    Where,
    one_of,
    refines,
    whether,
)
from app.queries.record_type import ChildRows, FeedText, RecordType, Row
from app.queries.values import (
    Box,
    Days,
    Flag,
    IncidentIds,
    Kilometres,
    LocationMatch,
    PartyIds,
    PlaceIds,
    Point,
)
from app.records.harm import bounds_filters
from app.records.hierarchies import (
    PARTIES,
    in_places,
    incidents_within,
    of_operations,
    of_parties,
    parties_within,
    places_within,
)
from app.records.row_columns import area_columns
from app.search.folding import fold
from app.storage.models import Incident, IncidentActor, IncidentPlace, IncidentRelation, IncidentTotal

LOCATING = (PlaceRole.SCENE, PlaceRole.TARGET_AREA, PlaceRole.STAGING, PlaceRole.NEARBY, PlaceRole.JURISDICTION)
"""The place roles that say where an incident was."""


# Made once: lists that do not ask for them would pay for them too.
_HAS_LOCATION = col(Incident.latitude).is_not(None)
_CONTESTED = col(Incident.contested).is_(True)


def _on_days(days: Any, filters: Any) -> Condition:
    return dated(Incident, days, filters.date_match, col(Incident.sort_date))


def _near(point: Any, filters: Any) -> Condition:
    return near_point(Incident, point, filters.radius_km, filters.location_match)


def _contested(wanted: bool, filters: Any) -> Condition:
    contested = holds(_CONTESTED, wanted=wanted)
    return replace(contested, lookup=column_lookup(col(Incident.id), _CONTESTED)) if wanted else contested


def _at_places(ids: Any, filters: Any) -> Condition:
    link = IncidentPlace
    clauses = [col(link.role).in_(filters.place_role or LOCATING)]
    clauses += [col(link.place_id).in_(places_within(ids, filters.place_basis))] if ids else []
    clauses += [col(link.certainty).in_(filters.place_certainty)] if filters.place_certainty else []
    return exists_link(col(Incident.id), col(link.incident_id), *clauses)


def with_actors(ids: Any, filters: Any) -> Condition:
    """The actors of the incident, in whatever role if none is asked for."""
    link = IncidentActor
    clauses = [col(link.party_id).in_(parties_within(ids))] if ids else []
    clauses += [col(link.role).in_(filters.actor_role)] if filters.actor_role else []
    clauses += [col(link.certainty).in_(filters.actor_certainty)] if filters.actor_certainty else []
    return exists_link(col(Incident.id), col(link.incident_id), *clauses)


class IncidentCriteria(BaseModel):
    """What incidents are chosen by; casualties are chosen by their incident in the same way."""

    kind: Annotated[list[IncidentKind], one_of(col(Incident.kind), in_list_order=True)] = Field(
        [], description="What happened (the main kind)."
    )
    granularity: Annotated[list[Granularity], one_of(col(Incident.granularity), in_list_order=True)] = Field(
        [], description="One event, a series of them, or planned."
    )
    datetime: Annotated[Days | None, Where(_on_days, in_list_order=True)] = Field(
        None,
        description=(
            "`2019`, `2019-04`, `2019-04-19`, or an interval `A/B`, `../B`, `A/..`, ends included. A record's date "
            "may itself be a month or a range: see `date_match`. Where its end is open (`latest` null) it is taken to "
            "last until the article appeared, or for as long as the editors assume. Records without a date never match "
            "and are counted in `meta.not_judged.date`."
        ),
        examples=["2019-04"],
    )
    date_match: Annotated[Literal["overlaps", "within"] | None, refines("datetime")] = Field(
        None,
        description=(
            "`overlaps` (default): it could have happened then, because a possible day of the record lies in the "
            "interval; `2019-04-19` so finds what is dated only `2019-04`. `within`: it certainly did, because all its "
            "possible days lie in the interval."
        ),
    )
    place: Annotated[PlaceIds, Where(_at_places)] = Field(
        [], description="At this place or anywhere inside it.", examples=[["riyadh-district"]]
    )
    place_role: Annotated[list[PlaceRole], refines("place", alone=True)] = Field(
        [],
        description=(
            f"What the place is to the incident. Default: {', '.join(LOCATING)}. Alone: with any place in this role."
        ),
    )
    place_certainty: Annotated[list[Certainty], refines("place", alone=True)] = Field(
        [],
        description="How firmly the reporting ties the place to the incident; `stated` alone is what it says itself. "
        "Alone: with any place that locates it so firmly.",
    )
    place_basis: Annotated[Literal["any", "stated"] | None, refines("place")] = Field(
        None, description="`stated`: follow only containment that the reporting states. Default: `any`."
    )
    actor: Annotated[PartyIds, Where(with_actors)] = Field(
        [], description="With this person, or this organization or a part of it."
    )
    actor_role: Annotated[list[ActorRole], refines("actor", alone=True)] = Field(
        [], description="In this role; alone: with anybody in this role."
    )
    actor_certainty: Annotated[list[Certainty], refines("actor", alone=True)] = Field(
        [],
        description="How firmly the reporting ties the actor to the incident, in this role; `stated` alone is what it "
        "says itself. Alone: with anybody tied to it so firmly.",
    )
    bbox: Annotated[Box | None, Where(lambda box, filters: in_box(Incident, box, filters.location_match))] = Field(
        None, description=BOX_DESCRIPTION
    )
    near: Annotated[Point | None, Where(_near)] = Field(None, description=NEAR_DESCRIPTION)
    radius_km: Annotated[Kilometres | None, refines("near")] = Field(None, description="Goes with `near`. Default: 50.")
    location_match: Annotated[LocationMatch | None, refines("bbox", "near")] = Field(
        None, description=LOCATION_MATCH_DESCRIPTION
    )
    has_location: Annotated[Flag | None, whether(_HAS_LOCATION)] = Field(
        None, description="With, or without, a point on the map."
    )
    contested: Annotated[Flag | None, Where(_contested)] = Field(
        None, description="Whether a statement about it stands against another."
    )
    parent: Annotated[IncidentIds, one_of(col(Incident.parent_id), in_list_order=True)] = Field(
        [], description="Parts of this operation."
    )


def _total(outcome: CasualtyOutcome, bounds: Any) -> Condition:
    """A bound of the incident's own total."""
    link, of_it = IncidentTotal, col(IncidentTotal.outcome) == outcome
    its_own = select(col(link.incident_id)).where(col(link.incident_id) == col(Incident.id), of_it)
    with_it = exists_link(col(Incident.id), col(link.incident_id), of_it, bounds(col(link.low), col(link.high)))
    known = select(func.count()).select_from(link).where(of_it)
    return replace(with_it, axis="casualties", unknown=~its_own.exists(), known=known)


if TYPE_CHECKING:

    class IncidentHarm(BaseModel):
        """Bounds of an incident's totals."""

else:
    IncidentHarm = bounds_filters(
        "IncidentHarm",
        _total,
        "Certainly so many `{outcome}` or more: by the lower bound of the incident's own total, without its parts.",
        "Perhaps so many `{outcome}` or more: by the upper bound of the incident's own total; an open one fits any.",
    )


class IncidentFilters(IncidentCriteria, IncidentHarm, Listing):
    """What lists of incidents take."""

    sort: (
        Literal["date", "-date", "title", "-title", "killed", "-killed", "changed", "-changed", "id", "-id"] | None
    ) = Field(
        None,
        description=(
            "One key, `-` for descending, ties by id. `killed` is the lower bound, not stated below 0. "
            "Default: `-date`."
        ),
    )


def actors_of(ids: list[str]) -> Select[str | None]:
    """Ids of the actors in these incidents and their parts."""
    return select(col(IncidentActor.party_id)).where(
        col(IncidentActor.incident_id).in_(incidents_within(ids)), col(IncidentActor.party_id).is_not(None)
    )


def actor_incidents(filters: Any) -> list[Select[Any]]:
    """Each actor with the incidents and the operations that these are parts of."""
    return of_operations(IncidentActor, col(IncidentActor.party_id), col(IncidentActor.incident_id))


def _incident_places(filters: Any) -> Select[Any]:
    link = IncidentPlace
    stated_only = filters.place_basis == "stated"
    pairs = in_places(col(link.incident_id), col(link.place_id), stated_only=stated_only)
    certain = if_given(col(link.certainty), filters.place_certainty)
    return pairs.where(col(link.role).in_(filters.place_role or LOCATING), *certain)


def _at_place(filters: Any) -> list[Clause]:
    inside = places_within(filters.place, filters.place_basis) if filters.place else None
    return [] if inside is None else [col(IncidentPlace.place_id).in_(inside)]


def _place_roles(filters: Any) -> Select[Any]:
    link = IncidentPlace
    certain = if_given(col(link.certainty), filters.place_certainty)
    return pairs_of(col(link.incident_id), col(link.role)).where(*_at_place(filters), *certain)


def _place_certainties(filters: Any) -> Select[Any]:
    link = IncidentPlace
    in_role = col(link.role).in_(filters.place_role or LOCATING)
    return pairs_of(col(link.incident_id), col(link.certainty)).where(*_at_place(filters), in_role)


def _incident_actors(filters: Any) -> Select[Any]:
    link = IncidentActor
    pairs = of_parties(col(link.incident_id), col(link.party_id))
    in_role, certain = col(link.role), col(link.certainty)
    return pairs.where(*if_given(in_role, filters.actor_role), *if_given(certain, filters.actor_certainty))


def _with_actor(filters: Any) -> list[Clause]:
    return [col(IncidentActor.party_id).in_(parties_within(filters.actor))] if filters.actor else []


def _actor_roles(filters: Any) -> Select[Any]:
    link = IncidentActor
    certain = if_given(col(link.certainty), filters.actor_certainty)
    return pairs_of(col(link.incident_id), col(link.role)).where(*_with_actor(filters), *certain)


def _actor_certainties(filters: Any) -> Select[Any]:
    link = IncidentActor
    in_role = if_given(col(link.role), filters.actor_role)
    return pairs_of(col(link.incident_id), col(link.certainty)).where(*_with_actor(filters), *in_role)


INCIDENT_FACETS = {
    "kind": by_column(col(Incident.kind)),
    "granularity": by_column(col(Incident.granularity)),
    "place": by_links(col(Incident.id), _incident_places, "places"),
    "place_role": by_links(col(Incident.id), _place_roles),
    "place_certainty": by_links(col(Incident.id), _place_certainties),
    "actor": by_links(col(Incident.id), _incident_actors, *PARTIES, missing="nobody identified"),
    "actor_role": by_links(col(Incident.id), _actor_roles),
    "actor_certainty": by_links(col(Incident.id), _actor_certainties),
    **by_dates(col(Incident.earliest), col(Incident.latest)),
    "has_location": by_flag(_HAS_LOCATION),
    "contested": by_flag(_CONTESTED),
    "parent": by_column(col(Incident.parent_id), "incidents", missing="not part of an operation"),
}

"""What incidents, and claims about them, can be counted by."""


def _texts(document: Data) -> list[str | None]:
    names = [*(place["name"] for place in document["places"]), *(actor["label"] for actor in document["actors"])]
    return [document["title"], document["summary"], document["outcome"], document["note"], *names]


def _terms(document: Data) -> list[str]:
    links = (*document["places"], *document["actors"])
    return [document["kind"], *document["also_kinds"], *(link["role"] for link in links)]


def _feed_text(document: Data) -> FeedText:
    location = document["location"]
    point = (location["latitude"], location["longitude"]) if location else None
    return FeedText(document["title"], document["summary"], point)


def _row(document: Data) -> Row:
    location = document["location"]
    return {
        "sort_name": fold(document["title"]),
        "kind": document["kind"],
        "granularity": document["granularity"],
        "location_id": location["id"] if location else None,
        **area_columns(document["location"], document["location"]),
        "parent_id": document["parent"],
        "contested": document["contested"],
        "sort_killed": _killed(document["totals"]["killed"]),
    }


def _killed(total: Any) -> int:
    return -1 if total is None or total["low"] is None else int(total["low"])


def _child_rows(document: Data) -> ChildRows:
    owner = {"incident_id": document["id"]}
    for place in document["places"]:
        yield (
            IncidentPlace,
            {**owner, "place_id": place["id"], "role": place["role"], "certainty": place["certainty"]},
        )
    for position, actor in enumerate(document["actors"]):
        row = {"party_id": actor["id"], "label": actor["label"], "role": actor["role"], "certainty": actor["certainty"]}
        yield IncidentActor, {**owner, "position": position, **row}
    for outcome, total in document["totals"].items():
        if total and total["low"] is not None:
            yield IncidentTotal, {**owner, "outcome": outcome, "low": total["low"], "high": total["high"]}
    for related in document["related"]:
        yield IncidentRelation, {**owner, "related_id": related}


INCIDENTS = RecordType(
    name="incidents",
    type="incident",
    code=2,
    table=Incident,
    children=(
        (IncidentPlace, "incident_id"),
        (IncidentActor, "incident_id"),
        (IncidentTotal, "incident_id"),
        (IncidentRelation, "incident_id"),
    ),
    row=_row,
    child_rows=_child_rows,
    document=IncidentDocument,
    summary="What happened.",
    description=(
        "What happened: raids, strikes, killings, blockades, withdrawals, with places, actors and every claim about "
        "who was harmed. Dates may be a day, a month or a range; nothing is made more precise than the reporting."
    ),
    example="kanoos-aerial-shelling",
    docs_position=1,
    feed_text=_feed_text,
    has_page=True,
    title=itemgetter("title"),
    texts=_texts,
    terms=_terms,
    references={
        "places": [ids_of_each("places")],
        "people": [
            ids_of_type("person", "actors"),
            ids_within("casualties", ids_in("people")),
            ids_within("casualties", ids_of_type("person", "claimed_by", "via")),
        ],
        "organizations": [
            ids_of_type("organization", "actors"),
            ids_within("casualties", id_in("organization")),
            ids_within("casualties", ids_of_type("organization", "claimed_by", "via")),
        ],
        "quotes": [ids_in("quotes")],
        "statements": [ids_in("statements")],
        "casualties": [ids_of_each("casualties")],
        "incidents": [id_in("parent"), ids_in("children"), ids_in("related")],
        "articles": [articles_of],
    },
    required={"casualties": [ids_of_each("casualties")], "incidents": [id_in("parent")], "places": [id_of("location")]},
    filters=IncidentFilters,
    sorts={
        "date": "sort_date",
        "title": "sort_name",
        "killed": "sort_killed",
        "changed": "changed_in",
        "id": "id",
    },
    default_sort="-date",
    day_sort="date",
    facets={**INCIDENT_FACETS, **by_article(Incident, "incident")},
)
