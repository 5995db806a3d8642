"""EDTF dates (ISO 8601-2) and the days that they may mean."""

import re
import time
from calendar import monthrange
from datetime import date
from functools import lru_cache
from math import isinf
from typing import NamedTuple

from edtf import parse_edtf
from edtf.parser.edtf_exceptions import EDTFParseException

from app.codebook import DatePrecision
from app.dossier.seed import DateSeed

_PRECISIONS = (
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), DatePrecision.DAY),
    (re.compile(r"[0-9]{4}-[0-9]{2}"), DatePrecision.MONTH),
    (re.compile(r"[0-9]{4}"), DatePrecision.YEAR),
)
_PLAIN = re.compile(r"([0-9]{4})(?:-(0[1-9]|1[0-2])(?:-([0-9]{2}))?)?")
_NO_DAYS = re.compile(r"T|[0-9X]{4}-(2[1-9]|3[0-9]|4[01])(?![0-9])")


class Days(NamedTuple):
    """First and last possible day, both included."""

    earliest: date
    latest: date


def days(seed: DateSeed) -> Days:
    """The days that a date may mean: its own bounds where it gives them, else those of its EDTF string.

    Raises ValueError for a string that is not EDTF, for an open end without a bound, and for bounds that do not meet
    the string or stand there without a note.
    """
    implied = _implied(seed.edtf)
    earliest, latest = seed.earliest or implied[0], seed.latest or implied[1]
    if earliest is None or latest is None:
        side = "earliest" if earliest is None else "latest"
        raise ValueError(f"'{seed.edtf}' does not say its {side} day; give '{side}' with a note")
    if (seed.earliest or seed.latest) and not seed.note:
        raise ValueError("bounds of its own need a note saying why")
    if earliest > latest:
        raise ValueError(f"earliest {earliest} is after latest {latest}")
    if (implied[0] and latest < implied[0]) or (implied[1] and earliest > implied[1]):
        raise ValueError(f"the bounds {earliest} to {latest} do not meet the date '{seed.edtf}'")
    return Days(earliest, latest)


@lru_cache(maxsize=65_536)
def precision(edtf: str) -> DatePrecision:
    """How finely a date is given."""
    plain = edtf.rstrip("?~%")
    return next((name for pattern, name in _PRECISIONS if pattern.fullmatch(plain)), DatePrecision.RANGE)


def approximate(edtf: str) -> bool:
    """Whether a date is qualified as uncertain or approximate."""
    return any(mark in edtf for mark in "?~%")


@lru_cache(maxsize=65_536)
def _implied(edtf: str) -> tuple[date | None, date | None]:
    """The bounds of an EDTF string; null where it is open. Cached, because the library takes milliseconds."""
    if _NO_DAYS.search(edtf):
        raise ValueError(f"'{edtf}' is a time or a season; write days, months or years, or an interval of them")
    try:
        if (known := plain(edtf)) is not None:
            return known
        parsed = parse_edtf(edtf)
        # The strict bounds: the fuzzy ones would turn `2019?` into 2018 to 2020.
        # An end that is left out is unknown; the parser would guess one ten years away.
        lower = None if edtf.startswith("/") else _day(parsed.lower_strict())
        upper = None if edtf.endswith("/") else _day(parsed.upper_strict())
        return lower, upper
    except (EDTFParseException, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"'{edtf}' is not an EDTF date that names days") from error


def plain(edtf: str) -> tuple[date, date] | None:
    """The bounds of a plain day, month or year, or of an interval of two of them; None for all else. The library says
    the same of them, only much later. Raises ValueError for a day that no calendar has."""
    first, slash, last = edtf.partition("/")
    begins = _bounds(first)
    ends = _bounds(last) if slash else begins
    if begins is None or ends is None or begins[0] > ends[0]:
        return None
    return begins[0], ends[1]


def _bounds(written: str) -> tuple[date, date] | None:
    match = _PLAIN.fullmatch(written)
    if match is None or match[1] == "0000":
        return None
    year, month = int(match[1]), int(match[2] or 1)
    if match[3]:
        return (day := date(year, month, int(match[3]))), day
    last = int(match[2] or 12)
    return date(year, month, 1), date(year, last, monthrange(year, last)[1])


def _day(moment: time.struct_time | float) -> date | None:
    if isinstance(moment, float):
        if not isinf(moment):
            raise ValueError("not a day")
        return None
    return date(moment.tm_year, moment.tm_mon, moment.tm_mday)
