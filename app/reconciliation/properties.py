"""What a query may say of a record beside its name, and how far a record agrees with it, from 0 to 100.

None is the answer of a record that does not say.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import asin, cos, exp, radians, sin, sqrt
from typing import Any, NamedTuple

from app.model.date_notations import parse_date
from app.model.day_spans import effective_days
from app.model.geography import EARTH_RADIUS_M
from app.problems import BadValue
from app.queries.values import Interval, Near, interval
from app.reconciliation.name_index import NameIndex
from app.reconciliation.spelling import likeness, written

Document = Mapping[str, Any]

OVERLAPPING_DAYS = 85.0
"""What days have in common with others that they overlap; the rest is the share that overlaps."""

PER_DAY_APART, PER_PERSON_APART = 20.0, 20.0
"""What each day and each person between two ranges costs."""

NEARLY = 80.0
"""What ranges have that only just do not meet."""

FALLING_KM = 20.0
"""Kilometres after which agreement has fallen to a third."""


class Value(NamedTuple):
    """A value of a query: a text, or a record that was found before, with its id."""

    text: str
    id: str | None = None


class Bounds(NamedTuple):
    """A figure: at least so many, and at most, if that is known."""

    low: int
    high: int | None


@dataclass(frozen=True, slots=True)
class Property:
    """A property of records of a type. `read` reads a value, raising BadValue; `agreement` compares it."""

    id: str
    name: str
    description: str
    read: Callable[[Value], Any]
    agreement: Callable[[Any, Document, "Indexes"], float | None]
    weight: float = 1.0


Indexes = Mapping[str, NameIndex]
"""The names of the release's places, people and organizations."""


def read_days(value: Value) -> Interval:
    """Reads a date in EDTF or in a common notation."""
    read = parse_date(value.text)
    if read is None:
        raise BadValue(
            f"'{value.text[:60]}' is no date; write it like 2019-04-19, 2019-04, 2019 or 2019-04-01/2019-04-09"
        )
    return interval(read)


def days_agree(days: Interval, document: Document, indexes: Indexes) -> float | None:
    """The record's days overlap; apart, each day between counts."""
    if document["date"] is None:
        return None
    first, last = (date.fromisoformat(day).toordinal() for day in effective_days(document["date"]))
    start = date.fromisoformat(days.start).toordinal() if days.start else first
    end = date.fromisoformat(days.end).toordinal() if days.end else last
    common = min(last, end) - max(first, start) + 1
    if common <= 0:
        return max(0.0, NEARLY - PER_DAY_APART * -common)
    longer = max(last - first, end - start) + 1
    return OVERLAPPING_DAYS + (100 - OVERLAPPING_DAYS) * common / longer


def read_point(value: Value) -> Near:
    """Reads latitude and longitude, in this order, as tables have them."""
    parts = re.split(r"[,;\s]+", value.text.strip())
    try:
        latitude, longitude = map(float, parts)
    except ValueError:
        raise BadValue(f"'{value.text[:60]}' is no point; write latitude and longitude like 35.2,43.9") from None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise BadValue(f"'{value.text[:60]}' lies beyond the globe: latitude comes first")
    return Near(longitude, latitude)


def point_agrees(point: Near, document: Document, indexes: Indexes) -> float | None:
    """The record's circle is near."""
    at = document.get("location") or document
    if at.get("latitude") is None:
        return None
    radius_m = at["radius_m"] if "radius_m" in at else document["coordinate"]["radius_m"]
    beyond_km = max(0.0, _metres(point, at["latitude"], at["longitude"]) - max(radius_m, 1000)) / 1000
    return 100 * exp(-beyond_km / FALLING_KM)


def _metres(point: Near, latitude: float, longitude: float) -> float:
    south, north = radians(point.latitude), radians(latitude)
    half = sin((north - south) / 2) ** 2
    half += cos(south) * cos(north) * sin(radians(longitude - point.longitude) / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(half)))


_BOUNDS = re.compile(r"(?P<low>\d{1,9})(?P<more>\+)?(?:\s*(?:-|–|\.\.|to)\s*(?P<high>\d{1,9}))?")


