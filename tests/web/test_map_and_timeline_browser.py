"""The map says where and the timeline when: moved by hand and by keys, in the address, and one with the rest."""

import gzip
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from tests.bench import invention
from tests.browser import Tab, drawn, until, visiting
from tests.conftest import NewDatabase, load_seed
from tests.live import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

pytestmark = pytest.mark.heavy

INCIDENTS = 800
"""Of the invented archive: more than one answer has, so that the map has clusters that the service counts."""


NUMBERS = "all => all.map(one => Number((one.querySelector('.count')?.textContent ?? '1').replaceAll(',', '')))"
"""How many incidents each dot of a map says that it is."""

VISIBLE = "all => all.filter(one => one.checkVisibility()).length"


@pytest.fixture(scope="module")
def archive(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    invention.write(folder := tmp_path_factory.mktemp("archive"), INCIDENTS)
    load_seed(url := new_database(), folder)
    with serving(url) as base:
        yield base


@pytest.fixture
def archive_tab(browser: "Browser", archive: str) -> Iterator[Tab]:
    with visiting(browser, archive) as opened:
        yield opened


@pytest.fixture(scope="module")
def article_tab(browser: "Browser", live: str) -> Iterator[Tab]:
    with visiting(browser, live) as opened:
        yield opened


@pytest.fixture
def tab(article_tab: Tab) -> Tab:
    """The same page for every test, which remembers its files: a new one would read and compile all of them again."""
    article_tab.complaints.clear()
    return article_tab


def scale(page: "Page") -> str:
    return page.locator("#map .scale text").text_content() or ""


def map_in_address(page: "Page") -> list[float]:
    until(page, "location.hash.includes('map=')")
    match = re.search(r"map=([^&]+)", page.evaluate("decodeURIComponent(location.hash)"))
    assert match
    return [float(one) for one in match[1].split(",")]


def boxes(page: "Page", selector: str) -> list[dict[str, float]]:
    found: list[dict[str, float]] = page.locator(selector).evaluate_all(
        "all => all.map(one => JSON.parse(JSON.stringify(one.getBoundingClientRect())))"
    )
    return found


def test_the_first_view_says_where_with_few_bytes(tab: Tab) -> None:
    loaded: list[str] = []
    tab.page.on("requestfinished", lambda request: loaded.append(request.url))
    page = drawn(tab.page, "/")
    until(page, "document.querySelectorAll('#map .rivers').length > 0")
    until(page, "document.querySelectorAll('#map .province').length > 2")
    for part in (".land", ".lakes", ".inner", ".borders"):
        assert page.locator(f"#map {part}").count() > 0, part
    named = page.locator("#map text.town, #map text.country").all_text_contents()
    assert {"Mosul", "Irbil"} <= set(named)
    assert page.locator("#map .inset .here").count() == 1
    files = [page.request.get(url).body() for url in loaded if "/static/map/" in url]
    assert len(files) >= 2
    assert sum(len(gzip.compress(one)) for one in files) < 60_000
    assert tab.complaints == []


def test_names_do_not_run_over_each_other(tab: Tab) -> None:
    page = drawn(tab.page, "/")
    page.wait_for_load_state("networkidle")
    names = "#map svg:not(.inset) text:not(.count)"
    for view in (None, "12,48,26", "20,20,300"):
        if view is not None:
            before = scale(page)
            page.goto(f"/#map={view}")
            until(page, f"document.querySelector('#map .scale text').textContent !== '{before}'")
        until(page, f"document.querySelectorAll('{names}').length > 6")
        found = boxes(page, names)
        for number, one in enumerate(found):
            for other in found[number + 1 :]:
                across = min(one["right"], other["right"]) - max(one["left"], other["left"])
                down = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
                assert across < 2 or down < 2, (view, one, other)


def test_what_has_no_point_is_on_its_province_and_in_a_list_by_area(tab: Tab, client: TestClient) -> None:
    page = drawn(tab.page, "/")
    until(page, "document.querySelectorAll('#map .province').length > 2")
    counted = client.get("/v1/facets?of=incidents&facet=place&has_location=false&facet_limit=500").json()
    buckets = {one["label"]: one["count"] for one in counted["data"]["place"]["buckets"]}
    shown = page.locator("#map text.area").all_text_contents()
    provinces = {name: number for name, number in buckets.items() if name.endswith(" province")}
    assert sorted(shown) == sorted(f"{name}: {number} without a point" for name, number in provinces.items())
    without = counted["meta"]["matched"]
    assert page.locator("#off-map summary").inner_text() == f"{without} of 42 incidents have no point"
    page.locator("#off-map summary").click()
    assert page.locator("#off-map li").count() == without
    headings = page.locator("#off-map h3").all_inner_texts()
    assert "Kirkuk province" in headings
    assert headings[-1] == "No area is stated"
    assert (
        page.locator("#off-map h3", has_text="Kirkuk province").locator("+ ul > li").count()
        == buckets["Kirkuk province"]
    )


def test_a_map_is_moved_by_wheel_fingers_and_keys(tab: Tab) -> None:
    page = drawn(tab.page, "/")
    sheet = page.locator("#map svg[role=group]")
    first = scale(page)
    sheet.hover()
    page.mouse.wheel(0, -400)
    page.wait_for_timeout(200)
    assert scale(page) == first, "before it has the focus, the wheel is for the page"
    sheet.focus()
    page.evaluate("scrollTo(0, 0)")
    sheet.hover()
    page.mouse.wheel(0, -600)
    until(page, f"document.querySelector('#map .scale text').textContent !== '{first}'")
    before = map_in_address(page)
    page.keyboard.press("ArrowRight")
    until(page, f"!decodeURIComponent(location.hash).includes('map={before[0]:.3f},')")
    assert map_in_address(page)[0] > before[0]
    narrow = map_in_address(page)[2]
    page.keyboard.press("-")
    until(page, f"!decodeURIComponent(location.hash).endsWith(',{narrow:.3f}')")
    assert map_in_address(page)[2] > narrow
    page.keyboard.press("0")
    until(page, "!location.hash.includes('map=')")
    assert scale(page) == first
    _pinch(page, 40, 160)
    assert map_in_address(page)[2] < 5
    there = page.evaluate("location.hash")
    assert page.reload()
    drawn(page)
    assert page.evaluate("location.hash") == there
    assert scale(page) != first
    assert tab.complaints == []


def _pinch(page: "Page", begin: int, end: int) -> None:
    """Two fingers that part on the map."""
    page.evaluate(
        """([begin, end]) => {
            const svg = document.querySelector("#map svg[role=group]"), box = svg.getBoundingClientRect();
            const at = (name, pointerId, dx) => svg.dispatchEvent(new PointerEvent(name, {
                bubbles: true, pointerId, pointerType: "touch", button: 0,
                clientX: box.left + box.width / 2 + dx, clientY: box.top + box.height / 2,
            }));
            svg.setPointerCapture = () => {};
            at("pointerdown", 11, -begin);
            at("pointerdown", 12, begin);
            for (let apart = begin; apart <= end; apart += 10) {
                at("pointermove", 11, -apart);
                at("pointermove", 12, apart);
            }
            at("pointerup", 11, -end);
            at("pointerup", 12, end);
        }""",
        [begin, end],
    )


def test_map_timeline_and_choice_are_one(tab: Tab) -> None:
    page = drawn(tab.page, "/")
    row = page.locator("#timeline a[href='/incidents/k1-withdrawal']")
    dot = page.locator("#map a[href='/incidents/k1-withdrawal']")
    row.hover()
    assert "marked" in (dot.get_attribute("class") or "")
    dot.locator(".target").click()
    until(page, "location.hash === '#incident=k1-withdrawal'")
    card = page.locator(".choice")
    until(page, "document.querySelector('.choice h3')")
    assert card.locator("h3").inner_text() in (row.get_attribute("aria-label") or "")
    assert "chosen" in (row.get_attribute("class") or "")
    page.go_back()
    until(page, "document.querySelector('.choice').hidden")
    page.go_forward()
    until(page, "!document.querySelector('.choice').hidden")
    page.keyboard.press("Escape")
    until(page, "document.querySelector('.choice').hidden")
    assert tab.complaints == []


def test_a_brush_over_the_histogram_changes_everything(tab: Tab, client: TestClient) -> None:
    page = drawn(tab.page, "/")
    months: list[Any] = client.get("/v1/facets?of=incidents&facet=month").json()["data"]["month"]["buckets"]
    certain = sum(one["certain"] > 0 for one in months)
    assert page.locator("#timeline .bars:not(.harmed) .certain").count() == certain
    assert page.locator("#timeline .bars:not(.harmed) .possible").count() == sum(one["possible"] > 0 for one in months)
    assert page.locator("#timeline .bars.harmed .certain").count() > 0
    begin, end = (next(i for i, one in enumerate(months) if one["value"] == value) for value in ("2019-03", "2019-08"))
    box = page.locator("#timeline .histogram").bounding_box()
    assert box is not None
    column = box["width"] / len(months)
    page.mouse.move(box["x"] + (begin + 0.5) * column, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + (end + 0.5) * column, box["y"] + 30, steps=4)
    page.mouse.up()
    until(page, "new URLSearchParams(location.search).get('datetime') === '2019-03-01/2019-08-31'")
    drawn(page)
    answer = client.get("/v1/incidents?datetime=2019-03-01/2019-08-31&limit=500").json()
    assert page.locator("#status").inner_text().endswith(f"of {answer['meta']['matched']} incidents")
    points = {(one["location"]["longitude"], one["location"]["latitude"]) for one in answer["data"] if one["location"]}
    assert page.locator("#map .dot").count() == len(points)
    assert page.locator("#timeline .bars:not(.harmed) .certain").count() == certain, "the whole time stays to be seen"
    assert page.locator("#timeline output").inner_text() == "March 2019 to August 2019"
    slider = page.get_by_role("slider", name="To")
    slider.focus()
    page.keyboard.press("ArrowRight")
    until(page, "new URLSearchParams(location.search).get('datetime') === '2019-03-01/2019-09-30'")
    page.go_back()
    until(page, "new URLSearchParams(location.search).get('datetime') === '2019-03-01/2019-08-31'")
    drawn(page).get_by_role("button", name="Whole time").click()
    until(page, "location.search === ''")
    assert tab.complaints == []


def test_a_part_is_never_shown_as_if_it_were_all(archive_tab: Tab) -> None:
    """Until clusters are counted the map is loading: as it was served, or with the view before."""
    page = archive_tab.page
    held: list[Route] = []
    page.route("**/v1/facets?*facet=grid*", lambda route: held.append(route))
    loading = "document.getElementById('map-section').dataset.state === 'loading'"
    page.goto("/")
    # The timeline is drawn from the same answer that the map has some of its incidents from.
    until(page, "document.getElementById('timeline-section').dataset.state === 'ready'")
    page.wait_for_timeout(300)
    assert held
    assert page.evaluate(loading) or page.evaluate(loading.replace("loading", "slow"))
    assert page.locator("#map svg[role=group]").count() == 0
    for route in held:
        route.continue_()
    until(page, "document.getElementById('map-section').dataset.state === 'ready'")
    base = page.url.rstrip("/")
    located = page.request.get(f"{base}/v1/incidents?has_location=true&limit=1").json()["meta"]["matched"]
    shown = page.locator("#map svg[role=group] a").evaluate_all(NUMBERS)
    assert sum(shown) == located > 500
    assert archive_tab.complaints == []


def test_clusters_that_cannot_be_counted_are_no_map(archive_tab: Tab) -> None:
    page = archive_tab.page
    page.route("**/v1/facets?*facet=grid*", lambda route: route.abort())
    page.goto("/")
    until(page, "document.getElementById('map-section').dataset.state === 'failed'")
    page.unroute("**/v1/facets?*facet=grid*")
    page.locator("#map-section").get_by_role("button", name="Try again").click()
    until(page, "document.querySelectorAll('#map .cluster').length > 0")


def test_more_than_one_answer_has_are_counted_whole(archive_tab: Tab) -> None:
    page = drawn(archive_tab.page, "/")
    until(page, "document.querySelectorAll('#map .cluster').length > 0")
    base = page.url.rstrip("/")
    located = page.request.get(f"{base}/v1/incidents?has_location=true&limit=1").json()["meta"]["matched"]
    assert located > 500
    shown = page.locator("#map svg[role=group] a").evaluate_all(NUMBERS)
    until(page, "document.querySelector('#map').textContent.length > 0")
    assert sum(shown) == located
    for one in boxes(page, "#map .target"):
        assert one["right"] - one["left"] >= 24
        assert one["bottom"] - one["top"] >= 24
    assert page.locator("#timeline a").count() == 0
    assert page.locator("#timeline .bars .possible, #timeline .bars .certain").count() > 10
    first = scale(page)
    page.locator("#map .cluster").first.click()
    until(page, f"document.querySelector('#map .scale text').textContent !== '{first}'")
    assert page.locator("a, button, input, select, summary").evaluate_all(VISIBLE) < 200
    assert archive_tab.complaints == []
