"""The service under plain `uvicorn app.main:app`, without our own command."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from httpx2 import get

from app.settings import ROOT
from tests.api.test_contract import QUERY_SECONDS, assert_contract_kept
from tests.conftest import Figure
from tests.live import answers, assert_no_errors, free_port

pytestmark = pytest.mark.heavy


@contextmanager
def plain_uvicorn(database_url: str, log: Path) -> Iterator[str]:
    """Serves a database as everybody tries FastAPI first; yields the base URL."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--port", str(port), "app.main:app"]
    environment = os.environ | {"DATELINE_DATABASE_URL": database_url, "DATELINE_QUERY_SECONDS": QUERY_SECONDS}
    with log.open("wb") as printed:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=printed, stderr=subprocess.STDOUT)
    with process:
        try:
            assert answers(port, process), log.read_text("utf-8")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(60)
    assert_no_errors(log.read_text("utf-8"))


def test_uvicorn_serves_the_application(article_url: str, live: str, tmp_path: Path) -> None:
    """Its answers are those of `dateline serve`, from memory and not."""
    with plain_uvicorn(article_url, tmp_path / "log") as base:
        for path in ("/v1/incidents?limit=1", "/v1/places/kanoos-island", "/v1/nothing", "/"):
            for _ in range(2):
                answer, expected = (get(f"{server}{path}") for server in (base, live))
                assert answer.status_code == expected.status_code
                assert answer.content.replace(b"http://127.0.0.1:8000", b"") == expected.content.replace(
                    live.encode(), b""
                )
                assert answer.headers.get("dateline-release") == expected.headers.get("dateline-release")


def test_every_operation_keeps_its_contract_under_plain_uvicorn(
    article_url: str, tmp_path: Path, figure: Figure, fuzz_seed: int
) -> None:
    # What each parameter takes is told by the same application: that phase, and many examples, are for our own server.
    with plain_uvicorn(article_url, tmp_path / "log") as base:
        assert_contract_kept(base, tmp_path, figure, 5, fuzz_seed, ("examples", "fuzzing", "stateful"))


def test_importing_the_module_creates_no_application() -> None:
    code = "from app import main; assert 'app' not in vars(main); assert main.app is main.app"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
