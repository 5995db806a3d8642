"""Quotes by the days that they are about, and claims in the order of their incidents' days."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests import extended_sample, sample
from tests.answers import body, refused
from tests.conftest import NewDatabase, load_seed, serving

Json = dict[str, Any]
Days = tuple[str, str]

FERRY, MILL, BOAT = "ferry-shooting", "mill-search", "boat-stopped"


@pytest.fixture(scope="module")
def told(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Berg tells of the shooting (2021-03) and the search (2021-06-04 or later), the guard of a boat without a date."""
    files = sample.small()
    sample.record(files, sample.INCIDENTS, MILL)["date"] = {"edtf": "2021-06-04/.."}
    sample.record(files, sample.QUOTES, "berg-no-warning")["incidents"] = [FERRY, MILL, BOAT]
    url = new_database()
    load_seed(url, sample.write(files, tmp_path_factory.mktemp("told")))
    with serving(url) as client:
        yield client


def listed(client: TestClient, url: str) -> list[Json]:
    """All records of a list, page by page."""
    records: list[Json] = []
    page = body(client, url)
    while True:
        records += page["data"]
        if "next" not in page["links"]:
            return records
        page = body(client, page["links"]["next"])


def effective(date: Json | None) -> Days | None:
    """The days that a date stands for: its bounds, at an open end what is assumed, or else any."""
    if date is None:
        return None
    assumed = date["assumed"] or {}
    first, last = date["earliest"] or assumed.get("earliest"), date["latest"] or assumed.get("latest")
    return first or "0001-01-01", last or "9999-12-31"


def spans(client: TestClient) -> dict[str, Days | None]:
    """By quote: from the first possible day of its incidents to the last."""
    incidents = {one["id"]: effective(one["date"]) for one in listed(client, "/v1/incidents?limit=500")}
    spans: dict[str, Days | None] = {}
    for quote in listed(client, "/v1/quotes?limit=500"):
        days = [incidents[one["id"]] for one in quote["incidents"]]
        dated = [one for one in days if one is not None]
        spans[quote["id"]] = (min(day for day, _ in dated), max(day for _, day in dated)) if dated else None
    return spans


def test_a_quote_has_the_days_of_what_it_is_about(told: TestClient) -> None:
    quotes = {one["id"]: one["date"] for one in listed(told, "/v1/quotes")}
    assert quotes["guard-turn-back"] is None
    date = quotes["berg-no-warning"]
    assert (date["earliest"], date["latest"], date["open"]) == ("2021-03-01", None, ["end"])
    assert (date["assumed"]["earliest"], date["assumed"]["latest"]) == (None, "2021-09-01")
    assert date["assumed"]["reason"]


def test_the_span_of_a_quote_is_that_of_its_incidents(client: TestClient) -> None:
    expected = spans(client)
    assert {one["id"]: effective(one["date"]) for one in listed(client, "/v1/quotes?limit=500")} == expected
    assert any(expected.values())
    assert None in expected.values()


@pytest.mark.parametrize("match", ["overlaps", "within"])
@pytest.mark.parametrize("asked", ["2019-04", "2020", "2014/2018", "../2017", "2019-06/..", "2019-04-19"])
def test_quotes_are_found_by_their_days(client: TestClient, asked: str, match: str) -> None:
    first, _, last = asked.partition("/")
    last = last or first
    start, end = ("0" if first == ".." else first), ("9999" if last == ".." else f"{last}~")
    expected = set()
    for quote in listed(client, "/v1/quotes?limit=500"):
        days = effective(quote["date"])
        if days is not None and match == "overlaps" and days[1] >= start and days[0] <= end:
            expected.add(quote["id"])
        open_ends = quote["date"]["open"] if quote["date"] else []
        closed = ("start" not in open_ends or first == "..") and ("end" not in open_ends or last == "..")
        if days is not None and match == "within" and closed and days[0] >= start and days[1] <= end:
            expected.add(quote["id"])
    url = f"/v1/quotes?datetime={asked}&date_match={match}"
    for sort in ("position", "date", "-date"):
        assert {one["id"] for one in listed(client, f"{url}&sort={sort}&limit=3")} == expected, sort
    meta = body(client, url)["meta"]
    undated = sum(one["date"] is None for one in listed(client, "/v1/quotes?limit=500"))
    assert (meta["matched"], meta["not_judged"]["date"]) == (len(expected), undated)


