"""A release is counted before somebody asks, so that no question waits for what is made once."""

import gc
import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from app.api.counting import count_preparation
from app.api.counting.count_preparation import add_up_by, count_by_everything
from app.counts import archives
from app.counts.archives import Archives
from app.ingest.release import release_writing
from app.records import COUNTED_TYPES, RECORD_TYPES
from app.records.casualty_sums import GROUPINGS
from app.storage.database import Database
from app.storage.deadlines import Deadline, TooSlow
from app.storage.reader import INLINE_SECONDS
from tests import sample
from tests.answers import body, every_facet
from tests.conftest import NewDatabase, load_seed, serving, state
from tests.queries.test_agreement import LISTS


@pytest.fixture(autouse=True)
def few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrays for every release, however few records it has."""
    monkeypatch.setattr(archives, "MIN_RECORDS", 0)
    monkeypatch.setattr(release_writing, "MIN_RECORDS", 0)


def _made(client: TestClient) -> tuple[str, set[str]]:
    """The release whose arrays a service has, and the names of their groups."""
    actual = state(client).reader.database.archives
    assert isinstance(actual, Archives)
    return ("", set()) if actual._files is None else (actual._files[0], set(actual._files[1].groups))


@pytest.mark.heavy
def test_nothing_is_left_to_be_made(article_url: str) -> None:
    with serving(article_url, cache_bytes=0) as client:
        read = state(client).reader.database.read
        for resource in RECORD_TYPES.values():
            read(partial(count_by_everything, resource=resource))
        for grouping in GROUPINGS:
            read(partial(add_up_by, grouping=grouping))
        prepared = _made(client)
        for name in RECORD_TYPES:
            for more in ({}, {"facet_sort": "label"}):
                body(client, f"/v1/facets?{urlencode({'of': name, **every_facet(name), **more})}")
        for name, facet, filters in LISTS:
            body(client, f"/v1/facets?of={name}&facet={facet}&{filters}")
        for by in GROUPINGS:
            body(client, f"/v1/casualties/summary?group_by={by}&place=iraq&kind=killing&actor=us-military")
        assert _made(client) == prepared


@pytest.mark.heavy
def test_each_release_that_is_seen_is_prepared(
    new_database: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(count_preparation, "PREPARED_RECORDS", 0)
    monkeypatch.setattr(count_preparation, "LOOK_SECONDS", 0.05)
    url, files = new_database(), sample.small()
    load_seed(url, sample.write(files, tmp_path / "first"))
    with serving(url, cache_bytes=0) as client:
        first = _eventually(client, lambda made: "casualties.summed" in made[1])
        sample.record(files, sample.INCIDENTS, "ferry-shooting")["kind"] = "explosion"
        load_seed(url, sample.write(files, tmp_path / "second"))
        _eventually(client, lambda made: made[0] != first[0] and "casualties.summed" in made[1])


@pytest.mark.heavy
def test_a_preparation_that_fails_is_tried_again(
    article_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(count_preparation, "PREPARED_RECORDS", 0)
    monkeypatch.setattr(count_preparation, "LOOK_SECONDS", 0.05)
    with serving(article_url, cache_bytes=0) as client:
        database = state(client).reader.database
        allowed, database.query_seconds = database.query_seconds, 1e-6
        until = time.monotonic() + 60
        while "not prepared" not in caplog.text:
            assert time.monotonic() < until
            client.get("/readyz")
            time.sleep(0.05)
        assert "A request may read for 1e-06 seconds" in caplog.text
        database.query_seconds = allowed
        _eventually(client, lambda made: "casualties.summed" in made[1])


def test_who_closes_the_service_closes_the_arrays(article_url: str) -> None:
    descriptors = Path("/proc/self/fd")
    with serving(article_url, cache_bytes=0) as client:
        gc.collect()  # what earlier tests have left open
        before = len(list(descriptors.iterdir()))
        body(client, "/v1/facets?of=incidents&facet=kind")
        mapped = len(list(descriptors.iterdir()))
        assert mapped > before + 3
    gc.collect()  # what a request has counted by refers to itself
    assert len(list(descriptors.iterdir())) <= before


def _eventually(client: TestClient, holds: Callable[[tuple[str, set[str]]], bool]) -> tuple[str, set[str]]:
    """What has been made as soon as something holds of it, while only the health of the service is asked for."""
    until = time.monotonic() + 60
    while not holds(found := _made(client)):
        assert time.monotonic() < until, found
        assert client.get("/readyz").status_code == 200
        time.sleep(0.05)
    return found


def test_nothing_is_mapped_or_made_where_there_is_little_time(article_url: str, tmp_path: Path) -> None:
    """On the event loop, which might have to wait for who makes it."""
    database = Database(article_url)
    database.archives = Archives(lambda: tmp_path, COUNTED_TYPES)
    for seconds, raises in ((INLINE_SECONDS, True), (60, False), (INLINE_SECONDS, False)):
        allowed = pytest.raises(TooSlow) if raises else nullcontext()
        with database.snapshot(deadline=Deadline(seconds)) as snapshot, allowed:
            assert snapshot.archive["incidents"].size == snapshot.release.counts["incidents"]
    database.close()
