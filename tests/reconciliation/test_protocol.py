"""`/reconcile` keeps to the Reconciliation Service API, 0.2 and the draft of 1.0, and refuses what does not fit it."""

import copy
import json
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from starlette.testclient import TestClient

from tests.reconciliation import protocol_models as models

Json = dict[str, Any]


def valid(body: Any, model: type[BaseModel]) -> Any:
    """A message that is as the specification says."""
    model.model_validate(body)
    return body


def matched(client: TestClient, **queries: Json) -> dict[str, list[Json]]:
    asked = valid(queries, models.QueryBatch)
    answer = client.post("/reconcile", data={"queries": json.dumps(asked)})
    assert answer.status_code == 200, answer.text
    found = valid(answer.json(), models.ResultBatch)
    return {key: one["result"] for key, one in found.items()}


SUGGESTED: dict[str, type[BaseModel]] = {
    "entity": models.SuggestedEntities,
    "property": models.SuggestedProperties,
    "type": models.SuggestedTypes,
}


def test_the_manifest_says_where_everything_is(client: TestClient) -> None:
    manifest = valid(client.get("/reconcile").json(), models.Manifest)
    assert manifest["versions"] == ["0.2"]
    assert {"name", "identifierSpace", "schemaSpace", "view"} <= manifest.keys()
    assert manifest["view"]["url"].replace("{{id}}", "places/baghdad").endswith("/v1/places/baghdad")
    for one, model in SUGGESTED.items():
        service = manifest["suggest"][one]
        path = service["service_url"].removeprefix(manifest["identifierSpace"].removesuffix("/v1/"))
        assert valid(client.get(f"{path}{service['service_path']}?prefix=p").json(), model)["result"]
    assert {one["id"] for one in manifest["defaultTypes"]} == {"incidents", "places", "people", "organizations"}


def test_the_draft_has_a_manifest_of_its_own(client: TestClient) -> None:
    manifest = valid(client.get("/reconcile/1.0").json(), models.DraftManifest)
    assert manifest["versions"] == ["1.0-draft"]
    assert manifest["suggest"] == {"entity": True, "property": True, "type": True}
    for one, model in SUGGESTED.items():
        assert valid(client.get(f"/reconcile/1.0/suggest/{one}?prefix=p").json(), model)["result"]


@pytest.mark.parametrize(("path", "model"), [("/reconcile", models.Manifest), ("/reconcile/1.0", models.DraftManifest)])
def test_a_manifest_with_one_key_less_or_more_is_refused(client: TestClient, path: str, model: type[BaseModel]) -> None:
    """What is checked here would be missed: at the top, and within."""
    manifest = client.get(path).json()
    for within in (None, *(key for key, value in manifest.items() if isinstance(value, dict))):
        for key in manifest if within is None else manifest[within]:
            changed = copy.deepcopy(manifest)
            part = changed if within is None else changed[within]
            part[f"{key}X"] = part[key]
            with pytest.raises(ValidationError):
                valid(changed, model)
            del part[f"{key}X"], part[key]
            with pytest.raises(ValidationError):
                valid(changed, model)


def test_both_versions_find_the_same(client: TestClient) -> None:
    query = {"query": "Kanous", "type": "places", "limit": 3}
    old = matched(client, q0=query)["q0"]
    conditions = [{"matchType": "name", "propertyValue": "Kanous"}]
    asked = {"queries": [{"type": "places", "limit": 3, "conditions": conditions}]}
    valid(asked, models.DraftQueryBatch)
    new = valid(client.post("/reconcile/1.0/match", json=asked).json(), models.DraftResultBatch)
    assert new["results"][0]["candidates"] == old
    assert [one["match"] for one in old] == [True, False, False]
    by_address = client.get(
        "/reconcile", params={"queries": json.dumps({"q0": {"query": "Kanous", "type": "places", "limit": 3}})}
    )
    assert by_address.json()["q0"]["result"] == old


def test_a_score_is_the_mean_of_its_parts(client: TestClient) -> None:
    properties = [{"pid": "within", "v": "Iraq"}, {"pid": "kind", "v": "village"}]
    (first, *_) = matched(client, q={"query": "Kanoos", "type": "places", "properties": properties})["q"]
    parts = {one["id"]: one["value"] for one in first["features"]}
    assert parts == {"name": 100, "within": 100, "kind": 100}
    assert first["score"] == 100


