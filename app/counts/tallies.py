"""What facets count in arrays, as they declare it: values of columns, of links, or of what contains a record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.counts.columns import Areas, Column, Days, Hierarchy, Links, Numbers
from app.counts.criteria import ValueIn


@dataclass(frozen=True)
class ByColumns:
    """Counts by what columns of the record hold, each value once; with a hierarchy also by what contains it."""

    columns: tuple[Column, ...]
    hierarchy: Hierarchy | None = None
    links: tuple[Links, ...] = ()
    refined_by: tuple[str, ...] = ()


def _no_choice(filters: Any) -> Sequence[ValueIn]:
    return ()


@dataclass(frozen=True)
class ByLinks:
    """Counts by what some columns of links hold, each value once; with a hierarchy also by what contains it.

    `chosen` says which links count; parameters that change it are `refined_by`.
    """

    of: Links
    names: tuple[str, ...]
    hierarchy: Hierarchy | None = None
    chosen: Callable[[Any], Sequence[ValueIn]] = _no_choice
    refined_by: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the record that it needs."""
        return ()

    @property
    def links(self) -> tuple[Links, ...]:
        """The links that it needs."""
        return (self.of,)


@dataclass(frozen=True)
class ByContainers:
    """Counts records by what contains them, without themselves; by `links` of theirs or by `columns`."""

    hierarchy: Hierarchy
    columns: tuple[Column, ...] = ()
    links: tuple[Links, ...] = ()
    refined_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Referring:
    """How records of another type refer to what is counted: a column of their links. What counts is who refers or,
    with `through`, whom that one refers to in this column."""

    type: str
    links: str
    column: str
    through: str = ""


@dataclass(frozen=True)
class ByReferring:
    """Counts records by who refers to them, and by all that contain who does."""

    by: tuple[Referring, ...]
    hierarchy: Hierarchy
    columns: tuple[Column, ...] = ()
    links: tuple[Links, ...] = ()
    refined_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class BySpans:
    """Counts by the first and the last day and, where a date has open ends, by which are: these columns."""

    columns: tuple[Days | Numbers, ...]
    links: tuple[Links, ...] = ()


@dataclass(frozen=True)
class ByPoints:
    """Counts by latitude and longitude."""

    area: Areas
    links: tuple[Links, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the record that it needs."""
        return (self.area,)


ValueTally = ByColumns | ByLinks | ByContainers | ByReferring
Tally = ValueTally | BySpans | ByPoints
