"""Maps that the service draws into pages, and the pictures that other sites show with a link to them."""

import html
import io
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from starlette.testclient import TestClient

from app.api.site.drawings import world
from app.api.site.drawings.names import Names
from app.api.site.drawings.outlines import View, contains, drawn
from app.main import Service, create_app
from app.settings import Settings
from tests.answers import problem
from tests.conftest import load_seed, serving
from tests.sample import INCIDENTS, merged, record, small, write

ARTICLE = "foltyn-us-iran-isis-2020"
ACCENT = (168, 50, 26)
PAPER = (253, 252, 249)
PICTURED = ("/", "/?kind=joint_raid", f"/articles/{ARTICLE}", "/incidents/kubaiba-raid", "/people/hassan-al-soofy")


def picture(client: TestClient, url: str) -> Image.Image:
    answer = client.get(url)
    assert answer.status_code == 200, answer.text[:500]
    assert answer.headers["content-type"] == "image/png"
    image = Image.open(io.BytesIO(answer.content))
    image.load()
    assert image.size == (1200, 630)
    return image.convert("RGB")


def pixels(image: Image.Image, box: tuple[int, int, int, int], colour: tuple[int, int, int]) -> int:
    found: list[tuple[int, Any]] = image.crop(box).getcolors(1_000_000) or []
    return sum(count for count, one in found if one == colour)


LEFT, RIGHT, FIGURES = (0, 0, 610, 630), (630, 0, 1200, 630), (0, 480, 610, 630)


def test_a_picture_shows_title_map_and_figures(client: TestClient) -> None:
    front = picture(client, "/pictures/front.png")
    assert pixels(front, RIGHT, ACCENT) > 500, "dots on the map"
    assert pixels(front, (0, 140, 610, 480), (26, 27, 29)) > 2000, "the title"
    assert pixels(front, FIGURES, ACCENT) > 1000, "the figures"
    raids = picture(client, "/pictures/front.png?kind=joint_raid")
    assert raids.tobytes() != front.tobytes()
    assert picture(client, "/pictures/front.png?lang=ar").tobytes() != front.tobytes()
    without = picture(client, "/pictures/front.png?q=zzzz")
    assert pixels(without, FIGURES, ACCENT) == 0
    assert pixels(without, RIGHT, PAPER) > 300_000, "no map where nothing has a place"


@pytest.mark.parametrize("path", PICTURED)
def test_heads_lead_to_a_picture(client: TestClient, path: str) -> None:
    page = client.get(path).text
    meta = dict(re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)">', page))
    assert meta["twitter:card"] == "summary_large_image"
    assert meta["og:image"] == meta["twitter:image"]
    assert (meta["og:image:width"], meta["og:image:height"]) == ("1200", "630")
    assert meta["og:image:alt"] == meta["og:title"]
    url = html.unescape(meta["og:image"])
    assert url.startswith("http://127.0.0.1:8000/pictures/")
    picture(client, url.removeprefix("http://127.0.0.1:8000"))


def kept(service: Service) -> list[Path]:
    return [one for one in service.state.directory.path.glob("picture-*") if not one.suffix]


