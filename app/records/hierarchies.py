"""Hierarchies of records: places inside places, parts of organizations, incidents of an operation.

A filter by one record finds what belongs to any of its parts, and a facet counts a record with all that contain it.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CTE, Select, select
from sqlmodel import col

from app.queries.conditions import Clause
from app.queries.facets import containers, pairs_of, with_containers
from app.storage.models import Incident, Organization, OrganizationParent, Party, Place, PlaceParent

PARTIES = ("organizations", "people")
"""The types that share one id space, because an actor, a speaker or a claimant may be either."""


def descendants(start: Select[Any], whole: Any, part: Any, *links: Clause) -> Select[Any]:
    """The ids to start from and everything below them, following the links from `whole` to `part` downwards."""
    inside = start.cte(recursive=True)
    below = select(part).join(inside, whole == inside.c.id).where(*links)
    return select(inside.union(below).c.id)


def places_within(ids: Sequence[str], basis: str | None = None) -> Select[Any]:
    """Ids of the places and of all that they contain."""
    links = [col(PlaceParent.basis) == "stated"] if basis == "stated" else []
    start = select(col(Place.id)).where(col(Place.id).in_(ids))
    return descendants(start, col(PlaceParent.parent_id), col(PlaceParent.place_id), *links)


def incidents_within(ids: Sequence[str]) -> Select[Any]:
    """Ids of the incidents and of all their parts."""
    start = select(col(Incident.id)).where(col(Incident.id).in_(ids))
    return descendants(start, col(Incident.parent_id), col(Incident.id))


def parties_within(ids: Sequence[str]) -> Select[Any]:
    """Ids of the people and organizations, and of all parts of the organizations."""
    start = select(col(Party.id)).where(col(Party.id).in_(ids))
    return descendants(start, col(OrganizationParent.parent_id), col(OrganizationParent.organization_id))


def in_places(id_: Any, place: Any, *, stated_only: bool = False) -> Select[Any]:
    """Each record with its place and all that contain it."""
    return with_containers(id_, place, place_containers(stated_only=stated_only))


def place_containers(*, stated_only: bool = False) -> CTE:
    """Every place with itself and all that contain it."""
    return containers(Place, PlaceParent, "place_id", stated_only=stated_only)


def organization_containers() -> CTE:
    """Every organization with itself and all that it is a part of."""
    return containers(Organization, OrganizationParent, "organization_id")


def of_organizations(id_: Any, organization: Any) -> Select[Any]:
    """Each record with its organization and all that this is a part of."""
    return with_containers(id_, organization, organization_containers())


def of_parties(id_: Any, party: Any) -> Select[Any]:
    """Each record with its person or organization, and with all that an organization is a part of."""
    return with_containers(id_, party, containers(Party, OrganizationParent, "organization_id"))


def of_operations(source: Any, id_: Any, incident: Any) -> list[Select[Any]]:
    """Each record of a source with its incident, and with every operation that this is a part of."""
    edge: Any = select(col(Incident.id).label("part"), col(Incident.parent_id).label("whole"))
    operations = edge.where(col(Incident.parent_id).is_not(None)).cte(recursive=True)
    above = select(operations.c.part, col(Incident.parent_id)).join(Incident, col(Incident.id) == operations.c.whole)
    wholes = operations.union(above.where(col(Incident.parent_id).is_not(None)))
    upper = pairs_of(id_, wholes.c.whole).select_from(source).join(wholes, wholes.c.part == incident)
    return [pairs_of(id_, incident).select_from(source), upper]
