"""A real browser: Debian's Chromium, driven by Playwright, that may talk to the server under test and nobody else."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, Route

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

PATIENCE = 60
"""Seconds that a condition may take to come true: two slow cores may be busy with other tests."""


@dataclass
class Tab:
    """A page, and what went wrong on it: requests that wanted to leave the server, messages of the console."""

    page: "Page"
    left: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Chromium without a window; skips where it, or Playwright, is missing. Not for the session: as long as it is
    there, Playwright's event loop runs in this thread, and no test could call `asyncio.run`."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is missing: install the extra 'clients'")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium: install Debian's package of that name")
    with playwright.sync_playwright() as driver:
        actual = driver.chromium.launch(executable_path=chromium, args=QUIET)
        yield actual
        actual.close()


@pytest.fixture
def tab(browser: "Browser", live: str) -> Iterator[Tab]:
    """An empty page over the running server, with a memory of its own."""
    with visiting(browser, live) as opened:
        yield opened


@contextmanager
def visiting(browser: "Browser", base: str) -> Iterator[Tab]:
    """An empty page over the server at a base URL."""
    context = browser.new_context(base_url=base, viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(120_000)  # two slow cores may be busy with other tests
    actual = Tab(context.new_page())

    def keep_inside(route: "Route") -> None:
        if route.request.url.startswith(f"{base}/") or route.request.url.startswith("data:"):
            route.continue_()
        else:
            actual.left.append(route.request.url)
            route.abort()

    context.route("**/*", keep_inside)
    actual.page.on(
        "console", lambda message: actual.complaints.append(message.text) if message.type == "error" else None
    )
    actual.page.on("pageerror", lambda error: actual.complaints.append(str(error)))
    yield actual
    context.close()


def until(page: "Page", condition: str) -> None:
    """Waits for a condition. Playwright's own waiting needs `eval` in the page, which its policy forbids."""
    deadline = time.monotonic() + PATIENCE
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, f"never came true: {condition}"
        page.wait_for_timeout(20)


def drawn(page: "Page", path: str | None = None) -> "Page":
    """Opens an address, if one is given, and waits until its view is drawn."""
    if path is not None:
        page.goto(path)
    until(page, "document.getElementById('main').getAttribute('aria-busy') !== 'true'")
    return page


def ids(cards: "Locator") -> list[str]:
    actual: list[str] = cards.evaluate_all("cards => cards.map(card => card.id)")
    return actual


def findings(tab: Tab, without: str = "") -> list[str]:
    """What axe has to say against the page as it is, but for the elements `without`. Small targets are asked about as
    well, which axe does not do by itself."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is missing: install 'clients'")
    context = {"exclude": [[without]]} if without and tab.page.locator(without).count() else None
    options = {"rules": {"target-size": {"enabled": True}}}
    results = axe.Axe().run(tab.page, context, options).response
    assert len(results["passes"]) > 10
    return [f"{entry['id']}: {entry['nodes'][0]['html']}" for entry in results["violations"]]
