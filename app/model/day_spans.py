"""Classes of date ranges by length in days, so that an index finds the ranges that overlap an interval.

A record whose range is long may have begun long before the days that somebody asks for. So that nobody has to look
through all earlier ones, each range belongs to a class, and only the few long ones of a class are looked for so far
back.
"""

from datetime import date

SHORT_SPAN_DAYS = 31
"""Days that the ends of most ranges lie apart, at most."""

LONG_SPAN_DAYS = (366, 3_653, 3_652_059)
"""The classes of longer ones: a year, ten years, and all the days of the calendar."""


def span_class(earliest: str | None, latest: str | None) -> int | None:
    """The class of a range: the least of REACHES that its ends lie apart at most; None for a short one or none."""
    if earliest is None or latest is None:
        return None
    apart = (date.fromisoformat(latest) - date.fromisoformat(earliest)).days
    return None if apart <= SHORT_SPAN_DAYS else next(one for one in LONG_SPAN_DAYS if apart <= one)


def days_before(day: str, days: int) -> str:
    """The day so many days before, or the first of the calendar."""
    return date.fromordinal(max(1, date.fromisoformat(day).toordinal() - days)).isoformat()
