"""The loop that the README shows keeps a copy in sync with a running server, over two releases."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.settings import ROOT
from tests import sample
from tests.conftest import load_seed, serving
from tests.copies import pulled
from tests.live import serving as serving_live
from tests.sample import INCIDENTS, record

SERVER = "http://127.0.0.1:8000"


def shown() -> str:
    """The loop as the README shows it."""
    section = (ROOT / "README.md").read_text("utf-8").partition("\n## Staying in sync\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    assert len(blocks) == 1
    return str(blocks[0])


def run(base: str, folder: Path) -> tuple[int, dict[str, object]]:
    """Runs it as a reader would, in small pages; the release and the records of the copy by their address."""
    code = shown()
    assert code.count(SERVER) == code.count("limit=500") == 1
    code = code.replace(SERVER, base).replace("limit=500", "limit=4")
    subprocess.run([sys.executable, "-I", "-c", code], cwd=folder, check=True, timeout=60)
    (file,) = folder.glob("*.json")
    copy = json.loads(file.read_text("utf-8"))
    return copy["release"], copy["records"]


def today(client: TestClient) -> dict[str, object]:
    return {document["url"]: document for document in pulled(client).values()}


def test_the_loop_is_ten_lines_of_the_standard_library() -> None:
    lines = [line for line in shown().splitlines() if line.strip()]
    assert len(lines) <= 10
    assert lines[0].startswith("import ")
    assert set(re.findall(r"\w+", lines[0])) - {"import", "request"} <= set(sys.stdlib_module_names)


@pytest.mark.heavy
def test_the_loop_follows_two_releases(database_url: str, tmp_path: Path) -> None:
    seed, copy = tmp_path / "seed", tmp_path / "copy"
    copy.mkdir()
    files = sample.small()
    load_seed(database_url, sample.write(files, seed))
    with serving_live(database_url) as base, serving(database_url) as client:
        assert run(base, copy) == (1, today(client))
        record(files, "places.yaml", "orsa")["name"] = "Orsaby"
        mill = record(files, INCIDENTS, "mill-search")
        mill.clear()
        mill.update(id="mill-search", removed={"reason": "Retracted by the paper"})
        load_seed(database_url, sample.write(files, seed))
        before = today(client)
        assert "/v1/incidents/mill-search" not in before
        assert run(base, copy) == (2, before)
        assert run(base, copy) == (2, before)
