"""Documents -> what a search finds them by: their words, and on SQLite the boxes around their points.

PostgreSQL indexes boxes as it indexes other columns; SQLite keeps them in R*Trees of their own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from zlib import crc32

from sqlalchemy import delete, select, update
from sqlmodel import col

from app.ingest.survey import Outline
from app.ingest.writing import Writer
from app.model.digests import Data
from app.search.entry_numbers import entry_number
from app.search.stems import ENGLISH
from app.search.terms import index_text
from app.search.texts import labels, named, texts
from app.storage.models import SearchEntry
from app.storage.registry import RECORD_TABLES, TYPES

BOXES = {"incident": "incident_boxes", "place": "place_boxes"}
"""The R*Tree of each type that has points."""

_ADD_TERMS = "INSERT INTO search_index (rowid, terms) VALUES (?, ?)"
# An FTS5 index over another table is told the terms that it is to forget.
_FORGET_TERMS = "INSERT INTO search_index (search_index, rowid, terms) VALUES ('delete', ?, ?)"
_REBUILD_TERMS = "INSERT INTO search_index (search_index) VALUES ('rebuild')"
# Bytes of terms that are sorted at a time; what is sorted in parts has to be merged.
_SORT_TERMS = "INSERT INTO search_index (search_index, rank) VALUES ('hashsize', ?)"
_SORTED = 16 * 2**20
_USUALLY_SORTED = 2**20
_ADD_BOX = "INSERT INTO {} (number, west, east, south, north) VALUES (?, ?, ?, ?, ?)"
_FORGET_BOX = "DELETE FROM {} WHERE number = ?"


Box = tuple[float, float, float, float]
"""West, east, south, north."""

Finding = tuple[str, str, str | None, Box | None]
"""What a record is found by: its type, its terms separated by spaces, its day and its box. A plain tuple, because a
million of them come from other processes."""


def finding(document: Data, columns: Mapping[str, Any], outline: Outline) -> Finding:
    """What a document, whose columns have its box, is found by."""
    its_texts = dict.fromkeys((*texts(document), *_names(document, outline)))
    terms = index_text(its_texts, labels(document), _languages(document, outline))
    box = None
    if columns.get("west") is not None:
        box = (columns["west"], columns["east"], columns["south"], columns["north"])
    return document["type"], terms, columns.get("sort_date"), box


def checksum(found: Finding) -> int:
    """What tells a load that a record's terms have changed though its document has not."""
    return crc32(found[1].encode())


def _names(document: Data, outline: Outline) -> Iterator[str]:
    """The names, other spellings included, of what a document names."""
    for resource, id_ in named(document):
        known = outline.of(resource)[id_]
        yield known[0]
        yield from known.aliases


def _languages(document: Data, outline: Outline) -> list[str]:
    """The languages of the articles that a document rests on."""
    if document["type"] == "article":
        return [outline.articles[document["id"]].language]
    if document["type"] in ("place", "person", "organization"):
        return [ENGLISH]
    return sorted({outline.articles[span["article"]].language for span in document["evidence"]}) or [ENGLISH]


class Index:
    """The index, as one transaction writes it. With `later` the words are indexed all at once by `finish`."""

    def __init__(self, writer: Writer, *, later: bool = False) -> None:
        self._writer = writer
        self._later = later

    def add(self, findings: Sequence[tuple[Finding, int]]) -> None:
        """Adds records that are not in the index, with the numbers of their documents."""
        is_sqlite = self._writer.is_sqlite
        # An FTS5 index wants to be told in the order of the numbers.
        rows = sorted(
            (entry_number(kind, day, document), found if is_sqlite else _vector(found))
            for (kind, found, day, _), document in findings
        )
        self._writer.insert("search_entries", rows)
        if not is_sqlite:
            return
        if not self._later:
            self._writer.many(_ADD_TERMS, rows)
        for kind, table in BOXES.items():
            boxes = [(document, *box) for (its_kind, _, _, box), document in findings if box and its_kind == kind]
            self._writer.many(_ADD_BOX.format(table), boxes)

    def remove(self, kind: str, records: Iterable[tuple[int, str | None]]) -> None:
        """Takes records of one type out of the index, by the numbers of their documents and their first days."""
        entries = [(entry_number(kind, day, document), document) for document, day in records]
        mine = col(SearchEntry.number).in_([number for number, _ in entries])
        connection = self._writer.connection
        if self._writer.is_sqlite:
            found = connection.execute(select(col(SearchEntry.number), col(SearchEntry.terms)).where(mine))
            self._writer.many(_FORGET_TERMS, sorted((number, known) for number, known in found))
            if kind in BOXES:
                self._writer.many(_FORGET_BOX.format(BOXES[kind]), [(document,) for _, document in entries])
        connection.execute(delete(SearchEntry).where(mine))

    def move(self, resource: str, findings: Sequence[tuple[Finding, int]]) -> None:
        """Changes what records are found by that have not changed themselves: something that they name has another
        name or one more spelling."""
        # The day is the same as before, like the rest of the document.
        self.remove(TYPES[resource], [(number, day) for (_, _, day, _), number in findings])
        self.add(findings)
        table = RECORD_TABLES[resource]
        for found, number in findings:
            its_own = update(table).where(col(table.number) == number)
            self._writer.connection.execute(its_own.values(terms_checksum=checksum(found)))

    def finish(self) -> None:
        if self._later and self._writer.is_sqlite:
            self._writer.many(_SORT_TERMS, [(_SORTED,)])
            self._writer.many(_REBUILD_TERMS, [()])
            self._writer.many(_SORT_TERMS, [(_USUALLY_SORTED,)])


def _vector(found: str) -> str:
    """Terms with their positions, as PostgreSQL writes a tsvector; terms hold letters and digits only."""
    return " ".join(f"'{term}':{position}" for position, term in enumerate(found.split(" "), 1))
