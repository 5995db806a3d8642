"""Filter conditions of people and organizations."""

from sqlalchemy import Select, or_, select
from sqlmodel import col

from app.queries.conditions import Condition, common_conditions, in_values, incidents_within, is_true, parties_within
from app.queries.filters import OrganizationFilters, PersonFilters
from app.storage.models import (
    Affiliation,
    Casualty,
    CasualtyPerson,
    IncidentActor,
    Organization,
    Person,
    PersonRole,
)


def people(filters: PersonFilters) -> list[Condition]:
    """The conditions of a list of people."""
    found = [
        *common_conditions(Person, "person", filters),
        *is_true(col(Person.named).is_(True), filters.named),
        *in_values(col(Person.anonymity), filters.anonymity),
        *in_values(col(Person.life_status), filters.life_status),
    ]
    if filters.role:
        roles = select(col(PersonRole.person_id)).where(
            col(PersonRole.person_id) == col(Person.id), col(PersonRole.role).in_(filters.role)
        )
        found.append(Condition(roles.exists()))
    if filters.organization:
        links = select(col(Affiliation.person_id)).where(
            col(Affiliation.person_id) == col(Person.id),
            col(Affiliation.organization_id).in_(parties_within(filters.organization)),
        )
        found.append(Condition(links.exists()))
    if filters.incident:
        acting = _actors(filters.incident)
        harmed = (
            select(col(CasualtyPerson.person_id))
            .join(Casualty, col(Casualty.id) == col(CasualtyPerson.casualty_id))
            .where(col(Casualty.incident_id).in_(incidents_within(filters.incident)))
        )
        found.append(Condition(or_(col(Person.id).in_(acting), col(Person.id).in_(harmed))))
    return found


def organizations(filters: OrganizationFilters) -> list[Condition]:
    """The conditions of a list of organizations. `within` does not match the organization itself."""
    found = [
        *common_conditions(Organization, "organization", filters),
        *in_values(col(Organization.kind), filters.kind),
    ]
    if filters.within:
        inside = parties_within(filters.within)
        found.append(Condition(col(Organization.id).in_(inside) & col(Organization.id).not_in(filters.within)))
    if filters.incident:
        found.append(Condition(col(Organization.id).in_(_actors(filters.incident))))
    return found


def _actors(incidents: list[str]) -> Select[str | None]:
    return select(col(IncidentActor.party_id)).where(
        col(IncidentActor.incident_id).in_(incidents_within(incidents)), col(IncidentActor.party_id).is_not(None)
    )
