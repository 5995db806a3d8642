"""Claims about who was harmed, which are chosen by their incident as well."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Select, or_
from sqlmodel import col

from app.counts.columns import Links, Numbers, References
from app.counts.criteria import AllOf, AnyOf, HasLink, Not, Present, ValueIn
from app.counts.tallies import ByColumns, ByLinks
from app.model.codebook import CasualtyBasis, CasualtyGroup, CasualtyOutcome
from app.model.day_spans import effective_days
from app.model.digests import Data
from app.model.documents import CasualtyDocument
from app.model.references import articles_of, id_of, ids_of_each, ids_of_type
from app.queries.conditions import Condition, certainly_not, column_lookup, exists_link
from app.queries.facets import by_article, by_column, by_flag, by_links, pairs_of
from app.queries.filters import Listing, Where, one_of, whether
from app.queries.record_type import ChildRows, RecordType, Row, Subject
from app.queries.values import DocumentIds, Flag, IncidentIds, OrganizationIds, PartyIds, PersonIds
from app.records.documents import by_document, document_rows, labels_of_documents, through
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
from app.records.hierarchies import (
    OF_OPERATIONS,
    OF_ORGANIZATIONS,
    PARTIES,
    incidents_containing,
    incidents_within,
    of_operations,
    of_organizations,
    parties_containing,
    parties_within,
)
from app.records.incident_links import with_actors, without_actors
from app.records.incidents import CLAIMED_HARM, INCIDENT_FACETS, INCIDENTS, IncidentCriteria
from app.storage.document_models import CasualtyDocumentLink
from app.storage.models import Casualty, CasualtyPerson, HarmInclusion, Incident

_THROUGH = (col(Casualty.id), col(CasualtyDocumentLink.casualty_id), col(CasualtyDocumentLink.document_id))

# Made once: lists that do not ask for them would pay for them too.
_COUNTED = col(Casualty.counted).is_(True)
_CLAIMANTS: tuple[Any, ...] = (col(Casualty.claimed_by_id), col(Casualty.via_id))
_HAS_CLAIMANT = col(Casualty.claimed_by_id).is_not(None) | col(Casualty.via_id).is_not(None)


def _about_incidents(ids: Any, filters: Any) -> Condition:
    about = col(Casualty.incident_id).in_(incidents_within(ids))
    return Condition(about, lookup=column_lookup(col(Casualty.id), about), criterion=_of_incident(ids), of=Casualty)


def _of_incident(ids: Any) -> ValueIn:
    return ValueIn("incident_id", ids, OF_OPERATIONS)


def _of_organizations(ids: Any, filters: Any) -> Condition:
    theirs = col(Casualty.organization_id).in_(parties_within(ids))
    lookup, criterion = column_lookup(col(Casualty.id), theirs), _of_organization(ids)
    return Condition(theirs, lookup=lookup, criterion=criterion, of=Casualty)


def _of_organization(ids: Any) -> ValueIn:
    return ValueIn("organization_id", ids, OF_ORGANIZATIONS)


def _not_about_incidents(ids: Any, filters: Any) -> Condition:
    incident = col(Casualty.incident_id)
    return certainly_not(
        incident.in_(incidents_within(ids)),
        incident.in_(incidents_containing(ids)),
        criterion=_of_incident(ids),
        unclear_criterion=ValueIn("incident_id", incidents_containing(ids)),
        of=Casualty,
    )


def _not_of_organizations(ids: Any, filters: Any) -> Condition:
    whose = col(Casualty.organization_id)
    unclear = or_(whose.is_(None), whose.in_(parties_containing(ids)))
    not_stated = Not(Present("organization_id"))
    return certainly_not(
        whose.in_(parties_within(ids)),
        unclear,
        criterion=_of_organization(ids),
        unclear_criterion=AnyOf((not_stated, ValueIn("organization_id", parties_containing(ids)))),
        of=Casualty,
    )


def _of_people(ids: Any, filters: Any) -> Condition:
    counted = col(CasualtyPerson.person_id).in_(ids)
    criterion = HasLink("people", (ValueIn("person_id", ids),))
    return exists_link(col(Casualty.id), col(CasualtyPerson.casualty_id), counted, criterion=criterion)


def _claimed_by(ids: Any, filters: Any) -> Condition:
    criterion = AnyOf(tuple(ValueIn(str(claimant.key), ids) for claimant in _CLAIMANTS))
    return Condition(or_(*(claimant.in_(ids) for claimant in _CLAIMANTS)), criterion=criterion, of=Casualty)


def _not_claimed_by(ids: Any, filters: Any) -> Condition:
    claimed = _claimed_by(ids, filters)
    return certainly_not(claimed.clause, criterion=claimed.criterion, of=Casualty)


def _figure(outcome: str | Sequence[str], bounds: Bounds) -> Condition:
    """A bound of the claim's own figure. Of one that gives no number nothing is certain, and everything possible."""
    low, high = col(Casualty.low), col(Casualty.high)
    of_it = of_outcome(col(Casualty.outcome), outcome)
    fits = bounds.clause(low, high)
    clause, no_number = of_it & fits, of_it & low.is_(None) & high.is_(None)
    lookup = column_lookup(col(Casualty.id), clause)
    return Condition(
        clause,
        "casualties",
        no_number & ~fits.is_(True),
        lookup=lookup,
        criterion=AllOf((has_outcome(outcome), bounds.criterion)),
        unknown_criterion=AllOf((has_outcome(outcome), Not(HAS_LOW), Not(HAS_HIGH), Not(bounds.criterion))),
        of=Casualty,
    )


