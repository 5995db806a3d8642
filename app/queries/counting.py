"""Counts the records that match filters, and chooses the most selective index for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.queries.conditions import AXES, MAX_LISTED_NUMBERS, Condition, not_judged, with_numbers
from app.queries.facets import Records
from app.queries.most_selective import conditions_for_counts
from app.queries.record_type import RecordType
from app.storage.snapshot import Snapshot


def counts_all(filters: Any) -> bool:
    """Whether `count=exact`, `facets` or `totals` asks for numbers of all that matches."""
    return filters.count == "exact" or has_sums(filters)


def has_sums(filters: Any) -> bool:
    """Whether `facets` or `totals` of all that matches are asked for; only some lists take them."""
    return bool(getattr(filters, "facets", ()) or getattr(filters, "totals", False))


@dataclass(frozen=True)
class MatchedRecords:
    """The records that match some filters.

    `filter_conditions` are the conditions of the filters, with the most selective one as the index to search. `numbers`
    are those of the records where there are few. `rows` are where they stand in the arrays of the release; None where
    these are all, and where it has no arrays.
    """

    resource: RecordType
    filter_conditions: list[Condition]
    matched: int | None
    numbers: Callable[[], Sequence[int]] | None = None
    rows: Any = None

    def is_at_most(self, most: int) -> bool:
        """Whether arrays have found them, and so many at most."""
        return self.rows is not None and len(self.rows) <= most

    @cached_property
    def conditions(self) -> list[Condition]:
        """The conditions that select them; where there are few, by their numbers, so that further statements need not
        search again."""
        if self.numbers is None:
            return self.filter_conditions
        return [with_numbers(self.resource.table, self.numbers())]


def match_records(snapshot: Snapshot, resource: RecordType, filters: Any) -> MatchedRecords:
    """Finds the records that match, once for several statements."""
    return find_records(snapshot, resource, resource.conditions(filters))


def find_records(snapshot: Snapshot, resource: RecordType, conditions: list[Condition]) -> MatchedRecords:
    """Finds the records that meet conditions, once for several statements."""
    if snapshot.archive is not None:
        return _match_in_arrays(snapshot.archive, resource, conditions)
    filter_conditions, few = conditions_for_counts(snapshot, resource.table, conditions)
    if not few:
        return MatchedRecords(resource, filter_conditions, None)
    numbers = snapshot.column(resource.select(filter_conditions, resource.table.number))
    return MatchedRecords(resource, filter_conditions, len(numbers), lambda: numbers)


def _match_in_arrays(archive: Any, resource: RecordType, conditions: list[Condition]) -> MatchedRecords:
    # Here, because importing NumPy takes longer than most answers.
    from app.queries.array_matches import find_rows

    rows, arrays = find_rows(archive, resource, conditions), archive[resource.name]
    if rows is None:
        return MatchedRecords(resource, conditions, arrays.size)

    def numbers() -> list[int]:
        found: list[int] = arrays.numbers[rows].tolist()
        return found

    few = len(rows) <= MAX_LISTED_NUMBERS
    return MatchedRecords(resource, conditions, len(rows), numbers if few else None, rows)


def count_matches(
    snapshot: Snapshot, resource: RecordType, filters: Any, found: MatchedRecords | None = None
) -> dict[str, Any]:
    """Counts the records that match, and for each axis those that it cannot judge. `found` saves a second search."""
    found = match_records(snapshot, resource, filters) if found is None else found
    matched = snapshot.value(resource.count(found.filter_conditions)) if found.matched is None else found.matched
    return {"matched": matched, "not_judged": _count_not_judged(snapshot, resource, found.filter_conditions)}


def _count_not_judged(snapshot: Snapshot, resource: RecordType, conditions: list[Condition]) -> dict[str, int | None]:
    aside: dict[str, int | None] = dict.fromkeys(AXES)
    total = snapshot.release.counts.get(resource.name, 0)
    for axis in {one.axis for one in conditions if one.axis is not None}:
        if snapshot.archive is None:
            statement = resource.count_not_judged(conditions, axis, total)
            aside[axis] = None if statement is None else snapshot.value(statement)
        elif (lacking := not_judged(conditions, axis)) is not None:
            aside[axis] = _match_in_arrays(snapshot.archive, resource, lacking).matched
    return aside


def records(resource: RecordType, conditions: list[Condition]) -> Records:
    """The records of a resource that match."""
    return lambda column: resource.select(conditions, column) if conditions else None
