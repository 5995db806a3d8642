"""EDTF strings and the days that they may mean."""

from datetime import date

import pytest
from edtf import parse_edtf
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from app.ingest.building.dates import approximate, assumed_limits, bounds, precision
from app.ingest.building.pipeline import documents, dossier
from app.ingest.seed.record_seeds import DateSeed
from app.model.codebook import DatePrecision
from app.settings import SEED

PUBLISHED = date(2020, 5, 29)

DATES = [
    ("2019-04-19", "2019-04-19", "2019-04-19", "day", False),
    ("2019-04-19~", "2019-04-19", "2019-04-19", "day", True),
    ("?2021-03-19", "2021-03-19", "2021-03-19", "day", True),
    ("2021-?03-19", "2021-03-19", "2021-03-19", "day", True),
    ("2004?-06-04~", "2004-06-04", "2004-06-04", "day", True),
    ("2019-04", "2019-04-01", "2019-04-30", "month", False),
    ("%2019-04", "2019-04-01", "2019-04-30", "month", True),
    ("2020-02?", "2020-02-01", "2020-02-29", "month", True),
    ("2019", "2019-01-01", "2019-12-31", "year", False),
    ("2019%", "2019-01-01", "2019-12-31", "year", True),
    ("2019-04/2019-06-02", "2019-04-01", "2019-06-02", "range", False),
    ("2019-04~/2019-06", "2019-04-01", "2019-06-30", "range", True),
    ("2021-05/2021", "2021-05-01", "2021-12-31", "range", False),
    # Digits left open.
    ("201X", "2010-01-01", "2019-12-31", "range", False),
    ("2019-04-XX", "2019-04-01", "2019-04-30", "range", False),
    ("2021-1X", "2021-10-01", "2021-12-31", "range", False),
    ("2021-0X", "2021-01-01", "2021-09-30", "range", False),
    ("2021-X1", "2021-01-01", "2021-11-30", "range", False),
    ("2019-04-1X", "2019-04-10", "2019-04-19", "range", False),
    ("2019-04-3X", "2019-04-30", "2019-04-30", "range", False),
    ("2019-XX-31", "2019-01-31", "2019-12-31", "range", False),
    ("190X-02-29", "1904-02-29", "1908-02-29", "range", False),
    ("2019-XX/2020", "2019-01-01", "2020-12-31", "range", False),
    ("2019/2020-0X?", "2019-01-01", "2020-09-30", "range", True),
    # Significant digits.
    ("1950S2", "1900-01-01", "1999-12-31", "range", True),
    ("1955S3", "1950-01-01", "1959-12-31", "range", True),
    ("1950S2/2003-04", "1900-01-01", "2003-04-30", "range", True),
    # Seasons: of either half of the globe, of the northern, of the southern; quarters, thirds, halves.
    ("2019-21", "2019-03-01", "2019-11-30", "range", False),
    ("2019-24", "2019-06-01", "2020-02-29", "range", False),
    ("2019-25", "2019-03-01", "2019-05-31", "range", False),
    ("2019-28", "2019-12-01", "2020-02-29", "range", False),
    ("2018-28~", "2018-12-01", "2019-02-28", "range", True),
    ("2019-30", "2019-12-01", "2020-02-29", "range", False),
    ("2019-32", "2019-06-01", "2019-08-31", "range", False),
    ("2019-33", "2019-01-01", "2019-03-31", "range", False),
    ("2019-36", "2019-10-01", "2019-12-31", "range", False),
    ("2019-39", "2019-09-01", "2019-12-31", "range", False),
    ("2019-41", "2019-07-01", "2019-12-31", "range", False),
    ("2019-25/2019-27", "2019-03-01", "2019-11-30", "range", False),
    # Sets.
    ("[2019-04-18,2019-04-19]", "2019-04-18", "2019-04-19", "day", False),
    ("[2019-04-19,2019-04-18]", "2019-04-18", "2019-04-19", "day", False),
    ("[2020-01-01..2020-05-29]", "2020-01-01", "2020-05-29", "day", False),
    ("[2020-01..2020-03]", "2020-01-01", "2020-03-31", "month", False),
    ("{2018..2019}", "2018-01-01", "2019-12-31", "year", False),
    ("{2018?,2020-03}", "2018-01-01", "2020-03-31", "range", True),
    ("[1667,1668,1670..1672]", "1667-01-01", "1672-12-31", "year", False),
    ("[2019-21,2020-25]", "2019-03-01", "2020-05-31", "range", False),
]

OPEN = [
    ("2019/..", "2019-01-01", None, "range"),
    ("2019/", "2019-01-01", None, "range"),
    ("../2019", None, "2019-12-31", "range"),
    ("/2019-04-19", None, "2019-04-19", "range"),
    ("2019-25/..", "2019-03-01", None, "range"),
    ("[..2020-05]", None, "2020-05-31", "month"),
    ("[2019-04-19..]", "2019-04-19", None, "day"),
    ("{2018,2020..}", "2018-01-01", None, "year"),
    ("[..2018,2020]", None, "2020-12-31", "year"),
]


