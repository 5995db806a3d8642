"""Finds the records that meet criteria, as rows of the arrays.

Every function takes rows in order and returns those of them, in order, that meet a criterion; None stands for all rows.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from sqlalchemy import select

from app.counts.arrays import STARTS, RowArrays, TypeArrays
from app.counts.columns import AREA_SIDES, NO_NUMBER, References, Texts
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
from app.counts.frames import Array, smallest
from app.counts.grouped import Grouped, starts_of

_FEW, _SHARE = 20_000, 8
"""Rows, or the share of all rows, up to which their links are looked at one by one; with more, the owners of all links
that fit are marked."""

_MANY = 16
"""Of so many links one at least has to fit, for all of them to be looked at in order: faster than to sort many."""


def meeting(arrays: RowArrays, criterion: Criterion, rows: Array | None) -> Array:
    """Returns those of the rows that meet a criterion."""
    match criterion:
        case AllOf(criteria):
            for one in criteria:
                rows = meeting(arrays, one, rows)
            return every_row(arrays) if rows is None else rows
        case Not(Present(column)):
            if rows is None and isinstance(arrays, TypeArrays):
                return _without(arrays, column)
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
        case ValueIn() if rows is None and _is_indexed(arrays, criterion):
            return _with_value(arrays, criterion)
        case ValueIn():
            fits = _value_in(arrays, criterion)
            return _rows_that_fit(arrays, rows, [criterion.column], fits)
        case NumberFits(column, fits):
            return _rows_that_fit(arrays, rows, [column], lambda numbers: (numbers != NO_NUMBER) & fits(numbers))
        case Present(column):
            return _rows_that_fit(arrays, rows, [column], lambda array: array > 0)
        case DaysFit() if rows is None and isinstance(arrays, TypeArrays) and _is_in_few_rows(arrays, criterion):
            return np.sort(_dated(arrays, criterion).of(_fitting_days(arrays, criterion))[0])
        case DaysFit(first, last, fits):
            return _rows_that_fit(arrays, rows, [first, last], lambda one, other: (one > 0) & fits(one, other))
        case AreaFits():
            return _in_area(arrays, criterion, rows)


def every_row(arrays: RowArrays) -> Array:
    """Returns all rows."""
    return np.arange(arrays.size, dtype=np.uint32)


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


def _is_indexed(arrays: RowArrays, one: ValueIn) -> bool:
    return isinstance(arrays, TypeArrays) and isinstance(arrays.columns[one.column], Texts)


def _with_value(arrays: RowArrays, one: ValueIn) -> Array:
    """Returns the rows that have one of some texts, without a look at the others."""
    assert isinstance(arrays, TypeArrays)
    wanted = _codes_of_values(arrays, one)
    rows: Array = _by_value(arrays, one.column).of(wanted)[0]
    return rows if len(wanted) == 1 else np.sort(rows)


def _by_value(arrays: TypeArrays, column: str) -> Grouped:
    """Returns the rows of each code of a column."""

    def make() -> dict[str, Array]:
        codes = arrays[column]
        size = len(arrays.values(column)) + 1
        return {"starts": starts_of(codes, size), "values": np.argsort(codes, kind="stable").astype(np.uint32)}

    group = arrays.archive.group(f"{arrays.name}.{column}.rows", make)
    return Grouped(group["starts"], group["values"])


def _without(arrays: TypeArrays, column: str) -> Array:
    """Returns the rows without a value."""
    group = arrays.archive.group(
        f"{arrays.name}.{column}.absent", lambda: {"rows": np.flatnonzero(arrays[column] == 0).astype(np.uint32)}
    )
    return group["rows"]


def _dates(arrays: TypeArrays, one: DaysFit) -> Mapping[str, Array]:
    """Returns the distinct dates that records have, and the rows of each."""

    def make() -> dict[str, Array]:
        keys = arrays[one.first].astype(np.int64) << 32 | arrays[one.last].astype(np.int64)
        order = np.argsort(keys, kind="stable").astype(np.uint32)
        dates, starts = np.unique(keys[order], return_index=True)
        days = {"first": dates >> 32, "last": dates & 0xFFFFFFFF, "starts": np.append(starts, len(keys))}
        return {"rows": order, **{name: smallest(array) for name, array in days.items()}}

    return arrays.archive.group(f"{arrays.name}.{one.first}.{one.last}.rows", make)


def _dated(arrays: TypeArrays, one: DaysFit) -> Grouped:
    dates = _dates(arrays, one)
    return Grouped(dates["starts"], dates["rows"])


def _fitting_days(arrays: TypeArrays, one: DaysFit) -> Array:
    """Returns which of the distinct dates fit: a few thousand stand for all records."""
    dates = _dates(arrays, one)
    return arrays.archive.once(
        "days", one, lambda: np.flatnonzero((dates["first"] > 0) & one.fits(dates["first"], dates["last"]))
    )


def _is_in_few_rows(arrays: TypeArrays, one: DaysFit) -> bool:
    """Whether it is faster to put the rows in order than to look at all."""
    return expected_rows(arrays, one) <= arrays.size // _MANY


def _number(of: Grouped, wanted: Array) -> int:
    return int((of.starts[wanted + 1].astype(np.int64) - of.starts[wanted]).sum())


def expected_rows(arrays: TypeArrays, criterion: Criterion) -> int:
    """Returns how many rows an index of the criterion finds; all where it has none."""
    match criterion:
        case AllOf((first, *_)):
            return expected_rows(arrays, first)
        case ValueIn() if _is_indexed(arrays, criterion):
            by_value = _by_value(arrays, criterion.column)
            return arrays.archive.once(
                "expected rows", criterion, lambda: _number(by_value, _codes_of_values(arrays, criterion))
            )
        case DaysFit():
            dated = _dated(arrays, criterion)
            return arrays.archive.once(
                "expected rows", criterion, lambda: _number(dated, _fitting_days(arrays, criterion))
            )
        case Not(Present(column)):
            return len(_without(arrays, column))
        case _:
            return arrays.size


def _value_in(arrays: RowArrays, one: ValueIn) -> Callable[[Array], Array]:
    wanted = _codes_of_values(arrays, one)
    if len(wanted) == 1:
        return lambda array: array == wanted[0]
    table = np.zeros(int(wanted.max(initial=0)) + 2, bool)
    table[wanted] = True
    # What is beyond the table is none of the values. Short columns have small types, which hold no greater number.
    return lambda array: table[np.minimum(array, min(len(table) - 1, np.iinfo(array.dtype).max))]


def _codes_of_values(arrays: RowArrays, one: ValueIn) -> Array:
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
    if len(fitting) <= size // _MANY:
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
    if (found := _lookup(arrays, one)) is None or _number_of_links(found) > links.size // _MANY:
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
    return _number(every, wanted)


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
    return _codes_of_values(links, first), Grouped(group["starts"], group["values"])


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
