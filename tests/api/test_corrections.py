"""`/v1/corrections`: what was wrong in which record, as a list, a table and feeds, and wherever changes are told."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests import sample
from tests.answers import body, problem, refused
from tests.conftest import NewDatabase, serving
from tests.ingest.desk import Desk, remove
from tests.sample import INCIDENTS, QUOTES, record

COUNT = {"date": "2021-10-02", "text": "41 were killed, not 43: the list of passengers was read | wrongly."}
NAME = {"date": "2021-10-05", "text": "The harbour is called Sundhamn."}
TWICE = {"date": "2021-10-01", "text": "The guard spoke to the crew."}
CLAIM = "/v1/casualties/ferry-dead"


@pytest.fixture(scope="module")
def client(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service over five releases with three corrections, one of a record that was removed later."""
    url = new_database()
    desk, files = Desk(url, tmp_path_factory.mktemp("corrections")), sample.small()
    claim = record(files, INCIDENTS, "ferry-shooting")["casualties"][0]
    claim.update(low="41", high="41")
    record(files, QUOTES, "guard-turn-back")["correction"] = TWICE
    desk.load(files)
    claim.update(low="43", high="43", correction=COUNT)
    desk.load(files, note="The count of the ferry.")
    record(files, "places.yaml", "orsa").update(name="Sundhamn", correction=NAME)
    desk.load(files)
    remove(files, QUOTES, "guard-turn-back", "told twice")
    desk.load(files)
    claim["note"] = "As the harbour office says."
    desk.load(files)
    desk.database.close()
    with serving(url) as client:
        yield client


def corrected(client: TestClient, query: str = "") -> list[tuple[int, str, Any]]:
    found = body(client, f"/v1/corrections{query}")["data"]
    return [(one["release"], one["id"], one["correction"]) for one in found]


def test_corrections_are_listed_newest_first_with_what_changed(client: TestClient) -> None:
    assert corrected(client) == [(3, "orsa", NAME), (2, "ferry-dead", COUNT), (1, "guard-turn-back", TWICE)]
    orsa, dead, guard = body(client, "/v1/corrections")["data"]
    assert (orsa["label"], guard["label"]) == ("Sundhamn", "guard-turn-back")
    assert {(one["pointer"], one["before"], one["after"]) for one in dead["changed"]} >= {
        ("/low", 41, 43),
        ("/high", 41, 43),
    }
    assert guard["changed"] is None
    assert all(one["pointer"] != "/corrected" for one in dead["changed"])
    documents = body(client, "/v1/corrections?include=document")["data"]
    assert [one["document"] and one["document"]["corrected"] for one in documents] == [
        NAME["date"],
        COUNT["date"],
        None,
    ]


def test_corrections_are_chosen_by_record_article_incident_and_release(client: TestClient) -> None:
    assert [id_ for _, id_, _ in corrected(client, "?type=casualty&type=quote")] == ["ferry-dead", "guard-turn-back"]
    assert [id_ for _, id_, _ in corrected(client, "?since=2")] == ["orsa"]
    assert [id_ for _, id_, _ in corrected(client, "?incident=ferry-shooting")] == ["ferry-dead"]
    assert corrected(client, "?incident=mill-search") == []
    assert len(corrected(client, f"?article={sample.ARTICLE}")) == 3
    assert refused(client, "/v1/corrections?incident=ferry-shoting") == [("incident", "ferry-shooting")]
    assert refused(client, "/v1/corrections?type=casualy") == [("type", "casualty")]
    assert refused(client, "/v1/corrections?since=6") == [("since", "5")]
    assert problem(client, "/v1/corrections?sort=date")["errors"][0]["parameter"] == "sort"


def test_pages_of_corrections_lead_on(client: TestClient) -> None:
    url, found = "/v1/corrections?limit=2", []
    while url:
        page = body(client, url)
        found += page["data"]
        url = page["links"].get("next")
    assert found == body(client, "/v1/corrections")["data"]
    cursor = body(client, "/v1/corrections?limit=1")["meta"]["next_cursor"]
    assert refused(client, f"/v1/corrections?limit=1&type=casualty&cursor={cursor}") == [("cursor", None)]


def test_corrections_are_a_table_and_feeds(client: TestClient) -> None:
    answer = client.get("/v1/corrections.csv?since=1")
    assert answer.headers["content-type"].startswith("text/csv")
    _, dead = rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"), newline="")))
    assert len(rows) == 2
    assert (dead["corrected"], dead["correction"], dead["id"]) == (*COUNT.values(), "ferry-dead")
    pointers, before, after = (dead[name].split("|") for name in ("pointers", "before", "after"))
    assert ("/low", "41", "43") in list(zip(pointers, before, after, strict=True))
    assert len(client.get("/v1/corrections.csv?limit=1").text.splitlines()) == 2
    feed = body(client, "/v1/corrections.feed.json")
    assert feed["items"][0]["title"] == "Corrected: Sundhamn (place)"
    assert COUNT["text"] in feed["items"][1]["content_text"]
    assert COUNT["text"] in client.get("/v1/corrections.atom").text
    links = body(client, "/v1/corrections?since=1")["links"]
    assert [links[name] for name in ("csv", "atom", "feed_json")] == [
        f"/v1/corrections{suffix}?since=1" for suffix in (".csv", ".atom", ".feed.json")
    ]


def test_a_correction_stands_wherever_the_change_is_told(client: TestClient) -> None:
    history = body(client, f"{CLAIM}/history")["data"]
    assert [one["correction"] for one in history] == [None, COUNT, None]
    steps = body(client, "/v1/changes?since=1&history=true")["data"]
    assert [one["correction"] for one in steps if one["id"] == "ferry-dead"] == [COUNT, None]
    assert COUNT["text"] in client.get("/v1/changes.atom").text
    page = client.get("/incidents/ferry-shooting").text
    assert COUNT["text"] in page
    assert "Corrections</h2>" not in client.get("/incidents/mill-search").text


def test_files_say_when_a_record_was_corrected_last(client: TestClient) -> None:
    text = client.get("/v1/casualties.csv").text.removeprefix("\ufeff")
    days = {row["id"]: row["corrected"] for row in csv.DictReader(io.StringIO(text, newline=""))}
    assert days.pop("ferry-dead") == COUNT["date"]
    assert set(days.values()) == {""}
    incident = body(client, "/v1/incidents/ferry-shooting")["data"]
    assert incident["casualties"][0]["corrected"] == COUNT["date"]
    assert "corrected" in body(client, "/v1/places.geojson?id=orsa")["features"][0]["properties"]
