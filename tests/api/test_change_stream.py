"""`/v1/changes/stream` over HTTP: what comes, from where on, and through which clients and proxies."""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from types import CoroutineType
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from app.api.answers.change_stream import ChangeStream
from app.main import create_app
from app.server.limits import MAX_CONNECTIONS
from app.settings import Settings
from tests import sample
from tests.conftest import NewDatabase, load_seed
from tests.live import eventually, listening
from tests.server import nginx

if TYPE_CHECKING:
    from playwright.sync_api import Browser

STREAM = "/v1/changes/stream"
PATIENCE = 60


@dataclass(frozen=True)
class Event:
    """One event as the standard has a client read it."""

    name: str
    data: Any
    id: str


class Listener:
    """A client that reads events from a server."""

    def __init__(self, base: str, query: str = "", **headers: str) -> None:
        self._connection = HTTPConnection(urlsplit(base).netloc, timeout=PATIENCE)
        self._connection.request(
            "GET", STREAM + query, headers={name.replace("_", "-"): headers[name] for name in headers}
        )
        self.answer = self._connection.getresponse()

    def events(self, number: int) -> list[Event]:
        """The next ones."""
        return [self._next() for _ in range(number)]

    def up_to_date(self) -> list[Event]:
        """All changes until a release is complete."""
        found: list[Event] = []
        while (event := self._next()).name != "release":
            found.append(event)
        return found

    def close(self) -> None:
        self.answer.close()
        self._connection.close()

    def _next(self) -> Event:
        fields: dict[str, str] = {}
        while line := self.answer.readline().decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if not name and "data" in fields:
                return Event(fields["event"], json.loads(fields["data"]), fields["id"])
            if name:
                fields[name] = value
        raise EOFError


@dataclass(frozen=True)
class Growing:
    """A server whose database gets another release when it is told."""

    base: str
    url: str
    folder: Path

    def correct(self, title: str) -> None:
        """Loads the dossier with another title for one incident."""
        files = sample.small()
        files[sample.INCIDENTS][0]["title"] = title
        load_seed(self.url, sample.write(files, self.folder / title))


@pytest.fixture
def growing(new_database: NewDatabase, tmp_path: Path) -> Iterator[Growing]:
    """The small dossier as release 1."""
    url = new_database()
    load_seed(url, sample.write(sample.small(), tmp_path / "first"))
    with listening(create_app(Settings(database_url=url))) as (port, _):
        yield Growing(f"http://127.0.0.1:{port}", url, tmp_path)


@contextmanager
def listener(base: str, query: str = "", **headers: str) -> Iterator[Listener]:
    opened = Listener(base, query, **headers)
    try:
        yield opened
    finally:
        opened.close()


def listed(base: str, query: str) -> list[Any]:
    """The entries of `/v1/changes`, all pages."""
    found, path = [], f"/v1/changes{query}"
    while path:
        page = json.load(urlopen(base + path))
        found += page["data"]
        path = page["links"].get("next")
    return found


def test_everything_comes_in_the_order_of_the_log(live: str) -> None:
    with listener(live, "?since=0&include=document") as opened:
        events = opened.up_to_date()
    assert [event.data for event in events] == listed(live, "?include=document")
    assert {event.name for event in events} == {"change"}
    assert len({event.id for event in events}) == len(events)


@pytest.mark.parametrize("got", [1, 100, 101, 288])
def test_a_client_that_comes_back_misses_nothing_and_gets_nothing_twice(live: str, got: int) -> None:
    """All are of one release."""
    with listener(live, "?since=0") as opened:
        before = opened.events(got)
    with listener(live, "?since=0", Last_Event_ID=before[-1].id) as opened:
        after = opened.up_to_date()
    assert [event.data for event in before + after] == listed(live, "")


def test_who_is_up_to_date_is_told_so_and_gets_nothing_old(live: str) -> None:
    newest = json.load(urlopen(f"{live}/v1/releases/1"))["data"]
    with listener(live) as opened:
        (first,) = opened.events(1)
    assert (first.name, first.data, first.id) == ("release", newest, "1")
    with listener(live, Last_Event_ID="1") as opened:
        assert opened.events(1) == [first]


