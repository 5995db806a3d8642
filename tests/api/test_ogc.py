"""OGC API - Features over HTTP: the standard's answers, and that its rows are those of /v1 by the standard's rule."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import OpenAPIV30SpecValidator
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from tests import sample
from tests.answers import body, days_taken
from tests.conftest import NewDatabase, load_seed, serving

BASE = "http://127.0.0.1:8000"
ROOT = f"{BASE}/ogc"
COLLECTIONS = ("incidents", "places")
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
DATE_LIKE = re.compile(r"\d{4}[-/]\d\d[-/]\d\d([T ].*)?")


def links(document: Any) -> dict[str, Any]:
    """The links of a document by relation."""
    return {link["rel"]: link for link in document["links"]}


def local(url: str) -> str:
    assert url.startswith(f"{ROOT}/") or url == ROOT
    return url.removeprefix(BASE)


def pages(client: TestClient, url: str) -> Iterator[Any]:
    """The pages of a list, following `next`."""
    following: str | None = url
    while following:
        answer = body(client, following)
        yield answer
        following = local(links(answer)["next"]["href"]) if "next" in links(answer) else None


def features(client: TestClient, collection: str, query: str = "") -> list[Any]:
    return [one for entry in pages(client, f"/ogc/collections/{collection}/items?{query}") for one in entry["features"]]


def ids(client: TestClient, collection: str, query: str = "") -> set[str]:
    actual = [one["id"] for one in features(client, collection, query)]
    assert len(actual) == len(set(actual))
    return set(actual)


def records(client: TestClient, collection: str, query: str = "") -> dict[str, Any]:
    """All records of /v1 by id."""
    answer = body(client, f"/v1/{collection}?limit=500&{query}")
    assert "next" not in answer["links"]
    return {one["id"]: one for one in answer["data"]}


def has_point(record: Any) -> bool:
    return (record["location"] if record["type"] == "incident" else record["latitude"]) is not None


@pytest.fixture(params=["article", "small"])
def either(request: pytest.FixtureRequest, client: TestClient, small_client: TestClient) -> TestClient:
    """The service over the shipped article, and over the small one."""
    return client if request.param == "article" else small_client


@pytest.fixture(scope="module")
def far_client(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The small dossier with Orsa on the antimeridian."""
    files = sample.small()
    sample.record(files, "places.yaml", "orsa")["coordinate"] |= {"longitude": "179.99", "latitude": "10"}
    url = new_database()
    load_seed(url, sample.write(files, tmp_path_factory.mktemp("far")))
    with serving(url) as service:
        yield service


def test_the_landing_page_leads_everywhere(client: TestClient) -> None:
    for path in ("/ogc", "/ogc/"):
        response = client.get(path, headers={"Host": "elsewhere.example"})
        assert response.headers["content-type"] == "application/json"
        actual = links(response.json())
        assert set(actual) == {"self", "service-desc", "conformance", "data"}
        assert actual["service-desc"]["type"] == OPENAPI
        for link in actual.values():
            there = client.get(local(link["href"]))
            assert (there.status_code, there.headers["content-type"]) == (200, link["type"])


def test_what_is_kept_of_the_standard(client: TestClient) -> None:
    classes = body(client, "/ogc/conformance")["conformsTo"]
    part = "http://www.opengis.net/spec/ogcapi-features-"
    assert set(classes) == {
        f"{part}{name}" for name in ("1/1.0/conf/core", "1/1.0/conf/geojson", "1/1.0/conf/oas30")
    } | {f"{part}2/1.0/conf/crs"}


