"""After any edits over any releases, by code of any shape, every release is read as it was when it was the newest.

Each history records all answers at each release, and compares them, byte for byte, with what the last release's service
answers for `release=N`. Every pair of releases is compared, a copy of every one is brought up to date, every digest is
computed, and every change has the cause that the seed files tell.
CI's heavy run tries 5 random histories; `DATELINE_HISTORIES=2000` asks for any number.
"""

import json
import os
from collections.abc import Iterator
from itertools import product
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from app.ingest.texts.text_fragments import Fragment
from app.records import RECORD_TYPES
from tests import sample
from tests.answers import body
from tests.api.test_sync_property import Press, Steps, histories
from tests.conftest import Figure, NewDatabase, serving
from tests.copies import Reader, as_json, compared, digest, pulled
from tests.histories import Desk
from tests.seed_entries import Key, edited, entries

MANY = int(os.environ.get("DATELINE_HISTORIES", "5"))

LISTS = (
    *(f"/v1/{name}" for name in RECORD_TYPES),
    "/v1/incidents?sort=title&include=quotes,places,people",
    "/v1/incidents?kind=ground_fire&sort=-killed",
    "/v1/incidents?datetime=2018/..&place=ash-county&place_role=scene",
    "/v1/incidents?bbox=10,55,20,65&sort=id",
    "/v1/incidents?near=14,60.25&radius_km=300&not.place=ash-river&sort=id",
    "/v1/incidents?actor=river-guards&sort=changed",
    "/v1/incidents?q=ferry&sort=-date",
    "/v1/incidents?q=renamed&sort=id",
    "/v1/places?within=ash-county&q=place",
    "/v1/casualties?sort=date&killed_at_least=1&outcome=killed",
    "/v1/casualties?actor=guard&q=ferry&fields=low,high",
    "/v1/quotes?organization=river-guards&sort=-date",
    "/v1/people?q=renamed&sort=name",
    "/v1/incidents?changed_since=1&sort=id",
)
FILES = (
    *(f"/v1/{name}{suffix}" for name in RECORD_TYPES for suffix in (".csv", ".ndjson")),
    "/v1/incidents.geojson",
    "/v1/casualties.geojson",
    "/v1/casualties.csv?place=ash-county",
)

Answers = dict[str, str]


@pytest.fixture(scope="module")
def press(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Press]:
    with serving(new_database()) as client:
        yield Press(client, new_database, tmp_path_factory.mktemp("press"))


def _pinned(url: str, release: int | None) -> str:
    if release is None:
        return url
    return f"{url}{'&' if urlsplit(url).query else '?'}release={release}"


def given_answers(client: TestClient, release: int | None = None) -> Answers:
    """What every list, record and export answers, of the newest release or of another: status and data."""
    answers: Answers = {}
    found: list[str] = []
    for url in LISTS:
        response = client.get(_pinned(f"{url}{'&' if '?' in url else '?'}limit=500", release))
        parsed = response.json()
        answers[url] = f"{response.status_code} {json.dumps(parsed.get('data'))} {json.dumps(parsed.get('included'))}"
        if response.status_code == 200:
            answers[url] += json.dumps({key: parsed["meta"][key] for key in ("matched", "not_judged", "extent")})
            if url in LISTS[: len(RECORD_TYPES)]:
                found += [one["url"] for one in parsed["data"]]
    for url in found:
        answers[url] = json.dumps(body(client, _pinned(url, release))["data"])
    for url in FILES:
        response = client.get(_pinned(url, release))
        answers[url] = f"{response.status_code} {response.text if response.status_code == 200 else ''}"
    return answers


def newer_code(shape: int) -> pytest.MonkeyPatch:
    """Code that makes other documents of the same entries: the link of every passage is another."""
    patch, directive = pytest.MonkeyPatch(), Fragment.directive
    patch.setattr(
        Fragment, "directive", lambda fragment: f"{directive(fragment)}&shape={shape}" if shape else directive(fragment)
    )
    return patch


def check_causes(client: TestClient, release: int, edited_keys: set[Key], *, is_reshaped: bool) -> None:
    """What is edited is what the seed files tell; what is linked names some of that; only code reshapes."""
    log = body(client, f"/v1/changes?since={release - 1}&history=true&limit=500")["data"]
    for entry in (one for one in log if one["release"] == release):
        key, because = (entry["type"], entry["id"]), {(one["type"], one["id"]) for one in entry["because"]}
        told = (release, key, entry["cause"], because)
        goes_with_another = entry["op"] == "DEL" and bool(because)
        explained = entry["op"] == "DEL" and entry["cause"] == "edited"
        assert (entry["cause"] == "edited") == (key in edited_keys) or goes_with_another or explained, told
        assert bool(because) == (entry["cause"] == "linked"), told
        assert because <= edited_keys, told
        assert is_reshaped or entry["cause"] != "reshaped", told


def check(press: Press, steps: Steps, shapes: list[int]) -> None:
    """One history: the answers of every release, given then and given by the last one."""
    press.start()
    desk = Desk()
    article = desk.files[f"articles/{sample.ARTICLE}/article.yaml"]
    assert isinstance(article, dict)
    article["title"] = f"History {press.ran}"
    kept = {press.publish(desk): given_answers(press.client)}
    shape = 0
    for edits, next_shape in zip(steps, shapes, strict=False):
        before = entries(desk.files)
        for step in edits:
            desk.take(*step)
        patch = newer_code(next_shape)
        newest = press.publish(desk)
        patch.undo()
        if newest not in kept:
            kept[newest] = given_answers(press.client)
            check_causes(press.client, newest, edited(before, entries(desk.files)), is_reshaped=shape != next_shape)
        shape = next_shape
    copies = {}
    for release, answers in kept.items():
        again = given_answers(press.client, release)
        assert again.keys() == answers.keys(), release
        for url, answer in answers.items():
            assert again[url] == answer, (release, max(kept), url)
        proof = body(press.client, f"/v1/releases/{release}")["data"]["digest"]
        copies[release] = pulled(press.client, release)
        assert digest(copies[release]) == proof
    today = as_json(copies[max(copies)])
    for release, copy in copies.items():
        assert as_json(Reader(press.client, copy, release, 100).catch_up()) == today, release
    for base, head in product(copies, copies):
        found = body(press.client, f"/v1/releases/{base}/compare/{head}?limit=500")["data"]
        told = {(entry["type"], entry["id"]): (entry["op"], entry["changed"]) for entry in found}
        assert told == compared(copies[base], copies[head]), (base, head)
    press.stop()


def prove(press: Press, examples: int) -> None:
    relaxed = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]

    @settings(max_examples=examples, deadline=None, suppress_health_check=relaxed)
    @given(histories, st.lists(st.integers(0, 1), min_size=4, max_size=4))
    def run(steps: Steps, shapes: list[int]) -> None:
        check(press, steps, shapes)

    press.ran = 0
    run()


@pytest.mark.heavy
def test_every_release_is_read_as_it_was(press: Press, figure: Figure) -> None:
    prove(press, MANY)
    figure(f"every release of {press.ran} histories read again")
    assert press.ran >= MANY
