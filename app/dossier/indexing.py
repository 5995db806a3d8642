"""Documents -> what a search finds them by: their words, and on SQLite the boxes around their points.

PostgreSQL indexes boxes as it indexes other columns; SQLite keeps them in R*Trees of their own.
"""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import delete, func, select
from sqlmodel import col

from app.documents import Data
from app.dossier.writing import Writer
from app.models import SearchEntry
from app.numbering import of_day
from app.terms import BETWEEN, terms, type_term
from app.texts import texts

BOXES = {"incident": "incident_boxes", "place": "place_boxes"}
"""The R*Tree of each type that has points."""

_ADD_TERMS = "INSERT INTO search_index (rowid, terms) VALUES (?, ?)"
# An FTS5 index over another table is told the terms that it is to forget.
_FORGET_TERMS = "INSERT INTO search_index (search_index, rowid, terms) VALUES ('delete', ?, ?)"
_REBUILD_TERMS = "INSERT INTO search_index (search_index) VALUES ('rebuild')"
_ADD_BOX = "INSERT INTO {} (number, west, east, south, north, id) VALUES (?, ?, ?, ?, ?, ?)"
_FORGET_BOX = "DELETE FROM {} WHERE number = ?"


class Finding(NamedTuple):
    """What a record is found by."""

    type: str
    id: str
    terms: str
    """Separated by spaces."""

    day: str | None
    box: tuple[float, float, float, float] | None
    """West, east, south, north."""


def finding(document: Data, columns: Mapping[str, Any]) -> Finding:
    """What a document, whose columns have its box, is found by."""
    found = [type_term(document["type"])]
    for one in texts(document):
        found += [BETWEEN, *terms(one)]
    box = None
    if columns.get("west") is not None:
        box = (columns["west"], columns["east"], columns["south"], columns["north"])
    return Finding(document["type"], document["id"], " ".join(found), columns.get("sort_date"), box)


class Index:
    """The index, as one transaction writes it. With `later` the words are indexed all at once by `finish`."""

    def __init__(self, writer: Writer, *, later: bool = False) -> None:
        self._writer = writer
        self._later = later
        self._next: dict[int, int] = {}

    def add(self, findings: Sequence[tuple[Finding, int]]) -> None:
        """Adds records that are not in the index, with the numbers of their documents."""
        # An FTS5 index wants to be told in the order of the numbers.
        numbered = sorted(((self._number(one), one, document) for one, document in findings), key=itemgetter(0))
        if not numbered:
            return
        is_sqlite = self._writer.is_sqlite
        rows = [
            (number, found.type, found.id, document, found.terms if is_sqlite else _vector(found.terms))
            for number, found, document in numbered
        ]
        self._writer.insert("search_entries", rows)
        if not is_sqlite:
            return
        if not self._later:
            self._writer.many(_ADD_TERMS, [(number, terms) for number, *_, terms in rows])
        for kind, table in BOXES.items():
            boxes = [(number, *one.box, one.id) for number, one, _ in numbered if one.box and one.type == kind]
            self._writer.many(_ADD_BOX.format(table), boxes)

    def remove(self, kind: str, ids: Sequence[str]) -> None:
        """Takes records of one type out of the index."""
        mine = (col(SearchEntry.type) == kind) & col(SearchEntry.id).in_(ids)
        connection = self._writer.connection
        if self._writer.is_sqlite:
            found = connection.execute(select(col(SearchEntry.number), col(SearchEntry.terms)).where(mine))
            entries = sorted((number, known) for number, known in found)
            self._writer.many(_FORGET_TERMS, entries)
            if kind in BOXES:
                self._writer.many(_FORGET_BOX.format(BOXES[kind]), [(number,) for number, _ in entries])
        connection.execute(delete(SearchEntry).where(mine))

    def finish(self) -> None:
        if self._later and self._writer.is_sqlite:
            self._writer.many(_REBUILD_TERMS, [()])

    def _number(self, found: Finding) -> int:
        """The next free number of the record's day."""
        first, last = of_day(found.type, found.day)
        if first not in self._next:
            number = col(SearchEntry.number)
            asked = select(func.max(number)).where(number.between(first, last))
            taken = self._writer.connection.execute(asked).scalar()
            self._next[first] = first if taken is None else taken + 1
        self._next[first] += 1
        return self._next[first] - 1


def _vector(found: str) -> str:
    """Terms with their positions, as PostgreSQL writes a tsvector; terms hold letters and digits only."""
    return " ".join(f"'{term}':{position}" for position, term in enumerate(found.split(" "), 1))
