"""People: named and unnamed ones, and groups spoken of together."""

from collections.abc import Iterator
from operator import itemgetter
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import join
from sqlmodel import col

from app.counts.columns import Links, References, Texts
from app.counts.criteria import AnyOf, HasLink, IsOneOf, ValueIn
from app.counts.tallies import ByLinks, ByReferring, Referring
from app.model.codebook import Anonymity, LifeStatus
from app.model.codebook import PersonRole as Role
from app.model.digests import Data
from app.model.documents import PersonDocument
from app.model.references import articles_of, ids_of_each
from app.queries.conditions import Condition, LinkExclusion, no_link
from app.queries.facets import by_article, by_column, by_flag, by_links, pairs_of
from app.queries.filters import Listing, Where, one_of, whether
from app.queries.record_type import ChildRows, RecordType, Row
from app.queries.values import ExternalIds, Flag, IncidentIds, OrganizationIds
from app.records.hierarchies import (
    OF_OPERATIONS,
    OF_ORGANIZATIONS,
    incidents_within,
    of_operations,
    of_organizations,
    parties_containing,
    parties_within,
)
from app.records.incident_links import ACTING_IN, actor_incidents, actors_of
from app.records.same_as import SAME_AS, known_as, same_as_rows
from app.records.search_texts import beginnings_of_names, other_names
from app.search.folding import fold
from app.storage.models import Affiliation, Casualty, CasualtyPerson, Party, Person, PersonRole
from app.storage.same_as_models import PartySameAs

_NAMED = col(Person.named).is_(True)


def _in_roles(roles: Any, filters: Any) -> Condition:
    links = select(col(PersonRole.person_id)).where(
        col(PersonRole.person_id) == col(Person.id), col(PersonRole.role).in_(roles)
    )
    return Condition(links.exists(), criterion=HasLink("roles", (ValueIn("role", roles),)))


def _of_organizations(ids: Any, filters: Any) -> Condition:
    links = select(col(Affiliation.person_id)).where(
        col(Affiliation.person_id) == col(Person.id), col(Affiliation.organization_id).in_(parties_within(ids))
    )
    return Condition(links.exists(), criterion=HasLink("affiliations", (_organization(ids),)))


def _organization(ids: Any) -> ValueIn:
    return ValueIn("organization_id", ids, OF_ORGANIZATIONS)


def _in_no_role(roles: Any, filters: Any) -> Condition:
    in_one, criteria = col(PersonRole.role).in_(roles), LinkExclusion("roles", ValueIn("role", roles))
    return no_link(col(Person.id), col(PersonRole.person_id), in_one, required=True, criteria=criteria)


def _of_no_organization(ids: Any, filters: Any) -> Condition:
    theirs, owner = col(Affiliation.organization_id), col(Affiliation.person_id)
    unclear = theirs.in_(parties_containing(ids))
    containing = ValueIn("organization_id", parties_containing(ids))
    criteria = LinkExclusion("affiliations", _organization(ids), unclear=containing)
    within = theirs.in_(parties_within(ids))
    return no_link(col(Person.id), owner, within, unclear=unclear, required=True, criteria=criteria)


def _in_incidents(ids: Any, filters: Any) -> Condition:
    harmed = (
        select(col(CasualtyPerson.person_id))
        .join(Casualty, col(Casualty.id) == col(CasualtyPerson.casualty_id))
        .where(col(Casualty.incident_id).in_(incidents_within(ids)))
    )
    some = (actors_of(ids), harmed)
    criterion = AnyOf(tuple(map(IsOneOf, some)))
    return Condition(or_(*(col(Person.id).in_(one) for one in some)), criterion=criterion, of=Person)


