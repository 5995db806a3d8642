"""The OpenAPI document as front-end developers' tools take it: linted, turned into types, compiled and used."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate
from starlette.testclient import TestClient

from app.api.parameters import MAX_VALUES
from app.exports.formats.columns import flat_names
from app.model.codebook import shipped
from app.records import RECORD_TYPES
from tests.conftest import Figure
from tests.examples import answers
from tests.live import ENDLESS, dateline
from tests.operations import reading

Json = dict[str, Any]

NODE = Path(__file__).parent / "node"

COMPILERS = ("node_modules/typescript/bin/tsc", "node_modules/typescript7/bin/tsc")
"""TypeScript 5.9, which the generators need, and 7, which takes what they write."""


@pytest.fixture(scope="module")
def document(client: TestClient) -> Json:
    parsed: Json = client.get("/openapi.json").json()
    return parsed


def operations(document: Json) -> Iterator[tuple[str, Json]]:
    """Every operation with its method and path in front."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def contents(document: Json) -> Iterator[tuple[str, Json]]:
    """Every documented body: where it stands, with its schema and its example."""
    for name, operation in operations(document):
        for status, response in operation["responses"].items():
            for kind, content in resolved(document, response).get("content", {}).items():
                yield f"{name} {status} {kind}", content


def resolved(document: Json, found: Json) -> Json:
    """What a reference leads to, or the thing itself."""
    if "$ref" not in found:
        return found
    for part in found["$ref"].removeprefix("#/").split("/"):
        document = document[part]
    return document


@pytest.mark.heavy
def test_document_is_valid(document: Json) -> None:
    validate(document)


@pytest.mark.heavy
def test_command_prints_what_the_server_sends(document: Json) -> None:
    printed = subprocess.run([dateline(), "openapi"], capture_output=True, text=True, check=True).stdout
    assert json.loads(printed) == document


def test_every_operation_says_what_it_is_for(document: Json) -> None:
    tags = {tag["name"] for tag in document["tags"]}
    for name, operation in operations(document):
        assert operation["summary"], name
        assert len(operation["description"]) > 20, name
        assert operation["tags"], name
        assert set(operation["tags"]) <= tags, name
        undescribed = [entry["name"] for entry in operation.get("parameters", []) if not entry.get("description")]
        assert undescribed == [], name
    assert tags == {tag for _, operation in operations(document) for tag in operation["tags"]}


def test_operation_ids_are_words(document: Json) -> None:
    ids = [operation["operationId"] for _, operation in operations(document)]
    assert len(ids) == len(set(ids))
    assert [id_ for id_ in ids if not re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", id_)] == []


def test_every_operation_documents_its_errors_as_problems(document: Json) -> None:
    for name, operation in operations(document):
        statuses = operation["responses"].keys()
        assert statuses >= {"400", "405", "408", "414", "431", "500"}, name
        is_cached = name.startswith("GET") and not name.endswith(("/healthz", "/readyz"))
        assert ({"304", "412"} <= statuses) is is_cached, name
        assert "422" not in statuses, name
        for status in statuses - {"200", "206", "304"}:
            problem = resolved(document, operation["responses"][status])["content"]["application/problem+json"]
            assert problem["schema"] == {"$ref": "#/components/schemas/Problem"}, (name, status)
            assert problem["example"]["status"] == int(status), (name, status)
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_examples_fit_their_schemas(document: Json) -> None:
    checked = 0
    for name, content in contents(document):
        if "example" in content:
            schema = {**content["schema"], "components": document["components"]}
            errors = [error.message for error in OAS31Validator(schema).iter_errors(content["example"])]
            assert errors == [], name
            checked += 1
    assert checked > len(document["paths"])


def test_worked_out_examples_are_what_is_answered(document: Json, client: TestClient) -> None:
    """Where the seed has changed, `python -m tests.examples` asks anew."""
    for path, answer in answers(client).items():
        shown = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["example"]
        assert shown == answer, path


def test_examples_are_records_of_the_article(document: Json, client: TestClient) -> None:
    for path in [path for path in document["paths"] if path.endswith("/{id}") and path.count("/") == 3]:
        operation = document["paths"][path]["get"]
        example = operation["responses"]["200"]["content"]["application/json"].get("example")
        if example is None:  # a release: none is shipped
            continue
        served = client.get(example["links"]["self"]).json()["data"]
        assert operation["parameters"][0]["example"] == served["id"]
        assert without_lists(example["data"]) == without_lists(served)


def without_lists(value: Any) -> Any:
    """A record without its lists, on all levels, which examples shorten."""
    if not isinstance(value, dict):
        return value
    return {key: without_lists(inner) for key, inner in value.items() if not isinstance(inner, list)}


def test_answers_fit_their_schemas(document: Json, client: TestClient) -> None:
    for path, operation in reading(document).items():
        if "{" in path or "application/json" not in operation["responses"]["200"]["content"]:
            continue
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        parameters = operation.get("parameters", [])
        asked = {entry["name"]: example(entry["schema"]) for entry in parameters if entry["required"]}
        answer = client.get(path, params=asked)
        assert answer.status_code == 200, path
        validator = OAS31Validator({**schema, "components": document["components"]})
        assert [error.message for error in validator.iter_errors(answer.json())] == [], path


def example(schema: Json) -> str:
    """The example of a parameter as it stands in a URL."""
    actual = schema["examples"][0]
    return ",".join(actual) if isinstance(actual, list) else str(actual)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tools of tests/api/node installed and the document that `dateline openapi` prints."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm: install the extra 'clients', or Node.js 20 or newer")
    folder = tmp_path_factory.mktemp("workshop")
    shutil.copytree(NODE, folder, dirs_exist_ok=True)
    run(folder, npm, "install", "--ignore-scripts", "--no-audit", "--no-fund")
    (folder / "openapi.json").write_text(run(folder, dateline(), "openapi"))
    return folder


