"""The places and actors of incidents: what incidents are chosen and counted by through these links."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, or_, select
from sqlmodel import col

from app.counts.columns import Links, References, Texts
from app.counts.criteria import AnyOf, HasLink, Not, Present, ValueIn
from app.counts.tallies import ByLinks, Referring
from app.queries.conditions import Clause, Condition, LinkExclusion, exists_link, no_link
from app.queries.facets import by_links, if_given, pairs_of
from app.records.hierarchies import (
    OF_ORGANIZATIONS,
    OF_PLACES,
    PARTIES,
    in_places,
    incidents_within,
    may_lie_in,
    of_operations,
    of_parties,
    parties_containing,
    parties_within,
    perhaps_there,
    places_within,
)
from app.storage.models import Incident, IncidentActor, IncidentPlace

PLACES_OF = Links(
    "places",
    col(IncidentPlace.incident_id),
    (
        References("place_id", col(IncidentPlace.place_id), ("places",)),
        Texts("role", col(IncidentPlace.role)),
        Texts("certainty", col(IncidentPlace.certainty)),
    ),
)
ACTORS_OF = Links(
    "actors",
    col(IncidentActor.incident_id),
    (
        References("party_id", col(IncidentActor.party_id), PARTIES),
        Texts("role", col(IncidentActor.role)),
        Texts("certainty", col(IncidentActor.certainty)),
    ),
)
"""The links as arrays."""


ACTING_IN = Referring("incidents", ACTORS_OF.name, "party_id")
"""How incidents refer to their actors."""


def _locating(filters: Any) -> Sequence[str]:
    """The roles of places that are asked for, or else those that say where an incident was."""
    asked: Sequence[str] = filters.place_role
    return asked or filters.codebook.having("incident.places.role", "locates")


def at_places(ids: Any, filters: Any) -> Condition:
    """The places of the incident, in roles that locate it if none is asked for."""
    link = IncidentPlace
    clauses = [col(link.role).in_(_locating(filters))]
    clauses += [col(link.place_id).in_(places_within(ids, filters.place_basis))] if ids else []
    clauses += [col(link.certainty).in_(filters.place_certainty)] if filters.place_certainty else []
    each = (*_of_place(filters), *_links_in(role=_locating(filters), certainty=filters.place_certainty))
    return exists_link(col(Incident.id), col(link.incident_id), *clauses, criterion=HasLink(PLACES_OF.name, each))


def outside_places(ids: Any, filters: Any) -> Condition:
    """Certainly not at these places: each place of the incident, in these roles, is known to be another."""
    link = IncidentPlace
    in_role, place = col(link.role).in_(_locating(filters)), col(link.place_id)
    inside, unclear = place.in_(places_within(ids)), may_lie_in(place, ids)
    criteria = LinkExclusion(
        PLACES_OF.name,
        ValueIn("place_id", ids, OF_PLACES),
        tuple(_links_in(role=_locating(filters))),
        ValueIn("place_id", perhaps_there(ids)),
    )
    owner = col(link.incident_id)
    return no_link(col(Incident.id), owner, inside, in_role, unclear=unclear, required=True, criteria=criteria)


def without_actors(ids: Any, filters: Any) -> Condition:
    """Certainly without these actors: everybody in these roles is identified, as somebody else."""
    link = IncidentActor
    party, in_role = col(link.party_id), if_given(col(link.role), filters.actor_role)
    theirs, unclear = party.in_(parties_within(ids)), or_(party.is_(None), party.in_(parties_containing(ids)))
    containing = ValueIn("party_id", parties_containing(ids))
    criteria = LinkExclusion(
        ACTORS_OF.name,
        ValueIn("party_id", ids, OF_ORGANIZATIONS),
        tuple(_links_in(role=filters.actor_role)),
        AnyOf((Not(Present("party_id")), containing)),
    )
    owner = col(link.incident_id)
    return no_link(col(Incident.id), owner, theirs, *in_role, unclear=unclear, required=True, criteria=criteria)


def with_actors(ids: Any, filters: Any) -> Condition:
    """The actors of the incident, in whatever role if none is asked for."""
    link = IncidentActor
    clauses = [col(link.party_id).in_(parties_within(ids))] if ids else []
    clauses += [col(link.role).in_(filters.actor_role)] if filters.actor_role else []
    clauses += [col(link.certainty).in_(filters.actor_certainty)] if filters.actor_certainty else []
    each = (*_of_actor(filters), *_links_in(role=filters.actor_role, certainty=filters.actor_certainty))
    return exists_link(col(Incident.id), col(link.incident_id), *clauses, criterion=HasLink(ACTORS_OF.name, each))


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
    return pairs.where(col(link.role).in_(_locating(filters)), *certain)


def _at_place(filters: Any) -> list[Clause]:
    inside = places_within(filters.place, filters.place_basis) if filters.place else None
    return [] if inside is None else [col(IncidentPlace.place_id).in_(inside)]


def _place_roles(filters: Any) -> Select[Any]:
    link = IncidentPlace
    certain = if_given(col(link.certainty), filters.place_certainty)
    return pairs_of(col(link.incident_id), col(link.role)).where(*_at_place(filters), *certain)


def _place_certainties(filters: Any) -> Select[Any]:
    link = IncidentPlace
    in_role = col(link.role).in_(_locating(filters))
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


def _links_in(**values: Sequence[str]) -> list[ValueIn]:
    """What links have: one of some values in each of these columns, where any are given."""
    return [ValueIn(column, some) for column, some in values.items() if some]


def _of_place(filters: Any) -> list[ValueIn]:
    stated = filters.place_basis == "stated"
    return [ValueIn("place_id", filters.place, OF_PLACES, stated)] if filters.place else []


def _of_actor(filters: Any) -> list[ValueIn]:
    return [ValueIn("party_id", filters.actor, OF_ORGANIZATIONS)] if filters.actor else []


_BY_PLACE = ByLinks(
    PLACES_OF,
    ("place_id",),
    OF_PLACES,
    lambda filters: _links_in(role=_locating(filters), certainty=filters.place_certainty),
    ("place_role", "place_certainty", "place_basis"),
)
_BY_PLACE_ROLE = ByLinks(
    PLACES_OF,
    ("role",),
    chosen=lambda filters: _of_place(filters) + _links_in(certainty=filters.place_certainty),
    refined_by=("place", "place_certainty", "place_basis"),
)
_BY_PLACE_CERTAINTY = ByLinks(
    PLACES_OF,
    ("certainty",),
    chosen=lambda filters: _of_place(filters) + _links_in(role=_locating(filters)),
    refined_by=("place", "place_role", "place_basis"),
)
_BY_ACTOR = ByLinks(
    ACTORS_OF,
    ("party_id",),
    OF_ORGANIZATIONS,
    lambda filters: _links_in(role=filters.actor_role, certainty=filters.actor_certainty),
    ("actor_role", "actor_certainty"),
)
_BY_ACTOR_ROLE = ByLinks(
    ACTORS_OF,
    ("role",),
    chosen=lambda filters: _of_actor(filters) + _links_in(certainty=filters.actor_certainty),
    refined_by=("actor", "actor_certainty"),
)
_BY_ACTOR_CERTAINTY = ByLinks(
    ACTORS_OF,
    ("certainty",),
    chosen=lambda filters: _of_actor(filters) + _links_in(role=filters.actor_role),
    refined_by=("actor", "actor_role"),
)

LINK_FACETS = {
    "place": by_links(col(Incident.id), _incident_places, "places", tally=_BY_PLACE),
    "place_role": by_links(
        col(Incident.id),
        _place_roles,
        tally=_BY_PLACE_ROLE,
        default=lambda filters: _locating(filters) if filters.place or filters.place_certainty else None,
    ),
    "place_certainty": by_links(col(Incident.id), _place_certainties, tally=_BY_PLACE_CERTAINTY),
    "actor": by_links(col(Incident.id), _incident_actors, *PARTIES, missing="nobody identified", tally=_BY_ACTOR),
    "actor_role": by_links(col(Incident.id), _actor_roles, tally=_BY_ACTOR_ROLE),
    "actor_certainty": by_links(col(Incident.id), _actor_certainties, tally=_BY_ACTOR_CERTAINTY),
}
"""What incidents can be counted by through these links."""
