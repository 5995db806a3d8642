"""EDTF dates (ISO 8601-2:2019, clauses 4 to 12) and the days that they may mean.

A string alone says which days are possible; nothing else has a say in it. It is read here and not by a library:

- The Python library `edtf` 5.0.2 refuses or misreads 23 of the 56 dates that tests/ingest/test_dates.py lists, and
  takes 19 of the 41 strings there that name no days. What it would leave to be read here (digits left open, seasons,
  sets, qualifiers, mistakes) is this module but for two dozen lines. It takes 2 to 40 ms for a string, 26 on average:
  the 2,285 different dates of 20,000 invented incidents would add a minute to a load of seconds, each read once.
- `undate` 0.8.0 refuses or misreads 35 of the 56 (no seasons, sets or significant digits), in up to 1.5 s for one.

The tests compare `edtf` with this module where it follows the standard. Elsewhere it

- takes `1950S2` for 1950; its two significant digits leave 1900 to 1999 open;
- refuses digits left open in a month or a day (`2021-1X`, `2019-04-1X`), and a month of them as the end of an interval
  (`2019-XX/2020`), after printing a line of its own to standard output;
- refuses qualifiers of a season (`2019-33~`), of more than one level (`2004?-06-04~`) and seasons in sets;
- ends a northern winter and a southern summer with the year in which they begin, and takes 21 to 24 for northern ones;
- puts an unknown end (`2019/`) ten years away; it is unknown;
- takes what runs backwards (`2020/2019`, `[2020..2019]`), and blanks anywhere.

The npm library `edtf` 4.11.1 takes January to March for a spring, and the start of `a..b` in a set for its last day;
that is why a choice among a few days is written out. Programs in JavaScript should take `earliest` and `latest`.

What the standard leaves to its users is settled so: qualifiers do not widen a date; a season is one of whole months,
and one that names no hemisphere (21 to 24) may be that of either; open and unknown ends have no bound. Times of day
and years outside 0001 to 9999 are not taken.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from app.ingest.seed.record_seeds import DateSeed
from app.model.codebook import DatePrecision
from app.model.date_notations import parse_date

_DATE = re.compile(
    r"[?~%]?(?P<year>[0-9X]{4})(?:S(?P<digits>[1-4]))?[?~%]?"
    r"(?:-[?~%]?(?P<month>[0-9X]{2})[?~%]?(?:-[?~%]?(?P<day>[0-9X]{2})[?~%]?)?)?"
)
_OPEN_ENDS = ("", "..")
_MAX_LISTED_DAYS = 7
"""Days in a set up to which each must be written out."""

_SEASONS: dict[str, tuple[int, int]] = {
    # First month and number of months: of either hemisphere, of the northern, of the southern.
    **{"21": (3, 9), "22": (6, 9), "23": (3, 9), "24": (6, 9)},
    **{"25": (3, 3), "26": (6, 3), "27": (9, 3), "28": (12, 3)},
    **{"29": (9, 3), "30": (12, 3), "31": (3, 3), "32": (6, 3)},
    # Quarters, thirds and halves of a year.
    **{str(33 + number): (1 + 3 * number, 3) for number in range(4)},
    **{str(37 + number): (1 + 4 * number, 4) for number in range(3)},
    **{str(40 + number): (1 + 6 * number, 6) for number in range(2)},
}
_PRECISIONS = {4: DatePrecision.YEAR, 7: DatePrecision.MONTH, 10: DatePrecision.DAY}


class Days(NamedTuple):
    """A first and a last day, both included."""

    earliest: date
    latest: date


class Bounds(NamedTuple):
    """First and last possible day; None where that end is open or unknown."""

    earliest: date | None
    latest: date | None


class Limits(NamedTuple):
    """What filters and sorts take for open ends, and why; None for an end that is stated or has no limit."""

    earliest: date | None
    latest: date | None
    reason: str


class _EdtfRange(NamedTuple):
    """First and last day that a string names, and whether the range is closed at either end."""

    days: Days
    begins: bool = True
    ends: bool = True


def bounds(edtf: str) -> Bounds:
    """Returns the bounds of an EDTF string. Raises ValueError, with a message for editors, if it is invalid or names no
    days."""
    read = _read(edtf)
    return Bounds(read.days.earliest if read.begins else None, read.days.latest if read.ends else None)


_UNTIL_PUBLISHED = "The day of publication, up to which the article can tell of it."
_AFTER_PUBLISHED = "The last day that the date itself names, because it lies after the publication."


def assumed_limits(seed: DateSeed, published: date) -> Limits | None:
    """Returns the limits that filters and sorts take for the open ends of a date: those that the seed assumes. Without
    one, an open end is the day of publication, and an open start has none. None if there is no limit.

    Raises ValueError for a limit of an end that is not open or that lies on the wrong side of the date.
    """
    (earliest, latest), begins, ends = _read(seed.edtf)
    assumed = seed.assumed
    first, last = (assumed.earliest, assumed.latest) if assumed else (None, None)
    for limit, is_closed, side in ((first, begins, "earliest"), (last, ends, "latest")):
        if limit is not None and is_closed:
            raise ValueError(f"'{seed.edtf}' says its {side} day itself; a limit is assumed for an open end alone")
    if first is not None and first > latest:
        raise ValueError(f"the assumed earliest day {first} is after '{seed.edtf}'")
    if last is not None and last < earliest:
        raise ValueError(f"the assumed latest day {last} is before '{seed.edtf}'")
    if first is not None and last is not None and first > last:
        raise ValueError(f"the assumed earliest day {first} is after the assumed latest day {last}")
    reasons = [assumed.reason] if assumed else []
    if not ends and last is None:
        is_told = (first or earliest) <= published
        last = published if is_told else latest
        reasons.append(_UNTIL_PUBLISHED if is_told else _AFTER_PUBLISHED)
    return Limits(first, last, " ".join(reasons)) if reasons else None


@lru_cache(maxsize=65_536)
def precision(edtf: str) -> DatePrecision:
    """Returns the precision of a date; a set has that of its members."""
    members = [end for member in _members(edtf) for end in member.split("..") if end] if _is_set(edtf) else [edtf]
    precisions = {_PRECISIONS.get(len(plain), DatePrecision.RANGE) for plain in map(_unqualified, members)}
    return precisions.pop() if len(precisions) == 1 else DatePrecision.RANGE


def approximate(edtf: str) -> bool:
    """Whether a date is uncertain, approximate or given to significant digits."""
    return any(mark in edtf for mark in "?~%S")


@lru_cache(maxsize=65_536)
def _read(edtf: str) -> _EdtfRange:
    if "T" in edtf:
        raise ValueError(f"'{edtf}' has a time of day; write the day alone, '{edtf.partition('T')[0]}'")
    read = _set(edtf) if _is_set(edtf) else _interval(edtf) if "/" in edtf else _EdtfRange(_days(edtf))
    if read.days.earliest > read.days.latest:
        raise ValueError(f"'{edtf}' ends before it begins")
    return read


def _interval(edtf: str) -> _EdtfRange:
    first, _, last = edtf.partition("/")
    if first in _OPEN_ENDS and last in _OPEN_ENDS:
        raise ValueError(f"'{edtf}' names no day; leave the date out where nothing is stated")
    begins, ends = first not in _OPEN_ENDS, last not in _OPEN_ENDS
    stated_ends = [_days(end) for end, there in ((first, begins), (last, ends)) if there]
    return _EdtfRange(Days(stated_ends[0].earliest, stated_ends[-1].latest), begins, ends)


def _is_set(edtf: str) -> bool:
    return edtf[:1] + edtf[-1:] in ("[]", "{}")


def _members(edtf: str) -> list[str]:
    return edtf[1:-1].split(",")


def _set(edtf: str) -> _EdtfRange:
    """Parses a set (one or all of several dates). An open end is before its first or after its last member."""
    members = _members(edtf)
    begins, ends = not members[0].startswith(".."), not members[-1].endswith("..")
    members[0] = members[0].removeprefix("..")
    members[-1] = members[-1].removesuffix("..")
    if begins and ends and len(members) == 1 and ".." not in members[0]:
        raise ValueError(f"'{edtf}' is a set of one date; write '{members[0]}'")
    member_days = [_consecutive(member) if ".." in member else _days(member) for member in members]
    return _EdtfRange(
        Days(min(one.earliest for one in member_days), max(one.latest for one in member_days)), begins, ends
    )


def _consecutive(member: str) -> Days:
    """Parses `a..b`. Both ends must have the same precision, because `edtf` 5.0.2 accepts no others."""
    first, _, last = member.partition("..")
    days = Days(_days(first).earliest, _days(last).latest)
    if days.earliest > days.latest:
        raise ValueError(f"'{member}' ends before it begins")
    if len(_unqualified(first)) != len(_unqualified(last)):
        raise ValueError(f"the ends of '{member}' are not equally precise; write {days.earliest}..{days.latest}")
    days_between = (days.latest - days.earliest).days
    if precision(first) is DatePrecision.DAY and days_between < _MAX_LISTED_DAYS:
        listed_days = ",".join(f"{days.earliest + timedelta(number)}" for number in range(days_between + 1))
        raise ValueError(f"'{member}' is a choice among at most seven days; write them out: {listed_days}")
    return days


def _days(written: str) -> Days:
    """Parses one date or season."""
    match = _DATE.fullmatch(written)
    if match is None:
        meant = parse_date(written)
        hint = meant if meant and _DATE.fullmatch(meant) else "2019-04-19, 2019-04, 2019, or an interval of these"
        raise ValueError(f"'{written}' is not an EDTF date; write {hint}")
    year, month, day = match["year"], match["month"], match["day"]
    if match["digits"]:
        if month or "X" in year:
            raise ValueError(f"'{written}' is not an EDTF date; significant digits stand behind a whole year alone")
        year = year[: int(match["digits"])].ljust(4, "X")
    if (lowest := int(year.replace("X", "0"))) < 1:
        raise ValueError(f"'{written}' reaches beyond the years 0001 to 9999")
    if month in _SEASONS and day is None:
        highest = int(year.replace("X", "9"))
        return Days(_season(lowest, month, written).earliest, _season(highest, month, written).latest)
    # Years, months and days that fit are tried from either end, until there is one in the calendar.
    choices = _candidates(year), _candidates(month or "XX"), _candidates(day or "XX")
    earliest = next(_in_calendar(product(*choices)), None)
    latest = next(_in_calendar(product(*(choice[::-1] for choice in choices))), None)
    if earliest is None or latest is None:
        raise ValueError(f"'{written}' is in no calendar")
    return Days(earliest, latest)


@lru_cache(maxsize=4_096)
def _candidates(digits: str) -> list[int]:
    """Returns the numbers that match some digits, where X is any digit."""
    return [int("".join(one)) for one in product(*("0123456789" if digit == "X" else digit for digit in digits))]


def _in_calendar(choices: Iterable[tuple[int, ...]]) -> Iterator[date]:
    for year, month, day in choices:
        try:
            yield date(year, month, day)
        except ValueError:
            continue


def _season(year: int, season: str, written: str) -> Days:
    month, months = _SEASONS[season]
    after = month - 1 + months
    try:
        return Days(date(year, month, 1), date(year + after // 12, after % 12 + 1, 1) - timedelta(1))
    except ValueError:
        raise ValueError(f"'{written}' reaches beyond the years 0001 to 9999") from None


def _unqualified(written: str) -> str:
    """Returns a date without its qualifiers; an empty string if it is not made of digits alone."""
    plain = re.sub("[?~%]", "", written)
    return plain if re.fullmatch(r"[0-9]{4}(-(0[1-9]|1[0-2])(-[0-9]{2})?)?", plain) else ""
