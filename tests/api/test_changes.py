"""The changelog, the releases and the histories of records, over four releases of the sample dossier."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from app.model.documents import TypeName
from app.records import BY_TYPE, RECORD_TYPES
from app.storage.database import Database
from tests import sample
from tests.answers import body, ids, problem
from tests.conftest import NewDatabase, create_tables, load_seed, serving
from tests.copies import Reader, as_json, digest, pulled
from tests.sample import INCIDENTS, Files, record

PEOPLE = "people.yaml"


def first() -> Files:
    files = sample.small()
    miller = record(files, PEOPLE, "miller")
    files[PEOPLE].append({**miller, "id": "man-at-mill", "label": "Man at the mill"})
    return files


def renamed(files: Files) -> Files:
    """The person's name stands in the documents of others: a quote, an incident, a claim."""
    record(files, PEOPLE, "jon-berg")["name"] = "Jon Bergh"
    return files


def merged(files: Files) -> Files:
    gone = next(entry for entry in files[PEOPLE] if entry["id"] == "man-at-mill")
    gone.clear()
    gone.update(id="man-at-mill", removed={"reason": "The same as the miller", "successor": "miller"})
    return files


def removed(files: Files) -> Files:
    files[INCIDENTS] = [entry for entry in files[INCIDENTS] if entry["id"] != "mill-search"]
    files[INCIDENTS].append({"id": "mill-search", "removed": {"reason": "Retracted by the paper"}})
    return files


