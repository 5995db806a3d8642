"""Dossier -> release: the difference to the database, all of it in one transaction or nothing at all.

Records are written as they are made, within the transaction, where nobody else sees them; so a dossier of any size
needs neither memory nor a second copy on disk. The transaction ends only when every part was without a mistake and the
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

from app.ingest.earlier import missing, names, removed, reused
from app.ingest.examining import Made, Progress, Survey, dossier, make, silent, survey
from app.ingest.indexing import Finding, Index, checksum
from app.ingest.plans import Plan, Planned
from app.ingest.reading import DossierError
from app.ingest.rows import DATED
from app.ingest.verifying import ArticleFile, verify
from app.ingest.vocabulary import Vocabulary
from app.ingest.writing import Row, Writer, batches, columns
from app.model.codebook import ChangeOp
from app.model.digests import digest_of_lines, with_release
from app.model.documents import SHAPE
from app.storage import models
from app.storage.database import Database
from app.storage.registry import CHILD_TABLES, RECORD_TABLES, TYPES

__all__ = ["Plan", "Planned", "dossier", "load"]

BATCH = 500
"""So many records of a resource are looked up and written at a time."""

WAITING = 500
"""When so many records have been made, they are written."""

MANY = 10_000
"""From so many records on, a first load leaves the indexes for its end."""


def load(
    directory: Path,
    database: Database,
    *,
    note: str | None = None,
    dry_run: bool = False,
    report: Callable[[Plan], None] = lambda plan: None,
    progress: Progress = silent,
    processes: int | None = None,
    texts: Sequence[ArticleFile] = (),
) -> Plan:
    """Loads a directory of seed files as the next release, if it changes anything. With `texts` of articles, all that
    rests on these is verified first.

    `report` sees the plan before it takes effect. Raises DossierError for mistakes in the files and DatabaseError when
    the database cannot be written; in both cases the old release stays as it was. `processes` help, where there is
    much to do as many as there are processors for.
    """
    with survey(directory, progress, processes) as found:
        verified = verify(found, texts, progress) if texts else None
        bulk = not dry_run and sum(found.counts.values()) >= MANY and _is_empty(database)
        with database.writer(unchecked=bulk, filling=bulk) as connection:
            loading = _Loading(found, connection, note, dry_run=dry_run, bulk=bulk, progress=progress)
            if verified is not None:
                loading.plan.verified = verified.summary()
                loading.faults += verified.faults
            loading.records()
            loading.removals()
            if loading.faults:
                raise DossierError(loading.faults)
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
        found: Survey,
        connection: Connection,
        note: str | None,
        *,
        dry_run: bool,
        bulk: bool,
        progress: Progress,
    ) -> None:
        self._found = found
        self._ledger = found.surveyed.ledger
        self._connection = connection
        self._note = note
        self._dry_run = dry_run
        self._progress = progress
        self._writer = Writer(connection)
        self._index = Index(self._writer, later=bulk)
        self._vocabulary = Vocabulary()
        self._has_begun = False
        self._bulk = bulk
        self.faults = list(found.faults)
        last = connection.execute(_LAST).first()
        self._numbers = count((connection.execute(_LAST_NUMBER).scalar() or 0) + 1)
        self.plan = Plan(number=(last.number if last else 0) + 1, counts=found.counts)
        if last:
            self.plan.shape_changed = last.shape != SHAPE
            self.plan.previous = last.loaded_at

    def records(self) -> None:
        """Makes every record, and writes what is new or has changed."""
        waiting: list[Made] = []
        for made, faults in self._found.each(make, "Rendering", self._progress):
            self.faults += faults
            waiting += map(Made._make, made)
            for kind, terms, _, _ in (one[-1] for one in made):
                self._vocabulary.add(kind, terms)
            if len(waiting) >= WAITING:
                self._records(waiting)
                waiting = []
        self._records(waiting)
        self.faults += self._found.astray()

    def _records(self, made: list[Made]) -> None:
        by_resource: dict[str, list[Made]] = {}
        for one in made:
            by_resource.setdefault(one.resource, []).append(one)
        for resource, some in by_resource.items():
            for batch in batches(some, BATCH):
                self._batch(resource, batch)

    def _batch(self, resource: str, batch: Sequence[Made]) -> None:
        ids = [made.id for made in batch]
        known = self._known(resource, ids)
        new = [made for made in batch if made.id not in known] if self.plan.number > 1 else []
        gone = removed(self._connection, resource, [made.id for made in new])
        self.faults += reused(self._connection, resource, new, gone, self._ledger)
        changes: list[tuple[Planned, Made]] = []
        moved: list[tuple[Finding, int]] = []
        for made in batch:
            before = known.get(made.id)
            if before is None:
                version = gone[made.id].version + 1 if made.id in gone else 1
                changes.append((Planned(ChangeOp.ADD, resource, made.id, version), made))
            elif before.digest != made.digest or _days(made) != tuple(before[5:]) or self.plan.shape_changed:
                changes.append((Planned(ChangeOp.MOD, resource, made.id, before.version + 1), made))
            elif before.terms_checksum != checksum(made.finding):
                moved.append((made.finding, before.number))
        self.plan.add(resource, [change for change, _ in changes])
        if self._writes and changes:
            self._clear(resource, [change.id for change, _ in changes if change.op is ChangeOp.MOD])
            self._write(resource, changes)
        if self._writes and moved:
            self._index.move(resource, moved)

    @property
    def _writes(self) -> bool:
        """Whether what is found is written too: not where nothing will come of it."""
        return not self._dry_run and not self.faults

    def _known(self, resource: str, ids: list[str]) -> dict[str, Any]:
        """What records that are in the database are compared by: digest, version, number, the checksum of their terms
        and, where they may have any, their days."""
        if self.plan.number == 1 or not ids:
            return {}
        table = RECORD_TABLES[resource]
        compared = ["id", *_COMPARED, *(_DAYS if resource in DATED else ())]
        asked = select(*(col(getattr(table, name)) for name in compared)).where(col(table.id).in_(ids))
        return {row.id: row for row in self._connection.execute(asked)}

    def removals(self) -> None:
        """Takes out what the files withdraw. A record that is simply missing from them is a mistake, not a removal."""
        for resource in RECORD_TABLES:
            for batch in _some(self._ledger.removals(resource)):
                self._withdrawn(resource, batch)
        if self.plan.number > 1:
            for resource in RECORD_TABLES:
                file = "incidents" if resource == "casualties" else resource
                if file not in self._found.surveyed.unread:
                    self._vanished(resource)

    def _withdrawn(self, resource: str, batch: list[tuple[str, str, str | None]]) -> None:
        ids = [id_ for id_, _, _ in batch]
        known = self._known(resource, ids)
        gone = removed(self._connection, resource, [id_ for id_ in ids if id_ not in known])
        changes: list[Planned] = []
        for id_, reason, successor in batch:
            before = known.get(id_) or gone.get(id_)
            if id_ in known or before is None or (before.reason, before.superseded_by) != (reason, successor):
                version = before.version + 1 if before else 1
                changes.append(Planned(ChangeOp.DEL, resource, id_, version, reason, successor))
        self._remove(resource, changes)

    def _vanished(self, resource: str) -> None:
        """What is in the database, but not in the files. A claim goes with the incident that it was about."""
        table, after = RECORD_TABLES[resource], ""
        wanted = [col(table.id), col(table.version)]
        if resource == "casualties":
            wanted.append(col(models.Casualty.incident_id))
        while True:
            asked = select(*wanted).where(col(table.id) > after).order_by(col(table.id)).limit(BATCH)
            rows = self._connection.execute(asked).all()
            if not rows:
                return
            after = rows[-1].id
            there = self._ledger.records(resource, [row.id for row in rows])
            left = [row for row in rows if row.id not in there]
            withdrawn = self._ledger.removal(resource, [row.id for row in left])
            left = [row for row in left if row.id not in withdrawn]
            reasons = {}
            if resource == "casualties":
                reasons = self._ledger.removal("incidents", [row.incident_id for row in left])
            with_incident = [row for row in left if getattr(row, "incident_id", None) in reasons]
            lost = [row.id for row in left if row not in with_incident]
            self.faults += missing(self._connection, self._ledger, self._found.directory, resource, lost)
            self._remove(
                resource,
                [
                    Planned(ChangeOp.DEL, resource, row.id, row.version + 1, reasons[row.incident_id])
                    for row in with_incident
                ],
            )

    def _remove(self, resource: str, changes: list[Planned]) -> None:
        self.plan.add(resource, changes)
        if self._writes and changes:
            ids = [change.id for change in changes]
            called = names(self._connection, resource, ids)
            self._clear(resource, ids)
            self._log(changes, called)

    def _begin(self) -> None:
        """Everything that is written refers to its release."""
        self._has_begun = True
        if self._bulk:
            self._writer.put_off_indexes()
        empty = {"digest": "", "counts": "{}", "languages": "[]", "loaded_at": ""}
        given = {"number": self.plan.number, "note": self._note, "shape": SHAPE}
        self._connection.execute(insert(models.Release), {**given, **empty})

    def finish(self) -> None:
        """Ends a release that changes something."""
        if self._bulk:
            self._progress("Indexing", 0, None)
            # The memory that the other processes held is for sorting now.
            self._found.close()
            self._writer.widen()
            self._index.finish()
            self._writer.make_indexes(lambda done, total: self._progress("Indexing", done, total))
        self._progress("Finishing", 0, 1)
        languages = {article.language for article in self._found.surveyed.outline.articles.values()}
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
        """What the digest of a release is made of, in order: `type/id digest`."""
        for kind, resource in sorted((kind, resource) for resource, kind in TYPES.items()):
            table = RECORD_TABLES[resource]
            line = literal(f"{kind}/") + col(table.id) + " " + col(table.digest)
            asked = select(line).order_by(col(table.id))
            yield from self._connection.scalars(asked, execution_options={"yield_per": BATCH})

    def _log(self, changes: Iterable[Planned], called: Mapping[str, str] = MappingProxyType({})) -> None:
        self._writer.insert(
            "changes",
            [
                (
                    self.plan.number,
                    TYPES[change.resource],
                    change.id,
                    change.op.value,
                    change.version,
                    change.reason,
                    change.successor,
                    called.get(change.id),
                )
                for change in changes
            ],
        )

    def _clear(self, resource: str, ids: list[str]) -> None:
        """Takes out records with all rows that belong to them."""
        if not self._has_begun:
            self._begin()
        if not ids:
            return
        table, evidence = RECORD_TABLES[resource], models.Evidence
        for owned, owner in CHILD_TABLES[resource]:
            self._connection.execute(delete(owned).where(getattr(owned, owner).in_(ids)))
        mine = (col(evidence.record_type) == TYPES[resource]) & col(evidence.record_id).in_(ids)
        self._connection.execute(delete(evidence).where(mine))
        chosen, day = col(table.id).in_(ids), table.sort_date if resource == "incidents" else null()
        known = self._connection.execute(select(col(table.number), day).where(chosen)).all()
        documents = col(models.StoredDocument.number).in_([number for number, _ in known])
        self._connection.execute(delete(table).where(chosen))
        self._connection.execute(delete(models.StoredDocument).where(documents))
        self._index.remove(TYPES[resource], [(number, day) for number, day in known])

    def _write(self, resource: str, changes: list[tuple[Planned, Made]]) -> None:
        """Puts in records with all rows that belong to them."""
        release = self.plan.number
        own: list[Row] = []
        documents: list[Row] = []
        owned: dict[str, list[Row]] = {}
        for change, made in changes:
            number = next(self._numbers)
            documents.append((number, made.id, with_release(made.body, change.version, release)))
            own.append((*made.columns, number, made.digest, change.version, release))
            for table, rows in made.owned.items():
                owned.setdefault(table, []).extend(rows)
        self._writer.insert("documents", documents)
        self._writer.insert(RECORD_TABLES[resource].__tablename__, own)
        for table, rows in owned.items():
            self._writer.insert(table, rows)
        self._index.add([(made.finding, number) for (_, made), (number, *_) in zip(changes, documents, strict=True)])
        self._log(change for change, _ in changes)


_LAST = (
    select(col(models.Release.number), col(models.Release.shape), col(models.Release.loaded_at))
    .order_by(col(models.Release.number).desc())
    .limit(1)
)


_LAST_NUMBER = select(func.max(col(models.StoredDocument.number)))


_COMPARED = ("digest", "version", "number", "terms_checksum")
_DAYS = ("earliest", "latest")


def _days(made: Made) -> tuple[Any, ...]:
    """The days that a record's date is taken for, which do not all stand in its document."""
    if made.resource not in DATED:
        return ()
    names = columns(RECORD_TABLES[made.resource].__tablename__)
    return tuple(made.columns[names.index(name)] for name in _DAYS)


def _loaded_at(previous: str | None) -> str:
    """Now, in UTC. No two releases have the same time, because it tells their answers apart (`Last-Modified`)."""
    now = datetime.now(UTC).replace(microsecond=0)
    if previous is not None:
        now = max(now, datetime.fromisoformat(previous) + timedelta(seconds=1))
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


def _some(items: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH)):
        yield batch
