"""The columns of documents and their Arrow types, derived from the models by the rules of `app.model.outputs`.

An object becomes columns of its own, named as in CSV (`date.edtf` is `date_edtf`). A list stays a list: of values, or
of objects with the keys that they have in JSON. So every value of a document stands in exactly one column.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import pyarrow as pa

from app.model.codebook import Codebook
from app.model.documents import DOCUMENTS
from app.model.fields import DocumentField, document_fields
from app.model.outputs import ColumnType
from app.model.partial_documents import EVIDENCE, EVIDENCE_COUNT, EvidenceForm, Keys, keys_of

TYPES: dict[ColumnType, Any] = {
    "string": pa.string(),
    "uri": pa.string(),
    "integer": pa.int32(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "datetime": pa.timestamp("s", "UTC"),
}


@dataclass(frozen=True)
class Column:
    """A column: the path of its values in a document, their type, and the type that JSON has for them."""

    name: str
    path: tuple[str, ...]
    meaning: str
    type: Any
    json_type: Any

    @property
    def field(self) -> Any:
        """The column as a field of an Arrow schema, with what it means."""
        return described(self.name, self.type, self.meaning)


def described(name: str, type_: Any, meaning: str) -> Any:
    """Returns a field of an Arrow schema, with what it means."""
    return pa.field(name, type_, metadata={"description": meaning})


@lru_cache(maxsize=256)
def columns(
    resource: str, codebook: Codebook, paths: tuple[str, ...] = (), evidence: EvidenceForm = "full"
) -> tuple[Column, ...]:
    """Returns the columns of a resource, or those that are made of the values at these paths."""
    fields = document_fields(DOCUMENTS[resource], codebook)
    return tuple(_columns(_chosen_fields(fields, keys_of(resource, codebook, paths, evidence)), ""))


def reading_schema(columns: Iterable[Column]) -> Any:
    """Returns the schema by which JSON is read: objects, with the values that columns are made of alone."""
    tree: dict[str, Any] = {}
    for column in columns:
        *outer, key = column.path
        level = tree
        for one in outer:
            level = level.setdefault(one, {})
        level[key] = column.json_type
    return pa.schema(_objects(tree))


def _objects(tree: dict[str, Any]) -> list[Any]:
    return [
        pa.field(key, pa.struct(_objects(value)) if isinstance(value, dict) else value) for key, value in tree.items()
    ]


def _columns(fields: Iterable[DocumentField], prefix: str) -> Iterator[Column]:
    for field in fields:
        if field.inner and not field.is_list:
            yield from _columns(field.inner, field.named_within(prefix))
            continue
        of_list = "_".join(filter(None, (prefix, field.key)))
        name = of_list if field.is_list else field.flat.name or field.named_within(prefix)
        yield Column(name, field.path, field.meaning, _type(field, TYPES), _type(field, _IN_JSON))


_IN_JSON = TYPES | {"date": pa.string(), "datetime": pa.string()}
"""JSON has no days."""


def _type(field: DocumentField, types: dict[ColumnType, Any]) -> Any:
    if field.inner:
        one = pa.struct([(inner.key, _type(inner, types)) for inner in field.inner])
    else:
        one = types[field.column_type]
    return pa.list_(one) if field.is_list else one


def _chosen_fields(fields: Iterable[DocumentField], keys: Keys | None) -> Iterator[DocumentField]:
    """Yields the fields with these keys, and the count of passages in their place."""
    for field in fields:
        if keys is None or field.key in keys:
            yield replace(field, inner=tuple(_chosen_fields(field.inner, keys and keys[field.key])))
        elif field.key == EVIDENCE and EVIDENCE_COUNT in keys:
            path = (*field.path[:-1], EVIDENCE_COUNT)
            yield replace(field, path=path, meaning=_COUNTED, type=int, is_list=False, declarations=(), inner=())


_COUNTED = "How many passages it rests on; with `evidence=count`."
