"""Facets: the values that records are counted by and that sums are grouped by.

A value counts exactly the records that the same list would hold with that value as its filter: a place with all that
it contains, an organization with its parts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, String, Subquery, case, func, literal, select, type_coerce, union_all
from sqlalchemy.orm import join
from sqlmodel import col

from app.queries.conditions import Clause, Condition, parties_within, places_within
from app.queries.filters import LOCATING
from app.queries.incidents import HAS_CLAIMANT
from app.queries.record_type import RecordType
from app.storage.models import (
    Affiliation,
    Article,
    Casualty,
    CasualtyPerson,
    Evidence,
    Incident,
    IncidentActor,
    IncidentPlace,
    Organization,
    OrganizationParent,
    Party,
    Person,
    PersonRole,
    Place,
    PlaceParent,
)
from app.storage.speech_models import Quote, QuoteIncident, QuotePlace, Statement, StatementAbout

PARTIES = ("organizations", "people")


NONE, IMPRECISE = "", "imprecise"
"""What stands for the value of records that have none, and of those whose date is wider than one."""


@dataclass(frozen=True)
class Split:
    """How records fall apart: the value of each, null where it has none or one too wide (`imprecise`).

    With `links`, pairs of record id and value joined by `key`, a record may have several values.
    """

    value: ColumnElement[Any]
    links: Subquery | None = None
    key: ColumnElement[Any] | None = None
    imprecise: Clause | None = None

    @property
    def label(self) -> ColumnElement[Any]:
        """The value as text that is never null, so that labels compare."""
        value = func.coalesce(type_coerce(self.value, String), literal(NONE))
        return value if self.imprecise is None else case((self.imprecise, IMPRECISE), else_=value)

    def joined(self, statement: Select[Any]) -> Select[Any]:
        """A statement over records with their links, if there are any: once for each value, and once without one.
        The records come first, because SQLite would look for each link's among all that are asked for."""
        if self.links is None:
            return statement
        return statement.outerjoin(self.links, self.links.c.id == self.key)


Records = Callable[[Any], Select[Any] | None]
"""The values of a column in the records that are split; null where these are all there are."""


def records(resource: RecordType, conditions: list[Condition]) -> Records:
    """The records of a resource that match."""
    return lambda column: resource.select(conditions, column) if conditions else None


@dataclass(frozen=True)
class Facet:
    """One way to split a resource. `split` is given the filters, because some say what a value stands for, and the
    records that it is for.

    `names` are the resources whose records the values are ids of; `missing` says what it means to have no value.
    """

    split: Callable[[Any, Records], Split]
    names: tuple[str, ...] = ()
    missing: str = "not stated"


def buckets(resource: RecordType, conditions: list[Condition], split: Split, limit: int) -> Select[Any]:
    """Label, records, number of all labels and sum of their records: those of no value first, then so many others,
    those of most records first, or for dates the newest."""
    statement = split.joined(resource.select(conditions, split.label.label("label")))
    # It is named in a subquery because PostgreSQL would take the parameters inside of it for different ones.
    label = (found := statement.subquery()).c.label
    aside = [NONE] if split.imprecise is None else [NONE, IMPRECISE]
    order = [func.count().desc(), label] if split.imprecise is None else [label.desc()]
    columns = label, func.count(), func.count().over(), func.sum(func.count()).over()
    counted = select(*columns).select_from(found).group_by(label)
    return counted.order_by(label.in_(aside).desc(), *order).limit(limit + len(aside))


def _column(column: Any, *names: str, missing: str = "not stated") -> Facet:
    return Facet(lambda filters, its_records: Split(column), names, missing)


def _flag(clause: Clause) -> Facet:
    value = case((clause, "true"), else_="false")
    return Facet(lambda filters, its_records: Split(value))


Pairs = Callable[[Any], Select[Any] | list[Select[Any]]]
"""Given the filters: the values of records, or those of several kinds, as pairs labelled `id` and `value`."""


def _links(key: Any, pairs: Pairs, *names: str, missing: str = "not stated") -> Facet:
    """Several values a record."""

    def split(filters: Any, its_records: Records) -> Split:
        found, chosen = pairs(filters), its_records(key)
        kinds = found if isinstance(found, list) else [found]
        if chosen is not None:
            kinds = [one.where(one.selected_columns.id.in_(chosen)) for one in kinds]
        # Grouped, not distinct: SQLite would take distinct ones for so few that it looks for them without an index.
        links = _grouped(kinds[0] if len(kinds) == 1 else _listed(kinds)).subquery()
        return Split(links.c.value, links, key)

    return Facet(split, names, missing)


