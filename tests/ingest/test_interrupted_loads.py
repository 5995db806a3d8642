"""Killed loads and servers: the database holds the old release or the new one, complete, and works on."""

import os
import random
import signal
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from threading import Thread

import pytest

from app.storage.database import Database
from tests import sample
from tests.bench import invention
from tests.conftest import Figure, load_seed
from tests.ingest import interrupted_loads
from tests.ingest.interrupted_loads import NOTHING, Databases, Load, Moment, Postgresql
from tests.live import answers, dateline, free_port

so_many = pytest.mark.parametrize(
    "kills", [pytest.param(10, marks=pytest.mark.heavy), pytest.param(100, marks=pytest.mark.long)]
)
"""So many loads are killed on each engine."""

INCIDENTS = 150


@dataclass(frozen=True)
class Bench:
    """Databases of an engine, two archives, and what is in a database with the one and then with the other."""

    databases: Databases
    first: Path
    second: Path
    loaded: str
    """The URL of a database with the first archive, for copies."""

    states: tuple[str, str]
    whole: tuple[Load, Load]
    """How the one and then the other were loaded to their end."""


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return interrupted_loads.archives(tmp_path_factory.mktemp("archives"), INCIDENTS)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def bench(
    request: pytest.FixtureRequest, archives: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bench]:
    """Both archives are loaded once to their end, which also shows how long that takes."""
    with interrupted_loads.databases(request.param, tmp_path_factory.mktemp("databases")) as made:
        loaded = made.new()
        first = interrupted_loads.loaded(archives[0], loaded)
        second = made.copy(loaded)
        whole = first, interrupted_loads.loaded(archives[1], second)
        assert all(len(one.marks) > 3 and interrupted_loads.MARKS[-1] in one.marks for one in whole)
        assert interrupted_loads.integrity_problems(loaded) == interrupted_loads.integrity_problems(second) == []
        states = interrupted_loads.state(loaded), interrupted_loads.state(second)
        assert len({NOTHING, *states}) == 3
        yield Bench(made, *archives, loaded, states, whole)


@so_many
def test_a_killed_load_leaves_the_old_release_or_the_new_one(
    bench: Bench, tmp_path: Path, figure: Figure, fuzz_seed: int, kills: int
) -> None:
    dice, outcomes = random.Random(fuzz_seed), Counter[str]()
    made, temporary = bench.databases, tmp_path / "temporary"
    temporary.mkdir()
    while outcomes.total() < kills:
        updates = outcomes.total() % 2 == 1
        seed = bench.second if updates else bench.first
        before, after = bench.states if updates else (NOTHING, bench.states[0])
        url = made.copy(bench.loaded) if updates else made.new()
        moment, whole = Moment.of(dice, bench.whole[updates]), dice.random() < 0.5
        told = f"DATELINE_FUZZ_SEED={fuzz_seed}: {made.name}, kill {outcomes.total() + 1}, {moment}, whole={whole}"
        if not interrupted_loads.killed(seed, url, moment, whole=whole, TMPDIR=str(temporary)):
            continue
        made.settle(url)
        assert made.complaints(url) == [], told
        actual = interrupted_loads.state(url)
        assert actual in (before, after), told
        outcomes["old" if actual == before else "new"] += 1

        left = set(temporary.rglob("*"))
        _load_again(seed, url, outcomes.total(), temporary)
        assert interrupted_loads.state(url) == after, told
        assert made.complaints(url) == [], told
        assert set(temporary.rglob("*")) <= left, told
        if made.name == "SQLite":
            names = {path.name for path in interrupted_loads.file(url).parent.iterdir()}
            assert names <= {"dateline.db", "dateline.db-wal", "dateline.db-shm"}, told
    figures = f"{outcomes['old']} old, {outcomes['new']} new (seed {fuzz_seed})"
    figure(f"{outcomes.total()} kills survived on {made.name}: {figures}")


def _load_again(seed: Path, url: str, number: int, temporary: Path) -> None:
    """The next load: now and then by the command, otherwise in this process, which is faster."""
    if number % 5:
        load_seed(url, seed)
        return
    interrupted_loads.loaded(seed, url, TMPDIR=str(temporary))
    assert list(temporary.iterdir()) == []


