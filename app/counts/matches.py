"""Finds the records that meet criteria, as rows of the arrays.

Every function takes rows in order and returns those of them, in order, that meet a criterion; None stands for all rows.
"""

from collections.abc import Callable, Sequence

import numpy as np
from sqlalchemy import select

from app.counts.arrays import STARTS, RowArrays, TypeArrays
from app.counts.columns import AREA_SIDES, NO_NUMBER, References
from app.counts.criteria import (
    AllOf,
    AnyOf,
    AreaFits,
    ChangedAfter,
    Criterion,
    DaysFit,
    HasLink,
    IsOneOf,
    IsReferredTo,
    Not,
    NumberFits,
    Present,
    ValueIn,
)
from app.counts.frames import Array
from app.counts.grouped import Grouped, starts_of
from app.counts.indexes import MANY, codes_of, every_row, few_on_days, has_index, rows_with_value, rows_without

_FEW, _SHARE = 20_000, 8
"""Rows, or the share of all rows, up to which their links are looked at one by one; with more, the owners of all links
that fit are marked."""


def meeting(arrays: RowArrays, criterion: Criterion, rows: Array | None) -> Array:
    """Returns those of the rows that meet a criterion."""
    match criterion:
        case AllOf(criteria):
            for one in criteria:
                rows = meeting(arrays, one, rows)
            return every_row(arrays) if rows is None else rows
        case Not(Present(column)):
            if rows is None and isinstance(arrays, TypeArrays):
                return rows_without(arrays, column)
            return _rows_that_fit(arrays, rows, [column], lambda array: array == 0)
        case Not(inner):
            if rows is None:
                rows = every_row(arrays)
            return rows[~_are_among(rows, meeting(arrays, inner, rows), arrays.size)]
        case AnyOf(criteria):
            if rows is None:
                rows = every_row(arrays)
            met = np.zeros(len(rows), bool)
            for one in criteria:
                met |= _are_among(rows, meeting(arrays, one, rows), arrays.size)
            return rows[met]
        case IsOneOf():
            assert isinstance(arrays, TypeArrays)
            return _of_both(arrays, _themselves(arrays, criterion), rows)
        case ChangedAfter(release):
            assert isinstance(arrays, TypeArrays)
            return _of_both(arrays, _changed_after(arrays, release), rows)
        case HasLink():
            assert isinstance(arrays, TypeArrays)
            return _with_link(arrays, criterion, rows)
        case IsReferredTo():
            assert isinstance(arrays, TypeArrays)
            return _referred_to(arrays, criterion, rows)
        case ValueIn() if rows is None and isinstance(arrays, TypeArrays) and has_index(arrays, criterion):
            return rows_with_value(arrays, criterion)
        case ValueIn():
            fits = _value_in(arrays, criterion)
            return _rows_that_fit(arrays, rows, [criterion.column], fits)
        case NumberFits(column, fits):
            return _rows_that_fit(arrays, rows, [column], lambda numbers: (numbers != NO_NUMBER) & fits(numbers))
        case Present(column):
            return _rows_that_fit(arrays, rows, [column], lambda array: array > 0)
        case DaysFit() if rows is None and (found := few_on_days(arrays, criterion)) is not None:
            return found
        case DaysFit(first, last):
            return _rows_that_fit(arrays, rows, [first, last], criterion.fits)
        case AreaFits():
            return _in_area(arrays, criterion, rows)


