"""`/v1/changes` as the newest state of each record since a release: what comes back, what comes and goes, what a page
that was read before has to do with it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests import sample
from tests.answers import body, refused
from tests.conftest import NewDatabase, serving
from tests.copies import Copy, Reader, as_json, difference, pulled
from tests.ingest.desk import Desk, remove
from tests.sample import INCIDENTS, Files, record

PEOPLE = "people.yaml"
ARTICLE = sample.ARTICLE


def with_two_more() -> Files:
    files = sample.small()
    miller = record(files, PEOPLE, "miller")
    files[PEOPLE] += [{**miller, "id": id_, "label": id_} for id_ in ("man-at-mill", "man-at-weir")]
    return files


def without(*ids: str) -> Files:
    files = with_two_more()
    for id_ in ids:
        remove(files, PEOPLE, id_, "told twice")
    return files


def releases() -> Iterator[Files]:
    """The man at the mill goes and comes back; the man at the weir comes and goes, and the reason is told anew."""
    files = with_two_more()
    files[PEOPLE].pop()
    yield files
    yield without("man-at-mill")
    renamed = with_two_more()
    record(renamed, PEOPLE, "jon-berg")["name"] = "Jon Bergh"
    yield renamed
    yield without("man-at-weir")
    files = without("man-at-weir")
    files[PEOPLE][-1]["removed"]["reason"] = "not there at all"
    yield files


@pytest.fixture(scope="module")
def log(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, list[Copy]]]:
    """The service, and everything that it had at each release, the empty beginning first."""
    url, copies = new_database(), list[Copy]([{}])
    desk = Desk(url, tmp_path_factory.mktemp("states"))
    with serving(url) as client:
        for files in releases():
            desk.load(files)
            copies.append(pulled(client))
        yield client, copies
    desk.database.close()


def told(client: TestClient, query: str) -> dict[tuple[str, str], str]:
    entries = body(client, f"/v1/changes?limit=500&{query}")["data"]
    ops = {(entry["type"], entry["id"]): entry["op"] for entry in entries}
    assert len(ops) == len(entries), "each record once"
    return ops


def test_operations_are_relative_to_since(log: tuple[TestClient, list[Copy]]) -> None:
    client, copies = log
    for since, copy in enumerate(copies):
        assert told(client, f"since={since}") == difference(copy, copies[-1]), since
    mill, weir = ("person", "man-at-mill"), ("person", "man-at-weir")
    assert told(client, "since=1")[mill] == "MOD"
    assert told(client, "since=2")[mill] == "ADD"
    assert told(client, "since=3")[weir] == "DEL"
    assert weir not in told(client, "since=1") | told(client, "since=4")
    steps = body(client, "/v1/changes?since=1&history=true&type=person&limit=500")["data"]
    assert [one["op"] for one in steps if one["id"] == "man-at-mill"] == ["DEL", "ADD"]
    assert [one["op"] for one in steps if one["id"] == "man-at-weir"] == ["ADD", "DEL", "DEL"]


def test_a_first_copy_takes_as_many_entries_as_there_are_records(log: tuple[TestClient, list[Copy]]) -> None:
    client, copies = log
    counts = body(client, "/v1/releases/5")["data"]["counts"]
    assert set(told(client, "").values()) == {"ADD"}
    assert len(told(client, "")) == len(copies[-1]) == sum(counts.values()) + 1
    assert len(body(client, "/v1/changes?history=true&limit=500")["data"]) > len(copies[-1])


@pytest.mark.heavy
def test_what_is_removed_after_its_page_was_read_is_told(database_url: str, tmp_path: Path) -> None:
    """It came and went since the release that the reader began from."""
    desk = Desk(database_url, tmp_path)
    desk.load(sample.small())
    with serving(database_url) as client:
        copy = pulled(client)
        desk.load(with_two_more())
        readers = [Reader(client, copy, 1, 1), Reader(client, {}, 0, 500), Reader(client, {}, 0, 25)]
        for reader in readers:
            reader.turn_page()
        assert any("man-at-mill" in key for key in readers[0].copy)
        desk.load(without("man-at-mill"))
        for reader in readers:
            assert as_json(reader.catch_up()) == as_json(pulled(client))
    desk.database.close()


def second_article(files: Files) -> Files:
    """Another article, which a person and the incident of the ferry rest on as well."""
    article: Any = files[f"articles/{ARTICLE}/article.yaml"]
    files["articles/two/article.yaml"] = {**article, "id": "two", "url": "https://example.org/two"}
    passage = {**sample.proof("name", "near Orsa"), "article": "two"}
    record(files, PEOPLE, "miller")["evidence"].append(passage)
    return files


@pytest.mark.heavy
def test_an_article_chooses_what_rests_or_rested_on_it(database_url: str, tmp_path: Path) -> None:
    desk = Desk(database_url, tmp_path)
    desk.load(second_article(sample.small()))
    with serving(database_url) as client:
        assert set(told(client, "article=two")) == {("article", "two"), ("person", "miller")}
        resting = {key: "ADD" for key, one in pulled(client).items() if _rests(one, ARTICLE)}
        assert told(client, f"article={ARTICLE}") == resting
        files = second_article(sample.small())
        record(files, PEOPLE, "miller")["evidence"].pop()
        record(files, INCIDENTS, "mill-search")["note"] = "New"
        desk.load(files)
        assert set(told(client, "article=two&since=1")) == {("person", "miller")}, "it can be dropped"
        assert ("person", "miller") not in told(client, "article=two")
        assert {one["id"] for one in body(client, "/v1/changes.feed.json?article=two&since=1")["items"]} == {
            "tag:127.0.0.1,2026:/change/2/person/miller"
        }
        assert refused(client, "/v1/changes?article=tow") == [("article", "two")]
    desk.database.close()


def _rests(document: Any, article: str) -> bool:
    return document["id"] == article or any(one["article"] == article for one in document.get("evidence", ()))


def test_feeds_have_every_step_and_lead_to_them(log: tuple[TestClient, list[Copy]]) -> None:
    client, _ = log
    links = body(client, "/v1/changes?since=1&history=true&limit=3")["links"]
    assert links["atom"] == "/v1/changes.atom?since=1&limit=3"
    assert "history=true" in links["next"]
    assert refused(client, "/v1/changes.atom?history=true")[0][0] == "history"
    assert refused(client, "/v1/changes?history=maybe")[0][0] == "history"
