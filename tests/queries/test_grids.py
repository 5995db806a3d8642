"""Grids: every located record is in one tile, and each tile counts what the box that it links to holds."""

import math
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from app.model.map_tiles import MAX_ZOOM, Tile, TileCount, count_by_tile, tile_at
from tests.answers import body, problem

LONGITUDES = st.floats(-180, 180)
LATITUDES = st.floats(-90, 90)
ZOOMS = st.integers(0, MAX_ZOOM)


@given(LONGITUDES, LATITUDES, ZOOMS)
@example(180.0, 90.0, 3)
@example(-180.0, -90.0, 3)
@example(45.0, 0.0, 3)
@example(-112.5, 66.51326044311186, 4)
def test_a_point_lies_in_its_tile_alone(longitude: float, latitude: float, zoom: int) -> None:
    tile = tile_at(longitude, latitude, zoom)
    assert 0 <= tile.column < 2**zoom
    assert 0 <= tile.row < 2**zoom
    assert tile.west <= longitude
    assert latitude <= tile.north
    assert longitude < tile.east or tile.east == 180
    assert tile.south < latitude or tile.south == -90


@given(ZOOMS.filter(bool), st.data())
def test_tiles_meet_without_gap_and_as_web_maps_have_them(zoom: int, data: st.DataObject) -> None:
    column, row = (data.draw(st.integers(0, 2**zoom - 2)) for _ in range(2))
    one, next_, below = Tile(zoom, column, row), Tile(zoom, column + 1, row), Tile(zoom, column, row + 1)
    assert (one.east, one.south) == (next_.west, below.north)
    # The definition of Web Mercator, of the edge that all rows but the last have in the south.
    mercator = math.log(math.tan(math.pi / 4 + math.radians(one.south) / 2))
    assert (1 - mercator / math.pi) / 2 * 2**zoom == pytest.approx(row + 1, abs=1e-4)


def test_the_tile_of_a_place_that_everybody_knows() -> None:
    """Its number in OpenStreetMap's own documentation of tile names: Brandenburg Gate at zoom 14."""
    assert str(tile_at(13.37771496361961, 52.51628011262304, 14)) == "14/8800/5373"


def test_a_cluster_stands_at_the_mean_of_its_points() -> None:
    counts = count_by_tile([(10.0, 20.0, 3), (14.0, 24.0, 1)], 0)
    assert counts == {Tile(0, 0, 0): TileCount(4, 84.0, 44.0)}
    assert counts[Tile(0, 0, 0)].center == (21.0, 11.0)


BOXES = [
    "",
    "bbox=42.5,34.5,45,36.5",
    "bbox=43,34,44,36&location_match=certain",
    "near=43.4,35.3&radius_km=90",
    "bbox=170,-80,60,80",
]


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize("of", ["incidents", pytest.param("places", marks=pytest.mark.heavy), "casualties"])
@pytest.mark.parametrize("zoom", [9, *(pytest.param(zoom, marks=pytest.mark.heavy) for zoom in (0, 6))])
def test_every_tile_counts_what_its_list_holds(client: TestClient, of: str, box: str, zoom: int) -> None:
    grid = body(client, f"/v1/facets?of={of}&facet=grid&z={zoom}&{box}")["data"]["grid"]
    assert grid["buckets"]
    for bucket in grid["buckets"]:
        assert body(client, f"{bucket['links']['list']}&limit=1")["meta"]["matched"] == bucket["count"], bucket
        west, south, east, north = bucket["bbox"]
        longitude, latitude = bucket["center"]
        assert west <= longitude <= east
        assert south <= latitude <= north
    at_the_point = box.replace("certain", "point") if "certain" in box else f"{box}&location_match=point" if box else ""
    matched = body(client, f"/v1/{of}?{at_the_point}&limit=1")["meta"]["matched"]
    assert sum(bucket["count"] for bucket in grid["buckets"]) + grid["missing"] == matched


def test_a_box_over_the_antimeridian_is_linked_but_where_a_tile_has_two_ends_of_it(client: TestClient) -> None:
    (whole,) = body(client, "/v1/facets?of=incidents&facet=grid&z=0&bbox=44.2,-80,43.5,80")["data"]["grid"]["buckets"]
    assert parse_qs(urlsplit(whole["links"]["list"]).query)["bbox"] == ["44.2,-80,43.5,80"]
    (half,) = body(client, "/v1/facets?of=incidents&facet=grid&z=1&bbox=44.2,-80,43.5,80")["data"]["grid"]["buckets"]
    assert (half["value"], half["links"]) == ("1/1/0", {})


@pytest.mark.parametrize(
    ("url", "parameter", "detail"),
    [
        ("/v1/facets?of=incidents&facet=grid", "z", "is needed"),
        ("/v1/incidents?facets=grid", "z", "is needed"),
        ("/v1/facets?of=incidents&facet=kind&z=3", "z", "goes with the facet grid"),
        ("/v1/incidents?z=3", "z", "goes with facets"),
        ("/v1/facets?of=incidents&facet=grid&z=23", "z", "0 (the world is one tile) to 22"),
        ("/v1/facets?of=incidents&facet=grid&z=-1", "z", "to 22"),
        ("/v1/facets?of=incidents&facet=grid&z=7.5", "z", "to 22"),
        ("/v1/facets?of=people&facet=grid&z=3", "facet", "has no value 'grid'"),
    ],
)
def test_a_mistake_in_grids_names_its_parameter_and_limit(
    client: TestClient, url: str, parameter: str, detail: str
) -> None:
    (error,) = problem(client, url)["errors"]
    assert error["parameter"] == parameter
    assert detail in error["detail"]


def test_a_grid_of_too_many_tiles_names_the_zoom_that_has_less(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "/v1/facets?of=incidents&facet=grid&z={}"
    numbers: dict[int, int] = {
        zoom: len(body(client, url.format(zoom))["data"]["grid"]["buckets"]) for zoom in range(12)
    }
    assert numbers[11] > 3 > 1 == numbers[0]
    monkeypatch.setattr("app.api.counting.facet_counts.MAX_BUCKETS", 3)
    wanted: Any = max(zoom for zoom, number in numbers.items() if number <= 3)
    (error,) = problem(client, f"{url.format(11)}&facet_limit=1")["errors"]
    assert (error["parameter"], error["suggestion"]) == ("z", str(wanted))
    assert (
        f"grid has {numbers[11]} tiles here, and at most 3 are sent; z={wanted} has {numbers[wanted]}"
        in error["detail"]
    )
