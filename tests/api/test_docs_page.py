"""The docs page in a real browser: everything is there, "Execute" works, nothing leaves the server."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from app.api.openapi import TAGS
from tests.browser import Tab


def policy(client: TestClient, path: str) -> dict[str, str]:
    """The Content-Security-Policy of a page, by directive."""
    parts = client.get(path).headers["content-security-policy"].split(";")
    return {name: value for name, _, value in (part.strip().partition(" ") for part in parts)}


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_allow_only_what_the_server_itself_sends(client: TestClient, path: str) -> None:
    actual = policy(client, path)
    assert actual["default-src"] == actual["base-uri"] == actual["frame-ancestors"] == "'none'"
    assert actual["script-src"] == "'self'"
    assert actual["connect-src"] == "'self'"
    assert "https:" not in str(actual)
    assert "unsafe-eval" not in str(actual)
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["referrer-policy"] == "no-referrer"


def test_only_the_docs_may_write_style_attributes(client: TestClient) -> None:
    assert policy(client, "/")["style-src"] == "'self'"
    assert policy(client, "/docs")["style-src"] == "'self' 'unsafe-inline'"


@pytest.mark.heavy
def test_every_operation_is_shown_under_its_tag(tab: Tab, client: TestClient) -> None:
    """Swagger UI 5.33 to 5.35 take operations off the screen out of the page (swagger-ui#11056), so 5.32 is served."""
    tab.page.goto("/docs")
    tab.page.wait_for_selector(".opblock-tag-section")
    assert tab.page.locator(".opblock-tag").evaluate_all("tags => tags.map(tag => tag.dataset.tag)") == [
        tag["name"] for tag in TAGS
    ]
    document: dict[str, Any] = client.get("/openapi.json").json()
    assert tab.page.locator(".opblock-summary-path").evaluate_all(
        "paths => paths.map(path => path.dataset.path).sort()"
    ) == sorted(path for path, operations in document["paths"].items() for _ in operations)
    assert tab.left == []
    assert tab.complaints == []


@pytest.mark.heavy
def test_execute_asks_this_server_and_shows_the_answer(tab: Tab) -> None:
    tab.page.goto("/docs#/incidents/listIncidents")
    operation = tab.page.locator("#operations-incidents-listIncidents")
    operation.locator(".execute").click()
    answer = operation.locator(".live-responses-table")
    answer.wait_for()
    assert answer.locator("tr.response td.response-col_status").inner_text().startswith("200")
    assert '"type": "incident"' in answer.locator(".highlight-code").first.inner_text()
    # Nothing is asked for that the reader did not choose.
    assert "q=" not in operation.locator(".request-url").inner_text()
    assert tab.left == []
    assert tab.complaints == []


@pytest.mark.heavy
def test_execute_reads_the_record_of_the_example(tab: Tab) -> None:
    tab.page.goto("/docs#/quotes/getQuote")
    operation = tab.page.locator("#operations-quotes-getQuote")
    operation.locator(".execute").click()
    answer = operation.locator(".live-responses-table")
    answer.wait_for()
    assert answer.locator("tr.response td.response-col_status").inner_text().startswith("200")
    assert tab.left == []
    assert tab.complaints == []
