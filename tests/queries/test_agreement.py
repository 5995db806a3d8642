"""List, facets, sums and exports are the same records: they agree on the same filter."""

import csv
import io
import json
import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests import every_fifth

Json = dict[str, Any]

FILTERS = [
    "",
    "kind=joint_raid&kind=killing",
    "granularity=series",
    "datetime=2019-04",
    "datetime=2019&date_match=within",
    "place=kirkuk-province",
    "place=kirkuk-province&place_basis=stated",
    "place=iraq&place_role=scene",
    "actor=us-military",
    "actor=us-military&actor_role=participant",
    "bbox=42.5,34.5,45,36.5",
    "near=43.4,35.3&radius_km=60&location_match=certain",
    "killed_at_least=1&datetime=../2019",
    "killed_possibly=10",
    "wounded_possibly=3&contested=true",
    "has_location=false",
    "q=kanoos",
    "article=foltyn-us-iran-isis-2020&parent=dub-operation",
]

LISTS = [
    ("places", "kind", "within=iraq"),
    ("people", "named", "role=source"),
    ("organizations", "kind", "within=us-government"),
    ("quotes", "kind", "organization=us-led-coalition"),
    ("statements", "stance", "contested=true"),
    ("statements", "attributed", "organization=us-government"),
    ("statements", "by", "attributed=false"),
]


def pages(client: TestClient, path: str) -> list[Json]:
    """The bodies of a list's pages, from the first to the last."""
    actual = [client.get(path).json()]
    while following := actual[-1]["links"].get("next"):
        actual.append(client.get(following).json())
    return actual


def listed(client: TestClient, resource: str, filters: str) -> list[Json]:
    return [one for page in pages(client, f"/v1/{resource}?limit=7&{filters}") for one in page["data"]]


def counted(client: TestClient, resource: str, facet: str, filters: str) -> tuple[int, Json]:
    """The records in all buckets of a facet of single values, and what the answer says of itself."""
    body = client.get(f"/v1/facets?of={resource}&facet={facet}&facet_limit=500&{filters}").json()
    actual = body["data"][facet]
    records = sum(bucket["count"] for bucket in actual["buckets"]) + actual["missing"]
    return records, body["meta"]


def exported(client: TestClient, resource: str, suffix: str, filters: str) -> list[str]:
    """The ids in an export."""
    answer = client.get(f"/v1/{resource}.{suffix}?{filters}")
    assert answer.status_code == 200, answer.text
    if suffix == "csv":
        return [row["id"] for row in csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))]
    if suffix == "geojson":
        return [feature["id"] for feature in answer.json()["features"]]
    return [json.loads(line)["id"] for line in answer.text.splitlines()]


@every_fifth.parametrize("filters", FILTERS)
@pytest.mark.parametrize(("resource", "facet"), [("incidents", "kind"), ("casualties", "outcome")])
def test_list_and_facets_agree(client: TestClient, resource: str, facet: str, filters: str) -> None:
    ids = [one["id"] for one in listed(client, resource, filters)]
    meta = client.get(f"/v1/{resource}?limit=1&{filters}").json()["meta"]
    records, its_meta = counted(client, resource, facet, filters)
    assert len(ids) == len(set(ids)) == meta["matched"] == records == its_meta["matched"]
    assert its_meta["not_judged"] == meta["not_judged"]


@pytest.mark.parametrize("filters", FILTERS)
def test_list_and_sums_agree(client: TestClient, filters: str) -> None:
    claims = listed(client, "casualties", filters)
    body = client.get(f"/v1/casualties/summary?{filters}").json()
    assert body["meta"]["matched"] == len(claims)
    assert body["meta"]["not_judged"] == client.get(f"/v1/casualties?{filters}").json()["meta"]["not_judged"]
    assert {row["by"]["outcome"]["value"] for row in body["data"]["totals"]} == {one["outcome"] for one in claims}
    for row in body["data"]["totals"]:
        here = [one for one in claims if one["outcome"] == row["by"]["outcome"]["value"]]
        chosen = [one for one in here if one["counted"]]
        is_open = any(one["high"] is None for one in chosen)
        assert row["low"] == (sum(one["low"] or 0 for one in chosen) if chosen else None)
        assert row["high"] == (None if is_open or not chosen else sum(one["high"] for one in chosen))
        assert row["incidents"] == len({one["incident"]["id"] for one in chosen})
        assert {claim["id"] for claim in row["not_counted"]} == {one["id"] for one in here if not one["counted"]}


# These look at the claim itself: its words, its evidence, its own figure.
_OF_THE_CLAIM = re.compile("(^|&)(q|article|[a-z]+_at_least|[a-z]+_possibly)=")


@pytest.mark.parametrize("filters", [one for one in FILTERS if not _OF_THE_CLAIM.search(one)])
def test_claims_are_those_of_the_incidents(client: TestClient, filters: str) -> None:
    inside = {claim["id"] for one in listed(client, "incidents", filters) for claim in one["casualties"]}
    assert {one["id"] for one in listed(client, "casualties", filters)} == inside


@pytest.mark.parametrize(("resource", "facet", "filters"), LISTS)
def test_other_lists_agree(client: TestClient, resource: str, facet: str, filters: str) -> None:
    ids = [one["id"] for one in listed(client, resource, filters)]
    records, meta = counted(client, resource, facet, filters)
    assert 0 < len(ids) == meta["matched"] == records


@every_fifth.parametrize("filters", FILTERS)
@pytest.mark.parametrize(
    ("resource", "suffix"),
    [("incidents", "csv"), ("incidents", "ndjson"), ("incidents", "geojson"), ("casualties", "csv")],
)
def test_list_and_exports_agree(client: TestClient, resource: str, suffix: str, filters: str) -> None:
    ids = [one["id"] for one in listed(client, resource, filters)]
    assert exported(client, resource, suffix, filters) == ids


@pytest.mark.parametrize(("resource", "facet", "filters"), LISTS)
@pytest.mark.parametrize("suffix", ["csv", "ndjson"])
def test_other_exports_agree(client: TestClient, resource: str, facet: str, filters: str, suffix: str) -> None:
    assert exported(client, resource, suffix, filters) == [one["id"] for one in listed(client, resource, filters)]