def test_properties_tell_those_of_one_name_apart(client: TestClient) -> None:
    """`United States` is a place and a government, and `Kanoos` a village, an island and bases."""
    properties = [{"pid": "kind", "v": "island"}]
    (first, *_) = matched(client, q={"query": "Kanoos", "type": "places", "properties": properties})["q"]
    assert first["id"] == "places/kanoos-island"


def test_incidents_are_found_by_day_and_place(client: TestClient) -> None:
    incident = client.get("/v1/incidents/kanoos-island-raid").json()["data"]
    properties = [
        {"pid": "date", "v": incident["date"]["edtf"]},
        {"pid": "place", "v": {"id": f"places/{incident['places'][0]['id']}"}},
        {"pid": "actor", "v": incident["actors"][0]["label"]},
    ]
    first, *_ = matched(client, q={"type": "incidents", "properties": properties})["q"]
    assert first["id"] == "incidents/kanoos-island-raid"
    assert {one["id"] for one in first["features"]} == {"date", "place", "actor"}


def test_two_columns_are_one_point(client: TestClient) -> None:
    incident = client.get("/v1/incidents/kanoos-island-raid").json()["data"]["location"]
    apart = [{"pid": "lat", "v": incident["latitude"]}, {"pid": "lon", "v": incident["longitude"]}]
    together = [{"pid": "lat,lon", "v": f"{incident['latitude']}, {incident['longitude']}"}]
    found = matched(
        client, a={"type": "incidents", "properties": apart}, b={"type": "incidents", "properties": together}
    )
    assert found["a"] == found["b"] != []


def test_records_are_extended_by_columns(client: TestClient) -> None:
    answer = valid(client.get("/reconcile/properties?type=incidents").json(), models.Proposal)
    proposed = answer["properties"]
    assert valid(client.get("/reconcile/1.0/extend/propose?type=incidents").json(), models.Proposal) == answer
    header = client.get("/v1/incidents.csv").text.removeprefix("\ufeff").splitlines()[0].split(",")
    assert [one["id"] for one in proposed] == header
    ids = ["incidents/kanoos-island-raid", "incidents/nowhere", "places/baghdad"]
    asked = {"ids": ids, "properties": [{"id": "title"}, {"id": "latitude"}]}
    valid(asked, models.ExtensionQuery)
    extend = {"extend": json.dumps(asked)}
    old = valid(client.post("/reconcile", data=extend).json(), models.Extension)
    raid = client.get("/v1/incidents/kanoos-island-raid").json()["data"]
    assert old["rows"]["incidents/kanoos-island-raid"]["title"] == [{"str": raid["title"]}]
    assert old["rows"]["incidents/nowhere"] == {"title": [], "latitude": []}
    new = valid(client.post("/reconcile/1.0/extend", json=asked).json(), models.DraftExtension)
    assert {one["id"]: {each["id"]: each["values"] for each in one["properties"]} for one in new["rows"]} == old["rows"]


def test_previews_fit_a_frame(client: TestClient) -> None:
    page = client.get("/reconcile/preview?id=places/kanoos-village")
    assert "Kanoos" in page.text
    assert "frame-ancestors *" in page.headers["content-security-policy"]
    assert client.get("/reconcile/preview?id=places/nowhere").status_code == 404
    assert client.get("/reconcile/preview?id=releases/1").status_code == 404


PLACE = {"type": "places", "query": "Kanoos"}