_WHOSE = "Whose people were harmed"


class CasualtyFilters(IncidentCriteria, Listing):
    """What lists of casualties take."""

    for_each_value = (
        *bounds_filters(
            BoundFilter(
                "at_least",
                _figure,
                at_least,
                "Claims of certainly so many `{value}` or more: by the claim's own lower bound.",
            ),
            BoundFilter(
                "possibly",
                _figure,
                possibly,
                "Claims of perhaps so many `{value}` or more: by the claim's own upper bound; an open one fits any.",
            ),
        ),
        *CLAIMED_HARM,
    )
    any_harm: Annotated[AnyHarm | None, somebody_harmed(_figure)] = Field(
        None,
        description=(
            "Claims of certainly, or of possibly, anybody at all who was harmed: by the claim's own lower or upper "
            "bound, whatever the outcome if it is a harm in the codebook (`harm`); an open upper one fits."
        ),
    )
    actor: Annotated[PartyIds, Where(with_actors, exclusion=without_actors)] = Field(
        default_factory=list,
        description=(
            "Claims about incidents with this person, or this organization or a part of it, in whatever role: also "
            "about those harmed on the other side. Whose they were is asked by `organization`, `group` and `person`."
        ),
    )
    organization: Annotated[OrganizationIds, Where(_of_organizations, exclusion=_not_of_organizations)] = Field(
        default_factory=list, description=f"{_WHOSE}: this organization's or those of a part of it."
    )
    group: Annotated[list[CasualtyGroup], one_of(col(Casualty.group), unknown=("unknown",))] = Field(
        default_factory=list, description=f"{_WHOSE}: what they were."
    )
    person: Annotated[PersonIds, Where(_of_people)] = Field(
        default_factory=list, description=f"{_WHOSE}: claims that count this person."
    )
    outcome: Annotated[list[CasualtyOutcome], one_of(col(Casualty.outcome))] = Field(
        default_factory=list, description="What happened to them."
    )
    basis: Annotated[list[CasualtyBasis], one_of(col(Casualty.basis))] = Field(
        default_factory=list, description="On what the figure rests."
    )
    claimed_by: Annotated[PartyIds, Where(_claimed_by, exclusion=_not_claimed_by)] = Field(
        default_factory=list, description="Who says so, or through whom it came."
    )
    attributed: Annotated[Flag | None, whether(_HAS_CLAIMANT, "attributed")] = Field(
        None,
        description="Whether somebody is given as saying so, or as passing it on; `false` is the article's own voice.",
    )
    document: Annotated[
        DocumentIds,
        through(*_THROUGH),
    ] = Field(default_factory=list, description="That came through this document.")
    counted: Annotated[Flag | None, whether(_COUNTED, "counted")] = Field(
        None, description="Whether totals include the claim."
    )
    incident: Annotated[IncidentIds, Where(_about_incidents, exclusion=_not_about_incidents)] = Field(
        default_factory=list, description="Claims about this incident or a part of it."
    )
    sort: Literal["incident", "-incident", "date", "-date", "changed", "-changed", "id", "-id"] | None = Field(
        None,
        description=(
            "One key, `-` for descending, ties by id. `date` is the first possible day of the incident, last in both "
            "directions without one. Default: `incident`."
        ),
    )


_PEOPLE = pairs_of(col(CasualtyPerson.casualty_id), col(CasualtyPerson.person_id))


def _claimants(filters: Any) -> list[Select[Any]]:
    return [pairs_of(col(Casualty.id), claimant).where(claimant.is_not(None)) for claimant in _CLAIMANTS]


def _organizations(filters: Any) -> Select[Any]:
    return of_organizations(col(Casualty.id), col(Casualty.organization_id))


def _incidents(filters: Any) -> list[Select[Any]]:
    return of_operations(Casualty, col(Casualty.id), col(Casualty.incident_id))


_SUMMED: tuple[Any, ...] = (
    *(col(Casualty.low), col(Casualty.high), col(Casualty.best), col(Casualty.with_others), col(Casualty.is_split)),
    *(col(Casualty.mixed_group), col(Casualty.mixed_organization), col(Casualty.mixed_people)),
)
"""What sums are made of."""

