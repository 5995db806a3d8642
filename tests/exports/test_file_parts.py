"""Files with parts of records: `fields`, `evidence`, `limit`; GeoJSON with nested properties, and claims on a map."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from starlette.testclient import TestClient

from app.exports.formats.columns import flat_names, resource_columns
from app.model.codebook import shipped
from app.model.partial_documents import paths_of
from app.records import RECORD_TYPES
from tests import every_fifth, extended_sample, sample
from tests.answers import body, problem
from tests.conftest import load_seed, serving

Json = dict[str, Any]


def table(client: TestClient, url: str) -> tuple[list[str], list[dict[str, str]]]:
    """The header and the rows of a CSV file."""
    reader = csv.DictReader(io.StringIO(client.get(url).content.decode("utf-8-sig"), newline=""), strict=True)
    rows = list(reader)
    return list(reader.fieldnames or ()), rows


def lines(client: TestClient, url: str) -> list[Json]:
    """The records of an NDJSON file."""
    return [json.loads(line) for line in client.get(url).text.splitlines()]


@pytest.mark.parametrize("resource", RECORD_TYPES)
def test_ndjson_has_the_parts_that_json_has(client: TestClient, resource: str) -> None:
    some = ",".join(
        [path for path in paths_of(resource, shipped()) if "." in path and "evidence" not in path][::4] or ["note"]
    )
    for query in (f"fields={some}", "evidence=none", "evidence=count", f"fields={some},evidence&evidence=count"):
        listed = body(client, f"/v1/{resource}?limit=500&{query}")["data"]
        assert lines(client, f"/v1/{resource}.ndjson?{query}") == listed


@every_fifth.parametrize("resource", RECORD_TYPES)
def test_each_name_picks_the_columns_that_are_made_of_it(client: TestClient, resource: str) -> None:
    header, rows = table(client, f"/v1/{resource}.csv?limit=5")
    for name, columns in list(flat_names(resource, shipped()).items())[::3]:
        names = [column.name for column in columns]
        picked, thin = table(client, f"/v1/{resource}.csv?limit=5&fields={name}")
        assert picked == names
        assert thin == [{one: row[one] for one in names} for row in rows]
    assert {one for columns in flat_names(resource, shipped()).values() for one in columns} == set(
        resource_columns(resource, shipped())
    )
    assert header == [column.name for column in resource_columns(resource, shipped())]


def test_columns_stand_in_the_order_asked_for_once_each(client: TestClient) -> None:
    header, _ = table(client, "/v1/incidents.csv?fields=killed_low,title,totals.killed,date.edtf,date_edtf")
    assert (header[:2], header[-1]) == (["killed_low", "title"], "date_edtf")
    others = {one.name for one in resource_columns("incidents", shipped()) if one.path[:2] == ("totals", "killed")} - {
        "killed_low"
    }
    assert sorted(header[2:-1]) == sorted(others)
    assert "killed_high" in others
    with_location, _ = table(client, "/v1/incidents.csv?fields=location&limit=1")
    assert {"location_id", "latitude", "longitude", "coordinate_radius_m"} <= set(with_location)


@pytest.mark.parametrize("suffix", ["csv", "geojson"])
def test_evidence_is_left_out_of_flat_files_or_counted(client: TestClient, suffix: str) -> None:
    def rows(query: str) -> list[dict[str, Any]]:
        url = f"/v1/incidents.{suffix}?{query}"
        if suffix == "csv":
            return list(table(client, url)[1])
        return [one["properties"] for one in body(client, url)["features"]]

    whole, none, count = rows(""), rows("evidence=none"), rows("evidence=count")
    about = {"article_ids", "evidence_fields", "evidence_urls"}
    assert set(whole[0]) - set(none[0]) == about
    assert set(count[0]) - set(none[0]) == {"evidence_count"}
    numbers = {one["id"]: len(one["evidence"]) for one in body(client, "/v1/incidents?limit=500")["data"]}
    assert {one["id"]: int(one["evidence_count"]) for one in count} == numbers
    assert list(rows("fields=title,evidence&evidence=count")[0]) == ["title", "evidence_count"]


def test_a_feature_has_the_properties_that_were_asked_for(client: TestClient) -> None:
    whole = {one["id"]: one for one in body(client, "/v1/incidents.geojson")["features"]}
    thin = body(client, "/v1/incidents.geojson?fields=title,kind,date.edtf,totals.killed.low")
    assert thin["features"]
    for one in thin["features"]:
        same = whole[one["id"]]
        assert one["geometry"] == same["geometry"]
        assert list(one["properties"]) == ["title", "kind", "date_edtf", "killed_low"]
        assert all(same["properties"][name] == value for name, value in one["properties"].items())
    assert "location_name" not in thin["features"][0]["properties"]


@pytest.mark.parametrize("query", ["", "&fields=date.edtf,actors.role", "&evidence=count", "&sort=title&limit=7"])
@pytest.mark.parametrize("resource", ["incidents", "places"])
def test_nested_properties_are_the_record_of_the_list(client: TestClient, resource: str, query: str) -> None:
    query = query.replace("date.edtf,actors.role", "coordinate.source,kind") if resource == "places" else query
    query = query.replace("title", "name") if resource == "places" else query
    asked = query if "limit" in query else f"{query}&limit=500"
    listed = body(client, f"/v1/{resource}?{asked[1:]}")["data"]
    features = body(client, f"/v1/{resource}.geojson?flat=false{query}")["features"]
    assert [one["properties"] for one in features] == listed
    assert [one["id"] for one in features] == [one["id"] for one in listed]


@pytest.mark.parametrize("suffix", ["csv", "ndjson", "geojson"])
@pytest.mark.parametrize("sort", ["-killed", "title", "date"])
def test_a_limit_takes_the_first_in_the_order(client: TestClient, suffix: str, sort: str) -> None:
    def ids(query: str) -> list[str]:
        url = f"/v1/incidents.{suffix}?sort={sort}{query}"
        if suffix == "csv":
            return [row["id"] for row in table(client, url)[1]]
        found = lines(client, url) if suffix == "ndjson" else body(client, url)["features"]
        return [one["id"] for one in found]

    everything = [one["id"] for one in body(client, f"/v1/incidents?limit=500&sort={sort}")["data"]]
    assert ids("") == ids("&limit=999999999") == everything
    for most in (1, 5, len(everything) - 1, len(everything), len(everything) + 1):
        assert ids(f"&limit={most}") == everything[:most]
    in_2019 = [one["id"] for one in body(client, f"/v1/incidents?limit=3&datetime=2019&sort={sort}")["data"]]
    assert ids("&datetime=2019&limit=3") == in_2019
    words = [one["id"] for one in body(client, f"/v1/incidents?limit=2&q=raid&sort={sort}")["data"]]
    assert ids("&q=raid&limit=2") == words


def test_a_collection_has_the_box_of_its_points(client: TestClient) -> None:
    for query in ("", "?kind=joint_raid", "?limit=9", "?place=iraq&fields=title"):
        found = body(client, f"/v1/incidents.geojson{query}")
        points = [one["geometry"]["coordinates"] for one in found["features"] if one["geometry"]]
        longitudes, latitudes = zip(*points, strict=True)
        assert found["bbox"] == [min(longitudes), min(latitudes), max(longitudes), max(latitudes)]
    assert "bbox" not in body(client, "/v1/incidents.geojson?has_location=false")


def test_claims_stand_where_their_incident_was_and_say_so(client: TestClient) -> None:
    incidents = {one["id"]: one for one in body(client, "/v1/incidents?limit=500")["data"]}
    claims = {one["id"]: one for one in body(client, "/v1/casualties?limit=500")["data"]}
    found = body(client, "/v1/casualties.geojson")
    assert {one["id"] for one in found["features"]} == set(claims)
    located = 0
    for one in found["features"]:
        location, said = incidents[claims[one["id"]]["incident"]["id"]]["location"], one["properties"]
        assert said["point_of"] == "incident"
        if location is None:
            assert (one["geometry"], said["location_id"], said["coordinate_radius_m"]) == (None, None, None)
        else:
            located += 1
            assert one["geometry"]["coordinates"] == [location["longitude"], location["latitude"]]
            assert (said["location_id"], said["coordinate_radius_m"]) == (location["id"], location["radius_m"])
        assert (said["outcome"], said["low"]) == (claims[one["id"]]["outcome"], claims[one["id"]]["low"])
    assert found["without_geometry"] == len(claims) - located
    assert 0 < located < len(claims)
    thin = body(client, "/v1/casualties.geojson?fields=outcome,low&has_location=true")
    assert {tuple(one["properties"]) for one in thin["features"]} == {
        ("outcome", "low", "point_of", "location_id", "coordinate_radius_m")
    }
    assert len(thin["features"]) == located


@pytest.mark.parametrize("resource", ["incidents", "places", "casualties"])
def test_one_record_is_a_feature_of_its_list(client: TestClient, resource: str) -> None:
    for query in ("", "?fields=id,note", "?flat=false", "?flat=false&evidence=none", "?evidence=count"):
        features = body(client, f"/v1/{resource}.geojson{query}")["features"]
        for one in features[:8]:
            answer = client.get(f"/v1/{resource}/{one['id']}.geojson{query}")
            assert answer.headers["content-type"] == "application/geo+json"
            assert answer.headers["dateline-release"] == "1"
            assert answer.json() == one
    tag = answer.headers["etag"]
    assert client.get(answer.url, headers={"If-None-Match": tag}).status_code == 304


def test_what_is_no_feature(client: TestClient) -> None:
    missing = problem(client, "/v1/incidents/kubaiba-rade.geojson", 404)
    assert "Did you mean /v1/incidents/kubaiba-raid.geojson?" in missing["detail"]
    problem(client, "/v1/people/hassan-al-soofy.geojson", 404)
    problem(client, "/v1/people.geojson", 406)
    refused = client.get("/v1/incidents/kubaiba-raid", headers={"Accept": "application/geo+json"})
    assert refused.status_code == 406
    assert "/v1/incidents/kubaiba-raid.geojson" in refused.json()["detail"]
    there = next(one["url"] for one in refused.json()["alternates"] if one["type"] == "application/geo+json")
    assert client.get(there).json()["id"] == "kubaiba-raid"


def test_a_merged_and_a_removed_record_are_no_features(tmp_path: Path, database_url: str) -> None:
    load_seed(database_url, sample.write(extended_sample.extended(), tmp_path))
    with serving(database_url) as client:
        merged = client.get("/v1/incidents/ferry-incident.geojson?flat=false")
        assert merged.status_code == 308
        assert merged.headers["location"] == "/v1/incidents/ferry-shooting.geojson?flat=false"
        assert client.get(merged.headers["location"]).json()["id"] == "ferry-shooting"
        problem(client, "/v1/incidents/ghost-ship.geojson", 410)


@pytest.mark.parametrize(
    ("url", "parameter", "suggestion", "words"),
    [
        ("/v1/incidents.csv?fields=tilte", "fields", "title", "has no value"),
        ("/v1/incidents.csv?fields=killed_lwo", "fields", "killed_low", "has no value"),
        ("/v1/incidents.csv?fields=evidence.sha256", "fields", "evidence", "has no value"),
        ("/v1/incidents.csv?fields=text", "fields", None, "it is a key of quotes"),
        ("/v1/incidents.ndjson?fields=date_edtf", "fields", "date.edtf", "has no value"),
        ("/v1/incidents.geojson?fields=evidence.sha256", "fields", None, "goes with flat=false"),
        ("/v1/incidents.geojson?fields=killed_low&flat=false", "fields", None, "goes with flat=true"),
        ("/v1/incidents.csv?fields=article_ids&evidence=none", "fields", None, "goes with evidence=full"),
        ("/v1/incidents.ndjson?fields=evidence.url&evidence=count", "fields", None, "goes with evidence=full"),
        ("/v1/incidents.csv?flat=false", "flat", None, "no parameter"),
        ("/v1/incidents.geojson?flat=no", "flat", "false", "must be true or false"),
        ("/v1/incidents.csv?limit=0", "limit", None, "greater than or equal to 1"),
        ("/v1/incidents.csv?limit=1000000000", "limit", None, "9 digits at most"),
        ("/v1/incidents.csv?fields[quotes]=text", "fields[quotes]", "fields", "no parameter"),
        ("/v1/incidents/kubaiba-raid.geojson?limit=1", "limit", None, "no parameter"),
        ("/v1/incidents/kubaiba-raid.geojson?fields=titel", "fields", "title", "has no value"),
    ],
)
def test_what_a_file_cannot_have_is_refused(
    client: TestClient, url: str, parameter: str, suggestion: str | None, words: str
) -> None:
    (error,) = problem(client, url)["errors"]
    assert (error["parameter"], error["suggestion"]) == (parameter, suggestion)
    assert words in error["detail"]


def _validator(document: Json, path: str, *inner: str) -> OAS31Validator:
    content = document["paths"][path]["get"]["responses"]["200"]["content"]
    return OAS31Validator({**content["application/geo+json"]["schema"], "components": document["components"]})


@pytest.mark.heavy
@pytest.mark.parametrize("resource", ["incidents", "places", "casualties"])
def test_features_fit_their_schemas(client: TestClient, resource: str) -> None:
    document = client.get("/openapi.json").json()
    of_list = _validator(document, f"/v1/{resource}.geojson")
    stem = RECORD_TYPES[resource].document.__name__.removesuffix("Document")
    nested = {"incidents": "IncidentDocument", "places": "PlaceDocument", "casualties": "CasualtyAtPoint"}[resource]
    for query, properties in (
        ("", f"{stem}Properties"),
        ("evidence=count&fields=evidence,note", f"Partial{stem}Properties"),
        ("flat=false", nested),
        ("flat=false&fields=note,evidence.paragraph", f"Partial{nested}"),
    ):
        found = body(client, f"/v1/{resource}.geojson?{query}")
        assert [error.message for error in of_list.iter_errors(found)] == [], query
        schema = {"$ref": f"#/components/schemas/{properties}", "components": document["components"]}
        for one in found["features"]:
            assert [error.message for error in OAS31Validator(schema).iter_errors(one["properties"])] == [], query


def test_properties_have_their_types_and_vocabularies(client: TestClient) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    said = {name: dict(one) for name, one in schemas["IncidentProperties"]["properties"].items()}
    assert all(one.pop("description") for one in said.values())
    assert said["title"] == {"type": "string"}
    assert said["kind"] == {"$ref": "#/components/schemas/IncidentKind"}
    precision = {"$ref": "#/components/schemas/CoordinatePrecision"}
    assert said["coordinate_precision"] == {"anyOf": [precision, {"type": "null"}]}
    assert said["killed_low"] == {"type": ["integer", "null"]}
    assert said["contested"] == {"type": "boolean"}
    assert said["date_earliest"] == {"type": ["string", "null"], "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
    assert said["actor_ids"] == {"type": ["string", "null"]}
    assert said["version"] == {"type": "integer"}
    assert set(schemas["IncidentProperties"]["required"]) == set(said)
    assert schemas["PartialIncidentProperties"]["required"] == []
