"""Servers in processes of their own, pinned to their cores, and what they cost. Linux only (`/proc`)."""

import os
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryFile
from threading import Event, Thread

from tests.live import dateline, free_port

ROOT = Path(__file__).parent.parent.parent
_TICKS = os.sysconf("SC_CLK_TCK")
_PATIENCE = 120.0
_LOOK_EVERY = 0.01
_IDLE, _LONG_ENOUGH = 0.03, 2.5
"""Seconds of processor time in so many seconds that tell that a server has nothing to do."""

CORES = sorted(os.sched_getaffinity(0))
CLIENT_CORE, SERVER_CORE = CORES[0], CORES[-1]


class BenchError(Exception):
    """A server does not start, or answers something else than its twin."""


@dataclass(frozen=True)
class Memory:
    """Peaks in bytes: all that is resident, and what of it is not the page cache's."""

    resident: int
    anonymous: int


@dataclass(frozen=True)
class Server:
    """A running server, by its first process; workers are that one's children."""

    name: str
    port: int
    process: int

    def cpu(self) -> float:
        """Seconds of processor time that it has used, user and system, its workers included."""
        return sum(map(_cpu, self._processes()))

    def settle(self) -> None:
        """Waits until it has done what it does of its own accord, as preparing what it counts by."""
        used = -1.0
        while self.cpu() - used > _IDLE:
            used = self.cpu()
            time.sleep(_LONG_ENOUGH)

    def memory(self) -> int:
        """Bytes of memory in use, its workers included. What they share is counted once."""
        return sum(map(_own_bytes, self._processes()))

    def _processes(self) -> list[int]:
        children = Path(f"/proc/{self.process}/task/{self.process}/children").read_text()
        return [self.process, *map(int, children.split())]

    @contextmanager
    def watched(self) -> Iterator[list[Memory]]:
        """Looks at its memory all the while; the list holds the peaks when the block has ended."""
        seen: list[Memory] = []
        peaks: list[Memory] = []
        over = Event()

        def look() -> None:
            while True:
                if (used := _memory(self.process)) is not None:
                    seen.append(used)
                if over.wait(_LOOK_EVERY):
                    return

        watcher = Thread(target=look)
        watcher.start()
        try:
            yield peaks
        finally:
            over.set()
            watcher.join()
            peaks.append(Memory(max(one.resident for one in seen), max(one.anonymous for one in seen)))


def session_bytes(session: int) -> int:
    """Bytes of memory in use by all processes of a session. What they share is counted once."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ProcessLookupError):  # a process that has just ended
            if os.getsid(int(folder.name)) == session:
                total += _own_bytes(int(folder.name))
    return total


def _own_bytes(process: int) -> int:
    """Proportional set size: a page that several processes share counts as its part for each."""
    text = Path(f"/proc/{process}/smaps_rollup").read_text()
    size = text.partition("\nPss:")[2].split()
    return int(size[0]) * 1024 if size else 0


def _cpu(process: int) -> float:
    after_name = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / _TICKS


def _memory(process: int) -> Memory | None:
    """None once it has ended: nothing of its memory is left then."""
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines())
    if "VmRSS" not in lines:
        return None
    return Memory(*(int(lines[name].split()[0]) * 1024 for name in ("VmRSS", "RssAnon")))


@contextmanager
def service(
    name: str, database_url: str, settings: Mapping[str, str], workers: int = 1, program: Sequence[str] = ()
) -> Iterator[Server]:
    """The service, as `dateline serve` runs it: a single worker on the servers' core, several on all cores. `program`
    is the command of another installation, or of a service that is made otherwise."""
    command = [*(program or [str(dateline())]), "serve", "--workers", str(workers)]
    cores = {SERVER_CORE} if workers == 1 else set(CORES)
    with _serving(name, command, {"DATELINE_DATABASE_URL": database_url, **settings}, cores) as server:
        yield server


@contextmanager
def application(name: str, factory: str, **settings: str) -> Iterator[Server]:
    """Another application, on the same uvicorn with the same options."""
    command = [sys.executable, "-m", "uvicorn", factory, "--factory", "--log-level", "warning"]
    with _serving(name, command, settings) as server:
        yield server


@contextmanager
def _serving(
    name: str, command: list[str], settings: dict[str, str], cores: Collection[int] = (SERVER_CORE,)
) -> Iterator[Server]:
    port = free_port()
    with (
        TemporaryFile() as printed,
        subprocess.Popen(
            [*command, "--port", str(port)],
            cwd=ROOT,
            env={**os.environ, **settings},
            stdout=printed,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        # Before it has threads; they inherit it.
        os.sched_setaffinity(process.pid, cores)
        try:
            if not _answers(port, process):
                printed.seek(0)
                raise BenchError(f"{name} does not answer: {printed.read().decode()}")
            yield Server(name, port, process.pid)
        except (BenchError, OSError) as error:
            if (status := process.poll()) is None:
                raise
            printed.seek(0)
            raise BenchError(f"{error}; {name} had ended with {status}: {printed.read().decode()}") from error
        finally:
            process.terminate()


def _answers(port: int, process: "subprocess.Popen[bytes]") -> bool:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.connect()
        except OSError:
            time.sleep(0.05)
        else:
            return True
        finally:
            connection.close()
    return False
