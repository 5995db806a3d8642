"""What other sites and search engines take from the pages: heads, sitemaps, frames; and news of a release."""

import html
import re
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from starlette.testclient import TestClient

from app.records import RECORD_TYPES
from tests.browser import drawn, until, visiting
from tests.conftest import load_seed
from tests.live import elsewhere
from tests.live import serving as running
from tests.sample import INCIDENTS, record, small, write

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAGES = ("/", "/incidents/kubaiba-raid", "/people/hassan-al-soofy", "/search?q=raid", "/docs", "/releases/1")
EMBEDS = ("figures", "map", "timeline", "quotes", "incidents", "quotes/al-soofy-raids-and-isis")


def locations(xml: str) -> list[str]:
    root = ElementTree.fromstring(xml)
    return [one.text or "" for one in root.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]


def test_sitemaps_hold_the_page_of_every_record(client: TestClient) -> None:
    base = "http://127.0.0.1:8000"
    assert f"Sitemap: {base}/sitemap.xml" in client.get("/robots.txt").text
    found: set[str] = set()
    for url in locations(client.get("/sitemap.xml").text):
        part = client.get(url.removeprefix(base))
        assert part.headers["content-type"].startswith("application/xml")
        found |= set(locations(part.text))
    for name in RECORD_TYPES:
        for one in client.get(f"/v1/{name}?limit=500&fields=id").json()["data"]:
            assert f"{base}/{name}/{one['id']}" in found
    for path in (
        "/sitemaps/people-2.xml",
        "/sitemaps/people-0.xml",
        "/sitemaps/nothing-1.xml",
        "/sitemaps/people-x.xml",
    ):
        assert client.get(path).status_code == 404, path


def test_heads_say_what_a_link_leads_to(client: TestClient) -> None:
    page = client.get("/people/hassan-al-soofy").text
    meta = dict(re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)">', page))
    assert meta["og:title"] == meta["twitter:title"] == "Hassan al-Soofy – person – Dateline"
    assert len(meta["og:description"]) > 20
    assert meta["og:type"] == "article"
    assert meta["og:url"] == "http://127.0.0.1:8000/people/hassan-al-soofy"
    assert '<link rel="canonical" href="http://127.0.0.1:8000/people/hassan-al-soofy">' in page
    assert 'hreflang="ar" href="http://127.0.0.1:8000/people/hassan-al-soofy?lang=ar"' in page
    assert '<link rel="alternate" type="application/json" href="/v1/people/hassan-al-soofy">' in page
    feeds = re.findall(r'<link rel="alternate" type="([^"]+)" title="[^"]+" href="([^"]+)"', client.get("/").text)
    assert {kind for kind, _ in feeds} == {"application/atom+xml", "application/feed+json"}
    assert all(client.get(html.unescape(url)).status_code == 200 for _, url in feeds)


def test_only_embeds_may_be_framed(client: TestClient) -> None:
    for path in PAGES:
        assert "frame-ancestors 'none'" in client.get(path).headers["content-security-policy"], path
    for name in EMBEDS:
        answer = client.get(f"/embed/{name}")
        assert answer.status_code == 200
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors * file:" in policy
        strict = client.get("/").headers["content-security-policy"]
        assert policy.replace("* file:", "'none'") == strict
        assert "set-cookie" not in answer.headers


@pytest.mark.heavy
def test_embeds_stand_on_another_page(browser: "Browser", live: str) -> None:
    """At 320 px, with the code that the page offers, and without a request to anybody else."""
    context = browser.new_context(viewport={"width": 320, "height": 2400})
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    drawn(page, f"{live}/?kind=joint_raid")
    code = page.locator("#snippets pre").nth(2).text_content() or ""
    assert code.count("<iframe") == 4
    with elsewhere(f"<!doctype html><title>News</title>{code}") as other:
        asked.clear()
        page.goto(other)
        for number, name in enumerate(("figures", "map", "timeline", "quotes")):
            frame = page.locator("iframe").nth(number).element_handle().content_frame()
            assert frame is not None
            frame.wait_for_url(f"{live}/embed/{name}?kind=joint_raid")
            frame.locator(f"#{name} *").first.wait_for()
            assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert all(url.startswith((live, other)) for url in asked)
    context.close()


@pytest.mark.heavy
@pytest.mark.sqlite
def test_a_new_release_is_announced_and_not_swapped_in(browser: "Browser", database_url: str, tmp_path: Path) -> None:
    files = small()
    load_seed(database_url, write(files, tmp_path))
    with running(database_url) as base, visiting(browser, base) as tab:
        page = drawn(tab.page, "/")
        cards = page.locator("#list").inner_text()
        record(files, INCIDENTS, "mill-search")["title"] = "The mill is searched"
        load_seed(database_url, write(files, tmp_path))
        until(page, "document.getElementById('news').textContent !== ''")
        assert "Release 2 has been published" in page.locator("#news").inner_text()
        assert page.locator("#list").inner_text() == cards
        page.locator("#news a").click()
        until(page, "document.body.innerText.includes('The mill is searched')")
        assert tab.complaints == []
