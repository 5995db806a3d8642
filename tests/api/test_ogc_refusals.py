"""OGC API - Features: a bad or unknown parameter is 400 and named, what does not exist is 404."""

import pytest
from starlette.testclient import TestClient

from tests.answers import problem, refused

COLLECTIONS = ("incidents", "places")

BAD = [
    ("limit=0", "limit"),
    ("limit=-1", "limit"),
    ("limit=unlimited", "limit"),
    ("limit=1.5", "limit"),
    ("limit=", "limit"),
    ("limit=1&limit=2", "limit"),
    ("bbox=1,2,3", "bbox"),
    ("bbox=1,2,3,4,5", "bbox"),
    ("bbox=1,2,3,x", "bbox"),
    ("bbox=1,2,3,nan", "bbox"),
    ("bbox=1,2,3,1e99", "bbox"),
    ("bbox=-1810,2,3,4", "bbox"),
    ("bbox=1,2,3,91", "bbox"),
    ("bbox=1,4,3,2", "bbox"),
    ("datetime=2019", "datetime"),
    ("datetime=2019-13-01", "datetime"),
    ("datetime=2019-02-30T", "datetime"),
    ("datetime=2019-01-01T25:00:00Z", "datetime"),
    ("datetime=2019-01-01T10:00:00", "datetime"),
    ("datetime=0001-01-01T00:00:00%2B10:00", "datetime"),
    ("datetime=2019-01-02/2019-01-01", "datetime"),
    ("datetime=../..", "datetime"),
    ("datetime=/", "datetime"),
    ("datetime=2019-01-01/2019-01-02/2019-01-03", "datetime"),
    ("crs=http://www.opengis.net/def/crs/EPSG/0/3857", "crs"),
    ("bbox-crs=EPSG:4326", "bbox-crs"),
    ("after=nowhere", "after"),
    ("after=with.%00", "after"),
    ("kind=picnic", "kind"),
    ("place=iraq", "place"),
    ("sort=id", "sort"),
    ("ooga=booga", "ooga"),
    ("f=html", "f"),
    ("f=json&f=json", "f"),
]


@pytest.mark.parametrize(("query", "parameter"), BAD)
@pytest.mark.parametrize("collection", COLLECTIONS)
def test_bad_parameters_are_named(client: TestClient, collection: str, query: str, parameter: str) -> None:
    assert [name for name, _ in refused(client, f"/ogc/collections/{collection}/items?{query}")] == [parameter]


@pytest.mark.parametrize("path", ["", "/", "/conformance", "/api", "/collections", "/collections/places"])
def test_what_takes_only_a_format_refuses_all_else(client: TestClient, path: str) -> None:
    assert refused(client, f"/ogc{path}?limit=1") == [("limit", None)]
    assert refused(client, f"/ogc{path}?f=html") == [("f", None)]
    assert client.get(f"/ogc{path}?f=html").json()["allowed_values"] == {"f": ["json"]}


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/conformance",
        "/api",
        "/collections",
        "/collections/places",
        "/collections/places/queryables",
        "/collections/places/schema",
        "/collections/places/items",
        "/collections/places/items/iraq",
    ],
)
def test_the_one_format_may_be_asked_for(client: TestClient, path: str) -> None:
    """As pygeoapi, ldproxy and every tutorial have it."""
    plain, asked = client.get(f"/ogc{path}").json(), client.get(f"/ogc{path}?f=json")
    assert asked.status_code == 200
    for answer in (plain, body := asked.json()):
        answer.pop("timeStamp", None)
        answer.pop("links", None) if path.endswith("items") else None
    assert body == plain


def test_pages_lead_on_in_the_format_asked_for(client: TestClient) -> None:
    links = client.get("/ogc/collections/places/items?f=json&limit=2").json()["links"]
    assert "f=json" in next(link["href"] for link in links if link["rel"] == "next")


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/collections/people",
        "/collections/people/items",
        "/collections/people/schema",
        "/collections/incidents/items/no-such-raid",
        "/collections/incidents/items/%00",
        "/collections/incidents/items/%ED%A0%80",
        "/collections/incidents/items/khatuniya",
    ],
)
def test_what_does_not_exist_is_404(client: TestClient, path: str) -> None:
    assert client.get(f"/ogc{path}").headers["content-type"] == "application/problem+json"
    assert client.get(f"/ogc{path}").status_code == 404


def test_refusals_are_problem_documents(client: TestClient) -> None:
    refusal = problem(client, "/ogc/collections/incidents/items?limit=0")
    assert (refusal["type"], refusal["title"]) == ("/problems/bad-value", "Bad value")
    problem(client, "/ogc/collections/people", 404)
