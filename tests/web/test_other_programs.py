"""What others' programs say of the pages: Firefox, the Nu HTML checker and Lighthouse.

`pytest -m long tests/web/test_other_programs.py` runs them; they need Debian's `firefox-esr` and a Java (17 or newer)
beside what other tests need, and Lighthouse a machine that does nothing else.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.api.test_openapi import run
from tests.web.pages import PAGES

pytestmark = pytest.mark.long

APPS = Path(__file__).parent / "apps"


def needed(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name}")
    return found


def installed(app: str, folder: Path) -> Path:
    shutil.copytree(APPS / app, folder, dirs_exist_ok=True)
    run(folder, needed("npm"), "install", "--ignore-scripts", "--no-audit", "--no-fund")
    return folder


def test_firefox_shows_the_first_view(live: str, tmp_path: Path) -> None:
    """Map, time and figures on the first screen; and a filter changes the page there, too."""
    command = [needed("node"), "first_view.js", needed("firefox-esr"), live]
    told = subprocess.check_output(command, cwd=installed("firefox", tmp_path), text=True, timeout=300)
    found = json.loads(told)
    assert max(found["bottoms"]) <= 900
    assert set(found["states"]) == {"ready"}
    assert (found["dots"], found["rows"], found["provinces"], found["after"]) == (4, 42, 4, 6)
    assert found["width"] <= 1280
    assert found["complaints"] == []


def test_pages_are_valid_html(live: str, tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    for number, path in enumerate(PAGES):
        answer = httpx2.get(live + path, headers={"Accept": "text/html"})
        (folder / f"{number:02}.html").write_bytes(answer.content)
    jar = installed("checkers", tmp_path / "checkers") / "node_modules/vnu-jar/build/dist/vnu.jar"
    command = [needed("java"), "-jar", str(jar), "--format", "json", str(folder)]
    told = subprocess.run(command, stderr=subprocess.PIPE, timeout=300, check=False).stderr
    complaints: list[dict[str, Any]] = json.loads(told)["messages"]
    assert [(PAGES[int(Path(one["url"]).stem)], one["message"]) for one in complaints] == []


@pytest.mark.parametrize("path", ["/", "/incidents/kanoos-island-raid", "/people/hassan-al-soofy"])
def test_lighthouse_finds_little(live: str, tmp_path: Path, path: str) -> None:
    """95 or more of 100 in each of its four categories, on a telephone that is four times as slow as this machine."""
    folder = installed("checkers", tmp_path)
    command = [needed("node"), "node_modules/lighthouse/cli/index.js", live + path, "--quiet", "--output=json"]
    command += ["--output-path=told.json", "--chrome-flags=--headless --no-sandbox"]
    environment = {**os.environ, "CHROME_PATH": needed("chromium")}
    subprocess.run(command, cwd=folder, env=environment, timeout=300, check=True)
    categories = json.loads((folder / "told.json").read_text("utf-8"))["categories"]
    assert len(categories) == 4
    assert {name: one["score"] for name, one in categories.items() if one["score"] < 0.95} == {}
