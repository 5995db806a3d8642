"""`dateline preview` in a real browser: what an editor sees after each save, and that nothing is left behind."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from app.ingest.editing.examples import EXAMPLE_ARTICLE, example_file
from app.ingest.texts.passages import Text
from tests import sample
from tests.browser import PATIENCE, drawn, findings, visiting
from tests.conftest import serving
from tests.dossiers import write_example
from tests.live import answers, assert_no_errors, dateline, free_port
from tests.test_cli import dateline as command

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.heavy, pytest.mark.sqlite]

INCIDENTS = f"articles/{sample.ARTICLE}/incidents.yaml"


@contextmanager
def previewing(*arguments: str | Path) -> Iterator[str]:
    """The address of a running preview."""
    port = free_port()
    command = [dateline(), "preview", *arguments, "--port", str(port)]
    with (
        TemporaryDirectory() as folder,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "TMPDIR": folder}
        ) as process,
    ):
        try:
            assert answers(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)
            printed, _ = process.communicate(timeout=60)
        assert_no_errors(printed.decode())
        assert list(Path(folder).iterdir()) == []


def saved(page: "Page", told: str, where: str = "#preview") -> None:
    """Waits until the page shows what a save has changed. It loads itself anew, perhaps just when it is looked at, and
    twice when it sees a file that is half written."""
    from playwright.sync_api import Error

    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(Error):
            if told in " ".join(page.locator(where).all_inner_texts()):
                return
        page.wait_for_timeout(50)
    raise AssertionError(f"{where} never told {told}")


@pytest.fixture
def seed(tmp_path: Path) -> Path:
    return sample.write(sample.small(), tmp_path / "seed")


def test_mistakes_stand_beside_their_records_until_they_are_mended(
    browser: "Browser", seed: Path, tmp_path: Path
) -> None:
    (tmp_path / "text.txt").write_text(sample.TEXT, "utf-8")
    incident = sample.small()[INCIDENTS][0]
    with previewing(seed, "--text", tmp_path / "text.txt") as base, visiting(browser, base) as tab:
        page = drawn(tab.page, "/")
        panel = page.locator("#preview")
        assert "No mistakes." in panel.inner_text()
        card = page.locator(f"#list #{incident['id']}")
        assert card.count() == 1
        mended = (seed / INCIDENTS).read_text("utf-8")
        kind = f"kind: {incident['kind']}"
        assert mended.count(kind) >= 1
        (seed / INCIDENTS).write_text(mended.replace(kind, "kind: kiling", 1), "utf-8")
        saved(page, "1 mistake.")
        saved(page, "'kiling' is not in the vocabulary", f"#list #{incident['id']} .mistakes")
        assert incident["title"] in card.inner_text()
        assert page.locator("#list .incident").count() >= 2
        assert findings(tab) == []
        (seed / INCIDENTS).write_text(mended, "utf-8")
        saved(page, "No mistakes.")
        assert card.locator(".mistakes").count() == 0
        assert tab.complaints == []
        assert tab.left == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["seed", "text.txt"]


def test_an_article_is_written_from_its_text_on(browser: "Browser", tmp_path: Path) -> None:
    """By the commands alone: it begins empty, words wait for `anchor`, and then the incidents are there, first in the
    preview, then in a release, and corrected in the next. Without the text, coverage has numbers only; a file that
    cannot be read is told."""
    text = tmp_path / "text.txt"
    text.write_text(example_file("text.txt"), "utf-8")
    assert command("new", EXAMPLE_ARTICLE, "--text", text, cwd=tmp_path).returncode == 0
    seed = tmp_path / "seed"
    folder = seed / "articles" / EXAMPLE_ARTICLE
    with previewing(seed) as base, visiting(browser, base) as tab:
        page = drawn(tab.page, "/")
        panel = page.locator("#preview")
        assert "No mistakes." in panel.inner_text()
        assert page.locator("#list .incident").count() == 0
        write_example(seed)
        saved(page, "dateline anchor")
        assert command("anchor", "--text", text, cwd=tmp_path).returncode == 0
        saved(page, "No mistakes.")
        drawn(page)
        assert page.locator("#list .incident").count() == 3
        assert "not verified: give its text with --text" in panel.inner_text()
        panel.locator("details.coverage summary").click()
        assert panel.locator("meter").count() == len(Text(example_file("text.txt")).paragraphs)
        assert panel.locator(".sentences").count() == 0
        with urlopen(f"{base}/v1/incidents", timeout=30) as answer:
            assert b"preview.js" not in answer.read()
        incidents = (folder / "incidents.yaml").read_text("utf-8")
        (folder / "incidents.yaml").write_text("- id: [", "utf-8")
        saved(page, "this is not YAML")
        assert page.locator("#list .incident").count() == 0
    corrected = "low: 70\n      high: 70\n      correction: {date: 2021-07-03, text: There were seventy.}"
    url = f"sqlite:///{tmp_path}/archive.db"
    for release, figure in enumerate(("low: 60\n      high: 60", corrected), 1):
        (folder / "incidents.yaml").write_text(incidents.replace("low: 60\n      high: 60", figure), "utf-8")
        assert "no mistakes" in command("check", cwd=tmp_path).stdout
        assert "spans hold" in command("verify", "--text", text, cwd=tmp_path).stdout
        done = command("load", "--strict", "--text", text, cwd=tmp_path, url=url)
        assert f"release {release}: 1 article, 3 incidents" in done.stdout, done.stderr
    with serving(url) as client:
        told = {
            entry["id"]: entry["correction"]["text"] for entry in client.get("/v1/corrections?since=1").json()["data"]
        }
        assert told == {"school-evacuated": "There were seventy."}
        assert client.get("/v1/casualties/school-evacuated").json()["data"]["low"] == 70
