"""OGC API - Features over HTTP: the standard's answers, and that its rows are those of /v1 by the standard's rule."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from jsonschema import Draft202012Validator
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import OpenAPIV30SpecValidator
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from tests import every_fifth
from tests.answers import body
from tests.conftest import serving

BASE = "http://127.0.0.1:8000"
ROOT = f"{BASE}/ogc"
COLLECTIONS = ("incidents", "places")
RELATIONS = "http://www.opengis.net/def/rel/ogc/1.0/"
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


def test_the_landing_page_leads_everywhere(client: TestClient) -> None:
    for path in ("/ogc", "/ogc/"):
        response = client.get(path, headers={"Host": "elsewhere.example"})
        assert response.headers["content-type"] == "application/json"
        actual = links(response.json())
        assert set(actual) == {"self", "service-desc", "conformance", "data", f"{RELATIONS}tiling-schemes"}
        assert actual["service-desc"]["type"] == OPENAPI
        for link in actual.values():
            there = client.get(local(link["href"]))
            assert (there.status_code, there.headers["content-type"]) == (200, link["type"])


def test_what_is_kept_of_the_standard(client: TestClient) -> None:
    classes = body(client, "/ogc/conformance")["conformsTo"]
    features = [f"ogcapi-features-1/1.0/conf/{name}" for name in ("core", "geojson", "oas30")]
    tiles = ("core", "tileset", "tilesets-list", "geodata-tilesets", "mvt")
    features += [f"ogcapi-features-3/1.0/conf/{name}" for name in ("queryables", "queryables-query-parameters")]
    kept = [*features, "ogcapi-features-2/1.0/conf/crs", *(f"ogcapi-tiles-1/1.0/conf/{name}" for name in tiles)]
    assert set(classes) == {f"http://www.opengis.net/spec/{one}" for one in (*kept, "tms/2.0/conf/json-tilematrixset")}


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
        assert (declared >= {"308", "404"}) is path.endswith("{featureId}")
        assert ("410" in declared) is path.endswith(("/items", "{featureId}"))


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_parameters_are_declared_as_the_standard_writes_them(client: TestClient, collection: str) -> None:
    answer = body(client, "/ogc/api")["paths"][f"/collections/{collection}/items"]["get"]["parameters"]
    declared = {parameter["name"]: parameter for parameter in answer}
    own = {"incidents": {"kind", "granularity"}, "places": {"kind"}}[collection]
    excluding = {f"not.{name}" for name in own}
    more = {"any_harm"} if collection == "incidents" else set()
    assert (
        set(declared)
        == {"f", "limit", "bbox", "datetime", "crs", "bbox-crs", "id", "after", "release"} | own | excluding | more
    )
    assert all(
        (one["in"], one["required"], one["style"], one["explode"]) == ("query", False, "form", False) for one in answer
    )
    assert declared["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 100}
    assert declared["bbox"]["schema"] == {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}
    assert declared["datetime"]["schema"] == {"type": "string"}
    for name in own:
        for value in declared[name]["schema"]["enum"]:
            assert client.get(f"/ogc/collections/{collection}/items?{name}={value}").status_code == 200


@pytest.mark.parametrize(
    ("collection", "query", "same"),
    [
        ("incidents", "id=kubaiba-raid,kanoos-island-raid", "id=kubaiba-raid&id=kanoos-island-raid"),
        ("incidents", "not.kind=joint_raid", "not.kind=joint_raid"),
        ("incidents", "not.granularity=event&kind=joint_raid", "not.granularity=event&kind=joint_raid"),
        ("incidents", "any_harm=certain", "any_harm=certain"),
        ("incidents", "any_harm=possible&not.kind=joint_raid", "any_harm=possible&not.kind=joint_raid"),
        ("places", "not.kind=village", "not.kind=village"),
        ("places", "id=iraq", "id=iraq"),
    ],
)
def test_features_are_chosen_and_left_out_as_records_are(
    client: TestClient, collection: str, query: str, same: str
) -> None:
    """What has no figure has no certain harm, here as well; the standard's rule is about place and time alone."""
    wanted = {one["id"] for one in body(client, f"/v1/{collection}?{same}&limit=500")["data"]}
    assert wanted
    assert ids(client, collection, query) == wanted
    answer = body(client, f"/ogc/collections/{collection}/items?{query}&limit=1")
    assert answer["numberMatched"] == len(wanted)


@pytest.mark.parametrize(
    ("query", "named"),
    [("id=kubaiba-raid,nope", "id"), ("not.kind=village_fair", "not.kind"), ("any_harm=maybe", "any_harm")],
)
def test_what_cannot_be_chosen_is_refused(client: TestClient, query: str, named: str) -> None:
    refusal = client.get(f"/ogc/collections/incidents/items?{query}")
    assert refusal.status_code == 400
    assert [one["parameter"] for one in refusal.json()["errors"]] == [named]


def test_every_collection_describes_itself(either: TestClient) -> None:
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
        dates = [one["date"] for one in records(either, collection).values() if one["date"]]
        stated = {day for date in dates for day in (date["earliest"], date["latest"]) if day}
        assert extent["temporal"] == {"interval": [[f"{min(stated)}T00:00:00Z", f"{max(stated)}T23:59:59Z"]]}
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


@every_fifth.parametrize(("collection", "query"), QUERIES)
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
@every_fifth.parametrize("limit", [1, 2, 5, 41, 42, 500])
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
    assert set(located) == {True, False}
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


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_a_feature_alone_is_the_one_of_its_collection(either: TestClient, collection: str) -> None:
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
            own = {"date", "date_range", "date_assumed"}
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


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_queryables_are_found_and_asked_for_as_the_standard_has_them(client: TestClient, collection: str) -> None:
    """What the abstract tests of Part 3 want of queryables. The suite of `test_ogc_clients` cannot say: it reads links
    wrongly."""
    url = f"/ogc/collections/{collection}/items"
    for page in (client.head(url), client.get(f"{url}?limit=1")):
        link = page.links[f"{RELATIONS}queryables"]
        assert link["type"] == "application/schema+json"
    answer = client.get(local(link["url"]))
    assert answer.headers["content-type"] == link["type"]
    schema = answer.json()
    assert (schema["$id"], schema["type"]) == (link["url"], "object")
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["additionalProperties"] is False
    Draft202012Validator.check_schema(schema)
    every = {one["id"]: one["properties"] for one in features(client, collection)}
    for name, described in schema["properties"].items():
        assert described["type"] == "string"
        for value in {str(one[name]) for one in every.values()}:
            fit = {id_ for id_, one in every.items() if one[name] == value}
            assert ids(client, collection, f"{name}={value}") == fit
        assert client.get(f"{url}?{name}=invalid").status_code == 400
    for unknown in ("title=x", "filter=kind='killing'", "filter-lang=cql2-text"):
        assert client.get(f"{url}?{unknown}").status_code == 400


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
