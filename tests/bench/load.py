"""Load on a server, from the core beside it: `wrk` where it is installed, else a small client of our own.

Both keep some connections busy, without pipelining, and ask the questions in rotation. The client of our own ends by
waiting for the answers that it has asked for, so that the processor time of slow answers is divided by all of them; it
is therefore used for everything that takes milliseconds.
"""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import cycle
from multiprocessing import get_context
from multiprocessing.synchronize import Event as EventType
from pathlib import Path
from statistics import quantiles
from typing import Any, cast

import uvloop

from tests.bench.servers import BenchError, Server

WRK = shutil.which("wrk")
CONNECTIONS = 16
_PATIENCE = 120.0
_TELLING = 1_000_000
_LAST_CHUNK = b"0\r\n\r\n"


@dataclass(frozen=True)
class Question:
    """A path with its query; with `etag` the client says that it has the answer."""

    path: str
    etag: str | None = None

    def head(self, port: int) -> bytes:
        condition = f"If-None-Match: {self.etag}\r\n" if self.etag else ""
        return f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{condition}\r\n".encode()


@dataclass(frozen=True)
class Burst:
    """What a server did with some seconds of load: answers a second, its processor time for each, and latency."""

    per_second: float
    cpu_us: float
    p99_ms: float


def burst(
    server: Server,
    questions: Sequence[Question],
    seconds: float,
    *,
    connections: int = CONNECTIONS,
    slow: bool = False,
) -> Burst:
    """Puts load on a server. Raises BenchError for any answer that is not 200 or 304."""
    before = server.cpu()
    drive = _wrk if WRK and seconds >= 1 and not slow else _own
    answers, took, p99 = drive(server.port, questions, seconds, connections)
    return Burst(answers / took, (server.cpu() - before) / answers * 1e6, p99 * 1e3)


_Driven = tuple[int, float, float]
"""Answers, seconds, and the 99th percentile of the latency in seconds."""

_SCRIPT = Path(__file__).parent / "questions.lua"


def _wrk(port: int, questions: Sequence[Question], seconds: float, connections: int) -> _Driven:
    lines = "\n".join(f"{question.path}\t{question.etag or ''}" for question in questions)
    command = [str(WRK), "-t1", f"-c{connections}", f"-d{round(seconds)}s", "-s", str(_SCRIPT)]
    ran = subprocess.run(
        [*command, f"http://127.0.0.1:{port}"],
        env={**os.environ, "BENCH_QUESTIONS": lines},
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=_give_way,
    )
    parsed = json.loads(ran.stdout.splitlines()[-1])
    if parsed["errors"] or not parsed["answers"]:
        raise BenchError(f"wrk met {parsed['errors']} errors in {parsed['answers']} answers")
    return parsed["answers"], parsed["seconds"], parsed["p99"]


def _give_way() -> None:
    """Where the load shares a core with a server, it does not break into its work whenever an answer comes."""
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def _own(port: int, questions: Sequence[Question], seconds: float, connections: int) -> _Driven:
    return uvloop.run(_ask(port, questions, seconds, connections))


async def _ask(port: int, questions: Sequence[Question], seconds: float, connections: int) -> _Driven:
    loop, heads = asyncio.get_running_loop(), cycle([question.head(port) for question in questions])
    latencies: list[float] = []
    started = time.perf_counter()
    clients: list[_Client] = []
    for _ in range(connections):
        _, client = await loop.create_connection(
            lambda: _Client(heads, started + seconds, latencies, loop.create_future()), "127.0.0.1", port
        )
        clients.append(client)
    async with asyncio.timeout(seconds + _PATIENCE):
        await asyncio.gather(*(client.done for client in clients))
    took = time.perf_counter() - started
    p99 = quantiles(latencies, n=100)[98] if len(latencies) > 1 else latencies[0]
    return len(latencies), took, p99