@pytest.mark.parametrize(("edtf", "earliest", "latest", "how", "about"), DATES)
def test_days_of_a_date(edtf: str, earliest: str, latest: str, how: str, about: bool) -> None:
    assert bounds(edtf) == (date.fromisoformat(earliest), date.fromisoformat(latest))
    assert precision(edtf) is DatePrecision(how)
    assert approximate(edtf) is about
    assert assumed_limits(DateSeed(edtf=edtf), PUBLISHED) is None


@pytest.mark.parametrize(("edtf", "earliest", "latest", "how"), OPEN)
def test_open_or_unknown_end_has_no_bound(edtf: str, earliest: str | None, latest: str | None, how: str) -> None:
    assert bounds(edtf) == tuple(day and date.fromisoformat(day) for day in (earliest, latest))
    assert precision(edtf) is DatePrecision(how)


@pytest.mark.parametrize(
    ("edtf", "assumed", "limits"),
    [
        # By themselves open dates began on any day and lasted until they were told.
        ("2019/..", {}, (None, "2020-05-29")),
        ("2019/", {}, (None, "2020-05-29")),
        ("[2020-05..]", {}, (None, "2020-05-29")),
        ("2020-06/..", {}, (None, "2020-06-30")),
        ("../2017", {}, None),
        ("/2017", {}, None),
        ("2017/..", {"latest": "2019-04-20"}, (None, "2019-04-20")),
        ("../2017", {"earliest": "2014-01-01"}, ("2014-01-01", None)),
        ("[..2017,2019..]", {}, (None, "2020-05-29")),
        ("[..2017,2019..]", {"earliest": "2014-01-01"}, ("2014-01-01", "2020-05-29")),
        ("[..2020-04,2020-07..]", {"earliest": "2020-06-01"}, ("2020-06-01", "2020-07-31")),
        ("[..2017,2019..]", {"earliest": "2014-01-01", "latest": "2019-02-01"}, ("2014-01-01", "2019-02-01")),
    ],
)
def test_filters_have_a_limit_for_an_open_end(
    edtf: str, assumed: dict[str, str], limits: tuple[str | None, str | None] | None
) -> None:
    seed = DateSeed.model_validate({"edtf": edtf} | ({"assumed": {**assumed, "reason": "x"}} if assumed else {}))
    actual = assumed_limits(seed, PUBLISHED)
    assert (actual and tuple(day and day.isoformat() for day in actual[:2])) == limits
    assert actual is None or actual.reason.startswith("x" if assumed else "The ")


def test_assumed_limits_that_end_before_they_begin_are_refused() -> None:
    limits = {"earliest": "2018-02-01", "latest": "2018-01-01", "reason": "x"}
    seed = DateSeed.model_validate({"edtf": "[..2017,2019..]", "assumed": limits})
    with pytest.raises(ValueError, match="assumed earliest day 2018-02-01 is after the assumed latest day 2018-01-01"):
        assumed_limits(seed, PUBLISHED)


@pytest.mark.parametrize(
    ("edtf", "side", "day", "why"),
    [
        ("2019-04-19", "earliest", "2019-04-18", "says its earliest day itself"),
        ("../2017", "latest", "2017-12-31", "says its latest day itself"),
        ("../2017", "earliest", "2018-01-01", "is after '../2017'"),
        ("2017/..", "latest", "2016-01-01", "is before '2017/..'"),
    ],
)
def test_only_an_open_end_has_an_assumed_limit(edtf: str, side: str, day: str, why: str) -> None:
    seed = DateSeed.model_validate({"edtf": edtf, "assumed": {side: day, "reason": "x"}})
    with pytest.raises(ValueError, match=why):
        assumed_limits(seed, PUBLISHED)


@pytest.mark.parametrize("side", ["earliest", "latest"])
def test_a_seed_gives_no_bounds_of_its_own(side: str) -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        DateSeed.model_validate({"edtf": "2019-04", side: "2019-04-02", "note": "x"})


def test_the_reportings_words_for_a_date_are_few() -> None:
    assert DateSeed(edtf="2019", as_stated="one two three four five six").as_stated
    with pytest.raises(ValidationError, match="at most 6 words"):
        DateSeed(edtf="2019", as_stated="one two three four five six seven")


