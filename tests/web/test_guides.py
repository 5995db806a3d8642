"""The guides are pages of the service, and whatever leads to one finds it."""

import re

import pytest
from starlette.testclient import TestClient

from app.settings import ROOT

README = (ROOT / "README.md").read_text("utf-8")
GUIDES = {path.stem: path.read_text("utf-8") for path in sorted((ROOT / "app/web/guides").glob("*.md"))}


def test_every_guide_is_a_page_and_in_the_index(client: TestClient) -> None:
    index = client.get("/docs/guides").text
    assert GUIDES
    for name, source in GUIDES.items():
        title = re.match("# (.+)\n", source)
        page = client.get(f"/docs/{name}")
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert title
        assert f"<h1>{title[1]}</h1>" in page.text
        assert f'<a href="/docs/{name}">{title[1]}</a>' in index
        assert page.text.count("<table>") == len(re.findall(r"^\|-", source, re.MULTILINE))
        assert [line for line in page.text.splitlines() if line.startswith(("| ", "## ", "```"))] == []


@pytest.mark.parametrize("source", [README, *GUIDES.values()], ids=["README", *GUIDES])
def test_paths_of_pages_that_are_named_exist(client: TestClient, source: str) -> None:
    named = {*re.findall(r"(?:\(|`|:8000)(/(?:docs|problems)[\w/-]*)", source)}
    assert [path for path in named if client.get(path).status_code != 200] == []
    files = re.findall(r"\]\(((?:app|tests)/[\w/.]+)\)", source)
    assert [name for name in files if not (ROOT / name).exists()] == []


def test_headings_are_anchors(client: TestClient) -> None:
    assert '<h2 id="postgresql">PostgreSQL</h2>' in client.get("/docs/running").text


def test_a_guide_that_there_is_not_is_not_found(client: TestClient) -> None:
    assert client.get("/docs/runing").status_code == 404
