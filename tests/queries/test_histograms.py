"""Histograms of dates: each bucket counts what its lists hold, and open ends reach far enough."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from app.queries.histograms import FIRST_DAY, LAST_DAY, MAX_BUCKETS, UNITS, DaySpan, TooManyBuckets, histogram
from app.queries.values import Interval, interval
from tests.answers import body, problem

DAYS = st.dates().map(str)


def counted(spans: list[DaySpan], unit: str, asked: Interval | None = None) -> dict[str, tuple[int, int]]:
    """The buckets with certain and possible records."""
    return {one.value: (one.certain, one.possible) for one in histogram(spans, UNITS[unit], asked).buckets}


def span(first: str, last: str, *, open_: str = "", records: int = 1) -> DaySpan:
    return DaySpan(first, last, "start" in open_, "end" in open_, records)


def test_a_range_is_possible_in_each_month_that_it_touches_and_certain_in_the_one_that_holds_it() -> None:
    spans = [
        span("2019-04-01", "2019-04-30", records=2),
        span("2019-03-31", "2019-06-01"),
        span("2019-06-09", "2019-06-09"),
    ]
    assert counted(spans, "month") == {
        "2019-03": (0, 1),
        "2019-04": (2, 1),
        "2019-05": (0, 1),
        "2019-06": (1, 1),
    }
    assert histogram(spans, UNITS["month"], None).imprecise == 1
    assert counted(spans, "year") == {"2019": (4, 0)}
    assert counted(spans, "decade") == {"2010/2019": (4, 0)}


def test_days_that_are_asked_for_cut_the_first_and_the_last_bucket() -> None:
    asked = interval("2019-04-10/2019-05-20")
    spans = [span("2019-04-05", "2019-04-12"), span("2019-04-11", "2019-04-12"), span("2018-01-01", "2020-12-31")]
    found = histogram(spans, UNITS["month"], asked)
    assert [(one.value, one.days, one.certain, one.possible) for one in found.buckets] == [
        ("2019-04", Interval("2019-04-10", "2019-04-30"), 1, 2),
        ("2019-05", Interval("2019-05-01", "2019-05-20"), 0, 1),
    ]
    assert found.imprecise == 2


def test_an_open_end_reaches_to_what_is_asked_for_or_to_the_other_dates() -> None:
    until, since = span(FIRST_DAY, "2019-02-03", open_="start"), span("2019-05-06", LAST_DAY, open_="end")
    closed = [span("2018-12-31", "2018-12-31"), span("2019-07-01", "2019-07-01")]
    assert counted([until, since], "month") == dict.fromkeys(["2019-02", "2019-03", "2019-04", "2019-05"], (0, 0)) | {
        "2019-02": (0, 1),
        "2019-05": (0, 1),
    }
    by_month = counted([until, since, *closed], "month")
    assert min(by_month) == "2018-12"
    assert max(by_month) == "2019-07"
    assert by_month["2018-12"] == by_month["2019-07"] == (1, 1)
    assert list(counted([until, since], "month", interval("2018-11/2019-08"))) == [
        *("2018-11", "2018-12"),
        *(f"2019-0{month}" for month in range(1, 9)),
    ]
    assert list(counted([until], "year", interval("2015/.."))) == ["2015", "2016", "2017", "2018", "2019"]


def test_an_open_end_with_an_assumed_limit_reaches_to_it_and_is_never_certain() -> None:
    assumed = span("2019-05-06", "2020-05-29", open_="end")
    assert counted([assumed], "year") == {"2019": (0, 1), "2020": (0, 1)}
    inside = span("2019-05-06", "2019-05-29", open_="end")
    assert counted([inside], "year") == {"2019": (0, 1)}


def test_nothing_but_open_ends_has_no_bucket() -> None:
    found = histogram([span(FIRST_DAY, LAST_DAY, open_="start end")], UNITS["year"], None)
    assert (found.buckets, found.imprecise) == ([], 1)
    assert histogram([], UNITS["day"], interval("2019")).buckets == []


def test_too_many_buckets_name_the_coarser() -> None:
    first, last = "2000-01-01", "2002-09-26"  # a thousand days
    assert len(counted([span(first, last)], "day")) == MAX_BUCKETS
    with pytest.raises(TooManyBuckets) as error:
        histogram([span(first, "2002-09-27")], UNITS["day"], None)
    assert (error.value.number, error.value.coarser) == (1001, [("month", 33), ("year", 3), ("decade", 1)])
    with pytest.raises(TooManyBuckets) as error:
        histogram([span("0001-01-01", "2020-01-01")], UNITS["year"], None)
    assert error.value.coarser == [("decade", 203)]
    assert len(counted([span("0001-01-01", "9999-12-31")], "decade")) == MAX_BUCKETS


@given(st.sampled_from(list(UNITS)), DAYS)
def test_buckets_are_what_datetime_takes_and_follow_each_other(unit: str, day: str) -> None:
    one = UNITS[unit]
    number = one.number(day)
    days = interval(one.value(number))
    assert days.start is not None
    assert days.end is not None
    assert days.start <= day <= days.end
    assert [one.number(days.start), one.number(days.end)] == [number, number]
    if days.end < LAST_DAY:
        following = date.fromisoformat(days.end) + timedelta(1)
        assert interval(one.value(number + 1)).start == following.isoformat()


FILTERS = [
    "",
    "datetime=2019",
    "datetime=2019-03-15/2020-02&date_match=within",
    "datetime=2018/..&kind=joint_raid&kind=killing",
    "datetime=../2019-06-10&place=iraq",
]


@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("of", ["incidents", pytest.param("statements", marks=pytest.mark.heavy)])
def test_every_bucket_counts_what_its_lists_hold(client: TestClient, of: str, filters: str) -> None:
    _assert_lists_hold(client, of, "year", filters)


@pytest.mark.heavy
@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("of", ["incidents", "casualties", "quotes"])
def test_every_bucket_of_any_size_counts_what_its_lists_hold(client: TestClient, of: str, filters: str) -> None:
    for unit in ("month", "decade"):
        _assert_lists_hold(client, of, unit, filters)


def test_each_day_of_a_month(client: TestClient) -> None:
    assert len(_assert_lists_hold(client, "incidents", "day", "datetime=2019-04")) == 30


def _assert_lists_hold(client: TestClient, of: str, unit: str, filters: str) -> list[Any]:
    if of in ("quotes", "statements"):
        filters = "&".join(one for one in filters.split("&") if not one.startswith("kind="))
    counts = body(client, f"/v1/facets?of={of}&facet={unit}&{filters}")["data"][unit]
    found: list[Any] = counts["buckets"]
    for bucket in found:
        lists = {match: body(client, f"{url}&limit=1")["meta"]["matched"] for match, url in bucket["links"].items()}
        assert lists == {"within": bucket["certain"], "overlaps": bucket["count"]}, bucket
        assert bucket["count"] == bucket["certain"] + bucket["possible"]
    overlapping = filters.replace("date_match=within", "date_match=overlaps")
    matched = body(client, f"/v1/{of}?{overlapping}&limit=1")["meta"]["matched"]
    assert sum(bucket["certain"] for bucket in found) + counts["imprecise"] + counts["missing"] == matched
    return found


def test_the_coarser_facet_is_named(client: TestClient) -> None:
    for url, parameter in (("/v1/facets?of=incidents&facet=kind,day", "facet"), ("/v1/incidents?facets=day", "facets")):
        (error,) = problem(client, url)["errors"]
        assert (error["parameter"], error["suggestion"]) == (parameter, "month")
        assert "day has 2,373 buckets here, and at most 1,000 are sent; month has 78." in error["detail"]


def test_articles_are_counted_by_the_day_of_publication(client: TestClient) -> None:
    (bucket,) = body(client, "/v1/facets?of=articles&facet=day")["data"]["day"]["buckets"]
    assert (bucket["value"], bucket["certain"], bucket["possible"]) == ("2020-05-29", 1, 0)


def test_sums_of_a_bucket_are_those_of_what_is_certain(client: TestClient) -> None:
    months = body(client, "/v1/facets?of=casualties&facet=month&sums=true&datetime=2019-03-15/2019-12")["data"]["month"]
    seen = 0
    for bucket in months["buckets"]:
        days = f"datetime={bucket['earliest']}/{bucket['latest']}&date_match=within"
        totals = body(client, f"/v1/casualties/summary?{days}")["data"]["totals"]
        assert [(one["by"]["outcome"], one["low"], one["high"]) for one in bucket["sums"]] == [
            (one["by"]["outcome"], one["low"], one["high"]) for one in totals
        ]
        seen += len(totals)
    assert seen
