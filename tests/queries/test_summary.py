"""Sums of casualty claims: bounds that stay open, what is left out, and nothing twice."""

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.queries.histograms import UNITS
from app.queries.plan import chooses
from tests import sample
from tests.conftest import load_seed, serving

Json = dict[str, Any]


def summary(client: TestClient, **parameters: Any) -> Json:
    answer = client.get("/v1/casualties/summary", params={"limit": 500, **parameters})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def bounds(rows: list[Json], *keys: str) -> dict[Any, tuple[int | None, int | None]]:
    """Low and high of each row by its keys."""
    found = {tuple(row["by"][key]["value"] for key in keys): (row["low"], row["high"]) for row in rows}
    assert len(found) == len(rows)
    return {key[0] if len(keys) == 1 else key: value for key, value in found.items()}


def totals(client: TestClient, **parameters: Any) -> dict[Any, tuple[int | None, int | None]]:
    return bounds(summary(client, **parameters)["data"]["totals"], "outcome")


def test_the_numbers_of_the_article(client: TestClient) -> None:
    rows = bounds(summary(client)["data"]["rows"], "outcome")
    assert rows["killed"] == (14, 26)
    assert rows["wounded"] == (13, None)
    assert rows["detained"] == (3, 3)
    assert rows["abducted"] == (1, 1)


def test_without_the_two_leaders_and_the_three_coalition_members(client: TestClient) -> None:
    kinds = summary(client, group_by="kind", outcome="killed")["data"]["rows"]
    leaders_and_coalition = {"targeted_killing": (2, 2), "hostilities_phase": (3, 3)}
    assert leaders_and_coalition.items() <= bounds(kinds, "kind").items()
    others = [row["by"]["kind"]["value"] for row in kinds if row["by"]["kind"]["value"] not in leaders_and_coalition]
    assert totals(client, outcome="killed", kind=others) == {"killed": (9, 21)}


def test_the_claims_that_leave_a_sum_open_are_named(client: TestClient) -> None:
    (wounded,) = summary(client, outcome="wounded")["data"]["rows"]
    assert wounded["open_because"] == ["kanoos-civilian-wounded"]
    assert wounded["claims"] == {"counted": 7, "open": 1, "not_counted": 0, "left_out": 0}
    claim = client.get(f"/v1/casualties/{wounded['open_because'][0]}").json()["data"]
    assert (claim["low"], claim["high"]) == (1, None)


def test_claims_that_are_not_counted_are_named_with_the_reason(client: TestClient) -> None:
    (row,) = summary(client, outcome="casualties")["data"]["rows"]
    assert (row["low"], row["high"], row["incidents"]) == (None, None, 0)
    assert [claim["id"] for claim in row["not_counted"]] == ["kanoos-map-tally"]
    assert "handwriting" in row["not_counted"][0]["note"]
    assert row["claims"] == {"counted": 0, "open": 0, "not_counted": 1, "left_out": 0}
    assert (row["best"], row["harms"]) == (None, 0)


def test_a_missing_lower_bound_adds_nothing(client: TestClient) -> None:
    raid = totals(client, incident="kubaiba-raid")
    assert raid["killed"] == (2, 14), "two soldiers, and up to twelve fighters"
    assert raid["wounded"] == (7, 7)


def test_rows_by_incident_are_the_totals_of_the_incidents(client: TestClient) -> None:
    rows = bounds(summary(client, group_by="incident")["data"]["rows"], "incident", "outcome")
    known = {key: value for key, value in rows.items() if value[0] is not None}
    told = {
        (incident["id"], outcome): with_parts(total)
        for incident in client.get("/v1/incidents?limit=500").json()["data"]
        for outcome, total in incident["totals"].items()
        if total
    }
    assert known == told


def with_parts(total: Json) -> tuple[int, int | None]:
    """An incident's own total and what its parts add."""
    added = [one for one in (total if total["low"] is not None else None, total["parts"]) if one]
    highs = [one["high"] for one in added]
    return sum(one["low"] for one in added), None if None in highs else sum(highs)


def test_an_operation_and_its_parts_are_counted_once(client: TestClient) -> None:
    expected = {"killed": (1, 1), "wounded": (2, 2), "detained": (3, 3)}
    assert totals(client, parent="dub-operation") == expected
    assert totals(client, incident="dub-operation") == expected
    assert totals(client, incident=["dub-operation", "dub-checkpoint-strike", "dub-house-detention"]) == expected
    months = bounds(summary(client, group_by="month", outcome="killed")["data"]["rows"], "month")
    assert sum(low or 0 for low, _ in months.values()) == 14


