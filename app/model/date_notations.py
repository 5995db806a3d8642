"""Parses dates in common notations into values of the parameter `datetime`, where they are unambiguous."""

import re
from calendar import month_abbr, month_name

_MONTHS = {name.lower(): number for names in (month_name, month_abbr) for number, name in enumerate(names) if name}
_MONTHS |= {"sept": 9}
_NAME = rf"(?P<name>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\.?"
_YEAR, _MONTH, _DAY = r"(?P<year>\d{4})", r"(?P<month>\d{1,2})", r"(?P<day>\d{1,2})"
_CLOCK = r"(T|[T ]\d\d:?\d\d(:?\d\d([.,]\d+)?)?( ?(Z|UTC|GMT|[+-]\d\d(:?\d\d)?))?)?"

_FORMS = [
    re.compile(form, re.ASCII | re.IGNORECASE)
    for form in (
        # ISO 8601 with a time, as programs write it; EDTF, as records have it; single digits and other separators.
        rf"{_YEAR}(-{_MONTH}(-{_DAY}{_CLOCK})?)?[?~%]?",
        rf"{_YEAR}(-{_MONTH}|-XX)?(-XX)?[?~%]?",
        rf"{_YEAR}[./]{_MONTH}([./]{_DAY})?",
        r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(T?\d{6}Z?)?",
        # With dots the day comes first everywhere.
        rf"({_DAY}\. ?)?{_MONTH}\. ?{_YEAR}",
        rf"{_MONTH}/{_YEAR}",
        rf"({_DAY}(st|nd|rd|th|\.)?[ -](of )?)?{_NAME}[, -] ?{_YEAR}",
        rf"{_NAME} {_DAY}(st|nd|rd|th)?,? {_YEAR}",
        rf"{_YEAR}[, -] ?{_NAME}([ -]{_DAY})?",
    )
]
_DAY_OR_MONTH_FIRST = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2(\d{4})", re.ASCII)
_BETWEEN = re.compile(r"/| to | until | ?(?:\.\.|–|—) ?| - |,")
_OPEN = ("", "..", "*", "now")


def parse_date(text: str) -> str | None:
    """Returns a day, month, year or interval in the form of `datetime`; None where it is ambiguous or no date."""
    text = " ".join(text.split())
    if len(text) > 100:
        return None
    if (single := _single(text)) is not None:
        return single
    years = re.fullmatch(r"(\d{4}) ?[-–] ?(\d{4})", text, re.ASCII)
    parts = list(years.groups()) if years else _BETWEEN.split(text)
    if len(parts) != 2:
        return None
    ends = [".." if part.strip().lower() in _OPEN else _single(part.strip()) for part in parts]
    first, last = ends
    return f"{first}/{last}" if first and last and ends != ["..", ".."] else None


def _single(text: str) -> str | None:
    for form in _FORMS:
        if (match := form.fullmatch(text)) is not None:
            return _iso(**match.groupdict())
    if (match := _DAY_OR_MONTH_FIRST.fullmatch(text)) is not None:
        first, _, second, year = match.groups()
        if int(first) > 12 or first == second:
            return _iso(year, second, first)
        if int(second) > 12:
            return _iso(year, first, second)
    return None


def _iso(year: str, month: str | None = None, day: str | None = None, name: str | None = None) -> str:
    number = _MONTHS[name.lower()] if name else month
    return "-".join([year, *(f"{int(part):02}" for part in (number, day) if part)])
