"""Days and boxes of OGC API - Features, as the standard writes them, choose the rows that /v1 does."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from tests import sample
from tests.answers import body
from tests.api.test_ogc import ids, records
from tests.conftest import NewDatabase, load_seed, serving


@pytest.fixture(scope="module")
def far_client(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The small dossier with Orsa on the antimeridian."""
    files = sample.small()
    sample.record(files, "places.yaml", "orsa")["coordinate"] |= {"longitude": "179.99", "latitude": "10"}
    url = new_database()
    load_seed(url, sample.write(files, tmp_path_factory.mktemp("far")))
    with serving(url) as service:
        yield service


MOMENTS = [
    ("2021-06-04T", "2021-06-04"),
    ("2021-06-04T00:00:00Z", "2021-06-04"),
    ("2021-06-04t23:59:59.999z", "2021-06-04"),
    ("2021-06-05T01:30:00%2B02:00", "2021-06-04"),
    ("2021-06-03T23:30:00-01:00", "2021-06-04"),
    ("2021-06-04T/..", "2021-06-04/.."),
    ("../2021-06-04T", "../2021-06-04"),
    ("../2021-06-04T00:00:00Z", "../2021-06-04"),
    ("/2021-06-03", "../2021-06-03"),
    ("2021-06-05/", "2021-06-05/.."),
    ("2021-03-31T23:59:59Z/2021-06-03T23:59:59Z", "2021-03-31/2021-06-03"),
    ("..%2F2021-06-04T&datetime=2021-06-04T%2F..", "2021-06-04"),
    ("2021-03-01/2021-06-30&datetime=2021-06-01/2021-12-31", "2021-06-01/2021-06-30"),
    ("../2021-12-31&datetime=../2021-04-01", "../2021-04-01"),
    ("2021-05-01/..&datetime=2021-01-01/..", "2021-05-01/.."),
]


@pytest.mark.parametrize(("standard", "days"), MOMENTS)
def test_moments_are_read_as_their_days(small_client: TestClient, standard: str, days: str) -> None:
    dated = set(records(small_client, "incidents", f"datetime={days}"))
    assert ids(small_client, "incidents", f"datetime={standard}") == dated | {"boat-stopped"}


def test_a_day_before_and_after_decide_what_matches(small_client: TestClient) -> None:
    """A day before and after, so that the table above cannot hold by matching everything or nothing."""
    assert ids(small_client, "incidents", "datetime=2021-06-04T") == {"mill-search", "boat-stopped"}
    assert ids(small_client, "incidents", "datetime=2021-06-03") == {"boat-stopped"}
    assert ids(small_client, "incidents", "datetime=2021-06-05T/..") == {"boat-stopped"}
    assert ids(small_client, "incidents", "datetime=../2021-03-01T") == {"ferry-shooting", "boat-stopped"}


def test_six_numbers_are_a_box_with_heights(client: TestClient) -> None:
    flat = ids(client, "places", "bbox=43,34,45,36")
    assert ids(client, "places", "bbox=43,34,-100,45,36,9000.5") == flat
    # GDAL and JavaScript write numbers out in full.
    assert ids(client, "places", "bbox=43.000000000000001,3.4e1,44.99999999999999999,36.") == flat
    assert flat < ids(client, "places")


def test_boxes_across_the_antimeridian(far_client: TestClient) -> None:
    unplaced = {"ash-river"}
    assert ids(far_client, "places", "bbox=179,9,-179,11") == {"orsa"} | unplaced
    assert ids(far_client, "places", "bbox=179,9,180,11") == {"orsa"} | unplaced
    assert ids(far_client, "places", "bbox=-179,9,179,11") == unplaced
    assert ids(far_client, "places", "bbox=539,9,541,11") == {"orsa"} | unplaced
    assert ids(far_client, "places", "bbox=-541,9,-539,11") == {"orsa"} | unplaced
    extent = body(far_client, "/ogc/collections/places")["extent"]["spatial"]["bbox"]
    west, south, east, north = extent[0]
    assert east < -179 < west, "RFC 7946 and OGC let the box of places on both sides cross the antimeridian"
    assert set(ids(far_client, "places", f"bbox={west},{south},{east},{north}")) == set(ids(far_client, "places", ""))
