"""What pages of other origins see of an answer, and what tools see of a page that asks again."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.live import elsewhere

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.heavy

MAX_AGE_SECONDS = 10
"""For so long a browser uses an answer again without asking."""


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """An empty page whose context has a cache: with routes, as other tests have them, there is none."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_a_page_of_another_origin_sees_sizes_and_times(page: "Page", live: str) -> None:
    with elsewhere("<!doctype html><title>Elsewhere</title>") as other:
        page.goto(other)
        seen: dict[str, Any] = page.evaluate(
            """async (url) => {
                const response = await fetch(url);
                await response.arrayBuffer();
                const [entry] = performance.getEntriesByName(url);
                return {
                    size: entry.transferSize,
                    connected: entry.responseStart >= entry.requestStart && entry.requestStart > 0,
                    steps: entry.serverTiming.map(({ name, duration }) => [name, duration >= 0]),
                    field: response.headers.get("Server-Timing"),
                };
            }""",
            f"{live}/v1/incidents?limit=7&sort=title",
        )
    assert seen["size"] > 1000
    assert seen["connected"]
    assert seen["steps"] == [["parse", True], ["wait", True], ["query", True], ["build", True]]
    assert seen["field"].startswith("parse;dur=")


def test_the_network_comes_to_rest_on_every_visit(page: "Page", live: str) -> None:
    """Also when what a browser has is no longer fresh: it is asked for in the foreground, once, and so has an end."""
    url = f"{live}/v1/incidents?limit=1"
    script = f"fetch('{url}').then((answer) => answer.json()).then(() => {{ window.read = true; }})"
    begun: list[str] = []
    ended: list[str] = []
    page.on("request", lambda request: begun.append(request.url))
    for event in ("requestfinished", "requestfailed"):
        page.on(event, lambda request: ended.append(request.url))
    with elsewhere(f"<!doctype html><title>Elsewhere</title><script>{script}</script>") as other:
        for visit, wait_ms in ((1, 0), (2, (MAX_AGE_SECONDS + 1) * 1000)):
            page.wait_for_timeout(wait_ms)
            page.goto(other, wait_until="networkidle")
            assert page.evaluate("window.read")
            assert begun.count(url) == ended.count(url) == visit
