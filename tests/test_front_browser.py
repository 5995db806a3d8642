"""The front page in a real browser: what the scripts add, and that nothing leaves the server."""

import copy
import gzip
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import pytest
from starlette.testclient import TestClient

from tests import live as running
from tests.browser import Tab, visiting
from tests.conftest import NewDatabase, load_seed
from tests.newsroom import INCIDENTS, QUOTES, quoted, record, small, write

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, Route

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
    found: list[str] = cards.evaluate_all("cards => cards.map(card => card.id)")
    return found


def findings(tab: Tab) -> list[str]:
    """What axe has to say against the page as it is."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is missing: install 'clients'")
    results = axe.Axe().run(tab.page).response
    assert len(results["passes"]) > 10
    return [f"{found['id']}: {found['nodes'][0]['html']}" for found in results["violations"]]


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
    files[QUOTES][0]["spans"] = [quoted("“They shot without warning,”"), quoted("“Nobody called to us.”")]
    for number in range(MANY):
        extra: dict[str, Any] = copy.deepcopy(record(files, INCIDENTS, "boat-stopped"))
        files[INCIDENTS].append(extra | {"id": f"boat-{number}", "title": f"Boat {number}"})
    url = new_database()
    load_seed(url, write(files, tmp_path_factory.mktemp("many")))
    with running.serving(url) as base:
        yield base


@pytest.fixture
def small_tab(browser: "Browser", small_live: str) -> Iterator[Tab]:
    with visiting(browser, small_live) as found:
        yield found


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
    assert tab.complaints == [] and tab.left == []
    drawn(tab.page, "/?kidn=x").screenshot(path=SCREENSHOTS / f"error-{width}.png")
    for words in drawn(tab.page, "/").locator("#timeline text, #map text").all():
        box = words.bounding_box()
        assert box is not None and box["height"] > 10, "a drawing is too small to read"


FILTERS = [
    ("kind", "joint_raid"),
    ("actor", "cts"),
    ("place", "riyadh-district"),
    ("datetime", "2019-04"),
    ("q", "kanoos"),
]


@pytest.mark.parametrize("name, value", FILTERS)
def test_a_filter_changes_everything_at_once(tab: Tab, client: TestClient, name: str, value: str) -> None:
    page = drawn(tab.page, "/")
    everything = page.locator("#timeline a").count()
    field = page.locator(f"[name={name}]")
    if field.evaluate("field => field.tagName") == "SELECT":
        field.select_option(value)
    else:
        field.fill(value)
        field.press("Enter")
    until(page, f"location.search === '?{name}={value}'")
    drawn(page)
    asked = f"{name}={value}"
    answer = client.get(f"/v1/incidents?{asked}&limit=500&include=quotes").json()
    data = answer["data"]
    assert 0 < len(data) < everything
    assert ids(page.locator("#list .incident")) == [one["id"] for one in data]
    assert page.locator("#timeline a").count() == sum(one["date"] is not None for one in data)
    points = {(one["location"]["longitude"], one["location"]["latitude"]) for one in data if one["location"]}
    assert page.locator("#map .dot").count() == len(points)
    without = sum(one["location"] is None for one in data)
    assert page.locator("#off-map summary").all_inner_texts() == ([f"{without} not on the map"] if without else [])
    assert page.locator("#quotes .quote").count() == len(answer["included"]["quotes"])
    sums = client.get(f"/v1/casualties/summary?{asked}").json()["data"]["totals"]
    assert page.locator("#figures h3:has(b)").count() == sum(one["low"] is not None for one in sums)
    assert page.locator("#data-url").inner_text() == f"/v1/incidents?{asked}"
    assert page.locator("#status").inner_text().startswith(f"{len(data)} of {len(data)} incident")

    page.go_back()
    until(page, "location.search === ''")
    drawn(page)
    assert page.locator("#timeline a").count() == everything
    assert field.input_value() == ""
    assert tab.complaints == [] and tab.left == []


def test_a_view_can_be_shared(tab: Tab, browser: "Browser", live: str) -> None:
    page = drawn(tab.page, "/")
    page.select_option("[name=kind]", "joint_raid")
    until(page, "location.search === '?kind=joint_raid'")
    page.locator("[name=datetime]").fill("2019")
    page.keyboard.press("Enter")
    until(page, "location.search === '?kind=joint_raid&datetime=2019'")
    shown = ids(drawn(page).locator("#list .incident"))
    with visiting(browser, live) as other:
        drawn(other.page, page.url)
        assert ids(other.page.locator("#list .incident")) == shown
        assert other.page.locator("[name=kind]").input_value() == "joint_raid"
        assert other.page.locator("[name=datetime]").input_value() == "2019"
        assert other.page.title() == page.title() == "joint raid, 2019 – Dateline: reporting as data"


def test_a_copied_url_gives_the_view(tab: Tab, client: TestClient) -> None:
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = drawn(tab.page, "/?place=kanoos-island")
    shown = ids(page.locator("#list .incident"))
    copied = {}
    for name in ("URL", "fetch", "curl", "pandas"):
        page.get_by_role("button", name=f"Copy {name}").click()
        page.get_by_role("button", name="Copied").wait_for()
        copied[name] = page.evaluate("navigator.clipboard.readText()")
        page.get_by_role("button", name=f"Copy {name}").wait_for()
    url = urlsplit(copied["URL"])
    assert [one["id"] for one in client.get(f"{url.path}?{url.query}").json()["data"]] == shown
    assert copied["curl"] == f"curl '{copied['URL']}'"
    assert copied["URL"] in copied["fetch"]
    assert page.evaluate(f"(async () => {{ {copied['fetch']}; return data.length }})()") == len(shown)
    assert copied["URL"].replace("incidents?", "incidents.csv?") in copied["pandas"]
    page.locator("#code summary").click()
    assert page.locator("#snippets pre").all_inner_texts() == [copied[name] for name in ("fetch", "curl", "pandas")]
    for link in page.locator("#formats a").evaluate_all("links => links.map(link => link.getAttribute('href'))"):
        answer = client.get(link)
        assert answer.status_code == 200 and "kanoos-island-raid" in answer.text, link


def test_the_view_as_data_stays_in_sight(tab: Tab) -> None:
    page = drawn(tab.page, "/")
    page.evaluate("window.scrollTo(0, 2000)")
    box = page.locator("#data-url").bounding_box()
    assert box is not None and 0 <= box["y"] < 100


def test_scripts_say_what_the_page_said(tab: Tab, browser: "Browser", live: str) -> None:
    """The list is the same with and without them, dates and bounds included."""
    plain = browser.new_context(base_url=live, java_script_enabled=False)
    before = plain.new_page()
    before.goto("/")
    cards = before.locator("#list .incident").all_inner_texts()
    plain.close()
    assert len(cards) == 42
    assert [" ".join(card.split()) for card in drawn(tab.page, "/").locator("#list .incident").all_inner_texts()] == [
        " ".join(card.split()) for card in cards
    ]


def test_the_keyboard_is_enough(tab: Tab) -> None:
    page = drawn(tab.page, "/")

    def tab_to(condition: str) -> None:
        for _ in range(200):
            page.keyboard.press("Tab")
            if page.evaluate(f"(() => {{ const it = document.activeElement; return Boolean({condition}); }})()"):
                return
        raise AssertionError(f"no Tab leads to: {condition}")

    tab_to("it.className === 'skip'")
    tab_to("it.name === 'q'")
    page.keyboard.type("raid")
    page.keyboard.press("Enter")
    until(page, "location.search === '?q=raid'")
    drawn(page)
    tab_to("it.name === 'kind'")
    page.keyboard.type("joint")
    page.keyboard.press("Tab")
    until(page, "location.search === '?q=raid&kind=joint_raid'")
    drawn(page)
    tab_to("it.closest('#copies')")
    tab_to("it.closest('#code')")
    page.keyboard.press("Enter")
    tab_to("it.closest('#snippets')")
    tab_to("it.closest('#figures details')")
    page.keyboard.press("Enter")
    tab_to("it.closest('#figures .passages')")
    tab_to("it.closest('#map svg a')")
    assert page.evaluate("getComputedStyle(document.activeElement.querySelector('.dot')).strokeWidth") == "4px"
    tab_to("it.getAttribute('aria-label') === 'Zoom in'")
    radius = page.locator("#map .scale text").text_content()
    page.keyboard.press("Enter")
    assert page.locator("#map .scale text").text_content() != radius
    tab_to("it.closest('#off-map')")
    page.keyboard.press("Enter")
    tab_to("it.closest('#off-map li')")
    tab_to("it.closest('#timeline a')")
    page.keyboard.press("Enter")
    until(page, "location.pathname.startsWith('/incidents/')")
    assert tab.complaints == [] and tab.left == []


def test_what_an_area_cannot_judge_is_listed_and_counted(tab: Tab, client: TestClient) -> None:
    answer = client.get("/v1/incidents?bbox=43,35,44,36").json()
    page = drawn(tab.page, "/?bbox=43,35,44,36")
    aside = answer["meta"]["not_judged"]["location"]
    assert page.locator("#off-map summary").inner_text() == f"{aside} not on the map"
    assert page.locator("#off-map li").count() == aside
    assert ids(page.locator("#list .incident")) == [one["id"] for one in answer["data"]]
    assert page.locator("#others code").all_inner_texts() == ["bbox=43,35,44,36"]
    timed = drawn(page, "/?datetime=2019-04").locator("#off-timeline").inner_text()
    undated = client.get("/v1/incidents?datetime=2019-04").json()["meta"]["not_judged"]["date"]
    assert (f"{undated} incident" in timed) == (undated > 0)


def test_an_area_of_the_map_becomes_a_filter(tab: Tab) -> None:
    page = drawn(tab.page, "/?place=kanoos-island")
    page.get_by_role("link", name="Only this area").click()
    until(page, "new URLSearchParams(location.search).has('bbox')")
    assert "kanoos-island-raid" in ids(drawn(page).locator("#list .incident"))
    assert tab.complaints == []


def test_uncertain_places_have_their_radius(tab: Tab, client: TestClient) -> None:
    page = drawn(tab.page, "/?place=riyadh-district")
    (circle,) = page.locator("#map .radius").all()
    scale = page.locator("#map .scale path").bounding_box()
    kilometres = float((page.locator("#map .scale text").text_content() or "").removesuffix(" km"))
    box = circle.bounding_box()
    assert scale is not None and box is not None
    radius = client.get("/v1/places/riyadh-district").json()["data"]["coordinate"]["radius_m"]
    assert box["width"] / 2 / scale["width"] * kilometres == pytest.approx(radius / 1000, rel=0.1)


def test_dates_are_drawn_as_the_ranges_that_they_are(tab: Tab) -> None:
    page = drawn(tab.page, "/?datetime=2018/2019")

    def width(words: str) -> float:
        bar = page.locator(f"#timeline a[aria-label$=', {words}'] .range").first
        return float(bar.get_attribute("width") or 0)

    assert width("2019") / width("July 2019 to December 2019") == pytest.approx(365 / 184, rel=0.01)
    raid = page.locator("#timeline a[aria-label$=', 10 August 2019']").first
    assert raid.locator(".day").count() == 1 and raid.locator(".range").count() == 0


def test_figures_say_who_says_so(tab: Tab, client: TestClient) -> None:
    page = drawn(tab.page, "/")
    wounded = page.locator("#figures .figure", has_text="wounded").first
    assert wounded.locator("h3").inner_text() == "13 or more wounded"
    assert page.locator("#figures .figure", has_text="killed").first.locator("h3").inner_text() == "14–26 killed"
    coalition = wounded.locator("details", has_text="U.S.-led coalition")
    coalition.locator("summary").click()
    claims = client.get("/v1/casualties?outcome=wounded&claimed_by=us-led-coalition").json()["data"]
    links = coalition.locator(".passages a").evaluate_all("links => links.map(link => link.href)")
    assert sorted(links) == sorted(span["url"] for claim in claims for span in claim["evidence"])
    assert all("#:~:text=" in link for link in links)
    quote = page.locator("#quotes .quote", has_text="Usually, when the Americans")
    assert "Muhannad Saleh" in quote.inner_text()
    cards = page.locator("#quotes .quote").all_inner_texts()
    quotes = client.get("/v1/quotes?limit=500").json()["data"]
    assert len(cards) == len(quotes) and {one["speaker"]["anonymity"] for one in quotes} > {None, "anonymous"}
    for card, one in zip(cards, quotes, strict=True):
        assert one["text"] in card and one["speaker"]["label"] in card
        assert (one["speaker"]["anonymity"] or "").replace("_", " ") in card


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
    tab.page.unroute("**/v1/incidents?**")
    for route in held:
        route.continue_()
    assert drawn(tab.page).locator("#timeline a").count() > 0
    assert tab.page.locator("#status").inner_text() == "42 of 42 incidents"
    assert tab.complaints == [] and tab.left == []


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
    assert ARABIC in names.all_inner_texts() and "يونس (بيرغ)" in names.all_inner_texts()
    assert names.evaluate_all("all => all.every(one => getComputedStyle(one).unicodeBidi === 'isolate')")
    found = drawn(page, f"/?{urlencode({'q': ARABIC})}")
    assert "ferry-shooting" in ids(found.locator("#list .incident"))
    assert small_tab.complaints == [] and small_tab.left == []


def test_hostile_words_stay_words(small_tab: Tab) -> None:
    for path in ("/?kind=detention", "/incidents/mill-search"):
        page = drawn(small_tab.page, path)
        assert HOSTILE in page.locator("main").inner_text()
        assert page.locator("main img, main script").count() == 0
        assert page.title() != "taken"
    assert small_tab.complaints == [] and small_tab.left == []


def test_more_than_fits_is_said(small_tab: Tab) -> None:
    page = drawn(small_tab.page, "/")
    assert page.locator("#status").inner_text().startswith(f"500 of {MANY + 3} incidents")
    assert page.locator("#list .incident").count() == 500
    seen = set(ids(page.locator("#list .incident")))
    page.locator("#more").click()
    until(page, "location.search.includes('cursor')")
    rest = ids(drawn(page).locator("#list .incident"))
    assert len(rest) == MANY + 3 - 500 and not seen & set(rest)


def test_a_first_visit_is_light(tab: Tab) -> None:
    """Everything that it loads, answers of the API included, is under 150 kB gzipped."""
    loaded: list[str] = []
    bodies: list[bytes] = []
    tab.page.on("requestfinished", lambda request: loaded.append(request.url))
    drawn(tab.page, "/")
    for url in loaded:
        answer = tab.page.request.get(url)
        assert answer.ok, url
        bodies.append(answer.body())
    assert any(url.endswith("world.json") for url in loaded) and len(loaded) > 10
    assert sum(len(gzip.compress(body)) for body in bodies) < 150_000


def _kept(name: str) -> Path:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS / name
