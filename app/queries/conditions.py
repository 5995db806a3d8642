"""What a filter asks of a record, and what it has to leave aside.

A filter by place, date or number of casualties cannot judge a record that lacks the value. Such a record never
matches, and `not_judged` counts it; so each condition on one of these axes also says which records it cannot judge.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, case, cast, func, or_, select
from sqlalchemy import Float as SqlFloat
from sqlmodel import col

from app.geography import EARTH_RADIUS_M, box_around
from app.models import Evidence, OrganizationParent, Party, Place, PlaceParent
from app.queries.search import ids
from app.terms import question
from app.values import BBox, Interval, Near

Axis = Literal["location", "date", "casualties"]
AXES: tuple[Axis, ...] = ("location", "date", "casualties")
Clause = ColumnElement[bool]

DEFAULT_RADIUS_KM = 50.0


@dataclass(frozen=True)
class Condition:
    """A clause; on an axis, `unknown` holds for the records that the clause cannot judge."""

    clause: Clause
    axis: Axis | None = None
    unknown: Clause | None = None


def matching(conditions: Sequence[Condition]) -> list[Clause]:
    """The clauses that a record must meet to match."""
    return [condition.clause for condition in conditions]


def not_judged(conditions: Sequence[Condition], axis: Axis) -> list[Clause] | None:
    """The clauses of the records that fit everything else but lack what this axis needs; null if it is not used."""
    here = [(one.clause, one.unknown) for one in conditions if one.axis == axis and one.unknown is not None]
    if not here:
        return None
    elsewhere = [one.clause for one in conditions if one.axis != axis]
    return [*elsewhere, *(or_(clause, unknown) for clause, unknown in here), or_(*(unknown for _, unknown in here))]


def one_of(column: Any, values: Sequence[Any]) -> list[Condition]:
    """Equal to any of the values; nothing asked when there are none."""
    return [Condition(column.in_(values))] if values else []


def flag(clause: Clause, wanted: bool | None) -> list[Condition]:
    """Holds, or does not; nothing asked when that was left open."""
    return [] if wanted is None else [Condition(clause if wanted else ~clause)]


def shared(table: type[Any], kind: str, filters: Any) -> list[Condition]:
    """The conditions that every list takes."""
    found: list[Condition] = []
    if filters.changed_since is not None:
        found.append(Condition(table.changed_in > filters.changed_since))
    if filters.article:
        rests = select(col(Evidence.record_id)).where(
            col(Evidence.record_type) == kind,
            col(Evidence.record_id) == table.id,
            col(Evidence.article_id).in_(filters.article),
        )
        found.append(Condition(rests.exists()))
    if filters.q is not None:
        found.append(Condition(says(table.id, kind, filters.q)))
    return found


def says(id_: Any, kind: str, text: str) -> Clause:
    """The record of this type and id has the words that are asked for."""
    clause: Clause = id_.in_(ids(question(text), kind))
    return clause


def dated(earliest: Any, latest: Any, interval: Interval | None, match: str | None) -> list[Condition]:
    """Possible days against an interval: by default they overlap, with `within` all of them lie inside."""
    if interval is None:
        return []
    lower, upper = (earliest, latest) if match == "within" else (latest, earliest)
    clauses = [] if interval.start is None else [lower >= interval.start]
    clauses += [] if interval.end is None else [upper <= interval.end]
    return [Condition(and_(*clauses), "date", earliest.is_(None))]


def located(
    table: type[Any], bbox: BBox | None, near: Near | None, radius_km: float | None, match: str | None
) -> list[Condition]:
    """A record's circle against a box and around a point."""
    unknown = table.latitude.is_(None)
    found = []
    if bbox is not None:
        found.append(Condition(_in_box(table, bbox, certain=match == "certain"), "location", unknown))
    if near is not None:
        radius = (radius_km or DEFAULT_RADIUS_KM) * 1000
        found.append(Condition(_around(table, near, radius, certain=match == "certain"), "location", unknown))
    return found


def _in_box(table: type[Any], box: BBox, *, certain: bool) -> Clause:
    east = box.east if box.west <= box.east else box.east + 360
    # A circle's own box may run on beyond 180 degrees, so the same meridian can stand at three longitudes.
    turns = [_between(table, box.west + turn, east + turn, certain=certain) for turn in (0, -360, 360)]
    if certain:
        rows = and_(table.south >= box.south, table.north <= box.north)
    else:
        rows = and_(table.south <= box.north, table.north >= box.south)
    whole = certain and east - box.west >= 360
    return rows if whole else and_(rows, or_(*turns))


def _between(table: type[Any], west: float, east: float, *, certain: bool) -> Clause:
    if certain:
        return and_(table.west >= west, table.east <= east)
    return and_(table.west <= east, table.east >= west)


def _around(table: type[Any], near: Near, radius_m: float, *, certain: bool) -> Clause:
    """Great-circle distance, after a look at the boxes, which an index serves."""
    box = BBox(**box_around(near.longitude, near.latitude, radius_m))
    distance = _distance(table.longitude, table.latitude, near)
    slack = cast(table.radius_m, SqlFloat)
    limit = distance + slack <= radius_m if certain else distance - slack <= radius_m
    return and_(_in_box(table, box, certain=False), limit)


def _distance(longitude: Any, latitude: Any, near: Near) -> Any:
    """Metres along the great circle (haversine)."""
    half_lat = func.radians(latitude - near.latitude) / 2
    half_lon = func.radians(longitude - near.longitude) / 2
    chord = func.sin(half_lat) * func.sin(half_lat) + func.cos(func.radians(latitude)) * func.cos(
        func.radians(near.latitude)
    ) * func.sin(half_lon) * func.sin(half_lon)
    root = func.sqrt(chord)
    # Rounding may leave the root of antipodes a hair above 1, where the arc sine has no value.
    return 2 * EARTH_RADIUS_M * func.asin(case((root > 1, 1.0), else_=root))


def with_parts(start: Select[Any], whole: Any, part: Any, *links: Clause) -> Select[Any]:
    """The ids to start from and everything below them, following the links from `whole` to `part` downwards."""
    inside = start.cte(recursive=True)
    below = select(part).join(inside, whole == inside.c.id).where(*links)
    return select(inside.union(below).c.id)


def places_inside(ids: Sequence[str], basis: str | None = None) -> Select[Any]:
    """Ids of the places and of all that they contain."""
    links = [col(PlaceParent.basis) == "stated"] if basis == "stated" else []
    start = select(col(Place.id)).where(col(Place.id).in_(ids))
    return with_parts(start, col(PlaceParent.parent_id), col(PlaceParent.place_id), *links)


def parties_within(ids: Sequence[str]) -> Select[Any]:
    """Ids of the people and organizations, and of all parts of the organizations."""
    start = select(col(Party.id)).where(col(Party.id).in_(ids))
    return with_parts(start, col(OrganizationParent.parent_id), col(OrganizationParent.organization_id))