@pytest.fixture(scope="module")
def log(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Release 1 adds everything, 2 renames a person, 3 merges two people, 4 removes an incident with its claim."""
    url, folder, files = new_database(), tmp_path_factory.mktemp("log"), first()
    load_seed(url, sample.write(files, folder))
    for change in (renamed, merged, removed):
        load_seed(url, sample.write(change(files), folder))
    with serving(url) as client:
        yield client


def entries(client: TestClient, url: str) -> list[tuple[str, str, int, int]]:
    return [(entry["op"], entry["id"], entry["version"], entry["release"]) for entry in body(client, url)["data"]]


def test_the_log_says_what_each_release_did(log: TestClient) -> None:
    assert entries(log, "/v1/changes?since=1&history=true") == [
        ("MOD", "ferry-shooting", 2, 2),
        ("MOD", "jon-berg", 2, 2),
        ("MOD", "berg-no-warning", 2, 2),
        ("MOD", "guard-turn-back", 2, 2),
        ("DEL", "man-at-mill", 2, 3),
        ("DEL", "miller-held", 2, 4),
        ("MOD", "ferry-shooting", 3, 4),  # the removed incident was related to it
        ("DEL", "mill-search", 2, 4),
    ]


def test_the_first_release_adds_everything(log: TestClient) -> None:
    added = [entry for entry in body(log, "/v1/changes?limit=500&history=true")["data"] if entry["release"] == 1]
    counts = body(log, "/v1/releases/1")["data"]["counts"]
    assert {entry["op"] for entry in added} == {"ADD"}
    assert len(added) == sum(counts.values()) + 1, "the codebook is a record of the log"


@pytest.mark.parametrize("every", ["", "&history=true"])
def test_entries_stand_by_release_type_and_id(log: TestClient, every: str) -> None:
    actual = [
        (entry["release"], entry["type"], entry["id"]) for entry in body(log, f"/v1/changes?limit=500{every}")["data"]
    ]
    assert actual == sorted(actual)
    assert len(actual) == len(set(actual))


def test_an_entry_of_a_merger(log: TestClient) -> None:
    entry = body(log, "/v1/changes?since=2&type=person")["data"][0]
    release = body(log, "/v1/releases/3")["data"]
    assert entry == {
        "op": "DEL",
        "type": "person",
        "id": "man-at-mill",
        "url": "/v1/people/man-at-mill",
        "version": 2,
        "release": 3,
        "at": release["loaded_at"],
        "reason": "The same as the miller",
        "superseded_by": "miller",
        "correction": None,
        "cause": "edited",
        "because": [],
        "redacted": None,
    }
    assert log.get(entry["url"]).status_code == 308


@pytest.mark.parametrize(("limit", "every"), [(1, ""), (2, "&history=true"), (7, "&history=true"), (500, "")])
def test_pages_hold_every_entry_once(log: TestClient, limit: int, every: str) -> None:
    url, actual = f"/v1/changes?limit={limit}{every}", []
    while url:
        response = log.get(url)
        page = response.json()
        actual += page["data"]
        url = page["links"].get("next")
        cursor = url and log.get(url).request.url.params["cursor"]
        assert page["meta"] == {"release": 4, "returned": len(page["data"]), "next_cursor": cursor}
        assert response.headers["Dateline-Release"] == "4"
        assert response.links.get("next", {}).get("url") == url
        assert len(page["data"]) == limit or url is None
    assert actual == body(log, f"/v1/changes?limit=500{every}")["data"]


def test_documents_are_those_of_today(log: TestClient) -> None:
    page = body(log, "/v1/changes?limit=500&include=document&history=true")
    for entry in page["data"]:
        there = log.get(entry["url"])
        assert entry["document"] == (there.json()["data"] if there.status_code == 200 else None), entry["id"]
    by_release = {entry["release"]: entry["document"] for entry in page["data"] if entry["id"] == "jon-berg"}
    assert by_release[1]["name"] == by_release[2]["name"] == "Jon Bergh"
    assert all("document" not in entry for entry in body(log, "/v1/changes")["data"])


def test_a_removal_has_no_document_even_if_the_record_is_back(database_url: str, tmp_path: Path) -> None:
    files = first()
    for version in (files, merged(first()), files):
        load_seed(database_url, sample.write(version, tmp_path))
    with serving(database_url) as client:
        answer = body(client, "/v1/changes?include=document&type=person&limit=500&history=true")["data"]
        told = [(entry["op"], entry["document"] is None) for entry in answer if entry["id"] == "man-at-mill"]
        assert told == [("ADD", False), ("DEL", True), ("ADD", False)]
        versions = [entry["version"] for entry in answer if entry["id"] == "man-at-mill"]
        assert versions == [1, 2, 3]
        assert body(client, "/v1/people/man-at-mill")["data"]["version"] == 3


def test_the_log_is_filtered_by_every_type(log: TestClient) -> None:
    assert set(get_args(TypeName)) == set(BY_TYPE)
    assert {entry["type"] for entry in body(log, "/v1/changes?type=quote&type=person")["data"]} == {"quote", "person"}
    for resource, kind in ((one.name, one.type) for one in RECORD_TYPES.values()):
        there = ids(log, f"/v1/{resource}?sort=id")
        added = [
            entry["id"] for entry in body(log, f"/v1/changes?type={kind}&history=true")["data"] if entry["release"] == 1
        ]
        assert set(there) <= set(added)


def test_nothing_is_newer_than_the_newest(log: TestClient) -> None:
    page = body(log, "/v1/changes?since=4")
    links = {suffix: f"/v1/changes{suffix}?since=4" for suffix in ("", ".atom", ".feed.json")}
    assert page == {
        "data": [],
        "links": {"self": links[""], "atom": links[".atom"], "feed_json": links[".feed.json"]},
        "meta": {"release": 4, "returned": 0, "next_cursor": None},
    }


@pytest.mark.parametrize(
    ("url", "parameter", "suggestion"),
    [
        ("/v1/changes?since=5", "since", "4"),
        ("/v1/changes?since=-1", "since", None),
        ("/v1/changes?since=1&since=2", "since", None),
        ("/v1/changes?type=persn", "type", "person"),
        ("/v1/changes?include=documents", "include", "document"),
        ("/v1/changes?changed_since=1", "changed_since", None),
        ("/v1/changes?limit=501", "limit", None),
        ("/v1/changes?cursor=damaged", "cursor", None),
        ("/v1/releases?cursor=WyJ4IiwiYSJd", "cursor", None),
        ("/v1/releases?sort=number", "sort", None),
        ("/v1/releases/1?limit=1", "limit", None),
        ("/v1/people/jon-berg/history?since=1", "since", None),
    ],
)
def test_the_log_refuses_bad_parameters_by_name(
    log: TestClient, url: str, parameter: str, suggestion: str | None
) -> None:
    error = problem(log, url)["errors"][0]
    assert error["parameter"] == parameter
    if suggestion is not None:
        assert error["suggestion"] == suggestion


def test_a_cursor_belongs_to_its_query(log: TestClient) -> None:
    following = body(log, "/v1/changes?since=1&limit=2")["links"]["next"]
    for other in (following.replace("since=1", "since=0"), following.replace("since=1", "since=1&type=person")):
        assert problem(log, other)["errors"][0]["parameter"] == "cursor"
    assert len(body(log, following.replace("limit=2", "limit=1"))["data"]) == 1


def test_a_load_between_two_pages_loses_nothing(database_url: str, tmp_path: Path) -> None:
    files = first()
    load_seed(database_url, sample.write(files, tmp_path))
    with serving(database_url) as client:
        readers = [Reader(client, {}, 0, limit) for limit in (2, 3, 5)]
        for change in (renamed, merged, removed):
            for reader in readers:
                assert reader.turn_page()
            load_seed(database_url, sample.write(change(files), tmp_path))
        today = as_json(pulled(client))
        for reader in readers:
            assert as_json(reader.catch_up()) == today
            assert reader.release == 4


def test_a_copy_from_lists_goes_on_from_its_first_answer(database_url: str, tmp_path: Path) -> None:
    """People are pulled before a release, everything else after it."""
    files = first()
    load_seed(database_url, sample.write(files, tmp_path))
    with serving(database_url) as client:
        answer = client.get("/v1/people?limit=500")
        load_seed(database_url, sample.write(merged(renamed(files)), tmp_path))
        people = {("person", document["id"]): document for document in answer.json()["data"]}
        others = {key: document for key, document in pulled(client).items() if key[0] != "person"}
        reader = Reader(client, people | others, int(answer.headers["Dateline-Release"]), 500)
        assert as_json(reader.copy) != as_json(pulled(client))
        assert as_json(reader.catch_up()) == as_json(pulled(client))


def test_releases_are_listed_newest_first(log: TestClient) -> None:
    page = body(log, "/v1/releases")
    assert [release["number"] for release in page["data"]] == [4, 3, 2, 1]
    collected: list[Any] = []
    url = "/v1/releases?limit=3"
    while url:
        part = body(log, url)
        collected += part["data"]
        url = part["links"].get("next")
    assert collected == page["data"]
    assert [body(log, release["url"])["data"] for release in collected] == collected


def test_no_two_releases_have_the_same_time(log: TestClient) -> None:
    """Loaded within a second or not: their time is what `Last-Modified` tells them apart by."""
    times = [release["loaded_at"] for release in body(log, "/v1/releases")["data"]]
    assert times == sorted(set(times), reverse=True)


def test_a_release_proves_a_copy(log: TestClient) -> None:
    release = body(log, "/v1/releases/4")
    assert release["meta"] == {"release": 4}
    assert release["links"] == {"self": "/v1/releases/4"}
    copy = pulled(log)
    assert release["data"]["digest"] == digest(copy)
    assert sum(release["data"]["counts"].values()) + 1 == len(copy)
    del copy["person", "jon-berg"]
    assert release["data"]["digest"] != digest(copy)


@pytest.mark.parametrize("number", ["0", "5", "999999999", "9999999999999999999999", "-1", "1.0", "latest", "%C2%B2"])
def test_a_release_that_has_not_been(log: TestClient, number: str) -> None:
    response = log.get(f"/v1/releases/{number}")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


def test_a_history_has_every_version_of_its_record(log: TestClient) -> None:
    assert entries(log, "/v1/people/jon-berg/history") == [("ADD", "jon-berg", 1, 1), ("MOD", "jon-berg", 2, 2)]
    assert entries(log, "/v1/people/man-at-mill/history") == [
        ("ADD", "man-at-mill", 1, 1),
        ("DEL", "man-at-mill", 2, 3),
    ]
    assert entries(log, "/v1/casualties/miller-held/history")[-1] == ("DEL", "miller-held", 2, 4)
    reason = body(log, "/v1/incidents/mill-search/history")["data"][-1]["reason"]
    assert reason == "Retracted by the paper"
    assert reason in log.get("/v1/incidents/mill-search").json()["detail"]


def test_a_history_has_pages(log: TestClient) -> None:
    page = body(log, "/v1/people/jon-berg/history?limit=1")
    assert [entry["op"] for entry in page["data"]] == ["ADD"]
    last = body(log, page["links"]["next"])
    assert [entry["op"] for entry in last["data"]] == ["MOD"]
    assert "next" not in last["links"]


@pytest.mark.parametrize("path", ["people/nobody", "people/orsa", "quotes/jon-berg", "people/%00", "people/Jon"])
def test_what_never_was_has_no_history(log: TestClient, path: str) -> None:
    assert "nobody" in problem(log, "/v1/people/nobody/history", 404)["detail"]
    assert log.get(f"/v1/{path}/history").status_code == 404


def test_rows_of_before_are_a_release_of_everything(database_url: str, tmp_path: Path) -> None:
    """A database that older code has loaded: the next load renders all records anew, and a copy follows."""
    load_seed(database_url, sample.write(first(), tmp_path))
    database = Database(database_url)
    with database.writer() as connection:
        for one in RECORD_TYPES.values():
            connection.execute(update(one.table).values(rows_checksum=0))
    database.close()
    with serving(database_url) as client:
        reader = Reader(client, pulled(client), 1, 500)
        load_seed(database_url, tmp_path)
        before, after = (body(client, f"/v1/releases/{number}")["data"] for number in (1, 2))
        assert before["digest"] == after["digest"]
        answer = body(client, "/v1/changes?since=1&limit=500")["data"]
        assert {entry["op"] for entry in answer} == {"MOD"}
        assert len(answer) == sum(after["counts"].values())
        assert as_json(reader.catch_up()) == as_json(pulled(client))


def test_before_the_first_release(database_url: str) -> None:
    create_tables(database_url)
    with serving(database_url) as client:
        assert body(client, "/v1/changes")["meta"] == {"release": 0, "returned": 0, "next_cursor": None}
        assert body(client, "/v1/releases")["data"] == []
        assert problem(client, "/v1/changes?since=1")["errors"][0]["suggestion"] == "0"