def test_a_release_comes_to_those_who_listen(growing: Growing) -> None:
    """A listener to another type learns of the release, so that it comes back from there."""
    with listener(growing.base) as all_types, listener(growing.base, "?type=place") as places:
        assert all_types.up_to_date() == places.up_to_date() == []
        growing.correct("Second")
        changed = all_types.up_to_date()
        assert [event.data for event in changed] == listed(growing.base, "?since=1")
        assert changed
        assert places.up_to_date() == []
        growing.correct("Third")
        assert {event.data["release"] for event in all_types.up_to_date()} == {3}


def test_a_type_is_chosen(live: str) -> None:
    with listener(live, "?since=0&type=quote&type=place") as opened:
        events = opened.up_to_date()
    assert [event.data for event in events] == listed(live, "?type=quote&type=place")


@pytest.mark.parametrize(
    ("query", "last", "parameter", "told"),
    [
        ("?since=99", "", "since", "the newest release is 1"),
        ("?since=-1", "", "since", "whole number"),
        ("?since=x", "", "since", "whole number"),
        ("?limit=5", "", "limit", "There is no parameter 'limit' here"),
        ("?type=quotes", "", "type", "quotes"),
        ("", "1/incident", "Last-Event-ID", "takes the id of an event"),
        ("", "1/incident/a b", "Last-Event-ID", "takes the id of an event"),
        ("", "9" * 500, "Last-Event-ID", "takes the id of an event"),
        ("", "7", "Last-Event-ID", "the newest release is 1"),
        ("", "7/incident/x", "Last-Event-ID", "the newest release is 1"),
    ],
)
def test_bad_input_is_named(live: str, query: str, last: str, parameter: str, told: str) -> None:
    with listener(live, query, **({"Last_Event_ID": last} if last else {})) as opened:
        problem = json.load(opened.answer)
    assert problem["status"] == 400
    assert [error["parameter"] for error in problem["errors"]] == [parameter]
    assert told in problem["detail"]


def test_nothing_holds_events_back(live: str) -> None:
    """Neither a compressor nor a proxy nor a cache."""
    with listener(live, Accept_Encoding="gzip, zstd", Accept="text/event-stream") as opened:
        head = {name.lower(): value for name, value in opened.answer.getheaders()}
        assert opened.events(1)
    assert "content-encoding" not in head
    assert head["content-type"] == "text/event-stream; charset=utf-8"
    assert head["cache-control"] == "no-store"
    assert head["x-accel-buffering"] == "no"
    assert not {"etag", "content-length"} & set(head)


def test_head_of_the_stream_ends(live: str) -> None:
    connection = HTTPConnection(urlsplit(live).netloc, timeout=PATIENCE)
    connection.request("HEAD", STREAM)
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"")
    connection.close()


def test_nothing_that_has_answered_waits_with_a_listener(new_database: NewDatabase, tmp_path: Path) -> None:
    """An idle listener's memory is what waits for it."""
    url = new_database()
    load_seed(url, sample.write(sample.small(), tmp_path))
    with listening(create_app(Settings(database_url=url))) as (port, state):
        with listener(f"http://127.0.0.1:{port}") as opened:
            opened.up_to_date()
            (task,) = state.tasks
            waiting, files = cast(Any, task.get_coro()), []
            while isinstance(waiting, CoroutineType):
                files.append(waiting.cr_code.co_filename)
                waiting = waiting.cr_await
        assert any("edge" in file for file in files)
        assert not [file for file in files if "fastapi" in file or "middleware" in file]


@pytest.mark.heavy
def test_listeners_take_no_place_of_others_and_no_thread(growing: Growing) -> None:
    """More than there may be connections, beside each other; all of them get the next release."""
    threads = threading.active_count()
    listeners = [Listener(growing.base) for _ in range(MAX_CONNECTIONS + 50)]
    try:
        for one in listeners:
            assert one.up_to_date() == []
        assert threading.active_count() <= threads + 2
        assert urlopen(f"{growing.base}/v1/incidents").status == 200
        growing.correct("Second")
        assert all(one.up_to_date() for one in listeners)
    finally:
        for one in listeners:
            one.close()


@pytest.mark.heavy
def test_a_server_that_ends_ends_its_streams(new_database: NewDatabase, tmp_path: Path) -> None:
    url = new_database()
    load_seed(url, sample.write(sample.small(), tmp_path))
    with listening(create_app(Settings(database_url=url))) as (port, state):
        opened = Listener(f"http://127.0.0.1:{port}")
        opened.up_to_date()
    assert not state.tasks
    with pytest.raises((EOFError, OSError)):
        opened.up_to_date()
    opened.close()


