"""Two small front ends on another origin, one by hand and one typed with React: one request for each screen.

They put nothing together themselves: all that a screen shows, labels, counts, sums and extent included, is in its
answer.
"""

import json
import re
import shutil
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from tests.api.test_openapi import run
from tests.bench import invention
from tests.browser import until
from tests.conftest import Figure, NewDatabase, load_seed
from tests.live import elsewhere, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.heavy

APPS = Path(__file__).parent / "apps"
SOURCES = ("api.ts", "app.tsx")
INCIDENTS = 2_000
"""Of the invented archive."""

JOINS = r"new Map\b|\.find\(|\.indexOf\(|\.reduce\(|groupBy"
"""What front ends put together records by hand with."""


@pytest.fixture(scope="module")
def archive(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An invented archive of some thousands of incidents, served."""
    invention.write(folder := tmp_path_factory.mktemp("archive"), INCIDENTS)
    load_seed(url := new_database(), folder)
    with serving(url) as base:
        yield base


@pytest.fixture
def api(request: pytest.FixtureRequest) -> str:
    """The base URL of the service over the shipped article, or over the archive."""
    found: str = request.getfixturevalue(request.param)
    return found


@dataclass
class App:
    """A page of another origin, and what it asked the API for."""

    page: "Page"
    origin: str
    api: str
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def show(self, screen: str) -> Any:
        """Goes to a screen; returns the one answer that is drawn there."""
        return self._drawn(lambda: self.page.goto(f"{self.origin}?api={self.api}#{screen}"))

    def follow(self, link: str) -> Any:
        """Follows a link to a screen; returns the one answer that is drawn there."""
        return self._drawn(lambda: self.page.locator(link).first.click())

    def _drawn(self, go: Any) -> Any:
        before = len(self.asked)
        shown = self.page.evaluate("location.hash")
        go()
        until(self.page, f"location.hash !== {json.dumps(shown)} || {json.dumps(before == 0)}")
        until(self.page, "document.querySelector('[data-screen]')?.dataset.screen === location.hash")
        self.page.wait_for_timeout(200)  # for what else it might ask
        assert len(self.asked) == before + 1, self.asked[before:]
        assert self.complaints == []
        with urllib.request.urlopen(self.asked[-1]) as response:
            return json.load(response)

    def count(self, drawn: str) -> int:
        return self.page.locator(drawn).count()


@contextmanager
def opened(browser: "Browser", html: str, api: str) -> Iterator[App]:
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(60_000)
    with elsewhere(html) as origin:
        app = App(context.new_page(), origin, api)
        app.page.on("request", lambda one: app.asked.append(one.url) if one.url.startswith(api) else None)
        app.page.on("console", lambda one: app.complaints.append(one.text) if one.type == "error" else None)
        app.page.on("pageerror", lambda error: app.complaints.append(str(error)))
        yield app
        context.close()  # before its server, which waits for connections that a browser keeps in store


BOTH = pytest.mark.parametrize("api", ["live", "archive"], indirect=True)


@BOTH
def test_by_hand_a_screen_is_one_request(browser: "Browser", api: str, figure: Figure) -> None:
    with opened(browser, (APPS / "by_hand.html").read_text("utf-8"), api) as app:
        first = app.show("")
        assert app.page.locator("#status").inner_text() == f"{len(first['data'])} of {first['meta']['matched']}"
        assert app.count("#map circle") == sum(one["location"] is not None for one in first["data"])
        dated = [one["date"] for one in first["data"] if one["date"]]
        assert app.count("#timeline g") == len(dated)
        assert app.count("#timeline path") == sum(len(date["open"]) for date in dated)
        quotes = first["included"]["quotes"]
        assert app.count("#quotes figure") == len(quotes) > 0
        card = app.page.locator("#quotes figure").first.inner_text()
        said = quotes[0]
        for words in (said["text"], said["speaker"]["label"], *(one["label"] for one in said["incidents"])):
            assert " ".join(words.split()) in " ".join(card.split())
        kinds = first["facets"]["kind"]["buckets"]
        assert app.page.locator("#kinds a").first.inner_text().strip() == f"{kinds[0]['label']} ({kinds[0]['count']})"
        assert all(
            one["by"]["outcome"]["label"] in app.page.locator("#totals").inner_text()
            for one in first["totals"]
            if one["low"]
        )

        chosen = app.follow("#kinds a")
        assert chosen["meta"]["matched"] == kinds[0]["count"]
        month = chosen["facets"]["month"]["buckets"][0]
        assert app.follow("#months a")["meta"]["matched"] == month["count"]
        whole = app.show("all=1")
        assert app.count("#map circle") == sum(one["geometry"] is not None for one in whole["features"])
        assert len(whole["features"]) == first["meta"]["matched"]
        if first["meta"]["next_cursor"]:
            app.show("limit=500")
            further = app.follow("#pages a")
            assert not {one["id"] for one in further["data"]} & {one["id"] for one in first["data"]}
        figure(f"{len(app.asked)} screens by hand over {first['meta']['matched']} incidents were as many requests")


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory, client: TestClient) -> Path:
    """A folder with the sources of the typed front end, the client as it is served, and what compiles them."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm: install the extra 'clients', or Node.js 20 or newer")
    folder = tmp_path_factory.mktemp("typed")
    shutil.copytree(APPS / "typed", folder, dirs_exist_ok=True)
    for name in ("client.js", "client.d.ts"):
        (folder / name).write_bytes(client.get(f"/{name}").content)
    run(folder, npm, "install", "--ignore-scripts", "--no-audit", "--no-fund")
    return folder


