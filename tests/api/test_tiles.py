"""Vector tiles: every located record is in one tile of a zoom, once, alone or in the count of a cluster."""

import sys
from collections.abc import Iterator
from typing import Any

import mapbox_vector_tile
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from app.counts.map_positions import positions
from app.model.map_tiles import MAX_LATITUDE, POSITION_ZOOM, tile_at
from app.model.tile_contents import EXTENT, MAX_SINGLE
from tests import sample
from tests.answers import body, problem, refused
from tests.bench import invention
from tests.conftest import NewDatabase, load_seed, serving, state

Json = dict[str, Any]

INCIDENTS = 800
"""Of the invented archive: more than a tile has room for one by one."""

FILTERS = ["", "not.kind=joint_raid", "datetime=1990&date_match=within", "bbox=40,30,44.5,33", "has_location=true"]


def layers(client: TestClient, tile: str, query: str = "") -> dict[str, list[Json]]:
    """The features of a tile by layer."""
    response = client.get(f"/v1/tiles/incidents/{tile}.mvt?{query}")
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert len(response.content) <= 100_000
    decoded = mapbox_vector_tile.decode(response.content, default_options={"y_coord_down": True})
    assert {(layer["version"], layer["extent"]) for layer in decoded.values()} == {(2, EXTENT)}
    for feature in (one for layer in decoded.values() for one in layer["features"]):
        assert all(0 <= value < EXTENT for value in feature["geometry"]["coordinates"]), feature
    return {name: [one["properties"] for one in layer["features"]] for name, layer in decoded.items()}


def matched(client: TestClient, query: str) -> int:
    """How many incidents with a point the list holds."""
    query = query.replace("has_location=true", "")
    return int(body(client, f"/v1/incidents?has_location=true&limit=1&{query}")["meta"]["matched"])


def tiles_with_records(client: TestClient, zoom: int, query: str) -> list[str]:
    """The tiles that the list of all its records leads to."""
    found = set()
    url = f"/v1/incidents?has_location=true&limit=500&{query.replace('has_location=true', '')}"
    while url:
        answer = body(client, url)
        places = [one["location"] for one in answer["data"]]
        found |= {str(tile_at(one["longitude"], one["latitude"], zoom)) for one in places}
        url = answer["links"].get("next")
    return sorted(found)


@pytest.fixture(scope="module")
def archive(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The service over an invented archive, which it counts in arrays."""
    invention.write(folder := tmp_path_factory.mktemp("archive"), INCIDENTS)
    load_seed(url := new_database(), folder)
    with serving(url) as service:
        yield service


@pytest.fixture(scope="module")
def polar(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The service over the small article, whose village is at the pole now; it counts in SQL."""
    files = sample.small()
    sample.record(files, "places.yaml", "orsa")["coordinate"]["latitude"] = "88.0"
    load_seed(url := new_database(), sample.write(files, tmp_path_factory.mktemp("polar")))
    with serving(url) as service:
        yield service


@pytest.mark.parametrize("zoom", [0, 9])
def test_the_tiles_of_a_zoom_have_every_record_with_its_figures(client: TestClient, zoom: int) -> None:
    records = {one["id"]: one for one in body(client, "/v1/incidents?has_location=true&limit=500")["data"]}
    shown = [one for tile in tiles_with_records(client, zoom, "") for one in layers(client, tile)["incidents"]]
    assert sorted(one["id"] for one in shown) == sorted(records)
    for feature in shown:
        record = records[feature["id"]]
        killed = record["totals"]["killed"] or {"low": None, "high": None}
        assert feature["count"] == 1
        assert (feature["title"], feature["kind"]) == (record["title"], record["kind"])
        assert (feature.get("date_edtf"), feature.get("date_latest")) == (
            record["date"] and record["date"]["edtf"],
            record["date"] and record["date"]["latest"],
        )
        assert (feature.get("killed_low"), feature.get("killed_high")) == (killed["low"], killed["high"])
        assert feature["coordinate_radius_m"] == record["location"]["radius_m"]


@pytest.mark.heavy
@pytest.mark.parametrize("query", FILTERS)
def test_counts_of_a_zoom_add_up_to_what_the_list_holds(archive: TestClient, query: str) -> None:
    expected = matched(archive, query)
    assert expected > 0
    for zoom in (0, 5) if query else (0, 5, 8):
        tiles = tiles_with_records(archive, zoom, query)
        features = [one for tile in tiles for one in layers(archive, tile, query)["incidents"]]
        assert sum(one["count"] for one in features) == expected, zoom
        ids = [one["id"] for one in features if one["count"] == 1 and "id" in one]
        assert len(ids) == len(set(ids))


@pytest.mark.heavy
def test_clusters_are_the_cells_of_the_grid_four_zooms_below(archive: TestClient) -> None:
    shown = [one["count"] for one in layers(archive, "0/0/0")["incidents"]]
    assert sum(shown) > MAX_SINGLE >= len(shown)
    grid = body(archive, "/v1/facets?of=incidents&facet=grid&z=4")["data"]["grid"]["buckets"]
    assert sorted(shown) == sorted(one["count"] for one in grid)


@pytest.mark.heavy
def test_arrays_and_sql_make_the_same_tiles(archive: TestClient) -> None:
    reader = state(archive).reader
    for number, query in enumerate(("kind=joint_raid", "bbox=40,30,44.5,33", "not.kind=joint_raid")):
        in_arrays = archive.get(f"/v1/tiles/incidents/3/5/3.mvt?{query}").content
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(reader.database, "archives", None)
            in_sql = archive.get(f"/v1/tiles/incidents/3/5/3.mvt?{query}&changed_since=0").content
        assert in_arrays == in_sql, number


def test_what_lies_beyond_the_map_is_told_apart(polar: TestClient) -> None:
    by_layer = layers(polar, "0/0/0")
    beyond = {one["id"] for one in by_layer["incidents_beyond_map"]}
    in_list = body(polar, "/v1/incidents?has_location=true")["data"]
    assert beyond == {one["id"] for one in in_list if one["location"]["latitude"] > 86}
    assert len(beyond) + len(by_layer["incidents"]) == len(in_list)
    bounds = body(polar, "/v1/tiles/incidents.json")["bounds"]
    assert bounds[3] == pytest.approx(85.0511, abs=1e-4)


@given(st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), min_size=1, max_size=30))
@example([(90.0, 180.0), (-90.0, -180.0), (0.0, 0.0), (0.0, 45.0), (66.51326044311186, -112.5), (85.06, 12.0)])
def test_positions_in_arrays_are_those_of_tiles(points: list[tuple[float, float]]) -> None:
    import numpy as np

    latitudes, longitudes = (np.array(one) for one in zip(*points, strict=True))
    found = positions(latitudes, longitudes)
    expected = [tile_at(longitude, latitude, POSITION_ZOOM) for latitude, longitude in points]
    assert np.abs(found["columns"] - [one.column for one in expected]).max() == 0
    assert np.abs(found["rows"] - [one.row for one in expected]).max() == 0
    assert found["beyond"].tolist() == [abs(latitude) > MAX_LATITUDE for latitude, _ in points]


