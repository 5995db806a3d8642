"""What a load changes in records that are stored: each field with its old and its new value."""

import json
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from sqlalchemy import Connection, select
from sqlmodel import col

from app.ingest.building.pipeline import BuiltRecord
from app.ingest.plans import PlannedChange
from app.model.codebook import ChangeOp
from app.records import RECORD_TYPES
from app.storage.registry import document_of

_OF_THE_RELEASE = ("version", "changed_in")


class FieldChange(NamedTuple):
    """A field by its path in the document, `date.edtf` or `evidence.2`, and its values; None where it is not there."""

    path: str
    old: Any
    new: Any


def changed_fields(
    connection: Connection, resource: str, changes: Sequence[tuple[PlannedChange, BuiltRecord]]
) -> Iterator[tuple[tuple[str, str], list[FieldChange]]]:
    """Yields resource and id of every record that changes, and its changed fields."""
    table = RECORD_TYPES[resource].table
    new = {change.id: record.body for change, record in changes if change.op is ChangeOp.MOD}
    query = select(col(table.id), document_of(table)).where(col(table.id).in_(new))
    for id_, document in connection.execute(query):
        before = {key: one for key, one in json.loads(document).items() if key not in _OF_THE_RELEASE}
        yield (resource, id_), list(differences(before, json.loads(new[id_])))


def differences(old: Any, new: Any, path: str = "") -> Iterator[FieldChange]:
    """Yields what differs between two values, as deep inside as it can be told. Items of lists that only moved on,
    because others were put in or taken out before them, are no difference."""
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from differences(old.get(key), new.get(key), f"{path}.{key}" if path else key)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _items(old, new, path)
    else:
        yield FieldChange(path, old, new)


def _items(old: list[Any], new: list[Any], path: str) -> Iterator[FieldChange]:
    before, after = ([json.dumps(one, sort_keys=True) for one in items] for items in (old, new))
    for op, start, end, new_start, new_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if op == "equal":
            continue
        both = min(end - start, new_end - new_start)
        for offset in range(both):
            yield from differences(old[start + offset], new[new_start + offset], f"{path}.{new_start + offset}")
        for index in range(start + both, end):
            yield FieldChange(f"{path}.{index}", old[index], None)
        for index in range(new_start + both, new_end):
            yield FieldChange(f"{path}.{index}", None, new[index])
