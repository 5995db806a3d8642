"""Prepared responses equal those of the ASGI path, over real connections."""

import asyncio
import gc
import json
import logging
import socket
import weakref
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.server import ServerState

from app import main
from app.main import Service, create_app
from app.problems import NotFound
from app.server.access_log import AccessRecord
from app.server.limits import MAX_HEADER_BYTES
from app.server.middleware import problem_response
from app.server.prepared_response import PreparedResponse, responder
from app.server.request_context import RequestContext
from app.server.uvicorn_internals import MAX_INLINE_RESPONSES, BoundedHttpProtocol
from app.settings import Settings
from tests import sample
from tests.conftest import NewDatabase, database_unavailable, load_seed
from tests.live import eventually, listening
from tests.sample import INCIDENTS, record
from tests.server.raw_http import RawResponse, first

URL = "/v1/incidents?limit=2&include=places"
OTHERS = [URL, "/v1/places/orsa", "/v1/incidents.atom", "/v1/changes", "/"]
OWN = {"date", "x-request-id", "connection"}
"""Headers that differ from one answer to the next."""


@dataclass
class Watched:
    """A service that tells how often it was asked in the usual way, and takes its time then."""

    service: Service
    usual: int = 0
    pause: float = 0

    def try_respond(self, scope: Scope) -> PreparedResponse | None:
        return self.service.try_respond(scope)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.usual += 1
            await asyncio.sleep(self.pause)
        await self.service(scope, receive, send)


@dataclass
class Server:
    """A server with answers in memory. `glances` says that it knows the newest release without waiting: on SQLite."""

    port: int
    state: ServerState
    app: Watched
    glances: bool

    def connection(self) -> BoundedHttpProtocol:
        """The only one that is open."""
        assert eventually(lambda: len(self.state.connections) == 1)
        (actual,) = self.state.connections
        assert isinstance(actual, BoundedHttpProtocol)
        return actual


@contextmanager
def served(url: str) -> Iterator[Server]:
    app = Watched(create_app(Settings(database_url=url)))
    with listening(app) as (port, state):
        yield Server(port, state, app, make_url(url).get_backend_name() == "sqlite")


