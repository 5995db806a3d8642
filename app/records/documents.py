"""Documents that reporting draws on, and the filter by them, the same for claims, quotes and statements."""

from operator import itemgetter
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlmodel import col

from app.counts.columns import Links, References
from app.counts.criteria import HasLink, ValueIn
from app.counts.tallies import ByLinks
from app.model.codebook import DocumentKind
from app.model.digests import Data
from app.model.documents import SourceDocument
from app.model.references import Ids, articles_of, ids_of_type
from app.queries.conditions import Condition, LinkExclusion, exists_link, no_link
from app.queries.facets import Facet, by_article, by_column, by_links, pairs_of
from app.queries.filters import Listing, Where, one_of
from app.queries.record_type import ChildRows, RecordType, Row
from app.queries.values import PartyIds
from app.records.hierarchies import PARTIES
from app.search.folding import fold
from app.storage import document_models


class DocumentFilters(Listing):
    """What lists of documents take."""

    kind: Annotated[list[DocumentKind], one_of(col(document_models.SourceDocument.kind), in_list_order=True)] = Field(
        default_factory=list, description="What sort of document."
    )
    author: Annotated[PartyIds, one_of(col(document_models.SourceDocument.author_id))] = Field(
        default_factory=list, description="Who made or sent it."
    )
    sort: Literal["name", "-name", "changed", "-changed", "id", "-id"] | None = Field(
        None, description="One key, `-` for descending, ties by id. Default: `name`."
    )


def through(id_: Any, owner: Any, document: Any) -> Where:
    """The record came through one of these documents; excluded, through none of them."""

    def condition(ids: Any, filters: Any) -> Condition:
        criterion = HasLink("documents", (ValueIn("document_id", ids),))
        return exists_link(id_, owner, document.in_(ids), criterion=criterion)

    def exclusion(ids: Any, filters: Any) -> Condition:
        criteria = LinkExclusion("documents", ValueIn("document_id", ids))
        return no_link(id_, owner, document.in_(ids), criteria=criteria)

    return Where(condition, exclusion=exclusion)


def by_document(id_: Any, owner: Any, document: Any) -> Facet:
    """The documents that a record came through."""
    pairs = pairs_of(owner, document)
    links = Links("documents", owner, (References("document_id", document, ("documents",)),))
    tally = ByLinks(links, ("document_id",))
    return by_links(id_, lambda filters: pairs, "documents", missing="through no document", tally=tally)


def document_rows(table: type[Any], owner: str, data: Data) -> ChildRows:
    """The rows of the documents that a record came through; `owner` is the column with its own id."""
    for document in data["documents"]:
        yield table, {owner: data["id"], "document_id": document["id"]}


def labels_of_documents(data: Data) -> list[str]:
    """What the documents that a record came through are called."""
    # Records that were loaded before there were documents have no such key until the next load.
    return [document["label"] for document in data.get("documents", ())]


def _row(document: Data) -> Row:
    return {
        "sort_name": fold(document["label"]),
        "kind": document["kind"],
        "author_id": document["author"]["id"] if document["author"] else None,
    }


def _texts(document: Data) -> list[str | None]:
    return [document["label"], document["author"]["label"] if document["author"] else None, document["note"]]


_AUTHORS: dict[str, list[Ids]] = {
    "people": [ids_of_type("person", "author")],
    "organizations": [ids_of_type("organization", "author")],
}

DOCUMENTS = RecordType(
    name="documents",
    type="document",
    code=9,
    table=document_models.SourceDocument,
    row=_row,
    document=SourceDocument,
    summary="What claims and statements came through.",
    description="Reports, e-mails, court files and other documents that the reporting draws on, and who made them.",
    example="coalition-answer-kubaiba",
    docs_position=9,
    title=itemgetter("label"),
    texts=_texts,
    terms=lambda document: [document["kind"]],
    references={**_AUTHORS, "articles": [articles_of]},
    required=_AUTHORS,
    referring={"statements": "document", "casualties": "document"},
    filters=DocumentFilters,
    sorts={"name": "sort_name", "changed": "changed_in", "id": "id"},
    default_sort="name",
    facets={
        "kind": by_column(col(document_models.SourceDocument.kind)),
        "author": by_column(col(document_models.SourceDocument.author_id), *PARTIES, missing="not stated"),
        **by_article(document_models.SourceDocument, "document"),
    },
)
