"""Atom and JSON feeds of the latest changes, as feed readers parse them."""

import json
from typing import Any
from xml.etree.ElementTree import fromstring

import feedparser
import pytest
from jsonfeedvalidator import validate_feed
from starlette.testclient import TestClient

from app.exports.formats import feeds
from app.exports.formats.atom import atom
from app.exports.formats.feeds import Entry, Feed
from app.exports.formats.jsonfeed import json_feed
from app.main import create_app
from app.records import BY_TYPE
from app.settings import Settings
from tests import sample
from tests.answers import body, problem
from tests.conftest import NewDatabase, load_seed, serving
from tests.sample import INCIDENTS, record

LISTS = ["incidents", "quotes", "changes"]
ADDRESS = "http://127.0.0.1:8000"


def read(content: bytes) -> Any:
    """An Atom feed as feedparser takes it; it must find nothing to complain about."""
    feed = feedparser.parse(content)
    assert feed.bozo is False, feed.bozo_exception
    assert feed.version == "atom10"
    return feed


def checked(text: str) -> Any:
    """A JSON feed that the validator finds no mistake in."""
    parsed = json.loads(text)
    assert [error.message for error in validate_feed(parsed)] == []
    assert parsed["version"] == "https://jsonfeed.org/version/1.1"
    return parsed


