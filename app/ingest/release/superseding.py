"""Keeps what a release supersedes: moves rows to the tables of the past before they are deleted or changed."""

from collections.abc import Sequence
from itertools import count

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    bindparam,
    column,
    delete,
    func,
    insert,
    literal,
    null,
    select,
    update,
)
from sqlmodel import col

from app.ingest.building.indexing import SearchIndexWriter
from app.queries.record_type import RecordType
from app.search.entry_numbers import entry_number
from app.storage.models import Evidence, SearchEntry, StoredDocument
from app.storage.past_tables import FIRST_PAST_NUMBER, PREFIX, PastSearchEntry
from app.storage.registry import METADATA

Stored = Sequence[tuple[str, int, str | None]]
"""Records of one type that are superseded: id, number and first day of each."""

_INDEX_TERMS = (
    "INSERT INTO past_search_index (rowid, terms) SELECT key, terms FROM past_search_entries WHERE key BETWEEN ? AND ?"
)


class Past:
    """The tables of the past, within the transaction of the load of a release."""

    def __init__(self, connection: Connection, release: int) -> None:
        self._connection = connection
        self._release = release
        last = connection.execute(select(func.max(col(StoredDocument.number)))).scalar() or 0
        self._numbers = count(max(last + 1, FIRST_PAST_NUMBER))
        self._keys = count((connection.execute(select(func.max(col(PastSearchEntry.key)))).scalar() or 0) + 1)

    def supersede(self, record_type: RecordType, ids: Sequence[str], index: SearchIndexWriter) -> list[int]:
        """Moves records with all rows that belong to them to the tables of the past; returns the numbers they had."""
        table, connection = record_type.table, self._connection
        chosen, day = col(table.id).in_(ids), record_type.day if record_type.day_sort else null()
        found = connection.execute(select(col(table.id), col(table.number), day).where(chosen)).all()
        stored = [(id_, number, first_day) for id_, number, first_day in found]
        moved = self._keep_records(record_type, stored)
        for owned, owner in record_type.children:
            connection.execute(delete(owned).where(getattr(owned, owner).in_(ids)))
        mine = (col(Evidence.record_type) == record_type.type) & col(Evidence.record_id).in_(ids)
        connection.execute(delete(Evidence).where(mine))
        connection.execute(delete(table).where(chosen))
        self._keep_documents(moved)
        index.remove(record_type.type, [(number, first_day) for _, number, first_day in stored])
        return list(moved)

    def _keep_records(self, record_type: RecordType, stored: Stored) -> dict[int, int]:
        """Copies records and all rows that belong to them; returns the new number of each by its old one, under which
        its document has to be kept (`_keep_documents`)."""
        if not stored:
            return {}
        ids = [id_ for id_, _, _ in stored]
        for owned, owner in record_type.children:
            self._copy(METADATA.tables[owned.__tablename__], column(owner).in_(ids))
        its_own = (column("record_type") == record_type.type) & column("record_id").in_(ids)
        self._copy(METADATA.tables[str(Evidence.__tablename__)], its_own)
        moved = {number: next(self._numbers) for _, number, _ in stored}
        self._copy_numbered(METADATA.tables[record_type.table.__tablename__], moved)
        entries = {number: day for _, number, day in stored}
        code = record_type.code
        self._keep_terms(
            {entry_number(code, entries[old], old): entry_number(code, entries[old], new) for old, new in moved.items()}
        )
        return moved

    def _keep_documents(self, moved: dict[int, int]) -> None:
        """Gives documents their numbers as those of superseded versions."""
        number = col(StoredDocument.number)
        statement = update(StoredDocument).where(number == bindparam("old")).values(number=bindparam("new"))
        if moved:
            self._connection.execute(statement, _pairs(moved))

    def keep_terms(self, record_type: RecordType, stored: Sequence[tuple[int, str | None]]) -> None:
        """Copies the search terms of records that do not change themselves, given by number and first day."""
        entries = (entry_number(record_type.code, day, number) for number, day in stored)
        self._keep_terms({number: number for number in entries})

    def keep_codebook(self) -> None:
        """Copies the codebook."""
        self._copy(METADATA.tables["codebook"], literal(1) == 1)

    def _copy(self, table: Table, rows: ColumnElement[bool]) -> None:
        past, names = METADATA.tables[PREFIX + table.name], [one.name for one in table.columns]
        chosen = select(*(table.c[name] for name in names), literal(self._release)).where(rows)
        self._connection.execute(insert(past).from_select([*names, "superseded_in"], chosen))

    def _copy_numbered(self, table: Table, moved: dict[int, int]) -> None:
        past, names = METADATA.tables[PREFIX + table.name], [one.name for one in table.columns if one.name != "number"]
        new = bindparam("new", type_=table.c.number.type).label("number")
        chosen = select(new, *(table.c[name] for name in names), literal(self._release))
        chosen = chosen.where(table.c.number == bindparam("old"))
        self._connection.execute(insert(past).from_select(["number", *names, "superseded_in"], chosen), _pairs(moved))

    def _keep_terms(self, moved: dict[int, int]) -> None:
        """Copies search entries; those of the past that led to the same record follow it to its new number."""
        renumbered = {old: new for old, new in moved.items() if old != new}
        if renumbered:
            number = col(PastSearchEntry.number)
            following = update(PastSearchEntry).where(number == bindparam("old")).values(number=bindparam("new"))
            self._connection.execute(following, _pairs(renumbered))
        entry, kind = SearchEntry, METADATA.tables["past_search_entries"].c.number.type
        chosen = select(
            bindparam("key", type_=kind),
            bindparam("new", type_=kind),
            col(entry.changed_in),
            literal(self._release),
            col(entry.terms),
        ).where(col(entry.number) == bindparam("old"))
        names = ["key", "number", "changed_in", "superseded_in", "terms"]
        rows = [{"key": next(self._keys), "old": old, "new": new} for old, new in sorted(moved.items())]
        self._connection.execute(insert(PastSearchEntry).from_select(names, chosen), rows)
        if self._connection.dialect.name == "sqlite":
            self._connection.exec_driver_sql(_INDEX_TERMS, (rows[0]["key"], rows[-1]["key"]))


def _pairs(moved: dict[int, int]) -> list[dict[str, int]]:
    return [{"old": old, "new": new} for old, new in moved.items()]
