"""Histograms of dates: how many records certainly lie in each day, month, year or decade, and how many may.

A date may be a range, or open at an end, so a record may lie in several buckets. It is certain in one that holds all
its days, as `date_match=within` has it, and possible in each that holds one of them, as `overlaps` has it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import NamedTuple

from app.queries.values import Interval, interval

FIRST_DAY, LAST_DAY = date.min.isoformat(), date.max.isoformat()
"""The calendar's, which open ends without an assumed limit have."""

MAX_BUCKETS = 1000
"""Buckets of one histogram, or tiles of one grid, at most."""


class DaySpan(NamedTuple):
    """The days that records may have, as filters take them, whether each end is open, and how many records have
    these."""

    earliest: str
    latest: str
    open_start: bool
    open_end: bool
    records: int


@dataclass(frozen=True)
class Unit:
    """A length of buckets. Each bucket has a number, the next one the next; `value` is what `datetime` takes for it."""

    name: str
    number: Callable[[str], int]
    value: Callable[[int], str]


def _year(number: int) -> str:
    return f"{number:04}"


UNITS: dict[str, Unit] = {
    one.name: one
    for one in (
        Unit(
            "day", lambda day: date.fromisoformat(day).toordinal(), lambda number: date.fromordinal(number).isoformat()
        ),
        Unit(
            "month",
            lambda day: int(day[:4]) * 12 + int(day[5:7]) - 1,
            lambda number: f"{_year(number // 12)}-{number % 12 + 1:02}",
        ),
        Unit("year", lambda day: int(day[:4]), _year),
        Unit(
            "decade",
            lambda day: int(day[:3]),
            lambda number: f"{_year(max(1, number * 10))}/{_year(number * 10 + 9)}",
        ),
    )
}
"""By name, each coarser than the one before."""


def whole_value(unit: Unit, earliest: str, latest: str, open_start: bool, open_end: bool) -> str:
    """Returns the bucket in which a date certainly lies, `imprecise` for one that may lie in several, or is open at an
    end; empty without a date."""
    if not earliest:
        return ""
    number = unit.number(earliest)
    return "imprecise" if open_start or open_end or unit.number(latest) != number else unit.value(number)


class Bucket(NamedTuple):
    """`value` is the whole bucket, `days` what lies in the interval that was asked for; numbers of records that
    certainly, and of further ones that possibly lie there."""

    value: str
    days: Interval
    certain: int
    possible: int


class Histogram(NamedTuple):
    """The buckets in the order of time, without gaps, and how many records are certain in none."""

    buckets: list[Bucket]
    imprecise: int


class TooManyBuckets(ValueError):
    """There are more than MAX_BUCKETS; `coarser` units have these numbers of them, the finest first."""

    def __init__(self, number: int, coarser: Sequence[tuple[str, int]]) -> None:
        super().__init__(number, coarser)
        self.number, self.coarser = number, coarser


def histogram(spans: Sequence[DaySpan], unit: Unit, asked: Interval | None) -> Histogram:
    """Counts records by their days. An end that is open without an assumed limit reaches to that of the interval that
    is asked for, or else to the first or last day of the other dates.

    Raises TooManyBuckets.
    """
    asked = asked or Interval(None, None)
    number = sum(one.records for one in spans)
    if (ends := _ends(spans, asked)) is None:
        return Histogram([], number)
    first, last = unit.number(ends[0]), unit.number(ends[1])
    if last - first >= MAX_BUCKETS:
        raise TooManyBuckets(last - first + 1, _coarser(unit, ends))
    certain, steps = [0] * (last - first + 1), [0] * (last - first + 2)
    for span in spans:
        begins, ends_in = (unit.number(min(max(day, ends[0]), ends[1])) - first for day in (span.earliest, span.latest))
        steps[begins] += span.records
        steps[ends_in + 1] -= span.records
        if begins == ends_in and _is_certain(span, asked):
            certain[begins] += span.records
    buckets = [
        Bucket(value := unit.value(first + place), _common(interval(value), asked), sure, together - sure)
        for place, (sure, together) in enumerate(zip(certain, accumulate(steps[:-1]), strict=True))
    ]
    return Histogram(buckets, number - sum(certain))


def _ends(spans: Sequence[DaySpan], asked: Interval) -> tuple[str, str] | None:
    """Returns the first and last day that some record may lie in, as far as is known or asked for; None if no day is
    known."""
    known = set()
    for span in spans:
        for day, is_limit, limit in (
            (span.earliest, span.open_start and span.earliest == FIRST_DAY, asked.start),
            (span.latest, span.open_end and span.latest == LAST_DAY, asked.end),
        ):
            if (reached := limit if is_limit else day) is not None:
                known.add(min(max(reached, asked.start or FIRST_DAY), asked.end or LAST_DAY))
    return (min(known), max(known)) if known else None


def _is_certain(span: DaySpan, asked: Interval) -> bool:
    """Whether all its days lie in the interval, in which its bucket may begin or end."""
    inside = (asked.start or FIRST_DAY) <= span.earliest and span.latest <= (asked.end or LAST_DAY)
    return inside and not span.open_start and not span.open_end


def _common(one: Interval, other: Interval) -> Interval:
    """Returns the days of a bucket that lie in an interval, too."""
    assert one.start is not None
    assert one.end is not None
    return Interval(max(one.start, other.start or FIRST_DAY), min(one.end, other.end or LAST_DAY))


def _coarser(unit: Unit, ends: tuple[str, str]) -> list[tuple[str, int]]:
    units = list(UNITS.values())
    numbers = ((one.name, one.number(ends[1]) - one.number(ends[0]) + 1) for one in units[units.index(unit) + 1 :])
    return [(name, number) for name, number in numbers if number <= MAX_BUCKETS]
