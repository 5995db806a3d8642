"""After any edits over any releases, a client that replays the changelog has the current data.

The plain run tries 10 random histories, CI's heavy one 60; `DATELINE_HISTORIES=2000` asks for any number.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import make_url
from starlette.testclient import TestClient

from app.api.parameters.codebooks import SeenCodebook
from app.ingest.release.loading import load
from app.storage.database import Database
from app.storage.reader import Reader as DatabaseReader
from tests import sample
from tests.answers import body
from tests.conftest import Figure, NewDatabase, create_tables, serving
from tests.copies import Copy, Reader, as_json, difference, digest, pulled
from tests.histories import STEPS, Desk

MANY = int(os.environ.get("DATELINE_HISTORIES", "60"))

numbers = st.integers(0, 999)
releases = st.lists(st.tuples(st.sampled_from(sorted(STEPS)), numbers, numbers), min_size=1, max_size=5)
histories = st.lists(releases, min_size=1, max_size=4)

Steps = list[list[tuple[str, int, int]]]


class Press:
    """A service whose data begin anew with every history, and a folder for the seed files."""

    def __init__(self, client: TestClient, new_database: NewDatabase, folder: Path) -> None:
        self.client = client
        self.ran = 0
        self._new_database = new_database
        self._folder = folder
        self._template = new_database()
        create_tables(self._template)

    def start(self) -> None:
        """An empty database behind the service."""
        url = self._new_database()
        if url.startswith("sqlite"):
            shutil.copy(str(make_url(self._template).database), str(make_url(url).database))
        else:
            create_tables(url)
        app = self.client.app
        assert isinstance(app, FastAPI)
        app.state.reader.close()
        app.state.reader = DatabaseReader(Database(url))
        app.state.codebook = SeenCodebook(app.state.reader)
        self._database = Database(url)
        self.ran += 1

    def publish(self, desk: Desk) -> int:
        """Loads the dossier; the newest release."""
        planned = load(sample.write(desk.files, self._folder), self._database)
        desk.published(planned.opaque_ids)
        return planned.number - planned.is_empty

    def stop(self) -> None:
        self._database.close()


@pytest.fixture(scope="module")
def press(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Press]:
    with serving(new_database()) as client:
        yield Press(client, new_database, tmp_path_factory.mktemp("press"))


def check(press: Press, steps: Steps, limit: int) -> None:
    """One history: a copy of every release, and a slow reader who turns a page a release, all end up the same."""
    press.start()
    desk = Desk()
    # Histories follow each other within a second; nothing but their data tells their releases apart.
    article = desk.files[f"articles/{sample.ARTICLE}/article.yaml"]
    assert isinstance(article, dict)
    article["title"] = f"History {press.ran}"
    copies: dict[int, Copy] = {0: {}}
    first = press.publish(desk)
    copies[first] = pulled(press.client)
    slow = Reader(press.client, {}, 0, limit)
    for release in steps:
        slow.turn_page()
        for step in release:
            desk.take(*step)
        newest = press.publish(desk)
        copies[newest] = pulled(press.client)
    latest = max(copies)
    today = as_json(copies[latest])
    proof = body(press.client, f"/v1/releases/{latest}")["data"]["digest"]
    readers = [slow, *(Reader(press.client, copy, release, limit) for release, copy in copies.items())]
    for reader in readers:
        assert as_json(reader.catch_up()) == today
        assert reader.release == latest
        assert digest(reader.copy) == proof
    for since, copy in copies.items():
        told = body(press.client, f"/v1/changes?since={since}&limit=500")["data"]
        ops = {(entry["type"], entry["id"]): entry["op"] for entry in told}
        assert ops == difference(copy, copies[latest]), since
        assert len(told) == len(ops), "each record once"
    press.stop()


def prove(press: Press, examples: int) -> None:
    relaxed = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]

    @settings(max_examples=examples, deadline=None, suppress_health_check=relaxed)
    @given(histories, st.integers(4, 60))
    def run(steps: Steps, limit: int) -> None:
        check(press, steps, limit)

    press.ran = 0
    run()


def report(press: Press, figure: Figure) -> None:
    figure(f"{press.ran} histories replayed")


@pytest.mark.heavy
def test_copies_follow_ten_histories(press: Press, figure: Figure) -> None:
    prove(press, 10)
    report(press, figure)


@pytest.mark.heavy
def test_copies_follow_many_histories(press: Press, figure: Figure) -> None:
    prove(press, MANY)
    report(press, figure)
    assert press.ran >= MANY