@pytest.fixture(scope="module")
def typed(workshop: Path) -> str:
    """The typed front end as one page."""
    production = '--define:process.env.NODE_ENV="production"'
    bundle = run(workshop, "node_modules/.bin/esbuild", "app.tsx", "--bundle", "--format=esm", production)
    assert "</script" not in bundle
    page = (workshop / "index.html").read_text("utf-8")
    return page.replace('src="app.js">', f">{bundle}")


def test_the_typed_app_has_its_types_from_the_client(workshop: Path) -> None:
    assert run(workshop, "node_modules/.bin/tsc", "--version").startswith("Version 5.9")
    run(workshop, "node_modules/.bin/tsc", "--strict", "-p", ".")
    assert run(workshop, "node", "assertions.js", *SOURCES) == ""


def test_what_looks_for_type_assertions_finds_them(workshop: Path) -> None:
    wrong = "const a = b as string;\nconst c = d!;\nlet e: any;\n// @ts-ignore\nconst f = <string>g;\n"
    (workshop / "wrong.ts").write_text(wrong)
    found = run(workshop, "node", "assertions.js", "wrong.ts").splitlines()
    (workshop / "wrong.ts").unlink()
    assert [line.split(": ")[0] for line in found] == [f"wrong.ts:{number}" for number in (1, 2, 3, 5, 4)]


def test_neither_app_joins_records_by_hand() -> None:
    for source in (APPS / "by_hand.html", *(APPS / "typed" / name for name in SOURCES)):
        assert re.findall(JOINS, source.read_text("utf-8")) == [], source.name


@BOTH
def test_typed_a_screen_is_one_request(browser: "Browser", api: str, typed: str, figure: Figure) -> None:
    with opened(browser, typed, api) as app:
        first = app.show("")
        status = app.page.locator("[role=status]")
        assert status.inner_text() == f"{len(first['data'])} of {first['meta']['matched']}"
        assert app.count("li") == len(first["data"])
        assert app.count("figure") == len(first["included"]["quotes"]) > 0
        matched = first["meta"]["matched"]

        chosen = app.follow("nav a[href*='kind=joint_raid']")
        assert {one["kind"] for one in chosen["data"]} == {"joint_raid"}

        opened_record = app.follow("li a")["data"]
        assert app.page.locator("h1").inner_text() == opened_record["title"]
        assert app.count(".claim") == len(opened_record["casualties"])

        quotes = app.show("quotes?datetime=../2019")
        assert app.count("figure") == len(quotes["data"]) > 0
        days = [one["date"]["earliest"] or "" for one in quotes["data"]]
        assert days == sorted(days)
        assert app.page.locator("figure time").count() == len(days)

        claims = app.show("claims")
        assert app.count("li") == len(claims["data"]) > 0
        label = claims["data"][0]["incident"]["label"]
        assert label in app.page.locator("li").first.inner_text()

        whole = app.show("map")
        assert len(whole["features"]) == matched
        assert app.count("circle") == sum(one["geometry"] is not None for one in whole["features"])
        figure(f"{len(app.asked)} typed screens over {matched} incidents were as many requests")
