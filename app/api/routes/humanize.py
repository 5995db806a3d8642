"""Readable texts for values and EDTF dates on the HTML pages. `web/dom.js` does the same in the browser."""

import re

_MONTHS = "January February March April May June July August September October November December".split()
_PLAIN = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?([?~])?")
_MARKS = {"?": "{} (uncertain)", "~": "about {}"}


def humanize(value: str) -> str:
    """Returns a value of a vocabulary in words."""
    return value.replace("_", " ")


def humanize_date(edtf: str) -> str:
    """Returns an EDTF date in words: a day, month or year, an interval, a range or set; any other unchanged."""
    one_of = edtf.startswith("[") and edtf.endswith("]")
    if one_of and "," in edtf:
        return _alternatives(edtf)
    ends = edtf[1:-1].partition("..") if one_of else edtf.partition("/")
    first, last = _plain_date(ends[0]), _plain_date(ends[2])
    if first is None or last is None:
        return edtf
    match bool(ends[1]), first, last:
        case False, _, _:
            return first
        case True, "", "":
            return edtf
        case True, _, "":
            return f"from {first} on"
        case True, "", _:
            return f"by {last}" if one_of else f"until {last}"
    return f"between {first} and {last}" if one_of else f"{first} to {last}"


def _alternatives(edtf: str) -> str:
    """Returns a set of dates in words, joined by "or"."""
    dates = [_plain_date(date) for date in edtf[1:-1].split(",")]
    return f"{', '.join(map(str, dates[:-1]))} or {dates[-1]}" if all(dates) else edtf


def _plain_date(end: str) -> str | None:
    """Returns a day, month or year in words, an empty text for an open end; None for other dates."""
    if end in ("", ".."):
        return ""
    match = _PLAIN.fullmatch(end)
    if match is None or not (match[2] is None or 1 <= int(match[2]) <= len(_MONTHS)):
        return None
    year, month, day, mark = match.groups()
    words = " ".join(part for part in (day and str(int(day)), month and _MONTHS[int(month) - 1], year) if part)
    return _MARKS[mark].format(words) if mark else words
