"""Flattens documents: the columns of CSV files and the properties of GeoJSON features.

The columns are derived from the models of the documents by the rules of `app.model.outputs` and from the codebook, and
never from the records, so a file without records has the same columns. Null stays null. A list is one text, its values
joined by `|`; parallel lists of one record have the same length, with an empty value for null. A `|` or a backslash
inside a value is escaped by a backslash.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel

from app.model.codebook import Codebook
from app.model.documents import DOCUMENTS
from app.model.fields import DocumentField, document_fields, in_order, plural
from app.model.outputs import ColumnType, Id
from app.model.partial_documents import EVIDENCE, EVIDENCE_COUNT, EvidenceForm, paths_of
from app.records import RECORD_TYPES

Json = dict[str, Any]
Value = str | int | float | bool | None


@dataclass(frozen=True)
class Column:
    """A column: its name, the type of its values, what it means, its value in a document, and the path in the document
    that it is made from. One `of_list` joins the values of a list."""

    name: str
    type: ColumnType
    meaning: str
    value: Callable[[Json], Value]
    path: tuple[str, ...] = ()
    of_list: bool = False

    @property
    def json_type(self) -> Literal["string", "integer", "number", "boolean"]:
        """The type of its values in JSON, which has none for days."""
        return self.type if self.type in ("integer", "number", "boolean") else "string"


def has_points(resource: str) -> bool:
    """Whether records of a resource can have a point."""
    model = DOCUMENTS[resource].model_fields
    return "latitude" in model or "location" in model


def located_by(resource: str) -> str | None:
    """Returns the resource whose points stand for records of a resource on a map: itself, or what they are chosen by;
    None if they have none."""
    if has_points(resource):
        return resource
    subject = RECORD_TYPES[resource].chosen_by
    return subject.record_type.name if subject is not None and has_points(subject.record_type.name) else None


def flat(columns: Iterable[Column], document: Json, base: str) -> dict[str, Value]:
    """Returns columns of one document. `base` makes its `url` absolute."""
    values = {column.name: column.value(document) for column in columns}
    if "url" in values:
        values["url"] = base + document["url"]
    return values


@lru_cache(maxsize=64)
def flat_names(resource: str, codebook: Codebook) -> dict[str, tuple[Column, ...]]:
    """Returns the columns by each name that picks them: that of a column, or a key of the records, dotted or not, that
    columns are made from."""
    names: dict[str, tuple[Column, ...]] = {}
    columns = resource_columns(resource, codebook)
    for path in paths_of(resource, codebook):
        # A name in braces stands for the values of a vocabulary, and has a dot of its own.
        if made := tuple(one for one in columns if f"{'.'.join(one.path)}.".startswith(f"{path}.")):
            names[path] = made
    return names | {one.name: (one,) for one in columns}


def picked(resource: str, codebook: Codebook, fields: Iterable[str], evidence: EvidenceForm = "full") -> list[Column]:
    """Returns the columns that names pick, in their order, or all; with those of evidence left out, or counted."""
    names = flat_names(resource, codebook)
    columns = [one for name in fields for one in names[name]] or resource_columns(resource, codebook)
    if evidence != "full":
        instead = _COUNTED_EVIDENCE if evidence == "count" else []
        columns = [other for one in columns for other in (instead if EVIDENCE in one.path else [one])]
    return list(dict.fromkeys(columns))


_COUNTED_EVIDENCE = [
    Column(
        EVIDENCE_COUNT,
        "integer",
        "How many passages it rests on; with `evidence=count`.",
        lambda document: len(document[EVIDENCE]),
        (EVIDENCE_COUNT,),
    )
]
"""What stands in the place of the columns of evidence where its passages are counted."""


def joined(values: Iterable[Any]) -> str | None:
    """Joins several values to one text; None if there are none."""
    parts = ["" if value is None else _text(value) for value in values]
    text = "|".join(parts)
    if "\\" in text or text.count("|") >= len(parts):
        text = "|".join(part.replace("\\", "\\\\").replace("|", "\\|") for part in parts)
    return text or None


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def resource_columns(resource: str, codebook: Codebook) -> list[Column]:
    """Returns the columns of a resource."""
    return columns_of(DOCUMENTS[resource], codebook)


@lru_cache(maxsize=64)
def columns_of(model: type[BaseModel], codebook: Codebook) -> list[Column]:
    """Returns the columns of a document. Those of outcomes are as many as the codebook has."""
    return list(_columns(document_fields(model, codebook), ""))


def _columns(fields: Iterable[DocumentField], prefix: str) -> Iterator[Column]:
    """Yields the columns of the fields of a document or of an object; `prefix` is what the names in it begin with."""
    for field in _shown(fields):
        if field.is_list:
            yield from _list_columns(field, prefix)
        elif field.inner:
            yield from _columns(field.inner, field.named_within(prefix))
        else:
            name = field.flat.name or field.named_within(prefix)
            yield Column(name, field.column_type, _meaning(field), _value_at(*field.path), field.path)


def _list_columns(field: DocumentField, prefix: str) -> Iterator[Column]:
    """Yields the columns of a list: its length, its values, or a column for each key of its objects."""
    if not field.inner:
        name = f"{field.singular}_ids" if field.declared(Id) else field.named_within(prefix)
        yield _joined_column(field, name, _plain_list_text(*field.path))
        return
    (key,) = field.path
    if field.flat.count:
        yield Column(field.flat.name, "integer", _meaning(field), lambda document: len(document[key]), field.path)
    else:
        for inner in _shown(field.inner, field.flat.only):
            for value in _shown(inner.inner) if inner.inner and not inner.is_list else (inner,):
                if value.inner or value.is_list:
                    raise TypeError(f"{'.'.join(value.path)} has no single value: say `Flat(only=…)` or `Flat.none(…)`")
                name = value.flat.name or f"{field.singular}_{plural('_'.join(value.path[1:]))}"
                yield _joined_column(value, name, _list_text(*value.path, distinct=value.flat.distinct))


def _shown(fields: Iterable[DocumentField], only: tuple[str, ...] = ()) -> list[DocumentField]:
    """Returns the fields that have columns, in their order."""
    shown = (field for field in fields if not field.flat.left_out and (field.key in only or not only))
    return in_order(shown, lambda field: field.key, lambda field: field.flat.after)


def _joined_column(field: DocumentField, name: str, value: Callable[[Json], Value]) -> Column:
    return Column(name, "string", f"{_meaning(field)} Joined by `|`.", value, field.path, of_list=True)


def _meaning(field: DocumentField) -> str:
    return field.flat.meaning or field.meaning


def _value_at(key: str, *inner: str) -> Callable[[Json], Value]:
    """Returns a getter of the value at a path; the value is None if an outer one is None, and for keys that documents
    of a release from before did not have."""

    def value(document: Json) -> Value:
        current: Any = document[key]
        for step in inner:
            if current is None:
                break
            current = current.get(step)
        found: Value = current
        return found

    return value if inner else lambda document: document.get(key)


def _plain_list_text(key: str, *inner: str) -> Callable[[Json], Value]:
    """Returns a getter of the joined values of the list at a path."""
    if not inner:
        return lambda document: joined(document.get(key) or ())
    value: Callable[[Json], Any] = _value_at(key, *inner)
    return lambda document: joined(value(document) or ())


def _list_text(key: str, *inner: str, distinct: bool = False) -> Callable[[Json], Value]:
    """Returns a getter of the joined values of one key of the objects of a list, or of a path in them.

    Documents of a release that was loaded before there was such a list have none until the next load.
    """
    value = _value_at(*inner)
    if distinct:
        return lambda document: joined(dict.fromkeys(map(value, document.get(key) or ())))
    return lambda document: joined(map(value, document.get(key) or ()))


def table(resource: str, codebook: Codebook) -> str:
    """What the columns mean, as a Markdown table."""
    rows = "\n".join(
        f"| `{column.name}` | {_cell(column.meaning)} |" for column in resource_columns(resource, codebook)
    )
    return f"| Column | Meaning |\n|---|---|\n{rows}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
