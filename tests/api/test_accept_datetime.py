"""`Accept-Datetime` (RFC 7089): the answer of a point of time, at the address that has the newest one."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from tests import sample
from tests.answers import body
from tests.conftest import NewDatabase, serving
from tests.ingest.desk import Desk
from tests.sample import record

FERRY = "/v1/incidents/ferry-shooting"


@pytest.fixture(scope="module")
def desk(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk, files = Desk(new_database(), tmp_path_factory.mktemp("dated")), sample.small()
    for name in ("Orsa", "Sundhamn", "Orsaby"):
        record(files, "places.yaml", "orsa")["name"] = name
        desk.load(files)
    yield desk
    desk.database.close()


@pytest.fixture(scope="module")
def client(desk: Desk) -> Iterator[TestClient]:
    with serving(desk.url) as client:
        yield client


def loaded_at(client: TestClient, release: int) -> datetime:
    return datetime.fromisoformat(body(client, f"/v1/releases/{release}")["data"]["loaded_at"])


def asked(client: TestClient, url: str, at: datetime | str, **headers: str) -> Response:
    when = at if isinstance(at, str) else format_datetime(at, usegmt=True)
    return client.get(url, headers={"Accept-Datetime": when, **headers})


@pytest.mark.parametrize("url", [FERRY, "/v1/places?q=s", "/v1/casualties.csv", "/v1/facets?of=incidents&facet=place"])
def test_the_newest_release_of_then_is_picked(client: TestClient, url: str) -> None:
    for release in (1, 2):
        for seconds in (0, 0.5):
            answer = asked(client, url, loaded_at(client, release) + timedelta(seconds=seconds))
            pinned = client.get(f"{url}{'&' if '?' in url else '?'}release={release}")
            assert answer.content == pinned.content
            assert answer.headers["dateline-release"] == str(release)
            assert answer.headers["memento-datetime"] == format_datetime(loaded_at(client, release), usegmt=True)
            assert answer.headers["memento-datetime"] == pinned.headers["memento-datetime"]
            assert answer.headers["etag"] == pinned.headers["etag"]
            assert "Accept-Datetime" in answer.headers["vary"]
            assert f"release={release}" in answer.headers["content-location"]
            assert client.get(answer.headers["content-location"]).content == answer.content


def test_what_depends_on_the_header_says_so_without_it(client: TestClient) -> None:
    assert "Accept-Datetime" in client.get(FERRY).headers["vary"]
    assert "memento-datetime" not in client.get(FERRY).headers
    assert "Accept-Datetime" not in client.get(f"{FERRY}?release=1").headers["vary"]
    assert client.get(f"{FERRY}?release=1").links["original timegate"]["url"] == FERRY
    assert "Accept-Datetime" not in client.get("/v1/changes").headers["vary"]


def test_from_the_newest_on_it_is_the_newest(client: TestClient) -> None:
    for at in (loaded_at(client, 3), loaded_at(client, 3) + timedelta(days=3650)):
        answer = asked(client, FERRY, at)
        assert answer.content == client.get(FERRY).content
        assert answer.headers["memento-datetime"] == format_datetime(loaded_at(client, 3), usegmt=True)
        assert answer.headers["cache-control"] == client.get(FERRY).headers["cache-control"]


def test_memory_tells_times_apart(client: TestClient) -> None:
    first, second = loaded_at(client, 1), loaded_at(client, 2)
    bodies: dict[datetime | None, bytes] = {}
    for _ in range(2):
        for at in (first, second, None):
            answer = client.get(FERRY) if at is None else asked(client, FERRY, at)
            assert bodies.setdefault(at, answer.content) == answer.content
            kept = answer.headers.get("cache-status", "")
    assert kept == "dateline; hit"
    assert len(set(bodies.values())) == 3
    tag = asked(client, FERRY, first).headers["etag"]
    unchanged = asked(client, FERRY, first, **{"If-None-Match": tag})
    assert (unchanged.status_code, unchanged.headers["memento-datetime"]) == (
        304,
        format_datetime(first, usegmt=True),
    )
    assert asked(client, FERRY, second, **{"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("text", ["2020", "yesterday", "", "Fri, 32 May 2020 12:00:00 GMT", "x" * 5000])
def test_what_is_no_date_is_refused(client: TestClient, text: str) -> None:
    answer = asked(client, FERRY, text)
    assert answer.status_code == 400, answer.text
    (error,) = answer.json()["errors"]
    assert error["parameter"] == "Accept-Datetime"
    assert "Fri, 29 May 2020 12:00:00 GMT" in error["detail"]


def test_before_the_first_release_there_is_nothing(client: TestClient) -> None:
    answer = asked(client, FERRY, loaded_at(client, 1) - timedelta(seconds=1))
    assert answer.status_code == 404
    assert body(client, "/v1/releases/1")["data"]["loaded_at"] in answer.json()["detail"]


def test_a_release_in_the_address_goes_first(client: TestClient) -> None:
    assert asked(client, f"{FERRY}?release=2", "nonsense").content == client.get(f"{FERRY}?release=2").content
    assert asked(client, "/v1/changes", "nonsense").status_code == 200, "it takes no release"
