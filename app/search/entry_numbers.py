"""Numbers of search entries, ordered by the type of the record and, within a type, by its day.

A full-text index that walks by number so finds the newest of a type first, without looking at all that match, and what
it finds leads to documents by itself. A number holds the type, the day (the ordinal of the first possible day, 0
without one) and the number of the document.
"""

from datetime import date
from functools import lru_cache
from typing import Any

_DAY = 32
_TYPE = _DAY + 24

DAY_STEP = 1 << _DAY
"""How far the numbers of two days lie apart."""

DAYS_PER_TYPE = 1 << (_TYPE - _DAY)
"""So many days lie between the numbers of two types."""

Range = tuple[int, int]
"""First and last, both included."""


MAX_CODE = 127
"""The highest code of a type: numbers have 63 bits. The record types declare their codes, from 1."""

ALL_ENTRIES: Range = (1 << _TYPE, ((MAX_CODE + 1) << _TYPE) - 1)
"""The numbers of all entries."""


def type_range(code: int) -> Range:
    """The numbers of the type with this code."""
    first = code << _TYPE
    return first, first + (1 << _TYPE) - 1


@lru_cache(maxsize=65_536)
def day_range(code: int, day: str | None) -> Range:
    """The numbers of those of a type that have this first possible day, or none."""
    first = type_range(code)[0] + ((date.fromisoformat(day).toordinal() if day else 0) << _DAY)
    return first, first + DAY_STEP - 1


def entry_number(code: int, day: str | None, document: int) -> int:
    """The number of a record's entry."""
    return day_range(code, day)[0] + document


@lru_cache(maxsize=65_536)
def _day(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat() if ordinal else ""


def first_day(number: int) -> str:
    """The first possible day that an entry's number holds; empty for none."""
    return _day(number // DAY_STEP % DAYS_PER_TYPE)


def document_number(number: Any) -> Any:
    """The number of the document that an entry's number, or a column of them, leads to."""
    return number % DAY_STEP


def code_of(number: Any) -> Any:
    """What stands for the type in an entry's number, or a column of them."""
    return number // (1 << _TYPE)