def _grouped(pairs: Select[Any]) -> Select[Any]:
    return pairs.group_by(*pairs.selected_columns)


def _listed(kinds: list[Select[Any]]) -> Select[Any]:
    found = union_all(*kinds).subquery()
    return select(found.c.id, found.c.value)


def _dates(earliest: Any, latest: Any) -> dict[str, Facet]:
    """Months and years of dates that lie within one; wider ones are never put at a made-up day."""

    def facet(length: int) -> Facet:
        first, last = func.substr(earliest, 1, length), func.substr(latest, 1, length)
        split = Split(case((first == last, first)), imprecise=first != last)
        return Facet(lambda filters, its_records: split, missing="no date")

    return {"month": facet(7), "year": facet(4)}


def _article(table: type[Any], kind: str) -> dict[str, Facet]:
    pairs = _pairs(col(Evidence.record_id), col(Evidence.article_id)).where(col(Evidence.record_type) == kind)
    return {"article": _links(table.id, lambda filters: pairs, "articles")}


def _wholes(nodes: type[Any], edges: type[Any], part: str, *, stated_only: bool = False) -> CTE:
    """Every record (`part`) with itself and all that contain it (`whole`)."""
    found = select(nodes.id.label("part"), nodes.id.label("whole")).cte(recursive=True)
    step = select(found.c.part, edges.parent_id).join(edges, getattr(edges, part) == found.c.whole)
    return found.union(step.where(edges.basis == "stated") if stated_only else step)


def _pairs(id_: Any, value: Any) -> Select[Any]:
    return select(id_.label("id"), value.label("value"))


def _upwards(id_: Any, part: Any, wholes: CTE) -> Select[Any]:
    """Each record with what its part of the link is, and with all that contains that."""
    return _pairs(id_, wholes.c.whole).join(wholes, wholes.c.part == part)


def _chosen(column: Any, values: Sequence[Any]) -> list[Clause]:
    return [column.in_(values)] if values else []


def _incident_places(filters: Any) -> Select[Any]:
    link = IncidentPlace
    wholes = _wholes(Place, PlaceParent, "place_id", stated_only=filters.place_basis == "stated")
    pairs = _upwards(col(link.incident_id), col(link.place_id), wholes)
    certain = _chosen(col(link.certainty), filters.place_certainty)
    return pairs.where(col(link.role).in_(filters.place_role or LOCATING), *certain)


def _at_place(filters: Any) -> list[Clause]:
    inside = places_within(filters.place, filters.place_basis) if filters.place else None
    return [] if inside is None else [col(IncidentPlace.place_id).in_(inside)]


def _place_roles(filters: Any) -> Select[Any]:
    link = IncidentPlace
    certain = _chosen(col(link.certainty), filters.place_certainty)
    return _pairs(col(link.incident_id), col(link.role)).where(*_at_place(filters), *certain)


def _place_certainties(filters: Any) -> Select[Any]:
    link = IncidentPlace
    in_role = col(link.role).in_(filters.place_role or LOCATING)
    return _pairs(col(link.incident_id), col(link.certainty)).where(*_at_place(filters), in_role)


def _incident_actors(filters: Any) -> Select[Any]:
    link = IncidentActor
    pairs = _upwards(col(link.incident_id), col(link.party_id), _wholes(Party, OrganizationParent, "organization_id"))
    in_role, certain = col(link.role), col(link.certainty)
    return pairs.where(*_chosen(in_role, filters.actor_role), *_chosen(certain, filters.actor_certainty))


def _with_actor(filters: Any) -> list[Clause]:
    return [col(IncidentActor.party_id).in_(parties_within(filters.actor))] if filters.actor else []


def _actor_roles(filters: Any) -> Select[Any]:
    link = IncidentActor
    certain = _chosen(col(link.certainty), filters.actor_certainty)
    return _pairs(col(link.incident_id), col(link.role)).where(*_with_actor(filters), *certain)


