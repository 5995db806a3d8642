"""Reading a release as it was: `release=N`."""

import io
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from app.model.differences import differences
from tests import sample
from tests.answers import body, ids, problem, refused
from tests.conftest import NewDatabase, serving
from tests.ingest.desk import Desk, remove
from tests.sample import INCIDENTS, QUOTES, record

Given = tuple[TestClient, list[Any]]
FERRY = "/v1/incidents/ferry-shooting"
EVERYWHERE = (
    *("/v1/incidents", FERRY, "/v1/incidents.csv", "/v1/incidents?kind=ground_fire", "/v1/codebook"),
    *("/v1/search?q=orsa", "/v1/facets?of=places&facet=kind", "/v1/casualties/summary", "/v1/incidents.atom"),
    *("/v1/articles/lind-ash-river/evidence", "/v1/dataset.zip", "/v1/incidents.geojson", "/v1/quotes.xlsx"),
    *("/ogc/collections/incidents/items", "/ogc/collections/incidents/items/ferry-shooting"),
)
"""What takes `release`."""


def _corrected() -> Iterator[sample.Files]:
    """The small dossier, and what two later releases made of it."""
    files = sample.small()
    yield files
    record(files, "places.yaml", "orsa")["name"] = "Sundhamn"
    claim = record(files, INCIDENTS, "ferry-shooting")["casualties"][0]
    claim["low"] = claim["high"] = "43"
    yield files
    remove(files, INCIDENTS, "boat-stopped", "told twice")
    remove(files, QUOTES, "guard-turn-back", "told twice")
    yield files


@pytest.fixture(scope="module")
def given(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Given]:
    """A service over three releases, and what it answered about an incident at each."""
    url = new_database()
    desk, answers = Desk(url, tmp_path_factory.mktemp("corrected")), []
    with serving(url) as client:
        for files in _corrected():
            desk.load(files)
            answers.append(body(client, FERRY)["data"])
        yield client, answers
    desk.database.close()


@pytest.fixture(scope="module")
def client(given: Given) -> TestClient:
    return given[0]


def test_a_record_is_read_as_it_was(given: Given) -> None:
    client, answers = given
    assert answers[0]["casualties"][0]["low"] != answers[1]["casualties"][0]["low"] == 43
    for number, answer in enumerate(answers, 1):
        read = client.get(f"{FERRY}?release={number}")
        assert read.json()["data"] == answer
        assert read.json()["meta"]["release"] == number
        assert read.json()["links"]["self"] == f"{FERRY}?release={number}"
        assert read.headers["dateline-release"] == str(number)
        assert read.headers["cache-control"] == "public, max-age=3600"
        assert (
            client.get(f"{FERRY}?release={number}", headers={"If-None-Match": read.headers["etag"]}).status_code == 304
        )
    tags = {client.get(f"{FERRY}?release={number}").headers["etag"] for number in (1, 2, 3)}
    assert len(tags) == 3


def test_what_was_removed_later_is_there_and_found(client: TestClient) -> None:
    assert "boat-stopped" not in ids(client, "/v1/incidents")
    assert "boat-stopped" in ids(client, "/v1/incidents?release=2")
    assert problem(client, "/v1/incidents/boat-stopped", 410)
    assert body(client, "/v1/incidents/boat-stopped?release=1")["data"]["id"] == "boat-stopped"
    assert body(client, "/v1/incidents?release=1")["meta"]["matched"] == len(ids(client, "/v1/incidents")) + 1


def test_counts_are_those_of_the_list_also_when_asked_again(client: TestClient) -> None:
    numbers = set()
    for url in 2 * [f"/v1/incidents?release={one}{more}" for one in (1, 2, 3) for more in ("", "&kind=ground_fire")]:
        answer = body(client, url)
        assert answer["meta"]["matched"] == len(answer["data"]), url
        assert body(client, f"{url}&limit=1&sort=title")["meta"]["extent"] == answer["meta"]["extent"]
        numbers.add(answer["meta"]["matched"])
    assert len(numbers) > 2


