"""The OpenAPI document as front-end developers' tools take it: linted, turned into types, compiled and used."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate
from starlette.testclient import TestClient

from app.api.openapi import BUILDING
from tests.conftest import Figure, serving
from tests.examples import answers, service_of_examples
from tests.live import dateline
from tests.operations import reading

Json = dict[str, Any]

NODE = Path(__file__).parent / "node"

COMPILERS = ("node_modules/typescript/bin/tsc", "node_modules/typescript7/bin/tsc")
"""TypeScript 5.9, which the generators need, and 7, which takes what they write."""


@pytest.fixture(scope="module")
def document(client: TestClient) -> Json:
    parsed: Json = client.get("/openapi.json").json()
    return parsed


def test_others_are_answered_while_the_document_is_made(article_url: str) -> None:
    with serving(article_url) as client, ThreadPoolExecutor(2) as threads:
        with BUILDING:
            document = threads.submit(client.get, "/openapi.json")
            assert threads.submit(client.get, "/v1/incidents").result(timeout=30).status_code == 200
            assert not document.done()
        assert document.result().json()["openapi"].startswith("3.1")


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


def test_worked_out_examples_are_what_is_answered(document: Json, database_url: str) -> None:
    """Where the seed has changed, `python -m tests.examples` asks anew."""
    with service_of_examples(database_url) as client:
        answered = answers(client)
    for path, answer in answered.items():
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


def test_no_choice_is_empty(document: Json, client: TestClient) -> None:
    """Generators make nothing of an empty enumeration."""

    def walk(value: Any) -> Iterator[Any]:
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from walk(inner)
        if isinstance(value, dict):
            yield value

    for entry in (document, client.get("/ogc/api").json()):
        assert [one for one in walk(entry) if one.get("enum") == []] == []
