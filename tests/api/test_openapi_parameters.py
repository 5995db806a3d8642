"""The parameters of the OpenAPI document: their schemas admit what the service takes, and nothing else."""

import json
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from starlette.testclient import TestClient

from app.api.parameters.parsing import MAX_VALUES
from app.exports.formats.columns import flat_names
from app.model.codebook import shipped
from app.records import RECORD_TYPES
from tests.api.test_openapi import Json, example, resolved
from tests.conftest import Figure
from tests.live import ENDLESS
from tests.operations import reading


@pytest.fixture(scope="module")
def document(client: TestClient) -> Json:
    parsed: Json = client.get("/openapi.json").json()
    return parsed


@pytest.mark.parametrize(
    ("parameter", "value", "taken"),
    [
        ("datetime", "", False),
        ("datetime", "/", False),
        ("datetime", "../..", False),
        ("datetime", "2019/", False),
        ("datetime", "0000", False),
        ("datetime", "2019-13", False),
        ("datetime", "2019-04-32", False),
        ("datetime", "2019\n-04", False),
        ("datetime", "0001", True),
        ("datetime", "2019-12-31/..", True),
        ("datetime", "../0999-10", True),
        ("radius_km", 1e3, True),
        ("radius_km", 0.5, True),
        ("radius_km", 1e-10, True),
        ("radius_km", 20000, True),
        ("radius_km", 20000.1, False),
        ("radius_km", 0, False),
        ("q", "a\nb", False),
        ("q", "a\x7fb", False),
        ("q", "", False),
        ("q", "x" * 201, False),
        ("q", "été «x»", True),
        ("bbox", "42,34,\n45,36", False),
        ("bbox", "42,34, 45,36", True),
        ("bbox", "42,34,\u00a045,36", False),
        ("bbox", "42,90.0,445,+090.00", True),
        ("bbox", "42,90.1,45,91", False),
        ("near", "999999,0", False),
        ("near", "999,-0.5", True),
        ("near", "44,٣", False),
        ("cursor", "a b", False),
        ("cursor", "é", False),
        ("place", "iraq", True),
        ("place", "Iraq", False),
        ("place", "a" * 101, False),
        ("limit", 500, True),
        ("limit", 501, False),
        ("killed_at_least", 999_999_999, True),
        ("killed_at_least", 1_000_000_000, False),
    ],
)
def test_schemas_admit_what_is_taken_and_nothing_else(
    document: Json, client: TestClient, parameter: str, value: Any, taken: bool
) -> None:
    parameters = document["paths"]["/v1/incidents"]["get"]["parameters"]
    schema = next(one["schema"] for one in parameters if one["name"] == parameter)
    fits = OAS31Validator({**schema, "components": document["components"]}).is_valid(
        [value] if schema.get("type") == "array" else value
    )
    near = {"near": "44,35"} if parameter == "radius_km" else {}
    answer = client.get("/v1/incidents", params={parameter: value, **near})
    assert (fits, answer.status_code) == (taken, 200 if taken else 400)


IDS = {
    "article": "foltyn-us-iran-isis-2020",
    "place": "iraq",
    "incident": "kubaiba-raid",
    "parent": "kubaiba-raid",
    "about": "kubaiba-raid",
    "person": "hassan-al-soofy",
    "document": "kanoos-map",
}
"""An id that a parameter takes; the others take organizations."""


def list_parameters(document: Json) -> dict[str, tuple[str, Json]]:
    """Every parameter that takes several values, once for each set of values: its path and itself, by what it is. The
    stream, whose answers have no end, takes those of `/v1/changes`."""
    actual = [
        (path, parameter)
        for path, operation in reading(document).items()
        if path != ENDLESS
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query" and parameter["schema"].get("type") == "array" and path != ENDLESS
    ]
    return {f"{one['name']} {json.dumps(one['schema'])}": (path, one) for path, one in reversed(actual)}


