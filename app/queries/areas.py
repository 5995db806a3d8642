"""The conditions of filters by map: as SQL, and as tests of arrays that say the same."""

from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import Float as SqlFloat
from sqlalchemy import and_, case, cast, func, or_

from app.counts.criteria import AreaFits, Not, Present
from app.model.geography import EARTH_RADIUS_M, box_around
from app.queries.boxes import MERIDIAN_OFFSETS, intersecting
from app.queries.conditions import Clause, Condition, IndexLookup
from app.queries.values import BBox, Near

DEFAULT_RADIUS_KM = 50.0


def in_box(table: type[Any], box: BBox, match: str | None) -> Condition:
    """Returns the condition that a record's circle is in a box; `match` says how much of it (`location_match`)."""
    return _on_map(table, box, _in_box(table, box, match), partial(_box_fits, box, match))


def near_point(table: type[Any], near: Near, radius_km: float | None, match: str | None) -> Condition:
    """Returns the condition that a record's circle is in the circle around a point; `match` says how much of it."""
    radius = (radius_km or DEFAULT_RADIUS_KM) * 1000
    box = BBox(**box_around(near.longitude, near.latitude, radius))
    return _on_map(table, box, _around(table, near, radius, box, match), partial(_circle_fits, near, radius, match))


def _on_map(table: type[Any], box: BBox, clause: Clause, fits: Callable[..., Any]) -> Condition:
    return Condition(
        clause,
        "location",
        table.latitude.is_(None),
        lookup=IndexLookup(table.number, lambda: intersecting(table, box)),
        criterion=AreaFits("area", fits),
        unknown_criterion=Not(Present("area")),
        of=table,
    )


def _in_box(table: type[Any], box: BBox, match: str | None) -> Clause:
    west, east, south, north = table.west, table.east, table.south, table.north
    if match == "point":
        west = east = table.longitude
        south = north = table.latitude
    end = box.east if box.west <= box.east else box.east + 360
    if match == "certain":
        rows = and_(south >= box.south, north <= box.north)
        columns = [and_(west >= box.west + offset, east <= end + offset) for offset in MERIDIAN_OFFSETS]
    else:
        rows = and_(south <= box.north, north >= box.south)
        columns = [and_(west <= end + offset, east >= box.west + offset) for offset in MERIDIAN_OFFSETS]
    return rows if end - box.west >= 360 else and_(rows, or_(*columns))


def _around(table: type[Any], near: Near, radius_m: float, box: BBox, match: str | None) -> Clause:
    """Returns the clause by great-circle distance, after a cheaper one by bounding boxes."""
    distance = _distance(table.longitude, table.latitude, near)
    slack = cast(table.radius_m, SqlFloat)
    farthest = {"certain": distance + slack, "point": distance}.get(match or "", distance - slack)
    return and_(_in_box(table, box, None), farthest <= radius_m)


def _distance(longitude: Any, latitude: Any, near: Near) -> Any:
    """Returns the great-circle distance in metres (haversine)."""
    half_lat = func.radians(latitude - near.latitude) / 2
    half_lon = func.radians(longitude - near.longitude) / 2
    chord = func.sin(half_lat) * func.sin(half_lat) + func.cos(func.radians(latitude)) * func.cos(
        func.radians(near.latitude)
    ) * func.sin(half_lon) * func.sin(half_lon)
    root = func.sqrt(chord)
    # Rounding may leave the root of antipodes a hair above 1, where the arc sine has no value.
    return 2 * EARTH_RADIUS_M * func.asin(case((root > 1, 1.0), else_=root))


def _box_fits(
    box: BBox,
    match: str | None,
    latitude: Any,
    longitude: Any,
    radius_m: Any,
    west: Any,
    south: Any,
    east: Any,
    north: Any,
) -> Any:
    """Areas lie in a box: `match` says how much of them (`location_match`)."""
    if match == "point":
        west = east = longitude
        south = north = latitude
    end = box.east if box.west <= box.east else box.east + 360
    if match == "certain":
        rows = (south >= box.south) & (north <= box.north)
    else:
        rows = (south <= box.north) & (north >= box.south)
    if end - box.west >= 360:
        return rows
    columns = rows & False
    for offset in MERIDIAN_OFFSETS:
        if match == "certain":
            columns |= (west >= box.west + offset) & (east <= end + offset)
        else:
            columns |= (west <= end + offset) & (east >= box.west + offset)
    return rows & columns


def _circle_fits(
    near: Near, radius: float, match: str | None, latitude: Any, longitude: Any, radius_m: Any, *box: Any
) -> Any:
    """Areas lie in a circle, by great-circle distance (haversine)."""
    # Here, because importing it takes longer than most answers, and these tests run only where something is counted.
    import numpy as np

    half_lat = np.radians(latitude - near.latitude) / 2
    half_lon = np.radians(longitude - near.longitude) / 2
    cosines = np.cos(np.radians(latitude)) * np.cos(np.radians(near.latitude))
    chord = np.sin(half_lat) * np.sin(half_lat) + cosines * np.sin(half_lon) * np.sin(half_lon)
    distance = 2 * EARTH_RADIUS_M * np.arcsin(np.minimum(1.0, np.sqrt(chord)))
    slack = {"certain": radius_m, "point": 0.0}.get(match or "", -radius_m)
    return distance + slack <= radius
