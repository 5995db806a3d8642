"""Incidents: what happened."""

from collections.abc import Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from app.counts.columns import Links, Numbers, Texts
from app.counts.criteria import AnyOf, Criterion, HasLink, IsReferredTo, Not
from app.model.codebook import ActorRole, Certainty, Granularity, IncidentKind, PlaceRole
from app.model.digests import Data
from app.model.documents import IncidentDocument
from app.model.references import articles_of, id_of, ids_of_each, ids_of_type, ids_within
from app.queries.areas import in_box, near_point
from app.queries.conditions import Condition, column_lookup, exists_link, holds
from app.queries.days import dated
from app.queries.facets import Facet, Grid, by_article, by_column, by_dates, by_flag
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
from app.queries.orders import LinkedSort
from app.queries.record_type import ChildRows, FeedText, RecordType, Row
from app.queries.values import (
    Box,
    Days,
    ExternalIds,
    Flag,
    IncidentIds,
    Kilometres,
    LocationMatch,
    PartyIds,
    PlaceIds,
    Point,
)
from app.records.figures_in_words import figures_in_words
from app.records.harm import (
    HAS_HIGH,
    HAS_LOW,
    AnyHarm,
    BoundFilter,
    Bounds,
    at_least,
    bounds_filters,
    has_outcome,
    of_outcome,
    possibly,
    somebody_harmed,
)
from app.records.incident_links import LINK_FACETS, at_places, outside_places, with_actors, without_actors
from app.records.row_columns import area_columns
from app.records.same_as import SAME_AS, known_as, same_as_rows
from app.search.folding import fold
from app.storage.models import Casualty, Incident, IncidentActor, IncidentPlace, IncidentRelation, IncidentTotal
from app.storage.same_as_models import IncidentSameAs

# Made once: lists that do not ask for them would pay for them too.
_HAS_LOCATION = col(Incident.latitude).is_not(None)
_CONTESTED = col(Incident.contested).is_(True)


def _on_days(days: Any, filters: Any) -> Condition:
    return dated(Incident, days, filters.date_match, col(Incident.sort_date))


def _near(point: Any, filters: Any) -> Condition:
    return near_point(Incident, point, filters.radius_km, filters.location_match)


def _contested(wanted: bool, filters: Any) -> Condition:
    contested = holds(_CONTESTED, wanted=wanted, facet="contested")
    return replace(contested, lookup=column_lookup(col(Incident.id), _CONTESTED)) if wanted else contested


