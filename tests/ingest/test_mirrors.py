"""Mirrors: a copy over the public API answers as its source does, and a source that is wrong changes nothing."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.ingest.mirrors.mirroring import mirror
from app.ingest.mirrors.source import MirrorError
from app.ingest.release.loading import load
from app.main import create_app
from app.records import RECORD_TYPES
from app.settings import Settings
from app.storage.database import Database, DatabaseError
from tests import sample
from tests.answers import body
from tests.conftest import NewDatabase, create_tables, serving
from tests.histories import STEPS, Desk
from tests.ingest.desk import Desk as Editors
from tests.ingest.test_redactions import with_a_note, without_the_captain
from tests.ingest.test_replaced_ids import without_a_trace
from tests.live import dateline, listening

EDITS = (
    ("rename", "add_incident", "note", "add_person"),
    ("add_place", "merge", "recount", "remove"),
    ("explain", "restore", "withdraw_claim", "rename"),
)
"""What releases after the first do."""

Change = Callable[[str, bytes], bytes]


@contextmanager
def source(url: str, app: Callable[[ASGIApp], ASGIApp] = lambda app: app) -> Iterator[str]:
    """The service over a database, for a mirror; yields its address."""
    with listening(app(create_app(Settings(database_url=url)))) as (port, _):
        yield f"http://127.0.0.1:{port}"


class Published:
    """A dossier that is edited and loaded, release by release."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.behind = ""
        """A mirror of the first release."""

        self._folder = folder
        self._desk = Desk()
        self._desk.files["documents.yaml"] = [sample.letter()]
        create_tables(url)
        self.publish()

    def publish(self, *steps: str, number: int = 0) -> None:
        for place, step in enumerate(steps):
            assert step in STEPS
            self._desk.take(step, number + place, number + 2 * place)
        # A new alias is in no other document, but records that name the place are found by it from then on.
        sample.record(self._desk.files, "places.yaml", "ash-county")["aliases"] = [{"name": f"Alias {number}"}]
        with closing(Database(self.url)) as database:
            planned = load(sample.write(self._desk.files, self._folder), database)
        assert not planned.is_empty
        self._desk.published(planned.opaque_ids)


def copy(address: str, url: str) -> list[int]:
    """The releases that are copied."""
    copied: list[int] = []
    with closing(Database(url)) as database:
        mirror(address, database, report=lambda release: copied.append(release.number))
    return copied


