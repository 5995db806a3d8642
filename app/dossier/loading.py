"""Dossier -> release. The difference to the database is worked out first and then applied in one transaction, or
nothing is changed at all."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, delete, insert, select
from sqlmodel import col

from app import models
from app.codebook import ChangeOp
from app.database import Database
from app.documents import SHAPE, Document, digest, release_digest, stored
from app.dossier.checking import check
from app.dossier.files import Fault
from app.dossier.indexing import index, unindex
from app.dossier.reading import Dossier, DossierError, read
from app.dossier.rendering import Rendering
from app.dossier.rows import rows
from app.dossier.seed import Tombstone
from app.registry import OWNED, SERVED, TYPES

T = TypeVar("T")

BATCH = 500
Progress = Callable[[str, int, int | None], None]
"""Called now and then with what is being done, how much of it is done and, where that is known, how much there is."""


@dataclass(frozen=True)
class Planned:
    """One record that a release adds, changes or removes."""

    op: ChangeOp
    resource: str
    id: str
    version: int
    digest: str = ""
    document: Document | None = None
    reason: str | None = None
    successor: str | None = None


@dataclass(frozen=True)
class Removal:
    """How a record was removed last."""

    version: int
    reason: str | None
    successor: str | None


@dataclass
class Plan:
    """The difference between a dossier and the database."""

    number: int
    changes: list[Planned] = field(default_factory=list)
    digests: dict[tuple[str, str], str] = field(default_factory=dict)
    shape_changed: bool = False
    previous: str | None = None
    """When the release before was loaded."""

    @property
    def is_empty(self) -> bool:
        return not self.changes

    @property
    def counts(self) -> dict[str, int]:
        """How many records there will be, by resource."""
        found = dict.fromkeys(SERVED, 0)
        for resource, _ in self.digests:
            found[resource] += 1
        return found


def _silent(what: str, done: int, total: int | None) -> None:
    """Tells nobody how far the work is."""


def dossier(directory: Path, progress: Progress = _silent) -> Dossier:
    """The checked records of a directory. Raises DossierError with everything that is wrong in it."""
    found, faults = read(directory, lambda done: progress("Reading", done, None))
    faults += check(found, partial(progress, "Checking"))
    if faults:
        raise DossierError(faults)
    return found


def plan(found: Dossier, connection: Connection, progress: Progress) -> Plan:
    """What loading a dossier would change. Raises DossierError for records that vanish without a reason, and for ids
    that were somebody else's."""
    last = connection.execute(
        select(col(models.Release.number), col(models.Release.shape), col(models.Release.loaded_at))
        .order_by(col(models.Release.number).desc())
        .limit(1)
    ).first()
    result = Plan(number=(last.number if last else 0) + 1, shape_changed=last is not None and last.shape != SHAPE)
    result.previous = last.loaded_at if last else None
    stored_now = {resource: _digests(connection, resource) for resource in SERVED}
    gone = _gone(connection)
    faults = list(_reused(found, gone))
    total = sum(len(found.records(resource)) for resource in SERVED)
    for done, (resource, document) in enumerate(Rendering(found), 1):
        if done % BATCH == 0 or done == total:
            progress("Rendering", done, total)
        result.digests[resource, document.id] = new = digest(document)
        known = stored_now[resource].pop(document.id, None)
        if known is None:
            removal = gone.get((resource, document.id))
            version = removal.version + 1 if removal else 1
            result.changes.append(Planned(ChangeOp.ADD, resource, document.id, version, new, document))
        elif known[0] != new or result.shape_changed:
            result.changes.append(Planned(ChangeOp.MOD, resource, document.id, known[1] + 1, new, document))
    incident_of = _incidents_of(connection, stored_now["casualties"])
    removals, missing = _removals(found, stored_now, gone, incident_of)
    if faults := faults + missing:
        raise DossierError(faults)
    result.changes += removals
    return result


def apply(planned: Plan, connection: Connection, note: str | None, progress: Progress) -> None:
    """Writes a plan as the next release, within the connection's transaction."""
    connection.execute(insert(models.Release), _release_row(planned, note))
    done, total = 0, len(planned.changes)
    progress("Writing", done, total)
    by_resource: dict[str, list[Planned]] = {resource: [] for resource in SERVED}
    for change in planned.changes:
        by_resource[change.resource].append(change)
    for resource, changes in by_resource.items():
        for batch in _batches(changes):
            _clear(connection, resource, [change.id for change in batch if change.op is not ChangeOp.ADD])
            _write(connection, resource, batch, planned.number)
            connection.execute(insert(models.Change), [_change_row(change, planned.number) for change in batch])
            done += len(batch)
            progress("Writing", done, total)


def load(
    directory: Path,
    database: Database,
    *,
    note: str | None = None,
    dry_run: bool = False,
    report: Callable[[Plan], None] = lambda plan: None,
    progress: Progress = _silent,
) -> Plan:
    """Loads a directory of seed files as the next release, if it changes anything.

    `report` sees the plan before it is applied. Raises DossierError for mistakes in the files and DatabaseError when
    the database cannot be written; in both cases the old release stays as it was.
    """
    found = dossier(directory, progress)
    with database.writer() as connection:
        planned = plan(found, connection, progress)
        report(planned)
        if not dry_run and not planned.is_empty:
            apply(planned, connection, note, progress)
    return planned


def _digests(connection: Connection, resource: str) -> dict[str, tuple[str, int]]:
    table = SERVED[resource]
    found = connection.execute(select(col(table.id), col(table.digest), col(table.version)))
    return {id_: (digest, version) for id_, digest, version in found}


