"""Public tables and their columns, shared by the data package and the SQLite file.

A column's `path` says where its value comes from. It is resolved in the item that a row is made of:

* `title`, `totals.killed.low`: a key, or nested keys; null if an outer value is null, a list joined by `|`, null if
  it is empty
* `label|name`: the first of two keys that the item has
* `.`: the item itself
* `/id`: a key of the record that the item belongs to
* `#`: the item's position in its record, from 0
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.model.outputs import ColumnType, ForeignKey

Getter = Callable[[Any, Any, int], Any]
"""Returns the value of a column from the record, the item and its position."""

OWNER, POSITION, WHOLE_ITEM, LIST_SEPARATOR = "/id", "#", ".", "|"


@dataclass(frozen=True)
class Column:
    """A column. `values` are all that it can have, and `vocabulary` is their name in the codebook. `references` is the
    `table.column` that it leads to. `only` limits it to items of these types; it is null for others."""

    name: str
    type: ColumnType
    path: str
    description: str
    nullable: bool = False
    values: tuple[str, ...] = ()
    vocabulary: str | None = None
    references: str = ""
    only: tuple[str, ...] = ()

    @property
    def getter(self) -> Getter:
        """The function that returns the column's value."""
        value = _getter(self.path)
        if not self.only:
            return value
        return lambda record, item, position: value(record, item, position) if item["type"] in self.only else None


@dataclass(frozen=True)
class Table:
    """A table. `sources` says where its rows come from: a resource, and the list in each record whose items are rows
    (`""` for the record itself). `references` holds foreign keys of several columns; others are in their column.
    `after` is the table that this one follows in the files, if not the one declared before it. A table that `quotes`
    holds words of the articles."""

    name: str
    description: str
    sources: tuple[tuple[str, str], ...]
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    references: tuple[ForeignKey, ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    after: str = ""
    quotes: bool = False

    @property
    def foreign_keys(self) -> tuple[ForeignKey, ...]:
        """All foreign keys, those of single columns first."""
        single = (column for column in self.columns if column.references)
        own = (ForeignKey((column.name,), *_target(column.references)) for column in single)
        return (*own, *self.references)

    def rows(self, source: str, record: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
        """Yields the rows of this table for one record of a source."""
        for list_name in (list_name for name, list_name in self.sources if name == source):
            for position, item in enumerate((record.get(list_name) or ()) if list_name else (record,)):
                yield tuple(getter(record, item, position) for getter in self._getters)

    @cached_property
    def _getters(self) -> tuple[Getter, ...]:
        return tuple(column.getter for column in self.columns)


def _target(reference: str) -> tuple[str, tuple[str, ...]]:
    table, _, column = reference.partition(".")
    return table, (column,)


def _getter(path: str) -> Getter:
    if path == POSITION:
        return lambda record, item, position: position
    if path == WHOLE_ITEM:
        return lambda record, item, position: item
    if path.startswith("/"):
        return lambda record, item, position: record[path[1:]]
    if "|" in path:
        first, _, second = path.partition("|")
        return lambda record, item, position: item[first] if first in item else item[second]
    keys = path.split(".")
    return lambda record, item, position: _value_at(item, keys)


def _value_at(item: Any, keys: list[str]) -> Any:
    for key in keys:
        if item is None:
            return None
        item = item.get(key)
    return (LIST_SEPARATOR.join(item) or None) if isinstance(item, list) else item
