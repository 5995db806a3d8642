"""Finds versions of records whose parts do not fit together, before a redaction takes something out of them."""

from collections.abc import Iterator

import orjson
from sqlalchemy import Connection, select
from sqlmodel import col

from app.records import RECORD_TYPES
from app.storage.database import DatabaseError
from app.storage.models import StoredDocument
from app.storage.past_tables import FIRST_PAST_NUMBER, PREFIX
from app.storage.registry import METADATA

_WHAT_TO_DO = (
    "Nothing was redacted or loaded. Put a backup of the database in its place and load again; if there is none, load "
    "the seed files into an empty database, which begins a new history"
)


def assert_past_is_whole(connection: Connection) -> None:
    """Raises DatabaseError if a superseded version lacks its document, or a document its version: what such a version
    repeats could not be found."""
    if found := list(_damages(connection)):
        more = f" ({len(found)} such versions in all)" if len(found) > 1 else ""
        raise DatabaseError(f"This database is damaged: {found[0]}{more}. {_WHAT_TO_DO}.")


def _damages(connection: Connection) -> Iterator[str]:
    number = col(StoredDocument.number)
    past = [(one, METADATA.tables[PREFIX + str(one.table.__tablename__)]) for one in RECORD_TYPES.values()]
    for record_type, table in past:
        document = select(number).where(number == table.c.number)
        for row in connection.execute(select(table.c.id, table.c.changed_in).where(~document.exists())):
            yield f"{record_type.type} {row.id} has no document as release {row.changed_in} wrote it"
    versions = [~select(table.c.number).where(table.c.number == number).exists() for _, table in past]
    documents = select(number, col(StoredDocument.document)).where(number >= FIRST_PAST_NUMBER, *versions)
    for row in connection.execute(documents):
        document = orjson.loads(row.document)
        yield f"a document of an earlier release, {document['type']} {document['id']}, belongs to no version"