class IncidentCriteria(BaseModel):
    """What incidents are chosen by; casualties are chosen by their incident in the same way."""

    kind: Annotated[list[IncidentKind], one_of(col(Incident.kind), in_list_order=True)] = Field(
        default_factory=list, description="What happened (the main kind)."
    )
    granularity: Annotated[list[Granularity], one_of(col(Incident.granularity), in_list_order=True)] = Field(
        default_factory=list, description="One event, a series of them, or planned."
    )
    datetime: Annotated[Days | None, Where(_on_days, in_list_order=True)] = Field(
        None,
        description=(
            "`2019`, `2019-04`, `2019-04-19`, or an interval `A/B`, `../B`, `A/..`, ends included. A record's date "
            "may itself be a month or a range: see `date_match`. An end that is open (`date.open`) is taken to reach "
            "as far as `date.assumed` says, an open start without a limit to any earlier day. Records without a date "
            "never match and are counted in `meta.not_judged.date`."
        ),
        examples=["2019-04"],
    )
    date_match: Annotated[Literal["overlaps", "within"] | None, refines("datetime")] = Field(
        None,
        description=(
            "`overlaps` (default): it could have happened then, because a possible day of the record lies in the "
            "interval; `2019-04-19` so finds what is dated only `2019-04`. `within`: it certainly did, because all its "
            "possible days lie in the interval, which an end that is open never does unless the interval is open there."
        ),
    )
    place: Annotated[PlaceIds, Where(at_places, exclusion=outside_places)] = Field(
        default_factory=list, description="At this place or anywhere inside it.", examples=[["riyadh-district"]]
    )
    place_role: Annotated[list[PlaceRole], refines("place", alone=True)] = Field(
        default_factory=list,
        description=(
            "What the place is to the incident. Default: the roles that have the property `locates` in the codebook, "
            "such as scene, but not origin. Alone: with any place in this role."
        ),
    )
    place_certainty: Annotated[list[Certainty], refines("place", alone=True)] = Field(
        default_factory=list,
        description="How firmly the reporting ties the place to the incident; `stated` alone is what it says itself. "
        "Alone: with any place that locates it so firmly.",
    )
    place_basis: Annotated[Literal["any", "stated"] | None, refines("place")] = Field(
        None, description="`stated`: follow only containment that the reporting states. Default: `any`."
    )
    actor: Annotated[PartyIds, Where(with_actors, exclusion=without_actors)] = Field(
        default_factory=list, description="With this person, or this organization or a part of it."
    )
    actor_role: Annotated[list[ActorRole], refines("actor", alone=True)] = Field(
        default_factory=list, description="In this role; alone: with anybody in this role."
    )
    actor_certainty: Annotated[list[Certainty], refines("actor", alone=True)] = Field(
        default_factory=list,
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
    has_location: Annotated[Flag | None, whether(_HAS_LOCATION, "has_location")] = Field(
        None, description="With, or without, a point on the map."
    )
    contested: Annotated[Flag | None, Where(_contested)] = Field(
        None, description="Whether a statement about it stands against another."
    )
    same_as: Annotated[
        ExternalIds, known_as(col(Incident.id), col(IncidentSameAs.incident_id), col(IncidentSameAs.external_id))
    ] = SAME_AS
    parent: Annotated[IncidentIds, one_of(col(Incident.parent_id), in_list_order=True)] = Field(
        default_factory=list, description="Parts of this operation."
    )


_TOTALS = Links(
    "totals",
    col(IncidentTotal.incident_id),
    (
        Texts("outcome", col(IncidentTotal.outcome)),
        Numbers("low", col(IncidentTotal.low)),
        Numbers("high", col(IncidentTotal.high)),
    ),
)


def _total(outcome: str | Sequence[str], bounds: Bounds) -> Condition:
    """A bound of the incident's own total of an outcome, or of one of several."""
    link = IncidentTotal
    of_it = of_outcome(col(link.outcome), outcome)
    its_own = select(col(link.incident_id)).where(col(link.incident_id) == col(Incident.id), of_it)
    fits = bounds.clause(col(link.low), col(link.high))
    criterion = HasLink(_TOTALS.name, (has_outcome(outcome), bounds.criterion))
    with_it = exists_link(col(Incident.id), col(link.incident_id), of_it, fits, criterion=criterion)
    known = select(func.count(func.distinct(col(link.incident_id)))).where(of_it)
    without = Not(HasLink(_TOTALS.name, (has_outcome(outcome),)))
    return replace(with_it, axis="casualties", unknown=~its_own.exists(), known=known, unknown_criterion=without)


_CLAIM: Any = aliased(Casualty)
"""The claims about an incident, also where claims are what is chosen."""


def _claimed(outcome: str, bounds: Bounds) -> Condition:
    """A bound of any claim about the incident. Where none gives a number, nothing can be judged."""
    low, high, of_it = _CLAIM.low, _CLAIM.high, _CLAIM.outcome == outcome
    numbered = or_(low.is_not(None), high.is_not(None))
    its_own = select(_CLAIM.incident_id).where(_CLAIM.incident_id == col(Incident.id), of_it, numbered)
    with_it = exists_link(col(Incident.id), _CLAIM.incident_id, of_it, bounds.clause(low, high))
    return replace(
        with_it,
        axis="casualties",
        unknown=~its_own.exists(),
        criterion=_has_claim(has_outcome(outcome), bounds.criterion),
        unknown_criterion=Not(_has_claim(has_outcome(outcome), AnyOf((HAS_LOW, HAS_HIGH)))),
    )


def _has_claim(*criteria: Criterion) -> IsReferredTo:
    """A claim about the incident meets all of these."""
    return IsReferredTo("casualties", "incident_id", criteria)


CLAIMED_HARM = bounds_filters(
    BoundFilter(
        "claimed_at_least",
        _claimed,
        at_least,
        "Somebody says so many `{value}` or more: by the lower bound of any claim about the incident itself, "
        "whatever others say, and whether totals count it or not.",
    ),
)


class IncidentFilters(IncidentCriteria, Listing):
    """What lists of incidents take."""

    for_each_value = (
        *bounds_filters(
            BoundFilter(
                "at_least",
                _total,
                at_least,
                "Certainly so many `{value}` or more: by the lower bound of the incident's own total, without its "
                "parts.",
            ),
            BoundFilter(
                "possibly",
                _total,
                possibly,
                "Perhaps so many `{value}` or more: by the upper bound of the incident's own total; an open one fits "
                "any.",
            ),
        ),
        *CLAIMED_HARM,
    )
    any_harm: Annotated[AnyHarm | None, somebody_harmed(_total)] = Field(
        None,
        description=(
            "Where anybody at all was harmed: certainly, because the lower bound of any of the incident's own totals "
            "is 1 or more, or possibly, because an upper one is or is open. Which outcomes are a harm says the "
            "codebook (`harm`): those rescued or convicted are not harmed. Incidents without such a total are counted "
            "in `meta.not_judged.casualties`."
        ),
    )
    sort: (
        Literal[
            "date",
            "-date",
            "title",
            "-title",
            "{casualty.outcome}",
            "-{casualty.outcome}",
            "changed",
            "-changed",
            "id",
            "-id",
        ]
        | None
    ) = Field(
        None,
        description=(
            "One key, `-` for descending, ties by id. `date` is the first possible day; `killed` and every other "
            "outcome the lower bound of the incident's own total. Where nothing is stated, an incident comes last in "
            "both directions. Default: `-date`."
        ),
    )


INCIDENT_FACETS: dict[str, Facet | Grid] = {
    "kind": by_column(col(Incident.kind)),
    "granularity": by_column(col(Incident.granularity)),
    **LINK_FACETS,
    **by_dates(col(Incident.earliest), col(Incident.latest), col(Incident.open_start), col(Incident.open_end)),
    "grid": Grid((col(Incident.latitude), col(Incident.longitude))),
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
    text = " ".join(filter(None, (document["summary"], figures_in_words(document))))
    return FeedText(document["title"], text, point)


def _row(document: Data) -> Row:
    location = document["location"]
    return {
        "sort_name": fold(document["title"]),
        "kind": document["kind"],
        "granularity": document["granularity"],
        "location_id": location["id"] if location else None,
        **area_columns(document["location"], document["location"]),
        "parent_id": document["parent"]["id"] if document["parent"] else None,
        "contested": document["contested"],
    }


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
        yield IncidentRelation, {**owner, "related_id": related["id"]}
    yield from same_as_rows(IncidentSameAs, "incident_id", document)


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
        (IncidentSameAs, "incident_id"),
    ),
    row=_row,
    child_rows=_child_rows,
    document=IncidentDocument,
    summary="What happened.",
    description=(
        "What happened, big or small, with places, actors and every claim about "
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
            ids_within("casualties", ids_of_each("people")),
            ids_within("casualties", ids_of_type("person", "claimed_by", "via")),
        ],
        "organizations": [
            ids_of_type("organization", "actors"),
            ids_within("casualties", id_of("organization")),
            ids_within("casualties", ids_of_type("organization", "claimed_by", "via")),
        ],
        "documents": [ids_within("casualties", ids_of_each("documents"))],
        "quotes": [ids_of_each("quotes")],
        "statements": [ids_of_each("statements")],
        "casualties": [ids_of_each("casualties")],
        "incidents": [id_of("parent"), ids_of_each("children"), ids_of_each("related")],
        "articles": [articles_of],
    },
    required={"casualties": [ids_of_each("casualties")], "incidents": [id_of("parent")], "places": [id_of("location")]},
    filters=IncidentFilters,
    sorts={
        "date": "sort_date",
        "title": "sort_name",
        "{casualty.outcome}": LinkedSort(IncidentTotal, "incident_id", "outcome", "low"),
        "changed": "changed_in",
        "id": "id",
    },
    default_sort="-date",
    day_sort="date",
    unstated={"date": ""},
    facets={**INCIDENT_FACETS, **by_article(Incident, "incident")},
    counted_by=(_TOTALS,),
)