_INCIDENT = References("incident_id", col(Casualty.incident_id), ("incidents",))
_BY_INCIDENT = ByColumns((_INCIDENT,), OF_OPERATIONS)
_BY_ORGANIZATION = ByColumns(
    (References("organization_id", col(Casualty.organization_id), ("organizations",)),), OF_ORGANIZATIONS
)
_BY_CLAIMANT = ByColumns(tuple(References(str(one.key), one, PARTIES) for one in _CLAIMANTS))
_PERSON = References("person_id", col(CasualtyPerson.person_id), ("people",))
_BY_PERSON = ByLinks(Links("people", col(CasualtyPerson.casualty_id), (_PERSON,)), ("person_id",))


def _row(document: Data) -> Row:
    return {
        "sort_name": document["incident"]["id"],
        "incident_id": document["incident"]["id"],
        "group": document["group"],
        "organization_id": document["organization"]["id"] if document["organization"] else None,
        "outcome": document["outcome"],
        "low": document["low"],
        "high": document["high"],
        "claimed_by_id": document["claimed_by"]["id"] if document["claimed_by"] else None,
        "via_id": document["via"]["id"] if document["via"] else None,
        "basis": document["basis"],
        "counted": document["counted"],
        "best": document["best"],
        "part_of_id": document["part_of"],
        **_harm_columns(document["harm"]),
        "first_day": effective_days(document["date"])[0] if document["date"] else "",
    }


def _harm_columns(harm: Data | None) -> Row:
    if harm is None:
        return {"harm": None, "with_others": False, "is_split": False, **dict.fromkeys(_MIXED.values(), False)}
    mixed = {column: name in harm["mixed"] for name, column in _MIXED.items()}
    inclusions = harm["includes"] or harm["may_include"] or harm["included_in"]
    return {
        "harm": harm["id"],
        "with_others": harm["claims"] > 1 or bool(inclusions),
        "is_split": harm["split"],
        **mixed,
    }


_MIXED = {"group": "mixed_group", "organization": "mixed_organization", "people": "mixed_people"}


def _child_rows(document: Data) -> ChildRows:
    harm = document["harm"] or {"includes": (), "may_include": ()}
    for name in ("includes", "may_include"):
        for key in harm[name]:
            row = {"casualty_id": document["id"], "included": key, "is_certain": name == "includes"}
            yield HarmInclusion, row
    for person in document["people"]:
        yield CasualtyPerson, {"casualty_id": document["id"], "person_id": person["id"]}
    yield from document_rows(CasualtyDocumentLink, "casualty_id", document)


def _incident_id(document: Data) -> str:
    # Claims that were loaded before they named their incident have its id alone until the next load.
    incident = document["incident"]
    return incident if isinstance(incident, str) else str(incident["id"])


CASUALTIES = RecordType(
    name="casualties",
    type="casualty",
    code=8,
    table=Casualty,
    children=((CasualtyPerson, "casualty_id"), (HarmInclusion, "casualty_id"), (CasualtyDocumentLink, "casualty_id")),
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
    title=lambda document: f"{document['outcome']} in {_incident_id(document)}",
    texts=lambda document: [document["note"], *labels_of_documents(document)],
    terms=lambda document: [document["group"], document["outcome"]],
    references={
        "incidents": [id_of("incident")],
        "people": [ids_of_each("people"), ids_of_type("person", "claimed_by", "via")],
        "organizations": [id_of("organization"), ids_of_type("organization", "claimed_by", "via")],
        "documents": [ids_of_each("documents")],
        "articles": [articles_of],
    },
    required={
        "incidents": [id_of("incident")],
        "people": [ids_of_type("person", "claimed_by", "via")],
        "organizations": [id_of("organization"), ids_of_type("organization", "claimed_by", "via")],
        "documents": [ids_of_each("documents")],
    },
    filters=CasualtyFilters,
    sorts={"incident": "sort_name", "date": "first_day", "changed": "changed_in", "id": "id"},
    default_sort="incident",
    unstated={"date": ""},
    chosen_by=Subject(INCIDENTS, col(Incident.id) == col(Casualty.incident_id), _INCIDENT.name),
    counted_by=tuple(Numbers(one.key, one) for one in _SUMMED),
    facets={
        "outcome": by_column(col(Casualty.outcome)),
        "organization": by_links(
            col(Casualty.id),
            _organizations,
            "organizations",
            missing="whose they were is not stated",
            tally=_BY_ORGANIZATION,
        ),
        "group": by_column(col(Casualty.group)),
        "person": by_links(
            col(Casualty.id), lambda filters: _PEOPLE, "people", missing="nobody by record", tally=_BY_PERSON
        ),
        "basis": by_column(col(Casualty.basis)),
        "counted": by_flag(_COUNTED),
        "claimed_by": by_links(
            col(Casualty.id), _claimants, *PARTIES, missing="the article's own voice", tally=_BY_CLAIMANT
        ),
        "attributed": by_flag(_HAS_CLAIMANT),
        "incident": by_links(col(Casualty.id), _incidents, "incidents", tally=_BY_INCIDENT),
        **INCIDENT_FACETS,
        "document": by_document(*_THROUGH),
        **by_article(Casualty, "casualty"),
    },
)
