"""Writes one release within a transaction: records with all their rows, the log, the search index and count blocks.

It knows neither seed files nor where records come from.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from types import MappingProxyType

from sqlalchemy import Connection, bindparam, func, insert, select, update
from sqlmodel import col

from app.counts.archives import MIN_RECORDS
from app.ingest.building.indexing import IndexedRecord, SearchIndexWriter
from app.ingest.building.pipeline import BuiltRecord, Progress
from app.ingest.bulk_inserts import Row, Writer
from app.ingest.plans import PlannedChange, logged
from app.ingest.release import codebook_changes
from app.ingest.release.selection import Selection
from app.ingest.release.superseding import Past
from app.model.codebook import Codebook
from app.model.digests import with_release
from app.records import COUNTED_TYPES, RECORD_TYPES
from app.storage import models
from app.storage.past_tables import FIRST_PAST_NUMBER


class ReleaseWriter:
    """Writes a release. The first record begins it; with `bulk` it is that of an empty database, whose indexes are
    made at the end."""

    def __init__(self, connection: Connection, number: int, note: str | None, *, bulk: bool = False) -> None:
        self._connection = connection
        self._number = number
        self._note = note
        self._bulk = bulk
        self._has_begun = False
        self._writer = Writer(connection)
        self._changed: dict[str, set[int]] = {}
        self.redacts = False
        """Whether it takes something out of earlier releases: blocks of these are then written anew."""

        self._numbers = count((connection.execute(_LAST_NUMBER).scalar() or 0) + 1)
        self._index = SearchIndexWriter(self._writer, number, deferred=bulk)
        self._past = Past(connection, number)

    def begin(self) -> None:
        """Inserts the release, to which everything that is written refers, if that has not been done."""
        if self._has_begun:
            return
        self._has_begun = True
        if self._bulk:
            self._writer.drop_indexes()
        redacted_in = self._connection.scalar(select(func.max(col(models.Release.redacted_in)))) or 0
        empty = {"digest": "", "counts": "{}", "languages": "[]", "loaded_at": ""}
        values = {"number": self._number, "note": self._note, "is_kept": True, "redacted_in": redacted_in}
        self._connection.execute(insert(models.Release), {**values, **empty})

    def codebook(self, codebook: Codebook, change: PlannedChange, changed_in: int | None = None) -> None:
        """Writes the codebook's record; `changed_in` is the release that changed it, by default this one."""
        self.begin()
        self._past.keep_codebook()
        codebook_changes.write(self._connection, codebook, change, changed_in or self._number)

    def write(
        self,
        resource: str,
        changes: Sequence[tuple[PlannedChange, BuiltRecord]],
        numbers: Mapping[str, int],
        selection: Selection | None = None,
        changed_in: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """Inserts records with all rows that belong to them. Those that had a number before keep it, because the blocks
        of others hold it. `changed_in` has the releases that changed records last, where it was not this one."""
        own: list[Row] = []
        documents: list[Row] = []
        owned: dict[str, list[Row]] = {}
        for change, record in changes:
            number = numbers.get(change.id) or next(self._numbers)
            release = changed_in.get(change.id, self._number)
            documents.append((number, record.id, with_release(record.body, change.version, release)))
            own.append((*record.columns, number, record.digest, change.version, release))
            for table, rows in record.owned.items():
                owned.setdefault(table, []).extend([(*row, release) for row in rows] if changed_in else rows)
        if not self._bulk:
            self._changed.setdefault(resource, set()).update(number for number, *_ in documents)
        self._writer.insert("documents", documents)
        self._writer.insert(RECORD_TYPES[resource].table.__tablename__, own)
        for table, rows in owned.items():
            chosen = rows if selection is None else selection.rows(table, rows)
            self._writer.insert(table, chosen, None if changed_in else self._number)
        self._index.add(
            [(record.indexed_record, number) for (_, record), (number, *_) in zip(changes, documents, strict=True)]
        )

    def delete(self, resource: str, ids: Sequence[str]) -> None:
        """Deletes records with all rows that belong to them, after copying them to the tables of the past."""
        self.begin()
        if not ids:
            return
        numbers = self._past.supersede(RECORD_TYPES[resource], ids, self._index)
        self._changed.setdefault(resource, set()).update(numbers)

    def reindex(self, resource: str, records: Sequence[tuple[IndexedRecord, int]]) -> None:
        """Updates the search terms of records that have not changed themselves."""
        self._past.keep_terms(RECORD_TYPES[resource], [(number, day) for (_, _, day, _), number in records])
        self._index.reindex(resource, records)

    def renew_seed_checksums(self, resource: str, checksums: Mapping[str, int | None]) -> None:
        """Notes the seed entries of records that are as they were."""
        table = RECORD_TYPES[resource].table
        statement = update(table).where(col(table.id) == bindparam("of")).values(seed_checksum=bindparam("checksum"))
        self._connection.execute(statement, [{"of": id_, "checksum": one} for id_, one in checksums.items()])

    def log(self, changes: Iterable[PlannedChange], names_by_id: Mapping[str, str] = MappingProxyType({})) -> None:
        """Logs changes, those of removed records with their last names."""
        rows = [(self._number, *logged(change, names_by_id.get(change.id))) for change in changes]
        self._writer.insert("changes", rows)

    def create_indexes(self, progress: Progress) -> None:
        """Makes the indexes of what was written in bulk."""
        self._writer.sort_in_threads()
        self._index.finish()
        self._writer.create_indexes(lambda done, total: progress("Indexing", done, total))

    def counts(self, records: int, release: str, previous: str | None) -> None:
        """Stores what records are counted by, where they are so many that this makes counting faster. `release` and
        `previous` are numbers and digests."""
        if records >= MIN_RECORDS:
            # Here, because importing NumPy takes longer than loading a short dossier.
            from app.counts.blocks import write_blocks

            changed = None if previous is None or self.redacts else self._changed
            write_blocks(self._connection, COUNTED_TYPES, release, previous, changed)


_LAST_NUMBER = select(func.max(col(models.StoredDocument.number))).where(
    col(models.StoredDocument.number) < FIRST_PAST_NUMBER
)
