"""The front page in a real browser: what the scripts add, and that nothing leaves the server."""

import gzip
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import mapbox_vector_tile
import pytest
from starlette.testclient import TestClient

from tests.browser import Tab, drawn, ids, until, visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.heavy

FILTERS = [
    ("kind", "joint_raid"),
    ("actor", "cts"),
    ("place", "riyadh-district"),
    ("datetime", "2019-04"),
    ("q", "kanoos"),
]


def test_a_link_to_what_the_form_does_not_offer_is_kept(tab: Tab, client: TestClient) -> None:
    """Incident pages link to people without a name, too; another filter is not to drop them."""
    linked = "boy-khatuniya"
    assert f'<option value="{linked}" selected>' in client.get(f"/?actor={linked}").text
    page = drawn(tab.page, f"/?actor={linked}")
    assert page.locator("[name=actor]").input_value() == linked
    page.locator("#filters [name=kind]").select_option("abduction")
    until(page, f"location.search === '?actor={linked}&kind=abduction'")
    drawn(page)
    assert ids(page.locator("#list .incident")) == ["khatuniya-boy-abduction"]
    assert tab.complaints == []
    assert tab.left == []


def no_point(without: int, of: int) -> list[str]:
    """What is said beside the map of so many incidents."""
    if not without:
        return []
    have = "has" if without == 1 else "have"
    whole = f"{without} of {of} incidents {have} no point"
    return [whole if without < of else f"{without} incident{'' if without == 1 else 's'} {have} no point"]


@pytest.mark.parametrize(("name", "value"), FILTERS)
def test_a_filter_changes_everything_at_once(tab: Tab, client: TestClient, name: str, value: str) -> None:
    page = drawn(tab.page, "/")
    everything = page.locator("#timeline a").count()
    field = page.locator(f"#filters [name={name}]")
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
    assert page.locator("#off-map summary").all_inner_texts() == no_point(without, len(data))
    assert page.locator("#quotes .quote").count() == len(answer["included"]["quotes"])
    sums = client.get(f"/v1/casualties/summary?{asked}").json()["data"]["totals"]
    assert page.locator("#figures h3:has(b)").count() == sum(one["low"] is not None for one in sums)
    assert page.locator("#data-url").inner_text() == f"/v1/incidents?{asked}"
    assert page.locator("#status").inner_text().startswith(f"{len(data)} of {len(data)} incident")

    page.go_back()
    # The address changes before the page is told.
    until(page, f"document.querySelectorAll('#timeline a').length === {everything}")
    assert drawn(page).url.endswith("/")
    assert field.input_value() == ""
    assert tab.complaints == []
    assert tab.left == []


def test_a_view_can_be_shared(tab: Tab, browser: "Browser", live: str) -> None:
    page = drawn(tab.page, "/")
    page.select_option("[name=kind]", "joint_raid")
    until(page, "location.search === '?kind=joint_raid'")
    page.locator("#filters [name=datetime]").fill("2019")
    page.keyboard.press("Enter")
    until(page, "location.search === '?kind=joint_raid&datetime=2019'")
    shown = ids(drawn(page).locator("#list .incident"))
    with visiting(browser, live) as other:
        drawn(other.page, page.url)
        assert ids(other.page.locator("#list .incident")) == shown
        assert other.page.locator("#filters [name=kind]").input_value() == "joint_raid"
        assert other.page.locator("#filters [name=datetime]").input_value() == "2019"
        assert other.page.title() == page.title()
        assert page.title().startswith("joint raid, 2019 – How Tensions")


def test_a_copied_url_gives_the_view(tab: Tab, client: TestClient) -> None:
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = drawn(tab.page, "/?place=kanoos-island")
    shown = ids(page.locator("#list .incident"))
    copied = {}
    for name in ("URL", "fetch", "curl", "pandas", "tiles"):
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
    source = urlsplit(copied["tiles"].partition('url: "')[2].partition('"')[0])
    tile = urlsplit(client.get(f"{source.path}?{source.query}").json()["tiles"][0].format(z=0, x=0, y=0))
    features = mapbox_vector_tile.decode(client.get(f"{tile.path}?{tile.query}").content)["incidents"]["features"]
    assert sum(one["properties"]["count"] for one in features) == 3
    page.locator("#code summary").click()
    snippets = page.locator("#snippets pre").all_inner_texts()
    assert [*snippets[:2], *snippets[3:]] == [copied[name] for name in ("fetch", "curl", "pandas", "tiles")]
    assert snippets[2].count("/embed/") == 4
    for link in page.locator("#formats a").evaluate_all("links => links.map(link => link.getAttribute('href'))"):
        answer = client.get(link)
        assert answer.status_code == 200, link
        if ".xlsx" not in link:  # a workbook's cells are compressed
            assert "kanoos-island-raid" in answer.text, link