@pytest.mark.parametrize(
    ("queries", "told"),
    [
        ("[", "no JSON"),
        ("[]", "no JSON object"),
        ("7", "no JSON object"),
        ({f"q{number}": PLACE for number in range(51)}, "50 queries at most; this one has 51"),
        ({"q7": "Kanoos"}, "Query 'q7': is no object"),
        ({"q7": {}}, "Query 'q7': has no name"),
        ({"q7": PLACE | {"type": "palces"}}, "Query 'q7': there is no type 'palces'"),
        ({"q7": PLACE | {"type": []}}, "Query 'q7': "),
        ({"q7": PLACE | {"limit": 0}}, "Query 'q7': 'limit' is a whole number"),
        ({"q7": PLACE | {"limit": "5"}}, "Query 'q7': 'limit' is a whole number"),
        ({"q7": PLACE | {"quary": "x"}}, "Query 'q7': has no key 'quary'"),
        ({"q7": PLACE | {"query": 5}}, "Query 'q7': a name is a text"),
        ({"q7": PLACE | {"query": "x" * 301}}, "Query 'q7': a name is a text of 300"),
        ({"q7": PLACE | {"properties": [{"pid": "datum", "v": "x"}]}}, "Query 'q7': there is no property 'datum'"),
        ({"q7": PLACE | {"properties": [{"pid": "lat", "v": 3}]}}, "Query 'q7': 'lat' goes with 'lon'"),
        ({"q7": PLACE | {"properties": [{"pid": "lat,lon", "v": "95,3"}]}}, "Query 'q7': lat,lon: '95,3' lies beyond"),
        ({"q7": PLACE | {"properties": [{"pid": "within", "v": [[]]}]}}, "Query 'q7': within: a value is a text"),
        ({"q7": PLACE | {"properties": {"pid": "within"}}}, "Query 'q7': has a list"),
        (
            {"q7": {"type": "incidents", "properties": [{"pid": "date", "v": "soon"}]}},
            "Query 'q7': date: 'soon' is no date",
        ),
        ({"q7": {"type": "incidents", "properties": [{"pid": "killed", "v": "7-3"}]}}, "Query 'q7': killed: '7-3' has"),
    ],
)
def test_bad_queries_are_named(client: TestClient, queries: Any, told: str) -> None:
    text = queries if isinstance(queries, str) else json.dumps(queries)
    answer = client.post("/reconcile", data={"queries": text})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == "queries"
    assert told in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("/reconcile/1.0/match", {}, "a list 'queries'"),
        ("/reconcile/1.0/match", {"queries": [{"conditions": [{"matchType": "id"}]}]}, "Query '0': a condition has"),
        ("/reconcile/1.0/match", {"queries": [{}]}, "Query '0': has a list"),
        ("/reconcile/1.0/extend", {"ids": 3}, "'ids' is a list"),
        ("/reconcile/1.0/extend", {"ids": [], "properties": ["x"]}, "'properties' is a list"),
        ("/reconcile/1.0/extend", {"ids": [], "properties": [{"id": {}}]}, "'properties' is a list"),
        ("/reconcile/1.0/extend", {"ids": ["places/x"], "properties": [{"id": "x"}]}, "no property 'x' of places"),
    ],
)
def test_bad_bodies_are_named(client: TestClient, path: str, body: Json, told: str) -> None:
    answer = client.post(path, json=body)
    assert answer.status_code == 400
    assert told in answer.json()["detail"]


def test_json_may_be_written_in_lines(client: TestClient) -> None:
    queries = {"q": PLACE}
    pretty = client.post("/reconcile", data={"queries": json.dumps(queries, indent="\t")})
    assert pretty.json() == client.post("/reconcile", data={"queries": json.dumps(queries)}).json()


def test_answers_to_questions_are_not_cached(client: TestClient) -> None:
    """What a body asks for cannot be found again by its address."""
    answer = client.post("/reconcile", data={"queries": json.dumps({"q": PLACE})}, headers={"If-None-Match": "*"})
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert "etag" not in answer.headers
    by_address = client.get("/reconcile", params={"queries": json.dumps({"q": PLACE})})
    assert by_address.json() == answer.json()
    assert by_address.headers["cache-control"] == "public, max-age=10"


def test_posts_are_bounded(client: TestClient) -> None:
    too_large = client.post("/reconcile", data={"queries": "x" * 70_000})
    assert (too_large.status_code, too_large.headers["connection"]) == (400, "close")
    assert too_large.json()["errors"][0]["parameter"] == "queries"
    assert client.post("/reconcile/1.0/match", content=b"\xff").status_code == 400
    assert client.post("/reconcile", json={}).status_code == 400
    assert client.post("/reconcile", data={str(number): "" for number in range(2000)}).status_code == 400
    assert client.options("/reconcile/1.0/match").headers["allow"] == "OPTIONS, POST"
    assert client.get("/reconcile/1.0/match").status_code == 405
    refused = client.post("/v1/incidents", data={})
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


def test_pages_on_other_origins_may_ask(client: TestClient) -> None:
    asking = {"Origin": "https://desk.example", "Access-Control-Request-Method": "POST"}
    allowed = client.options("/reconcile", headers=asking).headers["access-control-allow-methods"]
    assert "POST" in allowed
    answer = client.post(
        "/reconcile", data={"queries": json.dumps({"q": PLACE})}, headers={"Origin": "https://desk.example"}
    )
    assert answer.headers["access-control-allow-origin"] == "*"
