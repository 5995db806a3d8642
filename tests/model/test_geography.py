"""Boxes and circles, also where the map's edges are: at the antimeridian and around the poles."""

import copy
from collections.abc import Iterator
from math import acos, cos, degrees, radians, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from app.model.geography import EARTH_RADIUS_M, box_around, narrowest_band
from tests import sample
from tests.answers import body, ids
from tests.conftest import NewDatabase, load_seed, serving

POINTS = {
    # id: longitude, latitude, radius in metres
    "edge-east": (179.9, 0.0, 1_000),
    "edge-west": (-179.9, 0.0, 1_000),
    "on-the-line": (180.0, 10.0, 1_000),
    "on-the-line-too": (-180.0, 10.0, 1_000),
    "over-the-line": (179.0, -20.0, 300_000),
    "north-pole": (0.0, 90.0, 1_000),
    "near-north-pole": (120.0, 89.9, 50_000),
    "south": (-60.0, -89.0, 1_000),
    "greenwich": (0.0, 51.0, 100),
    "wide": (10.0, 50.0, 200_000),
}


@pytest.fixture(scope="module")
def atlas(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The service over one incident at each of the points."""
    files = sample.small()
    for id_, (longitude, latitude, radius) in POINTS.items():
        point = {"latitude": str(latitude), "longitude": str(longitude), "radius_m": str(radius)}
        files["places.yaml"].append(
            {
                "id": id_,
                "name": id_,
                "named": "false",
                "kind": "terrain",
                "coordinate": {**point, "precision": "exact", "source": "invented"},
                "evidence": [sample.proof("name", "Ash River", shared=True)],
            }
        )
        incident = copy.deepcopy(sample.record(files, sample.INCIDENTS, "boat-stopped"))
        places = [{"id": id_, "role": "scene", "certainty": "stated"}]
        files[sample.INCIDENTS].append({**incident, "id": id_, "location": id_, "places": places})
    url = new_database()
    load_seed(url, sample.write(files, tmp_path_factory.mktemp("atlas")))
    with serving(url) as service:
        yield service


LINE = "edge-east edge-west on-the-line on-the-line-too over-the-line"

CASES = [
    ("bbox=179,-30,-179,30", LINE),
    ("bbox=179,-30,-179,30&location_match=certain", "edge-east edge-west on-the-line on-the-line-too"),
    ("bbox=170,-30,-170,30&location_match=certain", LINE),
    ("bbox=179.5,-1,180,1", "edge-east"),
    ("bbox=-180,-1,-179.5,1", "edge-west"),
    ("bbox=180,5,-180,15", "on-the-line on-the-line-too"),
    # West above east goes around the back of the Earth, wherever the two lie.
    ("bbox=-10,-30,-20,30", LINE),
    ("bbox=170,-30,10,55", f"{LINE} greenwich wide"),
    ("bbox=170,-30,10,55&location_match=certain", f"{LINE} greenwich"),
    # Map programs go on counting when they are turned around the globe.
    ("bbox=179,-30,181,30", LINE),
    ("bbox=-181,-30,-179,30", LINE),
    ("bbox=539.5,-1,540,1", "edge-east"),
    ("bbox=-540,-1,-539.5,1", "edge-west"),
    ("bbox=359,50.5,361,51.5&location_match=certain", "greenwich"),
    ("bbox=30,-30,400,55", f"{LINE} greenwich wide"),
    ("bbox=0,48,360,55&location_match=certain", "greenwich wide"),
    ("near=540,0&radius_km=12", "edge-east edge-west"),
    ("near=-359.9,51&radius_km=10", "greenwich"),
    # The point alone, whatever its radius.
    ("bbox=179,-30,-179,30&location_match=point", LINE),
    ("bbox=-179,-21,-178.5,-19&location_match=point", ""),
    ("bbox=0,51,0,51&location_match=point", "greenwich"),
    ("bbox=40,89.99,41,90&location_match=point", ""),
    ("near=0,50&radius_km=200&location_match=point", "greenwich"),
    ("near=7.3,50&radius_km=10&location_match=point", ""),
    ("near=-178,-20&radius_km=400&location_match=point", "over-the-line"),
    ("bbox=180,5,180,15", "on-the-line on-the-line-too"),
    ("bbox=-180,5,-180,15", "on-the-line on-the-line-too"),
    # The circle around 179 E reaches some 3 degrees over the line.
    ("bbox=-179,-21,-178.5,-19", "over-the-line"),
    ("bbox=-177,-21,-170,-19", ""),
    ("bbox=178,-21,180,-19&location_match=certain", ""),
    ("bbox=-180,-90,180,90", " ".join([*POINTS, "ferry-shooting", "mill-search"])),
    ("bbox=-180,-90,180,90&location_match=certain", " ".join([*POINTS, "ferry-shooting", "mill-search"])),
    # The pole is on every meridian, and a circle around it as well.
    ("bbox=40,89.99,41,90", "north-pole near-north-pole"),
    ("bbox=-180,89,180,90&location_match=certain", "north-pole near-north-pole"),
    ("bbox=0,89,180,90&location_match=certain", ""),
    ("bbox=-61,-90,-59,-88&location_match=certain", "south"),
    ("bbox=0,51,0,51", "greenwich"),
    ("bbox=0,51,0,51&location_match=certain", ""),
    ("bbox=-1,50.5,1,51.5&location_match=certain", "greenwich"),
    ("near=180,0&radius_km=12", "edge-east edge-west"),
    ("near=-180,0&radius_km=13&location_match=certain", "edge-east edge-west"),
    ("near=-179.9,0&radius_km=1", "edge-west"),
    ("near=-179.9,0&radius_km=23&location_match=possible", "edge-east edge-west"),
    ("near=-180,10&radius_km=1.1&location_match=certain", "on-the-line on-the-line-too"),
    ("near=-178,-20&radius_km=20", "over-the-line"),
    ("near=-178,-20&radius_km=20&location_match=certain", ""),
    ("near=-90,90&radius_km=1", "north-pole near-north-pole"),
    ("near=-90,89.95&radius_km=10&location_match=certain", "north-pole"),
    ("near=120,-90&radius_km=120&location_match=certain", "south"),
    ("near=0,50&radius_km=200", "greenwich"),
    ("near=0,50&radius_km=520", "greenwich wide"),
    ("near=7,50&radius_km=10", ""),
    ("near=7.3,50&radius_km=10", "wide"),
    ("near=10,50&radius_km=200&location_match=certain", "wide"),
    ("near=10,50&radius_km=199&location_match=certain", ""),
    ("near=0,-51&radius_km=20000", " ".join([*POINTS, "ferry-shooting", "mill-search"])),
]


@pytest.mark.parametrize(("query", "expected"), CASES)
def test_what_lies_there(atlas: TestClient, query: str, expected: str) -> None:
    answer = body(atlas, f"/v1/incidents?{query}")
    assert sorted(incident["id"] for incident in answer["data"]) == sorted(expected.split())
    assert answer["meta"]["not_judged"]["location"] == 1, "the boat that was stopped somewhere"


@pytest.mark.parametrize("query", [query for query, _ in CASES])
def test_places_lie_where_their_incidents_do(atlas: TestClient, query: str) -> None:
    points = set(POINTS)
    assert points & set(ids(atlas, f"/v1/places?{query}")) == points & set(ids(atlas, f"/v1/incidents?{query}"))


@given(
    longitude=st.floats(-180, 180),
    latitude=st.floats(-90, 90),
    radius=st.floats(1_000, 19_000_000),
    direction=st.floats(0, 360),
)
def test_a_box_holds_its_circle(longitude: float, latitude: float, radius: float, direction: float) -> None:
    """Whatever way one walks from the middle of the circle to its rim, the rim lies in the box."""
    box = box_around(longitude, latitude, radius)
    angle, bearing = radius / EARTH_RADIUS_M, radians(direction)
    height = sin(radians(latitude)) * cos(angle) + cos(radians(latitude)) * sin(angle) * cos(bearing)
    rim = 90 - degrees(acos(max(-1.0, min(1.0, height))))
    assert box["south"] - 1e-5 <= rim <= box["north"] + 1e-5
    assert -90 <= box["south"] <= box["north"] <= 90
    middle = (box["west"] + box["east"]) / 2
    assert middle == pytest.approx(longitude, abs=1e-9)
    if box["east"] - box["west"] < 360 and abs(rim) < 89.999:
        away = cos(angle) - sin(radians(latitude)) * sin(radians(rim))
        turn = degrees(acos(max(-1.0, min(1.0, away / (cos(radians(latitude)) * cos(radians(rim)))))))
        assert turn <= (box["east"] - box["west"]) / 2 + 1e-3


@pytest.mark.parametrize(
    ("named", "west", "east"),
    [
        (LINE, 179.0, -179.9),
        ("edge-west over-the-line greenwich", 0.0, -179.9),
        ("on-the-line on-the-line-too", 180.0, 180.0),
        ("greenwich wide", 0.0, 10.0),
        ("south near-north-pole", -60.0, 120.0),
    ],
)
def test_the_box_of_a_list_crosses_the_antimeridian_where_it_is_narrower(
    atlas: TestClient, named: str, west: float, east: float
) -> None:
    """In `meta.extent` and GeoJSON; the filter takes it as it stands."""
    asked = "&".join(f"id={id_}" for id_ in named.split())
    box = body(atlas, f"/v1/incidents?{asked}")["meta"]["extent"]["bbox"]
    latitudes = [POINTS[id_][1] for id_ in named.split()]
    assert box == [west, min(latitudes), east, max(latitudes)]
    assert body(atlas, f"/v1/incidents.geojson?{asked}")["bbox"] == box
    found = ids(atlas, f"/v1/incidents?bbox={','.join(map(str, box))}&location_match=point&limit=500")
    assert set(named.split()) <= set(found)


def test_the_extent_of_ogc_is_as_wide_as_its_circles(atlas: TestClient) -> None:
    [box] = body(atlas, "/ogc/collections/incidents")["extent"]["spatial"]["bbox"]
    assert (box[0], box[2], box[3]) == (-180.0, 180.0, 90.0), "around the pole a circle is as wide as the Earth"


@given(st.lists(st.tuples(st.integers(-179, 180), st.integers(0, 90)), min_size=1, max_size=8))
def test_no_band_that_holds_all_spans_is_narrower(spans: list[tuple[int, int]]) -> None:
    """Of all bands that begin where a span does, it is the narrowest that reaches to every end."""
    reaches = [max((start - west) % 360 + width for start, width in spans) for west, _ in spans]
    west, east = narrowest_band((start, start + width) for start, width in spans)
    if min(reaches) < 360:
        assert (east - west) % 360 == min(reaches)
        assert all((start - west) % 360 + width <= min(reaches) for start, width in spans)
    else:
        assert (west, east) == (-180.0, 180.0)