def test_the_form_follows_the_view(tab: Tab, client: TestClient) -> None:
    page = drawn(tab.page, "/")
    everything = page.locator("[name=place] option").count()
    page.select_option("[name=kind]", "joint_raid")
    counted = client.get("/v1/facets?of=incidents&facet=place&kind=joint_raid").json()["data"]["place"]["buckets"]
    until(page, f"document.querySelectorAll('[name=place] option').length === {1 + len(counted)}")
    assert 1 + len(counted) < everything
    assert page.locator("[name=kind]").input_value() == "joint_raid"
    assert page.locator("[name=kind] option").count() > 10, "what else it could be"
    page.go_back()
    until(page, f"document.querySelectorAll('[name=place] option').length === {everything}")
    assert tab.complaints == []


def test_words_in_another_language_run_their_own_way(tab: Tab) -> None:
    """English words on an Arabic page: from left to right, with the quotation marks of English at their own ends."""
    page = drawn(tab.page, "/?lang=ar&kind=joint_raid")
    assert page.evaluate("getComputedStyle(document.body).direction") == "rtl"
    words = page.locator("#quotes blockquote p")
    assert words.count() > 0
    assert set(words.evaluate_all("all => all.map(one => getComputedStyle(one).direction)")) == {"ltr"}
    assert set(words.evaluate_all("all => all.map(one => one.closest('[lang]').lang)")) == {"en"}
    assert page.locator("#figures h3").first.inner_text().endswith("قتلى")
    until(page, "document.querySelector('#timeline .bars.harmed + .tick')?.textContent === 'قتلى'")
    assert tab.complaints == []


def test_nothing_stands_over_what_is_read(tab: Tab) -> None:
    page = drawn(tab.page, "/")
    fixed = "all => all.filter(one => ['sticky', 'fixed'].includes(getComputedStyle(one).position)).length"
    assert page.locator("body *").evaluate_all(fixed) == 0


PANELS = ("#figures", "#quotes", "#list")


def test_scripts_say_what_the_page_said(tab: Tab, browser: "Browser", live: str) -> None:
    """Panels that scripts fetch for a view are those that it is served with."""
    plain = browser.new_context(base_url=live, java_script_enabled=False)
    before = plain.new_page()
    before.goto("/?kind=joint_raid")
    served = [before.locator(panel).inner_html() for panel in PANELS]
    plain.close()
    page = drawn(tab.page, "/?kind=air_attack")
    page.select_option("[name=kind]", "joint_raid")
    until(page, "location.search === '?kind=joint_raid'")
    fetched = [drawn(page).locator(panel).inner_html() for panel in PANELS]
    assert [" ".join(one.split()) for one in fetched] == [" ".join(one.split()) for one in served]


def shifts(tab: Tab, width: int, height: int) -> float:
    """The cumulative layout shift of a first visit."""
    tab.page.set_viewport_size({"width": width, "height": height})
    tab.page.add_init_script(
        "window.shifted = 0; new PerformanceObserver(list => list.getEntries().forEach(one => {"
        " if (!one.hadRecentInput) window.shifted += one.value; })).observe({type: 'layout-shift', buffered: true});"
    )
    drawn(tab.page, "/")
    tab.page.wait_for_timeout(300)
    return float(tab.page.evaluate("window.shifted"))


@pytest.mark.parametrize(("width", "height"), [(360, 800), (1280, 900)])
def test_the_first_screen_has_figures_map_and_time_and_stands_still(tab: Tab, width: int, height: int) -> None:
    assert shifts(tab, width, height) < 0.1, "good, by Web Vitals"
    for part in ("#figures .figure:first-child h3", "#map svg[role=group]", "#timeline .histogram"):
        box = tab.page.locator(part).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= height, part
    lines = "all => all.map(one => one.getClientRects().length)"
    assert set(tab.page.locator("#figures b").evaluate_all(lines)) <= {0, 1}, "a figure stands on one line"
    tools = tab.page.locator("#tools-title").bounding_box()
    assert tools is not None
    assert tools["y"] > 0.9 * height, "tools stand below"
    size = "[document.documentElement.scrollHeight / innerHeight, document.querySelectorAll('*').length]"
    screens, nodes = tab.page.evaluate(size)
    assert nodes < 3000
    assert width > 400 or screens <= 12
    stops = "all => all.filter(one => one.tabIndex >= 0 && one.checkVisibility()).length"
    assert tab.page.locator("a, button, input, select, summary, [tabindex]").evaluate_all(stops) <= 200


