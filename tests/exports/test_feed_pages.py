"""Feed pagination to the last entry, and deleted entries."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from sqlalchemy import create_engine, text
from starlette.testclient import TestClient

from tests import sample
from tests.answers import body, problem
from tests.conftest import ENGINE, NewDatabase, load_seed, serving
from tests.exports.test_feeds import ADDRESS, LISTS, checked, read
from tests.sample import INCIDENTS, QUOTES, record
from tests.statements import statements

ENDED = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
Ends = dict[str, list[tuple[str, str | None]]]
COMMENT = "{http://purl.org/atompub/tombstones/1.0}comment"


def pages(client: TestClient, url: str) -> Iterator[Any]:
    """A feed and those behind it: what feedparser, or the JSON validator, makes of each, and its text."""
    following: str | None = url
    while following is not None:
        answer = client.get(following.removeprefix(ADDRESS))
        assert answer.status_code == 200, answer.text
        if ".atom" in url:
            feed = read(answer.content)
            yield feed, answer.text
            following = next((link.href for link in feed.feed.links if link.rel == "next"), None)
        else:
            feed = checked(answer.text)
            yield feed, answer.text
            following = feed.get("next_url")
        assert ('rel="next"' in answer.headers.get("Link", "")) is (following is not None)


def ids(client: TestClient, url: str) -> list[str]:
    if ".atom" in url:
        return [entry.id for actual, _ in pages(client, url) for entry in actual.entries]
    return [item["id"] for actual, _ in pages(client, url) for item in actual["items"]]


def ended(client: TestClient, url: str) -> list[tuple[str, str | None]]:
    """The ends in a feed, page by page: which entry, and why."""
    actual = [one for _, text in pages(client, url) for one in fromstring(text).iter(ENDED)]
    return [(one.attrib["ref"].rpartition("/")[2], one.findtext(COMMENT)) for one in actual]


@pytest.mark.parametrize("suffix", ["atom", "feed.json"])
@pytest.mark.parametrize(("name", "query"), [*((name, "") for name in LISTS), ("incidents", "&kind=joint_raid")])
def test_a_feed_is_read_to_its_last_entry(client: TestClient, name: str, query: str, suffix: str) -> None:
    if name == "changes":
        expected = [f"{one['type']}/{one['id']}" for one in body(client, "/v1/changes?limit=500")["data"]][::-1]
    else:
        expected = [f"{one['type']}/{one['id']}" for one in body(client, f"/v1/{name}?limit=500{query}")["data"]]
    actual = ids(client, f"/v1/{name}.{suffix}?limit=20{query}")
    short = [one.split(":/", 1)[1].removeprefix("change/1/") for one in actual]
    assert (short if name == "changes" else sorted(short)) == (expected if name == "changes" else sorted(expected))
    assert actual == ids(client, f"/v1/{name}.{suffix}?limit=7{query}")
    assert len(actual) > 5


def test_without_a_limit_there_is_a_way_to_the_rest(client: TestClient) -> None:
    assert len(ids(client, "/v1/changes.atom")) == len(body(client, "/v1/changes?limit=500")["data"]) > 50
    assert len(ids(client, "/v1/changes.feed.json?type=place&type=quote")) == len(
        body(client, "/v1/changes?type=place&type=quote&limit=500")["data"]
    )


def test_pages_are_of_one_feed(client: TestClient) -> None:
    actual = [one for one, _ in pages(client, "/v1/incidents.atom?limit=20&granularity=event")]
    assert len(actual) > 1
    assert len({one.feed.id for one in actual}) == 1
    links = [{link.rel: link.href for link in one.feed.links} for one in actual]
    assert {one["first"] for one in links} == {f"{ADDRESS}/v1/incidents.atom?limit=20&granularity=event"}
    assert [one["self"] for one in links[1:]] == [one["next"] for one in links[:-1]]
    assert "next" not in links[-1]
    # The same records elsewhere are all of them, and no page that only this feed knows.
    assert not any("cursor" in one["alternate"] for one in links)


def test_a_page_of_another_feed_is_refused(client: TestClient) -> None:
    first = body(client, "/v1/incidents.feed.json?limit=2")["next_url"]
    cursor = first.partition("cursor=")[2]
    for url in (f"/v1/incidents.atom?kind=joint_raid&cursor={cursor}", f"/v1/quotes.atom?cursor={cursor}"):
        assert problem(client, url)["errors"][0]["parameter"] == "cursor"
    # In another format it is the same place.
    assert client.get(f"/v1/incidents.atom?limit=2&cursor={cursor}").status_code == 200


@pytest.mark.parametrize("name", ["incidents", "quotes", "changes"])
def test_people_are_led_to_pages(client: TestClient, name: str) -> None:
    query = "?type=incident&type=article&limit=20" if name == "changes" else "?limit=20"
    feed = read(client.get(f"/v1/{name}.atom{query}").content)
    items = body(client, f"/v1/{name}.feed.json{query}")["items"]
    led = 0
    for entry, item in zip(feed.entries, items, strict=True):
        about = entry.id.split("/")[-2:]
        links = {link.get("type"): link.href for link in entry.links if link.rel == "alternate"}
        if about[0] == "incident":
            assert entry.link == item["url"] == links["text/html"] == f"{ADDRESS}/incidents/{about[1]}"
            record_, *others = item["attachments"]
            assert (record_["url"], record_["mime_type"], others) == (links["application/json"], "application/json", [])
            led += 1
        else:
            assert entry.link == item["url"]
            assert "attachments" not in item
            record_ = {"url": entry.link}
        assert client.get(record_["url"].removeprefix(ADDRESS)).json()["data"]["id"] == about[1]
        assert client.get(entry.link.removeprefix(ADDRESS)).status_code == 200
    assert (led > 0) is (name != "quotes")


def test_the_feed_of_incidents_leads_to_the_front_page(client: TestClient) -> None:
    answer = client.get("/v1/incidents.feed.json?kind=joint_raid&limit=3")
    home = checked(answer.text)["home_page_url"]
    assert home == f"{ADDRESS}/?kind=joint_raid"
    assert client.get(home.removeprefix(ADDRESS)).headers["Content-Type"].startswith("text/html")


@pytest.fixture(scope="module")
def restored(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, Ends]]:
    """Four releases: an incident is removed, another one merged with it and a quote removed, and the first one comes
    back; beside the deleted entries of the feeds before that."""
    url, folder, files = new_database(), tmp_path_factory.mktemp("removed"), sample.small()
    load_seed(url, sample.write(files, folder))
    mill = record(files, INCIDENTS, "mill-search")
    place = files[INCIDENTS].index(mill)
    files[INCIDENTS][place] = {"id": "mill-search", "removed": {"reason": "Retracted by the paper"}}
    load_seed(url, sample.write(files, folder))
    boat = files[INCIDENTS].index(record(files, INCIDENTS, "boat-stopped"))
    merged = {"reason": "The same ferry", "successor": "ferry-shooting"}
    files[INCIDENTS][boat] = {"id": "boat-stopped", "removed": merged}
    quote = record(files, QUOTES, "guard-turn-back")
    quote.clear()
    quote.update(id="guard-turn-back", removed={"reason": "Not verbatim"})
    load_seed(url, sample.write(files, folder))
    with serving(url) as client:
        before = {name: ended(client, f"/v1/{name}.atom") for name in ("incidents", "quotes")}
        files[INCIDENTS][place] = mill
        load_seed(url, sample.write(files, folder))
        yield client, before


@pytest.fixture
def changed(restored: tuple[TestClient, Ends]) -> TestClient:
    return restored[0]


def test_what_was_removed_ends(restored: tuple[TestClient, Ends]) -> None:
    assert restored[1] == {
        "incidents": [
            ("boat-stopped", "Merged into ferry-shooting. The same ferry"),
            ("mill-search", "Retracted by the paper"),
        ],
        "quotes": [("guard-turn-back", "Not verbatim")],
    }


def test_what_has_come_back_does_not_end(changed: TestClient) -> None:
    assert ended(changed, "/v1/incidents.atom") == [("boat-stopped", "Merged into ferry-shooting. The same ferry")]
    assert "mill-search" in [id_.rpartition("/")[2] for id_ in ids(changed, "/v1/incidents.atom")]


def test_an_end_names_the_entry_and_when(changed: TestClient) -> None:
    ((_, atom),) = pages(changed, "/v1/incidents.atom")
    (end,) = fromstring(atom).iter(ENDED)
    loaded = {one["number"]: one["loaded_at"] for one in body(changed, "/v1/releases")["data"]}
    assert end.attrib == {"ref": "tag:127.0.0.1,2026:/incident/boat-stopped", "when": loaded[3]}
    (item,) = body(changed, "/v1/incidents.feed.json")["_removed"]["items"]
    assert (item["id"], item["when"]) == (end.attrib["ref"], end.attrib["when"])
    assert "_removed" not in body(changed, "/v1/changes.feed.json")


def test_ends_have_their_place_among_the_pages(changed: TestClient) -> None:
    for name in ("incidents", "quotes"):
        whole = f"/v1/{name}.atom?limit=500"
        single = f"/v1/{name}.atom?limit=1"
        assert ids(changed, single) == ids(changed, whole)
        assert ended(changed, single) == ended(changed, whole) != []
        sizes = [len(entry.entries) + atom.count("deleted-entry ref") for entry, atom in pages(changed, single)]
        assert set(sizes) == {1}


def test_only_what_was_removed_later_ends_for_those_who_have_the_earlier(changed: TestClient) -> None:
    assert ended(changed, "/v1/incidents.atom?changed_since=2") == ended(changed, "/v1/incidents.atom")
    assert ended(changed, "/v1/incidents.atom?changed_since=3") == []
    assert ended(changed, "/v1/incidents.atom?kind=ground_fire") == ended(changed, "/v1/incidents.atom")


def test_a_merger_is_told_as_one(changed: TestClient) -> None:
    items = body(changed, "/v1/changes.feed.json?type=incident&since=2")["items"]
    merged = next(one for one in items if one["id"].endswith("/3/incident/boat-stopped"))
    assert merged["title"].startswith("Merged: ")
    assert merged["content_text"].startswith("Merged into ferry-shooting in release 3, version ")
    assert merged["content_text"].endswith("Reason: The same ferry")
    assert changed.get(merged["url"].removeprefix(ADDRESS)).status_code == 308


def test_a_release_between_two_pages_loses_nothing(database_url: str, tmp_path: Path) -> None:
    files = sample.small()
    load_seed(database_url, sample.write(files, tmp_path))
    with serving(database_url) as client:
        first = body(client, "/v1/incidents.feed.json?limit=1")
        seen = [item["id"] for item in first["items"]]
        record(files, INCIDENTS, "boat-stopped")["title"] = "Boat turned back"
        load_seed(database_url, sample.write(files, tmp_path))
        seen += ids(client, first["next_url"].removeprefix(ADDRESS))
        seen += ids(client, "/v1/incidents.feed.json?changed_since=1")
        assert set(seen) == set(ids(client, "/v1/incidents.feed.json"))


def test_ends_are_found_by_an_index(database_url: str, tmp_path: Path) -> None:
    """Little is removed of what the log has."""
    load_seed(database_url, sample.write(sample.small(), tmp_path))
    with serving(database_url, cache_bytes=0) as client, statements() as sent:
        client.get("/v1/incidents.atom")
    asked = [(sql, values) for sql, values in sent if "superseded_by" in sql]
    assert len(asked) == 1
    assert "'DEL'" in asked[0][0]
    if ENGINE == "sqlite":
        engine = create_engine(database_url)
        with engine.connect() as connection:
            plan = str(connection.execute(text(f"EXPLAIN QUERY PLAN {asked[0][0]}")).all())
        engine.dispose()
        assert "ix_changes_removed" in plan
        assert "SCAN changes" not in plan
