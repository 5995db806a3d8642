"""Every page is for everybody: what axe says of it in each mode and width, how long it is on a phone, how it prints.

Of `/docs` axe is not asked about what Swagger UI draws: that markup is its own, and so is its length.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.browser import Tab, drawn, findings, until, visiting
from tests.web.pages import PAGES

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SCREENSHOTS = Path(os.environ.get("DATELINE_SCREENSHOTS", ".ci/artifacts"))

MODES: dict[str, tuple[dict[str, Any], str]] = {
    "light": ({"color_scheme": "light"}, ""),
    "dark": ({"color_scheme": "dark"}, ""),
    "forced": ({"forced_colors": "active"}, ""),
    "rtl": ({}, "ar"),
}
"""What a browser is told, and the language that is asked for."""

WIDTHS = (320, 1920, 768, 1280)

SWAGGER = "#docs"
"""What Swagger UI draws."""


@pytest.fixture(scope="module")
def shared(browser: "Browser", live: str) -> Iterator[Tab]:
    """One page for all tests, which remembers its files."""
    with visiting(browser, live) as opened:
        yield opened


def opened(tab: Tab, path: str, mode: str, width: int) -> None:
    """Opens a page in a mode and at a width, with everything that can be unfolded."""
    media, language = MODES[mode]
    tab.page.set_viewport_size({"width": width, "height": 800})
    tab.page.emulate_media(**{"color_scheme": "light", "forced_colors": "none", **media})
    shown = urlsplit(path)
    if language and not path.startswith(("/docs", "/problems")):
        path = shown._replace(query="&".join(filter(None, (shown.query, f"lang={language}")))).geturl()
    tab.page.goto("about:blank")  # another part of the same page alone would not load it
    if shown.path == "/docs":
        tab.page.goto(path)
        until(tab.page, "document.querySelector('.swagger-ui .opblock')")
    else:
        drawn(tab.page, path)
    tab.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")


def check(tab: Tab, path: str, mode: str, width: int) -> None:
    opened(tab, path, mode, width)
    assert findings(tab, without=SWAGGER) == [], (path, mode, width)
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, mode, width)
    assert tab.left == []


@pytest.mark.heavy
@pytest.mark.parametrize("mode", MODES)
def test_axe_finds_nothing(shared: Tab, mode: str) -> None:
    """A quarter of the pages in each mode, the widths in turn."""
    number = list(MODES).index(mode)
    for turn, path in enumerate(PAGES[number :: len(MODES)]):
        check(shared, path, mode, WIDTHS[(turn + number) % len(WIDTHS)])


@pytest.mark.long
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_anywhere(shared: Tab, mode: str, width: int) -> None:
    """All pages in all modes. A picture of each is kept to look at."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for path in PAGES:
        check(shared, path, mode, width)
        name = path.strip("/").translate(str.maketrans("/?=&#", "-----")) or "front"
        shared.page.screenshot(path=SCREENSHOTS / f"{name}-{mode}-{width}.png", full_page=path != "/docs")


@pytest.mark.heavy
def test_no_page_is_endless(shared: Tab) -> None:
    """At 360 px: twelve screens, 3,000 elements, 200 stops of the Tab key."""
    shared.page.set_viewport_size({"width": 360, "height": 800})
    shared.page.emulate_media(color_scheme="light", forced_colors="none")
    measured = """() => [document.documentElement.scrollHeight / innerHeight, document.querySelectorAll("*").length,
        [...document.querySelectorAll("a, button, input, select, summary, [tabindex]")]
            .filter(one => one.tabIndex >= 0 && one.checkVisibility()).length]"""
    for path in PAGES:
        if path == "/docs":
            continue
        screens, elements, stops = drawn(shared.page, path).evaluate(measured)
        assert screens <= 12, path
        assert elements <= 3000, path
        assert stops <= 200, path


@pytest.mark.heavy
@pytest.mark.parametrize("path", ["/", "/incidents/kanoos-island-raid", "/articles/foltyn-us-iran-isis-2020"])
def test_pages_are_printed_without_tools(shared: Tab, path: str) -> None:
    """With what is folded away on the screen, and on few sheets."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    shared.page.set_viewport_size({"width": 794, "height": 1123})
    drawn(shared.page, path)
    shared.page.emulate_media(media="print", color_scheme="dark", forced_colors="none")
    seen = "all => all.filter(one => one.checkVisibility()).map(one => one.outerHTML.slice(0, 80))"
    assert shared.page.locator("nav, form, button, input, .button, .skip").evaluate_all(seen) == []
    colours = "(one => [one.color, one.backgroundColor])(getComputedStyle(document.body))"
    assert shared.page.evaluate(colours) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    assert shared.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert shared.page.locator("svg").first.is_visible()
    for claims in shared.page.locator("#figures details > ul").all():
        assert claims.bounding_box(), "who gives a figure, and where"
    printed = shared.page.pdf(path=SCREENSHOTS / f"printed-{path.rpartition('/')[2] or 'front'}.pdf", format="A4")
    assert printed.count(b"/Type /Page\n") <= 14
    shared.page.emulate_media(media="screen")
