"""The filter and the facet by the organization that speaks, the same for quotes and statements."""

from typing import Any

from sqlalchemy import CompoundSelect, Select, or_, select, union
from sqlmodel import col

from app.counts.columns import References
from app.counts.criteria import ValueIn
from app.counts.tallies import ByColumns
from app.queries.conditions import Clause, Condition, certainly_not, column_lookup
from app.queries.facets import Facet, by_links, pairs_of, with_containers
from app.queries.filters import Where
from app.records.hierarchies import OF_SPEAKERS, PARTIES, organization_containers, parties_containing, parties_within
from app.storage.models import Affiliation, Party


def spoken_by_organization(id_: Any, speaker: Any) -> Where:
    """The speaker is one of these organizations or of their parts, or belongs to one."""

    def condition(organizations: Any, filters: Any) -> Condition:
        speaks, criterion = speaker.in_(_voices(organizations)), ValueIn(speaker.key, _voices(organizations))
        return Condition(speaks, lookup=column_lookup(id_, speaks), criterion=criterion, of=speaker.class_)

    def exclusion(organizations: Any, filters: Any) -> Condition:
        perhaps = select(col(Party.id)).where(_may_speak_for(col(Party.id), organizations))
        return certainly_not(
            speaker.in_(_voices(organizations)),
            _may_speak_for(speaker, organizations),
            criterion=ValueIn(speaker.key, _voices(organizations)),
            unclear_criterion=ValueIn(speaker.key, perhaps),
            of=speaker.class_,
        )

    return Where(condition, exclusion=exclusion)


def _may_speak_for(speaker: Any, organizations: list[str]) -> Clause:
    """The speaker contains one of the organizations, belongs to what does, or is a person of whom it is not stated to
    what they belong."""
    containing = parties_containing(organizations)
    members = select(_MEMBER).where(col(Affiliation.organization_id).in_(containing))
    people = select(col(Party.id)).where(col(Party.type) == "person", col(Party.id).not_in(select(_MEMBER)))
    return or_(*(speaker.in_(some) for some in (containing, members, people)))


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

    tally = ByColumns((References(speaker.key, speaker, PARTIES),), OF_SPEAKERS)
    return by_links(table.id, pairs, "organizations", tally=tally)


_MEMBER = col(Affiliation.person_id)