@pytest.fixture(scope="module")
def changed_url(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The small article in three releases: the second removes an incident, the third changes another."""
    url, folder, files = new_database(), tmp_path_factory.mktemp("changed"), sample.small()
    # Else the one that it is related to would change with its removal.
    del record(files, INCIDENTS, "mill-search")["related"]
    load_seed(url, sample.write(files, folder))
    mill = files[INCIDENTS].index(record(files, INCIDENTS, "mill-search"))
    files[INCIDENTS][mill] = {"id": "mill-search", "removed": {"reason": "Retracted by the paper."}}
    load_seed(url, sample.write(files, folder))
    record(files, INCIDENTS, "boat-stopped")["title"] = "A boat & <its> crew stopped"
    load_seed(url, sample.write(files, folder))
    return url


@pytest.fixture(scope="module")
def changed(changed_url: str) -> Any:
    with serving(changed_url) as service:
        yield service


@pytest.mark.parametrize("name", LISTS)
def test_readers_find_no_fault(client: TestClient, changed: TestClient, name: str) -> None:
    for one in (client, changed):
        response = one.get(f"/v1/{name}.atom?limit=20")
        assert response.headers["content-type"] == "application/atom+xml"
        assert response.headers["dateline-release"] == str(body(one, "/v1/changes")["meta"]["release"])
        assert 0 < len(read(response.content).entries) <= 20
        response = one.get(f"/v1/{name}.feed.json?limit=20")
        assert response.headers["content-type"] == "application/feed+json"
        assert 0 < len(checked(response.text)["items"]) <= 20


@pytest.mark.parametrize("name", LISTS)
def test_both_formats_say_the_same(changed: TestClient, name: str) -> None:
    entries = read(changed.get(f"/v1/{name}.atom").content).entries
    items = checked(changed.get(f"/v1/{name}.feed.json").text)["items"]
    assert [(one.id, one.link, one.title, one.updated, one.content[0].value) for one in entries] == [
        (one["id"], one["url"], one["title"], one["date_modified"], one["content_text"]) for one in items
    ]
    assert [[tag.term for tag in one.tags] for one in entries] == [one["tags"] for one in items]


def test_the_newest_change_comes_first_with_the_time_of_its_release(changed: TestClient) -> None:
    loaded = {one["number"]: one["loaded_at"] for one in body(changed, "/v1/releases")["data"]}
    records = body(changed, "/v1/incidents?sort=-changed")["data"]
    (first, ferry), (third, before) = [one["id"] for one in records], [one["changed_in"] for one in records]
    assert (first, ferry, third) == ("boat-stopped", "ferry-shooting", 3)
    assert before < 3
    feed = read(changed.get("/v1/incidents.atom").content)
    assert [one.title for one in feed.entries] == ["A boat & <its> crew stopped", "Guards fire on a ferry"]
    assert [one.updated for one in feed.entries] == [loaded[3], loaded[before]]
    assert feed.feed.updated == loaded[3]


def test_changes_hold_removals_with_their_reason(changed: TestClient) -> None:
    items = body(changed, "/v1/changes.feed.json?type=incident&since=1")["items"]
    told = {one["id"].partition("/change/")[2]: one for one in items}
    removed, boat = told["2/incident/mill-search"], told["3/incident/boat-stopped"]
    assert (removed["title"], removed["tags"]) == (
        "Removed: Search of the mill in Orsa (incident)",
        ["DEL", "incident", "edited"],
    )
    assert removed["content_text"] == "Removed in release 2, version 2. Reason: Retracted by the paper."
    assert (boat["title"], boat["tags"]) == (
        "Changed: A boat & <its> crew stopped (incident)",
        ["MOD", "incident", "edited"],
    )
    assert boat["content_text"] == f"Changed in release 3, version {boat_version(changed)}."
    assert changed.get(removed["url"].removeprefix(ADDRESS)).status_code == 410


def boat_version(client: TestClient) -> int:
    answer: int = body(client, "/v1/incidents/boat-stopped")["data"]["version"]
    return answer


@pytest.mark.parametrize("kind", BY_TYPE)
def test_every_change_says_what_it_is_about(client: TestClient, kind: str) -> None:
    items = body(client, f"/v1/changes.feed.json?type={kind}&limit=500")["items"]
    assert items
    assert all(one["title"].startswith("Added: ") and one["title"].endswith(f" ({kind})") for one in items)
    assert all(one["content_text"] == "Added in release 1, version 1." for one in items)


def test_changes_are_the_log_backwards(changed: TestClient) -> None:
    for query in ("limit=500", "limit=500&type=quote&type=person", "limit=500&since=1"):
        log = body(changed, f"/v1/changes?{query}&history=true")["data"]
        items = body(changed, f"/v1/changes.feed.json?{query}")["items"]
        assert [f"{one['release']}/{one['type']}/{one['id']}" for one in reversed(log)] == [
            one["id"].partition("/change/")[2] for one in items
        ]


def test_ids_are_stable_and_tell_changes_apart(changed: TestClient) -> None:
    first = read(changed.get("/v1/incidents.atom").content)
    again = read(changed.get("/v1/incidents.atom?limit=10").content)
    assert [one.id for one in first.entries] == [one.id for one in again.entries]
    assert first.entries[0].id == "tag:127.0.0.1,2026:/incident/boat-stopped"
    ids = [one["id"] for one in body(changed, "/v1/changes.feed.json?limit=500")["items"]]
    assert len(ids) == len(set(ids))


def test_words_that_came_through_somebody_say_so(small_client: TestClient) -> None:
    """A feed makes words no firmer than the record: second-hand ones name who passed them on."""
    titles = {
        item["url"].rpartition("/")[2]: item["title"] for item in body(small_client, "/v1/quotes.feed.json")["items"]
    }
    assert titles["guard-turn-back"] == "Guard on the river, as told by Jon Berg: “Turn back”"
    assert titles["berg-no-warning"].startswith("Jon Berg: “They shot")
    read(small_client.get("/v1/quotes.atom").content)


def test_entries_have_the_points_of_their_records(client: TestClient) -> None:
    entries = read(client.get("/v1/incidents.atom?limit=500").content).entries
    points = {
        one["id"]: (one["location"]["longitude"], one["location"]["latitude"])
        for one in body(client, "/v1/incidents?limit=500&has_location=true")["data"]
    }
    actual = {one.id.rpartition("/")[2]: one.where["coordinates"] for one in entries if "where" in one}
    assert actual == points
    assert 0 < len(points) < len(entries)
    items = body(client, "/v1/incidents.feed.json?limit=500")["items"]
    spots = {one["id"].rpartition("/")[2]: one["_geo"] for one in items if "_geo" in one}
    assert {id_: (spot["longitude"], spot["latitude"]) for id_, spot in spots.items()} == points


def test_addresses_come_from_the_settings(changed_url: str) -> None:
    settings = Settings(database_url=changed_url, public_url="https://desk.example/data/")
    with TestClient(create_app(settings)) as client:
        url = "/v1/incidents.atom?kind=ground_fire&q=a+ferry"
        feed = read(client.get(url, headers={"Host": "evil.example"}).content)
        text = client.get("/v1/incidents.csv", headers={"Host": "evil.example"}).text
    links = {link.rel: link.href for link in feed.feed.links}
    assert links["self"] == f"https://desk.example/data{url}"
    assert links["alternate"] == "https://desk.example/data/v1/incidents?kind=ground_fire&q=a+ferry"
    assert feed.feed.id == f"tag:desk.example,2026:/data{url}"
    assert feed.entries[0].link == "https://desk.example/data/incidents/ferry-shooting"
    assert feed.entries[0].id == "tag:desk.example,2026:/data/incident/ferry-shooting"
    assert "https://desk.example/data/v1/incidents/ferry-shooting" in text


def test_a_feed_has_fifty_entries_or_as_many_as_asked_for(client: TestClient) -> None:
    assert len(body(client, "/v1/changes.feed.json")["items"]) == 50
    assert len(body(client, "/v1/changes.feed.json?limit=3")["items"]) == 3


def test_a_feed_without_entries_is_a_feed(client: TestClient) -> None:
    assert read(client.get("/v1/quotes.atom?q=nothing-says-this").content).entries == []
    assert checked(client.get("/v1/quotes.feed.json?q=nothing-says-this").text)["items"] == []


@pytest.mark.parametrize("suffix", ["atom", "feed.json"])
def test_a_feed_refuses_what_it_does_not_take(client: TestClient, suffix: str) -> None:
    for query in ("sort=-changed", "cursor=abc", "count=exact", "fields=title", "include=places"):
        refusal = problem(client, f"/v1/incidents.{suffix}?{query}")
        assert [error["parameter"] for error in refusal["errors"]] == [query.partition("=")[0]]
    assert problem(client, f"/v1/changes.{suffix}?since=99")["errors"][0]["suggestion"] == "1"
    assert problem(client, f"/v1/changes.{suffix}?include=document")["errors"][0]["parameter"] == "include"
    assert problem(client, f"/v1/quotes.{suffix}?limit=501")["errors"][0]["parameter"] == "limit"
    assert problem(client, f"/v1/quotes.{suffix}?speaker=nobody-here")["errors"][0]["parameter"] == "speaker"


HOSTILE = "]]> </content><script>alert(1)</script> & \"'\u2028\n é 𝔘"
UNWRITABLE = "a\x00b\x0bc\x1b\ud800\uffff"


def test_hostile_text_is_escaped() -> None:
    document = {
        "id": "x",
        "type": "incident",
        "url": "/v1/incidents/x",
        "title": HOSTILE,
        "summary": HOSTILE + UNWRITABLE,
        "kind": "killing",
        "location": None,
    }
    entry = feeds.record("incidents", json.dumps(document).encode(), "2026-01-01T00:00:00Z", "https://here.example")
    feed = Feed(
        id="tag:x,2026:y",
        title=HOSTILE,
        url="https://a.example/?a=1&b=2",
        first="https://a.example/",
        next=None,
        page=None,
        list="https://b.example",
        updated=entry.updated,
        entries=[entry],
        removals=[feeds.Removal("tag:x,2026:z", entry.updated, feeds.clean(HOSTILE + UNWRITABLE))],
    )
    made = fromstring(atom(feed))
    names = {"a": "http://www.w3.org/2005/Atom"}
    assert made.findtext("a:title", namespaces=names) == HOSTILE
    assert made.findtext("a:entry/a:title", namespaces=names) == HOSTILE
    assert made.findtext("a:entry/a:content", namespaces=names) == HOSTILE + "a\ufffdb\ufffdc\ufffd\ufffd\ufffd"
    assert made.find("a:entry/a:content/*", namespaces=names) is None
    assert made.findtext("{*}deleted-entry/{*}comment") == HOSTILE + "a\ufffdb\ufffdc\ufffd\ufffd\ufffd"
    read(atom(feed))
    assert checked(json_feed(feed).decode())["items"][0]["title"] == HOSTILE


def test_long_titles_are_cut() -> None:
    document = {
        "id": "x",
        "type": "quote",
        "url": "/v1/quotes/x",
        "text": "word " * 100,
        "kind": "direct",
        "speaker": {"label": "Ada"},
        "relayed_by": None,
    }
    entry: Entry = feeds.record("quotes", json.dumps(document).encode(), "2026-01-01T00:00:00Z", "")
    assert entry.title.startswith("Ada: “word word")
    assert entry.title.endswith("…")
    assert len(entry.title) < 120
    assert entry.text == "“" + "word " * 100 + "”"