@dataclass
class Clients:
    """Clients that ask a server for everything, over and over, until it is gone."""

    port: int
    answers: int = 0

    def start(self, number: int) -> list[Thread]:
        threads = [Thread(target=self._ask, args=(first,)) for first in range(number)]
        for thread in threads:
            thread.start()
        return threads

    def wait(self, answers: int) -> None:
        interrupted_loads.until(lambda: self.answers >= answers, f"{answers} answers")

    def _ask(self, first: int) -> None:
        with suppress(OSError, HTTPException):
            for number in count(first):
                connection = HTTPConnection("127.0.0.1", self.port, timeout=interrupted_loads.PATIENCE)
                with closing(connection):
                    connection.request("GET", ASKED[number % len(ASKED)])
                    connection.getresponse().read()
                self.answers += 1


ASKED = (*interrupted_loads.ASKED, "/v1/dataset.zip", "/v1/dataset.sqlite", "/v1/incidents.csv", "/healthz")


@so_many
def test_a_killed_server_leaves_everything_as_it_was(
    bench: Bench, tmp_path: Path, figure: Figure, fuzz_seed: int, kills: int
) -> None:
    """In the middle of answering, and started again at once."""
    dice, url = random.Random(fuzz_seed), bench.databases.copy(bench.loaded)
    rounds = max(3, kills // 5)
    for _ in range(rounds):
        port = free_port()
        command: list[str | Path] = [dateline(), "serve", "--port", str(port)]
        environment = {**os.environ, "DATELINE_DATABASE_URL": url, "TMPDIR": str(tmp_path)}
        server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
        assert answers(port, server)
        clients = Clients(port)
        threads = clients.start(6)
        clients.wait(dice.randrange(10, 60))
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(interrupted_loads.PATIENCE)
        for thread in threads:
            thread.join(interrupted_loads.PATIENCE)
        bench.databases.settle(url)
        assert bench.databases.complaints(url) == []
        assert interrupted_loads.state(url) == bench.states[0]
    figure(f"{rounds} servers killed at work on {bench.databases.name}: nothing lost (seed {fuzz_seed})")


@so_many
@pytest.mark.parametrize("bench", ["postgresql"], indirect=True)
def test_a_load_survives_the_end_of_its_database_server(
    bench: Bench, figure: Figure, fuzz_seed: int, kills: int
) -> None:
    """The server is killed with all its sessions: the load says so and ends, and the next one finishes."""
    assert isinstance(bench.databases, Postgresql)
    dice, server, outcomes = random.Random(fuzz_seed), bench.databases.server, Counter[str]()
    rounds = max(3, kills // 5)
    while outcomes.total() < rounds:
        url = bench.databases.copy(bench.loaded)
        run, moment = Load(bench.second, url), Moment.of(dice, bench.whole[1])
        told = f"DATELINE_FUZZ_SEED={fuzz_seed}: kill {outcomes.total() + 1} of the server, {moment}\n"
        code = run.wait(mark=moment.mark) if moment.mark else None
        code = run.wait(seconds=run.seconds + moment.seconds) if code is None else code
        if code is not None:
            continue
        server.kill()
        code = run.wait()
        assert code in (0, 1), told + run.printed
        assert "Traceback" not in run.printed, told + run.printed
        server.start()
        actual = interrupted_loads.state(url)
        assert actual in bench.states, told
        assert code == 1 or actual == bench.states[1], told
        outcomes["old" if actual == bench.states[0] else "new"] += 1
        load_seed(url, bench.second)
        assert interrupted_loads.state(url) == bench.states[1], told
    figures = f"{outcomes['old']} old, {outcomes['new']} new (seed {fuzz_seed})"
    figure(f"{rounds} PostgreSQL servers killed under a load: {figures}")


@pytest.mark.heavy
def test_a_killed_first_load_of_many_records_is_taken_back(tmp_path: Path) -> None:
    """Its pages are in the file already; whoever opens that next takes them out again."""
    invention.write(tmp_path / "many", 8_000)
    path = tmp_path / "dateline.db"
    url = f"sqlite:///{path}"
    environment = {**os.environ, "DATELINE_DATABASE_URL": url}
    command = [str(dateline()), "load", str(tmp_path / "many")]
    with subprocess.Popen(command, env=environment, start_new_session=True, stdout=subprocess.DEVNULL) as process:
        interrupted_loads.until(lambda: path.exists() and path.stat().st_size > 8_000_000, "pages are written")
        os.killpg(process.pid, signal.SIGKILL)
    journal = path.with_name("dateline.db-journal")
    assert journal.exists()
    assert journal.stat().st_size > 0
    with closing(Database(url)) as database, database.snapshot() as snapshot:
        assert snapshot.release.number == 0
    assert not journal.exists()
    load_seed(url, sample.write(sample.small(), tmp_path / "seed"))
    with closing(Database(url)) as database, database.snapshot() as snapshot:
        assert snapshot.release.number == 1
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
