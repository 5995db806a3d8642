"""Slow download clients block nobody, and ending one is a single log record."""

import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import Response

from app.api.routes.exports import Transfer
from app.main import Service, create_app
from app.problems import Abandoned, Unavailable
from app.server.access_log import AccessRecord
from app.settings import Settings
from app.storage import reader as reading
from app.storage.database import MAX_CONCURRENT_STREAMS, Database
from app.storage.reader import Reader
from app.storage.snapshot import Snapshot
from tests.live import eventually, listening

PIECE = b"x" * 2**20
MANY = 64
"""Pieces of a download that fit into no buffer."""


@pytest.fixture
def served(article_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Service, int]]:
    """A server with a large download, of which a client may leave a piece for a moment."""
    monkeypatch.setattr(reading, "STALLED_SECONDS", 0.3)
    app = create_app(Settings(database_url=article_url))
    app.state.made = 0

    @app.get("/large", include_in_schema=False)
    async def large(request: Request) -> Response:
        def pieces(snapshot: Snapshot) -> Iterator[bytes]:
            for _ in range(int(request.query_params.get("pieces", MANY))):
                app.state.made += 1
                yield PIECE
            if "late" in request.query_params:
                raise Unavailable("The database takes too long.")

        send_timeout = float(request.query_params.get("send_timeout", "60"))
        return Transfer(
            await app.state.reader.stream(pieces), "application/octet-stream", {}, send_timeout=send_timeout
        )

    with listening(app) as (port, _):
        yield app, port


def asking(port: int, target: str = "/large") -> socket.socket:
    """A client that has asked and takes nothing of the answer but its first bytes."""
    client = socket.create_connection(("127.0.0.1", port), timeout=60)
    client.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return client


def access_entries(caplog: pytest.LogCaptureFixture) -> list[AccessRecord]:
    return [record for record in caplog.records if isinstance(record, AccessRecord)]


def test_a_slow_client_is_one_log_record(served: tuple[Service, int], caplog: pytest.LogCaptureFixture) -> None:
    _, port = served
    with caplog.at_level(logging.INFO), asking(port, "/large?send_timeout=0.2") as client:
        assert client.recv(15) == b"HTTP/1.1 200 OK"
        assert eventually(lambda: len(access_entries(caplog)) == 1)
        (entry,) = access_entries(caplog)
        assert (entry.route, entry.status, entry.complete) == ("/large", 200, False)
        with pytest.raises(ConnectionResetError):
            while client.recv(2**16):
                pass
    assert [record for record in caplog.records if record.levelno > logging.INFO or record.exc_info] == []


def test_a_slow_database_is_one_log_record(served: tuple[Service, int], caplog: pytest.LogCaptureFixture) -> None:
    """What is stopped as planned, after the answer has begun."""
    _, port = served
    with caplog.at_level(logging.INFO):
        with pytest.raises((httpx2.RemoteProtocolError, httpx2.ReadError)):
            httpx2.get(f"http://127.0.0.1:{port}/large?pieces=20&late=1")
        assert eventually(lambda: len(access_entries(caplog)) == 1)
    assert not access_entries(caplog)[0].complete
    assert [record for record in caplog.records if record.levelno > logging.INFO or record.exc_info] == []


def test_disconnecting_cancels_pipelined_requests(served: tuple[Service, int]) -> None:
    app, port = served
    with asking(port) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
        assert eventually(lambda: any(one.stalled_for > 0 for one in list(app.state.reader.streams)))
    assert eventually(lambda: not app.state.reader.streams)
    assert app.state.made < MANY, "nobody wants the rest"


def test_the_slowest_download_is_ended_for_waiting_ones(
    served: tuple[Service, int], caplog: pytest.LogCaptureFixture
) -> None:
    """All places are held by clients that take nothing; whoever reads gets a download, one after the other."""
    app, port = served
    with ExitStack() as stack:
        for _ in range(MAX_CONCURRENT_STREAMS):
            stack.enter_context(asking(port))
        assert eventually(lambda: len(app.state.reader.streams) == MAX_CONCURRENT_STREAMS)
        assert eventually(lambda: all(one.stalled_for > 0 for one in list(app.state.reader.streams)))
        with caplog.at_level(logging.INFO):
            for _ in range(3):
                answer = httpx2.get(f"http://127.0.0.1:{port}/large", timeout=60)
                assert (answer.status_code, len(answer.content)) == (200, MANY * len(PIECE))
            assert eventually(lambda: len(access_entries(caplog)) >= 4)
        # Only one had to go: its place was free again for those who came later.
        assert sorted(one.complete for one in access_entries(caplog)) == [False, True, True, True]
        assert [record for record in caplog.records if record.levelno > logging.INFO or record.exc_info] == []
        assert len(app.state.reader.streams) == MAX_CONCURRENT_STREAMS - 1


def test_a_steady_reader_is_not_cut_off(served: tuple[Service, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """However many others wait: they wait, and get theirs."""
    monkeypatch.setattr(reading, "STALLED_SECONDS", 60)
    monkeypatch.setattr(reading, "SLOT_TIMEOUT_SECONDS", 60)
    _, port = served

    async def read(client: httpx2.AsyncClient) -> int:
        return len((await client.get("/large?pieces=8")).content)

    async def scenario() -> list[int]:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
            return await asyncio.gather(*(read(client) for _ in range(MAX_CONCURRENT_STREAMS + 4)))

    assert asyncio.run(scenario()) == [8 * len(PIECE)] * (MAX_CONCURRENT_STREAMS + 4)


def test_the_queue_is_bounded_and_disconnecting_frees_a_place(
    article_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_QUEUED_LONG", 2)
    reader, left = Reader(Database(article_url)), asyncio.Event()

    async def leaves() -> None:
        await left.wait()

    def pieces(snapshot: Snapshot) -> Iterator[bytes]:
        yield from [bytes(reading.BUFFER_BYTES)] * 2

    async def scenario() -> None:
        running = [await reader.stream(pieces) for _ in range(MAX_CONCURRENT_STREAMS)]
        leaving = asyncio.ensure_future(reader.stream(pieces, leaves))
        staying = asyncio.ensure_future(reader.stream(pieces))
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await reader.stream(pieces)
        left.set()
        with pytest.raises(Abandoned):
            await leaving
        another = asyncio.ensure_future(reader.stream(pieces))
        await asyncio.sleep(0)
        await running.pop().close()
        running.append(await staying)
        assert not another.done(), "the first to come goes first"
        await running.pop().close()
        running.append(await another)
        for stream in running:
            await stream.close()

    asyncio.run(scenario())
    assert reader.streams == set()
    reader.close()