def _actor_certainties(filters: Any) -> Select[Any]:
    link = IncidentActor
    in_role = _chosen(col(link.role), filters.actor_role)
    return _pairs(col(link.incident_id), col(link.certainty)).where(*_with_actor(filters), *in_role)


def _with_operations(source: Any, id_: Any, incident: Any) -> list[Select[Any]]:
    """Each record of a source with its incident, and with every operation that this is a part of."""
    edge: Any = select(col(Incident.id).label("part"), col(Incident.parent_id).label("whole"))
    found = edge.where(col(Incident.parent_id).is_not(None)).cte(recursive=True)
    above = select(found.c.part, col(Incident.parent_id)).join(Incident, col(Incident.id) == found.c.whole)
    whole = found.union(above.where(col(Incident.parent_id).is_not(None)))
    upper = _pairs(id_, whole.c.whole).select_from(source).join(whole, whole.c.part == incident)
    return [_pairs(id_, incident).select_from(source), upper]


def _of_people(filters: Any) -> list[Select[Any]]:
    link = CasualtyPerson
    harmed = join(link, Casualty, col(Casualty.id) == col(link.casualty_id))
    return [*_of_actors(filters), *_with_operations(harmed, col(link.person_id), col(Casualty.incident_id))]


def _of_actors(filters: Any) -> list[Select[Any]]:
    return _with_operations(IncidentActor, col(IncidentActor.party_id), col(IncidentActor.incident_id))


def _of_claims(filters: Any) -> list[Select[Any]]:
    return _with_operations(Casualty, col(Casualty.id), col(Casualty.incident_id))


def _of_quotes(filters: Any) -> list[Select[Any]]:
    return _with_operations(QuoteIncident, col(QuoteIncident.quote_id), col(QuoteIncident.incident_id))


def _voices(table: type[Any], voice: Any) -> Facet:
    """The organization that speaks, or that the speaker belongs to, and all that contain it."""

    def pairs(filters: Any) -> list[Select[Any]]:
        wholes = _wholes(Organization, OrganizationParent, "organization_id")
        belonging = _pairs(table.id, wholes.c.whole).select_from(table).join(Affiliation, _MEMBER == voice)
        member = belonging.join(wholes, wholes.c.part == col(Affiliation.organization_id))
        return [_upwards(table.id, voice, wholes), member]

    return _links(table.id, pairs, "organizations")


_MEMBER = col(Affiliation.person_id)


def _subjects(filters: Any) -> list[Select[Any]]:
    link = StatementAbout
    subjects = (col(link.incident_id), col(link.place_id), col(link.party_id))
    return [_pairs(col(link.statement_id), subject).where(subject.is_not(None)) for subject in subjects]


def _claimants(filters: Any) -> list[Select[Any]]:
    ways = (col(Casualty.claimed_by_id), col(Casualty.via_id))
    return [_pairs(col(Casualty.id), way).where(way.is_not(None)) for way in ways]


def _organizations(filters: Any) -> Select[Any]:
    wholes = _wholes(Organization, OrganizationParent, "organization_id")
    return _upwards(col(Casualty.id), col(Casualty.organization_id), wholes)


def _containers(nodes: type[Any], edges: type[Any], part: str) -> Callable[[Any], Select[Any]]:
    def pairs(filters: Any) -> Select[Any]:
        stated_only = getattr(filters, "place_basis", None) == "stated"
        wholes = _wholes(nodes, edges, part, stated_only=stated_only)
        return _pairs(wholes.c.part, wholes.c.whole).where(wholes.c.part != wholes.c.whole)

    return pairs


def _affiliations(filters: Any) -> Select[Any]:
    wholes = _wholes(Organization, OrganizationParent, "organization_id")
    return _upwards(col(Affiliation.person_id), col(Affiliation.organization_id), wholes)


def _statement_places(filters: Any) -> Select[Any]:
    link = StatementAbout
    return _upwards(col(link.statement_id), col(link.place_id), _wholes(Place, PlaceParent, "place_id"))


def _quote_places(filters: Any) -> Select[Any]:
    return _upwards(col(QuotePlace.quote_id), col(QuotePlace.place_id), _wholes(Place, PlaceParent, "place_id"))


_ROLES = _pairs(col(PersonRole.person_id), col(PersonRole.role))
_PEOPLE = _pairs(col(CasualtyPerson.casualty_id), col(CasualtyPerson.person_id))

