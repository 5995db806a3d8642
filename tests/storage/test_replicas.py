"""A primary and streaming replicas behind one URL: reads go on while servers die, loads find whoever may be written to,
and no answer mixes two releases."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import cycle
from os import environ
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from app.storage.database import Database
from app.storage.snapshot import Snapshot
from tests import postgresql, sample
from tests.conftest import Figure, load_seed
from tests.live import dateline, serving
from tests.postgresql import Server, together
from tests.server.traffic import TimedResponse, Traffic, until

pytestmark = pytest.mark.heavy

PATHS = (
    "/v1/incidents?sort=-date&include=people,quotes",
    "/v1/incidents/ferry-shooting",
    "/v1/quotes?q=warning",
    "/v1/incidents.csv",
    "/v1/places.ndjson",
    "/v1/casualties/summary",
    "/v1/releases",
    "/readyz",
)
ENOUGH = 200
"""So many answers are enough for each connection to have been used many times."""


@pytest.fixture
def primary() -> Iterator[Server]:
    with postgresql.running() as server:
        server.run("CREATE DATABASE news")
        yield server


def edition(folder: Path, number: int) -> Path:
    """Seed files whose one title says which edition they are."""
    files = sample.small()
    sample.record(files, sample.INCIDENTS, "ferry-shooting")["title"] = f"Edition {number}"
    return sample.write(files, folder)


def load(url: str, seed: Path) -> str:
    """What `dateline load` prints last."""
    done = subprocess.run(
        [dateline(), "load", seed], env={**environ, "DATELINE_DATABASE_URL": url}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def release_on(server: Server) -> int:
    """0 on a replica that has not even heard of the tables."""
    if server.run("SELECT to_regclass('releases')", "news") == [None]:
        return 0
    (number,) = server.run("SELECT coalesce(max(number), 0) FROM releases", "news")
    return int(number)


def readers_on(server: Server) -> int:
    (number,) = server.run("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'dateline'")
    return int(number)


def refused(told: list[TimedResponse]) -> list[tuple[str, int, bytes]]:
    return [(one.path, one.status, one.body) for one in told if one.status != 200]


def test_servers_die_under_load_and_nobody_is_refused(primary: Server, tmp_path: Path, figure: Figure) -> None:
    with ExitStack() as stack:
        replicas = [stack.enter_context(postgresql.replica(primary)) for _ in range(2)]
        servers = (primary, *replicas)
        spread = {"target_session_attrs": "prefer-standby", "load_balance_hosts": "random"}
        url = together(*servers, database="news", **spread)
        load_seed(url, edition(tmp_path, 1))
        until(lambda: [release_on(server) for server in servers] == [1, 1, 1])

        base = stack.enter_context(serving(url, DATELINE_CACHE_BYTES="0"))
        traffic = stack.enter_context(Traffic(base, PATHS))
        assert refused(traffic.next(ENOUGH)) == []
        assert readers_on(primary) == 0 < sum(map(readers_on, replicas))

        assert "release 2" in load(url, edition(tmp_path, 2))
        until(lambda: [release_on(server) for server in servers] == [2, 2, 2])
        assert releases(traffic.next(ENOUGH)) == {2}

        victim, survivor = sorted(replicas, key=readers_on, reverse=True)
        victim.kill()
        assert refused(traffic.next(ENOUGH)) == []
        primary.kill()
        assert refused(traffic.next(ENOUGH)) == []
        survivor.promote()
        assert refused(traffic.next(ENOUGH)) == []

        assert "release 3" in load(url, edition(tmp_path, 3))
        assert releases(traffic.next(ENOUGH)) == {3}
        assert refused(traffic.told) == []
        figure(f"{len(traffic.told)} answers while two of three servers were killed; none was refused")


def releases(told: list[TimedResponse]) -> set[int]:
    return {release(one) for one in told}


def release(told: TimedResponse) -> int:
    """The release that an answer says to be of. What it says inside must be the same."""
    number = int(told.headers["dateline-release"])
    if told.path.startswith("/v1/incidents"):
        assert [f"Edition {other}" in told.body.decode() for other in (1, 2, 3)] == [
            number == other for other in (1, 2, 3)
        ]
    if told.path == "/v1/releases":
        assert max(one["number"] for one in httpx2.Response(200, content=told.body).json()["data"]) == number
    return number


def test_a_url_may_say_that_nothing_is_prepared(primary: Server, tmp_path: Path) -> None:
    load_seed(primary.url("news"), edition(tmp_path, 1))
    prepared = []
    for parameter in ("", "&prepare_threshold=None"):
        database = Database(primary.url("news") + parameter)
        with database.snapshot() as snapshot:
            for _ in range(10):
                snapshot.value(text("SELECT 1"))
            prepared.append(snapshot.value(text("SELECT count(*) > 0 FROM pg_prepared_statements")))
        database.close()
    assert prepared == [True, False]


def test_a_server_that_says_that_it_ends_is_asked_again(primary: Server, tmp_path: Path) -> None:
    """It may say so before its connection is seen to be closed."""
    load_seed(primary.url("news"), edition(tmp_path, 1))
    database, asked = Database(primary.url("news")), []

    def work(snapshot: Snapshot) -> Any:
        asked.append(snapshot)
        if len(asked) == 1:
            snapshot.rows(text("DO $$ BEGIN RAISE EXCEPTION 'it ends' USING ERRCODE = '57P01'; END $$"))
        return snapshot.value(text("SELECT 1"))

    assert database.read(work) == 1
    assert len(asked) == 2
    database.close()


def test_a_load_knows_what_it_has_written_before_a_standby_does(primary: Server, tmp_path: Path) -> None:
    with postgresql.replica(primary) as late:
        late.run("SELECT pg_wal_replay_pause()")
        until(lambda: late.run("SELECT pg_get_wal_replay_pause_state()") == ["paused"])
        url = together(primary, late, database="news", target_session_attrs="prefer-standby")
        assert "release 1" in load(url, edition(tmp_path, 1))

        files = sample.small()
        incident = sample.record(files, sample.INCIDENTS, "ferry-shooting")
        incident["redacted"] = {"fields": ["/title"], "reason": "A person asked."}
        assert "release 2" in load(url, sample.write(files, tmp_path))
        assert primary.run("SELECT is_erased FROM releases ORDER BY number", "news") == [True, True]
        assert release_on(late) == 0


def test_a_lagging_replica_never_mixes_releases(primary: Server, tmp_path: Path, figure: Figure) -> None:
    with ExitStack() as stack:
        late = stack.enter_context(postgresql.replica(primary))
        url = together(primary, late, database="news", load_balance_hosts="random")
        load_seed(url, edition(tmp_path, 1))
        until(lambda: release_on(late) == 1)
        late.run("SELECT pg_wal_replay_pause()")
        until(lambda: late.run("SELECT pg_get_wal_replay_pause_state()") == ["paused"])
        assert "release 2" in load(url, edition(tmp_path, 2))

        # Answers are kept here: of both releases, and never under the other's name.
        base = stack.enter_context(serving(url))
        traffic = stack.enter_context(Traffic(base, PATHS[:-1]))
        seen = dict.fromkeys((1, 2), 0)
        for server in cycle((primary, late)):
            for told in traffic.next(2 * len(PATHS)):
                seen[release(told)] += 1
            if min(seen.values()) >= ENOUGH:
                break
            # Its readers have to choose anew.
            server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'dateline'")
        late.run("SELECT pg_wal_replay_resume()")
        until(lambda: release_on(late) == 2)
        assert releases(traffic.next(ENOUGH)) == {2}
    assert refused(traffic.told) == []
    bodies: dict[str, set[tuple[str, bytes]]] = {}
    for told in traffic.told:
        bodies.setdefault(told.headers["etag"], set()).add((told.path, told.body))
    assert {len(one) for one in bodies.values()} == {1}
    assert len(bodies) == 2 * len(PATHS[:-1])
    figure(f"{seen[1]} answers of release 1 beside {seen[2]} of release 2, each of one")
