"""`did_you_mean`: suggestions of responses without records."""

import pytest
from starlette.testclient import TestClient

from app.api.answers import lists
from tests.answers import body


@pytest.mark.parametrize("resource", ["incidents", "casualties", "places"])
@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("near=35.4,43.3", {"near": "43.3,35.4"}),
        ("bbox=34.5,42.5,36.5,45", {"bbox": "42.5,34.5,45,36.5"}),
        ("near=35.4,%2043.3&radius_km=80&location_match=certain", {"near": "43.3,35.4"}),
        ("near=43.3,35.4&bbox=34.5,42.5,36.5,45", {"bbox": "42.5,34.5,45,36.5"}),
    ],
)
def test_a_latitude_that_came_first(client: TestClient, resource: str, asked: str, meant: dict[str, str]) -> None:
    """The suggestion finds as many as it says, everything else being as it was asked for."""
    meta = body(client, f"/v1/{resource}?{asked}")["meta"]
    assert meta["matched"] == 0
    assert {one["parameter"]: one["value"] for one in meta["did_you_mean"]} == meant
    values = dict(part.split("=") for part in asked.split("&")) | meant
    answer = body(client, f"/v1/{resource}?{'&'.join(f'{name}={value}' for name, value in values.items())}")
    assert [answer["meta"]["matched"]] == [one["matched"] for one in meta["did_you_mean"]] != [0]
    assert answer["meta"]["did_you_mean"] is None


@pytest.mark.parametrize("url", ["/v1/casualties/summary?", "/v1/facets?of=incidents&facet=kind&"])
def test_counts_and_sums_say_it_as_lists_do(client: TestClient, url: str) -> None:
    meta = body(client, f"{url}near=35.4,43.3")["meta"]
    there = body(client, f"{url}near=43.3,35.4")["meta"]
    assert meta["did_you_mean"] == [{"parameter": "near", "value": "43.3,35.4", "matched": there["matched"]}]
    assert there["did_you_mean"] is None
    assert there["matched"] > 0
    assert body(client, f"{url}near=-43.3,-35.4")["meta"]["did_you_mean"] is None
    assert (
        body(client, f"{url}q=kubiba")["meta"]["did_you_mean"]
        == (body(client, f"/v1/{'casualties' if 'summary' in url else 'incidents'}?q=kubiba")["meta"]["did_you_mean"])
    )


@pytest.mark.parametrize(
    "query",
    [
        "near=-43.3,-35.4",
        "bbox=10,11,12,13",
        "near=35.4,43.3&kind=airspace_restriction",
        "near=-170,20",
        "datetime=1999",
    ],
)
def test_nothing_is_suggested_that_finds_nothing(client: TestClient, query: str) -> None:
    meta = body(client, f"/v1/incidents?{query}")["meta"]
    assert (meta["matched"], meta["did_you_mean"]) == (0, None)


def test_a_page_behind_the_last_is_no_question(client: TestClient) -> None:
    page = body(client, "/v1/incidents?near=43.3,35.4&limit=1")
    assert page["meta"]["did_you_mean"] is None
    while page["links"].get("next"):
        page = body(client, page["links"]["next"])
        assert page["meta"]["did_you_mean"] is None


def test_what_takes_long_to_count_is_not_counted(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "MAX_EXACT_COUNT", 10)
    answer = body(client, "/v1/incidents?near=35.41,43.31")["meta"]
    assert answer["did_you_mean"] == [{"parameter": "near", "value": "43.31,35.41", "matched": None}]
    assert body(client, "/v1/incidents?near=-43.31,-35.41")["meta"]["did_you_mean"] is None
    exactly = body(client, "/v1/incidents?near=35.41,43.31&count=exact")["meta"]["did_you_mean"]
    assert exactly[0]["matched"] > 0
