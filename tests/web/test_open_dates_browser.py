"""What the reporting leaves open is drawn and said as open, also where filters assume a limit."""

import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from tests import sample
from tests.browser import Tab, drawn, visiting
from tests.conftest import NewDatabase, load_seed
from tests.live import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

pytestmark = pytest.mark.heavy

SCREENSHOTS = Path(os.environ.get("DATELINE_SCREENSHOTS", ".ci/artifacts"))


def row(tab: Tab, incident: str) -> "Locator":
    return tab.page.locator(f"#timeline a[href='/incidents/{incident}']")


def edges(drawing: "Locator") -> tuple[float, float]:
    box = drawing.bounding_box()
    assert box is not None
    return box["x"], box["x"] + box["width"]


def test_what_the_article_leaves_open_is_drawn_open(tab: Tab, client: TestClient) -> None:
    drawn(tab.page, "/")
    dated = [one for one in client.get("/v1/incidents?limit=500").json()["data"] if one["date"]]
    assert sum(bool(one["date"]["open"]) for one in dated) == 6
    for one in dated:
        its_row, is_open = row(tab, one["id"]), one["date"]["open"]
        assert its_row.locator(".arrow").count() == len(is_open), one["id"]
        assert its_row.locator(".open").count() == bool(is_open), one["id"]
        label = its_row.get_attribute("aria-label") or ""
        assert [end for end in ("start", "end") if f"{end} not stated" in label] == is_open
        for end, arrow in zip(is_open, its_row.locator(".arrow").all(), strict=True):
            bar, tip = edges(its_row.locator(".range")), edges(arrow)
            outside = (tip[0] < bar[0] - 10, tip[1] > bar[1] + 10)
            assert outside == ((True, False) if end == "start" else (False, True)), one["id"]
    beside = tab.page.locator("#off-timeline").inner_text()
    assert "An arrow: the reporting does not say when it began or ended (6 incidents)." in beside
    assert "uncertain or open" not in beside


def test_a_bar_goes_as_far_as_filters_take_an_open_end(tab: Tab, client: TestClient) -> None:
    """Measured by two known days of the same timeline."""
    drawn(tab.page, "/")
    first, last = edges(row(tab, "kubaiba-raid").locator(".day")), edges(row(tab, "kanoos-island-raid").locator(".day"))
    days = (date(2019, 8, 10) - date(2019, 4, 18)).days
    assert days > 100
    flight = client.get("/v1/incidents/kubaiba-frontline-flight").json()["data"]["date"]
    begun, ended = date.fromisoformat(flight["assumed"]["earliest"]), date.fromisoformat(flight["latest"])
    pixels = (sum(last) - sum(first)) / 2 / (days + 0.5 - 1.5)
    bar = edges(row(tab, "kubaiba-frontline-flight").locator(".range"))
    assert bar[1] - bar[0] == pytest.approx((ended - begun + timedelta(1)).days * pixels, rel=0.05)


@pytest.fixture(scope="module")
def invented(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The sample dossier with dates that are open in ways that the shipped article has none of."""
    files = sample.small()
    for id_, edtf in (
        ("ferry-shooting", "[..2021-03]"),
        ("mill-search", "2021-08-31/"),
        ("boat-stopped", "[..2021-06,2021-08..]"),
    ):
        sample.record(files, sample.INCIDENTS, id_)["date"] = {"edtf": edtf}
    load_seed(url := new_database(), sample.write(files, tmp_path_factory.mktemp("open")))
    with serving(url) as live:
        yield live


WORDS = {
    "ferry-shooting": "March 2021 or earlier, start not stated",
    "mill-search": "from 31 August 2021 on, end not stated",
    "boat-stopped": "[..2021-06,2021-08..], start not stated, end not stated",
}


def test_every_kind_of_open_end_has_its_words_and_its_arrow(browser: "Browser", invented: str) -> None:
    with visiting(browser, invented) as tab:
        drawn(tab.page, "/")
        for incident, words in WORDS.items():
            its_row = row(tab, incident)
            assert (its_row.get_attribute("aria-label") or "").endswith(f", {words}")
            assert its_row.locator(".arrow").count() == words.count("not stated")
            shown = tab.page.locator(f"#list [id='{incident}'] .facts").first.inner_text()
            assert words in shown
            frame = edges(tab.page.locator("#timeline .scroll svg"))
            for arrow in its_row.locator(".arrow").all():
                assert frame[0] <= edges(arrow)[0] < edges(arrow)[1] <= frame[1], "it is in sight"
        tooltip: Any = row(tab, "mill-search").locator("title").text_content()
        assert "Filters take 1 September 2021 for its end. The day of publication" in tooltip
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        tab.page.screenshot(path=SCREENSHOTS / "open-dates.png", full_page=True)
        assert tab.complaints == []


def test_the_page_without_scripts_says_the_same(browser: "Browser", invented: str) -> None:
    plain = browser.new_context(base_url=invented, java_script_enabled=False)
    page = plain.new_page()
    page.goto("/")
    for incident, words in WORDS.items():
        assert words in page.locator(f"#list [id='{incident}'] .facts").first.inner_text()
    page.goto("/incidents/mill-search")
    assert "Filters take 1 September 2021 for its end. The day of publication" in page.locator("article").inner_text()
    plain.close()