def _gone(connection: Connection) -> dict[tuple[str, str], Removal]:
    """How every record that was ever removed was removed last; some may be back since."""
    resources = {kind: resource for resource, kind in TYPES.items()}
    change = models.Change
    found = connection.execute(
        select(col(change.type), col(change.id), col(change.version), col(change.reason), col(change.superseded_by))
        .where(col(change.op) == ChangeOp.DEL)
        .order_by(col(change.release))
    )
    return {(resources[row.type], row.id): Removal(row.version, row.reason, row.superseded_by) for row in found}


def _reused(found: Dossier, gone: dict[tuple[str, str], Removal]) -> Iterator[Fault]:
    """People and organizations share their ids, those of the removed included."""
    for mine, other in (("people", "organizations"), ("organizations", "people")):
        for id_, entry in found.records(mine).items():
            if (other, id_) in gone:
                message = f"this id was one of the {other} and was removed; ids are never reused, choose another"
                yield entry.source.fault(("id",), message)


def _removals(
    found: Dossier,
    left: dict[str, dict[str, tuple[str, int]]],
    gone: dict[tuple[str, str], Removal],
    incident_of: dict[str, str],
) -> tuple[list[Planned], list[Fault]]:
    """What the files withdraw. A record that is simply missing from the files is a mistake, not a removal."""
    removals: list[Planned] = []
    missing: list[Fault] = []
    for resource, records in left.items():
        for id_, (_, version) in records.items():
            tombstone = found.tombstones.get((resource, id_))
            if tombstone is not None:
                removals.append(_removed(resource, tombstone.seed, version + 1))
            elif resource == "casualties" and (above := found.tombstones.get(("incidents", incident_of[id_]))):
                # A claim goes with the incident that it was about.
                reason = above.seed.removed.reason
                removals.append(Planned(ChangeOp.DEL, resource, id_, version + 1, reason=reason))
            else:
                missing.append(_vanished(resource, id_))
    for (resource, id_), tombstone in found.tombstones.items():
        if id_ in left[resource]:
            continue
        before = gone.get((resource, id_), Removal(0, None, None))
        removal = _removed(resource, tombstone.seed, before.version + 1)
        if (removal.reason, removal.successor) != (before.reason, before.successor):
            removals.append(removal)
    return removals, missing


def _removed(resource: str, tombstone: Tombstone, version: int) -> Planned:
    removed = tombstone.removed
    return Planned(ChangeOp.DEL, resource, tombstone.id, version, reason=removed.reason, successor=removed.successor)


def _vanished(resource: str, id_: str) -> Fault:
    files = {"articles": f"articles/{id_}/article.yaml", "casualties": "incidents.yaml"}
    message = "the database has this record, the files do not; to remove it write `removed:` with a reason"
    return Fault(files.get(resource, f"{resource}.yaml"), 1, id_, "", message)


def _incidents_of(connection: Connection, casualties: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for batch in _batches(casualties):
        claim = models.Casualty
        pairs = connection.execute(select(col(claim.id), col(claim.incident_id)).where(col(claim.id).in_(batch)))
        found.update((id_, incident) for id_, incident in pairs)
    return found


def _release_row(planned: Plan, note: str | None) -> dict[str, Any]:
    records = ((TYPES[resource], id_, digest) for (resource, id_), digest in planned.digests.items())
    return {
        "number": planned.number,
        "loaded_at": _loaded_at(planned.previous),
        "note": note,
        "shape": SHAPE,
        "digest": release_digest(records),
        "counts": json.dumps(planned.counts),
    }


def _loaded_at(previous: str | None) -> str:
    """Now, in UTC. No two releases have the same time, because it tells their answers apart (`Last-Modified`)."""
    now = datetime.now(UTC).replace(microsecond=0)
    if previous is not None:
        now = max(now, datetime.fromisoformat(previous) + timedelta(seconds=1))
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


def _change_row(change: Planned, release: int) -> dict[str, Any]:
    return {
        "release": release,
        "type": TYPES[change.resource],
        "id": change.id,
        "op": change.op,
        "version": change.version,
        "reason": change.reason,
        "superseded_by": change.successor,
    }


def _clear(connection: Connection, resource: str, ids: list[str]) -> None:
    """Takes out a batch of records with all rows that belong to them."""
    if not ids:
        return
    table, evidence = SERVED[resource], models.Evidence
    for owned, owner in OWNED[resource]:
        connection.execute(delete(owned).where(getattr(owned, owner).in_(ids)))
    mine = (col(evidence.record_type) == TYPES[resource]) & col(evidence.record_id).in_(ids)
    connection.execute(delete(evidence).where(mine))
    connection.execute(delete(table).where(table.id.in_(ids)))
    unindex(connection, TYPES[resource], ids)


def _write(connection: Connection, resource: str, changes: list[Planned], release: int) -> None:
    """Puts in a batch of records with all rows that belong to them."""
    by_table: dict[type[Any], list[dict[str, Any]]] = {}
    documents: list[Document] = []
    for change in changes:
        if change.document is None:
            continue
        documents.append(change.document)
        made = rows(resource, change.document)
        own = {
            "document": stored(change.document, change.version, release),
            "digest": change.digest,
            "version": change.version,
            "changed_in": release,
        }
        for table, row in ((SERVED[resource], {**made.columns, **own}), *made.owned):
            by_table.setdefault(table, []).append(row)
    for table, its_rows in by_table.items():
        connection.execute(insert(table), its_rows)
    index(connection, documents)


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH)):
        yield batch
