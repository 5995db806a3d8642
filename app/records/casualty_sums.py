"""Sums of casualty claims: the statements behind them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, case, func, select, tuple_
from sqlmodel import col

from app.queries.conditions import Condition
from app.queries.counting import records
from app.queries.facets import Split
from app.queries.histograms import UNITS
from app.records.casualties import CASUALTIES
from app.records.incidents import INCIDENTS
from app.storage.models import Casualty, CasualtyPerson, HarmInclusion
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
    *UNITS,
)
"""The facets of claims that sums are made by."""

SUMMED = (CASUALTIES.name, INCIDENTS.name)
"""The lists that sums of claims are made of: claims, and the incidents that they are about."""

SEVERAL_PEOPLE = "several"
"""The key of claims about several people, because their figure is not that of any one person."""

MIXED, NOT_SPLIT = "mixed", "not_split"
"""The keys of harms whose claims differ about whose people they were, and of what no part tells about them."""

WHOSE: dict[str, Any] = {
    "group": col(Casualty.mixed_group),
    "organization": col(Casualty.mixed_organization),
    "person": col(Casualty.mixed_people),
}
"""The groups by which parts of a claim are told apart, and whether a harm's claims differ in them."""

MAX_LISTED_CLAIMS = 3
"""Claims that leave a sum open, or stay out of it, that are listed with it, at most; all of them are counted."""


def claims(conditions: list[Condition], filters: Any, keys: Sequence[str], *, divided: bool = True) -> Subquery:
    """The claims that match with their keys, once for each combination of values. If `divided`, keys tell parts of
    claims apart and each stands in one row of whose people they were; else keys are the values of filters."""
    chosen = records(CASUALTIES, conditions)
    splits = [_one_person() if divided and key == "person" else CASUALTIES.split(key, filters, chosen) for key in keys]
    labels = [_label(key, split) if divided else split.label for key, split in zip(keys, splits, strict=True)]
    named = [label.label(f"key_{number}") for number, label in enumerate(labels)]
    statement = CASUALTIES.select(conditions, *named, *(getattr(Casualty, name) for name in _OWN))
    for split in splits:
        statement = split.joined(statement)
    return statement.subquery()


_OWN = ("id", "incident_id", "low", "high", "best", "basis", "counted", "with_others")


def _label(key: str, split: Split) -> ColumnElement[Any]:
    if key not in WHOSE:
        return split.label
    return case((col(Casualty.is_split), NOT_SPLIT), (WHOSE[key], MIXED), else_=split.label)


def sums(
    claims: Subquery, keys: Sequence[str], limit: int | None, disputed: Sequence[str], only: Sequence[str] | None = None
) -> Select[Any]:
    """One row for each combination of keys: the keys, then sums and numbers of the claims that are alone about their
    people, how many others are counted or not, incidents, and the number of all rows. The sums leave out what is
    null. `only` are values of the first key."""
    by, counted = _keys(claims, keys), claims.c.counted
    alone = counted & ~claims.c.with_others
    shown = [] if only is None else [by[0].in_(only)]
    return (
        select(
            *by,
            func.coalesce(func.sum(case((alone, claims.c.low))), 0).label("low"),
            func.coalesce(func.sum(case((alone, claims.c.high))), 0).label("high"),
            func.coalesce(func.sum(case((alone, claims.c.best))), 0).label("best"),
            _number(alone).label("alone"),
            _number(alone & claims.c.high.is_(None)).label("open"),
            _number(alone & claims.c.best.is_(None)).label("without_best"),
            _number(alone & claims.c.basis.in_(disputed)).label("in_dispute"),
            _number(counted & claims.c.with_others).label("together"),
            _number(~counted).label("not_counted"),
            func.count(func.distinct(case((counted, claims.c.incident_id)))).label("incidents"),
            func.count().over().label("rows"),
        )
        .where(*shown)
        .group_by(*by)
        .order_by(*by)
        .limit(limit)
    )


def together(claims: Subquery, keys: Sequence[str]) -> Select[Any]:
    """Keys and id of the counted claims whose figures are not simply added."""
    return select(*_keys(claims, keys), claims.c.id).where(claims.c.counted & claims.c.with_others)


def competing(claims: Subquery) -> Select[Any]:
    """The claims about all incidents of those above, whether they match or not, as arithmetic needs them."""
    incidents = select(claims.c.incident_id).where(claims.c.counted & claims.c.with_others)
    return competing_claims().where(col(Casualty.incident_id).in_(incidents))


def competing_claims() -> Select[Any]:
    """The counted claims that are not alone about their people, as arithmetic needs them."""
    names = ("id", "incident_id", "harm", "low", "high", "best", "basis", "part_of_id")
    columns = [getattr(Casualty, name) for name in names]
    return select(*columns).where(col(Casualty.counted).is_(True), col(Casualty.with_others)).order_by(col(Casualty.id))


def inclusions() -> Select[Any]:
    """Which harms include others: incident and harm of the outer one, key of the inner one, whether it is certain."""
    columns: list[Any] = [Casualty.incident_id, Casualty.harm, HarmInclusion.included, HarmInclusion.is_certain]
    outer: Select[Any] = select(*columns).join(HarmInclusion, col(HarmInclusion.casualty_id) == col(Casualty.id))
    return outer


def listed(claims: Subquery, keys: Sequence[str], shown: Sequence[tuple[str, ...]]) -> Select[Any]:
    """Keys, id, whether it is counted, and document of the claims that leave the shown sums open or stay out of
    them, but for those that are counted `together`: the first of each, by id."""
    by, counted = _keys(claims, keys), claims.c.counted
    rank = func.row_number().over(partition_by=[*by, counted], order_by=claims.c.id).label("rank")
    ranked = (
        select(*by, claims.c.id, counted, rank)
        .where(~counted | (~claims.c.with_others & claims.c.high.is_(None)))
        .where(tuple_(*by).in_(shown))
        .subquery()
    )
    columns = [*_keys(ranked, keys), ranked.c.id, ranked.c.counted, document_of(Casualty)]
    joined = select(*columns).join(Casualty, col(Casualty.id) == ranked.c.id)
    return joined.where(ranked.c.rank <= MAX_LISTED_CLAIMS).order_by(ranked.c.id)


def _one_person() -> Split:
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
