"""Indexes of the arrays of a type: rows by a value, by their dates, and by both, found without a look at the others.

An index is made when it is first asked for, and kept in the files. Rows are returned in order.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from app.counts.arrays import RowArrays, TypeArrays
from app.counts.columns import References, Texts
from app.counts.criteria import AllOf, Criterion, DaysFit, Not, Present, ValueIn
from app.counts.frames import Array, smallest
from app.counts.grouped import Grouped, starts_of

MANY = 16
"""One of so many rows or links at least has to fit, for all of them to be looked at in order: faster than to sort what
an index finds."""


def every_row(arrays: RowArrays) -> Array:
    """Returns all rows."""
    return np.arange(arrays.size, dtype=np.uint32)


def has_index(arrays: TypeArrays, one: ValueIn) -> bool:
    """Whether there is an index of the column that a criterion looks at."""
    return isinstance(arrays.columns[one.column], Texts)


def rows_with_value(arrays: TypeArrays, one: ValueIn, lacking: str = "") -> Array:
    """Returns the rows that have one of some texts: of all, or of those that are `lacking` a value in a column."""
    wanted = codes_of(arrays, one)
    rows: Array = _by_value(arrays, one.column, lacking).of(wanted)[0]
    return rows if len(wanted) == 1 else np.sort(rows)


def rows_without(arrays: TypeArrays, column: str) -> Array:
    """Returns the rows without a value."""
    group = arrays.archive.group(
        f"{arrays.name}.{column}.absent", lambda: {"rows": np.flatnonzero(arrays[column] == 0).astype(np.uint32)}
    )
    return group["rows"]


def few_on_days(arrays: RowArrays, one: DaysFit, valued: ValueIn | None = None) -> Array | None:
    """Returns the rows whose days fit: of all, or of those that have one of some texts, too. None where it is faster to
    look at all than to put these in order."""
    if not isinstance(arrays, TypeArrays):
        return None
    dated = _by_date(arrays, one, valued)
    fitting = _fitting_days(arrays, one, valued)
    if sum(dates.number(dated) for dates in fitting) > arrays.size // MANY:
        return None
    found = [rows for dates in fitting for rows in dates.rows(dated)]
    return np.sort(np.concatenate(found) if found else dated.values[:0])


def found_by_two(arrays: TypeArrays, criteria: Sequence[Criterion]) -> tuple[Array, list[Criterion]] | None:
    """Returns the rows that meet two of the criteria, which one index has, and the others of the criteria; None without
    such an index. Lists with a kind and a month are found so, and what they cannot judge."""
    valued = next((one for one in criteria if isinstance(one, ValueIn) and has_index(arrays, one)), None)
    if valued is None:
        return None
    for one in criteria:
        match one:
            case DaysFit():
                rows = few_on_days(arrays, one, valued)
            case Not(Present(column)):
                rows = rows_with_value(arrays, valued, column)
            case _:
                continue
        if rows is not None:
            return rows, [other for other in criteria if other is not valued and other is not one]
    return None


def expected_rows(arrays: TypeArrays, criterion: Criterion) -> int:
    """Returns how many rows an index of the criterion finds; all where it has none."""
    match criterion:
        case AllOf((first, *_)):
            return expected_rows(arrays, first)
        case ValueIn() if has_index(arrays, criterion):
            return _by_value(arrays, criterion.column).number(codes_of(arrays, criterion))
        case DaysFit():
            dated = _by_date(arrays, criterion)
            return sum(dates.number(dated) for dates in _fitting_days(arrays, criterion))
        case Not(Present(column)):
            return len(rows_without(arrays, column))
        case _:
            return arrays.size


def codes_of(arrays: RowArrays, one: ValueIn) -> Array:
    """Returns the codes of the values, or the references to the records that they are or contain."""
    return arrays.archive.once("codes", one, lambda: _codes(arrays, one))


def _codes(arrays: RowArrays, one: ValueIn) -> Array:
    if not isinstance(arrays.columns[one.column], References):
        assert isinstance(one.values, Sequence), "only records are found by a query"
        return np.array(arrays.codes(one.column, one.values), np.int64)
    found = arrays.positions(one.column, one.values)
    if one.hierarchy is not None:
        # The records of a hierarchy come first among those that the column may refer to.
        archive = arrays.archive
        inside = found < archive[one.hierarchy.type].size
        below = archive.parts(one.hierarchy, found[inside], stated=one.stated)
        found = np.concatenate([below.astype(np.int64), found[~inside]])
    return found + 1


def _by_value(arrays: TypeArrays, column: str, lacking: str = "") -> Grouped:
    """Returns the rows of each code of a column."""

    def make() -> dict[str, Array]:
        rows = rows_without(arrays, lacking) if lacking else every_row(arrays)
        codes = arrays[column][rows]
        order = np.argsort(codes, kind="stable")
        return {"starts": starts_of(codes, len(arrays.values(column)) + 1), "values": rows[order].astype(np.uint32)}

    name = f"{arrays.name}.{lacking}.absent.{column}" if lacking else f"{arrays.name}.{column}.rows"
    group = arrays.archive.group(name, make)
    return Grouped(group["starts"], group["values"])


def _dates(arrays: TypeArrays, one: DaysFit, valued: ValueIn | None) -> Mapping[str, Array]:
    """Returns the distinct dates that records have, and where the rows of each start. With a column of texts these are
    the dates of each of its codes, which start where `of_code` says."""

    def make() -> dict[str, Array]:
        keys = arrays[one.first].astype(np.int64) << _DAY_BITS | arrays[one.last].astype(np.int64)
        if valued is not None:
            keys |= arrays[valued.column].astype(np.int64) << 2 * _DAY_BITS
        order = np.argsort(keys, kind="stable").astype(np.uint32)
        dates, starts = np.unique(keys[order], return_index=True)
        codes = 1 if valued is None else len(arrays.values(valued.column)) + 1
        return {
            "rows": order,
            "first": (dates >> _DAY_BITS & _DAY_MASK).astype(np.uint32),
            "last": (dates & _DAY_MASK).astype(np.uint32),
            "starts": smallest(np.append(starts, len(keys))),
            "of_code": smallest(np.searchsorted(dates, np.arange(codes + 1) << 2 * _DAY_BITS)),
        }

    columns = [one.first, one.last] if valued is None else [valued.column, one.first, one.last]
    return arrays.archive.group(f"{arrays.name}.{'.'.join(columns)}.dates", make)


_DAY_BITS = 22
"""What the ordinal of a day takes; the last, 9999-12-31, is 3,652,059."""

_DAY_MASK = (1 << _DAY_BITS) - 1


def _by_date(arrays: TypeArrays, one: DaysFit, valued: ValueIn | None = None) -> Grouped:
    dates = _dates(arrays, one, valued)
    return Grouped(dates["starts"], dates["rows"])


class _FittingDates(NamedTuple):
    """Which of the distinct dates fit: single ones, and those from `start` to `end`, whose rows stand together."""

    single: Array
    start: int
    end: int

    def number(self, dated: Grouped) -> int:
        """How many rows have these dates."""
        together = int(dated.starts[self.end]) - int(dated.starts[self.start])
        return together + (dated.number(self.single) if len(self.single) else 0)

    def rows(self, dated: Grouped) -> Iterator[Array]:
        """Yields the rows that have these dates."""
        if len(self.single):
            yield dated.of(self.single)[0]
        if self.start < self.end:
            yield dated.values[dated.starts[self.start] : dated.starts[self.end]]


def _fitting_days(arrays: TypeArrays, one: DaysFit, valued: ValueIn | None = None) -> Sequence[_FittingDates]:
    """Returns which of the distinct dates fit, for each text: a few thousand stand for all records."""

    def fitting() -> Sequence[_FittingDates]:
        return list(_fitting_parts(arrays, one, valued))

    return arrays.archive.once("days", one, fitting) if valued is None else fitting()


def _fitting_parts(arrays: TypeArrays, one: DaysFit, valued: ValueIn | None) -> Iterator[_FittingDates]:
    """They are in the order of the first days, so that only what begins before the interval has to be looked at, or
    ends after it."""
    dates = _dates(arrays, one, valued)
    firsts, lasts, of_code = dates["first"], dates["last"], dates["of_code"]
    for code in [0] if valued is None else codes_of(arrays, valued).tolist():
        begin = int(of_code[code])
        first = firsts[begin : int(of_code[code + 1])]
        start, end = (begin + int(place) for place in first.searchsorted(np.array([one.start, one.end + 1], np.uint32)))
        if one.within:
            yield _FittingDates(start + np.flatnonzero(lasts[start:end] <= one.end), 0, 0)
        else:
            yield _FittingDates(begin + np.flatnonzero(lasts[begin:start] >= one.start), start, max(start, end))