def _are_among(rows: Array, found: Array, size: int) -> Array:
    """Returns which rows were found, all of them among these. Few are searched for; else all are marked."""
    marks = np.zeros(size if len(rows) > size // _SHARE else len(rows), bool)
    if len(marks) < size:
        marks[np.searchsorted(rows, found)] = True
        return marks
    marks[found] = True
    return marks if len(rows) == size else marks[rows]


def _of_both(arrays: RowArrays, found: Array, rows: Array | None) -> Array:
    """Returns those of the rows that were found among all."""
    if rows is None or not len(found):
        return found
    marks = np.zeros(arrays.size, bool)
    marks[found] = True
    return rows[marks[rows]]


def _themselves(arrays: TypeArrays, one: IsOneOf) -> Array:
    rows = arrays.archive.once("ids", one, lambda: arrays.with_ids(one.ids))
    return np.sort(rows) if one.hierarchy is None else arrays.archive.parts(one.hierarchy, rows, stated=one.stated)


_FEW_CHANGED = 5_000
"""Records up to which those that later releases have changed are read from their index."""


def _changed_after(arrays: TypeArrays, release: int) -> Array:
    archive, table = arrays.archive, arrays.counted.table
    later = select(table.number).where(table.changed_in > release).limit(_FEW_CHANGED + 1)
    numbers = archive.snapshot.column(later)
    if len(numbers) <= _FEW_CHANGED:
        return np.sort(arrays.rows(np.array(numbers, np.uint32)))
    return np.flatnonzero(arrays.changed_in > release)


def _rows_that_fit(arrays: RowArrays, rows: Array | None, columns: Sequence[str], fits: Callable[..., Array]) -> Array:
    if rows is None:
        return np.flatnonzero(fits(*(arrays[name] for name in columns)))
    kept: Array = rows[fits(*(arrays[name][rows] for name in columns))]
    return kept


def _value_in(arrays: RowArrays, one: ValueIn) -> Callable[[Array], Array]:
    wanted = codes_of(arrays, one)
    if len(wanted) == 1:
        code = int(wanted[0])  # one of NumPy's would make the array one of long numbers first
        return lambda array: array == code
    table = np.zeros(int(wanted.max(initial=0)) + 2, bool)
    table[wanted] = True
    # What is beyond the table is none of the values. Short columns have small types, which hold no greater number.
    return lambda array: table[np.minimum(array, min(len(table) - 1, np.iinfo(array.dtype).max))]


def _in_area(arrays: RowArrays, one: AreaFits, rows: Array | None) -> Array:
    sides = arrays.values(one.column)
    # An area stands for many records, and is judged once.
    fits = np.concatenate([[False], one.fits(*(sides[:, side] for side in range(len(AREA_SIDES))))])
    return _rows_that_fit(arrays, rows, [one.column], lambda areas: fits[areas])


def _with_link(arrays: TypeArrays, one: HasLink, rows: Array | None) -> Array:
    links, starts = arrays.links(one.links), arrays.arrays[f"{one.links}{STARTS}"]
    if one.each and _are_single(arrays, one.links):
        return meeting(links, AllOf(one.each), rows)
    if rows is None or len(rows) > max(_FEW, arrays.size // _SHARE):

        def have_one() -> Array:
            if not one.each:
                return np.diff(starts) > 0
            return _owners(starts, meeting(links, AllOf(one.each[1:]), _indexed(arrays, one, links)), links.size)

        owners = arrays.archive.once("owners", one, have_one)
        return np.flatnonzero(owners) if rows is None else rows[owners[rows]]
    positions, lengths = Grouped(starts, starts).positions(rows)
    met = _are_among(positions, meeting(links, AllOf(one.each), positions), links.size)
    kept = np.zeros(len(rows), bool)
    kept[np.repeat(np.arange(len(rows)), lengths)[met]] = True
    return rows[kept]


def _are_single(arrays: TypeArrays, links: str) -> bool:
    """Whether every record has one of these links, which then stands where the record does."""

    def make() -> dict[str, Array]:
        starts = arrays.arrays[f"{links}{STARTS}"]
        return {"single": np.array([bool((starts == np.arange(len(starts))).all())])}

    return bool(arrays.archive.group(f"{arrays.name}.{links}.single", make)["single"][0])


def _owners(starts: Array, fitting: Array, size: int) -> Array:
    """Returns which rows have one of some links."""
    if len(fitting) <= size // MANY:
        owners = np.zeros(len(starts) - 1, bool)
        owners[np.searchsorted(starts, fitting, side="right") - 1] = True
        return owners
    marks = np.zeros(size + 1, np.uint32)
    marks[fitting + 1] = 1
    before = np.cumsum(marks, dtype=np.uint32)[starts]
    has_one: Array = before[1:] > before[:-1]
    return has_one


def _referred_to(arrays: TypeArrays, one: IsReferredTo, rows: Array | None) -> Array:
    def are() -> Array:
        others = arrays.archive[one.type]
        found = np.zeros(arrays.size + 1, bool)
        found[others[one.column][meeting(others, AllOf(one.each), None)]] = True
        return found[1:]

    referred_to = arrays.archive.once("referred to", one, are)
    return np.flatnonzero(referred_to) if rows is None else rows[referred_to[rows]]


def _indexed(arrays: TypeArrays, one: HasLink, links: RowArrays) -> Array:
    """Returns the links that meet the first criterion; those that refer to few records are looked up."""
    if (found := _lookup(arrays, one)) is None or _number_of_links(found) > links.size // MANY:
        return meeting(links, one.each[0], None)
    wanted, every = found
    return np.sort(every.of(wanted)[0])


def expected_links(arrays: RowArrays, criterion: Criterion) -> int:
    """Returns how many links are looked at, as far as that is known: to begin with what finds fewest."""
    assert isinstance(arrays, TypeArrays)
    found = _lookup(arrays, criterion) if isinstance(criterion, HasLink) else None
    return arrays.size if found is None else _number_of_links(found)


def _number_of_links(found: tuple[Array, Grouped]) -> int:
    wanted, every = found
    return every.number(wanted)


def _lookup(arrays: TypeArrays, one: HasLink) -> tuple[Array, Grouped] | None:
    """Returns what the links refer to by their first criterion, and the links of each such record; None where the
    criterion is another."""
    first, links = one.each[0] if one.each else None, arrays.links(one.links)
    if not isinstance(first, ValueIn) or not isinstance(declared := links.columns[first.column], References):
        return None
    archive = arrays.archive

    def make() -> dict[str, Array]:
        references = links[first.column]
        order = np.argsort(references, kind="stable").astype(np.uint32)
        return {"starts": starts_of(references, archive.size(declared.targets) + 1), "values": order}

    group = archive.group(f"{arrays.name}.{one.links}.{first.column}.inverted", make)
    return codes_of(links, first), Grouped(group["starts"], group["values"])


def supports(arrays: TypeArrays, criterion: Criterion) -> bool:
    """Whether a type is counted by all that a criterion looks at."""
    match criterion:
        case IsOneOf() | ChangedAfter():
            return True
        case AllOf(criteria) | AnyOf(criteria):
            return all(supports(arrays, one) for one in criteria)
        case IsReferredTo():
            column = arrays.archive.types[criterion.type].column(criterion.column)
            return isinstance(column, References) and column.targets == (arrays.name,)
        case Not(inner):
            return supports(arrays, inner)
        case HasLink(links):
            return any(one.name == links for one in arrays.counted.links)
        case DaysFit(first, last):
            return first in arrays.columns and last in arrays.columns
        case _:
            return criterion.column in arrays.columns