class Client:
    """One connection, on which requests follow each other."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        self._read = self.socket.makefile("rb")

    def close(self) -> None:
        self._read.close()
        self.socket.close()

    def ask(self, target: str, *headers: str, method: str = "GET") -> RawResponse:
        self.socket.sendall(request(target, *headers, method=method))
        return self.answer(method)

    def answer(self, method: str = "GET") -> RawResponse:
        """The next answer that comes."""
        head = b"".join(takewhile(lambda line: line != b"\r\n", self._read))
        actual = first(head + b"\r\n")
        bare = method == "HEAD" or actual.status == 304
        return RawResponse(
            actual.status, actual.headers, b"" if bare else self._read.read(int(length(actual))), actual.head
        )

    def ask_inline(self, target: str, *headers: str, method: str = "GET") -> tuple[bool, RawResponse]:
        """Whether an answer came at once, and the answer."""
        before = self.server.app.usual
        answer = self.ask(target, *headers, method=method)
        return self.server.app.usual == before, answer


def request(target: str, *headers: str, method: str = "GET") -> bytes:
    return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: x", *headers, "", ""]).encode()


def length(answer: RawResponse) -> str:
    return answer.header("content-length") or "0"


def settled(answer: RawResponse) -> tuple[Any, ...]:
    """What of an answer does not depend on when and how it was asked for."""
    return answer.status, [pair for pair in answer.headers if pair[0] not in OWN], answer.body


@pytest.fixture(scope="module")
def server(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    url = new_database()
    load_seed(url, sample.write(sample.small(), tmp_path_factory.mktemp("at-once")))
    with served(url) as service:
        yield service


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with closing(Client(server)) as service:
        yield service


@pytest.mark.parametrize("coding", ["identity", "gzip", "zstd"])
@pytest.mark.parametrize("url", OTHERS)
def test_prepared_response_equals_the_asgi_response(server: Server, client: Client, url: str, coding: str) -> None:
    accepted = f"Accept-Encoding: {coding}"
    made = client.ask(url, accepted)
    for known in ([], [f"If-None-Match: {made.header('etag')}"]):
        is_inline, answer = client.ask_inline(url, accepted, *known)
        assert is_inline == server.glances
        with closing(Client(server)) as another:
            usual_is_inline, usual = another.ask_inline(url, accepted, *known, "Connection: close")
        assert not usual_is_inline
        assert usual.header("cache-status") == "dateline; hit"
        assert settled(answer) == settled(usual)
        assert (answer.status, answer.body) == ((304, b"") if known else (200, made.body))
        assert answer.header("date")
        assert answer.header("x-request-id")


def test_prepared_response_keeps_the_request_id(server: Server, client: Client) -> None:
    client.ask(URL)
    assert client.ask_inline(URL, "X-Request-Id: mine")[1].header("x-request-id") == "mine"
    ids = {client.ask(URL).header("x-request-id") for _ in range(5)}
    assert len(ids) == 5


def test_prepared_response_is_logged(server: Server, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    made = client.ask(URL)
    with caplog.at_level(logging.INFO, "dateline.access"):
        answers = [client.ask(URL), client.ask(URL, f"If-None-Match: {made.header('etag')}")]
        ids = [answer.header("x-request-id") for answer in answers]

        def entries() -> list[AccessRecord]:
            # That of `made` may come late.
            return [one for one in caplog.records if isinstance(one, AccessRecord) and one.request in ids]

        assert eventually(lambda: len(entries()) == 2)
    for answer, logged in zip(answers, entries(), strict=True):
        assert logged.request == answer.header("x-request-id")
        assert (logged.method, logged.route, logged.status) == ("GET", "/v1/incidents", answer.status)
        assert (logged.bytes, logged.release, logged.cache, logged.complete) == (len(answer.body), 1, "hit", True)


def test_other_requests_for_a_cached_url_get_their_own_responses(server: Server, client: Client) -> None:
    """The answer to another request for the same address is in memory; that is none to these."""
    client.ask(URL)
    for method, headers, status in [
        ("POST", [], 405),
        ("HEAD", [], 200),
        ("OPTIONS", ["Origin: https://example.org", "Access-Control-Request-Method: GET"], 204),
        ("GET", ["Expect: something"], 200),
        ("GET", [f"X-Padding: {'x' * (MAX_HEADER_BYTES - 1000)}"], 200),
        ("GET", [f"X-Padding: {'x' * (MAX_HEADER_BYTES - 10)}"], 431),
    ]:
        _, answer = client.ask_inline(URL, *headers, method=method)
        assert (answer.status, answer.body == b"") == (status, method in ("HEAD", "OPTIONS")), (method, headers)
    client.socket.sendall(request(URL, "Content-Length: 5") + b"hello")
    assert client.answer().header("connection") == "close"
    assert client.socket.recv(1) == b"", "a body ends its connection"


def test_a_new_release_is_served_immediately(database_url: str, tmp_path: Path) -> None:
    files = sample.small()
    load_seed(database_url, sample.write(files, tmp_path))
    with served(database_url) as server, closing(Client(server)) as client:
        for number in (1, 2, 3):
            for kept in (False, True):
                is_inline, answer = client.ask_inline(URL)
                assert is_inline == (kept and server.glances)
                assert json.loads(answer.body)["meta"]["release"] == number
            record(files, INCIDENTS, "ferry-shooting")["title"] = f"Ferry {number}"
            load_seed(database_url, sample.write(files, tmp_path))


def test_response_is_marked_stale_while_the_newest_release_is_unknown(database_url: str, tmp_path: Path) -> None:
    load_seed(database_url, sample.write(sample.small(), tmp_path))
    with served(database_url) as server, closing(Client(server)) as client:
        client.ask(URL)
        with database_unavailable(database_url):
            is_inline, answer = client.ask_inline(URL)
        assert (is_inline, answer.status) == (False, 200)
        assert answer.header("cache-status") == "dateline; hit; detail=stale"
        is_inline, answer = client.ask_inline(URL)
        assert (is_inline, answer.header("cache-status")) == (server.glances, "dateline; hit")


def test_an_exception_in_try_respond_falls_back_to_asgi(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(app: Watched, scope: Scope) -> PreparedResponse | None:
        raise RuntimeError("what went wrong")

    # A connection looks the method up when it is accepted, which is some time after the client has it.
    monkeypatch.setattr(Watched, "try_respond", failing)
    with closing(Client(server)) as client:
        for _ in range(2):
            is_inline, answer = client.ask_inline(URL)
            assert (is_inline, answer.status) == (False, 200)


def marking(scope: Scope, context: RequestContext) -> PreparedResponse | None:
    """A check that marks every response, and refuses one path."""
    context.fields.append((b"x-marked", scope["method"].encode()))
    return problem_response(NotFound("Hidden."), scope["path"]) if scope["path"] == "/hidden" else None


class PassThrough:
    """ASGI middleware as it is usually written."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