_INCIDENTS = {
    "kind": _column(col(Incident.kind)),
    "granularity": _column(col(Incident.granularity)),
    "place": _links(col(Incident.id), _incident_places, "places"),
    "place_role": _links(col(Incident.id), _place_roles),
    "place_certainty": _links(col(Incident.id), _place_certainties),
    "actor": _links(col(Incident.id), _incident_actors, *PARTIES, missing="nobody identified"),
    "actor_role": _links(col(Incident.id), _actor_roles),
    "actor_certainty": _links(col(Incident.id), _actor_certainties),
    **_dates(col(Incident.earliest), col(Incident.latest)),
    "has_location": _flag(col(Incident.latitude).is_not(None)),
    "contested": _flag(col(Incident.contested).is_(True)),
    "parent": _column(col(Incident.parent_id), "incidents", missing="not part of an operation"),
}

FACETS: dict[str, dict[str, Facet]] = {
    "articles": _dates(col(Article.published), col(Article.published)),
    "incidents": {**_INCIDENTS, **_article(Incident, "incident")},
    "places": {
        "kind": _column(col(Place.kind)),
        "within": _links(col(Place.id), _containers(Place, PlaceParent, "place_id"), "places"),
        "has_location": _flag(col(Place.latitude).is_not(None)),
        **_article(Place, "place"),
    },
    "people": {
        "role": _links(col(Person.id), lambda filters: _ROLES),
        "named": _flag(col(Person.named).is_(True)),
        "anonymity": _column(col(Person.anonymity), missing="named"),
        "organization": _links(col(Person.id), _affiliations, "organizations"),
        "life_status": _column(col(Person.life_status)),
        "incident": _links(col(Person.id), _of_people, "incidents"),
        **_article(Person, "person"),
    },
    "organizations": {
        "kind": _column(col(Organization.kind)),
        "within": _links(
            col(Organization.id), _containers(Organization, OrganizationParent, "organization_id"), "organizations"
        ),
        "incident": _links(col(Organization.id), _of_actors, "incidents"),
        **_article(Organization, "organization"),
    },
    "quotes": {
        "kind": _column(col(Quote.kind)),
        "speaker": _column(col(Quote.speaker_id), *PARTIES),
        "named": _flag(col(Quote.anonymity).is_(None)),
        "anonymity": _column(col(Quote.anonymity), missing="named"),
        "organization": _voices(Quote, col(Quote.speaker_id)),
        "incident": _links(col(Quote.id), _of_quotes, "incidents"),
        "place": _links(col(Quote.id), _quote_places, "places"),
        **_article(Quote, "quote"),
    },
    "statements": {
        "stance": _column(col(Statement.stance)),
        "by": _column(col(Statement.by_id), *PARTIES, missing="the article's own voice"),
        "attributed": _flag(col(Statement.by_id).is_not(None)),
        "organization": _voices(Statement, col(Statement.by_id)),
        "place": _links(col(Statement.id), _statement_places, "places"),
        "about": _links(col(Statement.id), _subjects, "incidents", "places", *PARTIES),
        "topic": _column(col(Statement.topic), missing="about single events"),
        "contested": _flag(col(Statement.contested).is_(True)),
        **_dates(col(Statement.earliest), col(Statement.latest)),
        **_article(Statement, "statement"),
    },
    "casualties": {
        "outcome": _column(col(Casualty.outcome)),
        "organization": _links(
            col(Casualty.id), _organizations, "organizations", missing="whose they were is not stated"
        ),
        "group": _column(col(Casualty.group)),
        "person": _links(col(Casualty.id), lambda filters: _PEOPLE, "people", missing="nobody by record"),
        "basis": _column(col(Casualty.basis)),
        "counted": _flag(col(Casualty.counted).is_(True)),
        "claimed_by": _links(col(Casualty.id), _claimants, *PARTIES, missing="the article's own voice"),
        "attributed": _flag(HAS_CLAIMANT),
        "incident": _links(col(Casualty.id), _of_claims, "incidents"),
        **_INCIDENTS,
        **_article(Casualty, "casualty"),
    },
}
"""What each resource can be counted by. The value of a facet is what the filter of the same name takes; a month or a
year is taken by `datetime` with `date_match=within`."""
