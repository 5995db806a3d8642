"""Limits on requests and connections, over real connections: too large, too slow or not HTTP."""

import asyncio
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response
from uvicorn import Config
from uvicorn.server import ServerState

from app.main import create_app
from app.problems import ProblemDocument
from app.server import limits, uvicorn_internals
from app.server.coalescing_transport import MAX_COALESCED_BYTES, CoalescingTransport
from app.server.limits import MAX_HEADER_BYTES, MAX_QUERY_PARAMETERS, MAX_REQUEST_LINE_BYTES, MIN_WRITE_PROGRESS_BYTES
from app.server.uvicorn_internals import BoundedHttpProtocol
from app.server.uvicorn_server import UVICORN_OPTIONS
from app.settings import Settings
from tests.live import eventually, listening

Server = tuple[int, ServerState]
RawResponse = tuple[int, dict[str, str], bytes]

LARGE = 32 * 2**20
"""More bytes than the buffers between two sockets take."""


@pytest.fixture(scope="module")
def server(article_url: str) -> Iterator[Server]:
    app = create_app(Settings(database_url=article_url))

    @app.get("/large")
    async def large(request: Request) -> Response:
        return Response(bytes(LARGE))

    with listening(app) as opened:
        yield opened


def connected(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server[0]), timeout=40)


def received(client: socket.socket) -> bytes:
    """All that comes until the server closes the connection."""
    pieces = []
    while piece := client.recv(65_536):
        pieces.append(piece)
    return b"".join(pieces)


def parsed(raw: bytes) -> RawResponse:
    head, _, body = raw.partition(b"\r\n\r\n")
    line, *fields = head.decode("latin-1").split("\r\n")
    return int(line.split()[1]), dict(field.split(": ", 1) for field in fields), body


def ask(server: Server, line: str, headers: str = "", body: bytes = b"") -> RawResponse:
    """The answer to a request that ends its connection."""
    with connected(server) as client:
        client.sendall(f"{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n".encode() + body)
        return parsed(received(client))


def is_problem(answer: RawResponse, status: int) -> dict[str, Any]:
    """The document of a refusal, which has the headers of every other answer."""
    code, headers, body = answer
    assert (code, headers["content-type"], headers["cache-control"]) == (status, "application/problem+json", "no-store")
    assert headers["access-control-allow-origin"] == "*"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-request-id"]
    actual: dict[str, Any] = json.loads(body)
    assert ProblemDocument.model_validate(actual).status == status
    return actual


