"""Hierarchies of records: places inside places, parts of organizations, incidents of an operation.

A filter by one record finds what belongs to any of its parts, and a facet counts a record with all that contain it.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CTE, Select, or_, select
from sqlmodel import col

from app.counts.columns import Hierarchy, Links, References, Texts
from app.counts.criteria import AllOf, Criterion, IsOneOf, Not
from app.queries.conditions import Clause
from app.queries.facets import containers, pairs_of, with_containers
from app.storage.models import Incident, Organization, OrganizationParent, Party, Place, PlaceParent

PARTIES = ("organizations", "people")
"""The types that share one id space, because an actor, a speaker or a claimant may be either."""


PLACE_PARENTS = Links(
    "parents",
    col(PlaceParent.place_id),
    (References("parent_id", col(PlaceParent.parent_id), ("places",)), Texts("basis", col(PlaceParent.basis))),
)
ORGANIZATION_PARENTS = Links(
    "parents",
    col(OrganizationParent.organization_id),
    (References("parent_id", col(OrganizationParent.parent_id), ("organizations",)),),
)

OF_PLACES = Hierarchy("places", "parent_id", PLACE_PARENTS.name, "basis")
OF_ORGANIZATIONS = Hierarchy("organizations", "parent_id", ORGANIZATION_PARENTS.name)
OF_SPEAKERS = Hierarchy(
    "organizations", "parent_id", ORGANIZATION_PARENTS.name, members=("people", "affiliations", "organization_id")
)
OF_OPERATIONS = Hierarchy("incidents", "parent_id")
"""The hierarchies of arrays."""


def parts_of(ids: Sequence[str], hierarchy: Hierarchy, *, stated: bool = False) -> Criterion:
    """What arrays ask of a record of a hierarchy for one of some to contain it; these themselves do not."""
    return AllOf((IsOneOf(ids, hierarchy, stated), Not(IsOneOf(ids))))


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


def places_containing(ids: Sequence[str]) -> Select[Any]:
    """Ids of the places and of all that contain them."""
    start = select(col(Place.id)).where(col(Place.id).in_(ids))
    return descendants(start, col(PlaceParent.place_id), col(PlaceParent.parent_id))


_DIVISIONS = ("country", "province", "district")
"""Kinds of which two different places share no ground."""

_AREAS = (*_DIVISIONS, "region")
"""Kinds of places that a place may lie in without a record of it."""


def places_perhaps_in(area: str) -> Select[Any]:
    """Ids of the places of which no record tells that they lie outside of an area: those in no other country, province
    or district than the area. None for a place that is no area: what is not recorded in a village lies elsewhere."""
    kind = col(Place.kind)
    around = places_containing([area])
    divisions = select(kind).where(col(Place.id).in_(around), kind.in_(_DIVISIONS))
    others = select(col(Place.id)).where(kind.in_(divisions), col(Place.id).not_in(around))
    elsewhere = descendants(others, col(PlaceParent.parent_id), col(PlaceParent.place_id))
    is_area = select(col(Place.id)).where(col(Place.id) == area, kind.in_(_AREAS)).exists()
    return select(col(Place.id)).where(is_area, col(Place.id).not_in(elsewhere))


def may_lie_in(place: Any, ids: Sequence[str]) -> Clause:
    """Whether a place contains one of these, or may lie in it by all that is recorded: what was there may have been at
    one of these."""
    return or_(place.in_(places_containing(ids)), *(place.in_(places_perhaps_in(one)) for one in ids))


def perhaps_there(ids: Sequence[str]) -> Select[Any]:
    """Ids of the places that contain one of these, or may lie in one."""
    return select(col(Place.id)).where(may_lie_in(col(Place.id), ids))


def incidents_containing(ids: Sequence[str]) -> Select[Any]:
    """Ids of the incidents and of all operations that they are parts of."""
    start = select(col(Incident.id)).where(col(Incident.id).in_(ids))
    parent = col(Incident.parent_id)
    return descendants(start, col(Incident.id), parent, parent.is_not(None))


def parties_containing(ids: Sequence[str]) -> Select[Any]:
    """Ids of the people and organizations, and of all organizations that the latter are parts of."""
    start = select(col(Party.id)).where(col(Party.id).in_(ids))
    return descendants(start, col(OrganizationParent.organization_id), col(OrganizationParent.parent_id))


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
