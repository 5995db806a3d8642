"""All tables, ids that no record may have, and the documents of records."""

from typing import Any

from sqlalchemy import Label, select
from sqlmodel import col

from app.storage.models import Article, StoredDocument
from app.storage.speech_models import Quote

assert Article.metadata is Quote.metadata
METADATA = Article.metadata
"""All tables: whoever takes it from here has imported the modules that have them."""

RESERVED_IDS = frozenset({"evidence", "history", "summary"})
"""Words that follow a resource or a record in URLs, and so are no ids."""


def document_of(table: type[Any]) -> Any:
    """The document of a table's record, as a column beside its own: looked up for those records alone that a statement
    has found, whatever else it has to look at."""
    if table not in _DOCUMENTS:
        documents = select(col(StoredDocument.document)).where(col(StoredDocument.number) == table.number)
        _DOCUMENTS[table] = documents.correlate(table).scalar_subquery().label("document")
    return _DOCUMENTS[table]


_DOCUMENTS: dict[type[Any], Label[str]] = {}
"""Kept, because putting one together takes longer than looking one up."""
