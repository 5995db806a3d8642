"""What the records of a type are counted by: columns of its table, and links to other records.

Each is stored for every record under its name, and is there as an array.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from zlib import crc32


@dataclass(frozen=True)
class Texts:
    """A column, or an expression, with few distinct texts: stored as numbers that stand for them; 0 is null."""

    name: str
    value: Any = field(compare=False)


@dataclass(frozen=True)
class Numbers:
    """A column of whole numbers from 0, or of truth values; null is `NO_NUMBER`."""

    name: str
    value: Any = field(compare=False)


NO_NUMBER = -1


@dataclass(frozen=True)
class Days:
    """A column of days (`YYYY-MM-DD`), as ordinals; no day is 0."""

    name: str
    value: Any = field(compare=False)


@dataclass(frozen=True)
class References:
    """A column with the id of a record of one of some types: stored as the number of that record; null is 0.

    In arrays it is the position of the record among those of the first type, of the second and so on, plus 1.
    """

    name: str
    value: Any = field(compare=False)
    targets: tuple[str, ...]


@dataclass(frozen=True)
class Areas:
    """The seven columns of a point with its radius and box: stored once for each distinct area; 0 is none."""

    name: str
    table: Any = field(compare=False)

    @property
    def values(self) -> list[Any]:
        """What is selected."""
        return [getattr(self.table, side) for side in AREA_SIDES]


AREA_SIDES = ("latitude", "longitude", "radius_m", "west", "south", "east", "north")

Column = Texts | Numbers | Days | References | Areas


@dataclass(frozen=True)
class Links:
    """A table of links: any number of rows for each record. `owner` is its column with the id of the record. Those that
    are `repeated` are stored once, and have one column of which there are few values."""

    name: str
    owner: Any = field(compare=False)
    columns: tuple[Column, ...]
    where: Any = field(default=None, compare=False)
    repeated: bool = False


@dataclass(frozen=True)
class Hierarchy:
    """What contains the records of a type: by links to them, or by the column of a part's only parent."""

    type: str
    column: str
    links: str = ""
    stated: str = ""
    """The name of the links' column in which `stated` tells what the reporting states from what editors add."""
    members: tuple[str, str, str] | None = None
    """Type, links and column of others that belong to these records, and are behind them in references."""


@dataclass(frozen=True)
class CountedType:
    """A type of records: its name, its table and what it is counted by."""

    name: str
    table: Any
    columns: Sequence[Column]
    links: Sequence[Links]

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """The columns of the records themselves by name."""
        return {one.name: one for one in self.columns}

    def column(self, name: str) -> Column | None:
        """The column of the records themselves with a name, if there is one."""
        return self.by_name.get(name)

    def link(self, name: str) -> Links:
        """The links with a name."""
        return next(one for one in self.links if one.name == name)


def signature(types: Mapping[str, CountedType]) -> str:
    """Returns a text that is another one where something else is counted: by it, what older code stored is told."""
    declared = [
        (one.name, [*map(_declared, one.columns)], [*map(_declared_links, one.links)]) for one in types.values()
    ]
    return f"{crc32(repr(declared).encode()):08x}"


def _declared(column: Column) -> tuple[str, str, object]:
    return type(column).__name__, column.name, getattr(column, "targets", None)


def _declared_links(links: Links) -> tuple[str, object]:
    return links.name, [*map(_declared, links.columns)]