@pytest.mark.parametrize("resource", ["quotes", "casualties"])
@pytest.mark.parametrize("kind", ["", "speaker=iraqi-officer-p33&", "kind=direct&"])
def test_lists_by_date_are_in_the_order_of_the_first_possible_days(
    client: TestClient, resource: str, kind: str
) -> None:
    """Those without a date come last in both directions."""
    if resource == "casualties":
        kind = "outcome=killed&" if kind else ""
    records = listed(client, f"/v1/{resource}?{kind}limit=500")
    days = {one["id"]: (effective(one["date"]) or ("",))[0] for one in records}
    dated = sorted((id_ for id_, day in days.items() if day), key=lambda id_: (days[id_], id_))
    undated = sorted(id_ for id_, day in days.items() if not day)
    assert len(days) > 1
    for sort, expected in (("date", dated + undated), ("-date", dated[::-1] + undated[::-1])):
        pages = listed(client, f"/v1/{resource}?{kind}limit=7&sort={sort}")
        assert [one["id"] for one in pages] == expected


def test_claims_have_the_days_of_their_incidents(client: TestClient) -> None:
    dates = {one["id"]: one["date"] for one in listed(client, "/v1/incidents?limit=500")}
    for claim in listed(client, "/v1/casualties?limit=500"):
        date = dates[claim["incident"]["id"]]
        assert claim["date"] == (date and {key: date[key] for key in ("earliest", "latest", "open", "assumed")})


def test_quotes_are_counted_by_month_and_year(client: TestClient, told: TestClient) -> None:
    answer = body(client, "/v1/facets?of=quotes&facet=month,year")["data"]
    dates = [one["date"] for one in listed(client, "/v1/quotes?limit=500")]
    for facet, length in (("month", 7), ("year", 4)):
        precise = [
            one["earliest"][:length]
            for one in dates
            if one and not one["open"] and one["earliest"][:length] == one["latest"][:length]
        ]
        certain = {bucket["value"]: bucket["certain"] for bucket in answer[facet]["buckets"] if bucket["certain"]}
        assert certain == {value: precise.count(value) for value in precise}
    months = body(told, "/v1/facets?of=quotes&facet=month")["data"]["month"]
    assert all(bucket["certain"] == 0 for bucket in months["buckets"])


def test_words_and_a_date_order_go_together(client: TestClient) -> None:
    found = listed(client, "/v1/quotes?q=we&sort=-date&limit=2")
    keys = [((effective(one["date"]) or ("",))[0], one["id"]) for one in found]
    assert keys == sorted(keys, reverse=True)
    assert {one["id"] for one in found} == {one["id"] for one in listed(client, "/v1/quotes?q=we&limit=500")}
    assert len(found) > 2


def test_a_new_date_of_an_incident_changes_the_quotes_about_it(database_url: str, tmp_path: Any) -> None:
    files = sample.small()
    load_seed(database_url, sample.write(files, tmp_path))
    sample.record(files, sample.INCIDENTS, FERRY)["date"] = {"edtf": "2021-02"}
    load_seed(database_url, sample.write(files, tmp_path))
    with serving(database_url) as client:
        changed = {one["id"] for one in body(client, "/v1/changes?since=1")["data"]}
        assert changed == {FERRY, "ferry-dead", "ferry-wounded", "berg-no-warning"}
        assert [one["id"] for one in listed(client, "/v1/quotes?datetime=2021-02")] == ["berg-no-warning"]
        assert listed(client, "/v1/quotes?datetime=2021-03") == []


def test_what_is_no_date_is_refused(client: TestClient) -> None:
    assert [name for name, _ in refused(client, "/v1/quotes?datetime=lately")] == ["datetime"]
    assert [name for name, _ in refused(client, "/v1/quotes?date_match=within")] == ["date_match"]
    assert refused(client, "/v1/casualties?sort=dates") == [("sort", "date")]


def test_other_articles_incidents_count_as_well(new_database: NewDatabase, tmp_path: Any) -> None:
    """A date is read with the publication of the article that gives it, which need not be the quote's."""
    files = extended_sample.extended()
    url = new_database()
    load_seed(url, sample.write(files, tmp_path))
    with serving(url) as client:
        assert {one["id"]: effective(one["date"]) for one in listed(client, "/v1/quotes")} == spans(client)