@pytest.mark.parametrize("key", ["basis", "organization", "claimed_by", "incident", "kind", "place", *UNITS])
def test_a_row_is_what_its_value_as_a_filter_gives(client: TestClient, key: str) -> None:
    rows = summary(client, group_by=key, group="military")["data"]["rows"]
    assert len({row["by"][key]["value"] for row in rows}) > 1
    for row in rows:
        value, outcome = row["by"][key]["value"], row["by"]["outcome"]["value"]
        if value not in (None, "imprecise"):
            dates = {"datetime": value, "date_match": "within"}
            asked = dates if key in UNITS else {key: value}
            (total,) = summary(client, **{"group": "military", "outcome": outcome, **asked})["data"]["totals"]
            assert {**row, "by": total["by"]} == total


def test_rows_that_overlap_say_so_and_totals_do_not(client: TestClient) -> None:
    body = summary(client, group_by="place", outcome="killed")
    assert sum(row["low"] or 0 for row in body["data"]["rows"]) > 14
    assert bounds(body["data"]["totals"], "outcome") == {"killed": (14, 26)}
    assert "rows overlap" in body["meta"]["method"]
    assert "overlap" not in summary(client, group_by="group")["meta"]["method"]


def test_the_voice_of_the_article_is_a_claimant_of_its_own(small_client: TestClient) -> None:
    rows = summary(small_client, group_by="claimed_by")["data"]["rows"]
    labels = {(row["by"]["claimed_by"]["label"], row["by"]["outcome"]["value"]) for row in rows}
    own = "the article's own voice"
    assert labels == {(own, "killed"), (own, "detained"), ("Ida Falk", "wounded")}
    assert bounds(rows, "claimed_by", "outcome")[("ida-falk", "wounded")] == (3, None)


def test_wide_and_missing_dates_have_rows_of_their_own(database_url: str, tmp_path: Path) -> None:
    files = sample.small()
    sample.record(files, sample.INCIDENTS, "ferry-shooting")["date"] = {"edtf": "2021-02/2021-03"}
    del sample.record(files, sample.INCIDENTS, "mill-search")["date"]
    load_seed(database_url, sample.write(files, tmp_path))
    with serving(database_url) as client:
        body = summary(client, group_by="month")
    assert bounds(body["data"]["rows"], "month", "outcome") == {
        ("imprecise", "killed"): (2, 2),
        ("imprecise", "wounded"): (3, None),
        (None, "detained"): (1, 1),
    }
    assert "imprecise" in body["meta"]["method"]


def test_different_outcomes_are_never_added_together(client: TestClient) -> None:
    for row in summary(client, group_by="group,month")["data"]["rows"]:
        assert list(row["by"]) == ["group", "month", "outcome"]


def test_limit_shortens_the_rows_but_not_the_totals(client: TestClient) -> None:
    whole, short = summary(client, group_by="incident"), summary(client, group_by="incident", limit=2)
    assert short["data"]["rows"] == whole["data"]["rows"][:2]
    assert short["data"]["totals"] == whole["data"]["totals"]
    assert short["meta"]["rows"] == whole["meta"]["rows"] == len(whole["data"]["rows"])


def test_sums_of_nothing_are_empty(client: TestClient) -> None:
    body = summary(client, datetime="1999")
    assert body["data"] == {"rows": [], "totals": []}
    assert (body["meta"]["matched"], body["meta"]["rows"]) == (0, 0)


@pytest.mark.parametrize(
    ("query", "parameter", "suggestion"),
    [
        ("group_by=outcom", "group_by", "outcome"),
        ("group_by=actor,outcome", "group_by", "organization"),
        ("group_by=outcome&group_by=actor", "group_by", "organization"),
        ("group_by=outcome,group,basis,month", "group_by", None),
        ("group_by=", "group_by", None),
        ("outcome=kiled", "outcome", "killed"),
        ("groupby=outcome", "groupby", "group_by"),
        ("cursor=x", "cursor", None),
        ("sort=incident", "sort", None),
        ("actor=us-militry", "actor", "us-military"),
        ("limit=0", "limit", None),
    ],
)
def test_bad_parameters_are_named(client: TestClient, query: str, parameter: str, suggestion: str | None) -> None:
    answer = client.get(f"/v1/casualties/summary?{query}")
    assert answer.status_code == 400
    error = answer.json()["errors"][0]
    assert error["parameter"] == parameter
    if suggestion:
        assert error["suggestion"] == suggestion


def test_every_filter_of_claims_and_incidents_is_documented(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    names = {
        path: {parameter["name"] for parameter in paths[path]["get"]["parameters"]}
        for path in ("/v1/casualties/summary", "/v1/casualties", "/v1/incidents")
    }
    filters = {name for name in names["/v1/casualties"] | names["/v1/incidents"] if chooses(name)}
    assert filters | {"lang", "limit"} <= names["/v1/casualties/summary"]
