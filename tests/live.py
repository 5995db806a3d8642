"""The service as users run it: `dateline serve` in a process of its own, on a free port of this machine.

A test fails if the server it ran has logged an error, whatever it answered.
"""

import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import pytest
import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from app.server.uvicorn_server import UVICORN_OPTIONS


def dateline() -> Path:
    """The command as it was installed beside this Python."""
    return Path(sys.executable).parent / "dateline"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(
    database_url: str, *options: str, log: Path | None = None, program: Path | None = None, **settings: str
) -> Iterator[str]:
    """Serves a database; yields the base URL once the server answers. Raises with what it printed if it does not, and
    if there is an error in it; `log` is a file to print it to, `program` the command of another installation."""
    port = free_port()
    command: list[str | Path] = [program or dateline(), "serve", "--port", str(port), *options]
    environment = {**os.environ, **settings, "DATELINE_DATABASE_URL": database_url}
    with (
        TemporaryFile() if log is None else log.open("w+b") as printed,
        subprocess.Popen(command, env=environment, stdout=printed, stderr=subprocess.STDOUT) as server,
    ):
        try:
            if not answers(port, server):
                raise RuntimeError(f"dateline serve does not answer: {_text(printed)}")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(90)
        assert_no_errors(_text(printed))


def _text(printed: IO[bytes]) -> str:
    printed.seek(0)
    return printed.read().decode()


def assert_no_errors(log: str) -> None:
    """Fails for what a server has printed if something went wrong that it did not plan for."""
    wrong = [line for line in log.splitlines() if "Traceback" in line or '"level": "error"' in line]
    assert not wrong, "\n".join(wrong)[:5000]


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


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether it comes true within a time that no machine needs."""
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


ENDLESS = "/v1/changes/stream"
"""The answer without an end, which tests of all operations cannot read. `api/test_change_stream.py` has it."""


@contextmanager
def listening(app: ASGIApp, *, errors: bool = False) -> Iterator[tuple[int, ServerState]]:
    """Serves an app in a thread, as `dateline serve` would; yields the port, and what the server knows of its
    connections. Nothing may go wrong there that is not planned for, unless `errors` are expected."""
    config = uvicorn.Config(app, log_config=None, lifespan="on", **UVICORN_OPTIONS)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener, _captured_errors() as errors_logged:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield listener.getsockname()[1], server.server_state
        finally:
            server.should_exit = True
            thread.join(60)
        assert errors or not errors_logged, "\n".join(errors_logged)[:5000]


@contextmanager
def _captured_errors() -> Iterator[list[str]]:
    """The errors that are logged meanwhile."""
    errors_logged: list[str] = []
    formatter = logging.Formatter()

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            errors_logged.append(formatter.format(record))

    listener = Listener(logging.ERROR)
    loggers = [logging.getLogger(name) for name in ("dateline", "uvicorn.error")]
    for logger in loggers:
        logger.addHandler(listener)
    try:
        yield errors_logged
    finally:
        for logger in loggers:
            logger.removeHandler(listener)


@pytest.fixture(scope="session")
def live(article_url: str) -> Iterator[str]:
    """The base URL of a running server over the shipped article. Tests only read it."""
    with serving(article_url) as base:
        yield base


@contextmanager
def elsewhere(page: str) -> Iterator[str]:
    """Serves one page on an origin of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join(60)