class PersonFilters(Listing):
    """What lists of people take."""

    role: Annotated[list[Role], Where(_in_roles, exclusion=_in_no_role)] = Field(
        default_factory=list, description="What they are to the reporting."
    )
    named: Annotated[Flag | None, whether(_NAMED, "named")] = Field(
        None, description="Whether the reporting names them."
    )
    anonymity: Annotated[list[Anonymity], one_of(col(Person.anonymity))] = Field(
        default_factory=list, description="How the unnamed appear."
    )
    organization: Annotated[OrganizationIds, Where(_of_organizations, exclusion=_of_no_organization)] = Field(
        default_factory=list, description="Of this organization or a part of it."
    )
    life_status: Annotated[list[LifeStatus], one_of(col(Person.life_status), unknown=("not_stated",))] = Field(
        default_factory=list, description="What the reporting says of their life."
    )
    incident: Annotated[IncidentIds, Where(_in_incidents)] = Field(
        default_factory=list, description="Actors in this incident or in a part of it, or counted among its casualties."
    )
    same_as: Annotated[
        ExternalIds, known_as(col(Person.id), col(PartySameAs.party_id), col(PartySameAs.external_id))
    ] = SAME_AS
    sort: Literal["name", "-name", "changed", "-changed", "id", "-id"] | None = Field(
        None, description="One key, `-` for descending, ties by id. Default: `name`."
    )


_ROLES = pairs_of(col(PersonRole.person_id), col(PersonRole.role))


_BY_ROLE = ByLinks(Links("roles", col(PersonRole.person_id), (Texts("role", col(PersonRole.role)),)), ("role",))
_MEMBERSHIP = References("organization_id", col(Affiliation.organization_id), ("organizations",))
_BY_ORGANIZATION = ByLinks(
    Links("affiliations", col(Affiliation.person_id), (_MEMBERSHIP,)), ("organization_id",), OF_ORGANIZATIONS
)


_BY_INCIDENT = ByReferring((ACTING_IN, Referring("casualties", "people", "person_id", "incident_id")), OF_OPERATIONS)


def _affiliations(filters: Any) -> Select[Any]:
    return of_organizations(col(Affiliation.person_id), col(Affiliation.organization_id))


def _incidents(filters: Any) -> list[Select[Any]]:
    link = CasualtyPerson
    harmed = join(link, Casualty, col(Casualty.id) == col(link.casualty_id))
    return [*actor_incidents(filters), *of_operations(harmed, col(link.person_id), col(Casualty.incident_id))]


def _texts(document: Data) -> Iterator[str | None]:
    yield document["label"]
    yield from other_names(document)
    for link in document["organizations"]:
        yield from (link["name"], link["role"])
    yield from (document["rank"], document["note"])


def _row(document: Data) -> Row:
    return {
        "sort_name": fold(document["label"]),
        "names": beginnings_of_names(document["label"], document),
        "named": document["named"],
        "anonymity": document["anonymity"],
        "life_status": document["life_status"],
    }


def _child_rows(document: Data) -> ChildRows:
    yield Party, {"id": document["id"], "type": document["type"]}
    for role in document["roles"]:
        yield PersonRole, {"person_id": document["id"], "role": role}
    for link in document["organizations"]:
        row = {"person_id": document["id"], "organization_id": link["id"], "role": link["role"]}
        yield Affiliation, row
    yield from same_as_rows(PartySameAs, "party_id", document)


PEOPLE = RecordType(
    name="people",
    type="person",
    code=4,
    table=Person,
    children=((Party, "id"), (PersonRole, "person_id"), (Affiliation, "person_id"), (PartySameAs, "party_id")),
    row=_row,
    child_rows=_child_rows,
    document=PersonDocument,
    summary="Who was there, who was hurt, who speaks.",
    description="Named and unnamed people, and groups spoken of together, as the reporting presents them.",
    example="hassan-al-soofy",
    docs_position=4,
    title=itemgetter("label"),
    texts=_texts,
    terms=itemgetter("roles"),
    references={"organizations": [ids_of_each("organizations")], "articles": [articles_of]},
    referring={"incidents": "actor", "quotes": "speaker", "statements": "by", "casualties": "person"},
    filters=PersonFilters,
    sorts={"name": "sort_name", "changed": "changed_in", "id": "id"},
    default_sort="name",
    facets={
        "role": by_links(col(Person.id), lambda filters: _ROLES, tally=_BY_ROLE),
        "named": by_flag(_NAMED),
        "anonymity": by_column(col(Person.anonymity), missing="named"),
        "organization": by_links(col(Person.id), _affiliations, "organizations", tally=_BY_ORGANIZATION),
        "life_status": by_column(col(Person.life_status)),
        "incident": by_links(col(Person.id), _incidents, "incidents", tally=_BY_INCIDENT),
        **by_article(Person, "person"),
    },
)