NO_DATES = [
    ("April 2019", "'April 2019' is not an EDTF date; write 2019-04"),
    ("19.4.2019", "is not an EDTF date; write 2019-04-19"),
    ("20190419", "is not an EDTF date; write 2019-04-19"),
    ("2019-4-19", "is not an EDTF date; write 2019-04-19"),
    ("[2019-04-18, 2019-04-19]", "not an EDTF date"),
    (" 2019", "not an EDTF date"),
    ("2019-W16", "not an EDTF date"),
    ("Y17000", "not an EDTF date"),
    ("-0500", "not an EDTF date"),
    ("unknown", "not an EDTF date"),
    ("[[[[[[[[[[[[[[[[", "not an EDTF date"),
    ("٢٠١٩", "not an EDTF date"),
    ("", "not an EDTF date"),
    ("[]", "set of one date"),
    ("2019/2020/2021", "not an EDTF date"),
    ("2019??", "not an EDTF date"),
    ("1950S2-04", "significant digits"),
    ("195XS2", "significant digits"),
    ("1950S5", "not an EDTF date"),
    ("2019-13", "'2019-13' is in no calendar"),
    ("2019-00", "in no calendar"),
    ("2019-42", "in no calendar"),
    ("2019-21-01", "in no calendar"),
    ("2019-04-31", "in no calendar"),
    ("2019-02-29", "in no calendar"),
    ("2019-02-30?", "in no calendar"),
    ("2019-02-3X", "in no calendar"),
    ("201X-02-30", "in no calendar"),
    ("XXXX", "beyond the years"),
    ("XXXX-12-25", "beyond the years"),
    ("0000", "beyond the years"),
    ("9999-24", "beyond the years"),
    ("2019-04-19T10:00:00", "write the day alone, '2019-04-19'"),
    ("../..", "names no day"),
    ("/", "names no day"),
    ("2019-05/2019-04", "ends before it begins"),
    ("2020/2019", "ends before it begins"),
    ("[2020..2019]", "ends before it begins"),
    ("[2019]", "write '2019'"),
    ("[2020-01..2020-05-29]", "write 2020-01-01..2020-05-29"),
    ("[2019-04-18..2019-04-20]", "write them out: 2019-04-18,2019-04-19,2019-04-20"),
]


@pytest.mark.parametrize(("edtf", "why"), NO_DATES)
def test_what_names_no_days(edtf: str, why: str) -> None:
    with pytest.raises(ValueError, match=why.replace("?", r"\?")):
        bounds(edtf)


DAYS = st.dates(date(1000, 1, 1)).map(date.isoformat)
PLAIN = st.one_of(DAYS, DAYS.map(lambda day: day[:7]), DAYS.map(lambda day: day[:4]))
MARKED = st.tuples(PLAIN, st.sampled_from(["", "?", "~", "%"])).map("".join)
YEARS = st.tuples(DAYS, st.integers(1, 3)).map(lambda both: both[0][: both[1]].ljust(4, "X"))
ENDS = st.one_of(MARKED, st.just(".."))
SETS = st.lists(MARKED, min_size=2, max_size=4).map(lambda dates: f"[{','.join(dates)}]")
SHARED = st.one_of(MARKED, YEARS, SETS, st.tuples(MARKED, ENDS).map("/".join), st.tuples(ENDS, MARKED).map("/".join))


@pytest.mark.heavy
@settings(max_examples=60, deadline=None)
@given(edtf=SHARED)
def test_where_the_library_follows_the_standard_it_says_the_same(edtf: str) -> None:
    parsed = parse_edtf(edtf)
    lower, upper = (
        None if isinstance(moment, float) else date(*moment[:3])
        for moment in (parsed.lower_strict(), parsed.upper_strict())
    )
    if lower and upper and lower > upper:
        with pytest.raises(ValueError, match="ends before it begins"):
            bounds(edtf)
    else:
        assert bounds(edtf) == (lower, upper)


@pytest.mark.heavy
def test_the_shipped_dates_mean_the_same_to_the_library() -> None:
    """Whoever recomputes the days from a string gets those that stand beside it, in every record that has a date."""
    own = ("incidents", "statements")  # quotes and claims have the days of their incidents, and no string
    dated = {one["id"]: one["date"] for resource, one in documents(SEED) if resource in own and one["date"]}
    assert len(dated) == 42 + 36
    for id_, entry in dated.items():
        parsed = parse_edtf(entry["edtf"])
        strict = parsed.lower_strict(), parsed.upper_strict()
        days = [None if isinstance(moment, float) else date(*moment[:3]).isoformat() for moment in strict]
        assert [entry["earliest"], entry["latest"]] == days, id_


def test_the_raid_whose_day_is_open_says_so_in_the_string() -> None:
    records = dossier(SEED).records("incidents")
    raid, calls = records["kubaiba-raid"].seed.date, records["withdrawal-calls"].seed.date
    assert (raid.edtf, raid.as_stated) == ("[2019-04-18,2019-04-19,2019-04-20]", "April 19")
    assert (calls.edtf, calls.as_stated) == ("[2020-01-01..2020-05-29]", None)
