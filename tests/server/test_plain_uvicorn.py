"""The service under plain `uvicorn app.main:app`, without our own command."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

from app.settings import ROOT
from tests.live import answers, assert_no_errors, free_port


def test_uvicorn_serves_the_application(article_url: str, tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "log"
    command = [sys.executable, "-m", "uvicorn", "--port", str(port), "app.main:app"]
    environment = {**os.environ, "DATELINE_DATABASE_URL": article_url}
    with log.open("wb") as printed:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=printed, stderr=subprocess.STDOUT)
    with process:
        try:
            assert answers(port, process), log.read_text("utf-8")
            with urlopen(f"http://127.0.0.1:{port}/v1/incidents?limit=1", timeout=60) as response:
                assert (response.status, response.headers["Dateline-Release"]) == (200, "1")
        finally:
            process.terminate()
            process.wait(60)
    assert_no_errors(log.read_text("utf-8"))


def test_importing_the_module_creates_no_application() -> None:
    code = "from app import main; assert 'app' not in vars(main); assert main.app is main.app"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
