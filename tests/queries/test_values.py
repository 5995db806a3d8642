"""Days, boxes and points, as text from anybody: read as the calendar and the globe have them, or refused."""

import re
from calendar import monthrange
from datetime import date
from math import isclose
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.queries.values import Box, Days, Interval, Point

DAYS, BOX, POINT = (TypeAdapter[Any](kind) for kind in (Days, Box, Point))

NOISE = st.text("0123456789-./, +eEZTnaif٣", max_size=30) | st.text(max_size=12)
DATES = st.dates(date(1, 1, 1), date(9999, 12, 31))
PRECISIONS = st.sampled_from([4, 7, 10])
"""How many characters of an ISO date are given: its year, its month, or all of it."""


def read(adapter: TypeAdapter[Any], text: str) -> Any:
    """The value; null where it is refused, which happens as for every other bad value."""
    try:
        return adapter.validate_python(text)
    except ValidationError:
        return None


def first_day(day: date, length: int) -> str:
    return (day.isoformat()[:length] + "-01-01")[:10]


def last_day(day: date, length: int) -> str:
    month = day.month if length > 4 else 12
    number = day.day if length == 10 else monthrange(day.year, month)[1]
    return date(day.year, month, number).isoformat()


@given(day=DATES, length=PRECISIONS)
def test_one_date_is_all_its_days(day: date, length: int) -> None:
    assert read(DAYS, day.isoformat()[:length]) == Interval(first_day(day, length), last_day(day, length))


@given(one=DATES, other=DATES, lengths=st.tuples(PRECISIONS, PRECISIONS))
@example(one=date(2020, 2, 29), other=date(2020, 2, 1), lengths=(10, 7))
def test_an_interval_runs_from_the_first_day_to_the_last(one: date, other: date, lengths: tuple[int, int]) -> None:
    start, end = first_day(one, lengths[0]), last_day(other, lengths[1])
    left, right = one.isoformat()[: lengths[0]], other.isoformat()[: lengths[1]]
    assert read(DAYS, f"{left}/{right}") == (Interval(start, end) if start <= end else None)
    assert read(DAYS, f"{left}/..") == Interval(start, None)
    assert read(DAYS, f"../{right}") == Interval(None, end)


@given(text=NOISE)
def test_any_other_text_is_no_interval(text: str) -> None:
    feed = read(DAYS, text)
    if feed is not None:
        assert re.fullmatch(DAYS.json_schema()["pattern"], text), "what is documented says otherwise"
        bounds = [date.fromisoformat(bound) for bound in (feed.start, feed.end) if bound is not None]
        assert bounds
        assert bounds == sorted(bounds)


LONGITUDES = st.decimals(-999, 999, places=3)
LATITUDES = st.decimals(-95, 95, places=3)


def same_meridian(one: float, other: float) -> bool:
    return isclose((one - other) % 360, 0, abs_tol=1e-9) or isclose((one - other) % 360, 360, abs_tol=1e-9)


@given(west=LONGITUDES, south=LATITUDES, east=LONGITUDES, north=LATITUDES)
@example(west=30, south=0, east=400, north=50)
@example(west=-10, south=0, east=-20, north=50)
@example(west=179, south=0, east=181, north=50)
def test_a_box_lies_on_the_globe(west: Any, south: Any, east: Any, north: Any) -> None:
    """South is below north, and what goes beyond 180 degrees lies on the same meridian as without the turn."""
    feed = read(BOX, f"{west},{south},{east},{north}")
    assert (feed is not None) is (-90 <= south <= north <= 90)
    if feed is None:
        return
    assert (feed.south, feed.north) == (float(south), float(north))
    assert -180 <= feed.west <= 180
    assert -180 <= feed.east <= 180
    if east - west >= 360:
        assert (feed.west, feed.east) == (-180, 180)
    else:
        assert same_meridian(feed.west, float(west))
        assert same_meridian(feed.east, float(east))
    if abs(west) <= 180 and abs(east) <= 180:
        assert (feed.west, feed.east) == (float(west), float(east))


@given(longitude=LONGITUDES, latitude=LATITUDES)
def test_a_point_lies_on_the_globe(longitude: Any, latitude: Any) -> None:
    feed = read(POINT, f"{longitude},{latitude}")
    assert (feed is not None) is (abs(latitude) <= 90)
    if feed is not None:
        assert feed.latitude == float(latitude)
        assert -180 <= feed.longitude <= 180
        assert same_meridian(feed.longitude, float(longitude))


@given(text=NOISE | st.lists(st.floats().map(str) | NOISE, min_size=2, max_size=5).map(",".join))
def test_any_other_text_is_no_box_and_no_point(text: str) -> None:
    for adapter in (BOX, POINT):
        if read(adapter, text) is not None:
            assert re.fullmatch(adapter.json_schema()["pattern"], text), "what is documented says otherwise"