class _Client(asyncio.Protocol):
    """One connection: asks, waits for the whole answer, asks again until the time is over."""

    def __init__(
        self, heads: Iterator[bytes], until: float, latencies: list[float], done: "asyncio.Future[None]"
    ) -> None:
        self._heads = heads
        self._until = until
        self._latencies = latencies
        self.done = done
        self._received = bytearray()
        self._is_whole: Callable[[bytearray], bool] | None = None
        self._asked = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._is_whole is None and (end := self._received.find(b"\r\n\r\n")) > 0:
            self._is_whole = self._ending(bytes(self._received[:end]).lower())
        if self._is_whole is not None and self._is_whole(self._received):
            now = time.perf_counter()
            self._latencies.append(now - self._asked)
            if now < self._until:
                self._next()
            else:
                self.done.set_result(None)
                self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(BenchError(f"the server closed the connection: {error}"))

    def _next(self) -> None:
        self._received.clear()
        self._is_whole = None
        self._asked = time.perf_counter()
        self._transport.write(next(self._heads))

    def _ending(self, head: bytes) -> Callable[[bytearray], bool]:
        """Returns what tells, from all that has come, whether an answer with this head is whole."""
        if head.startswith(b"http/1.1 304"):
            return lambda received: True
        if head.startswith(b"http/1.1 200"):
            if b"\r\ntransfer-encoding: chunked" in head:
                return lambda received: received.endswith(_LAST_CHUNK)
            _, separator, rest = head.partition(b"\r\ncontent-length:")
            if separator:
                size = len(head) + len(b"\r\n\r\n") + int(rest.split(b"\r\n", 1)[0])
                return lambda received: len(received) >= size
        self.done.set_exception(BenchError(f"the server answered {head.splitlines()[0].decode()}"))
        self._transport.close()
        return lambda received: False


def answer(server: Server, path: str) -> tuple[list[tuple[str, str]], bytes]:
    """Headers and body of one answer. Raises BenchError unless it is 200."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=600)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise BenchError(f"{server.name} answered {response.status} to {path}: {body[:300].decode()}")
        return response.getheaders(), body
    finally:
        connection.close()


def transfer(server: Server, path: str, longest: float = 600) -> tuple[int, float]:
    """Bytes and seconds of a download, head and framing included, or of so many seconds of it, if they were enough for
    a megabyte. Raises BenchError for one that breaks off."""
    started, size, tail = time.perf_counter(), 0, b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=600) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        head = connection.recv(2**20)
        if not head.startswith(b"HTTP/1.1 200"):
            raise BenchError(f"{server.name} answered {head[:100].decode()} to {path}")
        size = len(head)
        while data := connection.recv(2**20):
            size += len(data)
            tail = (tail + data)[-len(_LAST_CHUNK) :]
            if (took := time.perf_counter() - started) > longest and size > _TELLING:
                return size, took
    if b"content-length" not in head.lower() and tail != _LAST_CHUNK:
        raise BenchError(f"{server.name} broke off {path}")
    return size, time.perf_counter() - started


@contextmanager
def downloading(server: Server, path: str) -> Iterator[None]:
    """Somebody downloads all the while, again and again, in a process of its own."""
    with _beside("download", _download, server, path):
        yield


@contextmanager
def asking(server: Server, questions: Sequence[Question], clients: int) -> Iterator[None]:
    """Some clients ask all the while, each the next question as soon as it has an answer, in a process of their own."""
    with _beside("asking", _ask_on, server.port, questions, clients):
        yield


@contextmanager
def _beside(name: str, work: Callable[..., None], *arguments: Any) -> Iterator[None]:
    context = get_context("spawn")
    begun = context.Event()
    client = context.Process(target=work, args=(*arguments, begun), daemon=True)
    client.start()
    try:
        if not begun.wait(60):
            raise BenchError(f"the {name} beside it does not begin")
        yield
        if not client.is_alive():
            raise BenchError(f"the {name} beside it failed")
    finally:
        client.terminate()
        client.join()


def _download(server: Server, path: str, begun: EventType) -> None:
    begun.set()
    while True:
        transfer(server, path)


def _ask_on(port: int, questions: Sequence[Question], clients: int, begun: EventType) -> None:
    _own(port, questions, 0, clients)  # what is made once for all who ask
    begun.set()
    while True:
        _own(port, questions, 60, clients)
