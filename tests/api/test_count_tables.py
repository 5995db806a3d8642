"""Facets and sums as CSV: the same counts as in JSON, all of them, with links that work from anywhere."""

import csv
import io
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.answers import body, every_facet, problem

Json = dict[str, Any]


def table(client: TestClient, path: str, **parameters: str) -> list[dict[str, str]]:
    answer = client.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="dateline-')
    assert answer.headers["dateline-release"] == "1"
    assert answer.text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


def text(value: Any) -> str:
    return "" if value is None else str(value)


@pytest.mark.parametrize(
    ("of", "filters"),
    [
        ("incidents", {}),
        ("incidents", {"datetime": "2019", "kind": "joint_raid", "facet_except": "kind", "facet_sort": "label"}),
        ("casualties", {"place": "iraq", "facet_limit": "2"}),
        ("articles", {}),
    ],
)
@pytest.mark.parametrize("lang", ["ar"])
def test_facets_are_those_of_json(client: TestClient, of: str, filters: dict[str, str], lang: str) -> None:
    asked = {"of": of, **every_facet(of), **filters, "lang": lang}
    whole = asked if "facet_limit" in asked else {**asked, "facet_limit": "500"}
    answer = client.get("/v1/facets", params=whole).json()
    rows = table(client, "/v1/facets.csv", **asked)
    for name, counts in answer["data"].items():
        of_it = [row for row in rows if row["facet"] == name]
        aside = [row for row in of_it if row["value"] in ("", "imprecise")]
        assert {row["value"]: row["count"] for row in aside} == {
            value: str(number)
            for value, number in (("imprecise", counts.get("imprecise")), ("", counts["missing"]))
            if number
        }
        assert all(row["label"] for row in of_it)
        told = [row for row in of_it if row not in aside]
        assert [row["value"] for row in told] == [bucket["value"] for bucket in counts["buckets"]]
        for row, bucket in zip(told, counts["buckets"], strict=True):
            for column in ("label", "count", "certain", "possible", "earliest", "latest"):
                assert row[column] == text(bucket.get(column)), (name, column)
            link = bucket["links"].get("list") or bucket["links"].get("overlaps")
            assert row["url"] == (f"http://127.0.0.1:8000{link}" if link else "")
            assert [row["longitude"], row["latitude"]] == [text(one) for one in bucket.get("center", (None, None))]
    assert answer["links"]["csv"].startswith("/v1/facets.csv?")
    assert client.get(answer["links"]["csv"]).status_code == 200


@pytest.mark.parametrize("query", ["group_by=outcome", "group_by=place,month&datetime=2019", "group_by=person&limit=3"])
def test_sums_are_those_of_json(client: TestClient, query: str) -> None:
    parameters = dict(one.split("=") for one in query.split("&"))
    whole = client.get("/v1/casualties/summary", params={"limit": "500", **parameters}).json()
    rows = table(client, "/v1/casualties/summary.csv", **parameters)
    assert len(rows) == len(whole["data"]["rows"]) > 0
    for row, told in zip(rows, whole["data"]["rows"], strict=True):
        for key, one in told["by"].items():
            assert [row[key], row[f"{key}_label"]] == [text(one["value"]), one["label"]]
        for column in ("low", "high", "best", "harms", "in_dispute", "open", "incidents"):
            assert row[column] == text(told[column]), column
        for name, number in told["claims"].items():
            assert row[f"claims_{name}"] == str(number)
        for name in ("low", "high", "best", "harms"):
            assert row[f"certain_{name}"] == text(told.get("certain", {}).get(name))
    assert client.get(whole["links"]["csv"]).status_code == 200


def test_the_table_is_whole_where_json_fits_a_screen(client: TestClient) -> None:
    rows = table(client, "/v1/casualties/summary.csv", group_by="place,month,claimed_by")
    short = body(client, "/v1/casualties/summary?group_by=place,month,claimed_by")
    assert len(rows) == short["meta"]["rows"] > len(short["data"]["rows"])
    places = table(client, "/v1/facets.csv", of="places", facet="within")
    assert len([row for row in places if row["value"]]) == len(
        body(client, "/v1/facets?of=places&facet=within&facet_limit=500")["data"]["within"]["buckets"]
    )


def test_a_table_that_would_be_cut_is_refused(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.api.counting.facet_counts.MAX_VALUES", 2)
    monkeypatch.setattr("app.api.counting.count_tables.MAX_ROWS", 2)
    sums, facets = "/v1/casualties/summary.csv?group_by=kind,place", "/v1/facets.csv?of=incidents&facet=kind,actor"
    assert "'limit' asks for the first" in problem(client, sums)["detail"]
    assert "and a table has 2 at most; 'facet_limit' asks for the first" in problem(client, facets)["detail"]
    assert client.get(f"{facets}&facet_limit=2").status_code == client.get(f"{sums}&limit=2").status_code == 200


def test_who_asks_for_csv_is_told_where_it_is(client: TestClient) -> None:
    for path, query in (("/v1/facets", "of=incidents&facet=kind"), ("/v1/casualties/summary", "outcome=killed")):
        answer = client.get(f"{path}?{query}", headers={"Accept": "text/csv"})
        assert answer.status_code == 406
        (link,) = [one["url"] for one in answer.json()["alternates"] if one["type"] == "text/csv"]
        assert link == f"{path}.csv?{query}"
        assert client.get(link, headers={"Accept": "text/csv"}).status_code == 200


@pytest.mark.parametrize(
    ("url", "parameter"),
    [
        ("/v1/facets.csv?of=incidents&facet=knid", "facet"),
        ("/v1/facets.csv?of=casualties&facet=kind&sums=true", "sums"),
        ("/v1/facets.csv?of=incidents&facet=day", "facet"),
        ("/v1/casualties/summary.csv?group_by=actor", "group_by"),
        ("/v1/casualties/summary.csv?limit=501", "limit"),
    ],
)
def test_a_mistake_in_a_table_of_counts_names_its_parameter(client: TestClient, url: str, parameter: str) -> None:
    assert [error["parameter"] for error in problem(client, url)["errors"]] == [parameter]
