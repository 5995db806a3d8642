"""Several worker processes over one database: each of them sees a new release, whoever has loaded it."""

import os
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest

from tests import sample
from tests.conftest import Figure, load_seed
from tests.live import dateline, serving
from tests.server.traffic import TIMEOUT_SECONDS

pytestmark = pytest.mark.heavy

WORKERS = 2
LIST = "/v1/incidents?sort=-date"


class Visitor:
    """One kept-alive connection to one of the workers."""

    def __init__(self, base: str, stack: ExitStack) -> None:
        self._client = stack.enter_context(httpx2.Client(base_url=base, timeout=TIMEOUT_SECONDS))

    def visit(self) -> int:
        """The release of a list, made or from memory."""
        return int(self._client.get(LIST).headers["dateline-release"])

    def worker(self) -> int:
        """The process at the other end, as Linux tells."""
        stream = self._client.get("/healthz").extensions["network_stream"]
        (_, mine), (_, its) = stream.get_extra_info("client_addr"), stream.get_extra_info("server_addr")
        (line,) = (
            line.split()
            for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
            if line.split()[1].endswith(f":{its:04X}") and line.split()[2].endswith(f":{mine:04X}")
        )
        return _owner(f"socket:[{line[9]}]")


def _owner(socket: str) -> int:
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if os.readlink(descriptor) == socket:
                return int(descriptor.parts[2])
        except OSError:
            continue
    raise AssertionError("nobody is at the other end")


def test_every_worker_sees_a_release_at_once(database_url: str, tmp_path: Path, figure: Figure) -> None:
    files = sample.small()
    load_seed(database_url, sample.write(files, tmp_path))
    with ExitStack() as stack:
        base = stack.enter_context(serving(database_url, "--workers", str(WORKERS)))
        visitors: dict[int, Visitor] = {}
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while len(visitors) < WORKERS:
            assert time.monotonic() < deadline, "all connections lead to one worker"
            visitor = Visitor(base, stack)
            visitors.setdefault(visitor.worker(), visitor)
        assert {visitor.visit() for visitor in visitors.values()} == {1}
        sample.record(files, sample.INCIDENTS, "ferry-shooting")["title"] = "Guards fire on a ferry twice"
        load = subprocess.Popen(
            [dateline(), "load", sample.write(files, tmp_path)],
            env={**os.environ, "DATELINE_DATABASE_URL": database_url},
            stdout=subprocess.DEVNULL,
        )
        seen: dict[int, float] = {}
        while len(seen) < WORKERS:
            assert time.monotonic() < deadline + TIMEOUT_SECONDS, "a worker never saw the release"
            for worker, visitor in visitors.items():
                if visitor.visit() == 2:
                    seen.setdefault(worker, time.monotonic())
        assert load.wait(TIMEOUT_SECONDS) == 0
        # Whoever has seen it goes on seeing it.
        assert {visitor.visit() for visitor in visitors.values() for _ in range(10)} == {2}
    apart = max(seen.values()) - min(seen.values())
    figure(f"{WORKERS} workers saw a new release within {apart * 1000:.0f} ms of each other")
