"""`dateline serve` in its own processes: graceful shutdown, logging and Prometheus metrics."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import IncompleteRead
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests import sample
from tests.conftest import NewDatabase, load_seed
from tests.live import answers, assert_no_errors, dateline, eventually, free_port
from tests.server.test_streams import NOTE, PLACES, _add_places
from tests.test_cli import environment

pytestmark = pytest.mark.heavy


@dataclass
class Running:
    """A server that was started for one test, and where it writes its log."""

    port: int
    process: "subprocess.Popen[bytes]"
    printed: Path

    def open(self, path: str) -> Any:
        return urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60)

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.printed.read_text("utf-8").splitlines()]

    def refuses(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
        except ConnectionRefusedError:
            return True
        return False


@contextmanager
def running(url: str, folder: Path, *options: str) -> Iterator[Running]:
    port, printed = free_port(), folder / "log"
    command: list[str | Path] = [dateline(), "serve", "--port", str(port), *options]
    settings = {**environment(url), "TMPDIR": str(folder)}
    with printed.open("wb") as log:
        process = subprocess.Popen(command, env=settings, cwd=folder, stdout=subprocess.DEVNULL, stderr=log)
    try:
        assert answers(port, process), printed.read_text("utf-8")
        yield Running(port, process, printed)
    finally:
        process.kill()
        process.wait(60)
    assert_no_errors(printed.read_text("utf-8"))


@pytest.fixture(scope="module")
def many_url(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Places whose download is larger than the buffers between two processes."""
    url = new_database()
    load_seed(url, sample.write(sample.small(), tmp_path_factory.mktemp("many")))
    _add_places(url, (f"place-{number:05}" for number in range(PLACES)))
    return url


WORKERS = pytest.mark.parametrize("workers", ["1", "2"])


@WORKERS
def test_the_first_signal_lets_downloads_end(many_url: str, tmp_path: Path, workers: str) -> None:
    with running(many_url, tmp_path, "--workers", workers) as server:
        with server.open("/v1/places.ndjson") as download:
            first = download.read(1000)
            server.process.send_signal(signal.SIGTERM)
            assert eventually(server.refuses)
            assert server.process.poll() is None
            whole = first + download.read()
        assert len(whole.splitlines()) == PLACES + 3
        assert len(whole) > PLACES * len(NOTE)
        assert server.process.wait(60) == 0
        (line,) = [line for line in server.log() if line.get("route") == "/v1/places.ndjson"]
        assert (line["status"], line["bytes"], line.get("complete", True)) == (200, len(whole), True)
    assert list(tmp_path.iterdir()) == [tmp_path / "log"]


@pytest.mark.parametrize(("workers", "number"), [("1", signal.SIGINT), ("1", signal.SIGTERM), ("2", signal.SIGTERM)])
def test_the_second_signal_ends_at_once(many_url: str, tmp_path: Path, workers: str, number: signal.Signals) -> None:
    with (
        running(many_url, tmp_path, "--workers", workers) as server,
        server.open("/v1/places.ndjson") as download,
    ):
        download.read(1000)
        server.process.send_signal(number)
        assert eventually(server.refuses)
        server.process.send_signal(number)
        assert abs(server.process.wait(30)) % 128 == number
        with suppress(ConnectionError, IncompleteRead):
            assert len(download.read()) < PLACES * len(NOTE)


INTERRUPTED = """
import signal, sys, uvicorn
from app.main import create_app
from app.server.uvicorn_server import serve

def config(*args, begin=uvicorn.Config, **options):
    try:  # as in a callback, whose exceptions are printed and forgotten
        signal.raise_signal(int(sys.argv[1]))
    except KeyboardInterrupt:
        pass
    return begin(*args, **options)

uvicorn.Config = config
serve(create_app, "127.0.0.1", int(sys.argv[2]), int(sys.argv[3]), access_log=False, metrics=None)
"""
"""A service that gets a signal while it begins, where nothing but a handler of signals would notice."""


@WORKERS
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_the_start_is_not_lost(many_url: str, tmp_path: Path, workers: str, number: int) -> None:
    command = [sys.executable, "-c", INTERRUPTED, str(int(number)), str(free_port()), workers]
    # `run` kills what does not end.
    ended = subprocess.run(command, env=environment(many_url), cwd=tmp_path, timeout=60, check=False)
    assert ended.returncode == 0


