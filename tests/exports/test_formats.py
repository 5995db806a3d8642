"""Export files hold the same records as the JSON lists, in every format."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from app.exports.formats import Export, geojson
from app.exports.formats import csv as csv_files
from app.exports.formats.columns import joined, resource_columns
from app.model.codebook import shipped
from app.model.documents import DOCUMENTS
from tests import every_fifth
from tests.answers import body, problem, refused

ALL = [
    "",
    "sort=-id",
    "sort=changed",
    "q=the",
    "q=iraq&sort=id",
    "q=nothing-says-this",
    "article=foltyn-us-iran-isis-2020&sort=-changed",
    "changed_since=0",
    "changed_since=1",
]
FILTERS = {
    "articles": [*ALL, "sort=title", "sort=-published", "q=tensions&sort=title"],
    "incidents": [
        *ALL,
        "sort=date",
        "sort=-killed",
        "kind=air_attack&kind=joint_raid",
        "datetime=2019/2020-02&sort=title",
        "datetime=2019&date_match=within",
        "place=iraq&place_basis=stated",
        "actor=cts&actor_role=perpetrator",
        "bbox=42.5,34.5,45,36.5",
        "near=44.28,35.51&radius_km=120&location_match=certain",
        "has_location=false",
        "killed_at_least=1&sort=killed",
        "wounded_possibly=1",
    ],
    "places": [
        *ALL,
        "kind=village&sort=-name",
        "within=iraq",
        "bbox=42.5,34.5,45,36.5",
        "near=44.28,35.51&radius_km=100",
        "has_location=true",
    ],
    "people": [*ALL, "named=true", "named=false&sort=-name", "role=witness", "organization=cts", "anonymity=unnamed"],
    "organizations": [
        *ALL,
        "kind=militia&kind=state",
        "within=iraqi-government",
        "sort=-name",
        "incident=kubaiba-raid",
    ],
    "quotes": [*ALL, "speaker=hassan-al-soofy", "kind=direct&sort=-position", "named=true", "place=khatuniya"],
    "statements": [*ALL, "stance=denies", "contested=true", "about=kubaiba-raid", "datetime=2019&sort=-position"],
    "casualties": [
        *ALL,
        "outcome=killed",
        "group=civilian&sort=-incident",
        "counted=true",
        "place=iraq",
        "basis=claimed",
    ],
}
CASES = [(resource, query) for resource, queries in FILTERS.items() for query in queries]


def paged(client: TestClient, resource: str, query: str) -> list[Any]:
    """Every record of a JSON list, page by page."""
    url, actual = f"/v1/{resource}?{query}&limit=7", []
    while url:
        page = body(client, url)
        actual += page["data"]
        url = page["links"].get("next", "")
    return actual


def table(client: TestClient, url: str) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    text = client.get(url).content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


@every_fifth.parametrize(("resource", "query"), CASES)
def test_every_format_holds_what_paging_through_json_finds(client: TestClient, resource: str, query: str) -> None:
    records = paged(client, resource, query)
    ids = [record["id"] for record in records]
    assert [row["id"] for row in table(client, f"/v1/{resource}.csv?{query}")] == ids
    lines = client.get(f"/v1/{resource}.ndjson?{query}").text.strip().split("\n")
    assert [json.loads(line) for line in lines if line] == records
    if resource in ("incidents", "places"):
        features = body(client, f"/v1/{resource}.geojson?{query}")["features"]
        assert [feature["id"] for feature in features] == ids
    if resource in ("incidents", "quotes"):
        filters = urlencode([pair for pair in _pairs(query) if pair[0] != "sort"])
        newest = [record["id"] for record in paged(client, resource, f"{filters}&sort=-changed")]
        items = body(client, f"/v1/{resource}.feed.json?{filters}&limit=500")["items"]
        assert [item["url"].rpartition("/")[2] for item in items] == newest
        atom = client.get(f"/v1/{resource}.atom?{filters}&limit=500").text
        assert [part.partition("<")[0].rpartition("/")[2] for part in atom.split("<entry><id>")[1:]] == newest


def _pairs(query: str) -> Iterator[tuple[str, str]]:
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if name:
            yield name, value


def test_the_cases_above_are_not_all_empty(client: TestClient) -> None:
    for resource, queries in FILTERS.items():
        sizes = [body(client, f"/v1/{resource}?{query}&limit=1")["meta"]["matched"] for query in queries]
        assert len(queries) >= 12, (resource, sizes)
        assert sum(size > 0 for size in sizes) >= 8, (resource, sizes)


@pytest.mark.parametrize("resource", DOCUMENTS)
def test_csv_columns_stay_the_same_without_rows(client: TestClient, resource: str) -> None:
    content = client.get(f"/v1/{resource}.csv?q=nothing-says-this").content
    columns = [column.name for column in resource_columns(resource, shipped())]
    assert content == ("\ufeff" + ",".join(columns) + "\r\n").encode()
    names = client.get(f"/v1/{resource}.csv").content.decode("utf-8-sig").split("\r\n")[0].split(",")
    assert names == columns
    assert len(names) == len(set(names))


@pytest.mark.parametrize("resource", DOCUMENTS)
def test_values_have_the_type_of_their_column(client: TestClient, resource: str) -> None:
    python = {"string": str, "integer": int, "number": float, "boolean": bool}
    filled = set()
    for document in paged(client, resource, ""):
        for column in resource_columns(resource, shipped()):
            value = column.value(document)
            assert value is None or type(value) is python[column.json_type], (column.name, value)
            filled |= {column.name} if value is not None else set()
    assert {"id", "url", "version", "changed_in"} <= filled


def test_incident_as_a_row(small_client: TestClient) -> None:
    rows = {row["id"]: row for row in table(small_client, "/v1/incidents.csv")}
    ferry = rows["ferry-shooting"]
    wanted = {
        "url": "http://127.0.0.1:8000/v1/incidents/ferry-shooting",
        "date_edtf": "2021-03",
        "date_as_stated": "March 2021",
        "date_earliest": "2021-03-01",
        "date_latest": "2021-03-31",
        "date_approximate": "false",
        "latitude": "60.9",
        "longitude": "14.6",
        "location_id": "orsa",
        "coordinate_radius_m": "2000",
        "place_ids": "orsa|ash-river",
        "place_roles": "scene|scene",
        "actor_ids": "river-guards|jon-berg",
        "killed_low": "2",
        "killed_high": "2",
        "wounded_low": "3",
        "wounded_high": "",
        "detained_low": "",
        "detained_high": "",
        "article_ids": "lind-ash-river",
    }
    assert {name: ferry[name] for name in wanted} == wanted
    assert len(ferry["evidence_urls"].split("|")) == 2
    boat = rows["boat-stopped"]
    assert boat["actor_ids"] == "night-patrol|"
    assert boat["actor_labels"] == "Night patrol|crew of the boat"
    assert boat["latitude"] == boat["date_edtf"] == ""


def test_geojson_counts_what_has_no_point(client: TestClient, small_client: TestClient) -> None:
    for one in (client, small_client):
        for resource in ("incidents", "places"):
            response = one.get(f"/v1/{resource}.geojson")
            assert response.headers["content-type"] == "application/geo+json"
            parsed = response.json()
            points = [feature["geometry"] for feature in parsed["features"]]
            assert parsed["type"] == "FeatureCollection"
            assert parsed["release"] == 1
            assert parsed["without_geometry"] == points.count(None) > 0
            assert len(points) > points.count(None)


def test_geojson_feature_is_flat_and_longitude_comes_first(small_client: TestClient) -> None:
    features = body(small_client, "/v1/places.geojson")["features"]
    orsa = next(feature for feature in features if feature["id"] == "orsa")
    assert orsa["type"] == "Feature"
    assert orsa["geometry"] == {"type": "Point", "coordinates": [14.6, 60.9]}
    assert orsa["properties"]["parent_ids"] == "ash-county"
    assert orsa["properties"]["named"] is True
    assert orsa["properties"]["coordinate_radius_m"] == 2000
    assert not any(isinstance(value, list | dict) for value in orsa["properties"].values())


def test_empty_geojson_is_a_collection(client: TestClient) -> None:
    answer = body(client, "/v1/incidents.geojson?q=nothing-says-this")
    assert answer == {"type": "FeatureCollection", "release": 1, "features": [], "without_geometry": 0}


@pytest.mark.parametrize("suffix", ["csv", "ndjson", "geojson"])
def test_headers_of_a_file(client: TestClient, suffix: str) -> None:
    kind = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson", "geojson": "application/geo+json"}
    response = client.get(f"/v1/incidents.{suffix}?q=kanoos&sort=id", headers={"Accept-Encoding": "identity"})
    assert response.headers["content-type"] == kind[suffix]
    assert response.headers["content-disposition"] == f'attachment; filename="dateline-incidents-r1.{suffix}"'
    assert response.headers["dateline-release"] == "1"
    # GDAL and QGIS open an address only if they know its length.
    assert response.headers["content-length"] == str(len(response.content))


def test_representations_link_to_each_other(client: TestClient) -> None:
    urls = {
        "/v1/incidents?q=kanoos&sort=id&limit=3",
        "/v1/incidents.csv?q=kanoos&sort=id",
        "/v1/incidents.ndjson?q=kanoos&sort=id",
        "/v1/incidents.geojson?q=kanoos&sort=id",
        "/v1/incidents.jsonld?q=kanoos&sort=id",
        "/v1/incidents.xlsx?q=kanoos&sort=id",
        "/v1/incidents.parquet?q=kanoos&sort=id",
        "/v1/incidents.arrow?q=kanoos&sort=id",
        "/v1/incidents.atom?q=kanoos&limit=3",
        "/v1/incidents.feed.json?q=kanoos&limit=3",
    }
    response = client.get("/v1/incidents?q=kanoos&sort=id&limit=3")
    links = [link["url"] for link in _links(response.headers["link"]) if link["rel"] == "alternate"]
    assert set(links) == urls - {"/v1/incidents?q=kanoos&sort=id&limit=3"}
    in_body = response.json()["links"]
    assert [
        in_body[name]
        for name in ("csv", "ndjson", "geojson", "jsonld", "xlsx", "parquet", "arrow", "atom", "feed_json")
    ] == links
    for url in links:
        linked = client.get(url)
        assert linked.status_code == 200
        assert url not in [link["url"] for link in _links(linked.headers["link"])]
        for link in _links(linked.headers["link"]):
            there = client.get(link["url"])
            assert there.status_code == 200
            leads_on = linked.headers["content-type"].partition(";")[0] if link["rel"] == "next" else link["type"]
            assert there.headers["content-type"].partition(";")[0] == leads_on


def _links(header: str) -> list[dict[str, str]]:
    collected = []
    for link in header.split(", <"):
        url, _, rest = link.lstrip("<").partition(">; ")
        collected.append(
            {"url": url} | {key: value.strip('"') for key, value in (p.split("=") for p in rest.split("; "))}
        )
    return collected


@pytest.mark.parametrize("name", ["cursor=abc", "count=exact", "include=places", "lang=ar"])
@pytest.mark.parametrize("suffix", ["csv", "ndjson", "geojson"])
def test_a_file_takes_no_paging(client: TestClient, suffix: str, name: str) -> None:
    refusal = problem(client, f"/v1/incidents.{suffix}?{name}")
    assert [error["parameter"] for error in refusal["errors"]] == [name.partition("=")[0]]
    assert suffix in refusal["detail"]


@pytest.mark.parametrize("suffix", ["csv", "ndjson", "geojson"])
def test_a_file_refuses_what_the_list_refuses(client: TestClient, suffix: str) -> None:
    assert refused(client, f"/v1/incidents.{suffix}?knd=killing") == [("knd", "kind")]
    assert refused(client, f"/v1/incidents.{suffix}?kind=kiling") == [("kind", "killing")]
    assert refused(client, f"/v1/incidents.{suffix}?place=khatunia") == [("place", "khatuniya")]


@pytest.mark.parametrize("resource", [*DOCUMENTS, "changes"])
def test_an_unknown_representation_is_406_and_names_those_that_exist(client: TestClient, resource: str) -> None:
    details = {problem(client, f"/v1/{resource}.{suffix}", 406)["detail"] for suffix in ("pdf", "html", "csv.gz")}
    assert len(details) == 1
    named = [word.rstrip(".,") for word in details.pop().split() if word.startswith("/v1/")]
    assert named[0] == f"/v1/{resource}"
    assert len(named) > 2
    for url in named:
        assert client.get(url).status_code == 200


def test_there_are_no_other_representations(client: TestClient) -> None:
    for url in ("/v1/people.geojson", "/v1/people.atom", "/v1/changes.csv", "/v1/statements.feed.json"):
        problem(client, url, 406)
    problem(client, "/v1/nothing.csv", 404)
    problem(client, "/v1/incidents/kubaiba-raid.csv", 404)


def test_openapi_has_the_parameters_and_types_of_files(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    listed = {name["name"] for name in paths["/v1/incidents"]["get"]["parameters"]}
    for suffix, kind in (("csv", "text/csv"), ("ndjson", "application/x-ndjson"), ("geojson", "application/geo+json")):
        operation = paths[f"/v1/incidents.{suffix}"]["get"]
        assert list(operation["responses"]["200"]["content"]) == [kind]
        taken = {parameter["name"] for parameter in operation["parameters"]}
        of_included = {name for name in listed if name.startswith("fields[")}
        of_facets = {"facets", "facet_limit", "facet_prefix", "facet_sort", "facet_except", "z"}
        assert listed - taken == {"cursor", "count", "include", "lang", "totals"} | of_facets | of_included
        assert taken - listed == {"Range"} | ({"flat"} if suffix == "geojson" else set())
    text = paths["/v1/people.csv"]["get"]["description"]
    assert [column.name for column in resource_columns("people", shipped()) if f"`{column.name}`" not in text] == []


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1", "'+1"),
        ("-1 or so", "'-1 or so"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("＝1", "'＝1"),
        ("'=1", "''=1"),
        ("'tis", "'tis"),
        ("a=b", "a=b"),
        (-3.5, "-3.5"),
        (-7, "-7"),
        (0, "0"),
        (True, "true"),
        (None, ""),
    ],
)
def test_cells_are_harmless_and_numbers_whole(value: Any, cell: str) -> None:
    assert csv_files.cell(value) == cell


def test_lists_can_be_taken_apart_again() -> None:
    assert joined([]) is None
    assert joined(["a", None, "b"]) == "a||b"
    assert joined(["a|b", "c\\"]) == "a\\|b|c\\\\"


HOSTILE = 'Say "no",\r\nthen; </script><!-- &amp; \u2028 \x0b é 𝔘 | \\ =1'


def _place(name: str, **changes: Any) -> dict[str, Any]:
    empty = dict.fromkeys(DOCUMENTS["places"].model_fields)
    lists: dict[str, Any] = {"aliases": [], "names": [], "parents": [], "evidence": []}
    return {**empty, **lists, "id": "x", "url": "/v1/places/x", "type": "place", "name": name, **changes}


def test_hostile_text_comes_back_from_csv() -> None:
    documents = [
        json.dumps(_place(HOSTILE, aliases=[{"name": name, "basis": "stated"} for name in ("=a|b", "c")])).encode(),
        json.dumps(_place("=1+1")).encode(),
    ]
    content = b"".join(csv_files.chunks(Export("places", [documents], "https://here.example", 7, shipped())))
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    assert [row["name"] for row in rows] == [HOSTILE, "'=1+1"]
    assert rows[0]["alias_names"] == "'=a\\|b|c"
    assert rows[0]["url"] == "https://here.example/v1/places/x"


def test_hostile_text_comes_back_from_geojson_in_several_batches() -> None:
    places = _place(HOSTILE), _place("b", latitude=-1.5, longitude=180.0)
    batches = [[json.dumps(places[0]).encode()], [], [json.dumps(places[1]).encode()]]
    parsed = json.loads(b"".join(geojson.chunks(Export("places", batches, "", 7, shipped()))))
    assert [feature["properties"]["name"] for feature in parsed["features"]] == [HOSTILE, "b"]
    assert parsed["features"][1]["geometry"]["coordinates"] == [180.0, -1.5]
    assert (parsed["without_geometry"], parsed["release"]) == (1, 7)
    assert parsed["bbox"] == [180.0, -1.5, 180.0, -1.5]
