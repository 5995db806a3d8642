"""Corrections beside changes: which are new, and which changes lack one."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, select
from sqlmodel import col

from app.ingest.building.pipeline import BuiltRecord
from app.ingest.building.scratch_index import ScratchIndex
from app.ingest.plans import PlannedChange
from app.ingest.seed.files import SeedError
from app.model.codebook import ChangeOp
from app.model.corrections import ChangedValue, Correction, changed_values
from app.model.digests import Data
from app.model.documents import DOCUMENTS
from app.records import BY_TYPE, RECORD_TYPES
from app.storage.models import Change
from app.storage.registry import document_of

_NOT_COMPARED = {"corrected", "version", "changed_in"}
_MAX_SHOWN_CHARACTERS = 60


def last_corrected(connection: Connection) -> dict[tuple[str, str], str]:
    """Returns the day on which each record was corrected last, by resource and id, of those that ever were."""
    record = col(Change.type), col(Change.id)
    query = select(*record, func.max(col(Change.corrected))).where(col(Change.correction).is_not(None))
    rows = connection.execute(query.group_by(*record))
    return {(BY_TYPE[kind].name, id_): str(last) for kind, id_, last in rows}


def new_corrections(connection: Connection, resource: str, batch: Sequence[BuiltRecord]) -> dict[str, Correction]:
    """Returns the corrections that no change has yet, by the ids of their records."""
    stated = {record.id: record.correction for record in batch if record.correction is not None}
    if not stated:
        return {}
    query = select(col(Change.id), col(Change.corrected), col(Change.correction)).where(
        col(Change.type) == RECORD_TYPES[resource].type, col(Change.id).in_(stated)
    )
    known = {tuple(row) for row in connection.execute(query)}
    return {id_: correction for id_, correction in stated.items() if (id_, *correction) not in known}


def warnings(
    connection: Connection,
    resource: str,
    changes: Sequence[tuple[PlannedChange, BuiltRecord]],
    stored: Mapping[str, Any],
    scratch_index: ScratchIndex,
) -> Iterator[SeedError]:
    """Yields a warning for each changed record that readers should be told of, and for each correction of nothing.
    `stored` are the rows that records are compared by."""
    changed = [(change, record) for change, record in changes if change.op is ChangeOp.MOD]
    ids = [change.id for change, record in changed if change.correction or stored[change.id].digest != record.digest]
    if not ids:
        return
    table = RECORD_TYPES[resource].table
    query = select(col(table.id), document_of(table)).where(col(table.id).in_(ids))
    before = {id_: json.loads(document) for id_, document in connection.execute(query)}
    for change, record in changed:
        if change.id not in before:
            continue
        message = _message(change, record, before[change.id], json.loads(record.body))
        if message is not None:
            location = scratch_index.records(resource, [change.id])[change.id]
            yield SeedError(location.file, location.line, change.id, *message)


def _message(change: PlannedChange, record: BuiltRecord, before: Data, after: Data) -> tuple[str, str] | None:
    """Returns what a warning is about, a field, and what it says."""
    if change.correction is not None:
        if _content(before) != _content(after):
            return None
        return "correction", "nothing else of this record changed; the correction is logged by itself"
    if found := list(changed_values(DOCUMENTS[change.resource], before, after)):
        changed = "; ".join(map(_sentence, found))
        if record.correction is not None:
            return found[
                0
            ].field, f"{changed}; the `correction:` beside it was logged before, so write one of this change"
        return found[0].field, f"{changed}; add `correction:` with `date` and `text`, so that readers hear of it"
    return None


def _content(document: Data) -> Data:
    return {key: value for key, value in document.items() if key not in _NOT_COMPARED}


def _sentence(one: ChangedValue) -> str:
    return f"'{one.field}' was {_shown(one.before)} and is {_shown(one.after)}"


def _shown(value: object) -> str:
    text = "nothing" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_SHOWN_CHARACTERS else f"{text[: _MAX_SHOWN_CHARACTERS - 1]}…"
