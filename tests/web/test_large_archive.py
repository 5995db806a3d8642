"""The front page over an invented archive of 100,000 incidents: counted whole, light, and as short as any other.

`pytest -m long tests/web/test_large_archive.py`; `DATELINE_LARGE_ARCHIVE` names a database that has it already.
"""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.bench import invention
from tests.browser import Tab, drawn, findings, until, visiting
from tests.conftest import NewDatabase, load_seed
from tests.live import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.long

INCIDENTS = 100_000


@pytest.fixture(scope="module")
def archive(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    url = os.environ.get("DATELINE_LARGE_ARCHIVE")
    if url is None:
        invention.write(folder := tmp_path_factory.mktemp("archive"), INCIDENTS)
        load_seed(url := new_database(), folder)
    with serving(url, DATELINE_QUERY_SECONDS="60") as base:
        yield base


@pytest.fixture
def tab(browser: "Browser", archive: str) -> Iterator[Tab]:
    with visiting(browser, archive) as opened:
        yield opened


def until_counted(page: "Page", incidents: int) -> None:
    """Waits until the map shows so many incidents, one by one and in clusters, which are counted after the first."""
    numbers = "one => Number((one.querySelector('.count')?.textContent ?? '1').replaceAll(',', ''))"
    links = "[...document.querySelectorAll('#map svg[role=group] a')]"
    until(page, f"{links}.map({numbers}).reduce((sum, one) => sum + one, 0) === {incidents}")


def test_every_incident_is_counted(tab: Tab) -> None:
    page = drawn(tab.page, "/")
    base = page.url.rstrip("/")

    def matched(filters: str) -> int:
        number: int = page.request.get(f"{base}/v1/incidents?{filters}&limit=1&count=exact").json()["meta"]["matched"]
        return number

    located = matched("has_location=true")
    assert located > 50_000
    until_counted(page, located)
    assert page.locator("#status").inner_text() == f"24 of {INCIDENTS:,} incidents"
    assert page.locator("#off-map summary").inner_text().startswith(f"{INCIDENTS - located:,} of {INCIDENTS:,} ")
    assert page.locator("#timeline .bars .certain").count() > 10
    assert page.locator("#timeline a").count() == 0, "too many to be drawn one by one"
    kind = page.locator("[name=kind] option").nth(1).get_attribute("value")
    page.select_option("[name=kind]", kind)
    until(page, f"location.search === '?kind={kind}'")
    until_counted(drawn(page), matched(f"has_location=true&kind={kind}"))
    assert tab.complaints == []


def test_it_is_as_light_and_as_short_as_any_other(tab: Tab) -> None:
    sent = 0

    def add(event: dict[str, float]) -> None:
        nonlocal sent
        sent += int(event["encodedDataLength"])

    session = tab.page.context.new_cdp_session(tab.page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", add)
    tab.page.set_viewport_size({"width": 360, "height": 800})
    drawn(tab.page, "/")
    until(tab.page, "document.querySelectorAll('#map .cluster').length > 0")
    assert sent < 300_000
    assert set(tab.page.locator("[data-panel]").evaluate_all("all => all.map(one => one.dataset.state)")) == {"ready"}
    assert tab.page.evaluate("document.documentElement.scrollHeight / innerHeight") <= 12
    assert tab.page.evaluate("document.querySelectorAll('*').length") <= 3000
    stops = "all => all.filter(one => one.tabIndex >= 0 && one.checkVisibility()).length"
    assert tab.page.locator("a, button, input, select, summary, [tabindex]").evaluate_all(stops) <= 200
    assert findings(tab) == []
