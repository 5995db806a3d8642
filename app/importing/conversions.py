"""Conversions of a table's texts into what seed files have: ids, dates, whole numbers."""

import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Literal, get_args

from anyascii import anyascii

from app.ingest.building.dates import bounds
from app.model.date_notations import parse_date

_MAX_ID = 100
_DIGEST_CHARACTERS = 8
_WHOLE_AS_FLOAT = re.compile(r"([0-9]+)\.0+")

DatePrecision = Literal["day", "week", "month", "year"]
PRECISIONS: tuple[str, ...] = get_args(DatePrecision)


@lru_cache(maxsize=65_536)
def slug(text: str) -> str:
    """Returns the id for a name in any script: `Al-Qa'im, Iraq` is `al-qaim-iraq`. Raises ValueError if it has no
    letters. One that would be too long is cut and ends with a digest."""
    written = "-".join(re.findall("[a-z0-9]+", re.sub("[`'’ʿʾ]", "", anyascii(text)).lower()))
    if not written:
        raise ValueError(f"'{text}' has no letters or digits to make an id of")
    if len(written) <= _MAX_ID:
        return written
    cut = written[: _MAX_ID - _DIGEST_CHARACTERS - 1].rstrip("-")
    return f"{cut}-{sha256(written.encode()).hexdigest()[:_DIGEST_CHARACTERS]}"


def whole(text: str) -> str:
    """Returns a whole number as digits: programs that know no missing integers write 12 as `12.0`."""
    match = _WHOLE_AS_FLOAT.fullmatch(text)
    return match[1] if match else text


@lru_cache(maxsize=65_536)
def edtf(text: str) -> str:
    """Returns a date or an interval as EDTF; one that begins and ends on the same day is that day. Raises ValueError
    for what can be read two ways."""
    try:
        bounds(text)
        written: str | None = text
    except ValueError:
        written = parse_date(text)
    if written is None:
        message = f"'{text}' is no date that can only be read in one way; say in the map how it is written, for example"
        raise ValueError(f"{message} `columns: {{day: {{of: '{{date}}', date: '%d/%m/%Y'}}}}`")
    first, slash, last = written.partition("/")
    return first if slash and first == last else written


def formatted_date(text: str, form: str) -> str:
    """Returns a day that is written in a form of `strptime`, such as `%d/%m/%Y`. Raises ValueError if it is not."""
    try:
        return f"{datetime.strptime(text, form).date()}"
    except ValueError:
        raise ValueError(f"'{text}' is not written as '{form}'") from None


def with_precision(day: str, precision: str) -> str:
    """Returns the EDTF date for a day that is only known to a precision. A week is any that has this day. Raises
    ValueError."""
    if precision not in PRECISIONS:
        raise ValueError(f"'{precision}' is no precision of a date; there are {', '.join(PRECISIONS)}")
    if precision == "day":
        return day
    try:
        exact = date.fromisoformat(day)
    except ValueError:
        raise ValueError(f"'{day}' is no day, so it has no precision") from None
    if precision == "week":
        return f"{exact - timedelta(6)}/{exact + timedelta(6)}"
    return day[: len("2019-04") if precision == "month" else len("2019")]