def run(folder: Path, *command: str | Path, env: dict[str, str] | None = None) -> str:
    """What a command prints; fails with all that it printed when it does not succeed."""
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.heavy
def test_spectral_finds_nothing(workshop: Path) -> None:
    actual = run(workshop, "node_modules/.bin/spectral", "lint", "openapi.json", "--fail-severity=hint")
    assert "No results" in actual


@pytest.mark.heavy
def test_redocly_finds_nothing(workshop: Path) -> None:
    actual = run(workshop, "node_modules/.bin/redocly", "lint", "openapi.json", "--format=json")
    assert json.loads(actual)["totals"] == {"errors": 0, "warnings": 0, "ignored": 0}


@pytest.mark.heavy
def test_generated_typescript_clients_compile_and_read(workshop: Path, live: str) -> None:
    """Those of orval and of hey-api, with functions for every operation."""
    programs = workshop / "node_modules/.bin"
    run(workshop, programs / "orval", "--input", "./openapi.json", "--output", "./orval/client.ts", "--client", "fetch")
    run(workshop, programs / "openapi-ts", "-i", "openapi.json", "-o", "heyapi", "-c", "@hey-api/client-fetch")
    for tsc in COMPILERS:
        run(workshop, "node", workshop / tsc, "-p", "generated.tsconfig.json")
    ids = [one["operationId"] for _, one in operations(json.loads((workshop / "openapi.json").read_text()))]
    for file in ("orval/client.ts", "heyapi/sdk.gen.ts"):
        made = set(re.findall(r"^export const (\w+) = ", (workshop / file).read_text(), re.MULTILINE))
        assert made >= set(ids), file
    run(workshop, programs / "esbuild", "generated.ts", "--bundle", "--format=esm", "--outfile=built/generated.js")
    printed = run(workshop, "node", "built/generated.js", live).splitlines()
    assert printed == ["orval kanoos-island-raid Kanoos island", "heyapi kanoos-island-raid Kanoos island", "400 place"]


@pytest.mark.heavy
def test_a_generated_python_client_reads_every_operation(
    document: Json, live: str, tmp_path: Path, figure: Figure
) -> None:
    """All whose media types `openapi-python-client` knows."""
    (tmp_path / "openapi.json").write_text(json.dumps(document))
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    program = Path(sys.executable).with_name("openapi-python-client")
    if not program.exists():
        pytest.skip("no openapi-python-client: install the extra 'clients'")
    run(tmp_path, program, "generate", "--path=openapi.json", "--output-path=made", env=environment)
    calls = Path(__file__).with_name("python") / "calls.py"
    called = json.loads(run(tmp_path / "made", sys.executable, calls, tmp_path / "openapi.json", live))
    unknown = (".ndjson", ".xlsx", ".parquet", ".arrow", ".atom", ".zip", ".sqlite", ".mvt", ".bib", "/stream")
    ids = [one["operationId"] for path, one in reading(document).items() if not path.endswith(unknown)]
    assert called == dict.fromkeys(ids, 200)
    figure(f"a generated Python client has called {len(called)} operations")


@pytest.mark.heavy
def test_types_compile_and_refuse_mistakes(workshop: Path, live: str) -> None:
    run(workshop, "node_modules/.bin/openapi-typescript", "openapi.json", "-o", "schema.ts")
    for tsc in COMPILERS:
        run(workshop, "node", workshop / tsc, "-p", ".")
    printed = run(workshop, "node", "built/client.js", live).splitlines()
    assert [line.split(" | ")[0] for line in printed].count("kanoos-island-raid") == 2
    assert "incident true true" in printed  # what was picked, and that the answer says so
    assert printed[-1].startswith("place ")


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


def test_no_choice_is_empty(document: Json, client: TestClient) -> None:
    """Generators make nothing of an empty enumeration."""

    def walk(value: Any) -> Iterator[Any]:
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from walk(inner)
        if isinstance(value, dict):
            yield value

    for entry in (document, client.get("/ogc/api").json()):
        assert [one for one in walk(entry) if one.get("enum") == []] == []
