"""PostgreSQL outages under load: clients are told in bounded time, and the service recovers without a restart."""

import json
import time
from collections.abc import Callable, Iterator

import httpx2
import pytest

from tests import postgresql, sample
from tests.conftest import Figure, load_seed
from tests.live import serving
from tests.postgresql import Server
from tests.server.traffic import TimedResponse, Traffic, until

pytestmark = pytest.mark.heavy

DATA = (
    "/v1/incidents?sort=-date",
    "/v1/incidents/ferry-shooting?include=quotes",
    "/v1/quotes?q=warning",
    "/v1/search?q=ferry",
    "/v1/incidents.csv",
    "/v1/places.ndjson",
    "/v1/facets?of=incidents&facet=kind",
    "/readyz",
)
BOUND = 60.0
"""Seconds within which everybody is told. The service takes a fifth of it; the rest is for slow machines."""

Way = Callable[[Server], None]
WAYS: dict[str, tuple[Way, Way]] = {
    "stopped": (Server.stop, Server.start),
    "killed": (Server.kill, Server.start),
    "hung": (Server.hang, Server.wake),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with postgresql.running() as actual:
        load_seed(actual.url(), sample.write(sample.small(), tmp_path_factory.mktemp("seed")))
        yield actual


@pytest.mark.parametrize("way", WAYS)
def test_an_outage_is_told_in_time_and_ends_with_the_servers_return(server: Server, way: str, figure: Figure) -> None:
    # Imported here: its driver is an extra, and the plain tests collect this file without it.
    from app.storage.postgresql import BACKOFF_SECONDS

    leave, come_back = WAYS[way]
    with serving(server.url(), DATELINE_CACHE_BYTES="0") as base, Traffic(base, [*DATA, "/healthz"], 8) as traffic:
        assert {told.status for told in traffic.next(50)} == {200}
        leave(server)
        told = traffic.next(30, is_unavailable)
        come_back(server)
        returned = time.monotonic()
        back = traffic.next(1, is_data)
        traffic.next(len(DATA) * 4, is_data)
        time.sleep(BACKOFF_SECONDS)  # so long those are refused who come behind one that waited in vain
        after = traffic.next(50)
    refused = [one for one in told if one.path != "/healthz"]
    assert refused
    assert all(is_unavailable(one) for one in refused)
    assert all(one.status == 200 for one in told if one.path == "/healthz")
    assert {one.status for one in after} == {200}
    slowest = max(one.given - one.asked for one in traffic.told)
    assert slowest < BOUND
    took = next(one.given for one in back if is_data(one)) - returned
    figure(f"{way}: {len(refused)} told so, the slowest after {slowest:.1f} s; data {took:.2f} s after its return")


def is_data(told: TimedResponse) -> bool:
    return told.status == 200 and told.path != "/healthz"


def is_unavailable(told: TimedResponse) -> bool:
    if told.status != 503 or told.headers["content-type"] != "application/problem+json":
        return False
    problem = json.loads(told.body)
    return int(told.headers["retry-after"]) > 0 and problem["status"] == 503 and "SELECT" not in problem["detail"]


def test_what_was_answered_before_is_given_out_marked_as_stale(server: Server) -> None:
    known, unknown = "/v1/incidents?sort=-date", "/v1/incidents?sort=date"
    with serving(server.url()) as base:

        def answer(path: str, **headers: str) -> httpx2.Response:
            return httpx2.get(f"{base}{path}", headers=headers, timeout=BOUND)

        fresh = answer(known)
        server.stop()
        stale = answer(known)
        assert (stale.status_code, stale.content) == (200, fresh.content)
        assert stale.headers["cache-status"] == "dateline; hit; detail=stale"
        assert stale.headers["cache-control"] == "no-cache"
        assert stale.headers["dateline-release"] == "1"
        assert answer(known, **{"If-None-Match": fresh.headers["etag"]}).status_code == 304
        assert answer(unknown).status_code == answer("/readyz").status_code == 503
        assert answer("/healthz").status_code == 200
        server.start()
        until(lambda: "stale" not in answer(known).headers.get("cache-status", ""))
        assert answer(unknown).status_code == answer("/readyz").status_code == 200


def test_a_server_that_hangs_leaves_stale_answers_quick(server: Server, figure: Figure) -> None:
    path = "/v1/incidents"
    with serving(server.url()) as base:
        httpx2.get(f"{base}{path}")
        server.hang()
        try:
            began = time.monotonic()
            told = [httpx2.get(f"{base}{path}", timeout=BOUND) for _ in range(20)]
            took = time.monotonic() - began
        finally:
            server.wake()
        assert {one.headers["cache-status"] for one in told} == {"dateline; hit; detail=stale"}
        until(lambda: httpx2.get(f"{base}{path}").headers["cache-status"] == "dateline; hit")
    figure(f"20 stale answers of a hung server's took {took:.1f} s")
