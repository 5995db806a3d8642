"""Searching everything: results by type, what may have been meant, suggestions while typing."""

import re
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from tests.browser import Tab, drawn, findings, until
from tests.web.test_front_page import text


def test_results_come_by_type(client: TestClient) -> None:
    page = client.get("/search?q=kanoos").text
    found = client.get("/v1/search?q=kanoos&limit=100").json()
    assert f"{found['meta']['matched']} records with" in text(page)
    headings = re.findall(r"<h2>(\w+)", page)
    assert {"Places", "Incidents", "People"} <= set(headings)
    for kind, path in (("place", "places"), ("incident", "incidents")):
        own = client.get(f"/v1/search?q=kanoos&type={kind}&limit=8").json()["data"]
        assert own
        assert all(f'href="/{path}/{one["id"]}"' in page for one in own)
    assert "/v1/search?q=kanoos" in page, "as data"


def test_what_may_have_been_meant_is_a_link(client: TestClient) -> None:
    page = client.get("/search?q=kanos").text
    assert 'href="/search?q=kanoos"' in page
    assert "Did you mean “kanoos”?" in text(page)
    assert "Nothing in the reporting has" in text(page)
    assert client.get("/search").status_code == 200
    hostile = client.get(f"/search?q={quote('<script>')}").text
    assert "<script>" not in hostile.partition("<main")[2]


@pytest.mark.heavy
def test_suggestions_come_while_typing(tab: Tab, client: TestClient) -> None:
    page = drawn(tab.page, "/")
    box = page.get_by_role("combobox", name="Search everything")
    box.press_sequentially("kano", delay=20)
    until(page, "document.querySelectorAll('#suggestions [role=option]').length > 3")
    suggested = page.locator("#suggestions [role=option]").all_inner_texts()
    records = client.get("/v1/search?q=kano*&limit=7").json()["data"]
    assert all(any(one["label"] in words for words in suggested) for one in records)
    assert any("filter: 3 incidents" in words for words in suggested), "a value of a filter"
    assert findings(tab) == []
    box.press("ArrowDown")
    chosen = page.locator("#suggestions [aria-selected=true]")
    assert chosen.count() == 1
    assert box.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    box.press("Escape")
    assert page.locator("#suggestions").is_hidden()
    box.fill("")
    box.press_sequentially("kanos", delay=20)
    page.get_by_role("option", name="Did you mean “kanoos”?").wait_for()
    box.press("ArrowDown")
    box.press("Enter")
    page.wait_for_url("**/search?q=kanoos")
    assert tab.complaints == []
    assert tab.left == []