def half_a_minute() -> Iterator[None]:
    """Lets a loop that a server has to end come to an end in any case."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        yield


def test_a_request_line_of_32_kilobytes_passes_and_no_longer_one(server: Server) -> None:
    room = MAX_REQUEST_LINE_BYTES - len("GET /healthz? HTTP/1.1\r\n")
    assert ask(server, f"GET /healthz?{'x' * room}")[0] == 200
    for more in (1, 2**15, 2**16, 2**20):
        is_problem(ask(server, f"GET /healthz?{'x' * (room + more)}"), 414)
    is_problem(ask(server, f"GET /{'x' * MAX_REQUEST_LINE_BYTES}"), 414)
    places = "&".join(["place=riyadh-district"] * 900)
    assert ask(server, f"GET /v1/incidents?{places}")[0] == 200


def test_headers_of_30_kilobytes_pass_and_no_larger_ones(server: Server) -> None:
    assert ask(server, "GET /healthz", f"X: {'x' * 30_000}\r\n")[0] == 200
    assert ask(server, "GET /healthz", "X: x\r\n" * 1000)[0] == 200
    for size in (MAX_HEADER_BYTES, 2**16, 2**20):
        is_problem(ask(server, "GET /healthz", f"X: {'x' * size}\r\n"), 431)
    is_problem(ask(server, "GET /healthz", "X: x\r\n" * 10_000), 431)


def test_unfinished_headers_are_not_buffered_without_limit(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uvicorn_internals, "LINGER_SECONDS", 0.1)
    monkeypatch.setattr(limits, "REQUEST_TIMEOUT_SECONDS", 1000.0)
    with connected(server) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nX: ")
        with pytest.raises(ConnectionError):
            for _ in half_a_minute():
                client.sendall(b"x" * 65_536)
    assert eventually(lambda: not server[1].connections)


def test_too_many_query_parameters_get_400(server: Server) -> None:
    query = "&".join(["kind=killing"] * MAX_QUERY_PARAMETERS)
    assert ask(server, f"GET /v1/incidents?{query}")[0] == 200
    refusal = is_problem(ask(server, f"GET /v1/incidents?{query}&limit=1"), 400)
    assert [error["parameter"] for error in refusal["errors"]] == ["kind"]
    assert refusal["detail"] == "A query may have 1000 parameters; this one has 1001, 'kind' 1000 times."


@pytest.mark.parametrize(
    "path", ["/v1/incidents", "/v1/incidents.csv", "/v1/dataset.zip", "/ogc/", "/", "/static/page.css", "/nothing"]
)
def test_other_methods_get_405_everywhere(server: Server, path: str) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"):
        code, headers, body = ask(server, f"{method} {path}", "Content-Length: 7\r\n", b"a=b&c=d")
        is_problem((code, headers, body), 405)
        assert headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("coding", ["Content-Length: 50000\r\n", "Transfer-Encoding: chunked\r\n"])
def test_a_request_body_is_ignored_and_closes_the_connection(server: Server, coding: str) -> None:
    body = b"x" * 50_000 if "Length" in coding else b"c350\r\n" + b"x" * 50_000 + b"\r\n0\r\n\r\n"
    with connected(server) as client:
        client.sendall(f"GET /v1/incidents?limit=1 HTTP/1.1\r\nHost: x\r\n{coding}\r\n".encode() + body)
        code, headers, answer = parsed(received(client))
    assert (code, headers["connection"], len(json.loads(answer)["data"])) == (200, "close", 1)


@pytest.mark.parametrize(
    "raw", [b"\x16\x03\x01\x02\x00\x01", b"hello\r\n\r\n", b"GET http://x HTTP/1.1\r\nHost: x\r\n\r\n"]
)
def test_input_that_is_not_http_gets_400(server: Server, raw: bytes) -> None:
    with connected(server) as client:
        client.sendall(raw)
        is_problem(parsed(received(client)), 400)


def test_a_slow_request_times_out(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REQUEST_TIMEOUT_SECONDS", 0.3)
    monkeypatch.setattr(uvicorn_internals, "LINGER_SECONDS", 0.3)
    with connected(server) as silent, connected(server) as endless, connected(server) as kept:
        kept.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTT")
        endless.sendall(b"GET /healthz HTTP/1.1\r\n")
        with pytest.raises(ConnectionError):
            for _ in half_a_minute():  # a field at a time
                endless.sendall(b"X: x\r\n")
                time.sleep(0.01)
        assert received(silent) == b""
        answers = received(kept).split(b"HTTP/1.1 ")
        assert [answer[:3] for answer in answers] == [b"", b"200", b"408"]
        is_problem(parsed(b"HTTP/1.1 " + answers[2]), 408)
    assert ask(server, "GET /healthz")[0] == 200


def test_a_slow_body_times_out(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REQUEST_TIMEOUT_SECONDS", 0.3)
    monkeypatch.setattr(uvicorn_internals, "LINGER_SECONDS", 0.1)
    with connected(server) as client:
        client.sendall(b"POST /v1/incidents HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")
        assert client.recv(12) == b"HTTP/1.1 405"
        with pytest.raises(ConnectionError):
            for _ in half_a_minute():
                client.sendall(bytes(1000))
                time.sleep(0.01)
    assert eventually(lambda: not server[1].connections)


@pytest.mark.parametrize("ending", ["", "Connection: close\r\n"])
def test_an_unread_response_times_out(server: Server, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    """Also one that is made at once and waits as a whole for its client."""
    monkeypatch.setattr(limits, "WRITE_TIMEOUT_SECONDS", 0.3)
    with connected(server) as client:
        client.sendall(f"GET /large HTTP/1.1\r\nHost: x\r\n{ending}\r\n".encode())
        assert client.recv(15) == b"HTTP/1.1 200 OK"
        assert eventually(lambda: not server[1].connections)
        assert len(received(client)) < LARGE
    with connected(server) as client:
        client.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert len(received(client)) > LARGE


class Recorded(asyncio.Transport):
    """A connection that says how much of an answer has not been taken, and notes its end."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = 0
        self.aborted = self.closing = False

    def is_closing(self) -> bool:
        return self.closing

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def abort(self) -> None:
        self.aborted = True


def recorded() -> tuple[BoundedHttpProtocol, Recorded]:
    """A connection whose client has not taken ten pieces of an answer."""
    config = Config(create_app, factory=True, log_config=None, **UVICORN_OPTIONS)
    transport = Recorded()
    connection = BoundedHttpProtocol(config, ServerState(), {}, asyncio.get_running_loop())
    connection.connection_made(transport)
    transport.waiting = 10 * MIN_WRITE_PROGRESS_BYTES
    connection.pause_writing()
    return connection, transport


