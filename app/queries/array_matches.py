"""Finds the records that meet conditions in arrays, and in SQL what arrays do not know."""

from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Any

import numpy as np
from sqlalchemy import Select, select

from app.counts.arrays import Archive, TypeArrays, listed, numbers_in
from app.counts.criteria import AllOf, AreaFits, ChangedAfter, Criterion, DaysFit, IsOneOf, NumberFits, Present, ValueIn
from app.counts.frames import Array
from app.counts.indexes import expected_rows, found_by_two
from app.counts.matches import expected_links, meeting, supports
from app.queries.conditions import Condition, with_numbers
from app.queries.most_selective import conditions_for_counts
from app.queries.record_type import RecordType
from app.queries.search import all_matches, match_parameters
from app.search.entry_numbers import document_number, type_range

_FEW = 5_000
"""Rows up to which SQL looks at these alone for what arrays do not know."""


def find_rows(
    archive: Archive, resource: RecordType, conditions: Sequence[Condition], rows: Array | None = None
) -> Array | None:
    """Returns those of the rows whose records meet all conditions, in order; None stands for all records."""
    own, by_type, in_sql = archive[resource.name], dict[str, list[Criterion]](), list[Condition]()
    for one in conditions:
        if one.either:
            continue
        if one.criterion is None or (arrays := _looked_up_in(archive, resource, own, one)) is None:
            in_sql.append(one)
        else:
            by_type.setdefault(arrays.name, []).append(one.criterion)
    # What has to be looked up for each record comes last: the others leave few of them.
    dear = [one for one in by_type.get(own.name, ()) if len(by_type) > 1 and _cost(one) == _COST_OF_LINKS]
    rows = _meeting_all(own, [one for one in by_type.pop(own.name, ()) if one not in dear], rows)
    for name, criteria in by_type.items():
        rows = of_subjects(archive, resource, _meeting_all(archive[name], criteria, None), rows)
    rows = _meeting_all(own, dear, rows)
    if in_sql:
        rows = _in_sql(own, resource, in_sql, rows)
    for one in conditions:
        if one.either:
            rows = _meeting_either(archive, resource, one.either, rows)
    return rows


def _meeting_either(
    archive: Archive, resource: RecordType, either: Sequence[Condition], rows: Array | None
) -> Array | None:
    found = [find_rows(archive, resource, [one], rows) for one in either]
    met = [one for one in found if one is not None]
    return np.unique(np.concatenate(met)) if len(met) == len(found) else rows


def _looked_up_in(archive: Archive, resource: RecordType, own: TypeArrays, condition: Condition) -> TypeArrays | None:
    """Returns the arrays in which a condition is looked up, of its table if it has one: those of the records, or of
    what they are chosen by."""
    if _is_looked_up_in(own, condition):
        return own
    if resource.chosen_by is None:
        return None
    of_subjects = archive[resource.chosen_by.record_type.name]
    return of_subjects if _is_looked_up_in(of_subjects, condition) else None


def _is_looked_up_in(arrays: TypeArrays, condition: Condition) -> bool:
    assert condition.criterion is not None
    return condition.of in (None, arrays.counted.table) and supports(arrays, condition.criterion)


def _meeting_all(arrays: TypeArrays, criteria: Sequence[Criterion], rows: Array | None) -> Array | None:
    each = list(chain.from_iterable(one.criteria if isinstance(one, AllOf) else (one,) for one in criteria))
    if rows is None and (found := found_by_two(arrays, each)) is not None:
        rows, each = found
    in_order = sorted(each, key=_cost)
    if sum(_cost(one) == _COST_OF_LINKS for one in criteria) > 1:
        in_order.sort(key=lambda one: (_cost(one), _cost(one) == _COST_OF_LINKS and expected_links(arrays, one)))
    if rows is None and len(in_order) > 1:
        fewest = min(in_order, key=lambda one: expected_rows(arrays, one))
        in_order.sort(key=lambda one: one is not fewest)
    for one in in_order:
        rows = meeting(arrays, one, rows)
    return rows


def _cost(criterion: Criterion) -> int:
    """What is looked at first: short columns."""
    match criterion:
        case ValueIn() | NumberFits() | Present() | IsOneOf() | ChangedAfter():
            return 0
        case DaysFit() | AllOf():
            return 1
        case AreaFits():
            return 2
        case _:
            return _COST_OF_LINKS


_COST_OF_LINKS = 3


def of_subjects(archive: Archive, resource: RecordType, subjects: Array | None, rows: Array | None) -> Array | None:
    """Returns those of the rows that are chosen by one of some records."""
    assert resource.chosen_by is not None
    if subjects is None:
        return rows
    chosen = np.zeros(archive[resource.chosen_by.record_type.name].size + 1, bool)
    chosen[subjects + 1] = True
    subject_of = archive[resource.name][resource.chosen_by.column]
    return np.flatnonzero(chosen[subject_of]) if rows is None else rows[chosen[subject_of[rows]]]


def _in_sql(own: TypeArrays, resource: RecordType, conditions: list[Condition], rows: Array | None) -> Array:
    others = [one for one in conditions if not _is_its_lookup(one)]
    for one in conditions:
        if _is_its_lookup(one) and (rows is None or len(rows)):
            rows = _in_both(_by_lookup(own, resource, one), rows)
    if others and (rows is None or len(rows)):
        rows = _by_records(own, resource, others, rows)
    assert rows is not None
    return rows


def _by_records(own: TypeArrays, resource: RecordType, conditions: list[Condition], rows: Array | None) -> Array:
    """Returns those of the rows whose records SQL finds: few are looked at alone."""
    snapshot, number = own.archive.snapshot, resource.table.number
    if rows is not None and len(rows) <= _FEW:
        among = with_numbers(resource.table, own.numbers[rows].tolist())
        return own.rows(np.sort(np.array(snapshot.column(resource.select([among, *conditions], number)), np.int64)))
    chosen, _ = conditions_for_counts(snapshot, resource.table, conditions)
    found = own.rows(np.sort(numbers_in(snapshot.value(resource.select(chosen, listed(number))))))
    return _in_both(found, rows)


def _is_its_lookup(one: Condition) -> bool:
    """Whether the records that meet a condition are those that its index finds, as those with a word."""
    return one.uses_index and one.lookup is not None


def _by_lookup(own: TypeArrays, resource: RecordType, condition: Condition) -> Array:
    """Returns the rows whose numbers an index has, which may have others, without a look at the records."""
    snapshot = own.archive.snapshot
    if condition.words is not None:
        entries = snapshot.value(_all_matches(), **match_parameters(condition.words, type_range(resource.code)))
        numbers = np.sort(document_number(numbers_in(entries)))
    else:
        assert condition.lookup is not None
        numbers = np.sort(numbers_in(snapshot.value(select(listed(condition.lookup.keys().subquery().columns[0])))))
    rows = np.minimum(own.rows(numbers), max(own.size - 1, 0))
    found: Array = rows[own.numbers[rows] == numbers] if own.size else rows
    return found


@cache
def _all_matches() -> Select[Any]:
    return select(listed(all_matches().subquery().columns[0]))


def _in_both(found: Array, rows: Array | None) -> Array:
    return found if rows is None else np.intersect1d(found, rows, assume_unique=True)
