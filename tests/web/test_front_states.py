"""The pages in every state and width, with every sort of name: what axe says of them, and how they look."""

import copy
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from tests import live as running
from tests.browser import Tab, drawn, findings, ids, until, visiting
from tests.conftest import NewDatabase, load_seed
from tests.sample import INCIDENTS, record, small, write

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

pytestmark = pytest.mark.heavy

PAGES = (
    "/",
    "/?kind=joint_raid",
    "/?bbox=43,35,44,36",
    "/?q=zzzz",
    "/?kidn=x",
    "/incidents/kubaiba-raid",
    "/incidents/joint-raids-2019",
    "/incidents/nope",
)
WIDTHS = (320, 768, 1600)
SCREENSHOTS = Path(os.environ.get("DATELINE_SCREENSHOTS", ".ci/artifacts"))
ARABIC = "مطحنة النهر"
HOSTILE = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
MANY = 501
PATIENCE = 60


def dark(tab: Tab) -> None:
    tab.page.emulate_media(color_scheme="dark")


@pytest.fixture(scope="module")
def small_live(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server over the small dossier with a name in Arabic, words that would be markup, and many more incidents."""
    files = small()
    record(files, "places.yaml", "orsa")["name"] = ARABIC
    record(files, "people.yaml", "jon-berg")["name"] = "يونس (بيرغ)"
    record(files, INCIDENTS, "mill-search")["title"] = HOSTILE
    record(files, INCIDENTS, "ferry-shooting")["title"] = f"Guards fire near {ARABIC} (2021)"
    for number in range(MANY):
        extra: dict[str, Any] = copy.deepcopy(record(files, INCIDENTS, "boat-stopped"))
        files[INCIDENTS].append(extra | {"id": f"boat-{number}", "title": f"Boat {number}"})
    url = new_database()
    load_seed(url, write(files, tmp_path_factory.mktemp("many")))
    with running.serving(url) as base:
        yield base


@pytest.fixture
def small_tab(browser: "Browser", small_live: str) -> Iterator[Tab]:
    with visiting(browser, small_live) as opened:
        yield opened


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(tab: Tab, path: str, scheme: str) -> None:
    if scheme == "dark":
        dark(tab)
    drawn(tab.page, path)
    for details in tab.page.locator("details:visible > summary").all():
        details.click()
    assert findings(tab) == []
    assert tab.left == []


@pytest.mark.parametrize("width", WIDTHS)
def test_it_fits_every_width(tab: Tab, width: int) -> None:
    """And a picture of each page is kept to look at."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    tab.page.set_viewport_size({"width": width, "height": 900})
    for name, path in (("front", "/"), ("view", "/?kind=joint_raid"), ("empty", "/?q=zzzz"), ("incident", PAGES[5])):
        drawn(tab.page, path)
        tab.page.screenshot(path=SCREENSHOTS / f"{name}-{width}.png", full_page=True)
        assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    dark(tab)
    drawn(tab.page, "/").screenshot(path=SCREENSHOTS / f"front-dark-{width}.png")
    assert tab.complaints == []
    assert tab.left == []
    drawn(tab.page, "/?kidn=x").screenshot(path=SCREENSHOTS / f"error-{width}.png")
    for words in drawn(tab.page, "/").locator("#timeline text, #map text").all():
        box = words.bounding_box()
        assert box is not None, "a drawing is too small to read"
        assert box["height"] > 10, "a drawing is too small to read"


def test_loading_is_a_state_of_its_own(tab: Tab) -> None:
    held: list[Route] = []
    tab.page.route("**/v1/incidents?**", lambda route: held.append(route))
    tab.page.goto("/")
    until(tab.page, "document.getElementById('status').textContent === 'Loading…'")
    assert tab.page.locator("#main").get_attribute("aria-busy") == "true"
    assert tab.page.locator("#list .incident").count() == 42
    assert findings(tab) == []
    tab.page.wait_for_timeout(200)
    tab.page.screenshot(path=_kept("loading-1280.png"))
    for route in held:
        route.continue_()
    assert drawn(tab.page).locator("#timeline a").count() > 0
    assert tab.page.locator("#status").inner_text() == "42 of 42 incidents"
    assert tab.complaints == []
    assert tab.left == []


def test_empty_says_what_to_do(tab: Tab) -> None:
    page = drawn(tab.page, "/?q=zzzz")
    assert page.locator("#status").inner_text() == "Nothing in the reporting matches."
    for part in ("#sights", "#figures-section", "#quotes-section", "#list-section"):
        assert page.locator(part).is_hidden(), part
    assert findings(tab) == []
    page.locator("#empty a").click()
    until(page, "location.search === ''")
    assert drawn(page).locator("#list .incident").count() == 42
    assert tab.complaints == []


def test_a_broken_line_can_be_tried_again(tab: Tab) -> None:
    page = tab.page
    page.route("**/v1/casualties/summary?**", lambda route: route.abort())
    drawn(page, "/")
    assert "cannot be reached" in page.locator("#problem").inner_text()
    assert page.locator("#sights").is_hidden()
    assert findings(tab) == []
    page.unroute("**/v1/casualties/summary?**")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector("#timeline a")
    assert drawn(page).locator("#problem").is_hidden()
    assert tab.left == []


def test_a_wrong_address_is_explained(tab: Tab) -> None:
    page = drawn(tab.page, "/?kidn=joint_raid")
    assert "Did you mean 'kind'?" in page.locator("#problem").inner_text()
    page.locator("[name=datetime]").fill("yesterday")
    page.keyboard.press("Enter")
    until(page, "location.search.includes('yesterday')")
    drawn(page)
    assert page.locator("#problem").is_visible()
    assert page.get_by_role("button", name="Try again").is_hidden()


def test_motion_is_only_for_those_who_want_it(tab: Tab) -> None:
    held: list[Route] = []
    tab.page.route("**/v1/incidents?**", lambda route: held.append(route))
    moving = "getComputedStyle(document.getElementById('main'), '::before').animationName"
    for wish, name in (("no-preference", "run"), ("reduce", "none")):
        tab.page.emulate_media(reduced_motion="reduce" if wish == "reduce" else "no-preference")
        tab.page.goto("/")
        assert tab.page.evaluate(moving) == name
    assert tab.page.evaluate("document.getAnimations().length") == 0


def test_names_from_right_to_left_stay_whole(small_tab: Tab) -> None:
    page = drawn(small_tab.page, "/?kind=ground_fire")
    assert page.locator("#list h3").all_inner_texts() == [f"Guards fire near {ARABIC} (2021)"]
    assert ARABIC in (page.locator("#map svg").text_content() or "")
    assert page.locator("#quotes bdi", has_text="يونس (بيرغ)").count() == 1
    assert page.locator("[name=place] option", has_text=ARABIC).count() == 1
    drawn(page, "/incidents/ferry-shooting")
    names = page.locator("bdi")
    assert ARABIC in names.all_inner_texts()
    assert "يونس (بيرغ)" in names.all_inner_texts()
    assert names.evaluate_all("all => all.every(one => getComputedStyle(one).unicodeBidi === 'isolate')")
    actual = drawn(page, f"/?{urlencode({'q': ARABIC})}")
    assert "ferry-shooting" in ids(actual.locator("#list .incident"))
    assert small_tab.complaints == []
    assert small_tab.left == []


def test_hostile_words_stay_words(small_tab: Tab) -> None:
    for path in ("/?kind=detention", "/incidents/mill-search"):
        page = drawn(small_tab.page, path)
        assert HOSTILE in page.locator("main").inner_text()
        assert page.locator("main img, main script").count() == 0
        assert page.title() != "taken"
    assert small_tab.complaints == []
    assert small_tab.left == []


def test_more_than_fits_is_said(small_tab: Tab) -> None:
    page = drawn(small_tab.page, "/")
    assert page.locator("#status").inner_text().startswith(f"500 of {MANY + 3} incidents")
    assert page.locator("#list .incident").count() == 500
    seen = set(ids(page.locator("#list .incident")))
    page.locator("#more").click()
    until(page, "location.search.includes('cursor')")
    rest = ids(drawn(page).locator("#list .incident"))
    assert len(rest) == MANY + 3 - 500
    assert not seen & set(rest)


def _kept(name: str) -> Path:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS / name