@pytest.mark.heavy
def test_a_listener_that_leaves_is_forgotten(growing: Growing) -> None:
    opened = [Listener(growing.base) for _ in range(3)]
    with listening(create_app(Settings(database_url=growing.url))) as (port, state):
        one = Listener(f"http://127.0.0.1:{port}")
        one.up_to_date()
        assert state.tasks
        one.close()
        assert eventually(lambda: not state.tasks)
    for other in opened:
        other.close()


@pytest.mark.heavy
@nginx.needed
def test_events_come_through_a_proxy_at_once(growing: Growing) -> None:
    with nginx.proxying(growing.base) as base, listener(base) as opened:
        assert opened.up_to_date() == []
        growing.correct("Second")
        assert opened.up_to_date()


@pytest.mark.heavy
def test_curl_prints_events_as_they_come(growing: Growing) -> None:
    with subprocess.Popen(["curl", "-sN", growing.base + STREAM], stdout=subprocess.PIPE, text=True) as curl:
        assert curl.stdout is not None
        lines = iter(curl.stdout.readline, "")
        assert next(line for line in lines if line.startswith("id: ")) == "id: 1\n"
        growing.correct("Second")
        assert next(line for line in lines if line.startswith("event: ")) == "event: change\n"
        curl.terminate()


@pytest.mark.heavy
def test_httpx_sse_reads_events_and_no_heartbeats(growing: Growing) -> None:
    """httpx-sse 0.4.3 takes an empty line for an event once an id has come: its `SSEDecoder.decode`."""
    httpx, httpx_sse = pytest.importorskip("httpx"), pytest.importorskip("httpx_sse")
    app = create_app(Settings(database_url=growing.url))
    app.state.change_stream = ChangeStream(app.state.reader, heartbeat_seconds=0.05)
    with (
        listening(app) as (port, _),
        httpx.Client(timeout=PATIENCE) as client,
        httpx_sse.connect_sse(client, "GET", f"http://127.0.0.1:{port}{STREAM}", params={"since": "0"}) as source,
    ):
        events = source.iter_sse()
        found = [next(events) for _ in listed(growing.base, "")]
        assert next(events).event == "release"
        growing.correct("Second")
        assert next(events).json() in listed(growing.base, "?since=1")
        client.close()
    steps = listed(growing.base, "?history=true")
    assert [event.json() for event in found] == [entry for entry in steps if entry["release"] == 1]


_IN_A_PAGE = """
(since) => new Promise(resolve => {
    const source = new EventSource(`/v1/changes/stream?since=${since}`), got = [];
    source.addEventListener('change', event => got.push([event.lastEventId, JSON.parse(event.data).id]));
    source.addEventListener('release', () => { source.close(); resolve(got); });
})
"""


@pytest.mark.heavy
def test_a_browser_listens(browser: "Browser", growing: Growing) -> None:
    page = browser.new_page()
    page.goto(f"{growing.base}/healthz")
    got = page.evaluate(_IN_A_PAGE, 0)
    page.close()
    assert [id_ for _, id_ in got] == [entry["id"] for entry in listed(growing.base, "")]


_IN_NODE = """
import { EventSource } from 'eventsource'
const source = new EventSource(process.argv[1]), got = []
source.addEventListener('change', event => got.push(JSON.parse(event.data).id))
source.addEventListener('release', () => { source.close(); console.log(JSON.stringify(got)) })
"""


@pytest.mark.heavy
def test_event_sources_of_node_get_new_releases(growing: Growing, tmp_path: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm: install the extra 'clients', or Node.js 20 or newer")
    (tmp_path / "package.json").write_text(json.dumps({"type": "module", "dependencies": {"eventsource": "^5.1.5"}}))
    install = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(install, cwd=tmp_path, check=True, capture_output=True)
    command = ["node", "--input-type=module", "--eval", _IN_NODE, f"{growing.base}{STREAM}?since=0"]
    done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True, timeout=PATIENCE)
    assert json.loads(done.stdout) == [entry["id"] for entry in listed(growing.base, "")]
