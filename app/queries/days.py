"""The condition of filters by days: as SQL, and as a criterion of arrays that says the same."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any, cast

from sqlalchemy import and_, bindparam, select, union_all

from app.counts.criteria import AllOf, Criterion, DaysFit, Not, NumberFits, Present
from app.model.day_spans import LONG_SPAN_DAYS, SHORT_SPAN_DAYS, days_before
from app.queries.conditions import Clause, Condition, IndexLookup
from app.queries.values import Interval


def dated(table: type[Any], interval: Interval, match: str | None, first: Any) -> Condition:
    """Returns the condition that a record's possible days overlap an interval or, with the match `within`, are inside
    it. `first` is the column with the earliest day that the table's indexes have.

    An open end overlaps as far as its assumed limit; within an interval it is only where that is open, too."""
    start, end = interval.start or FIRST_DAY, interval.end or LAST_DAY
    days = {"first_day": start, "last_day": end}

    def day(name: str) -> Any:
        return bindparam(name, days[name], first.type)

    def begun() -> Clause:
        return and_(first >= day("first_day"), first <= day("last_day"))

    def within() -> Clause:
        ends = ((table.open_start, interval.start), (table.open_end, interval.end))
        closed = (is_open.is_(False) for is_open, limit in ends if limit is not None)
        return and_(begun(), table.latest <= day("last_day"), *closed)

    if match == "within":
        how = f"within {interval.start is not None} {interval.end is not None}"
        return _on_days(table, within, (how, days), _days_within(interval), lambda: [within()])
    if interval.start is None:
        return _on_days(table, begun, ("begun", days), _days_overlapping(interval), lambda: [begun()])
    days |= {f"{reach}_days_before": days_before(start, reach) for reach in (SHORT_SPAN_DAYS, *LONG_SPAN_DAYS)}

    def overlapping() -> Clause:
        return and_(table.latest >= day("first_day"), first <= day("last_day"))

    def before() -> list[Clause]:
        reaches = (
            (SHORT_SPAN_DAYS, table.reach.is_(None)),
            *((reach, table.reach == reach) for reach in LONG_SPAN_DAYS),
        )
        lasting = table.latest >= day("first_day")
        return [
            and_(of, first >= day(f"{reach}_days_before"), first < day("first_day"), lasting) for reach, of in reaches
        ]

    return _on_days(table, overlapping, ("overlaps", days), _days_overlapping(interval), before, lambda: [begun()])


def on_day(column: Any, interval: Interval) -> Condition:
    """Returns the condition that the one day of a record, which it always has, lies in an interval."""
    # No BETWEEN: SQLAlchemy 2.1.9 writes COLLATE beside each value, which PostgreSQL refuses in its lower limit.
    lies_there = and_(column >= (interval.start or FIRST_DAY), column <= (interval.end or LAST_DAY))
    return Condition(lies_there, criterion=_days_overlapping(interval), of=column.class_)


FIRST_DAY, LAST_DAY = "0", "9999-12-31"
"""Limits of open intervals. The first sorts after the empty text, which stands for no day."""


@cache
def _undated(table: Any) -> Clause:
    """Made once: a list of few milliseconds needs it only where it counts."""
    clause: Clause = table.earliest.is_(None)
    return clause


def _on_days(
    table: type[Any],
    clause: Callable[[], Clause],
    compared: tuple[str, Mapping[str, str]],
    criterion: Criterion,
    *partitions: Callable[[], Sequence[Clause]],
) -> Condition:
    def keys() -> Any:
        queries = [select(table.number).where(part) for partition in partitions for part in partition()]
        return queries[0] if len(queries) == 1 else union_all(*queries)

    how, days = compared
    return Condition(
        clause,
        "date",
        _undated(cast(Hashable, table)),
        IndexLookup(table.number, keys),
        partitions=partitions,
        shape=(table.__tablename__, how),
        values=days,
        criterion=criterion,
        unknown_criterion=Not(Present("earliest")),
        of=table,
    )


def _days_overlapping(interval: Interval) -> Criterion:
    """One of the days lies in an interval."""
    start, end = _ordinals(interval)
    return DaysFit("earliest", "latest", start, end)


def _days_within(interval: Interval) -> Criterion:
    """All days lie in an interval, and an end that it has is not open."""
    start, end = _ordinals(interval)
    inside = DaysFit("earliest", "latest", start, end, within=True)
    ends = (("open_start", interval.start), ("open_end", interval.end))
    closed = (NumberFits(is_open, lambda opened: opened == 0) for is_open, limit in ends if limit is not None)
    return AllOf((inside, *closed))


def _ordinals(interval: Interval) -> tuple[int, int]:
    start = date.fromisoformat(interval.start) if interval.start else date.min
    return start.toordinal(), (date.fromisoformat(interval.end) if interval.end else date.max).toordinal()
