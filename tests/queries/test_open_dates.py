"""Dates that are open at an end: what is assumed there is never taken for a bound that the reporting states."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests import sample
from tests.answers import body, ids
from tests.conftest import NewDatabase, load_seed, serving

TOLD = "The day of publication, up to which the article can tell of it."
ANNOUNCED = "The last day that the date itself names, because it lies after the publication."
SOLD = "The mill was sold then."

OPEN: dict[str, tuple[dict[str, Any], list[str], tuple[str | None, str | None, str] | None]] = {
    # By id: the date in the seed, the ends that are open, and what is assumed. The article appeared on 2021-09-01.
    "closed": ({"edtf": "2021-06"}, [], None),
    "since": ({"edtf": "2021-08/.."}, ["end"], (None, "2021-09-01", TOLD)),
    "unknown-end": ({"edtf": "2021-09-01/"}, ["end"], (None, "2021-09-01", TOLD)),
    "sold": (
        {"edtf": "2021-06/..", "assumed": {"latest": "2021-06-30", "reason": SOLD}},
        ["end"],
        (None, "2021-06-30", SOLD),
    ),
    "planned": ({"edtf": "2021-10/.."}, ["end"], (None, "2021-10-31", ANNOUNCED)),
    "until": ({"edtf": "../2021-06"}, ["start"], None),
    "unknown-start": (
        {"edtf": "/2021-06-30", "assumed": {"earliest": "2021-06-01", "reason": SOLD}},
        ["start"],
        ("2021-06-01", None, SOLD),
    ),
    "both": (
        {"edtf": "[..2021-06,2021-07..]", "assumed": {"earliest": "2021-06-01", "reason": SOLD}},
        ["start", "end"],
        ("2021-06-01", "2021-09-01", f"{SOLD} {TOLD}"),
    ),
}


@pytest.fixture(scope="module")
def desk(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The sample dossier with an incident, one killed in it, and a statement of each date."""
    files, url = sample.small(), new_database()
    incident = sample.record(files, sample.INCIDENTS, "mill-search")
    statement = sample.record(files, sample.STATEMENTS, "guards-deny-firing")
    for id_, (date, _, _) in OPEN.items():
        claim = {**incident["casualties"][0], "id": f"{id_}-held"}
        granularity = {"granularity": "planned"} if id_ == "planned" else {}
        files[sample.INCIDENTS].append(
            {**incident, **granularity, "id": id_, "title": f"Search {id_}", "date": date, "casualties": [claim]}
        )
        files[sample.STATEMENTS].append({**statement, "id": f"{id_}-said", "date": date, "contradicts": []})
    load_seed(url, sample.write(files, tmp_path_factory.mktemp("open")))
    with serving(url) as client:
        yield client


@pytest.mark.parametrize("id_", OPEN)
@pytest.mark.parametrize(("resource", "suffix"), [("incidents", ""), ("statements", "-said")])
def test_a_date_names_its_open_ends_and_what_is_assumed_there(
    desk: TestClient, resource: str, suffix: str, id_: str
) -> None:
    _, is_open, assumed = OPEN[id_]
    date = body(desk, f"/v1/{resource}/{id_}{suffix}")["data"]["date"]
    assert date["open"] == is_open
    assert [end for end, day in (("start", date["earliest"]), ("end", date["latest"])) if day is None] == is_open
    assert date["assumed"] == (assumed and dict(zip(("earliest", "latest", "reason"), assumed, strict=True)))


def test_what_has_no_date_has_nothing_assumed(desk: TestClient) -> None:
    assert body(desk, "/v1/incidents/boat-stopped")["data"]["date"] is None
    assert body(desk, "/v1/statements/guards-deny-firing")["data"]["date"] is None


FOUND = [
    # Overlapping: an open end reaches as far as is assumed, an open start without a limit to any day.
    ("datetime=2021-08-15", "since both"),
    ("datetime=2021-09-01", "since unknown-end both"),
    ("datetime=2021-09-02/..", "planned"),
    ("datetime=1900", "until"),
    ("datetime=../2021-05", "until"),
    ("datetime=2021-06-15", "closed sold until unknown-start both"),
    # Within: certainly then, which nothing is whose end is open, unless the interval is open there as well.
    ("datetime=2021-06&date_match=within", "closed"),
    ("datetime=2021&date_match=within", "closed"),
    ("datetime=2021-06/..&date_match=within", "closed since unknown-end sold planned"),
    ("datetime=2021-09-01/..&date_match=within", "unknown-end planned"),
    ("datetime=../2021-06&date_match=within", "closed until unknown-start"),
    ("datetime=../2021-06-29&date_match=within", ""),
]


