"""Search index entries of documents: their terms, and on SQLite the bounding boxes of their points.

PostgreSQL indexes boxes as it indexes other columns; SQLite keeps them in R*Trees of their own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from zlib import crc32

from sqlalchemy import delete, select, update
from sqlmodel import col

from app.ingest.building.scan import SharedRecords
from app.ingest.bulk_inserts import Writer
from app.model.digests import Data
from app.records import BY_TYPE, RECORD_TYPES
from app.records.search_texts import named
from app.search.entry_numbers import entry_number
from app.search.stems import ENGLISH
from app.search.terms import index_text
from app.storage.models import SearchEntry

BOXES = {one.type: one.table.BOXES for one in RECORD_TYPES.values() if hasattr(one.table, "BOXES")}
"""R*Tree table of each type that has points."""

_ADD_TERMS = "INSERT INTO search_index (rowid, terms) VALUES (?, ?)"
# An external-content FTS5 index needs the old terms to delete an entry.
_DELETE_TERMS = "INSERT INTO search_index (search_index, rowid, terms) VALUES ('delete', ?, ?)"
_REBUILD_TERMS = "INSERT INTO search_index (search_index) VALUES ('rebuild')"
_CONFIGURE = "INSERT INTO search_index (search_index, rank) VALUES (?, ?)"
# Terms are sorted in memory in parts, which every search looks at: an archive of a million incidents has seven of so
# many bytes. Merging them would take a third of the time again.
_BULK = [("hashsize", 128 * 2**20), ("automerge", 0)]
_DEFAULTS = [("hashsize", 2**20), ("automerge", 4)]
_ADD_BOX = "INSERT INTO {} (number, west, east, south, north) VALUES (?, ?, ?, ?, ?)"
_DELETE_BOX = "DELETE FROM {} WHERE number = ?"


Box = tuple[float, float, float, float]
"""West, east, south, north."""

IndexedRecord = tuple[str, str, str | None, Box | None]
"""Search index data of a record: type, terms separated by spaces, day and box. It is a plain tuple, because a million
of them come from worker processes."""


def indexed_record(document: Data, columns: Mapping[str, Any], shared_records: SharedRecords) -> IndexedRecord:
    """Returns the search index data of a document; its box is taken from its columns."""
    record_type = BY_TYPE[document["type"]]
    all_texts = dict.fromkeys((*record_type.search_texts(document), *_names(document, shared_records)))
    terms = index_text(all_texts, record_type.search_terms(document), _languages(document, shared_records))
    box = None
    if columns.get("west") is not None:
        box = (columns["west"], columns["east"], columns["south"], columns["north"])
    return document["type"], terms, columns.get("sort_date"), box


def checksum(record: IndexedRecord) -> int:
    """Returns a checksum of a record's terms, which may change while its document does not."""
    return crc32(record[1].encode())


def _names(document: Data, shared_records: SharedRecords) -> Iterator[str]:
    """Yields the names and aliases of all records that a document names."""
    for resource, id_ in named(document):
        summary = shared_records.of(resource)[id_]
        yield summary[0]
        yield from summary.aliases


def _languages(document: Data, shared_records: SharedRecords) -> list[str]:
    """Returns the languages of the articles that a document cites."""
    if document["type"] == "article":
        return [shared_records.articles[document["id"]].language]
    if document["type"] in ("place", "person", "organization"):
        return [ENGLISH]
    return sorted({shared_records.articles[span["article"]].language for span in document["evidence"]}) or [ENGLISH]


class SearchIndexWriter:
    """Writes the search index within a transaction. If `deferred`, `finish` indexes all terms at once."""

    def __init__(self, writer: Writer, release: int, *, deferred: bool = False) -> None:
        self._writer = writer
        self._release = release
        self._deferred = deferred

    def add(self, indexed_records: Sequence[tuple[IndexedRecord, int]]) -> None:
        """Adds records to the index, with the numbers of their documents."""
        is_sqlite = self._writer.is_sqlite
        # An FTS5 index is to be filled in the order of the row ids.
        rows = sorted(
            (entry_number(BY_TYPE[kind].code, day, document), terms if is_sqlite else vector(terms))
            for (kind, terms, day, _), document in indexed_records
        )
        self._writer.insert("search_entries", rows, self._release)
        if not is_sqlite:
            return
        if not self._deferred:
            self._writer.run_many(_ADD_TERMS, rows)
        for kind, table in BOXES.items():
            boxes = [
                (document, *box) for (box_kind, _, _, box), document in indexed_records if box and box_kind == kind
            ]
            self._writer.run_many(_ADD_BOX.format(table), boxes)

    def remove(self, kind: str, records: Iterable[tuple[int, str | None]]) -> None:
        """Deletes records of one type from the index, by the numbers of their documents and their first days."""
        entries = [(entry_number(BY_TYPE[kind].code, day, document), document) for document, day in records]
        mine = col(SearchEntry.number).in_([number for number, _ in entries])
        connection = self._writer.connection
        if self._writer.is_sqlite:
            old_entries = connection.execute(select(col(SearchEntry.number), col(SearchEntry.terms)).where(mine))
            self._writer.run_many(_DELETE_TERMS, sorted((number, terms) for number, terms in old_entries))
            if kind in BOXES:
                self._writer.run_many(_DELETE_BOX.format(BOXES[kind]), [(document,) for _, document in entries])
        connection.execute(delete(SearchEntry).where(mine))

    def reindex(self, resource: str, indexed_records: Sequence[tuple[IndexedRecord, int]]) -> None:
        """Updates the terms of records that have not changed themselves: a record that they name has a new name or
        alias."""
        # The day is the same as before, like the rest of the document.
        self.remove(RECORD_TYPES[resource].type, [(number, day) for (_, _, day, _), number in indexed_records])
        self.add(indexed_records)
        table = RECORD_TYPES[resource].table
        for record, number in indexed_records:
            statement = update(table).where(col(table.number) == number)
            self._writer.connection.execute(statement.values(terms_checksum=checksum(record)))

    def finish(self) -> None:
        """Indexes the terms of all records, if that was deferred."""
        if self._deferred and self._writer.is_sqlite:
            self._writer.run_many(_CONFIGURE, _BULK)
            self._writer.run_many(_REBUILD_TERMS, [()])
            self._writer.run_many(_CONFIGURE, _DEFAULTS)


def vector(terms: str) -> str:
    """Formats terms with their positions as a PostgreSQL tsvector; terms have letters and digits only."""
    return " ".join(f"'{term}':{position}" for position, term in enumerate(terms.split(" "), 1))
