"""Filter conditions of incidents, and of the casualty claims about them."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import func, or_, select, union
from sqlmodel import col

from app.model.codebook import CasualtyOutcome
from app.queries.conditions import (
    Clause,
    Condition,
    IndexLookup,
    column_lookup,
    common_conditions,
    dated,
    exists_link,
    in_values,
    incidents_within,
    is_true,
    located,
    matches_text,
    parties_within,
    places_within,
)
from app.queries.filters import LOCATING, CasualtyFilters, IncidentCriteria, IncidentFilters
from app.queries.search import matching_numbers
from app.search.terms import SearchQuery
from app.storage.models import Casualty, CasualtyPerson, Incident, IncidentActor, IncidentPlace, IncidentTotal


def incidents(filters: IncidentFilters) -> list[Condition]:
    """The conditions of an incident list."""
    return [*common_conditions(Incident, "incident", filters), *criteria(filters), *_totalled(filters)]


def casualties(filters: CasualtyFilters) -> list[Condition]:
    """The conditions of a list of claims, which is joined with their incidents."""
    joined = col(Incident.id) == col(Casualty.incident_id)
    common = common_conditions(Casualty, "casualty", filters.model_copy(update={"q": None}), joined=joined)
    if filters.q is not None:
        common.append(_in_words(filters.q))
    claimants = or_(col(Casualty.claimed_by_id).in_(filters.claimed_by), col(Casualty.via_id).in_(filters.claimed_by))
    return [
        *common,
        *criteria(filters),
        *_claimed(filters),
        *in_values(col(Casualty.group), filters.group),
        *in_values(col(Casualty.outcome), filters.outcome),
        *in_values(col(Casualty.basis), filters.basis),
        *_of_whom(filters),
        *is_true(_COUNTED, filters.counted),
        *([Condition(claimants)] if filters.claimed_by else []),
        *is_true(HAS_CLAIMANT, filters.attributed),
    ]


def _in_words(asked: SearchQuery) -> Condition:
    """Claims that have the words themselves, or whose incident has."""

    def keys() -> Any:
        of_incidents = select(col(Casualty.number)).join(Incident, col(Incident.id) == col(Casualty.incident_id))
        return union(
            matching_numbers(asked, "casualty"), of_incidents.where(matches_text(Incident.number, "incident", asked))
        )

    return Condition(
        lambda: col(Casualty.number).in_(keys()), lookup=IndexLookup(col(Casualty.number), keys), uses_index=True
    )


# Made once: lists that do not ask for them would pay for them too.
_HAS_LOCATION = col(Incident.latitude).is_not(None)
_CONTESTED = col(Incident.contested).is_(True)
_COUNTED = col(Casualty.counted).is_(True)
HAS_CLAIMANT = col(Casualty.claimed_by_id).is_not(None) | col(Casualty.via_id).is_not(None)


def criteria(filters: IncidentCriteria) -> list[Condition]:
    """What incidents are chosen by."""
    incident = Incident
    return [
        *in_values(col(incident.kind), filters.kind),
        *in_values(col(incident.granularity), filters.granularity),
        *in_values(col(incident.parent_id), filters.parent),
        *dated(incident, filters.datetime, filters.date_match, col(incident.sort_date)),
        *located(incident, filters.bbox, filters.near, filters.radius_km, filters.location_match),
        *is_true(_HAS_LOCATION, filters.has_location),
        *_contested(filters.contested),
        *_at_places(filters),
        *_with_actors(filters),
    ]


def _contested(wanted: bool | None) -> list[Condition]:
    if wanted:
        return [Condition(_CONTESTED, lookup=column_lookup(col(Incident.id), _CONTESTED))]
    return is_true(_CONTESTED, wanted)


def _of_whom(filters: CasualtyFilters) -> list[Condition]:
    """By what the claims are about, and by whose people they count."""
    found = []
    if filters.incident:
        about = col(Casualty.incident_id).in_(incidents_within(filters.incident))
        found.append(Condition(about, lookup=column_lookup(col(Casualty.id), about)))
    if filters.organization:
        theirs = col(Casualty.organization_id).in_(parties_within(filters.organization))
        found.append(Condition(theirs, lookup=column_lookup(col(Casualty.id), theirs)))
    if filters.person:
        link = CasualtyPerson
        counted = col(link.person_id).in_(filters.person)
        found.append(exists_link(col(Casualty.id), col(link.casualty_id), counted))
    return found


def _at_places(filters: IncidentCriteria) -> list[Condition]:
    if not filters.place and not filters.place_role and not filters.place_certainty:
        return []
    link = IncidentPlace
    clauses = [col(link.role).in_(filters.place_role or LOCATING)]
    clauses += [col(link.place_id).in_(places_within(filters.place, filters.place_basis))] if filters.place else []
    clauses += [col(link.certainty).in_(filters.place_certainty)] if filters.place_certainty else []
    return [exists_link(col(Incident.id), col(link.incident_id), *clauses)]


def _with_actors(filters: IncidentCriteria) -> list[Condition]:
    if not filters.actor and not filters.actor_role and not filters.actor_certainty:
        return []
    link = IncidentActor
    with_them = [col(link.party_id).in_(parties_within(filters.actor))] if filters.actor else []
    with_them += [col(link.role).in_(filters.actor_role)] if filters.actor_role else []
    with_them += [col(link.certainty).in_(filters.actor_certainty)] if filters.actor_certainty else []
    return [exists_link(col(Incident.id), col(link.incident_id), *with_them)]


def _totalled(filters: IncidentFilters) -> list[Condition]:
    """Bounds of totals against a number: `at_least` looks at the lower one, `possibly` at the upper, where open fits
    any."""
    link, found = IncidentTotal, []
    for outcome in _bounded(filters):
        of_it = col(link.outcome) == outcome
        its_own = select(col(link.incident_id)).where(col(link.incident_id) == col(Incident.id), of_it)
        for bounds in _bounds(filters, outcome, col(link.low), col(link.high)):
            with_it = exists_link(col(Incident.id), col(link.incident_id), of_it, bounds)
            known = select(func.count()).select_from(link).where(of_it)
            found.append(replace(with_it, axis="casualties", unknown=~its_own.exists(), known=known))
    return found


def _claimed(filters: CasualtyFilters) -> list[Condition]:
    """The same with the bounds of a claim. Of one that gives no number nothing is certain, and everything possible."""
    low, high, found = col(Casualty.low), col(Casualty.high), []
    for outcome in _bounded(filters):
        of_it = col(Casualty.outcome) == outcome
        no_number = of_it & low.is_(None) & high.is_(None)
        for bounds in _bounds(filters, outcome, low, high):
            clause = of_it & bounds
            lookup = column_lookup(col(Casualty.id), clause)
            found.append(Condition(clause, "casualties", no_number & ~bounds.is_(True), lookup=lookup))
    return found


def _bounded(filters: Any) -> list[CasualtyOutcome]:
    """The outcomes that a bound is given for. Clauses of the others would take most of the time of a short list."""
    given: set[str] = filters.model_fields_set
    return [one for one in CasualtyOutcome if not given.isdisjoint((f"{one}_at_least", f"{one}_possibly"))]


def _bounds(filters: Any, outcome: str, low: Any, high: Any) -> Iterator[Clause]:
    if (wanted := getattr(filters, f"{outcome}_at_least")) is not None:
        yield low >= wanted if wanted else or_(low >= 0, high >= 0)
    if (wanted := getattr(filters, f"{outcome}_possibly")) is not None:
        yield or_(high.is_(None), high >= wanted)