@pytest.fixture(scope="module")
def published(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Published:
    made = Published(new_database(), tmp_path_factory.mktemp("seed"))
    create_tables(behind := new_database())
    with source(made.url) as address:
        assert copy(address, behind) == [1]
    made.behind = behind
    for number, edits in enumerate(EDITS, 1):
        made.publish(*edits, number=number)
    return made


@pytest.fixture(scope="module")
def mirrored(published: Published, new_database: NewDatabase) -> str:
    create_tables(url := new_database())
    with source(published.url) as address:
        assert copy(address, url) == [1, 2, 3, 4]
        assert copy(address, url) == []
    return url


@pytest.fixture(scope="module")
def services(published: Published, mirrored: str) -> Iterator[tuple[TestClient, TestClient]]:
    """The source and its mirror."""
    with serving(published.url) as one, serving(mirrored) as other:
        yield one, other


ASKED = (
    "/v1/incidents?include=quotes,places,people&facets=kind",
    "/v1/incidents?q=Alias",
    "/v1/search?q=fery",
    "/v1/casualties/summary",
    "/v1/places?sort=-changed",
    "/v1/changes?since=0&history=true&include=document&limit=500",
    "/v1/changes?since=2",
    "/v1/codebook",
)


def without_origin(answer: Any) -> Any:
    """An answer as the source gives it."""
    answer["meta"].pop("origin", None)
    for one in answer["data"] if isinstance(answer["data"], list) else ():
        if "digest" in one and "counts" in one:
            one["origin"] = None
    return answer


def test_a_mirror_of_the_article(article_url: str, client: TestClient, new_database: NewDatabase) -> None:
    create_tables(url := new_database())
    with source(article_url) as address:
        assert copy(address, url) == [1]
    with serving(url) as other:
        for path in ("/v1/incidents?limit=500&include=quotes", "/v1/changes?since=0&limit=500", "/v1/search?q=raid"):
            answer = body(other, path)
            assert answer["meta"]["origin"] == f"{address}/v1/releases/1"
            assert json.dumps(without_origin(answer)) == json.dumps(body(client, path)), path


@pytest.mark.heavy
def test_a_mirror_answers_as_its_source_does(services: tuple[TestClient, TestClient]) -> None:
    one, other = services
    for path in ASKED:
        expected, answer = body(one, path), body(other, path)
        assert json.dumps(without_origin(answer)) == json.dumps(expected), path
    for path in ASKED[:5]:
        pinned = f"{path}{'&' if '?' in path else '?'}release=2"
        if one.get(pinned).status_code == 200:
            assert json.dumps(without_origin(body(other, pinned))) == json.dumps(body(one, pinned)), pinned
    assert without_origin(body(other, "/v1/releases"))["data"] == body(one, "/v1/releases")["data"]


@pytest.mark.heavy
def test_every_answer_of_a_mirror_names_the_release_that_it_copies(services: tuple[TestClient, TestClient]) -> None:
    one, other = services
    for path, number in (("/v1/incidents?limit=1", 4), ("/v1/incidents?limit=1&release=2", 2), ("/v1", 4)):
        answer = other.get(path)
        origin = answer.headers["dateline-origin"]
        assert origin.endswith(f"/v1/releases/{number}")
        assert answer.json()["meta"]["origin"] == origin
    for path in ("/v1/incidents.csv", "/v1/quotes.ndjson", "/v1/incidents.geojson", "/ogc/collections", "/readyz"):
        assert other.get(path).headers["dateline-origin"].endswith("/v1/releases/4"), path
    assert "dateline-origin" not in one.get("/v1/incidents").headers
    assert "origin" not in body(one, "/v1/incidents")["meta"]


@pytest.mark.heavy
@pytest.mark.parametrize("forgotten", [without_the_captain, without_a_trace])
def test_what_a_source_forgets_is_forgotten(
    new_database: NewDatabase, tmp_path: Path, forgotten: Callable[[], sample.Files]
) -> None:
    """By a mirror of before and by one that is made later, which answer as their source does at every release."""
    desk = Editors(new_database(), tmp_path)
    create_tables(old := new_database())
    create_tables(new := new_database())
    later = forgotten()
    sample.record(later, "places.yaml", "ash-river")["note"] = "Told once more"
    with closing(desk.database), source(desk.url) as address:
        for files in (sample.small(), with_a_note()):
            desk.load(files)
        assert copy(address, old) == [1, 2]
        desk.load(forgotten())
        assert copy(address, old) == [1, 2, 3]
        desk.load(later)
        assert copy(address, old) == [4]
        assert copy(address, new) == [1, 2, 3, 4]
        with serving(desk.url) as one, serving(old) as other, serving(new) as third:
            for release in (1, 2, 3, 4):
                expected = forgetful_answers(one, release)
                for client in (other, third):
                    answers = forgetful_answers(client, release)
                    for path, answer in expected.items():
                        assert answers[path] == answer, path
    for url in (old, new) if old.startswith("sqlite") else ():
        file = Path(str(make_url(url).database))
        kept = b"".join(one.read_bytes() for one in file.parent.glob(f"{file.name}*"))  # with its write-ahead log
        assert b"Jon Berg" not in kept
        assert (b"jon-berg" in kept) == (forgotten is without_the_captain)


def forgetful_answers(client: TestClient, release: int) -> dict[str, Any]:
    """What tells of a redaction, or might tell too much."""
    answers: dict[str, Any] = {}
    for path in (
        *(f"/v1/{name}?limit=500&release={release}" for name in RECORD_TYPES),
        f"/v1/incidents?q=captain&release={release}",
        f"/v1/incidents?q=berg&release={release}",
        f"/v1/releases/{release}/digests?limit=500",
        "/v1/releases?limit=500",
        "/v1/changes?history=true&limit=500",
        f"/v1/people/jon-berg?release={release}",
        f"/v1/people.csv?release={release}",
        f"/v1/facets?of=incidents&facet=place&release={release}",
    ):
        response = client.get(path)
        answers[path] = response.status_code, response.text
        if response.headers["content-type"] == "application/json":
            answers[path] = response.status_code, without_origin(response.json())
    return answers


@pytest.mark.heavy
def test_a_mirror_takes_no_loads(mirrored: str, tmp_path: Path) -> None:
    with closing(Database(mirrored)) as database, pytest.raises(DatabaseError, match="is a mirror of http"):
        load(sample.write(sample.small(), tmp_path), database)


def refusal(address: str, url: str) -> str:
    """Why a service is not copied, in one sentence; nothing is changed."""
    with closing(Database(url)) as database:
        before = database.newest()
        with pytest.raises(MirrorError) as refused:
            mirror(address, database)
        assert database.newest() == before
    message = str(refused.value)
    assert "\n" not in message
    return message


@pytest.mark.heavy
def test_a_service_is_no_mirror_of_itself(published: Published, mirrored: str, article_url: str) -> None:
    with source(published.url) as address:
        assert "serves this database itself" in refusal(address, published.url)
        assert "can only be copied into an empty database" in refusal(address, article_url)
    with source(mirrored) as address:
        assert "is this mirror itself" in refusal(address, mirrored)
    with source(article_url) as address:
        assert "has another release 4 than this mirror of http" in refusal(address, mirrored)


def changed(path: str, change: Callable[[Any], Any]) -> Change:
    """Changes JSON answers whose path begins so."""

    def apply(url: str, answer: bytes) -> bytes:
        return json.dumps(change(json.loads(answer))).encode() if url.startswith(path) else answer

    return apply


def changed_lines(path: str, change: Callable[[list[bytes]], list[bytes]]) -> Change:
    def apply(url: str, answer: bytes) -> bytes:
        return b"".join(change(answer.splitlines(keepends=True))) if url.startswith(path) else answer

    return apply


def edited(**values: Any) -> Callable[[Any], Any]:
    """Changes the first entry of a page."""

    def apply(page: Any) -> Any:
        page["data"][0] |= values
        return page

    return apply


def other_key(lines: list[bytes]) -> list[bytes]:
    return [line.replace(b'{"id"', b'{"mood":"calm","id"', 1) for line in lines]


LIES: dict[str, tuple[Change, str]] = {
    "no JSON": (lambda url, answer: b"<html>", "is no Dateline service"),
    "other JSON": (lambda url, answer: b'{"data": [1]}', "is no Dateline service"),
    "an older version": (changed("/v1/releases", lambda page: without_kept(page)), "or an older one than this"),
    "another digest": (changed("/v1/releases?limit=500", lambda page: with_digest(page)), "but its records have"),
    "another figure": (
        changed_lines("/v1/people", lambda lines: [line.replace(b'"label":"', b'"label":"X') for line in lines]),
        "but its records have",
    ),
    "a key more": (changed_lines("/v1/incidents", other_key), "has another shape there than here (mood: Extra inputs"),
    "a record less": (changed_lines("/v1/people", lambda lines: lines[1:]), "gave 1 people of release 2, where"),
    "a record twice": (changed_lines("/v1/people", lambda lines: [*lines, lines[0]]), "gave more than 2 people"),
    "half a line": (changed_lines("/v1/people", lambda lines: [lines[0][:-9]]), "broke off within a record"),
    "no line of JSON": (changed_lines("/v1/people", lambda lines: [b"1\n"] * len(lines)), "has another shape"),
    "another version": (changed("/v1/changes", edited(version=7)), "The log says something else of the"),
    "an unknown change": (changed("/v1/changes", edited(op="MIX")), "install the version that runs there"),
    "another order": (
        changed("/v1/changes", lambda page: page | {"data": page["data"][::-1]}),
        "is not in the order of the log",
    ),
    "a gap": (changed("/v1/releases?limit=500", lambda page: page | {"data": page["data"][::2]}), "has gaps"),
    "no codebook": (changed("/v1/codebook", lambda page: page | {"data": None}), "is no Dateline service"),
}


def without_kept(page: Any) -> Any:
    return page | {"data": [{key: one[key] for key in one if key != "kept"} for one in page["data"]]}


def with_digest(page: Any) -> Any:
    return page | {"data": [one | {"digest": "0" * 64} for one in page["data"]]}


class Lying:
    """A service that changes what it answers."""

    def __init__(self, app: ASGIApp) -> None:
        self.change: Change = lambda url, answer: answer
        self._app = app

    def try_respond(self, scope: Scope) -> None:
        """Nothing is answered from memory."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start: Message = {}
        parts: list[bytes] = []

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            elif message["type"] == "http.response.body":
                parts.append(message.get("body", b""))

        await self._app(scope, receive, collect)
        url = f"{scope['path']}?{scope['query_string'].decode()}"
        kept = [field for field in start["headers"] if field[0] != b"content-length"]
        await send({**start, "headers": kept})
        await send({"type": "http.response.body", "body": self.change(url, b"".join(parts))})


@pytest.mark.heavy
def test_a_source_that_lies_changes_nothing(published: Published) -> None:
    made: list[Lying] = []

    def lying(app: ASGIApp) -> ASGIApp:
        made.append(Lying(app))
        return made[0]

    with source(published.url, lying) as address:
        for name, (change, why) in LIES.items():
            made[0].change = change
            assert why in refusal(address, published.behind), name
        made[0].change = lambda url, answer: answer
        assert copy(address, published.behind) == [2, 3, 4]


@pytest.mark.heavy
def test_what_is_no_service_is_not_copied(mirrored: str) -> None:
    assert "is not the address of a service" in refusal("ftp://dateline.example", mirrored)
    assert "is not the address of a service" in refusal("http://reader@dateline.example", mirrored)
    assert "cannot be reached" in refusal("http://127.0.0.1:9", mirrored)


@pytest.mark.heavy
def test_a_service_without_a_release_is_not_copied(new_database: NewDatabase) -> None:
    create_tables(url := new_database())
    with source(url) as address:
        assert "has no release yet" in refusal(address, url)


@pytest.mark.heavy
def test_the_command_says_what_it_copied_or_why_not(published: Published, new_database: NewDatabase) -> None:
    url = new_database()
    with source(published.url) as address:
        first, second = command(url, address), command(url, address)
    assert [line.split(",")[0] for line in first.stdout.splitlines()] == [
        f"{Database(url).name}: release {number}" for number in (1, 2, 3, 4)
    ]
    assert second.stdout.endswith(f"release 4 is the newest of {address}.\n")
    away = command(url, address)
    assert (away.returncode, away.stdout, away.stderr.count("\n")) == (1, "", 1)
    assert "cannot be reached" in away.stderr


def command(url: str, address: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "DATELINE_DATABASE_URL": url}
    return subprocess.run([dateline(), "mirror", address], env=environment, capture_output=True, text=True)
