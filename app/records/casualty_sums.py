"""Sums of casualty claims: the statements behind them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, case, func, select, tuple_
from sqlmodel import col

from app.queries.conditions import Condition
from app.queries.counting import records
from app.queries.facets import Split
from app.records.casualties import CASUALTIES
from app.storage.models import Casualty, CasualtyPerson
from app.storage.registry import document_of

GROUPINGS = (
    "outcome",
    "organization",
    "group",
    "person",
    "basis",
    "claimed_by",
    "incident",
    "kind",
    "place",
    "month",
    "year",
)
"""The facets of claims that sums are made by."""

SEVERAL_PEOPLE = "several"
"""The key of claims about several people, because their figure is not that of any one person."""

MAX_LISTED_CLAIMS = 100
"""Claims that are listed with a sum, at most; all of them are counted."""


def claims(conditions: list[Condition], filters: Any, keys: Sequence[str]) -> Subquery:
    """The claims that match with their keys, once for each combination of values."""
    chosen = records(CASUALTIES, conditions)
    splits = [_alone() if key == "person" else CASUALTIES.facets[key].split(filters, chosen) for key in keys]
    columns = [split.label.label(f"key_{number}") for number, split in enumerate(splits)]
    own = [getattr(Casualty, name) for name in ("id", "incident_id", "low", "high", "counted")]
    statement = CASUALTIES.select(conditions, *columns, *own)
    for split in splits:
        statement = split.joined(statement)
    return statement.subquery()


def sums(claims: Subquery, keys: Sequence[str], limit: int) -> Select[Any]:
    """One row for each combination of keys: the keys, then low, high, counted, open and other claims, incidents,
    and the number of all rows. The sum of the upper bounds leaves out the open ones."""
    by, counted = _keys(claims, keys), claims.c.counted
    return (
        select(
            *by,
            func.sum(case((counted, func.coalesce(claims.c.low, 0)))).label("low"),
            func.sum(case((counted, claims.c.high))).label("high"),
            _number(counted).label("counted"),
            _number(counted & claims.c.high.is_(None)).label("open"),
            _number(~counted).label("not_counted"),
            func.count(func.distinct(case((counted, claims.c.incident_id)))).label("incidents"),
            func.count().over().label("rows"),
        )
        .group_by(*by)
        .order_by(*by)
        .limit(limit)
    )


def listed(claims: Subquery, keys: Sequence[str], shown: Sequence[tuple[str, ...]]) -> Select[Any]:
    """Keys, id, whether it is counted, and document of the claims that leave the shown sums open or stay out of
    them: the first of each, by id."""
    by, counted = _keys(claims, keys), claims.c.counted
    rank = func.row_number().over(partition_by=[*by, counted], order_by=claims.c.id).label("rank")
    ranked = (
        select(*by, claims.c.id, counted, rank)
        .where(~counted | claims.c.high.is_(None))
        .where(tuple_(*by).in_(shown))
        .subquery()
    )
    columns = [*_keys(ranked, keys), ranked.c.id, ranked.c.counted, document_of(Casualty)]
    joined = select(*columns).join(Casualty, col(Casualty.id) == ranked.c.id)
    return joined.where(ranked.c.rank <= MAX_LISTED_CLAIMS).order_by(ranked.c.id)


def _alone() -> Split:
    """Claims by the one person whom they are about."""
    link = CasualtyPerson
    of_it = col(link.casualty_id) == col(Casualty.id)
    number = select(func.count()).select_from(link).where(of_it).scalar_subquery()
    only = select(func.min(col(link.person_id))).where(of_it).scalar_subquery()
    return Split(case((number > 1, SEVERAL_PEOPLE), else_=only))


def _keys(claims: Subquery, keys: Sequence[str]) -> list[ColumnElement[Any]]:
    return [claims.c[f"key_{number}"] for number in range(len(keys))]


def _number(clause: ColumnElement[bool]) -> Any:
    return func.sum(case((clause, 1), else_=0))
