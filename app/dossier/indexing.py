"""Documents -> what a search finds them by."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, text
from sqlmodel import col

from app.documents import Document
from app.models import SearchEntry
from app.terms import BETWEEN, terms, type_term


def index(connection: Connection, documents: Sequence[Document]) -> None:
    """Adds records that are not in the index."""
    first = (connection.execute(select(func.max(col(SearchEntry.number)))).scalar() or 0) + 1
    rows = [_row(connection, number, document) for number, document in enumerate(documents, first)]
    if not rows:
        return
    connection.execute(insert(SearchEntry), rows)
    if connection.dialect.name == "sqlite":
        connection.execute(text("INSERT INTO search_index (rowid, terms) VALUES (:number, :terms)"), rows)


def unindex(connection: Connection, kind: str, ids: Sequence[str]) -> None:
    """Takes records of one type out of the index."""
    mine = (col(SearchEntry.type) == kind) & col(SearchEntry.id).in_(ids)
    if connection.dialect.name == "sqlite":
        # An FTS5 index over another table is told the terms that it is to forget.
        found = select(col(SearchEntry.number), col(SearchEntry.terms)).where(mine)
        rows = [{"number": number, "terms": known} for number, known in connection.execute(found)]
        forget = "INSERT INTO search_index (search_index, rowid, terms) VALUES ('delete', :number, :terms)"
        if rows:
            connection.execute(text(forget), rows)
    connection.execute(delete(SearchEntry).where(mine))


def _row(connection: Connection, number: int, document: Document) -> dict[str, Any]:
    found = [type_term(document.type)]
    for one in document.texts():
        found += [BETWEEN, *terms(one)]
    as_vector = connection.dialect.name == "postgresql"
    return {
        "number": number,
        "type": document.type,
        "id": document.id,
        "terms": _vector(found) if as_vector else " ".join(found),
    }


def _vector(found: list[str]) -> str:
    """Terms with their positions, as PostgreSQL writes a tsvector; terms hold letters and digits only."""
    return " ".join(f"'{term}':{position}" for position, term in enumerate(found, 1))