def read_bounds(value: Value) -> Bounds:
    """Reads a number, a range or `3+`."""
    found = _BOUNDS.fullmatch(value.text.strip())
    if found is None or (found["more"] and found["high"]):
        raise BadValue(f"'{value.text[:60]}' is no figure; write it like 5, 3-7 or 3+")
    low = int(found["low"])
    high = int(found["high"]) if found["high"] else None if found["more"] else low
    if high is not None and high < low:
        raise BadValue(f"'{value.text[:60]}' has the larger number first")
    return Bounds(low, high)


def killed_agree(bounds: Bounds, document: Document, indexes: Indexes) -> float | None:
    """The record's own total meets the range; apart, each person between counts."""
    total = document["totals"]["killed"]
    if total is None:
        return None
    apart = (total["low"] or 0) - bounds.high if bounds.high is not None else 0
    if total["high"] is not None:
        apart = max(apart, bounds.low - total["high"])
    if apart > 0:
        return max(0.0, NEARLY - PER_PERSON_APART * apart)
    return 100.0 if Bounds(total["low"], total["high"]) == bounds else 90.0


def read_text(value: Value) -> Value:
    """Takes any text."""
    if not value.id and not written(value.text):
        raise BadValue("is empty")
    return value


def at_place(value: Value, document: Document, indexes: Indexes) -> float | None:
    """A place of the record, or one that contains it, is the one meant."""
    return _is_meant(value, (place["id"] for place in document["places"]), indexes["places"])


def lies_in(value: Value, document: Document, indexes: Indexes) -> float | None:
    """What contains the place is the one meant."""
    return _is_meant(value, (parent["id"] for parent in document["parents"]), indexes["places"])


def _is_meant(value: Value, ids: Iterable[str], index: NameIndex) -> float | None:
    there = [index.by_id[one] for one in ids if one in index.by_id]
    around = {record.id for one in there for record in (one, *index.containers(one))}
    if not around:
        return None
    if value.id is not None:
        return 100.0 if value.id in around else 0.0
    wanted = written(value.text)
    return max(likeness(wanted, written(name)).full_name for one in around for name in index.by_id[one].names)


def labels_at(*path: str) -> Callable[[Value, Document, Indexes], float | None]:
    """One of the labels, names or words under a key of the record is the one meant."""

    def agreement(value: Value, document: Document, indexes: Indexes) -> float | None:
        found: Any = document[path[0]]
        ones = [one for one in (found if isinstance(found, list) else [found]) if one is not None]
        if not ones:
            return None
        if value.id is not None and isinstance(ones[0], dict):
            return 100.0 if any(one.get("id") == value.id for one in ones) else 0.0
        texts = [one if isinstance(one, str) else one.get("label") or one.get("name") for one in ones]
        wanted = written((value.id or value.text).replace("_", " "))
        return max(likeness(wanted, written(text.replace("_", " "))).full_name for text in texts)

    return agreement


_POINT = Property("lat,lon", "point", "Latitude and longitude, like 35.2,43.9.", read_point, point_agrees, 2)

PROPERTIES: Mapping[str, tuple[Property, ...]] = {
    "incidents": (
        Property("date", "date", "When it happened, in EDTF or like 19 April 2019.", read_days, days_agree, 2),
        Property("place", "place", "Where it happened, or what contains it.", read_text, at_place, 2),
        _POINT,
        Property("killed", "killed", "How many were killed: 5, 3-7 or 3+.", read_bounds, killed_agree),
        Property("actor", "actor", "Who took part.", read_text, labels_at("actors")),
        Property("kind", "kind", "What happened, a value of the codebook.", read_text, labels_at("kind")),
    ),
    "places": (
        Property("within", "within", "A place that contains it.", read_text, lies_in),
        _POINT,
        Property("kind", "kind", "What sort of place, a value of the codebook.", read_text, labels_at("kind")),
    ),
    "people": (
        Property("organization", "organization", "What they belong to.", read_text, labels_at("organizations")),
        Property("role", "role", "What they are to the reporting.", read_text, labels_at("roles")),
    ),
    "organizations": (
        Property("within", "within", "What it is a part of.", read_text, labels_at("parents")),
        Property("kind", "kind", "What sort of organization, a value of the codebook.", read_text, labels_at("kind")),
    ),
}
"""What queries take for each type, by the type's list."""
