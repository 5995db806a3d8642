"""What differs between two releases: everything once, in both directions, in pages and files."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from tests import sample
from tests.answers import body, problem, refused
from tests.conftest import NewDatabase, serving
from tests.copies import Copy, compared, pulled
from tests.ingest.desk import Desk, remove
from tests.sample import INCIDENTS, Files, record

Past = tuple[TestClient, list[Copy]]


def releases() -> Iterator[Files]:
    """A figure is corrected and a name changed; the name is changed back and a quote withdrawn; it comes back."""
    files = sample.small()
    yield files
    claim = record(files, INCIDENTS, "ferry-shooting")["casualties"][0]
    claim["low"] = claim["high"] = "43"
    claim["correction"] = {"date": "2026-11-24", "text": "43 people, not 41."}
    record(files, "places.yaml", "orsa")["name"] = "Sundhamn"
    yield files
    record(files, "places.yaml", "orsa")["name"] = "Orsa"
    quote = dict(record(files, sample.QUOTES, "guard-turn-back"))
    remove(files, sample.QUOTES, "guard-turn-back", "told twice")
    yield files
    record(files, sample.QUOTES, "guard-turn-back").pop("removed")
    record(files, sample.QUOTES, "guard-turn-back").update(quote)
    yield files


@pytest.fixture(scope="module")
def past(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    url, copies = new_database(), list[Copy]([{}])
    desk = Desk(url, tmp_path_factory.mktemp("compared"))
    with serving(url) as client:
        for files in releases():
            desk.load(files)
            copies.append(pulled(client))
        yield client, copies
    desk.database.close()


def told(client: TestClient, base: int, head: int, query: str = "limit=500") -> dict[tuple[str, str], Any]:
    entries = body(client, f"/v1/releases/{base}/compare/{head}?{query}")["data"]
    found = {(entry["type"], entry["id"]): (entry["op"], entry["changed"]) for entry in entries}
    assert len(found) == len(entries), "each record once"
    return found


def test_every_pair_is_compared_in_both_directions(past: Past) -> None:
    client, copies = past
    for base in range(1, 5):
        for head in range(1, 5):
            assert told(client, base, head) == compared(copies[base], copies[head]), (base, head)
    assert ("place", "orsa") not in told(client, 1, 3), "changed and changed back"
    assert told(client, 1, 3)["quote", "guard-turn-back"] == ("DEL", None)
    assert ("quote", "guard-turn-back") not in told(client, 1, 4), "it came back"


def test_an_entry_says_what_happened_and_why(past: Past) -> None:
    client, _ = past
    claim = sample.small()[INCIDENTS][0]["casualties"][0]["id"]
    (entry,) = body(client, "/v1/releases/1/compare/4?type=casualty&field=low&include=document&cause=edited")["data"]
    assert (entry["op"], entry["id"], entry["release"], entry["cause"]) == ("MOD", claim, 2, "edited")
    assert entry["correction"] == {"date": "2026-11-24", "text": "43 people, not 41."}
    assert [one["pointer"] for one in entry["changed"]] == ["/low"]
    assert entry["document"] == body(client, f"/v1/casualties/{claim}?release=4")["data"]
    linked = body(client, "/v1/releases/1/compare/2?type=incident&cause=linked")["data"]
    assert {"ferry-shooting", "mill-search"} == {one["id"] for one in linked}


def test_fields_choose_also_what_is_in_them_and_around_them(past: Past) -> None:
    client, _ = past
    for field in ("casualties", "casualties.low"):
        assert set(told(client, 1, 2, f"type=incident&field={field}")) == {("incident", "ferry-shooting")}
    pointers = [
        one["pointer"] for one in told(client, 1, 2, "type=incident&field=totals")["incident", "ferry-shooting"][1]
    ]
    assert pointers
    assert all(pointer.startswith("/totals/") for pointer in pointers)
    assert told(client, 2, 3, "type=quote&field=text") == {}, "what was removed has no changed field"
    assert refused(client, "/v1/releases/1/compare/2?field=lwo") == [("field", "low")]


def test_a_comparison_is_filtered_by_article(past: Past) -> None:
    client, _ = past
    assert told(client, 1, 4, f"article={sample.ARTICLE}&limit=500") == told(client, 1, 4)
    assert refused(client, "/v1/releases/1/compare/2?article=lind-ash") == [("article", sample.ARTICLE)]


@pytest.mark.parametrize("limit", [1, 3])
def test_pages_hold_every_entry_once(past: Past, limit: int) -> None:
    client, _ = past
    url, found = f"/v1/releases/3/compare/1?limit={limit}", []
    while url:
        page = body(client, url)
        found += page["data"]
        url = page["links"].get("next")
    assert found == body(client, "/v1/releases/3/compare/1")["data"]


def test_files_hold_the_same(past: Past) -> None:
    client, _ = past
    links = body(client, "/v1/releases/1/compare/3?type=casualty&type=quote&limit=1")["links"]
    entries = body(client, "/v1/releases/1/compare/3?type=casualty&type=quote")["data"]
    lines = client.get(links["ndjson"])
    assert [json.loads(line) for line in lines.text.splitlines()] == entries
    assert lines.headers["dateline-release"] == "4"
    answer = client.get(links["csv"])
    assert answer.headers["content-disposition"] == 'attachment; filename="dateline-r1-r3.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert len(rows) == sum(len(entry["changed"] or [0]) for entry in entries)
    figure = next(row for row in rows if row["pointer"] == "/low")
    assert (figure["after"], figure["correction"], figure["cause"]) == ("43", "43 people, not 41.", "edited")
    gone = next(row for row in rows if row["op"] == "DEL")
    assert (gone["id"], gone["reason"], gone["pointer"]) == ("guard-turn-back", "told twice", "")
    assert refused(client, links["csv"] + "&limit=1")[0][0] == "limit"


@pytest.mark.parametrize("path", ["0/compare/1", "1/compare/5", "x/compare/1", "1/compare/99999999999", "-1/compare/1"])
def test_a_release_that_there_is_not(past: Past, path: str) -> None:
    base, _, head = path.partition("/compare/")
    wrong = "head" if base == "1" else "base"
    for suffix in ("", ".csv", ".ndjson"):
        assert refused(past[0], f"/v1/releases/{base}/compare/{head}{suffix}") == [(wrong, "4")]
    assert "from 1 to 4, the newest" in problem(past[0], f"/v1/releases/{path}")["detail"]


@pytest.mark.heavy
def test_what_was_not_kept_cannot_be_compared(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    desk = Desk(database_url, tmp_path_factory.mktemp("gone"))
    for files in list(releases())[:1]:
        desk.load(files)
    files = sample.small()
    record(files, "places.yaml", "orsa")["name"] = "Sundhamn"
    desk.load(files)
    with desk.database.writer() as connection:
        connection.execute(text("UPDATE releases SET is_kept = (number > 1)"))
    with serving(database_url) as client:
        told = problem(client, "/v1/releases/1/compare/2", 410)
        assert told["type"] == "/problems/not-kept"
        problem(client, "/v1/releases/2/compare/1.csv", 410)
    desk.database.close()
