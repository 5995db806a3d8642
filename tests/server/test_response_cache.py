"""The response cache serves equal responses, of the newest release, within its memory limit."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.storage.database import Database
from app.storage.release_watcher import ReleaseWatcher
from tests import sample
from tests.answers import body, lasting
from tests.conftest import NewDatabase, database_unavailable, load_seed, serving
from tests.sample import INCIDENTS, record
from tests.statements import statements

HIT = "dateline; hit"
STALE = "dateline; hit; detail=stale"
URL = "/v1/incidents?limit=2&include=places"


@pytest.fixture(scope="module")
def small_url(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> str:
    url = new_database()
    load_seed(url, sample.write(sample.small(), tmp_path_factory.mktemp("kept")))
    return url


@contextmanager
def keeping(url: str, limit: int = 2**20) -> Iterator[TestClient]:
    """A service that has answered nothing yet, with so many bytes of memory."""
    with serving(url, cache_bytes=limit) as client:
        yield client


def status(client: TestClient, url: str, **headers: str) -> str | None:
    """What an answer's `Cache-Status` says."""
    answer = client.get(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    assert answer.status_code in (200, 304)
    actual: str | None = answer.headers.get("Cache-Status")
    return actual


def statements_of(work: Callable[[], object]) -> list[str]:
    """The SQL that databases are asked meanwhile."""
    with statements() as sent:
        work()
    return [statement for statement, _ in sent]


def test_a_cache_hit_reads_nothing_from_the_database(small_url: str) -> None:
    with keeping(small_url) as client:
        made = client.get(URL)
        assert len(statements_of(lambda: client.get("/v1/incidents?limit=2&include=places&sort=title"))) > 1
        assert statements_of(lambda: client.get(URL)) == []
        known = {"If-None-Match": made.headers["ETag"]}
        assert statements_of(lambda: client.get(URL, headers=known)) == []
        again, not_modified = client.get(URL), client.get(URL, headers=known)
    assert again.headers["Cache-Status"] == HIT
    assert "Cache-Status" not in made.headers
    assert (again.content, lasting(again.headers)) == (made.content, lasting(made.headers))
    assert (not_modified.status_code, not_modified.content) == (304, b"")
    assert not_modified.headers["Cache-Status"] == HIT


@pytest.mark.parametrize("url", ["/v1/incidents", "/v1/places/orsa", "/v1/changes", "/v1/incidents.atom", "/"])
def test_each_content_coding_is_cached_separately(small_url: str, url: str) -> None:
    with keeping(small_url) as client:
        for coding in ("identity", "gzip", "zstd"):
            made = client.get(url, headers={"Accept-Encoding": coding})
            again = client.get(url, headers={"Accept-Encoding": coding})
            assert again.headers["Cache-Status"] == HIT
            assert "Cache-Status" not in made.headers
            assert again.content == made.content
            assert again.headers["ETag"] == made.headers["ETag"]
            assert again.headers.get("Content-Encoding") == made.headers.get("Content-Encoding")


def test_percent_encodings_share_an_entry_and_parameter_orders_do_not(small_url: str) -> None:
    with keeping(small_url) as client:
        client.get("/v1/incidents?limit=2&sort=date")
        assert status(client, "/v1/incidents?%6cimit=2&sort=%64ate") == HIT
        assert status(client, "/v1/incidents?sort=date&limit=2") is None


def test_a_new_release_is_served_immediately(database_url: str, tmp_path: Path) -> None:
    files = sample.small()
    load_seed(database_url, sample.write(files, tmp_path))
    with keeping(database_url) as client:
        for number in (1, 2, 3):
            assert [status(client, URL), status(client, URL)] == [None, HIT]
            assert body(client, URL)["meta"]["release"] == number
            record(files, INCIDENTS, "ferry-shooting")["title"] = f"Ferry {number}"
            load_seed(database_url, sample.write(files, tmp_path))


def test_least_recently_used_entries_are_evicted(small_url: str) -> None:
    urls = [f"/v1/incidents?limit={limit}" for limit in range(1, 41)]
    with keeping(small_url, 200_000) as client:
        assert not any(status(client, url) for url in urls)
        assert status(client, urls[-1]) == HIT
        assert status(client, urls[0]) is None


def test_url_length_counts_towards_the_cache_limit(small_url: str) -> None:
    """Whoever asks chooses them, so they are not to fill the memory beside what it may hold."""
    with keeping(small_url, 400_000) as client:
        urls = [f"{URL}{'&kind=killing' * 700}&kind=ground_fire{'&kind=killing' * number}" for number in range(40)]
        assert not any(status(client, url) for url in urls)
        assert status(client, urls[-1]) == HIT
        assert status(client, urls[0]) is None


def test_headers_outside_negotiation_share_an_entry(small_url: str) -> None:
    unread: list[dict[str, str]] = [
        {"Accept": "text/html, */*;q=0.8"},
        {"Accept": "*/*;q=0.1"},
        {"Accept-Charset": "utf-8"},
        {"User-Agent": "x"},
        {},
    ]
    with keeping(small_url) as client:
        made = client.get(URL, headers={"Accept": "application/json", "Cookie": "a=b"})
        for headers in unread:
            again = client.get(URL, headers=headers)
            assert again.headers["Cache-Status"] == HIT, headers
            assert lasting(again.headers) == lasting(made.headers), headers


def test_a_large_response_is_cached_for_304_only(small_url: str) -> None:
    with keeping(small_url, 20_000) as client:
        made = client.get("/v1/incidents")
        assert len(made.content) > 20_000 / 16
        assert status(client, "/v1/incidents", if_none_match=made.headers["ETag"]) == HIT
        assert status(client, "/v1/incidents") is None


def test_a_limit_of_zero_disables_the_cache(small_url: str) -> None:
    with keeping(small_url, 0) as client:
        assert [status(client, URL), status(client, URL)] == [None, None]
        assert client.get(URL, headers={"If-None-Match": "*"}).status_code == 304


@pytest.mark.parametrize("url", ["/v1/incidents?kidn=x", "/v1/incidents/nothing-like-it", "/healthz", "/docs"])
def test_responses_without_a_release_are_not_cached(small_url: str, url: str) -> None:
    with keeping(small_url) as client:
        client.get(URL)
        for _ in range(2):
            assert "Cache-Status" not in client.get(url).headers


def test_head_is_served_from_the_cache(small_url: str) -> None:
    with keeping(small_url) as client:
        client.head(URL)
        got, head = client.get(URL), client.head(URL)
    assert (head.headers["Cache-Status"], head.content) == (HIT, b"")
    assert lasting(head.headers) == lasting(got.headers)


def test_cached_responses_are_stale_while_the_database_is_unavailable(database_url: str, tmp_path: Path) -> None:
    files = sample.small()
    load_seed(database_url, sample.write(files, tmp_path))
    with keeping(database_url) as client:
        made = client.get(URL)
        assert status(client, URL) == HIT
        with database_unavailable(database_url):
            again = client.get(URL)
            assert (again.headers["Cache-Status"], again.headers["Cache-Control"]) == (STALE, "no-cache")
            assert again.content == made.content
            assert again.headers["Dateline-Release"] == "1"
            assert status(client, URL, if_none_match=made.headers["ETag"]) == STALE
            assert client.get("/v1/places").status_code == 503
        assert status(client, URL) == HIT


def test_a_slow_release_check_is_repeated(article_url: str) -> None:
    """Also where the question that it was late with has ended by then, and so can tell nobody that it has."""
    database = Database(article_url)
    watch = ReleaseWatcher(database)
    watch._late = True
    assert asyncio.run(watch.newest()).number == 1
    watch.close()
    database.close()
