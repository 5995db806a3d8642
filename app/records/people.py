"""People: named and unnamed ones, and groups spoken of together."""

from collections.abc import Iterator
from operator import itemgetter
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import join
from sqlmodel import col

from app.model.codebook import Anonymity, LifeStatus
from app.model.codebook import PersonRole as Role
from app.model.digests import Data
from app.model.documents import PersonDocument
from app.model.references import articles_of, ids_of_each
from app.queries.conditions import Condition
from app.queries.facets import by_article, by_column, by_flag, by_links, pairs_of
from app.queries.filters import Listing, Where, one_of, whether
from app.queries.record_type import ChildRows, RecordType, Row
from app.queries.values import Flag, IncidentIds, OrganizationIds
from app.records.hierarchies import incidents_within, of_operations, of_organizations, parties_within
from app.records.incidents import actor_incidents, actors_of
from app.records.search_texts import other_names
from app.search.folding import fold
from app.storage.models import Affiliation, Casualty, CasualtyPerson, Party, Person, PersonRole

_NAMED = col(Person.named).is_(True)


def _in_roles(roles: Any, filters: Any) -> Condition:
    links = select(col(PersonRole.person_id)).where(
        col(PersonRole.person_id) == col(Person.id), col(PersonRole.role).in_(roles)
    )
    return Condition(links.exists())


def _of_organizations(ids: Any, filters: Any) -> Condition:
    links = select(col(Affiliation.person_id)).where(
        col(Affiliation.person_id) == col(Person.id), col(Affiliation.organization_id).in_(parties_within(ids))
    )
    return Condition(links.exists())


def _in_incidents(ids: Any, filters: Any) -> Condition:
    harmed = (
        select(col(CasualtyPerson.person_id))
        .join(Casualty, col(Casualty.id) == col(CasualtyPerson.casualty_id))
        .where(col(Casualty.incident_id).in_(incidents_within(ids)))
    )
    return Condition(or_(col(Person.id).in_(actors_of(ids)), col(Person.id).in_(harmed)))


class PersonFilters(Listing):
    """What lists of people take."""

    role: Annotated[list[Role], Where(_in_roles)] = Field([], description="What they are to the reporting.")
    named: Annotated[Flag | None, whether(_NAMED)] = Field(None, description="Whether the reporting names them.")
    anonymity: Annotated[list[Anonymity], one_of(col(Person.anonymity))] = Field(
        [], description="How the unnamed appear."
    )
    organization: Annotated[OrganizationIds, Where(_of_organizations)] = Field(
        [], description="Of this organization or a part of it."
    )
    life_status: Annotated[list[LifeStatus], one_of(col(Person.life_status))] = Field(
        [], description="What the reporting says of their life."
    )
    incident: Annotated[IncidentIds, Where(_in_incidents)] = Field(
        [], description="Actors in this incident or in a part of it, or counted among its casualties."
    )
    sort: Literal["name", "-name", "changed", "-changed", "id", "-id"] | None = Field(
        None, description="One key, `-` for descending, ties by id. Default: `name`."
    )


_ROLES = pairs_of(col(PersonRole.person_id), col(PersonRole.role))


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


PEOPLE = RecordType(
    name="people",
    type="person",
    code=4,
    table=Person,
    children=((Party, "id"), (PersonRole, "person_id"), (Affiliation, "person_id")),
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
        "role": by_links(col(Person.id), lambda filters: _ROLES),
        "named": by_flag(_NAMED),
        "anonymity": by_column(col(Person.anonymity), missing="named"),
        "organization": by_links(col(Person.id), _affiliations, "organizations"),
        "life_status": by_column(col(Person.life_status)),
        "incident": by_links(col(Person.id), _incidents, "incidents"),
        **by_article(Person, "person"),
    },
)
