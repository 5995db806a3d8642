"""Sums that fit a screen: few claims are listed, links hold all, and what is certain is told from what may be."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.api.counting import aggregations
from app.records.casualty_sums import MAX_LISTED_CLAIMS
from tests import sample
from tests.answers import body
from tests.conftest import NewDatabase, load_seed, serving

Json = dict[str, Any]

MORE = MAX_LISTED_CLAIMS + 2
OPEN = [f"ferry-hurt-{number}" for number in range(MORE)]
LEFT_OUT = [f"ferry-told-{number}" for number in range(MORE)]


@pytest.fixture(scope="module")
def desk(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """An incident with more open claims, and with more that are not counted, than a sum lists."""
    files = sample.small()
    ferry = sample.record(files, sample.INCIDENTS, "ferry-shooting")
    (wounded,) = (claim for claim in ferry["casualties"] if claim["id"] == "ferry-wounded")
    ferry["casualties"] += [{**wounded, "id": id_, "harm": id_, "group": "police"} for id_ in OPEN]
    ferry["casualties"] += [{**wounded, "id": id_, "counted": "false", "note": "Told again."} for id_ in LEFT_OUT]
    url = new_database()
    load_seed(url, sample.write(files, tmp_path_factory.mktemp("seed")))
    with serving(url) as client:
        yield client


def ids(client: TestClient, url: str) -> list[str]:
    return [claim["id"] for claim in body(client, f"{url}&limit=500&sort=id")["data"]]


@pytest.mark.parametrize(
    "query",
    [
        "/v1/casualties/summary?outcome=wounded",
        "/v1/casualties/summary?outcome=wounded&group_by=group,kind&place=orsa&datetime=2021-03/2021-06",
        "/v1/casualties/summary?outcome=wounded&group_by=month",
        "/v1/incidents?kind=ground_fire&totals=true",
        "/v1/facets?of=casualties&facet=kind,month&sums=true&outcome=wounded",
    ],
)
def test_a_sum_lists_few_claims_and_links_to_all(desk: TestClient, query: str) -> None:
    linked = 0
    for row in _sums(body(desk, query)):
        for name, number in (("open_because", row["claims"]["open"]), ("not_counted", row["claims"]["not_counted"])):
            assert len(row[name]) == min(number, MAX_LISTED_CLAIMS)
            is_listed = name == "not_counted" or "group" not in row["by"]
            assert (name in row["links"]) is (number > MAX_LISTED_CLAIMS and is_listed)
            if name in row["links"]:
                found = ids(desk, row["links"][name])
                assert len(found) == number
                assert [one if isinstance(one, str) else one["id"] for one in row[name]] == found[:MAX_LISTED_CLAIMS]
                assert set(found) <= {*OPEN, *LEFT_OUT, "ferry-wounded"}
                linked += 1
    assert linked >= 2


def _sums(answer: Json) -> list[Json]:
    data = answer.get("data")
    if isinstance(data, list):
        return list(answer["totals"])
    if "rows" in answer["data"]:
        return [*answer["data"]["rows"], *answer["data"]["totals"]]
    return [row for facet in answer["data"].values() for bucket in facet["buckets"] for row in bucket["sums"]]


@pytest.mark.parametrize(
    "query", ["/v1/casualties/summary?group_by=person&outcome=wounded", "/v1/incidents?q=ferry&totals=true"]
)
def test_no_link_leads_to_other_claims(desk: TestClient, query: str) -> None:
    """No filter finds claims about nobody by record; `q` chooses incidents in one list and claims in the other."""
    rows = _sums(body(desk, query))
    long = [
        row
        for row in rows
        if row["claims"]["open"] > MAX_LISTED_CLAIMS and row["by"].get("person", {}).get("value") is None
    ]
    assert long
    assert all("person" in row["by"] or "incidents" in query for row in long if row["links"] == {})
    assert any(row["links"] == {} for row in long)


def test_what_is_certain_is_what_within_adds_up(client: TestClient) -> None:
    differing = 0
    for query in ("datetime=2019", "datetime=2019-04&group_by=kind,place", "datetime=2019/..&group_by=month"):
        overlapping = body(client, f"/v1/casualties/summary?{query}&limit=500")["data"]
        within = body(client, f"/v1/casualties/summary?{query}&date_match=within&limit=500")["data"]
        for part in ("rows", "totals"):
            sure = {str(row["by"]): row for row in within[part]}
            for row in overlapping[part]:
                wanted = sure.get(str(row["by"]), {"low": None, "high": None, "best": None, "harms": 0})
                assert row["certain"] == {key: wanted[key] for key in ("low", "high", "best", "harms")}
                differing += row["certain"]["low"] != row["low"]
            assert sure.keys() <= {str(row["by"]) for row in overlapping[part]}
        assert all("certain" not in row for part in ("rows", "totals") for row in within[part])
    assert differing
    assert all("certain" not in row for row in body(client, "/v1/casualties/summary")["data"]["rows"])
    assert "certain is what lies in it" in body(client, "/v1/casualties/summary?datetime=2019")["meta"]["method"]


@pytest.mark.heavy
def test_a_few_wide_events_do_not_pass_for_what_is_certain(database_url: str, tmp_path: Path) -> None:
    files = sample.small()
    sample.record(files, sample.INCIDENTS, "ferry-shooting")["date"] = {"edtf": "2021-01/2021-12"}
    load_seed(database_url, sample.write(files, tmp_path))
    with serving(database_url) as client:
        totals = body(client, "/v1/casualties/summary?datetime=2021-06")["data"]["totals"]
        listed = body(client, "/v1/incidents?datetime=2021-06&totals=true")["totals"]
        facet = body(client, "/v1/facets?of=casualties&facet=place&sums=true&datetime=2021-06")["data"]["place"]
    figures = {row["by"]["outcome"]["value"]: (row["low"], row["certain"]["low"]) for row in totals}
    assert figures == {"killed": (2, None), "wounded": (3, None), "detained": (1, 1)}
    assert listed == totals
    orsa = next(bucket for bucket in facet["buckets"] if bucket["value"] == "orsa")
    assert {row["low"]: row["certain"]["low"] for row in orsa["sums"]} == {1: 1, 2: None, 3: None}


@pytest.mark.parametrize(
    "query", ["group_by=place,month,claimed_by", "group_by=incident,basis,organization&datetime=2010/.."]
)
def test_an_answer_is_no_longer_than_it_may_be_unless_more_is_asked_for(client: TestClient, query: str) -> None:
    url = f"/v1/casualties/summary?{query}"
    short, long = client.get(url), client.get(f"{url}&limit=500")
    assert len(short.content) <= aggregations.MAX_BYTES == 20_000 < len(long.content)
    rows, every = short.json()["data"]["rows"], long.json()["data"]["rows"]
    assert rows == every[: len(rows)]
    one_more = client.get(f"{url}&limit={len(rows) + 1}")
    assert len(one_more.content) > aggregations.MAX_BYTES - len("&limit=99")
    assert short.json()["meta"]["rows"] == len(every)
    assert short.json()["data"]["totals"] == long.json()["data"]["totals"]
