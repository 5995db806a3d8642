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


@pytest.mark.parametrize("width", WIDTHS)
def test_it_fits_every_width(tab: Tab, width: int) -> None:
    """And a picture of each page is kept to look at."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    tab.page.set_viewport_size({"width": width, "height": 900})
    pages = {"front": "/", "view": "/?kind=joint_raid", "empty": "/?q=zzzz", "incident": "/incidents/kubaiba-raid"}
    for name, path in pages.items():
        drawn(tab.page, path)
        tab.page.screenshot(path=SCREENSHOTS / f"{name}-{width}.png", full_page=True)
        assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    dark(tab)
    drawn(tab.page, "/").screenshot(path=SCREENSHOTS / f"front-dark-{width}.png")
    assert tab.complaints == []
    assert tab.left == []
    drawn(tab.page, "/?kidn=x").screenshot(path=SCREENSHOTS / f"error-{width}.png")
    # Found and measured at once: the map draws its names anew with each of its files that comes.
    measured = """Array.from(document.querySelectorAll("#timeline text, #map text"),
        one => one.getBoundingClientRect().height)"""
    heights = drawn(tab.page, "/").evaluate(measured)
    assert len(heights) > 10
    assert min(heights) > 10, "a drawing is too small to read"


ALL_PANELS = ("figures-section", "map-section", "timeline-section", "quotes-section", "list-section")


def states(tab: Tab) -> dict[str, str | None]:
    return {one: tab.page.locator(f"#{one}").get_attribute("data-state") for one in ALL_PANELS}


def test_loading_is_a_state_of_a_panel(tab: Tab) -> None:
    held: list[Route] = []
    tab.page.route("**/v1/incidents?**", lambda route: held.append(route))
    tab.page.goto("/")
    until(tab.page, "document.getElementById('map-section').dataset.state === 'loading'")
    assert tab.page.locator("#main").get_attribute("aria-busy") == "true"
    assert states(tab)["list-section"] == states(tab)["figures-section"] == "ready"
    assert tab.page.locator("#list .incident").count() == 24
    assert findings(tab) == []
    tab.page.screenshot(path=_kept("loading-1280.png"))
    until(tab.page, "document.getElementById('map-section').dataset.state === 'slow'")
    assert "still being worked out" in tab.page.locator("#map-section .panel-state").inner_text()
    for route in held:
        route.continue_()
    assert drawn(tab.page).locator("#timeline a").count() > 0
    assert set(states(tab).values()) == {"ready"}
    assert tab.page.locator("#status").inner_text() == "24 of 42 incidents"
    assert tab.complaints == []
    assert tab.left == []


def test_empty_says_what_to_do(tab: Tab) -> None:
    page = drawn(tab.page, "/?q=zzzz")
    assert page.locator("#status").inner_text() == "Nothing in the reporting matches."
    assert set(states(tab).values()) == {"empty"}
    for part in ALL_PANELS:
        assert page.locator(f"#{part}").is_visible(), "there is something to choose another view by"
    assert "between 1 January 2014 and" in page.locator("#empty").inner_text()
    assert findings(tab) == []
    page.locator("#clear").click()
    until(page, "location.search === ''")
    assert drawn(page).locator("#list .incident").count() == 24
    assert tab.complaints == []


@pytest.mark.parametrize(
    ("broken", "panels"),
    [
        ("**/v1/incidents?**", {"map-section", "timeline-section"}),
        ("**/static/map/world.json", {"map-section"}),
        ("**/embed/figures?**", {"figures-section"}),
        ("**/embed/incidents?**", {"list-section"}),
    ],
)
def test_a_part_that_fails_leaves_the_others(tab: Tab, broken: str, panels: set[str]) -> None:
    page = drawn(tab.page, "/?kind=air_attack") if "embed" in broken else tab.page
    page.route(broken, lambda route: route.abort())
    if "embed" in broken:
        page.select_option("[name=kind]", "joint_raid")
        until(page, "location.search === '?kind=joint_raid'")
        drawn(page)
    else:
        drawn(page, "/?kind=joint_raid")
    assert {one for one, state in states(tab).items() if state == "failed"} == panels
    assert {state for one, state in states(tab).items() if one not in panels} == {"ready"}
    assert page.locator("#problem").is_hidden()
    for one in panels:
        assert "cannot be reached" in page.locator(f"#{one} .panel-state").inner_text()
    assert findings(tab) == []
    page.unroute(broken)
    for one in sorted(panels):
        page.locator(f"#{one}").get_by_role("button", name="Try again").click()
        until(page, f"document.getElementById('{one}').dataset.state === 'ready'")
    # Drawings follow as soon as their frame has a width.
    until(page, "document.querySelectorAll('#timeline a').length > 0")
    until(page, "document.querySelectorAll('#map .dot').length > 0")


def test_an_answer_from_memory_says_so(tab: Tab) -> None:
    def outdated(route: "Route") -> None:
        answer = route.fetch()
        route.fulfill(response=answer, headers={**answer.headers, "cache-status": "dateline; hit; detail=stale"})

    tab.page.route("**/embed/figures?**", outdated)
    page = drawn(tab.page, "/")
    page.select_option("[name=kind]", "joint_raid")
    until(page, "document.getElementById('figures-section').dataset.state === 'stale'")
    assert "what was known last" in page.locator("#figures-section .panel-state").inner_text()
    assert page.locator("#figures .figure").count() > 0


def test_a_wrong_address_is_explained(tab: Tab) -> None:
    page = drawn(tab.page, "/?kidn=joint_raid")
    assert "Did you mean 'kind'?" in page.locator("#problem").inner_text()
    page.locator("#filters [name=datetime]").fill("yesterday")
    page.keyboard.press("Enter")
    until(page, "location.search.includes('yesterday')")
    drawn(page)
    assert page.locator("#problem").is_visible()
    assert page.get_by_role("button", name="Try again").count() == 0


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
    assert ARABIC in (page.locator("#map svg[role=group]").text_content() or "")
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
    assert page.locator("#status").inner_text().startswith(f"24 of {MANY + 3} incidents")
    assert page.locator("#list .incident").count() == 24
    seen = set(ids(page.locator("#list .incident")))
    page.locator("#more").click()
    until(page, "location.search.includes('cursor')")
    rest = ids(drawn(page).locator("#list .incident"))
    assert len(rest) == 24
    assert not seen & set(rest)


@pytest.mark.parametrize("path", ["/", "/?lang=ar", "/incidents/kanoos-island-raid?lang=ar", "/embed/map?lang=ar"])
def test_drawings_are_for_everybody(tab: Tab, path: str) -> None:
    """From right to left and in forced colours, where dots and bars keep a colour of their own."""
    modes: list[dict[str, Any]] = [{"forced_colors": "active"}, {"forced_colors": "none", "color_scheme": "dark"}]
    for media in modes:
        tab.page.emulate_media(**media)
        page = drawn(tab.page, path)
        until(page, "document.querySelectorAll('.map-panel svg .dot').length > 0")
        assert findings(tab) == [], media
        colours = (
            "one => [one, one.closest('svg')].map((it, n) => getComputedStyle(it)[n ? 'backgroundColor' : 'fill'])"
        )
        dot, ground = page.locator(".map-panel svg .dot").first.evaluate(colours)
        assert dot != ground, media
        if path == "/":
            bar = page.locator("#timeline .bars rect").first.evaluate("one => getComputedStyle(one).fill")
            assert bar != page.locator("#timeline .histogram").evaluate("one => getComputedStyle(one).backgroundColor")
    assert tab.complaints == []


def _kept(name: str) -> Path:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS / name
