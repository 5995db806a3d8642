"""Days, boxes and points, as text from anybody: read as the calendar and the globe have them, or refused."""

import re
from calendar import monthrange
from datetime import date
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.values import BBox, Box, Days, Interval, Near, Point

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
    found = read(DAYS, text)
    if found is not None:
        assert re.fullmatch(DAYS.json_schema()["pattern"], text), "what is documented says otherwise"
        bounds = [date.fromisoformat(bound) for bound in (found.start, found.end) if bound is not None]
        assert bounds and bounds == sorted(bounds)


DEGREES = st.decimals(-200, 200, places=3)


@given(west=DEGREES, south=DEGREES, east=DEGREES, north=DEGREES)
def test_a_box_lies_on_the_globe(west: Any, south: Any, east: Any, north: Any) -> None:
    """South is below north; west is beyond east only across the antimeridian."""
    on_it = abs(west) <= 180 and abs(east) <= 180 and -90 <= south <= north <= 90
    fits = on_it and (west <= east or west >= 0 >= east)
    expected = BBox(float(west), float(south), float(east), float(north)) if fits else None
    assert read(BOX, f"{west},{south},{east},{north}") == expected


@given(longitude=DEGREES, latitude=DEGREES)
def test_a_point_lies_on_the_globe(longitude: Any, latitude: Any) -> None:
    fits = abs(longitude) <= 180 and abs(latitude) <= 90
    assert read(POINT, f"{longitude},{latitude}") == (Near(float(longitude), float(latitude)) if fits else None)


@given(text=NOISE | st.lists(st.floats().map(str) | NOISE, min_size=2, max_size=5).map(",".join))
def test_any_other_text_is_no_box_and_no_point(text: str) -> None:
    for adapter in (BOX, POINT):
        if read(adapter, text) is not None:
            assert re.fullmatch(adapter.json_schema()["pattern"], text), "what is documented says otherwise"
