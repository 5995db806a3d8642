"""Loads a dossier as the next release: writes the difference to the database in one transaction, or nothing.

Records are written as they are built, inside the transaction, where no one else sees them; so a dossier of any size
needs neither memory nor a second copy on disk. The transaction is committed only when no part had a mistake and the
plan has been reported.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, delete, func, insert, literal, null, select, update
from sqlmodel import col

from app.ingest.indexing import IndexedRecord, SearchIndexWriter, checksum
from app.ingest.pipeline import BuiltRecord, Pipeline, Progress, build_rows, dossier, no_progress, scan
from app.ingest.plans import Plan, PlannedChange
from app.ingest.previous_records import missing_records, names, removals_of, reused_ids
from app.ingest.reading import DossierError
from app.ingest.rows import DATED
from app.ingest.selection import Selection
from app.ingest.verifying import ArticleFile, verify
from app.ingest.vocabulary import Vocabulary
from app.ingest.writing import Row, Writer, batches, columns
from app.model.codebook import ChangeOp
from app.model.digests import digest_of_lines, with_release
from app.model.documents import SHAPE
from app.records import BY_TYPE, RECORD_TYPES
from app.storage import models
from app.storage.database import Database

__all__ = ["Plan", "PlannedChange", "dossier", "load"]

BATCH_RECORDS = 500
"""Records of a resource that are looked up and written in one batch."""

BUFFERED_RECORDS = 500
"""Built records that are buffered before they are written."""

BULK_MIN_RECORDS = 10_000
"""Records from which on a first load creates the indexes at its end."""


def load(
    directory: Path,
    database: Database,
    *,
    note: str | None = None,
    dry_run: bool = False,
    report: Callable[[Plan], None] = lambda plan: None,
    progress: Progress = no_progress,
    processes: int | None = None,
    texts: Sequence[ArticleFile] = (),
    selection: Selection | None = None,
) -> Plan:
    """Loads a directory of seed files as the next release, if it changes anything. If `texts` of articles are given,
    everything that cites them is verified first.

    With a `selection` only some of the records are written, to a database that has none; all are checked.

    `report` is called with the plan before it takes effect. `processes` is the number of worker processes; None: some
    for a large dossier. Raises DossierError for mistakes in the files and DatabaseError if the database cannot be
    written; in both cases the old release is unchanged.
    """
    with scan(directory, progress, processes) as pipeline:
        verified = verify(pipeline, texts, progress) if texts else None
        bulk = not dry_run and sum(pipeline.counts.values()) >= BULK_MIN_RECORDS and _is_empty(database)
        with database.writer(unchecked=bulk, filling=bulk) as connection:
            loading = _Loading(pipeline, connection, note, selection, dry_run=dry_run, bulk=bulk, progress=progress)
            if verified is not None:
                loading.plan.verified = verified.summary()
                loading.errors += verified.errors
            loading.records()
            loading.removals()
            if loading.errors:
                raise DossierError(loading.errors)
            report(loading.plan)
            if not dry_run and not loading.plan.is_empty:
                loading.finish()
    return loading.plan


def _is_empty(database: Database) -> bool:
    with database.snapshot() as snapshot:
        return snapshot.release.number == 0


class _Loading:
    """One load, within the transaction of its connection."""

    def __init__(
        self,
        pipeline: Pipeline,
        connection: Connection,
        note: str | None,
        selection: Selection | None,
        *,
        dry_run: bool,
        bulk: bool,
        progress: Progress,
    ) -> None:
        self._pipeline = pipeline
        self._scratch_index = pipeline.context.scratch_index
        self._connection = connection
        self._note = note
        self._selection = selection
        self._dry_run = dry_run
        self._progress = progress
        self._writer = Writer(connection)
        self._index = SearchIndexWriter(self._writer, deferred=bulk)
        self._vocabulary = Vocabulary()
        self._has_begun = False
        self._bulk = bulk
        self.errors = list(pipeline.errors)
        last = connection.execute(_LAST).first()
        self._numbers = count((connection.execute(_LAST_NUMBER).scalar() or 0) + 1)
        counts = pipeline.counts if selection is None else selection.counts(pipeline.counts)
        self.plan = Plan(number=(last.number if last else 0) + 1, counts=counts)
        if last:
            self.plan.shape_changed = last.shape != SHAPE
            self.plan.previous = last.loaded_at

    def records(self) -> None:
        """Builds every record, and writes those that are new or have changed."""
        waiting: list[BuiltRecord] = []
        for built, errors in self._pipeline.map_parts(build_rows, "Rendering", self._progress):
            self.errors += errors
            chosen = [record for record in map(BuiltRecord._make, built) if self._is_selected(record)]
            waiting += chosen
            for kind, terms, _, _ in (record.indexed_record for record in chosen):
                self._vocabulary.add(kind, terms)
            if len(waiting) >= BUFFERED_RECORDS:
                self._records(waiting)
                waiting = []
        self._records(waiting)
        self.errors += self._pipeline.misdirected()

    def _is_selected(self, record: BuiltRecord) -> bool:
        return self._selection is None or self._selection.has(record.resource, record.id)

    def _records(self, built: list[BuiltRecord]) -> None:
        by_resource: dict[str, list[BuiltRecord]] = {}
        for record in built:
            by_resource.setdefault(record.resource, []).append(record)
        for resource, some in by_resource.items():
            for batch in batches(some, BATCH_RECORDS):
                self._batch(resource, batch)

    def _batch(self, resource: str, batch: Sequence[BuiltRecord]) -> None:
        ids = [record.id for record in batch]
        stored = self._known(resource, ids)
        new = [record for record in batch if record.id not in stored] if self.plan.number > 1 else []
        last_removals = removals_of(self._connection, resource, [record.id for record in new])
        self.errors += reused_ids(self._connection, resource, new, last_removals, self._scratch_index)
        changes: list[tuple[PlannedChange, BuiltRecord]] = []
        reindexed: list[tuple[IndexedRecord, int]] = []
        for record in batch:
            before = stored.get(record.id)
            if before is None:
                version = last_removals[record.id].version + 1 if record.id in last_removals else 1
                changes.append((PlannedChange(ChangeOp.ADD, resource, record.id, version), record))
            elif before.digest != record.digest or _days(record) != tuple(before[5:]) or self.plan.shape_changed:
                changes.append((PlannedChange(ChangeOp.MOD, resource, record.id, before.version + 1), record))
            elif before.terms_checksum != checksum(record.indexed_record):
                reindexed.append((record.indexed_record, before.number))
        self.plan.add(resource, [change for change, _ in changes])
        if self._writes and changes:
            self._delete_rows(resource, [change.id for change, _ in changes if change.op is ChangeOp.MOD])
            self._write(resource, changes)
        if self._writes and reindexed:
            self._index.reindex(resource, reindexed)

    @property
    def _writes(self) -> bool:
        """Whether changes are written: not in a dry run or after an error."""
        return not self._dry_run and not self.errors

    def _known(self, resource: str, ids: list[str]) -> dict[str, Any]:
        """Returns the stored values that records are compared by: digest, version, number, checksum of their terms and,
        for dated resources, their days."""
        if self.plan.number == 1 or not ids:
            return {}
        table = RECORD_TYPES[resource].table
        compared = ["id", *_COMPARED_COLUMNS, *(_DAY_COLUMNS if resource in DATED else ())]
        query = select(*(col(getattr(table, name)) for name in compared)).where(col(table.id).in_(ids))
        return {row.id: row for row in self._connection.execute(query)}

    def removals(self) -> None:
        """Removes the records that have tombstones. A record that is only missing from the files is an error."""
        for resource in RECORD_TYPES:
            for batch in _batched(self._scratch_index.removals(resource)):
                self._remove_withdrawn(resource, batch)
        if self.plan.number > 1:
            for resource in RECORD_TYPES:
                file = "incidents" if resource == "casualties" else resource
                if file not in self._pipeline.context.unreadable:
                    self._report_missing(resource)

    def _remove_withdrawn(self, resource: str, batch: list[tuple[str, str, str | None]]) -> None:
        ids = [id_ for id_, _, _ in batch]
        stored = self._known(resource, ids)
        last_removals = removals_of(self._connection, resource, [id_ for id_ in ids if id_ not in stored])
        changes: list[PlannedChange] = []
        for id_, reason, successor in batch:
            before = stored.get(id_) or last_removals.get(id_)
            if id_ in stored or before is None or (before.reason, before.superseded_by) != (reason, successor):
                version = before.version + 1 if before else 1
                changes.append(PlannedChange(ChangeOp.DEL, resource, id_, version, reason, successor))
        self._remove(resource, changes)

    def _report_missing(self, resource: str) -> None:
        """Reports records that are in the database, but not in the files. A claim is removed with its incident."""
        table, after = RECORD_TYPES[resource].table, ""
        wanted = [col(table.id), col(table.version)]
        if resource == "casualties":
            wanted.append(col(models.Casualty.incident_id))
        while True:
            query = select(*wanted).where(col(table.id) > after).order_by(col(table.id)).limit(BATCH_RECORDS)
            rows = self._connection.execute(query).all()
            if not rows:
                return
            after = rows[-1].id
            there = self._scratch_index.records(resource, [row.id for row in rows])
            left = [row for row in rows if row.id not in there]
            withdrawn = self._scratch_index.removal(resource, [row.id for row in left])
            left = [row for row in left if row.id not in withdrawn]
            reasons = {}
            if resource == "casualties":
                reasons = self._scratch_index.removal("incidents", [row.incident_id for row in left])
            with_incident = [row for row in left if getattr(row, "incident_id", None) in reasons]
            lost = [row.id for row in left if row not in with_incident]
            self.errors += missing_records(
                self._connection, self._scratch_index, self._pipeline.directory, resource, lost
            )
            self._remove(
                resource,
                [
                    PlannedChange(ChangeOp.DEL, resource, row.id, row.version + 1, reasons[row.incident_id])
                    for row in with_incident
                ],
            )

    def _remove(self, resource: str, changes: list[PlannedChange]) -> None:
        self.plan.add(resource, changes)
        if self._writes and changes:
            ids = [change.id for change in changes]
            names_by_id = names(self._connection, resource, ids)
            self._delete_rows(resource, ids)
            self._log(changes, names_by_id)

    def _begin(self) -> None:
        """Inserts the release, to which everything that is written refers."""
        self._has_begun = True
        if self._bulk:
            self._writer.drop_indexes()
        empty = {"digest": "", "counts": "{}", "languages": "[]", "loaded_at": ""}
        values = {"number": self.plan.number, "note": self._note, "shape": SHAPE}
        self._connection.execute(insert(models.Release), {**values, **empty})

    def finish(self) -> None:
        """Completes a release that changes something."""
        if self._bulk:
            self._progress("Indexing", 0, None)
            # Stopping the workers frees memory for sorting.
            self._pipeline.close()
            self._writer.grow_cache()
            self._index.finish()
            self._writer.create_indexes(lambda done, total: self._progress("Indexing", done, total))
        self._progress("Finishing", 0, 1)
        languages = {article.language for article in self._pipeline.context.shared_records.articles.values()}
        self._vocabulary.write(self._connection, self.plan.number)
        self._connection.execute(
            update(models.Release)
            .where(col(models.Release.number) == self.plan.number)
            .values(
                digest=digest_of_lines(self._lines()),
                counts=json.dumps(self.plan.counts),
                languages=json.dumps(sorted(languages)),
                loaded_at=_loaded_at(self.plan.previous),
                verified=self.plan.verified and json.dumps(self.plan.verified),
            )
        )
        self._progress("Finishing", 1, 1)

    def _lines(self) -> Iterator[str]:
        """Yields the lines that the digest of a release is computed from, in order: `type/id digest`."""
        for kind, record_type in sorted(BY_TYPE.items()):
            table = record_type.table
            line = literal(f"{kind}/") + col(table.id) + " " + col(table.digest)
            query = select(line).order_by(col(table.id))
            yield from self._connection.scalars(query, execution_options={"yield_per": BATCH_RECORDS})

    def _log(self, changes: Iterable[PlannedChange], names_by_id: Mapping[str, str] = MappingProxyType({})) -> None:
        self._writer.insert(
            "changes",
            [
                (
                    self.plan.number,
                    RECORD_TYPES[change.resource].type,
                    change.id,
                    change.op.value,
                    change.version,
                    change.reason,
                    change.successor,
                    names_by_id.get(change.id),
                )
                for change in changes
            ],
        )

    def _delete_rows(self, resource: str, ids: list[str]) -> None:
        """Deletes records with all rows that belong to them."""
        if not self._has_begun:
            self._begin()
        if not ids:
            return
        record_type, evidence = RECORD_TYPES[resource], models.Evidence
        table = record_type.table
        for owned, owner in record_type.children:
            self._connection.execute(delete(owned).where(getattr(owned, owner).in_(ids)))
        mine = (col(evidence.record_type) == record_type.type) & col(evidence.record_id).in_(ids)
        self._connection.execute(delete(evidence).where(mine))
        chosen, day = col(table.id).in_(ids), record_type.day if record_type.day_sort else null()
        numbers = self._connection.execute(select(col(table.number), day).where(chosen)).all()
        documents = col(models.StoredDocument.number).in_([number for number, _ in numbers])
        self._connection.execute(delete(table).where(chosen))
        self._connection.execute(delete(models.StoredDocument).where(documents))
        self._index.remove(record_type.type, [(number, day) for number, day in numbers])

    def _write(self, resource: str, changes: list[tuple[PlannedChange, BuiltRecord]]) -> None:
        """Inserts records with all rows that belong to them."""
        release = self.plan.number
        own: list[Row] = []
        documents: list[Row] = []
        owned: dict[str, list[Row]] = {}
        for change, record in changes:
            number = next(self._numbers)
            documents.append((number, record.id, with_release(record.body, change.version, release)))
            own.append((*record.columns, number, record.digest, change.version, release))
            for table, rows in record.owned.items():
                owned.setdefault(table, []).extend(rows)
        self._writer.insert("documents", documents)
        self._writer.insert(RECORD_TYPES[resource].table.__tablename__, own)
        for table, rows in owned.items():
            self._writer.insert(table, rows if self._selection is None else self._selection.rows(table, rows))
        self._index.add(
            [(record.indexed_record, number) for (_, record), (number, *_) in zip(changes, documents, strict=True)]
        )
        self._log(change for change, _ in changes)


_LAST = (
    select(col(models.Release.number), col(models.Release.shape), col(models.Release.loaded_at))
    .order_by(col(models.Release.number).desc())
    .limit(1)
)


_LAST_NUMBER = select(func.max(col(models.StoredDocument.number)))


_COMPARED_COLUMNS = ("digest", "version", "number", "terms_checksum")
_DAY_COLUMNS = ("earliest", "latest")


def _days(record: BuiltRecord) -> tuple[Any, ...]:
    """Returns the effective days of a record's date, which are not all in its document."""
    if record.resource not in DATED:
        return ()
    names = columns(RECORD_TYPES[record.resource].table.__tablename__)
    return tuple(record.columns[names.index(name)] for name in _DAY_COLUMNS)


def _loaded_at(previous: str | None) -> str:
    """Returns the time now, in UTC. It is unique to a release, because `Last-Modified` distinguishes releases by it."""
    now = datetime.now(UTC).replace(microsecond=0)
    if previous is not None:
        now = max(now, datetime.fromisoformat(previous) + timedelta(seconds=1))
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


def _batched(items: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH_RECORDS)):
        yield batch
