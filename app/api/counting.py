"""How the records that filters ask for are found by a count, and by everything else that is told of all of them."""

from dataclasses import dataclass
from typing import Any

from app.queries.conditions import AXES, FEW, MANY, Condition, led_by, numbered
from app.queries.plan import Order, Resource
from app.storage.database import Snapshot


@dataclass(frozen=True)
class MatchedRecords:
    """The records that match. `conditions` find them; where there are few they are known by their numbers, so that
    many statements do not look for them again. `asked` are the conditions that filters stand for, of which one leads.
    """

    conditions: list[Condition]
    asked: list[Condition]
    matched: int | None


def match_records(snapshot: Snapshot, resource: Resource, filters: Any) -> MatchedRecords:
    """The records that filters ask for, found for several statements."""
    asked, few = _for_counts(snapshot, resource, filters)
    if not few:
        return MatchedRecords(asked, asked, None)
    found = snapshot.column(resource.select(asked, resource.table.number))
    return MatchedRecords([numbered(resource.table, found)], asked, len(found))


def count_matches(
    snapshot: Snapshot, resource: Resource, filters: Any, found: MatchedRecords | None = None
) -> dict[str, Any]:
    """How many records match, and how many each axis had to leave aside. Whoever has found them already says so."""
    asked = found.asked if found is not None else _for_counts(snapshot, resource, filters)[0]
    matched = found.matched if found is not None else None
    aside: dict[str, Any] = {}
    total = snapshot.release.counts.get(resource.name, 0)
    for axis in AXES:
        statement = resource.count_not_judged(asked, axis, total)
        aside[axis] = None if statement is None else snapshot.value(statement)
    return {"matched": snapshot.value(resource.count(asked)) if matched is None else matched, "not_judged": aside}


def plan_conditions(snapshot: Snapshot, resource: Resource, filters: Any, order: Order) -> list[Condition]:
    """The conditions of a list in this order. The one that holds for the fewest records leads to them, if they are so
    few that they are sorted sooner."""
    conditions = resource.conditions(filters)
    in_order = resource.by_day(order)
    first = _most_selective(snapshot, [one for one in conditions if not (in_order and one.steps)], FEW)
    return conditions if first is None else led_by(conditions, first)


def _for_counts(snapshot: Snapshot, resource: Resource, filters: Any) -> tuple[list[Condition], bool]:
    """The conditions of counts, and whether one leads to few records. What words find is looked up once for all."""
    conditions, most = resource.conditions(filters), MANY
    for place, one in enumerate(conditions):
        if one.leads and one.lead is not None:
            found = snapshot.column(one.lead.keys().limit(MANY + 1))
            if len(found) <= MANY:
                conditions[place], most = numbered(resource.table, found), len(found) - 1
    first = _most_selective(snapshot, conditions, most)
    return (conditions if first is None else led_by(conditions, first)), first is not None or most < MANY


def _most_selective(snapshot: Snapshot, conditions: list[Condition], most: int) -> Condition | None:
    """The condition whose index finds the fewest records; null where each finds more than `most`."""
    first = None
    # Those of every list come first, and find the most: they are not counted beyond what another finds.
    for one in reversed(conditions):
        if one.lead is not None and not one.leads and most >= 0:
            size = snapshot.value(one.lead.size(most))
            if size <= most:
                first, most = one, size - 1
    return first
