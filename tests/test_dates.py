"""EDTF strings and the days that they may mean."""

from datetime import date

import pytest
from edtf import parse_edtf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.codebook import DatePrecision
from app.dossier.dates import approximate, days, plain, precision
from app.dossier.seed import DateSeed

DATES = [
    ("2019-04-19", "2019-04-19", "2019-04-19", "day", False),
    ("2019-04-19~", "2019-04-19", "2019-04-19", "day", True),
    ("2019-04", "2019-04-01", "2019-04-30", "month", False),
    ("2020-02?", "2020-02-01", "2020-02-29", "month", True),
    ("2019", "2019-01-01", "2019-12-31", "year", False),
    ("2019%", "2019-01-01", "2019-12-31", "year", True),
    ("2019-04/2019-06-02", "2019-04-01", "2019-06-02", "range", False),
    ("2019-04~/2019-06", "2019-04-01", "2019-06-30", "range", True),
    ("201X", "2010-01-01", "2019-12-31", "range", False),
    ("2019-04-XX", "2019-04-01", "2019-04-30", "range", False),
    ("[2019-04-18,2019-04-19]", "2019-04-18", "2019-04-19", "range", False),
    ("{2018..2019}", "2018-01-01", "2019-12-31", "range", False),
]


@pytest.mark.parametrize(("edtf", "earliest", "latest", "how", "about"), DATES)
def test_days_of_a_date(edtf: str, earliest: str, latest: str, how: str, about: bool) -> None:
    found = days(DateSeed(edtf=edtf))
    assert (found.earliest.isoformat(), found.latest.isoformat()) == (earliest, latest)
    assert precision(edtf) is DatePrecision(how)
    assert approximate(edtf) is about


def test_own_bounds_go_before_those_of_the_string() -> None:
    seed = DateSeed(edtf="2019-04-19", earliest=date(2019, 4, 18), latest=date(2019, 4, 20), note="overnight")
    assert (days(seed).earliest, days(seed).latest) == (date(2019, 4, 18), date(2019, 4, 20))


@pytest.mark.parametrize("edtf", ["2019/..", "2019/"])
def test_open_or_unknown_end_is_not_guessed(edtf: str) -> None:
    with pytest.raises(ValueError, match="give 'latest' with a note"):
        days(DateSeed(edtf=edtf))
    closed = days(DateSeed(edtf=edtf, latest=date(2020, 5, 29), note="until publication"))
    assert (closed.earliest, closed.latest) == (date(2019, 1, 1), date(2020, 5, 29))
    assert precision(edtf) is DatePrecision.RANGE


@pytest.mark.parametrize("edtf", ["../2019", "/2019"])
def test_open_or_unknown_beginning_is_not_guessed(edtf: str) -> None:
    with pytest.raises(ValueError, match="give 'earliest' with a note"):
        days(DateSeed(edtf=edtf))


NO_DATES = [
    "April 2019",
    "19.4.2019",
    "20190419",
    "2019-13",
    "2019-00",
    "2019-04-31",
    "2019-02-29",
    "2019-02-30?",
    "2019-W16",
    "2019-21",
    "2019-33",
    "2019-04-19T10:00:00",
    "Y17000",
    "-0500",
    "XXXX",
    "unknown",
    "../..",
    "[[[[[[[[[[[[[[[[",
    "٢٠١٩",
    "2019-05/2019-04",
]


@pytest.mark.parametrize("edtf", NO_DATES)
def test_what_names_no_days(edtf: str) -> None:
    with pytest.raises(ValueError, match=r"EDTF|season|give 'earliest'|is after"):
        days(DateSeed(edtf=edtf))


DAYS = st.dates(date(1000, 1, 1)).map(date.isoformat)
PLAIN = st.one_of(DAYS, DAYS.map(lambda day: day[:7]), DAYS.map(lambda day: day[:4]))


@settings(max_examples=20, deadline=None)
@given(first=PLAIN, last=st.none() | PLAIN)
@example(first="2020-02", last=None)
@example(first="2021-05", last="2021")
def test_plain_dates_are_those_of_the_library(first: str, last: str | None) -> None:
    """What is read without the library, because it is so slow, is what the library reads."""
    edtf = first if last is None else f"{first}/{last}"
    known = plain(edtf)
    if known is not None:
        parsed = parse_edtf(edtf)
        bounds = [date(*moment[:3]) for moment in (parsed.lower_strict(), parsed.upper_strict())]
        assert list(known) == bounds
    else:
        assert last is not None


@pytest.mark.parametrize("other", ["2019?", "20XX", "../2019", "2019/..", "0000", "2019-13", "2019/2018", "2019-1", ""])
def test_all_other_dates_are_the_librarys(other: str) -> None:
    assert plain(other) is None