def test_a_worker_that_dies_while_it_is_asked_holds_nothing_up(many_url: str, tmp_path: Path) -> None:
    with running(many_url, tmp_path, "--workers", "2") as server:
        stopped = _workers(server)[0]
        os.kill(stopped, signal.SIGSTOP)
        time.sleep(1.5)  # every half a second it is asked
        os.kill(stopped, signal.SIGKILL)
        killed = time.monotonic()
        assert eventually(lambda: len(_workers(server)) == 2 and stopped not in _workers(server))
        assert time.monotonic() - killed < 30, "it was waited for"
        server.open("/v1/places/orsa").close()
        server.process.terminate()
        assert server.process.wait(60) == 0


def _workers(server: Running) -> list[int]:
    """The processes that serve; one more looks after what they share."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    commands = {int(child): Path(f"/proc/{child}/cmdline").read_text() for child in children}
    return [child for child, command in commands.items() if "spawn_main" in command]


def test_the_log_can_be_left_out(many_url: str, tmp_path: Path) -> None:
    with running(many_url, tmp_path, "--no-access-log") as server:
        server.open("/v1/places/orsa").close()
        server.process.terminate()
        assert server.process.wait(60) == 0
        assert server.log() == []


def figures(port: int) -> dict[tuple[str, ...], float]:
    """The name of every figure and its labels, in the order of their names, with its value."""
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
        families = list(text_string_to_metric_families(answer.read().decode()))
    samples = [sample for family in families for sample in family.samples]
    return {(sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value for sample in samples}


@WORKERS
def test_figures_for_prometheus(many_url: str, tmp_path: Path, workers: str) -> None:
    port, requests, hits = free_port(), "dateline_requests_total", ("none", "hit")
    expected = {
        (requests, "none", "/v1/places", "2xx"): 20,
        (requests, "none", "/v1/people/{id}", "4xx"): 20,
        (requests, "none", "none", "4xx"): 20,
        ("dateline_request_seconds_count", "/v1/places"): 20,
        ("dateline_release",): 1,
        ("dateline_streams",): 0,
        ("dateline_waiting_reads",): 0,
    }
    with running(many_url, tmp_path, "--workers", workers, "--metrics-port", str(port)) as server:
        for number in range(20):
            server.open(f"/v1/places?limit={number + 1}").close()
            for path in (f"/nothing/{number}", f"/v1/people/nobody-{number}"):
                with pytest.raises(HTTPError):
                    server.open(path)
        assert eventually(lambda: expected.items() <= figures(port).items()), figures(port)
        assert {key[2] for key in figures(port) if key[0] == requests} == {"/v1/places", "/v1/people/{id}", "none"}
        for _ in range(4):
            server.open("/v1/releases").close()

        def answered() -> list[float]:
            told = figures(port)
            return [told.get((requests, cache, "/v1/releases", "2xx"), 0) for cache in hits]

        # A request is counted when it is over, which may be a moment after its answer was read.
        assert eventually(lambda: sum(answered()) == 4), figures(port)
        assert answered()[1] >= 4 - int(workers), "each worker makes the answer once"
        with pytest.raises(HTTPError):
            server.open("/metrics")
        with server.open("/v1/places.ndjson") as download:
            download.read(1000)
            assert eventually(lambda: figures(port).get(("dateline_streams",), 0) == 1)
            if workers == "2":
                _kill_workers(tmp_path)
                assert eventually(lambda: figures(port).get(("dateline_streams",), 0) == 0), (
                    "the dead have no downloads"
                )
                assert figures(port)[requests, "none", "/v1/places", "2xx"] == 20, "what they did is not forgotten"
        server.process.terminate()
        assert server.process.wait(60) == 0
    assert list(tmp_path.iterdir()) == [tmp_path / "log"]


def _kill_workers(folder: Path) -> None:
    for file in folder.glob("dateline-metrics-*/gauge_livesum_*.db"):
        os.kill(int(file.stem.rpartition("_")[2]), signal.SIGKILL)
