"""An incident is where and when the reporting of it says: not more exactly than its place is known, nor less."""

import csv
import html
import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests import extended_sample, sample
from tests.answers import body, ids
from tests.conftest import NewDatabase, load_seed, serving

# The village of Orsa is known to two kilometres. The mill "somewhere near Orsa" may be nine away.
NORTH_OF_ORSA = "14.55,60.95,14.65,60.98"
"""A box that begins 5.5 kilometres north of Orsa's point."""
AROUND_ORSA = "near=14.6,60.9&radius_km=4&location_match=certain"


@pytest.fixture(scope="module")
def desk(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    files = sample.small()
    extended_sample.add_details(files)
    load_seed(url := new_database(), sample.write(files, tmp_path_factory.mktemp("details")))
    with serving(url) as service:
        yield service


def record(desk: TestClient, id_: str) -> Any:
    return body(desk, f"/v1/incidents/{id_}")["data"]


def test_the_location_has_what_the_reporting_says_of_the_incident(desk: TestClient) -> None:
    mill, ferry = record(desk, "mill-search"), record(desk, "ferry-shooting")
    point = {"id": "orsa", "name": "Orsa", "latitude": 60.9, "longitude": 14.6}
    assert mill["location"] == {**point, "precision": "vicinity", "radius_m": 9000, "given_by": "incident"}
    assert ferry["location"] == {**point, "precision": "locality", "radius_m": 2000, "given_by": "place"}
    assert [(place["precision"], place["radius_m"]) for place in mill["places"]] == [("vicinity", 9000)]
    assert {(place["precision"], place["radius_m"]) for place in ferry["places"]} == {(None, None)}
    assert body(desk, "/v1/places/orsa")["data"]["coordinate"]["radius_m"] == 2000


@pytest.mark.parametrize("path", ["/v1/incidents", "/v1/casualties"])
def test_filters_by_place_judge_by_it(desk: TestClient, path: str) -> None:
    """The mill may have been in a box that Orsa itself is not in; so near to Orsa only the ferry must have been."""
    mill, ferry = {"mill-search", "miller-held"}, {"ferry-shooting", "ferry-dead", "ferry-wounded"}
    assert set(ids(desk, f"{path}?bbox={NORTH_OF_ORSA}")) <= mill
    assert ids(desk, f"{path}?bbox={NORTH_OF_ORSA}") != []
    assert ids(desk, f"{path}?bbox={NORTH_OF_ORSA}&location_match=certain") == []
    assert ids(desk, f"{path}?{AROUND_ORSA}") != []
    assert set(ids(desk, f"{path}?{AROUND_ORSA}")) <= ferry


def test_map_formats_and_tables_show_it(desk: TestClient) -> None:
    shown: dict[str, list[dict[str, Any]]] = {
        "geojson": [one["properties"] for one in body(desk, "/v1/incidents.geojson")["features"]],
        "ogc": [one["properties"] for one in body(desk, "/ogc/collections/incidents/items")["features"]],
        "csv": list(csv.DictReader(io.StringIO(desk.get("/v1/incidents.csv").content.decode("utf-8-sig")))),
    }
    for name, rows in shown.items():
        mill = next(row for row in rows if row["title"] == "Search of the mill in Orsa")
        keys = ("coordinate_precision", "coordinate_radius_m", "coordinate_given_by", "time_earliest", "time_latest")
        assert [str(mill[key]) for key in keys] == ["vicinity", "9000", "incident", "03:10", "04:40"], name
        assert (mill["time_as_stated"], mill["time_certainty"]) == ("before dawn", "claimed"), name


def test_a_time_of_day_stands_beside_the_date(desk: TestClient) -> None:
    """What is not stated is null, and the date stays a date."""
    assert record(desk, "ferry-shooting")["time"] == {
        "as_stated": None,
        "earliest": None,
        "latest": "23:05",
        "approximate": False,
        "certainty": "inferred",
        "note": None,
    }
    assert record(desk, "mill-search")["date"]["edtf"] == "2021-06-04"
    assert record(desk, "boat-stopped")["time"] is None


def test_the_page_of_an_incident_shows_both(desk: TestClient) -> None:
    page = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", desk.get("/incidents/mill-search").text)).split())
    assert "before dawn (about 03:10–04:40) claimed" in page
    assert "within 9 km" in page
    assert "by 23:05 inferred" in " ".join(re.sub(r"<[^>]*>", " ", desk.get("/incidents/ferry-shooting").text).split())