def test_a_slow_but_steady_reader_is_not_timed_out() -> None:
    async def scenario() -> None:
        connection, transport = recorded()
        transport.waiting = 9 * MIN_WRITE_PROGRESS_BYTES
        connection._check_write_progress(10 * MIN_WRITE_PROGRESS_BYTES)
        assert not transport.aborted
        transport.waiting = 8 * MIN_WRITE_PROGRESS_BYTES + 1
        connection._check_write_progress(9 * MIN_WRITE_PROGRESS_BYTES)
        assert transport.aborted

    asyncio.run(scenario())


def test_write_timeout_starts_anew_for_each_response() -> None:
    async def scenario() -> None:
        connection, transport = recorded()
        connection.resume_writing()
        connection._check_write_progress(10 * MIN_WRITE_PROGRESS_BYTES)
        assert not transport.aborted, "nothing waits"
        connection.pause_writing()
        connection.resume_writing()
        connection.pause_writing()
        connection._check_write_progress(10 * MIN_WRITE_PROGRESS_BYTES)
        assert not transport.aborted, "another answer waits, and not since then"
        connection._check_write_progress(10 * MIN_WRITE_PROGRESS_BYTES)
        assert transport.aborted

    asyncio.run(scenario())


def test_write_timeout_holds_for_a_closing_connection() -> None:
    async def scenario() -> None:
        connection, transport = recorded()
        transport.closing = True
        connection.resume_writing()
        connection._check_write_progress(10 * MIN_WRITE_PROGRESS_BYTES)
        assert not transport.aborted, "some was taken"
        connection._check_write_progress(10 * MIN_WRITE_PROGRESS_BYTES)
        assert transport.aborted

    asyncio.run(scenario())


def test_connections_beyond_the_maximum_get_503(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    assert eventually(lambda: not server[1].connections)
    monkeypatch.setattr(limits, "MAX_CONNECTIONS", 3)
    with connected(server), connected(server):
        with connected(server):
            assert eventually(lambda: len(server[1].connections) == 3)
            refused = ask(server, "GET /healthz")
            assert is_problem(refused, 503)["title"] == "Unavailable"
            assert refused[1]["retry-after"] == "5"
        assert eventually(lambda: len(server[1].connections) == 2)
        assert ask(server, "GET /healthz")[0] == 200


HEAD, BODY = b"HTTP/1.1 200 OK\r\n\r\n", b"x" * (MAX_COALESCED_BYTES + 1)
TOLD: list[tuple[list[str | bytes], bytes]] = [
    ([HEAD, BODY], HEAD + BODY),
    ([HEAD, b""], HEAD),
    ([BODY, HEAD, BODY], BODY + HEAD + BODY),
    ([HEAD, "close"], HEAD),
    ([HEAD, b"a", "write_eof"], HEAD + b"a"),
]


@pytest.mark.parametrize(("told", "comes"), TOLD)
def test_head_and_body_are_sent_in_one_write(told: list[str | bytes], comes: bytes) -> None:
    """At once, all in order, whatever ends it."""

    def told_at_once(outlet: CoalescingTransport, client: socket.socket) -> None:
        for one in told:
            if isinstance(one, str):
                getattr(outlet, one)()
            else:
                outlet.write(one)

    assert asyncio.run(_through_an_outlet(told_at_once)) == comes


def test_a_head_alone_is_sent_at_the_next_turn() -> None:
    def head_alone(outlet: CoalescingTransport, client: socket.socket) -> None:
        outlet.write(HEAD)
        with pytest.raises(BlockingIOError):
            client.recv(1)

    assert asyncio.run(_through_an_outlet(head_alone)) == HEAD


def test_pending_bytes_are_dropped_with_an_aborted_connection() -> None:
    def given_up(outlet: CoalescingTransport, client: socket.socket) -> None:
        outlet.write(HEAD)
        outlet.abort()

    assert asyncio.run(_through_an_outlet(given_up)) == b""


async def _through_an_outlet(talk: Callable[[CoalescingTransport, socket.socket], None]) -> bytes:
    """What comes out at the other end of a real connection within the next turns of the loop."""
    loop = asyncio.get_running_loop()
    client, served = socket.socketpair()
    client.setblocking(False)
    transport, _ = await loop.connect_accepted_socket(asyncio.Protocol, served)
    talk(CoalescingTransport(transport, loop), client)
    for _ in range(3):
        await asyncio.sleep(0)
    actual = b""
    with client, suppress(BlockingIOError):
        while piece := client.recv(2**20):
            actual += piece
    transport.abort()
    return actual
