"""All tables, ids that no record may have, and the documents of records."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from sqlalchemy import Label, select
from sqlmodel import col

from app.storage.models import StoredDocument
from app.storage.past_tables import add_past_tables
from app.storage.text_bytes import in_bytes

for _module in iter_modules([str(Path(__file__).parent)]):
    if _module.name.endswith("_models"):
        import_module(f"{__package__}.{_module.name}")
METADATA = StoredDocument.metadata
"""All tables: whoever takes it from here has imported the modules that have them, which are called `…_models`."""
add_past_tables(METADATA)

RESERVED_IDS = frozenset({"evidence", "history", "summary"})
"""Words that follow a resource or a record in URLs, and so are no ids."""


def document_of(table: type[Any]) -> Any:
    """The document of a table's record, as a column beside its own: looked up for those records alone that a statement
    has found, whatever else it has to look at."""
    if table not in _DOCUMENTS:
        _DOCUMENTS[table] = document_numbered(table.number, table).label("document")
    return _DOCUMENTS[table]


def document_numbered(number: Any, table: Any) -> Any:
    """The document with the number that a column of a table holds."""
    documents = select(col(StoredDocument.document)).where(col(StoredDocument.number) == number)
    return documents.correlate(table).scalar_subquery()


def document_bytes_of(table: type[Any]) -> Any:
    """As `document_of`, in the bytes that answers are put together of."""
    if table not in _DOCUMENT_BYTES:
        _DOCUMENT_BYTES[table] = in_bytes(document_of(table).element).label("document")
    return _DOCUMENT_BYTES[table]


_DOCUMENTS: dict[type[Any], Label[str]] = {}
"""Kept, because putting one together takes longer than looking one up."""

_DOCUMENT_BYTES: dict[type[Any], Label[bytes]] = {}
