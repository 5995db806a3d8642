"""The public shape of every record. Every key is always present; null means that the reporting does not say.

A document is made once, when a release is loaded, and stored as text. It holds no counts of other records, so that a
change stays where it happened; only what an operation's parts add to its totals changes the operation with them.

The models are the only declaration of a field: outputs that are tables derive their columns from them, and what differs
from the rules of `app.model.outputs` is written beside the field.
"""

from typing import Literal

from app.model.codebook import Codebook
from app.model.digests import Data, serialize
from app.model.documents.articles import ArticleDocument
from app.model.documents.casualties import CasualtyDocument
from app.model.documents.codebook import CodebookDocument
from app.model.documents.documents import SourceDocument
from app.model.documents.incidents import IncidentDocument
from app.model.documents.organizations import OrganizationDocument
from app.model.documents.people import PersonDocument
from app.model.documents.places import PlaceDocument
from app.model.documents.quotes import QuoteDocument
from app.model.documents.shared import Document, PartyType
from app.model.documents.statements import StatementDocument

__all__ = [
    "DOCUMENTS",
    "ArticleDocument",
    "CasualtyDocument",
    "CodebookDocument",
    "Document",
    "IncidentDocument",
    "LoggedType",
    "OrganizationDocument",
    "PartyType",
    "PersonDocument",
    "PlaceDocument",
    "QuoteDocument",
    "SourceDocument",
    "StatementDocument",
    "TypeName",
    "check",
]

TypeName = Literal[
    "article", "incident", "place", "person", "organization", "quote", "statement", "casualty", "document"
]
LoggedType = Literal[TypeName, "codebook"]
"""What a record of each type is called."""

DOCUMENTS: dict[str, type[Document]] = {
    "articles": ArticleDocument,
    "incidents": IncidentDocument,
    "places": PlaceDocument,
    "people": PersonDocument,
    "organizations": OrganizationDocument,
    "quotes": QuoteDocument,
    "statements": StatementDocument,
    "casualties": CasualtyDocument,
    "documents": SourceDocument,
}
"""The document of each resource."""


def check(resource: str, data: Data, codebook: Codebook) -> None:
    """Raises ValidationError for a document that is not, key by key, what its model says."""
    DOCUMENTS[resource].model_validate_json(serialize(data), strict=True, context=codebook)
