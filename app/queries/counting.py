"""Counts the records that match filters, and chooses the most selective index for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from app.queries.conditions import AXES, MAX_LISTED_NUMBERS, Condition, using_lookup_of, with_numbers
from app.queries.facets import IMPRECISE, NONE, Records, Split
from app.queries.record_type import RecordType
from app.storage.database import Snapshot


@dataclass(frozen=True)
class MatchedRecords:
    """The records that match some filters.

    `conditions` selects them; where there are few, by their numbers, so that further statements need not search again.
    `filter_conditions` are the conditions of the filters, with the most selective one as the index to search.
    """

    conditions: list[Condition]
    filter_conditions: list[Condition]
    matched: int | None


def match_records(snapshot: Snapshot, resource: RecordType, filters: Any) -> MatchedRecords:
    """Finds the records that match, once for several statements."""
    filter_conditions, few = _for_counts(snapshot, resource, filters)
    if not few:
        return MatchedRecords(filter_conditions, filter_conditions, None)
    numbers = snapshot.column(resource.select(filter_conditions, resource.table.number))
    return MatchedRecords([with_numbers(resource.table, numbers)], filter_conditions, len(numbers))


def count_matches(
    snapshot: Snapshot, resource: RecordType, filters: Any, found: MatchedRecords | None = None
) -> dict[str, Any]:
    """Counts the records that match, and for each axis those that it cannot judge. `found` saves a second search."""
    filter_conditions = found.filter_conditions if found is not None else _for_counts(snapshot, resource, filters)[0]
    matched = found.matched if found is not None else None
    aside: dict[str, Any] = {}
    total = snapshot.release.counts.get(resource.name, 0)
    for axis in AXES:
        statement = resource.count_not_judged(filter_conditions, axis, total)
        aside[axis] = None if statement is None else snapshot.value(statement)
    return {
        "matched": snapshot.value(resource.count(filter_conditions)) if matched is None else matched,
        "not_judged": aside,
    }


def _for_counts(snapshot: Snapshot, resource: RecordType, filters: Any) -> tuple[list[Condition], bool]:
    """Returns the conditions of counts, and whether an index finds few records. Text matches are looked up once for
    all statements."""
    conditions, most = resource.conditions(filters), MAX_LISTED_NUMBERS
    for position, one in enumerate(conditions):
        if one.uses_index and one.lookup is not None:
            numbers = snapshot.column(one.lookup.keys().limit(MAX_LISTED_NUMBERS + 1))
            if len(numbers) <= MAX_LISTED_NUMBERS:
                conditions[position], most = with_numbers(resource.table, numbers), len(numbers) - 1
    first = most_selective(snapshot, conditions, most)
    chosen = conditions if first is None else using_lookup_of(conditions, first)
    return chosen, first is not None or most < MAX_LISTED_NUMBERS


def most_selective(snapshot: Snapshot, conditions: Sequence[Condition], most: int) -> Condition | None:
    """Returns the condition whose index finds the fewest records; None if each finds more than `most`."""
    first = None
    # The conditions of every list come first and match the most: from the end, they are counted only up to the best.
    for one in reversed(conditions):
        if one.lookup is not None and not one.uses_index and most >= 0:
            size = snapshot.value(one.lookup.size(most))
            if size <= most:
                first, most = one, size - 1
    return first


def records(resource: RecordType, conditions: list[Condition]) -> Records:
    """The records of a resource that match."""
    return lambda column: resource.select(conditions, column) if conditions else None


def buckets(resource: RecordType, conditions: list[Condition], split: Split, limit: int) -> Select[Any]:
    """Label, records, number of all labels and sum of their records: those of no value first, then so many others,
    those of most records first, or for dates the newest."""
    statement = split.joined(resource.select(conditions, split.label.label("label")))
    # It is named in a subquery because PostgreSQL would take the parameters inside of it for different ones.
    label = (labelled := statement.subquery()).c.label
    aside = [NONE] if split.imprecise is None else [NONE, IMPRECISE]
    order = [func.count().desc(), label] if split.imprecise is None else [label.desc()]
    columns = label, func.count(), func.count().over(), func.sum(func.count()).over()
    counted = select(*columns).select_from(labelled).group_by(label)
    return counted.order_by(label.in_(aside).desc(), *order).limit(limit + len(aside))
