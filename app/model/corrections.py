"""Corrections: what was wrong in a record, and which values may not change without a word about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from pydantic import BaseModel

from app.model.digests import Data


class Correction(NamedTuple):
    """What was wrong, in the editor's words, and the day on which it was corrected."""

    date: str
    text: str


@dataclass(frozen=True)
class Published:
    """Marks a field of a document that readers may have published: once it says something, it changes with a
    correction. `key` tells one object from another, alone or in a list."""

    key: str = ""


class ChangedValue(NamedTuple):
    """A published value that changed; `field` is its path: `low`, `date.edtf`."""

    field: str
    before: Any
    after: Any


def changed_values(model: type[BaseModel], before: Data, after: Data) -> Iterator[ChangedValue]:
    """Yields the published values of a document that stood before and are others now. In a list only what is no longer
    there counts."""
    for name, key in _published(model):
        old, new = (_values(document.get(name), key) for document in (before, after))
        if any(value not in new for value in old):
            path = f"{name}.{key}" if key else name
            yield ChangedValue(path, *(_shown(values) for values in (old, new)))


@cache
def _published(model: type[BaseModel]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, mark.key)
        for name, field in model.model_fields.items()
        for mark in field.metadata
        if isinstance(mark, Published)
    )


def _values(value: Any, key: str) -> list[Any]:
    """Returns the values that stand in a field, none for null."""
    items = value if isinstance(value, list) else [value]
    found = (item[key] if key and item is not None else item for item in items)
    return [one for one in found if one is not None]


def _shown(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values or None
