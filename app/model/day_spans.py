"""The days that filters and sorts take for a date, and classes of their length.

By its class an index finds the ranges that overlap an interval.

A range that overlaps an interval may begin long before it. So that a query need not read all earlier ranges, each
range belongs to a class by its length, and a query looks back no further than the longest range of each class.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

SHORT_SPAN_DAYS = 31
"""The most days between the ends of a short range; most ranges are short."""

LONG_SPAN_DAYS = (366, 3_653, 3_652_059)
"""The most days between the ends of a range of each longer class: a year, ten years, the whole calendar."""


def effective_days(document: Mapping[str, Any]) -> tuple[str, str]:
    """Returns the days that filters and sorts use for the date of a document: its bounds, and at an open end what is
    assumed; the first or last day of the calendar where nothing is."""
    assumed = document["assumed"] or {}
    earliest = document["earliest"] or assumed.get("earliest") or date.min.isoformat()
    return earliest, document["latest"] or assumed.get("latest") or date.max.isoformat()


def span_class(earliest: str | None, latest: str | None) -> int | None:
    """Returns the class of a range of days: the smallest of LONG_SPAN_DAYS that holds it; None for a short range and
    without one."""
    if earliest is None or latest is None:
        return None
    days = (date.fromisoformat(latest) - date.fromisoformat(earliest)).days
    return None if days <= SHORT_SPAN_DAYS else next(longest for longest in LONG_SPAN_DAYS if days <= longest)


@lru_cache(maxsize=4096)
def days_before(day: str, days: int) -> str:
    """Returns the day that many days earlier, or the first of the calendar."""
    return date.fromordinal(max(1, date.fromisoformat(day).toordinal() - days)).isoformat()