def test_words_are_those_of_then_also_of_records_named(client: TestClient) -> None:
    then, now = (ids(client, f"/v1/incidents?q={word}&sort=id") for word in ("orsa&release=1", "sundhamn"))
    assert then == now != []
    assert ids(client, "/v1/incidents?q=sundhamn&release=1") == []
    assert ids(client, "/v1/places?q=sundhamn&release=2") == ["orsa"]


def test_pages_and_files_lead_on_in_the_same_release(client: TestClient) -> None:
    first = body(client, "/v1/incidents?release=1&limit=1&sort=id")
    assert "release=1" in first["links"]["next"]
    assert "release=1" in first["links"]["csv"]
    rest = body(client, first["links"]["next"])
    assert [one["id"] for one in (*first["data"], *rest["data"])] == ids(client, "/v1/incidents?release=1&sort=id")[:2]
    old, new = (client.get(f"/v1/casualties.csv?release={number}").text for number in (1, 2))
    assert old != new
    assert old.count("\n") == new.count("\n")


def test_a_cursor_holds_in_its_release_alone(client: TestClient) -> None:
    for path in ("/v1/incidents", "/v1/incidents?q=orsa", "/v1/articles/lind-ash-river/evidence"):
        url = f"{path}{'&' if '?' in path else '?'}limit=1"
        cursor = body(client, f"{url}&release=1")["meta"]["next_cursor"]
        for other in ("", "&release=2"):
            assert refused(client, f"{url}&cursor={cursor}{other}") == [("cursor", None)]
            told = problem(client, f"{url}&cursor={cursor}{other}")["detail"]
            assert "or to another release; the newest is 3" in told
    feed = client.get("/v1/incidents.feed.json?release=2&limit=1").json()["next_url"].replace("release=2", "release=1")
    assert refused(client, feed[feed.index("/v1/") :]) == [("cursor", None)]
    digests = body(client, "/v1/releases/1/digests?limit=1")["links"]["next"].replace("/1/", "/2/")
    assert "the newest is 3" in problem(client, digests)["detail"]


def test_a_change_since_a_later_release_than_the_one_read_names_the_newest(client: TestClient) -> None:
    assert body(client, "/v1/incidents?release=2&changed_since=2")["data"] == []
    for path in ("incidents", "incidents.csv", "incidents.feed.json", "casualties/summary", "facets?of=places"):
        url = f"/v1/{path}{'&' if '?' in path else '?'}release=2&changed_since=3"
        url += "&facet=kind" if "facets" in path else ""
        assert refused(client, url) == [("changed_since", "2")]
        told = problem(client, url)
        assert "release 2 is read, and 3 is later; the newest is 3" in told["detail"]
        assert told["type"] != "/problems/future-release", "nobody is to drop a copy for it"
    assert problem(client, "/v1/incidents?release=2&changed_since=4")["type"] == "/problems/future-release"


@pytest.mark.parametrize(
    "path", ["changes", "changes/stream", "changes.atom", "changes.feed.json", "corrections", "corrections.csv"]
)
def test_a_log_at_an_earlier_release_names_the_newest(client: TestClient, path: str) -> None:
    for given in ("2", "1&type=person", "9", "newest"):
        url = f"/v1/{path}?since=2&release={given}"
        assert refused(client, url) == [("release", "since")]
        assert "up to 3, the newest" in problem(client, url)["detail"]


@pytest.mark.parametrize("release", ["0", "4", "newest", "-1", "1.0", "99999999999", ""])
def test_a_release_that_there_is_not_names_the_newest(client: TestClient, release: str) -> None:
    for path in EVERYWHERE:
        url = f"{path}{'&' if '?' in path else '?'}release={release}"
        assert refused(client, url) == [("release", "3")]
        assert "from 1 to 3, the newest" in problem(client, url)["detail"]