def test_the_keyboard_is_enough(tab: Tab) -> None:
    page = drawn(tab.page, "/")

    def tab_to(condition: str) -> None:
        for _ in range(200):
            page.keyboard.press("Tab")
            if page.evaluate(f"(() => {{ const it = document.activeElement; return Boolean({condition}); }})()"):
                return
        raise AssertionError(f"no Tab leads to: {condition}")

    tab_to("it.className === 'skip'")
    tab_to("it.closest('#filters') && it.name === 'q'")
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
    page.locator("#main").focus()
    tab_to("it.closest('#figures details')")
    page.keyboard.press("Enter")
    tab_to("it.closest('#figures .passages')")
    tab_to("it.getAttribute('aria-label') === 'Zoom in'")
    radius = page.locator("#map .scale text").text_content()
    page.keyboard.press("Enter")
    assert page.locator("#map .scale text").text_content() != radius
    tab_to("it.closest('#map svg a')")
    assert page.evaluate("getComputedStyle(document.activeElement.querySelector('.dot')).strokeWidth") == "4px"
    tab_to("it.closest('#off-map')")
    page.keyboard.press("Enter")
    tab_to("it.closest('#off-map li')")
    tab_to("it.closest('#timeline a')")
    page.keyboard.press("Enter")
    tab_to("it.closest('.choice a')")
    page.keyboard.press("Enter")
    page.wait_for_url("**/incidents/*")
    assert tab.complaints == []
    assert tab.left == []


def test_what_an_area_cannot_judge_is_listed_and_counted(tab: Tab, client: TestClient) -> None:
    answer = client.get("/v1/incidents?bbox=43,35,44,36").json()
    page = drawn(tab.page, "/?bbox=43,35,44,36")
    aside = answer["meta"]["not_judged"]["location"]
    assert page.locator("#off-map summary").all_inner_texts() == no_point(aside, aside + answer["meta"]["matched"])
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
    # All at once: the map is drawn anew with each of its files that comes.
    measured = """() => [...document.querySelectorAll("#map .radius, #map .scale path")]
        .map(one => one.getBoundingClientRect().width).concat(document.querySelector("#map .scale text").textContent)"""
    circle, scale, words = page.evaluate(measured)
    radius = client.get("/v1/places/riyadh-district").json()["data"]["coordinate"]["radius_m"]
    assert circle / 2 / scale * float(words.removesuffix(" km")) == pytest.approx(radius / 1000, rel=0.1)


def test_dates_are_drawn_as_the_ranges_that_they_are(tab: Tab) -> None:
    page = drawn(tab.page, "/?datetime=2018/2019")

    def width(words: str) -> float:
        bar = page.locator(f"#timeline a[aria-label$=', {words}'] .range").first
        return float(bar.get_attribute("width") or 0)

    assert width("2019, month unknown") / width("July 2019 to December 2019") == pytest.approx(365 / 184, rel=0.01)
    raid = page.locator("#timeline a[aria-label$=', 10 August 2019']").first
    assert raid.locator(".day").count() == 1
    assert raid.locator(".range").count() == 0


def test_figures_say_who_says_so(tab: Tab, client: TestClient) -> None:
    page = drawn(tab.page, "/")
    wounded = page.locator("#figures .figure", has_text="wounded").first
    assert wounded.locator("h3").inner_text() == "13 or more wounded"
    killed = page.locator("#figures .figure", has_text="killed").first
    assert killed.locator("h3").inner_text() == "14–26 killed"
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
    assert len(cards) == len(quotes)
    assert {one["speaker"]["anonymity"] for one in quotes} > {None, "anonymous"}
    values = client.get("/v1/codebook").json()["data"]["vocabularies"]["anonymity"]["values"]
    anonymity = {one["value"]: one["label"] for one in values}
    for card, one in zip(cards, quotes, strict=True):
        assert one["text"] in card
        assert one["speaker"]["label"] in card
        assert (anonymity[one["speaker"]["anonymity"]] if one["speaker"]["anonymity"] else "") in card


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
    assert any(url.endswith("world.json") for url in loaded)
    assert len(loaded) > 10
    assert sum(len(gzip.compress(body)) for body in bodies) < 150_000


@pytest.mark.parametrize("path", ["/", "/incidents/kubaiba-raid", "/embed/map"])
def test_modules_are_asked_for_at_once(tab: Tab, client: TestClient, path: str) -> None:
    """The page names every module that it loads: none waits until another one is read."""
    loaded: list[str] = []
    tab.page.on("requestfinished", lambda request: loaded.append(urlsplit(request.url).path))
    drawn(tab.page, path)
    named = re.findall(r'(?:<script type="module" src|<link rel="modulepreload" href)="([^"]+)"', client.get(path).text)
    assert len(named) > 3
    assert sorted(named) == sorted(one for one in loaded if one.endswith(".js"))
    assert tab.complaints == []


def test_what_is_chosen_or_pointed_at_is_marked_among_the_cards(tab: Tab) -> None:
    page = drawn(tab.page, "/#incident=khatuniya-killings")
    assert ids(page.locator("#list .chosen")) == ["khatuniya-killings"]
    page.locator("#list .incident h3 a").first.hover()
    marked = ids(page.locator("#list .marked"))
    assert marked == ids(page.locator("#list .incident"))[:1]
    page.locator("h1").hover()
    assert page.locator("#list .marked").count() == 0
