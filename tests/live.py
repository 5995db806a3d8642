"""The service as users run it: `dateline serve` in a process of its own, on a free port of this machine."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

import pytest
import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from app.server import HTTP


def dateline() -> Path:
    """The command as it was installed beside this Python."""
    return Path(sys.executable).parent / "dateline"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(database_url: str, *options: str, **settings: str) -> Iterator[str]:
    """Serves a database; yields the base URL once the server answers. Raises with what it printed if it does not."""
    port = free_port()
    command: list[str | Path] = [dateline(), "serve", "--port", str(port), *options]
    environment = {**os.environ, **settings, "DATELINE_DATABASE_URL": database_url}
    with (
        TemporaryFile() as printed,
        subprocess.Popen(command, env=environment, stdout=printed, stderr=subprocess.STDOUT) as server,
    ):
        try:
            if not answers(port, server):
                printed.seek(0)
                raise RuntimeError(f"dateline serve does not answer: {printed.read().decode()}")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def answers(port: int, server: "subprocess.Popen[bytes]") -> bool:
    """Whether a server that was just started listens, sooner or later."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return True
    return False


def soon(condition: Callable[[], bool]) -> bool:
    """Whether it comes true within a time that no machine needs."""
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


@contextmanager
def listening(app: ASGIApp) -> Iterator[tuple[int, ServerState]]:
    """Serves an app in a thread, as `dateline serve` would; yields the port, and what the server knows of its
    connections."""
    config = uvicorn.Config(app, log_config=None, lifespan="on", **HTTP)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield listener.getsockname()[1], server.server_state
        finally:
            server.should_exit = True
            thread.join(60)


@pytest.fixture(scope="session")
def live(article_url: str) -> Iterator[str]:
    """The base URL of a running server over the shipped article. Tests only read it."""
    with serving(article_url) as base:
        yield base
