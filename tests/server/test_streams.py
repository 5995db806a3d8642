"""Streamed downloads: read in batches from one snapshot, aborted cleanly, and released however they end."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from sqlalchemy import func, insert, select
from sqlmodel import col
from starlette.types import Message

from app.api.routes.exports import Transfer
from app.main import create_app
from app.problems import Unavailable
from app.server.middleware import TransferAborted
from app.settings import Settings
from app.storage.database import MAX_CONCURRENT_STREAMS, Database
from app.storage.models import Place, StoredDocument
from app.storage.read_kinds import ReadKind
from app.storage.reader import BUFFER_BYTES, Reader
from app.storage.registry import METADATA
from app.storage.snapshot import STREAM_BATCH_ROWS, Snapshot
from tests import sample
from tests.answers import problem
from tests.conftest import NewDatabase, load_seed, serving, state

PLACES = 3000
NOTE = "x" * 6000
"""So much in each of the places that all of them do not fit into the buffers of a connection."""


@pytest.fixture(scope="module")
def many_url(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The small article with thousands of places more."""
    url = new_database()
    load_seed(url, sample.write(sample.small(), tmp_path_factory.mktemp("many")))
    _add_places(url, (f"place-{number:05}" for number in range(PLACES)))
    return url


def _add_places(url: str, ids: Iterator[str], text: str | None = None) -> None:
    """Copies of a place, or, with a text, records that are not JSON."""
    database = Database(url)
    with database.writer() as connection:
        places = METADATA.tables["places"]
        orsa = connection.execute(select(places).where(places.c.id == "ash-river")).one()
        kept = select(col(StoredDocument.document)).where(col(StoredDocument.number) == orsa.number)
        document = json.loads(connection.execute(kept).scalar_one())
        last = connection.execute(select(func.max(col(StoredDocument.number)))).scalar_one()
        rows = [
            {**orsa._mapping, "id": id_, "sort_name": id_, "number": number} for number, id_ in enumerate(ids, last + 1)
        ]
        documents = [
            {"number": row["number"], "id": row["id"], "document": text or _copy(document, row["id"])} for row in rows
        ]
        connection.execute(insert(StoredDocument), documents)
        connection.execute(insert(Place), rows)
    database.close()


def _copy(document: dict[str, Any], id_: str) -> str:
    return json.dumps({**document, "id": id_, "url": f"/v1/places/{id_}", "note": NOTE})


def _places(snapshot: Snapshot) -> Iterator[bytes]:
    """The ids of all places, a batch at a time, each as large as what is made in advance."""
    for batch in snapshot.batches(select(col(Place.id)).order_by(col(Place.id))):
        yield " ".join(batch).encode().ljust(BUFFER_BYTES)


def _settled(reader: Reader) -> bool:
    """Whether every download has given its connection back, at once or soon."""
    deadline = time.monotonic() + 20
    while reader.streams and time.monotonic() < deadline:
        time.sleep(0.01)
    return not reader.streams


@contextmanager
def running(url: str) -> Iterator[tuple[Any, int]]:
    """A real server in a thread: the app and its port."""
    app = create_app(Settings(database_url=url))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="on"))
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        yield app, listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(30)
        listening.close()


def test_a_stream_is_read_in_batches_when_its_turn_comes(many_url: str) -> None:
    reader, read = Reader(Database(many_url)), []

    def work(snapshot: Snapshot) -> Iterator[bytes]:
        for chunk in _places(snapshot):
            read.append(len(chunk.split()))
            yield chunk

    async def scenario() -> None:
        stream = await reader.stream(work)
        assert (stream.release.number, read) == (1, [STREAM_BATCH_ROWS])
        chunks = stream.chunks()
        await anext(chunks)
        assert read == [STREAM_BATCH_ROWS]
        async for _ in chunks:
            pass
        assert sum(read) == PLACES + 3
        assert max(read) == STREAM_BATCH_ROWS
        assert reader.streams == {stream}
        await stream.close()
        await stream.close()
        assert reader.streams == set()

    asyncio.run(scenario())
    reader.close()


def test_a_stream_belongs_to_the_release_that_it_began_in(new_database: NewDatabase, tmp_path: Path) -> None:
    url = new_database()
    load_seed(url, sample.write(sample.small(), tmp_path))
    _add_places(url, (f"place-{number:05}" for number in range(STREAM_BATCH_ROWS)))
    reader = Reader(Database(url))

    async def scenario() -> tuple[list[str], list[str]]:
        stream = await reader.stream(_places)
        _add_places(url, iter(["zz-later"]))
        actual = b" ".join([chunk async for chunk in stream.chunks()])
        await stream.close()
        now = await reader.read(lambda snapshot: snapshot.column(select(col(Place.id))))
        return actual.decode().split(), now

    streamed, now = asyncio.run(scenario())
    assert set(now) - set(streamed) == {"zz-later"}
    reader.close()