def test_a_release_of_before_the_past_was_kept_is_gone(
    database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    desk = Desk(database_url, tmp_path_factory.mktemp("gone"))
    for files in _corrected():
        desk.load(files)
    with desk.database.writer() as connection:
        connection.execute(text("UPDATE releases SET is_kept = (number > 1)"))
    with serving(database_url) as client:
        told = problem(client, "/v1/incidents?release=1", 410)
        assert told["type"] == "/problems/not-kept"
        assert "The oldest that can be read is 2." in told["detail"]
        assert body(client, "/v1/incidents?release=2")["data"]
    desk.database.close()


def test_whatever_shows_records_shows_those_of_then(client: TestClient) -> None:
    def told(path: str, release: str) -> Any:
        return body(client, f"{path}{'&' if '?' in path else '?'}{release}".rstrip("?&"))

    found = told("/v1/search?q=sundhamn", "")["data"]
    assert found
    assert told("/v1/search?q=orsa", "release=1")["data"][0]["label"] == "Orsa"
    assert told("/v1/facets?of=incidents&facet=kind", "release=2") != told("/v1/facets?of=incidents&facet=kind", "")
    sums = [told("/v1/casualties/summary?group_by=outcome", f"release={number}")["data"] for number in (1, 2)]
    assert sums[0] != sums[1]
    passages = [told("/v1/articles/lind-ash-river/evidence?limit=500", f"release={number}") for number in (2, 3)]
    assert passages[0]["meta"]["matched"] > passages[1]["meta"]["matched"]
    items = "/ogc/collections/incidents/items"
    then, now = (told(items, release)["numberMatched"] for release in ("release=2", ""))
    assert then == now + 1
    feature = told(f"{items}/boat-stopped", "release=1")
    assert feature["links"][0]["href"].endswith("/boat-stopped?release=1")


def test_parts_of_a_file_are_parts_of_that_release(client: TestClient) -> None:
    url = "/v1/casualties.csv?release=1"
    whole = client.get(url, headers={"Accept-Encoding": "identity"})
    part = client.get(url, headers={"Range": "bytes=10-400"})
    assert part.status_code == 206
    assert part.content == whole.content[10:401]
    assert part.headers["etag"] == whole.headers["etag"]
    assert part.headers["dateline-release"] == "1"


@pytest.mark.heavy
def test_dataset_files_hold_the_release_that_was_asked_for(client: TestClient, tmp_path: Path) -> None:
    counts = []
    for number in (1, 2, 3):
        answer = client.get(f"/v1/dataset.sqlite?release={number}")
        assert answer.headers["dateline-release"] == str(number)
        (tmp_path / "file.sqlite").write_bytes(answer.content)
        with closing(sqlite3.connect(tmp_path / "file.sqlite")) as file:
            counts.append(file.execute("SELECT count(*), max(killed_low) FROM incidents").fetchone())
    assert counts[0][0] == counts[1][0] == counts[2][0] + 1
    assert counts[0][1] < counts[1][1] == 43
    assert client.get("/v1/dataset.zip?release=1").headers["dateline-release"] == "1"
    assert refused(client, "/v1/dataset.zip?release=9") == [("release", "3")]


def test_a_history_tells_what_changed_and_from_what(given: Given) -> None:
    client, answers = given
    claim = answers[0]["casualties"][0]
    first, second = body(client, f"/v1/casualties/{claim['id']}/history?include=document")["data"]
    assert first["changed"] is None
    assert first["document"]["low"] == claim["low"]
    assert {"pointer": "/low", "before": claim["low"], "after": 43} in second["changed"]
    assert second["document"] == body(client, f"/v1/casualties/{claim['id']}")["data"]
    assert not any(one["pointer"] in ("/version", "/changed_in") for one in second["changed"])
    last = body(client, "/v1/incidents/boat-stopped/history?include=document")["data"][-1]
    assert (last["op"], last["changed"], last["document"]) == ("DEL", None, None)
    assert "document" not in body(client, "/v1/places/orsa/history")["data"][0]


def test_differences_are_pointers_to_the_smallest_values() -> None:
    before = {
        "version": 1,
        "date": {"edtf": "2020"},
        "a/b": 1,
        "actors": [{"id": "x"}, {"id": "y"}],
        "aliases": ["one"],
    }
    after = {
        "version": 2,
        "date": None,
        "a/b": True,
        "actors": [{"id": "x"}, {"id": "z"}],
        "aliases": [],
        "note": "new",
    }
    assert differences(before, after) == [
        ("/date", {"edtf": "2020"}, None),
        ("/a~1b", 1, True),
        ("/actors/1/id", "y", "z"),
        ("/aliases", ["one"], []),
        ("/note", None, "new"),
    ]
    assert differences(before, {**before, "version": 9}) == []


@pytest.mark.parametrize(
    "url",
    [
        FERRY,
        f"{FERRY}?fields=title&include=quotes",
        "/v1/incidents?limit=1&kind=ground_fire",
        "/v1/incidents?q=ferry&limit=2&sort=date",
        "/v1/articles/lind-ash-river/evidence?limit=2",
        "/v1/casualties/summary?group_by=outcome",
        "/v1/codebook",
    ],
)
def test_every_answer_leads_to_itself_in_its_release(client: TestClient, url: str) -> None:
    while url:
        answer = client.get(url)
        told = answer.json()
        permanent = told["links"]["permanent"]
        assert "release=3" in permanent
        kept = body(client, permanent)
        assert kept["data"] == told["data"]
        assert kept["links"]["permanent"] == kept["links"]["self"]
        assert f'<{permanent}>; rel="cite-as"' in answer.headers["link"]
        url = told["links"].get("next")
    assert body(client, f"{FERRY}?release=1")["links"]["permanent"] == f"{FERRY}?release=1"


def test_counts_lead_to_themselves_in_their_release(client: TestClient) -> None:
    told = body(client, "/v1/facets?of=incidents&facet=kind")
    kept = body(client, told["links"]["permanent"])
    counts, then = ([(one["value"], one["count"]) for one in each["data"]["kind"]["buckets"]] for each in (told, kept))
    assert counts == then != []


def test_an_order_by_relevance_leads_to_one_that_stays(database_url: str, tmp_path: Path) -> None:
    """FTS5 ranks a record by all others: by how many have the words, and by how long they are."""
    files, desk = sample.small(), Desk(database_url, tmp_path)
    boat = record(files, INCIDENTS, "boat-stopped")
    files[INCIDENTS] += [
        {**boat, "id": f"boat-{number}", "summary": f"A ferry{' and a boat' * number}."} for number in range(9)
    ]
    desk.load(files)
    with serving(database_url) as client:
        second = body(client, body(client, "/v1/incidents?q=ferry&limit=2")["links"]["next"])
        first = second["links"]["permanent"]
        everywhere = body(client, "/v1/search?q=ferry")["links"]["permanent"]
        before = [*pages(client, first), body(client, everywhere)]
        assert len(before) > 5
        for number in range(0, 9, 2):
            record(files, INCIDENTS, f"boat-{number}")["summary"] = f"A ferry{' and other boats' * (20 - number)}."
        desk.load(files)
        assert [*pages(client, first), body(client, everywhere)] == before
    desk.database.close()


def pages(client: TestClient, url: str | None) -> Iterator[Any]:
    while url:
        yield (page := body(client, url))
        url = page["links"].get("next")


@pytest.mark.heavy
def test_feeds_workbooks_and_columns_hold_the_release_that_was_asked_for(client: TestClient) -> None:
    from pyarrow import parquet  # the tests of everything else do without it

    for number in (1, 2):
        there = body(client, f"/v1/casualties?release={number}&limit=500&sort=id")["data"]
        book = openpyxl.load_workbook(io.BytesIO(client.get(f"/v1/casualties.xlsx?release={number}&sort=id").content))
        header, *rows = book.worksheets[0].iter_rows(values_only=True)
        table = parquet.read_table(io.BytesIO(client.get(f"/v1/casualties.parquet?release={number}&sort=id").content))
        expected = [(one["id"], one["low"]) for one in there]
        assert [(row[header.index("id")], row[header.index("low")]) for row in rows] == expected
        assert [(row["id"], row["low"]) for row in table.to_pylist()] == expected
        items = body(client, f"/v1/incidents.feed.json?release={number}")["items"]
        assert {one["title"] for one in items} == {
            one["title"] for one in body(client, f"/v1/incidents?release={number}")["data"]
        }
    assert "boat-stopped" in client.get("/v1/incidents.atom?release=2").text
