"""Flattens documents: the columns of CSV files and the properties of GeoJSON features.

The columns are derived from the models of the documents by the rules of `app.model.outputs`, and never from the
records, so a file without records has the same columns. Null stays null. A list is one text, its values joined by `|`;
parallel lists of one record have the same length, with an empty value for null. A `|` or a backslash inside a value is
escaped by a backslash.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Literal

from pydantic import BaseModel

from app.model.documents import DOCUMENTS
from app.model.fields import DocumentField, document_fields, in_order, plural
from app.model.outputs import Id

Json = dict[str, Any]
Value = str | int | float | bool | None
Kind = Literal["string", "integer", "number", "boolean"]


@dataclass(frozen=True)
class Column:
    """A column: its name, the JSON type of its values, what it means, and its value in a document."""

    name: str
    kind: Kind
    meaning: str
    value: Callable[[Json], Value]


def has_points(resource: str) -> bool:
    """Whether records of a resource can have a point."""
    return any(column.name == "latitude" for column in COLUMNS[resource])


def flat(resource: str, document: Json, base: str) -> dict[str, Value]:
    """Returns the columns of one document. `base` makes its `url` absolute."""
    return {column.name: column.value(document) for column in COLUMNS[resource]} | {"url": base + document["url"]}


def joined(values: Iterable[Any]) -> str | None:
    """Joins several values to one text; None if there are none."""
    parts = ["" if value is None else str(value) for value in values]
    text = "|".join(parts)
    if "\\" in text or text.count("|") >= len(parts):
        text = "|".join(part.replace("\\", "\\\\").replace("|", "\\|") for part in parts)
    return text or None


def columns_of(model: type[BaseModel]) -> list[Column]:
    """Returns the columns of a document."""
    return list(_columns(document_fields(model), ""))


def _columns(fields: Iterable[DocumentField], prefix: str) -> Iterator[Column]:
    """Yields the columns of the fields of a document or of an object; `prefix` is what the names in it begin with."""
    for field in _shown(fields):
        if field.is_list:
            yield from _list_columns(field)
        elif field.inner:
            yield from _columns(field.inner, field.named_within(prefix))
        else:
            name = field.flat.name or field.named_within(prefix)
            yield Column(name, _KINDS.get(field.type, "string"), _meaning(field), _value_at(*field.path))


def _list_columns(field: DocumentField) -> Iterator[Column]:
    """Yields the columns of a list: its length, its values, or a column for each key of its objects."""
    (key,) = field.path
    if field.flat.count:
        yield Column(field.flat.name, "integer", _meaning(field), lambda document: len(document[key]))
    elif not field.inner:
        name = f"{field.singular}_ids" if field.declared(Id) else key
        yield _joined_column(field, name, _list_text(key))
    else:
        for inner in _shown(field.inner, field.flat.only):
            if inner.inner or inner.is_list:
                raise TypeError(f"{'.'.join(inner.path)} has no single value: say `Flat(only=…)` or `Flat.none(…)`")
            name = inner.flat.name or f"{field.singular}_{plural(inner.key)}"
            yield _joined_column(inner, name, _list_text(key, inner.key, distinct=inner.flat.distinct))


def _shown(fields: Iterable[DocumentField], only: tuple[str, ...] = ()) -> list[DocumentField]:
    """Returns the fields that have columns, in their order."""
    shown = (field for field in fields if not field.flat.left_out and (field.key in only or not only))
    return in_order(shown, lambda field: field.key, lambda field: field.flat.after)


def _joined_column(field: DocumentField, name: str, value: Callable[[Json], Value]) -> Column:
    return Column(name, "string", f"{_meaning(field)} Joined by `|`.", value)


def _meaning(field: DocumentField) -> str:
    return field.flat.meaning or field.meaning


_KINDS: dict[Any, Kind] = {int: "integer", float: "number", bool: "boolean"}
"""The JSON types of values that are no text."""


def _value_at(key: str, *inner: str) -> Callable[[Json], Value]:
    """Returns a getter of the value at a path; the value is None if an outer one is None."""

    def value(document: Json) -> Value:
        current: Any = document[key]
        for step in inner:
            if current is None:
                break
            current = current[step]
        return current  # type: ignore[no-any-return]  # a value read out of JSON

    return value if inner else itemgetter(key)


def _list_text(key: str, inner: str | None = None, *, distinct: bool = False) -> Callable[[Json], Value]:
    """Returns a getter of the joined values of a list, or of one key of its objects.

    Documents of a release that was loaded before there was such a list have none until the next load.
    """
    if inner is None:
        return lambda document: joined(document.get(key) or ())
    if distinct:
        return lambda document: joined(dict.fromkeys(item[inner] for item in document.get(key) or ()))
    return lambda document: joined(item[inner] for item in document.get(key) or ())


COLUMNS: dict[str, list[Column]] = {resource: columns_of(model) for resource, model in DOCUMENTS.items()}
"""The columns of each resource."""


def table(resource: str) -> str:
    """What the columns mean, as a Markdown table."""
    rows = "\n".join(f"| `{column.name}` | {_cell(column.meaning)} |" for column in COLUMNS[resource])
    return f"| Column | Meaning |\n|---|---|\n{rows}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