def _id_for(name: str) -> str:
    # Nothing is excluded from organizations by what they are a part of.
    return "iraq" if name == "not.within" else IDS.get(name.removeprefix("not."), "cts")


def some_values(document: Json, parameter: Json) -> list[str]:
    """Values that a parameter takes: its example, those of its (first) enumeration, or an id."""
    if "examples" in parameter["schema"]:
        return [str(value) for value in parameter["schema"]["examples"][0]]
    items = resolved(document, parameter["schema"]["items"])
    items = resolved(document, items["anyOf"][0]) if "anyOf" in items else items
    if items["type"] == "integer":
        return ["1", "2"]
    return [str(value) for value in items.get("enum", [_id_for(parameter["name"])])][:MAX_VALUES]


@pytest.mark.heavy
def test_schemas_admit_as_many_values_as_are_taken(document: Json, client: TestClient, figure: Figure) -> None:
    """A value may be repeated, unless the schema says how many values there are at most; and no value is empty."""
    parameters = list_parameters(document)
    for path, parameter in parameters.values():
        name, schema, values = parameter["name"], parameter["schema"], some_values(document, parameter)
        if name in ("id", "not.id"):
            listed = path.split("/")[2].partition(".")[0]
            values = [RECORD_TYPES[listed if listed in RECORD_TYPES else "incidents"].example]
        if name == "fields" and path.endswith(".geojson"):
            columns = flat_names(path.split("/")[2].partition(".")[0], shipped())
            values = [value for value in values if value in columns]
        if name in ("facet", "facets"):  # a grid needs a zoom, and the shipped article has too many days
            values = [value for value in values if value not in ("day", "grid")]
        most, one = schema.get("maxItems", MAX_VALUES + 1), values[0]
        others = document["paths"][path]["get"]["parameters"]
        address = path
        for it in (it for it in others if it["in"] == "path"):
            address = address.replace(f"{{{it['name']}}}", str(it["example"]))
        needed = {it["name"]: example(it["schema"]) for it in others if it["required"] and it["in"] == "query"}
        needed |= {"limit": "1"} if any(it["name"] == "limit" for it in others) else {}
        if name == "facet_except" and path != "/v1/facets":
            needed["facets"] = next(it["schema"]["items"]["enum"][0] for it in others if it["name"] == "facets")
        if name.startswith("fields["):
            paths = next(it["schema"]["items"]["enum"] for it in others if it["name"] == "include")
            needed["include"] = next(one for one in paths if name[len("fields[") : -1] in one.split("."))
        validator = OAS31Validator({**schema, "components": document["components"]})
        for sent, taken in (
            (values[:most], True),
            ((values * most)[:most], True),
            ([one] * most, True),
            ([one] * (most + 1), "maxItems" not in schema),
            ([*(values * most)[:most], one], "maxItems" not in schema),
            ([one, ""], False),
            ([""], False),
        ):
            query = {**needed, name: sent if parameter["explode"] else ",".join(sent)}
            answer = client.get(address, params=query)
            integers = schema["items"].get("type") == "integer"
            fits = validator.is_valid([int(text) if integers and text else text for text in sent])
            assert (fits, answer.status_code) == (taken, 200 if taken else 400), (path, name, sent, answer.text[:300])
            assert taken or name in answer.json()["errors"][0]["detail"], (path, name, sent)
    figure(f"{len(parameters)} parameters take as many values as their schemas say")


@pytest.mark.parametrize("form", ["1e3", ".5", "5.", "+5", "1E-1"])
def test_numbers_may_be_written_as_programs_write_them(client: TestClient, form: str) -> None:
    wanted = client.get(f"/v1/places?near=43.4,35.4&radius_km={float(form)}").json()
    parsed = client.get("/v1/places", params={"near": "43.4,35.4", "radius_km": form}).json()
    assert parsed["data"] == wanted["data"]
