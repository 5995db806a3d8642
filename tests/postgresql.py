"""Throwaway PostgreSQL servers from the system's binaries, over Unix sockets in temporary folders: one, or one with
replicas; stopped, killed, hung and promoted as tests like."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import NullPool, create_engine, inspect, make_url, text

PATIENCE = 120.0
"""Seconds that anything may take; two slow cores may be busy with other tests."""

_OPTIONS = "-c listen_addresses='' -c fsync=off -c full_page_writes=off"


def binaries() -> Path | None:
    """The newest PostgreSQL there is; `PG_BINDIR` chooses another."""
    if chosen := os.environ.get("PG_BINDIR"):
        return Path(chosen)
    actual = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if actual:
        return actual[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


def run(program: str, *arguments: str | Path) -> None:
    """As the user `postgres` where the tests run as root, because the server refuses root."""
    bindir = binaries()
    if bindir is None:
        raise RuntimeError("no PostgreSQL binaries; install Debian's package postgresql or set PG_BINDIR")
    user = "postgres" if os.geteuid() == 0 else None
    subprocess.run((bindir / program, *arguments), check=True, capture_output=True, user=user, cwd="/")


@dataclass(frozen=True)
class Server:
    """A server by its folder, which holds its socket and its data."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, database: str = "postgres", user: str = "dateline") -> str:
        return f"postgresql+psycopg://{user}@/{database}?host={self.folder}"

    def run(self, sql: str, database: str = "postgres") -> list[Any]:
        """The rows of a statement's answer, each statement on its own; the first column where there is one."""
        engine = create_engine(self.url(database), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            result = connection.execute(text(sql))
            return list(result.scalars()) if result.returns_rows else []

    def start(self) -> None:
        options = f"-k {self.folder} {_OPTIONS}"
        log = self.folder / "log"
        run("pg_ctl", "-D", self.data, "-w", "-t", str(PATIENCE), "-l", log, "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        run("pg_ctl", "-D", self.data, "-w", "-t", str(PATIENCE), "-m", mode, "stop")

    def kill(self) -> None:
        """Ends it as a failing machine would, all processes at once."""
        processes = self._processes()
        self._signal(signal.SIGKILL)
        deadline = time.monotonic() + PATIENCE
        while any(_is_alive(process) for process in processes):
            assert time.monotonic() < deadline, "killed, but still there"
            time.sleep(0.01)
        # Where nobody buries the dead they would be taken for a server that is still running.
        for lock in (self.data / "postmaster.pid", *self.folder.glob(".*.lock")):
            lock.unlink()

    def hang(self) -> None:
        """It keeps its connections, takes new ones even, and says nothing."""
        self._signal(signal.SIGSTOP)

    def wake(self) -> None:
        self._signal(signal.SIGCONT)

    def promote(self) -> None:
        run("pg_ctl", "-D", self.data, "-w", "-t", str(PATIENCE), "promote")

    def remove(self) -> None:
        if (self.data / "postmaster.pid").exists():
            self.wake()
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _processes(self) -> list[int]:
        """The server's own process, then those that it has started."""
        first = int((self.data / "postmaster.pid").read_text().split()[0])
        return [first, *(int(one) for one in Path(f"/proc/{first}/task/{first}/children").read_text().split())]

    def _signal(self, number: signal.Signals) -> None:
        # Once it is stopped it can start no others.
        os.kill(self._processes()[0], signal.SIGSTOP)
        for process in self._processes():
            with suppress(ProcessLookupError):  # it was just coming to its end
                os.kill(process, number)


def _is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@contextmanager
def running() -> Iterator[Server]:
    """A server, started."""
    with _folder() as server:
        run("initdb", "-D", server.data, "-U", "dateline", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        server.start()
        yield server


@contextmanager
def replica(primary: Server) -> Iterator[Server]:
    """A server that follows another one, started."""
    with _folder() as server:
        source = ("-h", primary.folder, "-U", "dateline")
        run("pg_basebackup", *source, "-D", server.data, "-R", "-X", "stream", "-c", "fast", "--no-sync")
        server.start()
        yield server


@contextmanager
def _folder() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="dateline-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    server = Server(folder)
    try:
        yield server
    finally:
        server.remove()


@contextmanager
def server() -> Iterator[str]:
    """A running server; yields the URL of its maintenance database."""
    with running() as actual:
        yield actual.url()


def create(url: str, template: str = "template1") -> None:
    """Makes a database of this name, a copy of another one."""
    _maintain(url, f"CREATE DATABASE {make_url(url).database} TEMPLATE {template}")


def drop(url: str) -> None:
    """Takes a database away, with the connections that it still has."""
    _maintain(url, f"DROP DATABASE {make_url(url).database} WITH (FORCE)")


def copy(source: str, url: str) -> None:
    """Replaces a database by a copy of another one on its server."""
    drop(url)
    create(url, str(make_url(source).database))


def is_empty(url: str) -> bool:
    """Whether a database has no tables yet."""
    engine = create_engine(url, poolclass=NullPool)
    return not inspect(engine).get_table_names()


def _maintain(url: str, sql: str) -> None:
    engine = create_engine(make_url(url).set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(sql))


def together(*servers: Server, database: str, **parameters: str) -> str:
    """The URL of a database on several servers, for whichever of them the driver chooses."""
    url = make_url(servers[0].url(database))
    hosts = tuple(str(server.folder) for server in servers)
    return url.update_query_dict({"host": hosts, **parameters}).render_as_string(hide_password=False)
