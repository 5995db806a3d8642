"""Claims about who was harmed, which are chosen by their incident as well."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import Select, or_
from sqlmodel import col

from app.model.codebook import CasualtyBasis, CasualtyGroup, CasualtyOutcome
from app.model.digests import Data
from app.model.documents import CasualtyDocument
from app.model.references import articles_of, id_in, ids_in, ids_of_type
from app.queries.conditions import Condition, column_lookup, exists_link
from app.queries.facets import by_article, by_column, by_flag, by_links, pairs_of
from app.queries.filters import Listing, Where, one_of, whether
from app.queries.record_type import ChildRows, RecordType, Row, Subject
from app.queries.values import Flag, IncidentIds, OrganizationIds, PartyIds, PersonIds
from app.records.harm import bounds_filters
from app.records.hierarchies import PARTIES, incidents_within, of_operations, of_organizations, parties_within
from app.records.incidents import INCIDENT_FACETS, INCIDENTS, IncidentCriteria, with_actors
from app.storage.models import Casualty, CasualtyPerson, Incident

# Made once: lists that do not ask for them would pay for them too.
_COUNTED = col(Casualty.counted).is_(True)
_CLAIMANTS = (col(Casualty.claimed_by_id), col(Casualty.via_id))
_HAS_CLAIMANT = col(Casualty.claimed_by_id).is_not(None) | col(Casualty.via_id).is_not(None)


def _about_incidents(ids: Any, filters: Any) -> Condition:
    about = col(Casualty.incident_id).in_(incidents_within(ids))
    return Condition(about, lookup=column_lookup(col(Casualty.id), about))


def _of_organizations(ids: Any, filters: Any) -> Condition:
    theirs = col(Casualty.organization_id).in_(parties_within(ids))
    return Condition(theirs, lookup=column_lookup(col(Casualty.id), theirs))


def _of_people(ids: Any, filters: Any) -> Condition:
    counted = col(CasualtyPerson.person_id).in_(ids)
    return exists_link(col(Casualty.id), col(CasualtyPerson.casualty_id), counted)


def _claimed_by(ids: Any, filters: Any) -> Condition:
    return Condition(or_(*(claimant.in_(ids) for claimant in _CLAIMANTS)))


def _figure(outcome: CasualtyOutcome, bounds: Any) -> Condition:
    """A bound of the claim's own figure. Of one that gives no number nothing is certain, and everything possible."""
    low, high, of_it = col(Casualty.low), col(Casualty.high), col(Casualty.outcome) == outcome
    fits = bounds(low, high)
    clause, no_number = of_it & fits, of_it & low.is_(None) & high.is_(None)
    lookup = column_lookup(col(Casualty.id), clause)
    return Condition(clause, "casualties", no_number & ~fits.is_(True), lookup=lookup)


if TYPE_CHECKING:

    class ClaimHarm(BaseModel):
        """Bounds of a claim's own figure."""

else:
    ClaimHarm = bounds_filters(
        "ClaimHarm",
        _figure,
        "Claims of certainly so many `{outcome}` or more: by the claim's own lower bound.",
        "Claims of perhaps so many `{outcome}` or more: by the claim's own upper bound; an open one fits any.",
    )

_WHOSE = "Whose people were harmed"


class CasualtyFilters(IncidentCriteria, ClaimHarm, Listing):
    """What lists of casualties take."""

    actor: Annotated[PartyIds, Where(with_actors)] = Field(
        [],
        description=(
            "Claims about incidents with this person, or this organization or a part of it, in whatever role: also "
            "about those harmed on the other side. Whose they were is asked by `organization`, `group` and `person`."
        ),
    )
    organization: Annotated[OrganizationIds, Where(_of_organizations)] = Field(
        [], description=f"{_WHOSE}: this organization's or those of a part of it."
    )
    group: Annotated[list[CasualtyGroup], one_of(col(Casualty.group))] = Field(
        [], description=f"{_WHOSE}: what they were."
    )
    person: Annotated[PersonIds, Where(_of_people)] = Field([], description=f"{_WHOSE}: claims that count this person.")
    outcome: Annotated[list[CasualtyOutcome], one_of(col(Casualty.outcome))] = Field(
        [], description="What happened to them."
    )
    basis: Annotated[list[CasualtyBasis], one_of(col(Casualty.basis))] = Field(
        [], description="On what the figure rests."
    )
    claimed_by: Annotated[PartyIds, Where(_claimed_by)] = Field([], description="Who says so, or through whom it came.")
    attributed: Annotated[Flag | None, whether(_HAS_CLAIMANT)] = Field(
        None,
        description="Whether somebody is given as saying so, or as passing it on; `false` is the article's own voice.",
    )
    counted: Annotated[Flag | None, whether(_COUNTED)] = Field(None, description="Whether totals include the claim.")
    incident: Annotated[IncidentIds, Where(_about_incidents)] = Field(
        [], description="Claims about this incident or a part of it."
    )
    sort: Literal["incident", "-incident", "changed", "-changed", "id", "-id"] | None = Field(
        None, description="One key, `-` for descending, ties by id. Default: `incident`."
    )


