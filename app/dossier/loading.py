"""Dossier -> release. The difference to the database is worked out first and then applied in one transaction, or
nothing is changed at all."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, delete, func, insert, select
from sqlmodel import col

from app import models
from app.codebook import ChangeOp
from app.database import Database
from app.documents import SHAPE, Document, digest, release_digest, stored
from app.dossier.checking import check
from app.dossier.indexing import index, unindex
from app.dossier.reading import Dossier, DossierError, Fault, read
from app.dossier.rendering import Rendering
from app.dossier.rows import rows
from app.models import OWNED, SERVED, TYPES

T = TypeVar("T")

BATCH = 500
Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many records are done and how many there are."""


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


@dataclass
class Plan:
    """The difference between a dossier and the database."""

    number: int
    changes: list[Planned] = field(default_factory=list)
    digests: dict[tuple[str, str], str] = field(default_factory=dict)
    shape_changed: bool = False

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


def dossier(directory: Path) -> Dossier:
    """The checked records of a directory. Raises DossierError with everything that is wrong in it."""
    found, faults = read(directory)
    faults += check(found)
    if faults:
        raise DossierError(faults)
    return found


def plan(found: Dossier, connection: Connection, progress: Progress) -> Plan:
    """What loading a dossier would change. Raises DossierError for records that vanish without a reason."""
    last = connection.execute(
        select(col(models.Release.number), col(models.Release.shape))
        .order_by(col(models.Release.number).desc())
        .limit(1)
    ).first()
    result = Plan(number=(last.number if last else 0) + 1, shape_changed=last is not None and last.shape != SHAPE)
    stored_now = {resource: _digests(connection, resource) for resource in SERVED}
    gone = _tombstones(connection)
    total = sum(len(found.records(resource)) for resource in SERVED)
    for done, (resource, document) in enumerate(Rendering(found)):
        progress("Rendering", done, total)
        result.digests[resource, document.id] = new = digest(document)
        known = stored_now[resource].pop(document.id, None)
        if known is None:
            version = gone.get((resource, document.id), 0) + 1
            result.changes.append(Planned(ChangeOp.ADD, resource, document.id, version, new, document))
        elif known[0] != new or result.shape_changed:
            result.changes.append(Planned(ChangeOp.MOD, resource, document.id, known[1] + 1, new, document))
    incident_of = _incidents_of(connection, stored_now["casualties"])
    result.changes += _removals(found, stored_now, gone, incident_of)
    return result


def apply(planned: Plan, connection: Connection, note: str | None, progress: Progress) -> None:
    """Writes a plan as the next release, within the connection's transaction."""
    connection.execute(insert(models.Release), _release_row(planned, note))
    progress("Writing", 0, len(planned.changes))
    for resource in SERVED:
        changes = [change for change in planned.changes if change.resource == resource]
        _clear(connection, resource, [change.id for change in changes if change.op is not ChangeOp.ADD])
        _write(connection, resource, (change for change in changes if change.document is not None), planned.number)
    log = (_change_row(change, planned.number) for change in planned.changes)
    for batch in _batches(log):
        connection.execute(insert(models.Change), batch)
    progress("Writing", len(planned.changes), len(planned.changes))


def load(
    directory: Path,
    database: Database,
    *,
    note: str | None = None,
    dry_run: bool = False,
    report: Callable[[Plan], None] = lambda plan: None,
    progress: Progress = lambda what, done, total: None,
) -> Plan:
    """Loads a directory of seed files as the next release, if it changes anything.

    `report` sees the plan before it is applied. Raises DossierError for mistakes in the files and DatabaseError when
    the database cannot be written; in both cases the old release stays as it was.
    """
    found = dossier(directory)
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


def _tombstones(connection: Connection) -> dict[tuple[str, str], int]:
    """The last version of every record that was removed."""
    resources = {kind: resource for resource, kind in TYPES.items()}
    change = models.Change
    found = connection.execute(
        select(col(change.type), col(change.id), func.max(col(change.version)))
        .where(col(change.op) == ChangeOp.DEL)
        .group_by(col(change.type), col(change.id))
    )
    return {(resources[kind], id_): version for kind, id_, version in found}


def _removals(
    found: Dossier,
    left: dict[str, dict[str, tuple[str, int]]],
    gone: dict[tuple[str, str], int],
    incident_of: dict[str, str],
) -> Iterator[Planned]:
    """What the files withdraw. A record that is simply missing from the files is a mistake, not a removal."""
    missing: list[Fault] = []
    for resource, records in left.items():
        for id_, (_, version) in records.items():
            tombstone = found.tombstones.get((resource, id_))
            if tombstone is None and resource == "casualties":
                # A claim goes with the incident that it was about.
                tombstone = found.tombstones.get(("incidents", incident_of[id_]))
            if tombstone is None:
                missing.append(_vanished(resource, id_))
                continue
            removed = tombstone.seed.removed
            successor = removed.successor if tombstone.seed.id == id_ else None
            yield Planned(ChangeOp.DEL, resource, id_, version + 1, reason=removed.reason, successor=successor)
    if missing:
        raise DossierError(missing)
    for (resource, id_), tombstone in found.tombstones.items():
        if id_ not in left[resource] and (resource, id_) not in gone:
            removed = tombstone.seed.removed
            yield Planned(ChangeOp.DEL, resource, id_, 1, reason=removed.reason, successor=removed.successor)


def _vanished(resource: str, id_: str) -> Fault:
    message = "the database has this record, the files do not; to remove it write `removed:` with a reason"
    return Fault(f"{resource}.yaml", 1, id_, "", message)


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
        "loaded_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "note": note,
        "shape": SHAPE,
        "digest": release_digest(records),
        "counts": json.dumps(planned.counts),
    }


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
    """Takes out records with all rows that belong to them."""
    table, evidence = SERVED[resource], models.Evidence
    for batch in _batches(ids):
        for owned, owner in OWNED[resource]:
            connection.execute(delete(owned).where(getattr(owned, owner).in_(batch)))
        mine = (col(evidence.record_type) == TYPES[resource]) & col(evidence.record_id).in_(batch)
        connection.execute(delete(evidence).where(mine))
        connection.execute(delete(table).where(table.id.in_(batch)))
        unindex(connection, TYPES[resource], batch)


def _write(connection: Connection, resource: str, changes: Iterable[Planned], release: int) -> None:
    """Puts in records with all rows that belong to them."""
    for batch in _batches(changes):
        by_table: dict[type[Any], list[dict[str, Any]]] = {SERVED[resource]: []}
        for change in batch:
            if change.document is None:
                continue
            made = rows(resource, change.document)
            own = {
                "document": stored(change.document, change.version, release),
                "digest": change.digest,
                "version": change.version,
                "changed_in": release,
            }
            by_table[SERVED[resource]].append({**made.columns, **own})
            for table, row in made.owned:
                by_table.setdefault(table, []).append(row)
        for table, its_rows in by_table.items():
            connection.execute(insert(table), its_rows)
        index(connection, [change.document for change in batch if change.document is not None])


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH)):
        yield batch
