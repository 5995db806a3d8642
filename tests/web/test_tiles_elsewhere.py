"""The programs that draw maps open the tiles: MapLibre GL on a page of another origin, and GDAL's drivers."""

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.api.test_openapi import run
from tests.browser import QUIET, until

pytestmark = pytest.mark.heavy

APP = Path(__file__).parent / "apps" / "tiles"

WEB_MERCATOR = {"MINX": "-20037508", "MINY": "-20037508", "MAXX": "20037508", "MAXY": "20037508"}
"""GDAL compares the extent of a collection, in degrees, with these metres unless it is told them."""


class _Quiet(SimpleHTTPRequestHandler):
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".mjs": "text/javascript"}

    def log_message(self, *arguments: Any) -> None:
        pass


@contextmanager
def folder_served(folder: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def located(live: str) -> dict[str, dict[str, Any]]:
    """The incidents that have a point, by id."""
    answer = httpx2.get(f"{live}/v1/incidents?has_location=true&limit=500").raise_for_status().json()
    return {one["id"]: one for one in answer["data"]}


def test_maplibre_draws_every_incident_with_a_point(live: str, tmp_path: Path) -> None:
    npm, chromium = shutil.which("npm"), shutil.which("chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is missing: install the extra 'clients'")
    if npm is None or chromium is None:
        pytest.skip("no npm or no chromium")
    shutil.copytree(APP, tmp_path, dirs_exist_ok=True)
    run(tmp_path, npm, "install", "--ignore-scripts", "--no-audit", "--no-fund")
    drawing = [one for one in QUIET if one != "--disable-gpu"] + [
        "--use-angle=swiftshader",
        "--enable-unsafe-swiftshader",
    ]
    with playwright.sync_playwright() as driver, folder_served(tmp_path) as origin:
        browser = driver.chromium.launch(executable_path=chromium, args=drawing)
        page = browser.new_page(viewport={"width": 400, "height": 400})
        complaints: list[str] = []
        page.on("console", lambda one: complaints.append(one.text) if one.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{origin}/index.html?api={live}")
        until(page, "document.title.startsWith('[')")
        drawn = json.loads(page.title())
        browser.close()
    assert complaints == []
    expected = located(live)
    assert sorted(one["id"] for one in drawn) == sorted(expected)
    assert {one["id"]: one["title"] for one in drawn} == {id_: one["title"] for id_, one in expected.items()}


def test_gdal_opens_tiles(live: str) -> None:
    pyogrio = pytest.importorskip("pyogrio", reason="pyogrio is missing: install the extra 'clients'")
    tile = f"MVT:{live}/v1/tiles/incidents/6/39/25.mvt"
    read = pyogrio.read_dataframe(tile, layer="incidents")
    assert sorted(read["id"]) == sorted(located(live))
    assert read["count"].tolist() == [1] * len(read)
    places = {id_: one["location"] for id_, one in located(live).items()}
    for record in read.to_crs(4326).itertuples():
        assert record.geometry.x == pytest.approx(places[record.id]["longitude"], abs=0.005)
        assert record.geometry.y == pytest.approx(places[record.id]["latitude"], abs=0.005)
    assert pyogrio.list_layers(f"MVT:{live}/v1/tiles/incidents/6/0/0.mvt").tolist()[0][0] == "incidents"


def test_gdal_finds_tiles_by_ogc_api(live: str) -> None:
    pyogrio = pytest.importorskip("pyogrio", reason="pyogrio is missing: install the extra 'clients'")
    source = f"OGCAPI:{live}/ogc/collections/incidents"
    assert [name for name, _ in pyogrio.list_layers(source)][:3] == ["Zoom level 0", "Zoom level 1", "Zoom level 2"]
    read = pyogrio.read_dataframe(source, layer="Zoom level 2", **WEB_MERCATOR)
    assert len(read) == len(located(live))
    west, south, east, north = read.to_crs(4326).total_bounds
    assert (39 < west < east < 49, 29 < south < north < 38) == (True, True)
