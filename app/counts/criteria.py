"""What a filter asks of a record, so that it can be looked up in arrays: without NumPy, beside the SQL condition.

Each names the columns or links that it looks at, by the name that `counted_by` has for them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CompoundSelect, Select

from app.counts.columns import Hierarchy


@dataclass(frozen=True)
class ValueIn:
    """A column has one of these texts, or refers to one of the records with these ids, or with those that a query
    finds, or, where a hierarchy is named, to one that they contain."""

    column: str
    values: Sequence[str] | Select[Any] | CompoundSelect[Any]
    hierarchy: Hierarchy | None = None
    stated: bool = False


@dataclass(frozen=True)
class IsOneOf:
    """The record is one of those with these ids, or of those that a query finds, or, where a hierarchy is named, one
    that they contain or they themselves."""

    ids: Sequence[str] | Select[Any] | CompoundSelect[Any]
    hierarchy: Hierarchy | None = None
    stated: bool = False


@dataclass(frozen=True)
class ChangedAfter:
    """A release after this one has changed the record."""

    release: int


@dataclass(frozen=True)
class NumberFits:
    """A number passes a test, which takes an array of them; null never does."""

    column: str
    fits: Callable[[Any], Any]


@dataclass(frozen=True)
class Present:
    """A column is not null."""

    column: str


@dataclass(frozen=True)
class DaysFit:
    """One of the days from the first to the last lies in an interval, given by the ordinals of its ends, or all of them
    do (`within`); no day, which is 0, never does."""

    first: str
    last: str
    start: int
    end: int
    within: bool = False

    def fits(self, first: Any, last: Any) -> Any:
        """Returns which of the days in two arrays fit."""
        if self.within:
            return (first >= self.start) & (last <= self.end)
        return (first <= self.end) & (last >= self.start)


@dataclass(frozen=True)
class AreaFits:
    """The area of a record passes a test, which takes an array for each side (`AREA_SIDES`); none never does."""

    column: str
    fits: Callable[..., Any]


@dataclass(frozen=True)
class HasLink:
    """One link at least meets all of these."""

    links: str
    each: tuple["Criterion", ...] = ()


@dataclass(frozen=True)
class IsReferredTo:
    """One record at least of another type, whose column refers to it, meets all of these."""

    type: str
    column: str
    each: tuple["Criterion", ...] = ()


@dataclass(frozen=True)
class Not:
    """The criterion is not met."""

    criterion: "Criterion"


@dataclass(frozen=True)
class AllOf:
    """All criteria are met."""

    criteria: tuple["Criterion", ...]


@dataclass(frozen=True)
class AnyOf:
    """One of the criteria is met."""

    criteria: tuple["Criterion", ...]


Criterion = (
    ValueIn
    | IsOneOf
    | ChangedAfter
    | NumberFits
    | Present
    | DaysFit
    | AreaFits
    | HasLink
    | IsReferredTo
    | Not
    | AllOf
    | AnyOf
)


def has_number(column: str) -> NumberFits:
    """A column of numbers is not null."""
    return NumberFits(column, lambda numbers: numbers >= 0)
