"""Chooses the condition whose index finds the fewest records."""

from collections.abc import Sequence
from typing import Any

from app.queries.conditions import MAX_LISTED_NUMBERS, Condition, using_lookup_of, with_numbers
from app.storage.snapshot import Snapshot


def conditions_for_counts(snapshot: Snapshot, table: Any, given: Sequence[Condition]) -> tuple[list[Condition], bool]:
    """Returns the conditions of counts, and whether an index finds few records. Text matches are looked up once for
    all statements."""
    conditions, most = list(given), MAX_LISTED_NUMBERS
    for position, one in enumerate(conditions):
        if one.uses_index and one.lookup is not None:
            numbers = snapshot.column(one.lookup.keys().limit(MAX_LISTED_NUMBERS + 1))
            if len(numbers) <= MAX_LISTED_NUMBERS:
                conditions[position], most = with_numbers(table, numbers), len(numbers) - 1
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
