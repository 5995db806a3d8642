"""Organizations."""

from operator import itemgetter
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Select
from sqlmodel import col

from app.counts.criteria import IsOneOf
from app.counts.tallies import ByContainers, ByReferring
from app.model.codebook import OrganizationKind
from app.model.digests import Data
from app.model.documents import OrganizationDocument
from app.model.references import articles_of, ids_of_each
from app.queries.conditions import Condition
from app.queries.facets import by_article, by_column, by_links, pairs_of
from app.queries.filters import Listing, Where, one_of
from app.queries.record_type import ChildRows, RecordType, Row
from app.queries.values import ExternalIds, IncidentIds, OrganizationIds
from app.records.hierarchies import (
    OF_OPERATIONS,
    OF_ORGANIZATIONS,
    ORGANIZATION_PARENTS,
    organization_containers,
    parties_within,
    parts_of,
)
from app.records.incident_links import ACTING_IN, actor_incidents, actors_of
from app.records.same_as import SAME_AS, known_as, same_as_rows
from app.records.search_texts import beginnings_of_names, names_and_note
from app.search.folding import fold
from app.storage.models import Organization, OrganizationParent, Party
from app.storage.same_as_models import PartySameAs


def _inside(ids: Any, filters: Any) -> Condition:
    """Does not match the organization itself."""
    inside = col(Organization.id).in_(parties_within(ids)) & col(Organization.id).not_in(ids)
    return Condition(inside, criterion=parts_of(ids, OF_ORGANIZATIONS), of=Organization)


def _acting_in(ids: Any, filters: Any) -> Condition:
    acting = actors_of(ids)
    return Condition(col(Organization.id).in_(acting), criterion=IsOneOf(acting), of=Organization)


class OrganizationFilters(Listing):
    """What lists of organizations take."""

    kind: Annotated[list[OrganizationKind], one_of(col(Organization.kind), in_list_order=True)] = Field(
        default_factory=list, description="What sort of body."
    )
    within: Annotated[OrganizationIds, Where(_inside)] = Field(
        default_factory=list, description="Part of this organization, at any depth."
    )
    incident: Annotated[IncidentIds, Where(_acting_in)] = Field(
        default_factory=list, description="Actors in this incident or in a part of it."
    )
    same_as: Annotated[
        ExternalIds, known_as(col(Organization.id), col(PartySameAs.party_id), col(PartySameAs.external_id))
    ] = SAME_AS
    sort: Literal["name", "-name", "changed", "-changed", "id", "-id"] | None = Field(
        None, description="One key, `-` for descending, ties by id. Default: `name`."
    )


def _containers(filters: Any) -> Select[Any]:
    """Each organization with all that it is a part of, without itself."""
    wholes = organization_containers()
    return pairs_of(wholes.c.part, wholes.c.whole).where(wholes.c.part != wholes.c.whole)


_BY_CONTAINER = ByContainers(OF_ORGANIZATIONS, links=(ORGANIZATION_PARENTS,))
_BY_INCIDENT = ByReferring((ACTING_IN,), OF_OPERATIONS)


def _row(document: Data) -> Row:
    return {
        "sort_name": fold(document["name"]),
        "names": beginnings_of_names(document["name"], document),
        "kind": document["kind"],
    }


def _child_rows(document: Data) -> ChildRows:
    yield Party, {"id": document["id"], "type": document["type"]}
    for parent in document["parents"]:
        row = {"organization_id": document["id"], "parent_id": parent["id"], "basis": parent["basis"]}
        yield OrganizationParent, row
    yield from same_as_rows(PartySameAs, "party_id", document)


ORGANIZATIONS = RecordType(
    name="organizations",
    type="organization",
    code=5,
    table=Organization,
    children=((Party, "id"), (OrganizationParent, "organization_id"), (PartySameAs, "party_id")),
    row=_row,
    child_rows=_child_rows,
    document=OrganizationDocument,
    summary="Forces, groups and institutions.",
    description="States, forces, armed groups and institutions, with the organizations that they are a part of.",
    example="cts",
    docs_position=5,
    title=itemgetter("name"),
    texts=names_and_note,
    terms=lambda document: [document["kind"]],
    references={"organizations": [ids_of_each("parents")], "articles": [articles_of]},
    referring={
        "incidents": "actor",
        "quotes": "organization",
        "statements": "organization",
        "casualties": "organization",
    },
    filters=OrganizationFilters,
    sorts={"name": "sort_name", "changed": "changed_in", "id": "id"},
    default_sort="name",
    facets={
        "kind": by_column(col(Organization.kind)),
        "within": by_links(col(Organization.id), _containers, "organizations", tally=_BY_CONTAINER),
        "incident": by_links(col(Organization.id), actor_incidents, "incidents", tally=_BY_INCIDENT),
        **by_article(Organization, "organization"),
    },
)