@pytest.mark.parametrize(("query", "found"), FOUND)
@pytest.mark.parametrize(("path", "suffix"), [("incidents", ""), ("casualties", "-held"), ("statements", "-said")])
def test_filters_take_what_is_assumed_but_are_never_certain_by_it(
    desk: TestClient, path: str, suffix: str, query: str, found: str
) -> None:
    ours = {f"{id_}{suffix}" for id_ in OPEN}
    assert ours & set(ids(desk, f"/v1/{path}?limit=500&{query}")) == {f"{id_}{suffix}" for id_ in found.split()}


def test_a_sort_takes_what_is_assumed(desk: TestClient) -> None:
    ordered = [id_ for id_ in ids(desk, "/v1/incidents?sort=date&limit=500") if id_ in OPEN]
    assert ordered == ["until", "both", "closed", "sold", "unknown-start", "since", "unknown-end", "planned"]


@pytest.mark.parametrize(("of", "others"), [("incidents", 2), ("casualties", 3), ("statements", 0)])
def test_counts_and_sums_by_month_and_year_know_open_ends(desk: TestClient, of: str, others: int) -> None:
    """Though what is assumed for three of these lies in the month that they state."""
    counts = body(desk, f"/v1/facets?of={of}&facet=month,year&facet_limit=500")["data"]
    assert counts["month"]["imprecise"] == counts["year"]["imprecise"] == len(OPEN) - 1
    assert sum(bucket["certain"] for bucket in counts["year"]["buckets"]) == 1 + others


def test_sums_say_how_open_dates_are_taken(desk: TestClient) -> None:
    sums = body(desk, "/v1/casualties/summary?group_by=month&outcome=detained&datetime=2021-06")
    by_month = {row["by"]["month"]["value"]: row["low"] for row in sums["data"]["rows"]}
    assert by_month == {"2021-06": 2, "imprecise": 4}
    assert "as far as its date.assumed says, which nobody reported" in sums["meta"]["method"]
    assert "date.assumed" not in body(desk, "/v1/casualties/summary?group_by=month")["meta"]["method"]
    labels = {row["by"]["month"]["label"] for row in sums["data"]["rows"]}
    assert "wider than a month, or open at an end" in labels


def test_flat_outputs_keep_assumed_days_apart(desk: TestClient) -> None:
    lines = desk.get("/v1/incidents.csv").text.removeprefix("\ufeff").splitlines()
    names = lines[0].split(",")
    rows = {cells[0]: dict(zip(names, cells, strict=False)) for cells in (line.split(",") for line in lines[1:])}
    assert (rows["both"]["date_earliest"], rows["both"]["date_latest"]) == ("", "")
    for feature in body(desk, "/v1/incidents.geojson")["features"]:
        if (id_ := feature["id"]) not in OPEN:
            continue
        _, is_open, assumed = OPEN[id_]
        properties = feature["properties"]
        assert properties["date_open"] == ("|".join(is_open) or None)
        days = tuple(properties[f"date_assumed_{key}"] for key in ("earliest", "latest", "reason"))
        assert days == (assumed or (None, None, None))
        on_ogc = body(desk, f"/ogc/collections/incidents/items/{id_}")["properties"]
        assert on_ogc["date_open"] == properties["date_open"]
        assert on_ogc["date_assumed"] == (assumed and f"{assumed[0] or '..'}/{assumed[1] or '..'}")
        assert on_ogc["date_assumed_reason"] == (assumed and assumed[2])
        assert on_ogc["date"] == properties["date_earliest"]


def test_the_extent_on_ogc_is_that_of_stated_days(desk: TestClient) -> None:
    """The end of `planned`, and the start of `until`, are not stated; the first and last stated ones are others."""
    extent = body(desk, "/ogc/collections/incidents")["extent"]
    assert extent["temporal"] == {"interval": [["2021-03-01T00:00:00Z", "2021-10-01T23:59:59Z"]]}
