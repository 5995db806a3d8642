"""What an installation without extras answers: made by pip in an environment of its own, as users make it."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx2
import pytest

from tests import live

ROOT = Path(__file__).parent.parent.parent

MISSING = {
    "/v1/incidents.parquet": "columnar",
    "/v1/places.arrow?limit=1": "columnar",
    "/v1/tiles/incidents.json": "maps",
    "/v1/tiles/incidents/0/0/0.mvt": "maps",
    "/pictures/front.png": "maps",
}
THERE = ("/v1/incidents.csv", "/v1/incidents.xlsx", "/v1/incidents.geojson", "/v1/dataset.zip", "/")


def run(*command: str | Path, **variables: str) -> None:
    """Runs a program that sees nothing of the environment of these tests."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        command, env=environment | variables, cwd=tempfile.gettempdir(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.heavy
@pytest.mark.sqlite
def test_what_is_not_installed_is_501_with_the_line_that_installs_it(tmp_path: Path) -> None:
    environment = tmp_path / "venv"
    run(sys.executable, "-m", "venv", environment)
    run(environment / "bin/python", "-m", "pip", "install", "--quiet", ROOT)
    database, dateline = f"sqlite:///{tmp_path}/dateline.db", environment / "bin/dateline"
    run(dateline, "load", DATELINE_DATABASE_URL=database)  # the article that is shipped
    with live.serving(database, program=dateline) as base, httpx2.Client(base_url=base) as client:
        for url, extra in MISSING.items():
            response = client.get(url)
            assert (response.status_code, response.json()["type"]) == (501, "/problems/not-installed"), url
            assert f"pip install -e '.[{extra}]'" in response.json()["detail"], url
        for url in THERE:
            response = client.get(url)
            assert (response.status_code, bool(response.content)) == (200, True), url
