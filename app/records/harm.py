"""Filters by the number of people harmed, by the bounds of a total or of claims: some for each outcome, one for any."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal, NamedTuple

from sqlalchemy import or_

from app.counts.criteria import AnyOf, Criterion, Not, NumberFits, ValueIn, has_number
from app.queries.conditions import Clause, Condition
from app.queries.filters import ForEachValue, Where
from app.queries.values import Number


class Bounds(NamedTuple):
    """What a filter asks of the lower and the upper bound: the clause of their columns, and the criterion of the arrays
    `low` and `high`."""

    clause: Callable[[Any, Any], Clause]
    criterion: Criterion


Figure = Callable[[str, Bounds], Condition]
"""The condition of a filter on the figures of an outcome."""


class BoundFilter(NamedTuple):
    """A filter for each outcome, named after both: `killed` and `at_least`. Its description has `{value}` in it."""

    ending: str
    figure: Figure
    bounds: Callable[[int], Bounds]
    description: str


def bounds_filters(*filters: BoundFilter) -> tuple[ForEachValue, ...]:
    """Returns these filters for each outcome."""
    return tuple(
        ForEachValue(
            "casualty.outcome", f"{{value}}_{ending}", Number, description, partial(_condition, figure, bounds)
        )
        for ending, figure, bounds, description in filters
    )


AnyHarm = Literal["certain", "possible"]
"""What the filter `any_harm` takes."""


def somebody_harmed(figure: Callable[[Sequence[str], Bounds], Condition]) -> Where:
    """The figure of an outcome that is a harm is of one person at least: certainly or possibly."""

    def condition(how: str, filters: Any) -> Condition:
        harms = filters.codebook.having("casualty.outcome", "harm")
        return figure(harms, at_least(1) if how == "certain" else possibly(1))

    return Where(condition)


def of_outcome(column: Any, outcome: str | Sequence[str]) -> Clause:
    """A column has an outcome, or one of several."""
    clause: Clause = column == outcome if isinstance(outcome, str) else column.in_(outcome)
    return clause


def has_outcome(outcome: str | Sequence[str]) -> ValueIn:
    """The same of arrays."""
    return ValueIn("outcome", [outcome] if isinstance(outcome, str) else outcome)


def _condition(
    figure: Figure,
    bounds: Callable[[int], Bounds],
    outcome: str,
    number: int,
    filters: Any,
) -> Condition:
    return figure(outcome, bounds(number))


HAS_LOW, HAS_HIGH = has_number("low"), has_number("high")


def at_least(number: int) -> Bounds:
    """The lower bound is so high; for 0 there is any number."""
    if not number:
        return Bounds(lambda low, high: or_(low >= 0, high >= 0), AnyOf((HAS_LOW, HAS_HIGH)))
    return Bounds(lambda low, high: low >= number, NumberFits("low", lambda lows: lows >= number))


def possibly(number: int) -> Bounds:
    """The upper bound is so high; an open one fits any number."""
    enough = NumberFits("high", lambda highs: highs >= number)
    return Bounds(lambda low, high: or_(high.is_(None), high >= number), AnyOf((Not(HAS_HIGH), enough)))