def test_the_pictures_of_front_and_articles_are_there_before_they_are_asked_for(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the page that names one has been sent; all workers share them. A new release has pictures of its own."""
    files = small()
    load_seed(database_url, write(files, tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    first, second = (create_app(Settings(database_url=database_url)) for _ in range(2))
    with TestClient(first) as client, TestClient(second) as other:
        article = client.get("/v1/articles").json()["data"][0]["id"]
        for path in ("/", f"/articles/{article}", "/?kind=detention", "/people/jon-berg", "/?release=1"):
            client.get(path)
        made = kept(first)
        assert len(made) == 2
        contents = {one.read_bytes() for one in made}
        served = {other.get(f"/pictures/{one}.png").content for one in ("front", f"articles/{article}")}
        assert served == contents
        assert kept(second) == made
        record(files, INCIDENTS, "mill-search")["title"] = "The mill is searched"
        load_seed(database_url, write(files, tmp_path))
        client.get("/")
        assert len(kept(first)) == 3


@pytest.mark.heavy
def test_every_kind_of_record_has_a_picture(small_client: TestClient) -> None:
    for name in small_client.get("/v1/releases/1").json()["data"]["counts"]:
        for one in small_client.get(f"/v1/{name}?limit=1&fields=id").json()["data"]:
            picture(small_client, f"/pictures/{name}/{one['id']}.png")


def test_pictures_of_nothing_are_missing(client: TestClient) -> None:
    for path in ("/pictures/people/nobody.png", "/pictures/nothing/x.png", "/pictures/people/hassan-al-soofy.gif"):
        assert problem(client, path, 404)["title"]
    assert problem(client, "/pictures/front.png?kidn=x", 400)["errors"][0]["parameter"] == "kidn"


def test_the_picture_of_a_merged_record_leads_on(database_url: str, tmp_path: Path) -> None:
    load_seed(database_url, write(small(), tmp_path))
    load_seed(database_url, write(merged(), tmp_path))
    with serving(database_url) as client:
        answer = client.get("/pictures/incidents/mill-search.png")
    assert answer.status_code == 308
    assert answer.headers["location"] == "/pictures/incidents/ferry-shooting.png"


def test_hostile_words_stay_words(database_url: str, tmp_path: Path) -> None:
    files = small()
    record(files, INCIDENTS, "mill-search")["title"] = '</text><rect width="9999" height="9999"/>&amp;<'
    load_seed(database_url, write(files, tmp_path))
    with serving(database_url) as client:
        assert pixels(picture(client, "/pictures/incidents/mill-search.png"), LEFT, PAPER) > 200_000


def test_without_the_extra_pictures_are_501_and_heads_name_none(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    assert "pip install -e '.[maps]'" in problem(client, "/pictures/front.png?q=maps", 501)["detail"]
    page = client.get("/?q=maps").text
    assert "og:image" not in page
    assert '<meta name="twitter:card" content="summary">' in page


def test_the_map_is_there_without_scripts(client: TestClient) -> None:
    page = client.get("/").text
    drawing = re.search(r'<div id="map" class="map-frame">(<svg.*?</svg>)', page, re.DOTALL)
    assert drawing
    data = client.get("/v1/incidents?limit=500").json()["data"]
    points = {(one["location"]["longitude"], one["location"]["latitude"]) for one in data if one["location"]}
    assert drawing[1].count('class="dot') == len(points)
    for part in ("land", "rivers", "lakes", "borders", "province", "radius"):
        assert f'class="{part}"' in drawing[1], part
    for words in ("Mosul", "Kanoos island", "Kirkuk province: 3 without a point", "100 km"):
        assert words in drawing[1], words
    assert "style=" not in drawing[1]
    assert "<svg" not in client.get("/?q=zzzz").text


def test_the_histogram_is_there_without_scripts(client: TestClient) -> None:
    page = client.get("/").text
    drawing = re.search(r'<div id="timeline" class="timeline-frame">(<svg.*?</svg>)', page, re.DOTALL)
    assert drawing
    months = client.get("/v1/facets?of=incidents&facet=month").json()["data"]["month"]["buckets"]
    assert drawing[1].count('<rect class="certain"') == sum(one["certain"] > 0 for one in months)
    assert drawing[1].count('<rect class="possible"') == sum(one["possible"] > 0 for one in months)
    assert f">{max(one['count'] for one in months)}</text>" in drawing[1]
    for year in ("2014", "2019"):
        assert f">{year}</text>" in drawing[1]


@pytest.mark.parametrize(
    ("path", "dots", "hollow"),
    [("/incidents/kanoos-island-raid", 1, 0), ("/incidents/kubaiba-raid", 1, 1), ("/places/riyadh-district", 1, 0)],
)
def test_pages_of_records_have_a_map(client: TestClient, path: str, dots: int, hollow: int) -> None:
    page = client.get(path).text
    drawing = re.search(r'<figure class="record-map map-panel">(.*?)</figure>', page, re.DOTALL)
    assert drawing
    assert len(re.findall(r'class="dot( hollow)?"', drawing[1])) == dots
    assert drawing[1].count("hollow") == hollow
    assert ("The point of it is not known" in drawing[1]) == bool(hollow)


def test_what_one_answer_does_not_have_is_counted_by_tiles(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one answer does not have all incidents, the dots still count all that have a point."""
    monkeypatch.setattr("app.api.site.maps.SINGLE", 5)
    page = client.get("/embed/map?has_location=true").text
    counts = re.findall(r'class="count"[^>]*>(\d+)<', page)
    lone = page.count('class="dot"')
    assert sum(map(int, counts)) + lone == client.get("/v1/incidents?has_location=true").json()["meta"]["matched"]


SQUARE = "M0 0l10 0 0 -10 -10 0z"


def test_outlines_are_cut_to_the_view() -> None:
    view = View(5, 5, 4, 400, 400)
    path = drawn(SQUARE, 1, view, is_area=True)
    numbers = [float(one) for one in re.findall(r"-?[\d.]+", path)]
    assert min(numbers) == -8
    assert max(numbers) == 408
    assert drawn(SQUARE, 1, View(50, 50, 4, 400, 400), is_area=True) == ""
    assert contains(SQUARE, 5, -5)
    assert not contains(SQUARE, 15, -5)


def test_a_point_lies_in_its_province() -> None:
    assert "Ta'mim" in (world.province_at(44.39, 35.47) or ""), "Kirkuk province, as Natural Earth calls it"
    assert world.province_at(-30, -30) is None


def test_names_never_run_over_each_other() -> None:
    names = Names(300, 100)
    placed = sum(names.beside("place", f"Place {number}", 100 + number, 50, 8, 13) for number in range(20))
    assert 1 < placed < 20
    rows = sorted((one.anchor, one.y) for one in names.placed)
    assert len(set(rows)) == len(rows)
