"""`id` on lists and files: several records at once, in the order of the list."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.records import RECORD_TYPES
from tests import every_fifth, sample
from tests.answers import body, ids, problem, refused
from tests.conftest import NewDatabase, load_seed, serving


@pytest.fixture(scope="module")
def merged(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The small dossier with three boats more, of which the second release merges one and removes another."""
    files, folder, url = sample.small(), tmp_path_factory.mktemp("merged"), new_database()
    boat = sample.record(files, sample.INCIDENTS, "boat-stopped")
    files[sample.INCIDENTS] += [{**boat, "id": f"{letter}-boat"} for letter in "abc"]
    load_seed(url, sample.write(files, folder))
    files[sample.INCIDENTS] = [one for one in files[sample.INCIDENTS] if one["id"] not in ("a-boat", "b-boat")]
    files[sample.INCIDENTS] += [
        {"id": "a-boat", "removed": {"reason": "The same boat", "successor": "c-boat"}},
        {"id": "b-boat", "removed": {"reason": "Told twice"}},
    ]
    load_seed(url, sample.write(files, folder))
    with serving(url) as service:
        yield service


@every_fifth.parametrize("name", RECORD_TYPES)
def test_several_records_at_once_in_the_order_of_the_list(client: TestClient, name: str) -> None:
    whole = ids(client, f"/v1/{name}?limit=500")
    chosen = whole[::3]
    query = "&".join(f"id={one}" for one in reversed(chosen))
    page = body(client, f"/v1/{name}?{query}&limit=500")
    assert [document["id"] for document in page["data"]] == chosen
    assert page["meta"]["matched"] == len(chosen)
    backwards = ids(client, f"/v1/{name}?{query}&sort=-id&limit=500")
    assert backwards == sorted(chosen, reverse=True)
    facet = next(iter(RECORD_TYPES[name].facets))
    assert body(client, f"/v1/facets?of={name}&facet={facet}&{query}")["meta"]["matched"] == len(chosen)
    lines = client.get(f"/v1/{name}.ndjson?{query}").text.splitlines()
    assert len(lines) == len(chosen)
    assert len(client.get(f"/v1/{name}.csv?{query}").text.splitlines()) > len(chosen)


def test_pages_of_ids(client: TestClient) -> None:
    whole = ids(client, "/v1/incidents?limit=500")
    query = "&".join(f"id={one}" for one in whole[::2])
    first = body(client, f"/v1/incidents?{query}&limit=4")
    assert ids(client, first["links"]["next"]) == whole[8:16:2]
    assert refused(client, f"/v1/incidents?id={whole[0]}&cursor={first['meta']['next_cursor']}") == [("cursor", None)]


def test_ids_and_filters_hold_together(client: TestClient) -> None:
    raids = ids(client, "/v1/incidents?kind=joint_raid&limit=500")
    others = ids(client, "/v1/incidents?kind=air_attack&limit=500")
    query = "&".join(f"id={one}" for one in (*others, *raids))
    assert ids(client, f"/v1/incidents?{query}&kind=joint_raid") == raids


def test_an_id_that_does_not_exist_is_named(client: TestClient) -> None:
    url = "/v1/incidents?id=kanoos-island-raid&id=kubaiba-rad&id=nothing-like-it&id=Not+An+Id"
    errors = problem(client, url)["errors"]
    assert [(error["parameter"], error["suggestion"]) for error in errors][:1] == [("id", "kubaiba-raid")]
    assert [any(name in error["detail"] for error in errors) for name in ("kubaiba-rad", "nothing-like-it", "Not An")]
    assert len(errors) == 3
    for suffix in (".csv", ".ndjson", ".geojson", ".atom", ".feed.json"):
        assert refused(client, f"/v1/incidents{suffix}?id=kanoos-island-raid&id=nothing-like-it")[0][0] == "id"
    assert refused(client, "/v1/quotes?id=kubaiba-raid")[0][0] == "id"
    assert refused(client, "/v1/facets?of=incidents&facet=kind&id=nothing-like-it")[0][0] == "id"


def test_merged_ids_are_followed_and_removed_ones_are_errors(merged: TestClient) -> None:
    assert ids(merged, "/v1/incidents?id=a-boat&id=boat-stopped&sort=id") == ["boat-stopped", "c-boat"]
    assert ids(merged, "/v1/incidents?id=a-boat&id=c-boat") == ["c-boat"]
    gone = problem(merged, "/v1/incidents?id=boat-stopped&id=b-boat")
    assert gone["type"] == "/problems/removed"
    assert "'b-boat' was removed: Told twice" in gone["detail"]


def test_up_to_five_hundred(client: TestClient, new_database: NewDatabase, tmp_path: Path) -> None:
    over = "&".join(f"id=incident-{number}" for number in range(501))
    refusal = problem(client, f"/v1/incidents?{over}")
    assert refusal["type"] == "/problems/too-many-values"
    assert "500 values" in refusal["detail"]
    files = sample.small()
    boat = sample.record(files, sample.INCIDENTS, "boat-stopped")
    files[sample.INCIDENTS] += [{**boat, "id": f"boat-{number}"} for number in range(500)]
    load_seed(url := new_database(), sample.write(files, tmp_path))
    with serving(url) as service:
        query = "&".join(f"id=boat-{number}" for number in range(500))
        assert set(ids(service, f"/v1/incidents?{query}&limit=500")) == {f"boat-{number}" for number in range(500)}
        assert refused(service, f"/v1/incidents?{query}&id=boat-1") == [("id", None)]


def test_ids_are_repeated_not_joined(client: TestClient) -> None:
    assert "write `id=A&id=B`" in problem(client, "/v1/incidents?id=kubaiba-raid,kanoos-island-raid")["detail"]
    for other in ("ids", "uuid", "slug"):
        assert refused(client, f"/v1/incidents?{other}=kubaiba-raid") == [(other, "id")]