_PEOPLE = pairs_of(col(CasualtyPerson.casualty_id), col(CasualtyPerson.person_id))


def _claimants(filters: Any) -> list[Select[Any]]:
    return [pairs_of(col(Casualty.id), claimant).where(claimant.is_not(None)) for claimant in _CLAIMANTS]


def _organizations(filters: Any) -> Select[Any]:
    return of_organizations(col(Casualty.id), col(Casualty.organization_id))


def _incidents(filters: Any) -> list[Select[Any]]:
    return of_operations(Casualty, col(Casualty.id), col(Casualty.incident_id))


def _row(document: Data) -> Row:
    return {
        "sort_name": document["incident"],
        "incident_id": document["incident"],
        "group": document["group"],
        "organization_id": document["organization"],
        "outcome": document["outcome"],
        "low": document["low"],
        "high": document["high"],
        "claimed_by_id": document["claimed_by"]["id"] if document["claimed_by"] else None,
        "via_id": document["via"]["id"] if document["via"] else None,
        "basis": document["basis"],
        "counted": document["counted"],
    }


def _child_rows(document: Data) -> ChildRows:
    for person in document["people"]:
        yield CasualtyPerson, {"casualty_id": document["id"], "person_id": person}


CASUALTIES = RecordType(
    name="casualties",
    type="casualty",
    code=8,
    table=Casualty,
    children=((CasualtyPerson, "casualty_id"),),
    row=_row,
    child_rows=_child_rows,
    document=CasualtyDocument,
    summary="Claims about who was harmed.",
    description=(
        "Claims about who was killed, wounded, abducted or detained: one record per claim, with its bounds and its "
        "claimant. Takes every filter of incidents."
    ),
    example="kubaiba-fighters-killed",
    docs_position=2,
    searched_together=False,
    title=lambda document: f"{document['outcome']} in {document['incident']}",
    texts=lambda document: [document["note"]],
    terms=lambda document: [document["group"], document["outcome"]],
    references={
        "incidents": [id_in("incident")],
        "people": [ids_in("people"), ids_of_type("person", "claimed_by", "via")],
        "organizations": [id_in("organization"), ids_of_type("organization", "claimed_by", "via")],
        "articles": [articles_of],
    },
    required={
        "incidents": [id_in("incident")],
        "people": [ids_of_type("person", "claimed_by", "via")],
        "organizations": [id_in("organization"), ids_of_type("organization", "claimed_by", "via")],
    },
    filters=CasualtyFilters,
    sorts={"incident": "sort_name", "changed": "changed_in", "id": "id"},
    default_sort="incident",
    chosen_by=Subject(INCIDENTS, col(Incident.id) == col(Casualty.incident_id)),
    facets={
        "outcome": by_column(col(Casualty.outcome)),
        "organization": by_links(
            col(Casualty.id), _organizations, "organizations", missing="whose they were is not stated"
        ),
        "group": by_column(col(Casualty.group)),
        "person": by_links(col(Casualty.id), lambda filters: _PEOPLE, "people", missing="nobody by record"),
        "basis": by_column(col(Casualty.basis)),
        "counted": by_flag(_COUNTED),
        "claimed_by": by_links(col(Casualty.id), _claimants, *PARTIES, missing="the article's own voice"),
        "attributed": by_flag(_HAS_CLAIMANT),
        "incident": by_links(col(Casualty.id), _incidents, "incidents"),
        **INCIDENT_FACETS,
        **by_article(Casualty, "casualty"),
    },
)
