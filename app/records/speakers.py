"""The filter and the facet by the organization that speaks, the same for quotes and statements."""

from typing import Any

from sqlalchemy import CompoundSelect, Select, select, union
from sqlmodel import col

from app.queries.conditions import Condition, column_lookup
from app.queries.facets import Facet, by_links, pairs_of, with_containers
from app.queries.filters import Where
from app.records.hierarchies import organization_containers, parties_within
from app.storage.models import Affiliation


def spoken_by_organization(id_: Any, speaker: Any) -> Where:
    """The speaker is one of these organizations or of their parts, or belongs to one."""

    def condition(organizations: Any, filters: Any) -> Condition:
        speaks = speaker.in_(_voices(organizations))
        return Condition(speaks, lookup=column_lookup(id_, speaks))

    return Where(condition)


def _voices(organizations: list[str]) -> CompoundSelect[Any]:
    """Ids of the organizations, of their parts, and of the people who belong to one of them."""
    within = parties_within(organizations)
    members = select(col(Affiliation.person_id)).where(col(Affiliation.organization_id).in_(within))
    return union(within, members)


def by_organization(table: type[Any], speaker: Any) -> Facet:
    """The organization that speaks, or that the speaker belongs to, and all that contain it."""

    def pairs(filters: Any) -> list[Select[Any]]:
        wholes = organization_containers()
        belonging = pairs_of(table.id, wholes.c.whole).select_from(table).join(Affiliation, speaker == _MEMBER)
        member = belonging.join(wholes, wholes.c.part == col(Affiliation.organization_id))
        return [with_containers(table.id, speaker, wholes), member]

    return by_links(table.id, pairs, "organizations")


_MEMBER = col(Affiliation.person_id)
