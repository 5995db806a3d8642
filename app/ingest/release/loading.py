"""Loads a dossier as the next release: writes the difference to the database in one transaction, or nothing.

Records are written as they are built, inside the transaction, where no one else sees them; so a dossier of any size
needs neither memory nor a second copy on disk. The transaction is committed only when no part had a mistake and the
plan has been reported.
"""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from app.ingest.building.causes import first_cause, settle
from app.ingest.building.indexing import IndexedRecord, checksum
from app.ingest.building.pipeline import BuiltRecord, Pipeline, Progress, build_rows, dossier, no_progress, scan
from app.ingest.bulk_inserts import batches
from app.ingest.plans import Plan, PlannedChange
from app.ingest.redaction.damage import assert_past_is_whole
from app.ingest.redaction.erasing import erase
from app.ingest.redaction.release import ReleaseRedaction
from app.ingest.redaction.requests import Requests
from app.ingest.redaction.seed_lines import lines_with
from app.ingest.release import codebook_changes
from app.ingest.release.article_scope import ArticleScope
from app.ingest.release.changed_fields import changed_fields
from app.ingest.release.corrected_records import last_corrected, new_corrections, warnings
from app.ingest.release.previous_records import missing_records, names, removals_of, reused_ids, stored_rows
from app.ingest.release.release_row import complete
from app.ingest.release.release_writing import ReleaseWriter
from app.ingest.release.selection import Selection
from app.ingest.release.verifying import ArticleFile, verify
from app.ingest.release.vocabulary import Vocabulary
from app.ingest.seed.reading import DossierError
from app.model.codebook import ChangeCause, ChangeOp
from app.records import RECORD_TYPES
from app.storage import models
from app.storage.database import Database, DatabaseError

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
    only: str | None = None,
    prune: str | None = None,
    diff: bool = False,
    strict: bool = False,
) -> Plan:
    """Loads a directory of seed files as the next release, if it changes anything. If `texts` of articles are given,
    everything that cites them is verified first.

    With a `selection` only some of the records are written, to a database that has none; all are checked. `only` is the
    id of the article whose records are written alone. `prune` is the reason for which records that the files lack are
    removed; without it they are mistakes. With `diff` the plan has all changed fields. With `strict` its warnings are
    mistakes.

    `report` is called with the plan before it takes effect. `processes` is the number of worker processes; None: some
    for a large dossier. Raises DossierError for mistakes in the files and DatabaseError if the database cannot be
    written; in both cases the old release is unchanged.
    """
    with scan(directory, progress, processes) as pipeline:
        verified = verify(pipeline, texts, progress) if texts else None
        is_large = sum(pipeline.counts.values()) >= BULK_MIN_RECORDS
        bulk = is_large and not dry_run and not database.newest_written().number
        with database.writer(unchecked=bulk, filling=bulk) as connection:
            loading = _Loading(pipeline, connection, note, selection, dry_run=dry_run, bulk=bulk, progress=progress)
            loading.scope = ArticleScope(only, pipeline, connection) if only else None
            loading.redactions = Requests(pipeline.context, connection, is_partial=only is not None)
            loading.errors += loading.redactions.errors
            if loading.redactions.pending:
                assert_past_is_whole(connection)
            loading.prune = prune
            loading.plan.changed_fields = {} if diff else None
            if verified is not None:
                loading.plan.verified = verified.summary()
                loading.errors += verified.errors
            loading.codebook()
            loading.records()
            loading.removals()
            if loading.scope is not None:
                loading.errors += loading.scope.dangling()
                loading.plan.counts = loading.scope.counts(loading.plan.tally)
            redaction = loading.redact()
            if strict:
                loading.errors += loading.plan.warnings
            if loading.errors:
                raise DossierError(loading.errors)
            report(loading.plan)
            if not dry_run and not loading.plan.is_empty:
                loading.finish()
            elif not dry_run:
                loading.counts(loading.previous or "")
            else:
                _take_back(connection)
    if not dry_run:
        erase(database, redaction)
    return loading.plan


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
        self._selection = selection
        self._dry_run = dry_run
        self._progress = progress
        self._vocabulary = Vocabulary()
        self._codebook = pipeline.context.codebook
        self._bulk = bulk
        self.errors = list(pipeline.errors)
        self.scope: ArticleScope | None = None
        self.prune: str | None = None
        self.redactions: Requests
        self._corrections: dict[tuple[str, str], str] = {}
        last = connection.execute(_LAST).first()
        counts = pipeline.counts if selection is None else selection.counts(pipeline.counts)
        self.plan = Plan(number=(last.number if last else 0) + 1, counts=counts)
        self.previous = None if last is None else f"{last.number} {last.digest}"
        self._release = ReleaseWriter(connection, self.plan.number, note, bulk=bulk)
        if last:
            self.plan.previous = last.loaded_at
            if last.origin is not None:
                raise DatabaseError(f"This database is a mirror of {last.origin}: load there, or into another one.")
            pipeline.context.corrected = last_corrected(connection)

    def codebook(self) -> None:
        """Writes the codebook, one record, if it is new or has changed."""
        if self.scope is not None:
            self._codebook = self.scope.codebook()
        codebook, stored = self._codebook, codebook_changes.stored_codebook(self._connection)
        self._meanings = codebook_changes.ChangedMeanings(stored, codebook, self._pipeline.directory)
        if (change := codebook_changes.planned(stored, codebook)) is not None:
            self.plan.add(change.resource, [change])
            if self._writes:
                self._release.codebook(codebook, change)
                self._release.log([change])

    def records(self) -> None:
        """Builds every record, and writes those that are new or have changed."""
        waiting: list[BuiltRecord] = []
        for built, errors in self._pipeline.map_parts(build_rows, "Rendering", self._progress):
            self.errors += errors
            chosen = [BuiltRecord._make(record) for record in built]
            self._meanings.look(chosen)
            if (selection := self._selection) is not None:
                chosen = [record for record in chosen if selection.has(record.resource, record.id)]
            chosen = chosen if self.scope is None else self.scope.records(chosen, self.errors)
            waiting += chosen
            self._corrections |= {(one.resource, one.id): one.correction.text for one in chosen if one.correction}
            self._vocabulary.add(record.indexed_record[:2] for record in chosen)
            if len(waiting) >= BUFFERED_RECORDS:
                self._records(waiting)
                waiting = []
        self._records(waiting)
        self.errors += [*self._pipeline.misdirected(), *self._meanings.errors()]

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
        corrections = new_corrections(self._connection, resource, batch)
        changes: list[tuple[PlannedChange, BuiltRecord]] = []
        reindexed: list[tuple[IndexedRecord, int]] = []
        renewed: dict[str, int | None] = {}
        redacted: list[PlannedChange] = []  # in earlier releases alone
        for record in batch:
            before, correction = stored.get(record.id), corrections.get(record.id)
            if before is None:
                op, version = ChangeOp.ADD, last_removals[record.id].version + 1 if record.id in last_removals else 1
                cause: ChangeCause | None = ChangeCause.EDITED
            elif correction or (before.digest, before.rows_checksum) != (record.digest, record.rows_checksum):
                op, version, cause = ChangeOp.MOD, before.version + 1, first_cause(before, record)
            else:
                if (resource, record.id) in self.redactions.pending:
                    redacted.append(PlannedChange(ChangeOp.MOD, resource, record.id, before.version))
                if before.terms_checksum != checksum(record.indexed_record):
                    reindexed.append((record.indexed_record, before.number))
                if before.seed_checksum != record.seed_checksum:
                    renewed[record.id] = record.seed_checksum
                continue
            change = PlannedChange(op, resource, record.id, version, cause=cause, correction=correction)
            changes.append((change, record))
        changes = [(self.redactions.marked(change), record) for change, record in changes]
        redacted = [self.redactions.marked(change) for change in redacted]
        self.plan.add(resource, [*(change for change, _ in changes), *redacted])
        untold = [(change, record) for change, record in changes if not change.redacted]
        self.plan.warnings += warnings(self._connection, resource, untold, stored, self._scratch_index)
        if self.plan.changed_fields is not None:
            self.plan.changed_fields.update(changed_fields(self._connection, resource, changes))
        if self._writes and changes:
            self._release.delete(resource, [change.id for change, _ in changes if change.op is ChangeOp.MOD])
            numbers = {id_: row.number for id_, row in stored.items()}
            self._release.write(resource, changes, numbers, self._selection)
            self._release.log(change for change, _ in changes)
        if self._writes and reindexed:
            self._release.reindex(resource, reindexed)
        if self._writes and renewed:
            self._release.renew_seed_checksums(resource, renewed)
        if self._writes and redacted:
            self._release.begin()
            self._release.log(redacted)

    @property
    def _writes(self) -> bool:
        """Whether changes are written: not after an error, and in a dry run only where something is redacted, to find
        out what repeats it; that is taken back."""
        return (not self._dry_run or bool(self.redactions.pending)) and not self.errors

    def _known(self, resource: str, ids: list[str]) -> dict[str, Any]:
        """Returns the stored values that records are compared by."""
        if self.plan.number == 1 or not ids:
            return {}
        table = RECORD_TYPES[resource].table
        compared = ["id", *_COMPARED_COLUMNS]
        query = select(*(col(getattr(table, name)) for name in compared)).where(col(table.id).in_(ids))
        return {row.id: row for row in self._connection.execute(query)}

    def removals(self) -> None:
        """Removes the records that have tombstones. A record that is only missing from the files is an error."""
        self._remove_withdrawn("casualties", list(self.redactions.claims))
        for resource in RECORD_TYPES:
            for batch in batches(self._scratch_index.removals(resource, self._parts), BATCH_RECORDS):
                self._remove_withdrawn(resource, batch)
        if self.plan.number > 1:
            for resource in RECORD_TYPES:
                file = "incidents" if resource == "casualties" else resource
                if file not in self._pipeline.context.unreadable:
                    self._report_missing(resource)

    def _remove_withdrawn(self, resource: str, batch: list[tuple[str, str, str | None]]) -> None:
        batch = [one for one in batch if (resource, one[0]) not in self.redactions.replaced]
        ids = [id_ for id_, _, _ in batch]
        stored = self._known(resource, ids)
        last_removals = removals_of(self._connection, resource, [id_ for id_ in ids if id_ not in stored])
        changes: list[PlannedChange] = []
        for id_, reason, successor in batch:
            before = stored.get(id_) or last_removals.get(id_)
            said = None if id_ in stored or before is None else (before.reason, before.superseded_by)
            if said != (reason, successor) or (resource, id_) in self.redactions.pending:
                version = before.version + 1 if before else 1
                changes.append(PlannedChange(ChangeOp.DEL, resource, id_, version, reason, successor))
        self._remove(resource, changes)

    @property
    def _parts(self) -> Collection[int] | None:
        """The parts of the files whose removals count; None: all."""
        return None if self.scope is None else self.scope.parts

    def _report_missing(self, resource: str) -> None:
        """Reports records that are in the database, but not in the files, or removes them for the reason given. A claim
        is removed with its incident."""
        index = self._scratch_index
        for rows in stored_rows(self._connection, resource, BATCH_RECORDS):
            there = index.records(resource, [row.id for row in rows])
            left = [row for row in rows if row.id not in there]
            withdrawn = index.removal(resource, [row.id for row in left], self._parts)
            left = [row for row in left if row.id not in withdrawn]
            reasons = {}
            if resource == "casualties":
                reasons = index.removal("incidents", [row.incident_id for row in left], self._parts)
            with_incidents = [row for row in left if getattr(row, "incident_id", None) in reasons]
            removed = [
                PlannedChange(
                    ChangeOp.DEL,
                    resource,
                    row.id,
                    row.version + 1,
                    reasons[row.incident_id],
                    cause=ChangeCause.LINKED,
                    because=f"incident/{row.incident_id}",
                )
                for row in with_incidents
            ]
            gone = {change.id for change in removed}
            lost = [row for row in left if row.id not in gone]
            if self.scope is not None:
                own = self.scope.own_ids(resource, [row.id for row in lost])
                lost = [row for row in lost if row.id in own]
            if self.prune is None:
                ids = [row.id for row in lost]
                self.errors += missing_records(self._connection, index, self._pipeline.directory, resource, ids)
            else:
                removed += [PlannedChange(ChangeOp.DEL, resource, row.id, row.version + 1, self.prune) for row in lost]
            self._remove(resource, removed)

    def _remove(self, resource: str, changes: list[PlannedChange]) -> None:
        changes = [self.redactions.marked(change) for change in changes]
        self.plan.add(resource, changes)
        if self._writes and changes:
            ids = [change.id for change in changes]
            kept = [change.id for change in changes if not change.redacted]
            names_by_id = names(self._connection, resource, kept)
            self._release.delete(resource, ids)
            self._release.log(changes, names_by_id)

    def redact(self) -> ReleaseRedaction | None:
        """Takes what the files ask for out of earlier releases, once all of this one is written."""
        asked = self.redactions.pending.values()
        if not asked or not self._writes or self.plan.is_empty:
            return None
        self._release.begin()
        settle(self._connection, self.plan.number)  # before the documents that it compares are changed
        texts = self._scratch_index, self._corrections
        redaction = ReleaseRedaction(self._connection, self.plan.number, asked, *texts)
        self.errors += redaction.run()
        self._release.redacts = True
        self.plan.opaque_ids = {(one.resource, one.old): one.new for one in redaction.opaque_ids}
        self.plan.repeated = list(lines_with(self._pipeline.directory, redaction.forgotten))
        return redaction

    def finish(self) -> None:
        """Completes a release that changes something."""
        if self._bulk:
            self._progress("Indexing", 0, None)
            # Stopping the workers frees memory for sorting.
            self._pipeline.close()
            self._release.create_indexes(self._progress)
        self._progress("Finishing", 0, 1)
        languages = {article.language for article in self._pipeline.context.shared_records.articles.values()}
        if self.scope is not None:
            languages |= self.scope.languages()
            self._vocabulary.add_known(self.scope.known_words())
        self._vocabulary.write(self._connection, self.plan.number)
        if self.plan.number > 1:
            settle(self._connection, self.plan.number)
        digest = complete(self._connection, self.plan, languages, self._codebook.digest)
        self.counts(f"{self.plan.number} {digest}")
        self._progress("Finishing", 1, 1)

    def counts(self, release: str) -> None:
        """Stores what records are counted by."""
        self._release.counts(sum(self.plan.counts.values()), release, self.previous)


def _take_back(connection: Connection) -> None:
    """Takes back all that a writer's transaction has done."""
    if (transaction := connection.get_transaction()) is not None:
        transaction.rollback()


_LAST = (
    select(*(col(getattr(models.Release, name)) for name in ("number", "loaded_at", "digest", "origin")))
    .order_by(col(models.Release.number).desc())
    .limit(1)
)


_COMPARED_COLUMNS = ("digest", "version", "number", "rows_checksum", "terms_checksum", "seed_checksum")
