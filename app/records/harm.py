"""Filters by the number of people harmed: two for each outcome, by the bounds of a total or of a claim."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from pydantic import BaseModel, Field, create_model
from sqlalchemy import or_

from app.model.codebook import CasualtyOutcome, meanings
from app.queries.conditions import Clause, Condition
from app.queries.filters import Where
from app.queries.values import Number

Bounds = Callable[[Any, Any], Clause]
"""The clause of a filter on the columns of the lower and the upper bound."""


def bounds_filters(
    name: str, condition: Callable[[CasualtyOutcome, Bounds], Condition], at_least: str, possibly: str
) -> type[BaseModel]:
    """Returns a query model with two filters for each outcome: `killed_at_least` looks at the lower bound,
    `killed_possibly` at the upper, where an open one fits any number."""
    filters: dict[str, Any] = {}
    for outcome, meaning in meanings(CasualtyOutcome)[1].items():
        for ending, bounds, description in (("at_least", _at_least, at_least), ("possibly", _possibly, possibly)):
            where = Where(partial(_condition, condition, CasualtyOutcome(outcome), bounds))
            field = Field(None, description=f"{description.format(outcome=outcome)} ({outcome}: {meaning}.)")
            filters[f"{outcome}_{ending}"] = (Annotated[Number | None, where], field)
    return create_model(name, **filters)


def _condition(
    condition: Callable[[CasualtyOutcome, Bounds], Condition],
    outcome: CasualtyOutcome,
    bounds: Callable[[int, Any, Any], Clause],
    number: int,
    filters: Any,
) -> Condition:
    return condition(outcome, partial(bounds, number))


def _at_least(number: int, low: Any, high: Any) -> Clause:
    clause: Clause = low >= number if number else or_(low >= 0, high >= 0)
    return clause


def _possibly(number: int, low: Any, high: Any) -> Clause:
    return or_(high.is_(None), high >= number)
