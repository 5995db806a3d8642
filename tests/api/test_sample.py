"""The sample: a few records of every type that hang together, in one answer and served alone."""

import os
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.ingest.editing.selected_database import selected_database
from app.model.references import referenced_ids
from app.records import RECORD_TYPES
from app.records.sample import MAX_OF_TYPE, sample_ids
from app.settings import SEED
from tests.answers import every_facet
from tests.conftest import serving
from tests.live import answers, dateline, free_port

Json = dict[str, Any]

PATH = "/v1/sample.json"


def total(client: TestClient, name: str) -> int:
    matched: int = client.get(f"/v1/{name}?limit=1").json()["meta"]["matched"]
    return matched


def test_it_has_twenty_records_of_every_type_where_there_are_as_many(client: TestClient) -> None:
    data = client.get(PATH).json()["data"]
    assert list(data) == list(RECORD_TYPES)
    for name, records in data.items():
        assert len(records) == min(MAX_OF_TYPE, total(client, name)), name
        assert records == sorted(records, key=lambda record: str(record["id"]))


def test_records_are_those_of_the_lists(client: TestClient) -> None:
    for records in client.get(PATH).json()["data"].values():
        for record in records[:3]:
            assert client.get(record["url"]).json()["data"] == record


def outside(data: dict[str, list[Json]]) -> dict[str, list[str]]:
    """What the records refer to, but for those that are there."""
    found: dict[str, set[str]] = {name: set() for name in RECORD_TYPES}
    for name, records in data.items():
        for other, places in RECORD_TYPES[name].references.items():
            found[other].update(referenced_ids(places, records))
    return {name: sorted(ids - {record["id"] for record in data[name]}) for name, ids in found.items()}


def test_every_id_is_in_it_or_named_as_outside(client: TestClient) -> None:
    answer = client.get(PATH).json()
    assert answer["meta"]["outside"] == outside(answer["data"])


def test_records_say_nothing_else_than_in_the_whole(client: TestClient) -> None:
    """What a claim, a quote or a statement cannot be without is there: whose it is, and what it is about."""
    data = client.get(PATH).json()["data"]
    there = {name: {record["id"] for record in records} for name, records in data.items()}
    parties = there["people"] | there["organizations"]
    for claim in data["casualties"]:
        assert claim["incident"]["id"] in there["incidents"]
        assert {party["id"] for party in (claim["claimed_by"], claim["via"]) if party} <= parties
    for incident in data["incidents"]:
        assert {claim["id"] for claim in incident["casualties"]} <= there["casualties"]
        assert incident["parent"] is None or incident["parent"]["id"] in there["incidents"]
    assert {quote["speaker"]["id"] for quote in data["quotes"]} <= parties
    assert {statement["by"]["id"] for statement in data["statements"] if statement["by"]} <= parties


def test_it_holds_as_long_as_the_release(client: TestClient) -> None:
    first = client.get(PATH)
    assert client.get(PATH, headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    assert first.headers["dateline-release"] == str(first.json()["meta"]["release"])
    refused = client.get(PATH, params={"limit": 5}).json()
    assert [error["parameter"] for error in refused["errors"]] == ["limit"]


def test_few_records_are_all_there(small_client: TestClient) -> None:
    answer = small_client.get(PATH).json()
    assert {name: len(records) for name, records in answer["data"].items()} == {
        name: total(small_client, name) for name in RECORD_TYPES
    }
    assert set(map(tuple, answer["meta"]["outside"].values())) == {()}


@pytest.fixture(scope="module")
def alone() -> Iterator[TestClient]:
    """The service over the sample of the shipped article, and nothing else."""
    with selected_database(SEED, sample_ids) as url, serving(url) as client:
        yield client


@pytest.mark.sqlite  # the sample is served from an SQLite file
@pytest.mark.heavy
def test_served_alone_it_is_the_same(alone: TestClient, client: TestClient) -> None:
    whole, answer = client.get(PATH).json(), alone.get(PATH).json()
    assert answer["data"] == whole["data"]
    assert answer["meta"]["outside"] == whole["meta"]["outside"]
    for name, records in whole["data"].items():
        page = alone.get(f"/v1/{name}?limit=500").json()
        assert {record["id"] for record in page["data"]} == {record["id"] for record in records}
        assert page["meta"]["matched"] == len(records)
    counts = alone.get("/v1/releases/1").json()["data"]["counts"]
    assert counts == {name: len(records) for name, records in whole["data"].items()}


def links(value: Any) -> Iterator[str]:
    """The paths of the API in a body."""
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from links(inner)
    if isinstance(value, str) and re.match(r"/(v1|ogc)/", value):
        yield value


@pytest.mark.sqlite  # the sample is served from an SQLite file
@pytest.mark.heavy
def test_served_alone_every_link_within_works(alone: TestClient) -> None:
    bodies = [alone.get(PATH).json(), alone.get("/v1").json(), alone.get("/v1/changes?limit=500").json()]
    for name in RECORD_TYPES:
        including = f"&include={','.join(included)}" if (included := RECORD_TYPES[name].included) else ""
        bodies.append(alone.get(f"/v1/{name}?limit=500{including}").json())
        bodies.append(alone.get("/v1/facets", params={"of": name, **every_facet(name), "facet_limit": "500"}).json())
    followed = {link for body in bodies for link in links(body)} - {"/v1/facets", "/v1/search"}  # which need parameters
    assert len(followed) > 300
    wrong = {link: answer.text for link in followed if (answer := alone.get(link)).status_code != 200}
    assert wrong == {}
    for path in (
        "/v1/casualties/summary?group_by=claimed_by",
        "/v1/search?q=raid",
        "/",
        "/ogc/collections/places/items",
    ):
        assert alone.get(path).status_code == 200


@pytest.mark.sqlite  # the sample is served from an SQLite file
@pytest.mark.heavy
def test_the_command_serves_it_and_leaves_nothing_behind(tmp_path: Path) -> None:
    port = free_port()
    environment = {**os.environ, "TMPDIR": str(tmp_path), "DATELINE_DATABASE_URL": "sqlite:///not-to-be-made.db"}
    command: list[str | Path] = [dateline(), "serve", "--sample", "--port", str(port)]
    with subprocess.Popen(
        command, env=environment, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as server:
        assert answers(port, server)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/incidents?limit=1") as answer:
            assert b'"matched":20' in answer.read()
        server.terminate()
        server.wait(60)
    assert [path.name for path in tmp_path.iterdir()] == []
