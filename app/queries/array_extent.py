"""The extent of records in the arrays of a release."""

from collections.abc import Iterable
from datetime import date
from functools import partial

import numpy as np

from app.counts.arrays import Archive, TypeArrays
from app.counts.frames import Array
from app.model.geography import narrowest_band
from app.queries.counting import MatchedRecords


def box_and_days(archive: Archive, found: MatchedRecords) -> tuple[list[float] | None, list[str]]:
    """Returns the box around the points of the records that match, and the first and last days that bound them. That of
    all records is made once, and anew when its arrays change."""
    if found.rows is None:
        sides = archive.group(f"{found.resource.name}.extent", partial(_of_all, archive, found))
        box, days = sides["box"].tolist(), sides["days"].tolist()
    else:
        box, days = _extent(archive, found)
    return box or None, [date.fromordinal(day).isoformat() for day in days]


def _of_all(archive: Archive, found: MatchedRecords) -> dict[str, Array]:
    box, days = _extent(archive, found)
    return {"box": np.array(box, np.float64), "days": np.array(days, np.int64)}


def _extent(archive: Archive, found: MatchedRecords) -> tuple[list[float], list[int]]:
    """Returns the sides of the box, and ordinals of the days; none where there is nothing to bound."""
    own = archive[found.resource.name]
    located, dated = (_arrays_with(archive, found, own, column) for column in ("area", "open_start"))
    box = [] if located is None else _box(located, _rows(archive, found, located))
    return box, [] if dated is None else list(_days(dated, _rows(archive, found, dated)))


def _arrays_with(archive: Archive, found: MatchedRecords, own: TypeArrays, column: str) -> TypeArrays | None:
    """Returns the arrays of the records, or of those that they are chosen by, that have a column; None if none has."""
    if column in own.columns or found.resource.chosen_by is None:
        return own if column in own.columns else None
    subjects = archive[found.resource.chosen_by.record_type.name]
    return subjects if column in subjects.columns else None


def _rows(archive: Archive, found: MatchedRecords, arrays: TypeArrays) -> Array | slice:
    if arrays.name == found.resource.name:
        return slice(None) if found.rows is None else found.rows
    assert found.resource.chosen_by is not None
    subjects: Array = archive[found.resource.name][found.resource.chosen_by.column]
    return (subjects if found.rows is None else subjects[found.rows]) - 1


_FEW = 10_000
"""Records up to which their areas are looked at as often as they stand there."""


def _box(arrays: TypeArrays, rows: Array | slice) -> list[float]:
    sides, areas = arrays.values("area"), arrays["area"][rows]
    # An area stands for many records, and is looked at once where they are many.
    here = areas[areas > 0] - 1 if len(areas) <= _FEW else np.flatnonzero(np.bincount(areas)[1:])
    if not len(here):
        return []
    points = sides[here, :2]
    (south, west), (north, east) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    if east - west > 180:
        longitudes = points[:, 1]
        degrees = np.floor(longitudes)
        bands = (longitudes[degrees == degree] for degree in np.unique(degrees))
        west, east = narrowest_band([(float(one.min()), float(one.max())) for one in bands])
    return [west, south, east, north]


def _days(arrays: TypeArrays, rows: Array | slice) -> Iterable[int]:
    ends = (("earliest", "open_start"), ("latest", "open_end"))
    stated = np.concatenate([arrays[day][rows][arrays[is_open][rows] == 0] for day, is_open in ends])
    if len(stated) and (last := int(stated.max())):
        yield from (int(stated.min()) or int(stated[stated > 0].min()), last)