def test_a_check_that_is_added_holds_for_all_responses(article_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prepared or not, and none takes another way because of it."""
    monkeypatch.setattr(main, "CHECKS", (*main.CHECKS, marking))
    with served(article_url) as server, closing(Client(server)) as client:
        answers = [client.ask_inline(URL), client.ask_inline(URL), client.ask_inline(URL, "Connection: close")]
        assert [answer.header("x-marked") for _, answer in answers] == ["GET", "GET", "GET"]
        assert [is_inline for is_inline, _ in answers] == [False, server.glances, False]
    with served(article_url) as server, closing(Client(server)) as client:
        for method, target, status in (("GET", "/hidden", 404), ("HEAD", "/hidden", 404), ("HEAD", URL, 200)):
            for _ in range(2):
                _, answer = client.ask_inline(target, method=method)
                assert (answer.status, answer.header("x-marked")) == (status, method)


def test_middleware_inside_the_application_hides_no_prepared_responses(article_url: str) -> None:
    app = create_app(Settings(database_url=article_url))
    app.add_middleware(PassThrough)
    with listening(watched := Watched(app)) as (port, state):
        server = Server(port, state, watched, make_url(article_url).get_backend_name() == "sqlite")
        with closing(Client(server)) as client:
            assert [client.ask_inline(URL)[0] for _ in range(2)] == [False, server.glances]


def test_middleware_around_the_service_is_refused(article_url: str) -> None:
    app = create_app(Settings(database_url=article_url))
    assert responder(app) is app
    with pytest.raises(TypeError, match=r"PassThrough has no try_respond.*Write a check of app\.server\.edge"):
        responder(PassThrough(app))


def test_stale_response_is_of_the_last_known_release(database_url: str, tmp_path: Path) -> None:
    """Also if the first to ask for something of it wanted a part, which is not looked for in memory."""
    files = sample.small()
    load_seed(database_url, sample.write(files, tmp_path))
    with served(database_url) as server, closing(Client(server)) as client:
        client.ask(URL)
        record(files, INCIDENTS, "ferry-shooting")["title"] = "Ferry"
        load_seed(database_url, sample.write(files, tmp_path))
        client.ask(URL, "Range: bytes=0-1")
        assert client.ask_inline(URL)[0] == server.glances
        with database_unavailable(database_url):
            assert json.loads(client.ask(URL).body)["meta"]["release"] == 2


def test_a_pipelined_request_behind_it_is_not_timed_out(server: Server, client: Client) -> None:
    """The time of rest, which begins when an answer has gone out, ends with the next request."""
    client.ask(URL)
    server.app.pause = 0.5
    server.connection().timeout_keep_alive = 0
    client.socket.sendall(request(URL) + request("/v1/places"))
    try:
        assert [client.answer().status, client.answer().status] == [200, 200]
    finally:
        server.app.pause = 0


def test_prepared_responses_of_one_read_are_limited(server: Server, client: Client) -> None:
    client.ask(URL)
    before, many = server.app.usual, 10 * MAX_INLINE_RESPONSES
    client.socket.sendall(request(URL) * many)
    assert [client.answer().status for _ in range(many)] == [200] * many
    assert server.app.usual - before > many / 2


@pytest.mark.heavy
def test_many_small_requests_do_not_exceed_the_size_limit(client: Client) -> None:
    """A read that ends within one of them is as long as all of them together."""
    data = request("/healthz") * 5000
    client.socket.sendall(data[:-10])
    for _ in range(4999):
        assert client.answer().status == 200
    client.socket.sendall(data[-10:])
    assert client.answer().status == 200
    client.socket.sendall(b"GET /healthz HTTP/1.1\r\nX-Padding: " + b"x" * 3 * MAX_HEADER_BYTES)
    assert client.answer().status == 431


def test_a_closed_connection_is_freed(server: Server) -> None:
    """At once, and not only when somebody looks for what refers to itself."""
    gc.disable()
    try:
        with closing(Client(server)) as client:
            client.ask(URL)
            client.ask(URL)
            connection = weakref.ref(server.connection())
        assert eventually(lambda: connection() is None)
    finally:
        gc.enable()


def test_pipelined_requests_are_answered_in_order(client: Client) -> None:
    """Some from memory and some not, and so many that answering one out of another would be too deep."""
    client.ask(URL)
    urls = [URL if number % 500 else f"/v1/places?limit={1 + number // 500}" for number in range(2000)]
    client.socket.sendall(b"".join(request(url, f"X-Request-Id: {number}") for number, url in enumerate(urls)))
    answers = [client.answer() for _ in urls]
    assert [answer.header("x-request-id") for answer in answers] == [str(number) for number in range(2000)]
    bodies = {url: client.ask(url).body for url in urls}
    assert [answer.body for answer in answers] == [bodies[url] for url in urls]


def test_an_idle_connection_is_closed(server: Server, client: Client) -> None:
    client.ask(URL)
    server.connection().timeout_keep_alive = 0
    assert client.ask(URL).status == 200
    client.socket.settimeout(30)
    assert client.socket.recv(1) == b""


def test_unread_responses_do_not_pile_up(article_url: str) -> None:
    """A client that asks on and on and reads nothing has what it asked for as soon as it reads."""
    many, url = 500, "/v1/incidents?limit=100"
    with served(article_url) as server, closing(Client(server)) as client:
        size = len(client.ask(url).head) + len(client.ask(url).body)
        client.socket.sendall(request(url) * many)
        connection = server.connection()
        assert eventually(lambda: connection.flow.write_paused)
        assert (
            connection.transport.get_write_buffer_size() < 2 * size + connection.transport.get_write_buffer_limits()[1]
        )
        assert [client.answer().status for _ in range(many)] == [200] * many
