"""Slow requests: each has one deadline, the queue is limited, and other requests are not delayed."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import httpx2
import pytest
from sqlalchemy import Engine, QueuePool, bindparam, func, literal, select
from sqlmodel import col
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.testclient import TestClient

from app.api.routes.records import reader
from app.exports.datasets.files import write
from app.main import create_app
from app.settings import Settings
from app.storage.database import COUNTING_THREADS, READING_THREADS, Database
from app.storage.deadlines import TooSlow
from app.storage.models import Place
from app.storage.read_kinds import ReadKind
from app.storage.reader import MAX_QUEUED_LONG, Reader
from app.storage.schema import migrate
from app.storage.snapshot import Snapshot
from tests import sample
from tests.answers import body, problem
from tests.conftest import NewDatabase, load_seed, serving, state
from tests.live import listening

SHORT = 0.2

_numbers = select(literal(1).label("n")).cte("numbers", recursive=True)
_numbers = _numbers.union_all(select(_numbers.c.n + 1))
ENDLESS = select(_numbers.c.n).where(_numbers.c.n < 0)
"""Counts on and on and finds nothing. Both engines are busy with it until somebody stops them."""


KEPT = select(_numbers.c.n).where(_numbers.c.n < bindparam("less"))
"""The same as a statement that takes a value, which a driver runs by itself."""


def count_on(snapshot: Snapshot) -> Any:
    return snapshot.value(ENDLESS)


def count_on_by_driver(snapshot: Snapshot) -> Any:
    return snapshot.value(KEPT, less=0)


NONE = select(literal(1)).where(literal(1) < bindparam("less"))


def count_none(snapshot: Snapshot) -> Any:
    return snapshot.value(select(literal(1)))


def count_none_by_driver(snapshot: Snapshot) -> Any:
    return snapshot.value(NONE, less=0)


@pytest.fixture
def hurried(article_url: str) -> Iterator[Reader]:
    """A reader whose requests may take a fifth of a second."""
    actual = Reader(Database(article_url, SHORT))
    yield actual
    actual.close()


async def eventually(condition: Callable[[], bool]) -> bool:
    """Whether it comes true within a time that no machine needs."""
    deadline = time.monotonic() + 30
    while not condition() and time.monotonic() < deadline:
        await asyncio.sleep(0.01)
    return condition()


@pytest.mark.parametrize("kind", [ReadKind.LOOKUP, ReadKind.SEARCH])
@pytest.mark.parametrize("count_on", [count_on, count_on_by_driver])
def test_a_statement_is_stopped_and_its_connection_is_used_again(
    hurried: Reader, kind: ReadKind, count_on: Callable[[Snapshot], Any]
) -> None:
    async def scenario() -> None:
        for _ in range(3):
            with pytest.raises(TooSlow):
                await hurried.read(count_on, kind)
            assert await hurried.read(lambda snapshot: snapshot.release.number, kind) == 1

    asyncio.run(scenario())
    if hurried.database.is_sqlite:
        connections = hurried.database._read_connections
        assert _in_use(connections.engine) == len(connections.idle) == 1
    else:
        assert _in_use(hurried.database._reading) == 0


def _in_use(engine: Engine) -> int:
    assert isinstance(engine.pool, QueuePool)
    return engine.pool.checkedout()


@pytest.mark.parametrize("statement", [count_none, count_none_by_driver])
def test_all_statements_of_a_request_share_its_time(hurried: Reader, statement: Callable[[Snapshot], Any]) -> None:
    """Many short ones are stopped as one long one is."""
    began = time.monotonic()

    def work(snapshot: Snapshot) -> None:
        while time.monotonic() < began + 60:
            statement(snapshot)

    with pytest.raises(TooSlow):
        asyncio.run(hurried.read(work, ReadKind.SEARCH))
    assert time.monotonic() < began + 30


def test_a_statement_has_only_what_those_before_it_have_left(article_url: str) -> None:
    """PostgreSQL is told so, as SQLite asks. It compiles no query either, which may take longer than all of them."""
    reader = Reader(Database(article_url, 1.0))
    told: list[str] = []
    compiles: list[str] = []

    def work(snapshot: Snapshot) -> None:
        time.sleep(0.6)
        if not reader.database.is_sqlite:
            told.append(snapshot.value(select(func.current_setting("statement_timeout"))))
            compiles.append(snapshot.value(select(func.current_setting("jit"))))
        count_on(snapshot)

    with pytest.raises(TooSlow):
        asyncio.run(reader.read(work, ReadKind.SEARCH))
    reader.close()
    assert all(int(one.removesuffix("ms")) <= 400 for one in told)
    assert compiles == ([] if reader.database.is_sqlite else ["off"])


def test_what_is_done_between_statements_takes_of_the_time_too(hurried: Reader) -> None:
    def work(snapshot: Snapshot) -> None:
        snapshot.value(select(literal(1)))
        time.sleep(2 * SHORT)
        snapshot.value(select(literal(1)))

    with pytest.raises(TooSlow):
        asyncio.run(hurried.read(work, ReadKind.SEARCH))


def test_the_files_of_a_release_are_made_in_a_time_of_their_own(article_url: str, tmp_path: Path) -> None:
    """They are made once for all requests, of thousands of statements."""
    reader = Reader(Database(article_url, 1.0))
    told: list[str] = []

    def slowly(what: str, done: int, total: int) -> None:
        told.append(what)
        if len(told) == 1:
            time.sleep(1.1)

    files = asyncio.run(reader.read(lambda snapshot: write(snapshot, tmp_path, slowly), ReadKind.SEARCH))
    reader.close()
    assert set(files) == {"zip", "sqlite"}
    assert told


def test_the_event_loop_is_not_held(tmp_path: Path) -> None:
    """On SQLite, a short read that turns out long begins again on a thread, where nobody waits for it but its client;
    and it is stopped when that one has gone."""
    database = Database(f"sqlite:///{tmp_path}/empty.db", 600.0)
    migrate(database)
    actual = Reader(database)

    async def scenario() -> None:
        reading = asyncio.ensure_future(actual.read(count_on))
        await asyncio.sleep(0)
        assert await actual.read(lambda snapshot: snapshot.release.number) == 0
        assert not reading.done()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

    asyncio.run(scenario())
    actual.close()


def test_a_batch_of_a_download_has_a_deadline(hurried: Reader) -> None:
    places = select(col(Place.id))

    def work(snapshot: Snapshot) -> Iterator[bytes]:
        for _ in snapshot.batches(places):
            yield b"first"
            snapshot.value(ENDLESS)

    def at_once(snapshot: Snapshot) -> Iterator[bytes]:
        return (b"".join(batch) for batch in snapshot.batches(ENDLESS))

    async def scenario() -> None:
        for slow in (work, at_once):
            with pytest.raises(TooSlow):
                await hurried.stream(slow)

    asyncio.run(scenario())
    assert hurried.streams == set()


def test_it_is_a_problem_that_says_what_to_do(article_url: str) -> None:
    app = create_app(Settings(database_url=article_url, query_seconds=SHORT))

    @app.get("/slow")
    async def slow(request: Request) -> Response:
        return JSONResponse(await reader(request).read(count_on))

    with TestClient(app) as client:
        detail = problem(client, "/slow", 503)["detail"]
        assert "0.2 seconds in all" in detail
        assert "Ask for less at a time" in detail
        response = client.get("/slow")
        assert response.headers["retry-after"] == "30"
        assert response.headers["cache-control"] == "no-store"
        assert client.get("/v1/incidents/kubaiba-raid").status_code == 200


def test_an_earlier_release_is_said_to_take_longer(new_database: NewDatabase, tmp_path: Path) -> None:
    url, files = new_database(), sample.small()
    load_seed(url, sample.write(files, tmp_path / "first"))
    sample.record(files, sample.INCIDENTS, "ferry-shooting")["kind"] = "explosion"
    load_seed(url, sample.write(files, tmp_path / "second"))
    app = create_app(Settings(database_url=url, query_seconds=SHORT))

    @app.get("/slow/{release}")
    async def slow(request: Request, release: int) -> Response:
        return JSONResponse(await request.app.state.reader.read(count_on, release=release))

    told = "Release 1 is an earlier one, which takes longer than the newest. Ask for less at a time"
    with TestClient(app) as client:
        assert told in problem(client, "/slow/1", 503)["detail"]
        assert "earlier one" not in problem(client, "/slow/2", 503)["detail"]
        assert {len(body(client, f"/v1/facets?of=incidents&facet=kind&release={one}")["data"]) for one in (1, 2)} == {1}


def test_pinned_counts_that_take_too_long_say_so(new_database: NewDatabase, tmp_path: Path) -> None:
    url, files = new_database(), sample.small()
    load_seed(url, sample.write(files, tmp_path / "first"))
    sample.record(files, sample.INCIDENTS, "ferry-shooting")["kind"] = "explosion"
    load_seed(url, sample.write(files, tmp_path / "second"))
    with serving(url, cache_bytes=0) as client:
        app_state = state(client)
        for path in ("/v1/facets?of=incidents&facet=kind", "/v1/casualties/summary", "/v1/incidents?facets=place"):
            joined = "&" if "?" in path else "?"
            pinned = f"{path}{joined}release=1"
            assert body(client, pinned)["meta"]["release"] == 1
            app_state.reader.database.query_seconds, allowed = 1e-9, app_state.reader.database.query_seconds
            assert "Release 1 is an earlier one" in problem(client, pinned, 503)["detail"], pinned
            app_state.reader.database.query_seconds = allowed
            assert body(client, pinned)["meta"]["release"] == 1


LINES = {
    ReadKind.SEARCH: (READING_THREADS, ("/v1/incidents?q=kanoos", "/v1/incidents?q=raid", "/v1/quotes.atom")),
    ReadKind.COUNT: (COUNTING_THREADS, ("/v1/search?q=raid", "/v1/search?q=officer", "/v1/casualties/summary")),
}
"""The lines in which long reads wait: how many threads there are, and some paths."""


@pytest.fixture(params=LINES, ids=lambda kind: kind.name.lower())
def crowded(request: pytest.FixtureRequest, article_url: str) -> Iterator[tuple[Reader, int, Event, ReadKind]]:
    """A server with room for one more read of a kind: the others run, or wait, until the event is set."""
    app, go_on, kind = create_app(Settings(database_url=article_url)), Event(), request.param
    actual: Reader = app.state.reader

    def search(snapshot: Snapshot) -> None:
        go_on.wait(60)

    @app.get("/crowd")
    async def crowd(request: Request) -> Response:
        app.state.crowd = [
            asyncio.ensure_future(actual.read(search, kind)) for _ in range(LINES[kind][0] + MAX_QUEUED_LONG - 1)
        ]
        return JSONResponse(await eventually(lambda: actual.queued == MAX_QUEUED_LONG - 1))

    with listening(app) as (port, _):
        try:
            assert httpx2.get(f"http://127.0.0.1:{port}/crowd", timeout=40).json() is True
            yield actual, port, go_on, kind
        finally:
            go_on.set()


def test_long_reads_are_bounded_and_the_rest_is_unharmed(crowded: tuple[Reader, int, Event, ReadKind]) -> None:
    reader, port, go_on, kind = crowded
    (last_one, *paths), others = LINES[kind][1], [path for one in LINES.keys() - {kind} for path in LINES[one][1]]
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=40) as client:
        with socket.create_connection(("127.0.0.1", port)) as last:
            last.sendall(f"GET {last_one} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert asyncio.run(eventually(lambda: reader.queued == MAX_QUEUED_LONG))
            for path in paths:
                refused = client.get(path)
                assert (refused.status_code, refused.headers["retry-after"]) == (503, "5"), path
                assert refused.headers["content-type"] == "application/problem+json"
            unharmed = ("/v1/incidents/kubaiba-raid", "/v1/incidents?kind=killing", "/v1/places.csv", "/readyz")
            for path in (*others, *unharmed):
                assert client.get(path).status_code == 200, path
        # Whoever leaves the line frees a place in it.
        assert asyncio.run(eventually(lambda: reader.queued == MAX_QUEUED_LONG - 1))
        go_on.set()
        assert client.get(paths[0]).status_code == 200
        assert asyncio.run(eventually(lambda: reader.queued == 0))