def test_no_more_streams_than_there_are_connections_for(many_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.storage.reader.SLOT_TIMEOUT_SECONDS", 0.2)
    reader = Reader(Database(many_url))

    async def scenario() -> None:
        streams = [await reader.stream(_places) for _ in range(MAX_CONCURRENT_STREAMS)]
        with pytest.raises(Unavailable) as refused:
            await reader.stream(_places)
        assert refused.value.headers == {"Retry-After": "5"}
        # Other reading goes on beside them.
        assert await reader.read(lambda snapshot: snapshot.release.number, ReadKind.SEARCH) == 1
        await streams[0].close()
        streams[0] = await reader.stream(_places)
        for stream in streams:
            await stream.close()

    asyncio.run(scenario())
    assert reader.streams == set()
    reader.close()


def test_closing_waits_for_the_chunk_that_is_in_the_making(many_url: str) -> None:
    reader, going, go_on = Reader(Database(many_url)), threading.Event(), threading.Event()

    def work(snapshot: Snapshot) -> Iterator[bytes]:
        yield bytes(BUFFER_BYTES)
        going.set()
        go_on.wait(20)
        yield b"second"

    async def scenario() -> None:
        stream = await reader.stream(work)
        chunks = stream.chunks()
        await anext(chunks)
        waiting = asyncio.ensure_future(anext(chunks))
        await asyncio.to_thread(going.wait, 20)
        waiting.cancel()
        closing = asyncio.ensure_future(stream.close())
        await asyncio.sleep(0)
        go_on.set()
        await closing

    asyncio.run(scenario())
    assert reader.streams == set()
    reader.close()


@pytest.mark.heavy
@pytest.mark.parametrize("suffix", ["csv", "ndjson", "geojson"])
def test_a_client_that_goes_away_costs_nothing_further(many_url: str, suffix: str) -> None:
    with running(many_url) as (app, port):
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(f"GET /v1/places.{suffix} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert client.recv(15) == b"HTTP/1.1 200 OK"
            # The server is held back by what nobody takes, so the download is under way for as long as we wait.
            assert len(app.state.reader.streams) == 1
        assert _settled(app.state.reader)
        assert httpx2.get(f"http://127.0.0.1:{port}/v1/places/orsa").status_code == 200


def test_first_bytes_come_before_the_last_are_read(many_url: str) -> None:
    with running(many_url) as (app, port):
        with httpx2.stream("GET", f"http://127.0.0.1:{port}/v1/places.csv") as response:
            assert response.headers["transfer-encoding"] == "chunked"
            pieces = response.iter_bytes()
            size = len(next(pieces))
            assert len(app.state.reader.streams) == 1
            size += sum(map(len, pieces))
        assert size > PLACES * len(NOTE)
        assert _settled(app.state.reader)


def test_head_reads_no_more_than_the_start(many_url: str) -> None:
    with running(many_url) as (app, port):
        response = httpx2.head(f"http://127.0.0.1:{port}/v1/places.csv")
        assert (response.status_code, response.content) == (200, b"")
        assert response.headers["content-disposition"] == 'attachment; filename="dateline-places-r1.csv"'
        assert _settled(app.state.reader)


@pytest.fixture(scope="module")
def broken_url(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Places of which the last is not readable, after more than is made in advance."""
    url = new_database()
    load_seed(url, sample.write(sample.small(), tmp_path_factory.mktemp("broken")))
    _add_places(url, (f"place-{number:05}" for number in range(2 * BUFFER_BYTES // len(NOTE))))
    _add_places(url, iter(["zzz"]), "not JSON")
    return url


@pytest.mark.heavy
@pytest.mark.parametrize("suffix", ["csv", "geojson"])
def test_an_error_on_the_way_breaks_the_transfer(broken_url: str, suffix: str) -> None:
    with running(broken_url) as (app, port):
        with httpx2.stream("GET", f"http://127.0.0.1:{port}/v1/places.{suffix}?sort=id") as response:
            assert response.status_code == 200
            with pytest.raises(httpx2.RemoteProtocolError, match="incomplete chunked read"):
                response.read()
        assert _settled(app.state.reader)


@pytest.mark.parametrize("suffix", ["csv", "ndjson", "geojson"])
def test_an_error_before_the_first_byte_is_a_problem(database_url: str, many_url: str, suffix: str) -> None:
    with serving(database_url) as without_tables:
        refusal = problem(without_tables, f"/v1/places.{suffix}", 503)
        assert without_tables.get(f"/v1/places.{suffix}").headers["retry-after"]
        assert refusal["title"] == "Unavailable"
        assert state(without_tables).reader.streams == set()
    with serving(many_url) as client:
        problem(client, f"/v1/places.{suffix}?within=nowhere", 400)
        assert state(client).reader.streams == set()


@pytest.mark.parametrize(("bounds", "each"), [({"send_timeout": 0.01}, 60), ({"max_seconds": 0.1}, 0.03)])
def test_a_client_that_takes_too_long_is_cut_off(many_url: str, bounds: dict[str, float], each: float) -> None:
    """One that takes nothing, and one that takes each piece in time but is too slow for all of them."""
    reader = Reader(Database(many_url))

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            await asyncio.sleep(each)

    async def scenario() -> None:
        transfer = Transfer(await reader.stream(_places), "text/csv", {}, **bounds)
        with pytest.raises(TransferAborted) as broken_off:
            await transfer({"type": "http"}, receive, send)
        assert isinstance(broken_off.value.__cause__, TimeoutError)

    asyncio.run(scenario())
    assert reader.streams == set()
    reader.close()