def test_the_definition_is_valid_and_true(client: TestClient) -> None:
    answer = body(client, "/ogc/api")
    assert answer["openapi"].startswith("3.0.")
    OpenAPIV30SpecValidator(answer).validate()
    references = re.findall(r'"\$ref":\s*"([^"]*)"', client.get("/ogc/api").text)
    assert references
    assert all(reference.startswith("#/") for reference in references)
    assert answer["servers"] == [{"url": ROOT}]
    names = {"incidents": "kanoos-aerial-shelling", "places": "khatuniya"}
    for path, operations in answer["paths"].items():
        collection = next((name for name in COLLECTIONS if name in path), "")
        response = client.get("/ogc" + path.replace("{featureId}", names.get(collection, "")))
        assert response.status_code == 200
        [(type_, content)] = operations["get"]["responses"]["200"]["content"].items()
        assert response.headers["content-type"] == type_
        OAS30Validator({**content["schema"], "components": answer["components"]}).validate(response.json())
        declared = operations["get"]["responses"].keys()
        assert declared >= {"304", "400", "405", "408", "412", "414", "431", "500", "503"}
        assert (declared >= {"308", "404", "410"}) is path.endswith("{featureId}")


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_parameters_are_declared_as_the_standard_writes_them(client: TestClient, collection: str) -> None:
    answer = body(client, "/ogc/api")["paths"][f"/collections/{collection}/items"]["get"]["parameters"]
    declared = {parameter["name"]: parameter for parameter in answer}
    own = {"incidents": {"kind", "granularity"}, "places": {"kind"}}[collection]
    assert set(declared) == {"f", "limit", "bbox", "datetime", "crs", "bbox-crs", "after"} | own
    assert all(
        (one["in"], one["required"], one["style"], one["explode"]) == ("query", False, "form", False) for one in answer
    )
    assert declared["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 100}
    assert declared["bbox"]["schema"] == {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}
    assert declared["datetime"]["schema"] == {"type": "string"}
    for name in own:
        for value in declared[name]["schema"]["enum"]:
            assert client.get(f"/ogc/collections/{collection}/items?{name}={value}").status_code == 200


def test_collections(either: TestClient) -> None:
    answer = body(either, "/ogc/collections")
    assert [one["id"] for one in answer["collections"]] == list(COLLECTIONS)
    for one in answer["collections"]:
        assert body(either, f"/ogc/collections/{one['id']}") == one
        assert one["links"]
        assert one["crs"] == [CRS84] == [one["storageCrs"]]
        for link in one["links"]:
            there = either.get(local(link["href"]))
            assert (there.status_code, there.headers["content-type"]) == (200, link["type"])
        # GDAL appends the id of a feature to this one.
        assert links(one)["items"]["href"] == f"{ROOT}/collections/{one['id']}/items"


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_the_extent_holds_every_point_and_day(either: TestClient, collection: str) -> None:
    extent = body(either, f"/ogc/collections/{collection}")["extent"]
    [[west, south, east, north]] = extent["spatial"]["bbox"]
    points = [one["geometry"]["coordinates"] for one in features(either, collection) if one["geometry"]]
    assert points
    assert all(-180 <= west <= x <= east <= 180 and -90 <= south <= y <= north <= 90 for x, y in points)
    if collection == "incidents":
        taken = [days_taken(one) for one in records(either, collection).values()]
        first = min(days[0] for days in taken if days)
        last = max(days[1] for days in taken if days)
        assert extent["temporal"] == {"interval": [[f"{first}T00:00:00Z", f"{last}T23:59:59Z"]]}
    else:
        assert "temporal" not in extent


BY_PLACE_AND_TIME = [
    "",
    "bbox=43,34,45,36",
    "bbox=14,60,15,61",
    "bbox=14.6,60.9,14.6,60.9",
    "bbox=170,-10,-170,10",
    "bbox=170,10,44,50",
    "bbox=400,30,408,36",
    "datetime=2019-04-19",
    "datetime=2021-06-04",
    "datetime=../2018-12-31",
    "datetime=2021-03-31/2021-06-03",
    "datetime=2019-08-01/..",
    "bbox=43,34,45,36&datetime=2019-01-01/2019-12-31",
    "bbox=14,60,15,61&datetime=2021-03-15",
]
QUERIES = [
    *(("incidents", query) for query in BY_PLACE_AND_TIME),
    *(("places", query) for query in BY_PLACE_AND_TIME),
    ("incidents", "kind=joint_raid"),
    ("incidents", "granularity=series"),
    ("incidents", "bbox=43,34,45,36&kind=joint_raid"),
    ("incidents", "datetime=2019-08-01/..&kind=joint_raid&granularity=event"),
    ("places", "kind=village"),
    ("places", "kind=village&bbox=43,34,45,36&datetime=2019-08-01"),
]


@pytest.mark.parametrize(("collection", "query"), QUERIES)
def test_rows_are_those_of_v1_and_those_that_it_could_not_judge(
    either: TestClient, collection: str, query: str
) -> None:
    asked = dict(parse_qsl(query))
    everything = records(either, collection)
    expected = {
        id_
        for id_, one in everything.items()
        if all(one[name] == asked[name] for name in ("kind", "granularity") if name in asked)
    }
    if "bbox" in asked:
        there = set(records(either, collection, f"bbox={asked['bbox']}&location_match=point"))
        expected &= there | {id_ for id_, one in everything.items() if not has_point(one)}
    if "datetime" in asked and collection == "incidents":
        then = set(records(either, collection, f"datetime={asked['datetime']}"))
        expected &= then | {id_ for id_, one in everything.items() if not one["date"]}
    assert ids(either, collection, f"{query}&limit=3".lstrip("&")) == expected
    assert body(either, f"/ogc/collections/{collection}/items?{query}")["numberMatched"] == len(expected)


@pytest.mark.parametrize(
    ("query", "axis"), [("bbox=43,34,45,36", "location"), ("datetime=2019-04-19", "date"), ("datetime=../2018", "date")]
)
def test_the_numbers_agree_with_not_judged(either: TestClient, query: str, axis: str) -> None:
    by_point = "&location_match=point" if axis == "location" else ""
    meta = body(either, f"/v1/incidents?{query}{by_point}")["meta"]
    standard = query.replace("../2018", "../2018-12-31")
    answer = body(either, f"/ogc/collections/incidents/items?{standard}")
    assert answer["numberMatched"] == meta["matched"] + meta["not_judged"][axis]


@pytest.mark.parametrize("collection", COLLECTIONS)
@pytest.mark.parametrize("limit", [1, 2, 5, 41, 42, 500])
def test_pages_hold_everything_once(either: TestClient, collection: str, limit: int) -> None:
    everything = set(records(either, collection))
    actual = list(pages(either, f"/ogc/collections/{collection}/items?limit={limit}"))
    ids = [one["id"] for page in actual for one in page["features"]]
    assert sorted(ids) == sorted(everything)
    assert all(page["numberMatched"] == len(everything) for page in actual)
    assert all(page["numberReturned"] == len(page["features"]) for page in actual)
    assert [page["numberReturned"] for page in actual[:-1]] == [limit] * (len(actual) - 1)
    assert actual[-1]["features"]


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_points_come_first(either: TestClient, collection: str) -> None:
    """QGIS takes a layer for a table when the first page has no geometry."""
    actual = features(either, collection, "limit=4")
    located = [one["geometry"] is not None for one in actual]
    assert True in located
    assert False in located
    assert located == sorted(located, reverse=True)
    for want in (True, False):
        part = [one["id"] for one, has in zip(actual, located, strict=True) if has is want]
        assert part == sorted(part)


def test_the_next_page_keeps_every_filter(client: TestClient) -> None:
    query = "bbox=43,34,45,36&datetime=2019-01-01/..&granularity=event&crs=" + CRS84 + "&limit=2"
    first = body(client, f"/ogc/collections/incidents/items?{query}")
    following = dict(parse_qsl(urlsplit(links(first)["next"]["href"]).query))
    assert following.pop("after")
    assert following == dict(parse_qsl(query))
    assert links(first)["next"]["type"] == "application/geo+json"
    assert links(first)["self"]["href"].startswith(f"{ROOT}/collections/incidents/items?bbox=")


def test_a_limit_beyond_the_greatest_is_the_greatest(either: TestClient) -> None:
    everything = ids(either, "incidents")
    for limit in ("10000", "10001", "9" * 30):
        answer = body(either, f"/ogc/collections/incidents/items?limit={limit}")
        assert {one["id"] for one in answer["features"]} == everything


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


def test_days_decide(small_client: TestClient) -> None:
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
    assert extent[0][2] == 180


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_one_feature(either: TestClient, collection: str) -> None:
    for one in features(either, collection):
        response = either.get(f"/ogc/collections/{collection}/items/{one['id']}?crs={CRS84}")
        assert response.headers["content-type"] == "application/geo+json"
        assert (response.headers["content-crs"], response.headers["dateline-release"]) == (f"<{CRS84}>", "1")
        parsed = response.json()
        assert {key: value for key, value in parsed.items() if key != "links"} == one
        assert local(links(parsed)["self"]["href"]) == response.request.url.path
        assert links(parsed)["collection"]["href"] == f"{ROOT}/collections/{collection}"
        record = body(either, one["properties"]["url"].removeprefix(BASE))["data"]
        assert (record["id"], has_point(record)) == (one["id"], one["geometry"] is not None)


def test_features_are_those_of_the_geojson_file(either: TestClient) -> None:
    for collection in COLLECTIONS:
        file = {one["id"]: one for one in body(either, f"/v1/{collection}.geojson")["features"]}
        actual = features(either, collection)
        assert {one["id"] for one in actual} == set(file)
        for one in actual:
            other = file[one["id"]]
            assert one["geometry"] == other["geometry"]
            own = {"date", "date_range"}
            assert {key: value for key, value in one["properties"].items() if key not in own}.items() <= (
                other["properties"].items()
            )
            if collection == "incidents":
                first, last = other["properties"]["date_earliest"], other["properties"]["date_latest"]
                assert one["properties"]["date"] == first
                dated = other["properties"]["date_edtf"]
                assert one["properties"]["date_range"] == (dated and f"{first or '..'}/{last or '..'}")


@pytest.mark.parametrize(("collection", "dated"), [("incidents", ["date"]), ("places", [])])
def test_one_property_at_most_is_a_date(either: TestClient, collection: str, dated: list[str]) -> None:
    """GDAL turns a comparison with any date into `datetime` and trusts the answer."""
    schema = body(either, f"/ogc/collections/{collection}/schema")["properties"]["properties"]["properties"]
    assert [name for name, one in schema.items() if one.get("format", "").startswith("date")] == dated
    for one in features(either, collection):
        looks = [key for key, value in one["properties"].items() if DATE_LIKE.fullmatch(str(value))]
        assert set(looks) <= set(dated)


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_the_schema_describes_every_property(either: TestClient, collection: str) -> None:
    schema = body(either, f"/ogc/collections/{collection}/schema")["properties"]["properties"]["properties"]
    python = {"string": str, "integer": int, "number": float, "boolean": bool}
    for one in features(either, collection):
        assert list(one["properties"]) == list(schema)
        for name, value in one["properties"].items():
            assert value is None or type(value) is python[schema[name]["type"]], name
    queryables = body(either, f"/ogc/collections/{collection}/queryables")["properties"]
    assert queryables
    assert queryables.items() <= schema.items()


@pytest.mark.parametrize(
    "path",
    ["/ogc/", "/ogc/api", "/ogc/collections", "/ogc/collections/places/items", "/ogc/collections/places/items/orsa"],
)
def test_head_and_the_release(small_client: TestClient, path: str) -> None:
    get, head = small_client.get(path), small_client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == get.headers["content-type"]
    if "collections" in path:
        assert head.headers["dateline-release"] == "1"


def test_the_public_address_is_a_setting(article_url: str) -> None:
    settings = Settings(database_url=article_url, public_url="https://data.example/dateline/")
    with TestClient(create_app(settings)) as client:
        response = client.get("/ogc/collections/incidents/items?limit=1", headers={"Host": "evil.example"})
        assert "evil.example" not in response.text
        hrefs = [link["href"] for link in response.json()["links"]]
        hrefs.append(response.json()["features"][0]["properties"]["url"])
        assert all(href.startswith("https://data.example/dateline/") for href in hrefs)
        assert "//ogc" not in response.text


def test_large_resources_are_counted_only_as_a_whole(article_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.api.ogc.collections.MAX_EXACT_COUNT", 2)
    with serving(article_url) as client:
        assert body(client, "/ogc/collections/incidents/items")["numberMatched"] == 42
        filtered = body(client, "/ogc/collections/incidents/items?datetime=2019-04-19")
    assert "numberMatched" not in filtered
    assert 0 < filtered["numberReturned"] < 42
