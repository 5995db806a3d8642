"""Everything with an id has a page: what is known, its passages, what stands against it, its history, its data."""

import html
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.records import RECORD_TYPES
from tests.conftest import load_seed, serving
from tests.sample import INCIDENTS, record, small, write
from tests.web.test_front_page import text

LISTS = [name for name in RECORD_TYPES if name != "incidents"]


def shown(client: TestClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.text


def first(client: TestClient, name: str, asked: str = "") -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/v1/{name}?limit=1{asked}").json()["data"][0]
    return found


@pytest.mark.heavy
@pytest.mark.parametrize("name", LISTS)
def test_a_record_has_a_page(client: TestClient, name: str) -> None:
    one = first(client, name)
    page = shown(client, f"/{name}/{one['id']}")
    words = one.get("text") or one.get("gist") or one.get("label") or one.get("title") or one.get("name")
    assert (words or one["incident"]["label"]) in text(page)
    if one["note"]:
        assert one["note"] in text(page)
    for span in one.get("evidence", []):
        assert html.escape(span["url"]) in page
    assert f'href="{one["url"]}"' in page, "its data"
    assert f'href="{one["url"]}/history"' in page
    assert f"/{name}/{one['id']}?release=1" in page, "a permanent link"
    assert "added, version 1" in " ".join(text(page).split())
    assert f"/v1/{name}" in shown(client, f"/{name}")


@pytest.mark.heavy
def test_pages_link_to_pages_that_are_there(small_client: TestClient) -> None:
    """All of them: whoever follows links never gets lost."""
    seen, ahead = set[str](), {"/"}
    while ahead:
        path = ahead.pop()
        seen.add(path)
        answer = small_client.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 200, path
        if answer.headers["content-type"].startswith("text/html") and not path.startswith("/docs"):
            links = {
                html.unescape(one).partition("#")[0] for one in re.findall(r'<a [^>]*href="(/[^"]*)"', answer.text)
            }
            ahead |= {one for one in links if not one.startswith(("/v1", "/docs")) and "lang=" not in one} - seen
    kinds = {path.split("/")[1].partition("?")[0] for path in seen}
    assert kinds >= {"people", "places", "organizations", "quotes", "statements", "casualties", "articles", "releases"}


def test_what_stands_against_a_record_is_on_its_page(client: TestClient) -> None:
    statement = first(client, "statements", "&contested=true")
    page = text(shown(client, f"/statements/{statement['id']}"))
    for other in (*statement["contradicts"], *statement["contradicted_by"]):
        whole = client.get(f"/v1/{RECORD_TYPES_BY_TYPE[other['type']]}/{other['id']}").json()["data"]
        assert (whole.get("gist") or whole["text"]) in page
    quoted = next(one for one in statement["contradicts"] if one["type"] == "quote")
    assert statement["gist"] in text(shown(client, f"/quotes/{quoted['id']}"))


RECORD_TYPES_BY_TYPE = {one.type: name for name, one in RECORD_TYPES.items()}


def test_a_person_is_found_where_they_appear(client: TestClient) -> None:
    page = shown(client, "/people/hassan-al-soofy")
    assert 'href="/organizations/local-intelligence"' in page
    for one in client.get("/v1/quotes?speaker=hassan-al-soofy").json()["data"]:
        assert one["text"] in text(page)
    for one in client.get("/v1/incidents?actor=hassan-al-soofy").json()["data"]:
        assert f'href="/incidents/{one["id"]}"' in page


@pytest.mark.heavy
def test_an_article_shows_what_is_taken_from_each_paragraph_and_not_its_text(client: TestClient) -> None:
    article = first(client, "articles")
    page = shown(client, f"/articles/{article['id']}")
    passages: list[dict[str, Any]] = []
    cursor = ""
    while cursor is not None:
        answer = client.get(f"/v1/articles/{article['id']}/evidence?limit=500{cursor and f'&cursor={cursor}'}").json()
        passages, cursor = passages + answer["data"], answer["meta"]["next_cursor"]
    rows = re.findall(r"<tr.*?</tr>", page.partition('class="coverage"')[2], re.DOTALL)[1:]
    assert len(rows) == len(article["paragraphs"])
    for row, paragraph in zip(rows, article["paragraphs"], strict=True):
        own = [one for one in passages if one["paragraph"] == paragraph["number"]]
        covered = len({place for one in own for place in range(one["start"], one["end"])})
        assert f"{covered:,} of {paragraph['length']:,} characters" in text(row)
        assert ("href" in row) == bool(own)


@pytest.mark.heavy
def test_claims_about_the_same_people_stand_side_by_side(small_client: TestClient) -> None:
    claims = small_client.get("/v1/casualties?limit=500").json()["data"]
    competing = [one for one in claims if one["harm"] and one["harm"]["claims"] > 1]
    for one in competing:
        page = shown(small_client, f"/casualties/{one['id']}")
        for other in competing:
            if other["id"] != one["id"] and other["harm"]["id"] == one["harm"]["id"]:
                assert f'href="/casualties/{other["id"]}"' in page


@pytest.mark.heavy
def test_history_tells_what_changed_and_what_was_corrected(database_url: str, tmp_path: Path) -> None:
    files = small()
    load_seed(database_url, write(files, tmp_path))
    changed = record(files, INCIDENTS, "mill-search")
    changed["title"] = "The mill is searched"
    changed["correction"] = {"date": "2022-02-01", "text": "It was the mill alone."}
    load_seed(database_url, write(files, tmp_path))
    with serving(database_url) as client:
        page = text(shown(client, "/incidents/mill-search"))
        assert "The mill is searched" in page.partition("/title")[2]
        assert "Corrected on 1 February 2022:" in page
        assert "It was the mill alone." in page
        release = shown(client, "/releases/2")
        assert 'href="/incidents/mill-search"' in release
        assert "It was the mill alone." in text(release)
        before = text(shown(client, "/incidents/mill-search?release=1"))
        assert "The mill is searched" not in before.partition("History")[0]


def test_what_is_not_there_is_a_page_too(client: TestClient) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    for path in (
        "/people/nobody",
        "/quotes/nothing",
        "/releases/99",
        "/releases/x",
        "/nothing/at/all",
        "/embed/nothing",
    ):
        answer = client.get(path, headers=browser)
        assert answer.status_code == 404, path
        assert answer.headers["content-type"].startswith("text/html")
        assert 'href="/"' in answer.text
    wrong = client.get("/people?rol=victim", headers=browser)
    assert wrong.status_code == 400
    assert "role" in text(wrong.text)


@pytest.mark.parametrize(
    ("path", "page"),
    [("/people/hassan-al-sofy", "/people/hassan-al-soofy"), ("/person/eric-hill", "/people/eric-hill")],
)
def test_a_lost_reader_is_led_to_a_page_or_to_the_search(client: TestClient, path: str, page: str) -> None:
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert f'<a href="{page}">{page}</a>?' in answer.text
    assert "/v1/people" not in answer.text
    assert client.get(page).status_code == 200
    search = re.search(r'href="(/search\?q=[^"]+)"', answer.text)
    assert search
    assert path.rsplit("/")[-1].replace("-", "%20") in search[1]
    assert client.get(search[1]).status_code == 200
    machine = client.get(path, headers={"Accept": "application/json"}).json() if path.startswith("/person") else None
    assert machine is None or "/v1/people/eric-hill" in machine["detail"]


def test_lists_go_on_and_take_filters(client: TestClient) -> None:
    page = shown(client, "/people?limit=30&role=victim")
    people = client.get("/v1/people?limit=30&role=victim").json()["data"]
    assert all(one["label"] in text(page) for one in people)
    more = re.search(r'rel="next" href="([^"]+)"', shown(client, "/statements"))
    assert more is not None
    assert shown(client, html.unescape(more[1]))