def test_tilejson_leads_to_the_tiles_with_every_filter(client: TestClient) -> None:
    tileset = body(client, "/v1/tiles/incidents.json?kind=joint_raid&datetime=2019")
    assert tileset["tilejson"] == "3.0.0"
    (template,) = tileset["tiles"]
    assert template.endswith("/v1/tiles/incidents/{z}/{x}/{y}.mvt?kind=joint_raid&datetime=2019")
    west, south, east, north = tileset["bounds"]
    for record in body(client, "/v1/incidents?kind=joint_raid&datetime=2019&has_location=true")["data"]:
        assert west <= record["location"]["longitude"] <= east
        assert south <= record["location"]["latitude"] <= north
    fields = tileset["vector_layers"][0]["fields"]
    (feature, *_) = layers(client, "0/0/0")["incidents"]
    assert feature.keys() <= fields.keys()
    tile = layers(client, "0/0/0", "kind=joint_raid&datetime=2019")["incidents"]
    assert {one["kind"] for one in tile} == {"joint_raid"}


def test_a_tile_of_an_earlier_release_is_as_it_was(client: TestClient) -> None:
    assert layers(client, "0/0/0", "release=1") == layers(client, "0/0/0")
    problem(client, "/v1/tiles/incidents/0/0/0.mvt?release=99")


def test_addresses_of_no_tile_name_the_last_that_there_is(client: TestClient) -> None:
    assert refused(client, "/v1/tiles/incidents/23/0/0.mvt") == [("z", "22")]
    assert refused(client, "/v1/tiles/incidents/3/8/0.mvt") == [("x", "7")]
    assert refused(client, "/v1/tiles/incidents/3/7/8.mvt") == [("y", "7")]
    assert refused(client, "/v1/tiles/incidents/3/-1/0.mvt") == [("x", None)]
    assert refused(client, "/v1/tiles/incidents/0/0/0.mvt?kinds=raid") == [("kinds", "kind")]
    assert refused(client, "/v1/tiles/incidents.json?kind=rade")[0][0] == "kind"
    problem(client, "/ogc/collections/places/tiles", 404)
    problem(client, "/ogc/collections/incidents/tiles/WorldCRS84Quad", 404)
    problem(client, "/ogc/tileMatrixSets/WorldCRS84Quad", 404)


def test_without_the_extra_tiles_are_501_with_the_line_that_installs_it(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mapbox_vector_tile", None)
    for url in ("/v1/tiles/incidents.json?limit=7", "/v1/tiles/incidents/1/1/0.mvt?limit=7"):
        assert "pip install -e '.[maps]'" in problem(client, url, 501)["detail"]


@pytest.mark.parametrize("url", ["/v1/tiles/incidents.json?limit=7", "/v1/tiles/incidents/1/1/0.mvt?cursor=x"])
def test_pages_are_no_parameters_of_tiles(client: TestClient, url: str) -> None:
    problem(client, url)


def test_ogc_leads_to_the_tiles(client: TestClient) -> None:
    collection = body(client, "/ogc/collections/incidents")
    links = {one["rel"].rpartition("/")[2]: one["href"].partition("/ogc")[2] for one in collection["links"]}
    (listed,) = body(client, f"/ogc{links['tilesets-vector']}")["tilesets"]
    links = {one["rel"].rpartition("/")[2]: one["href"] for one in listed["links"]}
    tileset = body(client, f"/ogc{links['self'].partition('/ogc')[2]}")
    matrices = body(client, f"/ogc{links['tiling-scheme'].partition('/ogc')[2]}")["tileMatrices"]
    item = next(one["href"] for one in tileset["links"] if one["rel"] == "item")
    tile = item.format(tileMatrix=matrices[6]["id"], tileCol=39, tileRow=25).partition("/v1")[2]
    assert layers(client, tile.removeprefix("/tiles/incidents/").removesuffix(".mvt"))["incidents"]
    assert matrices[6]["matrixWidth"] == 64
    assert matrices[0]["scaleDenominator"] == pytest.approx(559082264.0287178)
    assert body(client, "/ogc/tileMatrixSets")["tileMatrixSets"][0]["id"] == tileset["tileMatrixSetId"]
