"""Columns that several types have: a point with its box, and a place in an article."""

from app.model.digests import Data
from app.model.geography import box_around
from app.queries.record_type import Row


def area_columns(point: Data, circle: Data | None) -> Row:
    """A record's point and the box around its circle; null without one. West and east run on beyond 180 degrees where
    the box crosses it."""
    if circle is None:
        return dict.fromkeys(("latitude", "longitude", "radius_m", "west", "south", "east", "north"))
    box = box_around(point["longitude"], point["latitude"], circle["radius_m"])
    return {"latitude": point["latitude"], "longitude": point["longitude"], "radius_m": circle["radius_m"], **box}


def reading_position(article: str, paragraph: int, start: int) -> str:
    """What sorts records by where they stand in the reporting."""
    return f"{article}/{paragraph:06d}/{start:07d}"
