"""`python -m tests.bench.listeners [--listeners 5000]`: what clients that listen to `/v1/changes/stream` cost.

Memory of one worker with and without them, the speed of a list beside them, and how long it takes from the end of a
load to the last listener's event. The archive is made for it, and its second release corrects one incident.
"""

import asyncio
import os
import resource
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from tests import sample
from tests.bench.load import Question, burst
from tests.bench.servers import BenchError, Server, service
from tests.live import dateline

_LIST = [Question("/v1/incidents?limit=50")]
_BEGINNING = "GET /v1/changes/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


class _Listeners:
    """Connections that have got their first event, and count the next."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def connect(self, number: int) -> None:
        for _ in range(number):
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            writer.write(_BEGINNING.encode())
            self._open.append((reader, writer))
            try:
                await reader.readuntil(b"id: 1\n")
            except asyncio.IncompleteReadError as error:
                raise BenchError(f"listener {len(self._open)} got {error.partial.decode()}") from error

    async def all_got(self, event: bytes) -> float:
        """The time when the last one has got it."""
        await asyncio.gather(*(reader.readuntil(event) for reader, _ in self._open))
        return time.monotonic()

    def close(self) -> None:
        for _, writer in self._open:
            writer.close()


async def _list_cpu(server: Server, seconds: float) -> float:
    """Microseconds of processor time of a list. `wrk` gives up after two seconds, which a busy machine may take."""
    return (await asyncio.to_thread(burst, server, _LIST, seconds, slow=True)).cpu_us


async def _measure(server: Server, url: str, folder: Path, number: int) -> None:
    alone, memory = await _list_cpu(server, 5), server.memory()
    listeners = _Listeners(server.port)
    await listeners.connect(number)
    beside = await _list_cpu(server, 20)
    grown = server.memory()
    typer.echo(f"{number} listeners: {grown / 1e6:.0f} MB, {(grown - memory) / 1e3 / number:.1f} kB each")
    typer.echo(
        f"a list beside them: {alone / beside:.2f} of its speed ({alone:.0f} -> {beside:.0f} us of processor time)"
    )
    got = asyncio.create_task(listeners.all_got(b"id: 2\n"))
    before = server.cpu()
    _load(url, sample.write(_corrected(), folder / "second"))
    loaded = time.monotonic()
    typer.echo(
        f"the last event {await got - loaded:.2f} s after the load, {server.cpu() - before:.2f} s of processor time"
    )
    listeners.close()


def _corrected() -> sample.Files:
    files = sample.small()
    files[sample.INCIDENTS][0]["title"] = "Shots at a ferry near Orsa"
    return files


def _load(url: str, seed: Path) -> None:
    environment = {**os.environ, "DATELINE_DATABASE_URL": url}
    subprocess.run([dateline(), "load", seed], check=True, stdout=subprocess.DEVNULL, env=environment)


def main(listeners: Annotated[int, typer.Option(help="How many listen.")] = 5_000) -> None:
    """Prints three figures."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/dateline.db"
        _load(url, sample.write(sample.small(), Path(folder) / "first"))
        with service("the service", url, {"DATELINE_CACHE_BYTES": "0"}) as server:
            asyncio.run(_measure(server, url, Path(folder), listeners))


if __name__ == "__main__":
    typer.run(main)
