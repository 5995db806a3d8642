"""After any edits and redactions, every release is what it was, but for what was redacted, which is nowhere.

Each history keeps the documents of each release as they were given then. At the end those that never named what was
redacted are still the same, byte for byte, whatever shape the code of then gave them; the others lost nothing but that;
exports, copies, comparisons and digests fit what is there now. The histories are the same in every run,
`DATELINE_REDACTED_HISTORIES=500` tries so many of them.
"""

import csv
import io
import json
import os
import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from app.records import RECORD_TYPES
from tests import sample
from tests.answers import body
from tests.api.test_past_property import Answers, given_answers, newer_code
from tests.api.test_sync_property import Press, Steps, numbers, releases
from tests.conftest import Figure, NewDatabase, serving
from tests.copies import Copy, Reader, as_json, compared, digest, pulled
from tests.histories import REDACTING_STEPS, STEPS, Desk
from tests.ingest.test_replaced_ids import proven

FEW = int(os.environ.get("DATELINE_REDACTED_HISTORIES", "2"))
MARKER = "[redacted]"

redactions = st.tuples(st.sampled_from(sorted(REDACTING_STEPS)), numbers, numbers)
forgetting = st.lists(
    st.tuples(st.sampled_from(sorted(STEPS)), numbers, numbers) | redactions, min_size=1, max_size=4
).flatmap(lambda steps: redactions.map(lambda last: [*steps, last]))
histories = st.tuples(releases, forgetting, releases, forgetting).map(list)
shapes = st.lists(st.integers(0, 1), min_size=4, max_size=4)


@pytest.fixture(scope="module")
def press(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Press]:
    with serving(new_database()) as client:
        yield Press(client, new_database, tmp_path_factory.mktemp("press"))


class Secrets:
    """What the records that were redacted were called in the releases before, and the ids that were replaced."""

    def __init__(self, desk: Desk, kept: dict[int, Copy], newest: Copy) -> None:
        self.ids = desk.hidden
        names = {
            (key, document[key])
            for copy in kept.values()
            for (_, id_), document in copy.items()
            if id_ in desk.redacted
            for key in ("name", "label", "title")
            if document.get(key)
        }
        self.names = names - {(key, one.get(key)) for one in newest.values() for key, _ in names}

    def are_in(self, told: str) -> bool:
        """Whether an answer repeats one."""
        shown = (f'"{key}": {json.dumps(name)}' for key, name in self.names)
        tokens = (rf"(?<![\w-]){re.escape(id_)}(?![\w-])" for id_ in self.ids)
        return any(one in told for one in shown) or any(re.search(one, told) for one in tokens)


def check_documents(given: Copy, now: Copy, desk: Desk) -> None:
    """Compares the documents of a release with those that were given when it was the newest."""
    about = re.compile("|".join(rf'"{re.escape(id_)}"' for id_ in desk.redacted) or r"(?!)")
    texts = {key: json.dumps(document) for key, document in now.items()}
    for (kind, id_), document in given.items():
        if (kind, id_) in now and not about.search(json.dumps(document)):
            assert texts[kind, id_] == json.dumps(document) or MARKER in texts[kind, id_], (kind, id_)
        if (kind, id_) not in now:
            assert id_ in desk.redacted, (kind, id_)
    assert len(now) <= len(given)
    for (kind, id_), document in now.items():
        if (kind, id_) in given:
            check_shape(given[kind, id_], document)


def check_shape(before: Any, after: Any) -> None:
    """What is left has the same keys, and values that are the same or were taken out."""
    if isinstance(before, dict) and isinstance(after, dict):
        assert before.keys() == after.keys()
        for key, value in before.items():
            check_shape(value, after[key])
    elif isinstance(before, list) and isinstance(after, list):
        assert len(after) <= len(before)
    elif before != after:
        taken_out = after is None or (isinstance(after, str) and (MARKER in after or "redacted-" in after))
        assert taken_out or str(before).startswith(f"{after}#:~:"), (before, after)


def check_sync(client: TestClient, copy: Copy, release: int, today: Copy) -> None:
    """A copy of any release becomes today's; one with an id that was replaced is told to begin anew."""
    told = client.get(f"/v1/changes?since={release}")
    if told.status_code == 410:
        assert told.json()["type"] == "/problems/replaced-ids"
        copy, release = {}, 0
    assert as_json(Reader(client, copy, release, 100).catch_up()) == as_json(today)


def check_files(copy: Copy, answers: Answers) -> None:
    """The exports of a release hold the documents of its lists, and have a row for each."""
    for name, record_type in RECORD_TYPES.items():
        listed = [document for (kind, _), document in copy.items() if kind == record_type.type]
        lines = answers[f"/v1/{name}.ndjson"].partition(" ")[2].splitlines()
        assert [json.loads(line) for line in lines] == listed
        rows = csv.DictReader(io.StringIO(answers[f"/v1/{name}.csv"].partition(" ")[2].removeprefix("\ufeff")))
        assert [row["id"] for row in rows] == [one["id"] for one in listed]


def check(press: Press, steps: Steps, shapes: list[int]) -> None:
    press.start()
    desk = Desk()
    article = desk.files[f"articles/{sample.ARTICLE}/article.yaml"]
    assert isinstance(article, dict)
    article["title"] = f"History {press.ran}"
    kept = {press.publish(desk): pulled(press.client)}
    for edits, shape in zip(steps, shapes, strict=True):
        for step in edits:
            desk.take(*step)
        patch = newer_code(shape)
        newest = press.publish(desk)
        patch.undo()
        kept.setdefault(newest, pulled(press.client))
    now = {release: pulled(press.client, release) for release in kept}
    secrets = Secrets(desk, kept, now[newest])
    for release in kept:
        check_documents(kept[release], now[release], desk)
        proven(press.client, release)
        answers = given_answers(press.client, release)
        check_files(now[release], answers)
        for url, answer in answers.items():
            assert not secrets.are_in(answer), (release, url)
        check_sync(press.client, kept[release], release, now[newest])
    assert digest(now[newest]) == body(press.client, f"/v1/releases/{newest}")["data"]["digest"]
    for base, head in product(now, now):
        found = body(press.client, f"/v1/releases/{base}/compare/{head}?limit=500")["data"]
        told = {(entry["type"], entry["id"]): (entry["op"], entry["changed"]) for entry in found}
        assert told == compared(now[base], now[head]), (base, head)
    press.stop()


@pytest.mark.heavy
def test_what_was_redacted_is_nowhere_and_all_else_is_as_it_was(press: Press, figure: Figure) -> None:
    phases, slow = [Phase.generate], [HealthCheck.too_slow]  # shrinking would take longer than all else

    @settings(max_examples=FEW, deadline=None, derandomize=True, phases=phases, suppress_health_check=slow)
    @given(histories, shapes)
    def run(steps: Steps, shapes: list[int]) -> None:
        check(press, steps, shapes)

    run()
    figure(f"{press.ran} histories with redactions read again")
