"""Malicious seed files, from the loader to the screen: text stays text wherever it is shown."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest

from app.ingest.release.loading import dossier
from app.ingest.seed.reading import DossierError
from tests import live as running
from tests.browser import Tab, drawn, visiting
from tests.conftest import NewDatabase, load_seed
from tests.sample import ARTICLE, INCIDENTS, STATEMENTS, Files, record, small, write
from tests.server import raw_http

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog

ATTACK = (
    "</title></textarea></script>-->]]><script>document.title='taken'</script><img src=x onerror=\"alert(1)\">"
    "<svg/onload=alert(2)>{{ 7*7 }}${7*7}&#106;avascript:alert(3)' onmouseover='alert(4)"
)
FORMULA = "=HYPERLINK(1)"
REVERSED = "\u202emoor\u2067"
"""Turns around whatever follows it, unless something closes it in. An isolate that is never closed comes with it."""

LONG = "w" * 280
LABELS = (ATTACK, FORMULA, REVERSED, LONG)
PAGES = ("/", "/?kind=ground_fire", "/incidents/ferry-shooting", "/incidents/boat-stopped", "/incidents/mill-search")


def hostile() -> Files:
    """The small dossier with hostile words wherever words can be written."""
    files = small()
    for name, label in zip(("ferry-shooting", "mill-search", "boat-stopped"), LABELS, strict=False):
        incident = record(files, INCIDENTS, name)
        incident |= {"title": label, "summary": ATTACK + REVERSED, "outcome": FORMULA + REVERSED, "note": REVERSED}
        incident["places"][0]["note"] = incident["actors"][0]["note"] = REVERSED
    for name in ("mill-search", "boat-stopped"):
        record(files, INCIDENTS, name)["parent"] = "ferry-shooting"
    record(files, INCIDENTS, "mill-search")["related"] = ["boat-stopped"]
    record(files, INCIDENTS, "ferry-shooting")["casualties"][0]["note"] = REVERSED
    record(files, INCIDENTS, "boat-stopped")["actors"][1]["label"] = REVERSED
    record(files, "places.yaml", "orsa")["name"] = REVERSED
    record(files, "places.yaml", "ash-river")["name"] = LONG
    record(files, "people.yaml", "jon-berg")["name"] = REVERSED
    record(files, "people.yaml", "guard")["label"] = ATTACK
    record(files, "organizations.yaml", "river-guards")["name"] = REVERSED
    record(files, "organizations.yaml", "night-patrol")["name"] = FORMULA
    record(files, STATEMENTS, "guards-deny-firing")["gist"] = ATTACK + REVERSED
    article: dict[str, Any] = files[f"articles/{ARTICLE}/article.yaml"]
    article |= {"title": REVERSED, "authors": [REVERSED], "publishers": [ATTACK, REVERSED], "rights": REVERSED}
    return files


@pytest.fixture(scope="module")
def hostile_live(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    url = new_database()
    load_seed(url, write(hostile(), tmp_path_factory.mktemp("hostile")))
    with running.serving(url) as base:
        yield base


@pytest.fixture
def hostile_tab(browser: "Browser", hostile_live: str) -> Iterator[Tab]:
    """A page over the hostile dossier, whose dialogs are noted and which must come to no harm."""
    with visiting(browser, hostile_live) as tab:

        def refuse(dialog: "Dialog") -> None:
            tab.complaints.append(f"dialog {dialog.message}")
            dialog.dismiss()

        tab.page.on("dialog", refuse)
        yield tab
        assert tab.complaints == []
        assert tab.left == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("url", "javascript:alert(1)"),
        ("url", "https://a.example/\u0000"),
        ("url", "data:text/html,<script>alert(1)</script>"),
        ("url", "http://a.example/"),
        ("title", "a\u0007b"),
        ("title", "a\u001b[31mb"),
        ("title", "a\r\nb: c"),
        ("rights", "a\u0000b"),
    ],
)
def test_addresses_and_characters_that_could_act_are_refused(tmp_path: Path, key: str, value: str) -> None:
    files = small()
    # As JSON, which can hold any character.
    article: dict[str, Any] = {**files.pop(f"articles/{ARTICLE}/article.yaml"), key: value}
    root = write(files, tmp_path)
    (root / f"articles/{ARTICLE}/article.yaml").write_text(json.dumps(article), "utf-8")
    with pytest.raises(DossierError) as refused:
        dossier(root)
    assert refused.value.errors


@pytest.mark.heavy
@pytest.mark.parametrize("path", PAGES)
def test_nothing_runs_and_everything_is_shown_as_it_is(hostile_tab: Tab, path: str) -> None:
    page = drawn(hostile_tab.page, path)
    shown = page.locator("body").inner_text()
    assert "<img src=x onerror=" in shown
    assert "{{ 7*7 }}" in shown
    assert page.title() != "taken"
    assert "49" not in page.title()
    assert page.locator("main img, main script:not([src]), [onerror], [onload], [onmouseover]").count() == 0
    links = page.locator("a").evaluate_all(
        "all => all.map(one => new URL(one.getAttribute('href'), location.href).protocol)"
    )
    assert set(links) <= {"http:", "https:"}


# Every text node with the override in it: what of the text around it the override could reach.
REACHED = """() => {
  const reached = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.data.includes("\\u202e") || node.parentElement.closest("script, style, option, svg title")) continue;
    let holder = node.parentElement;
    while (!["isolate", "isolate-override", "plaintext"].includes(getComputedStyle(holder).unicodeBidi)
           && ["inline", "contents"].includes(getComputedStyle(holder).display)) holder = holder.parentElement;
    const after = document.createRange();
    after.setStart(node, node.data.lastIndexOf("\\u2067") + 1);
    after.setEndAfter(holder.lastChild);
    const words = after.toString().trim();
    if (words) reached.push(`${holder.outerHTML.slice(0, 300)} … ${words.slice(0, 80)}`);
  }
  return reached;
}"""


@pytest.mark.heavy
@pytest.mark.parametrize("path", PAGES)
def test_reversed_words_turn_nothing_else_around(hostile_tab: Tab, path: str) -> None:
    page = drawn(hostile_tab.page, path)
    for details in page.locator("details").all():
        details.evaluate("one => { one.open = true }")
    assert "\u202e" in (page.locator("main").text_content() or "")
    assert page.evaluate(REACHED) == []


@pytest.mark.heavy
def test_long_words_break_and_widen_nothing(hostile_tab: Tab) -> None:
    hostile_tab.page.set_viewport_size({"width": 320, "height": 800})
    for path in PAGES:
        page = drawn(hostile_tab.page, path)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path


@pytest.mark.heavy
@pytest.mark.parametrize(
    "path", ["/v1/incidents", "/v1/incidents.geojson", "/v1/incidents.atom", "/v1/quotes.feed.json"]
)
def test_data_opened_in_a_browser_are_text(hostile_tab: Tab, hostile_live: str, path: str) -> None:
    """Where the browser shows them at all: what is a file to save is saved."""
    headers = dict(raw_http.ask(hostile_live, path).headers)
    assert headers["x-content-type-options"] == "nosniff"
    assert "html" not in headers["content-type"]
    if "content-disposition" in headers:
        assert headers["content-disposition"].startswith("attachment;")
        return
    try:
        hostile_tab.page.goto(path)
    except Exception as error:  # Playwright's word for a download
        assert "Download is starting" in str(error) or "ERR_ABORTED" in str(error)
    assert hostile_tab.page.title() != "taken"
    assert hostile_tab.page.locator("img").count() == 0


@pytest.mark.heavy
def test_data_hold_the_words_as_they_are(hostile_live: str) -> None:
    def text(path: str) -> str:
        return raw_http.ask(hostile_live, path).body.decode()

    listed = {one["id"]: one for one in json.loads(text("/v1/incidents"))["data"]}
    assert [listed[id_]["title"] for id_ in ("ferry-shooting", "mill-search", "boat-stopped")] == [*LABELS[:3]]
    feed = ElementTree.fromstring(text("/v1/incidents.atom"))
    titles = {one.text for one in feed.findall(".//{*}entry/{*}title")}
    assert {FORMULA, REVERSED} <= titles
    assert any((title or "").startswith(ATTACK[:20]) for title in titles)
    features = json.loads(text("/v1/incidents.geojson"))["features"]
    assert {one["properties"]["title"] for one in features} == set(LABELS[:3])
    rows = list(csv.DictReader(io.StringIO(text("/v1/incidents.csv").removeprefix("\ufeff"), newline=""), strict=True))
    assert {row["title"] for row in rows} == {ATTACK, f"'{FORMULA}", REVERSED}
    cells = [cell for row in rows for cell in row.values() if cell]
    assert not [cell for cell in cells if cell[0] in "=+@\t\r"]
