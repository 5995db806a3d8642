"""`/client.js` and `/client.d.ts`: as TypeScript compiles them, in Node.js, and on a page of another origin."""

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from app.api.schemas.client_types import client_types
from tests.api.test_openapi import run
from tests.conftest import Figure
from tests.live import elsewhere
from tests.operations import reading

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Json = dict[str, Any]

PROGRAMS = Path(__file__).parent / "client"

MOST_BYTES = 6_000


def test_the_module_is_small_and_needs_nothing(client: TestClient) -> None:
    answer = client.get("/client.js")
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert len(answer.content) <= MOST_BYTES
    assert not re.search(r"^\s*import |import\(|require\(", answer.text, re.MULTILINE)


def test_types_are_those_of_the_api(client: TestClient) -> None:
    """Schemas, parameters and operations of the OpenAPI document, each with its description."""
    document, types = client.get("/openapi.json").json(), client.get("/client.d.ts")
    assert types.headers["content-type"] == "text/plain; charset=utf-8"
    assert types.text == client_types(document)
    for name, schema in document["components"]["schemas"].items():
        assert re.search(rf"^export (interface|type) {name} ", types.text, re.MULTILINE), name
        for one in schema.get("properties", {}).values():
            assert one.get("description", "").split("\n")[0] in types.text
    declared = types.text[types.text.index("export interface Operations") :]
    for path, operation in reading(document).items():
        content = operation["responses"]["200"]["content"]
        assert (f'"{path}":' in declared) is any(kind.endswith(("/json", "+json")) for kind in content), path


def test_a_schema_without_words_for_it_is_an_error() -> None:
    document = {"paths": {}, "components": {"schemas": {"Odd": {"type": "string", "not": {}}, "Other": {"if": {}}}}}
    with pytest.raises(ValueError, match="no TypeScript type is known"):
        client_types(document)


def test_both_are_linked_from_the_index_and_cached(client: TestClient) -> None:
    links = client.get("/v1").json()["links"]
    for path in (links["client"], links["client_types"]):
        etag = client.get(path).headers["etag"]
        assert client.get(path, headers={"If-None-Match": etag}).status_code == 304


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, client: TestClient) -> Path:
    """A folder with the client as it is served, the programs that use it, and two versions of TypeScript."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm: install the extra 'clients', or Node.js 20 or newer")
    found = tmp_path_factory.mktemp("client")
    shutil.copytree(PROGRAMS, found, dirs_exist_ok=True)
    for name in ("client.js", "client.d.ts"):
        (found / name).write_bytes(client.get(f"/{name}").content)
    run(found, npm, "install", "--ignore-scripts", "--no-audit", "--no-fund")
    return found


@pytest.mark.heavy
@pytest.mark.parametrize(("compiler", "version"), [("typescript", "5.9"), ("typescript7", "7.")])
def test_programs_compile_and_their_mistakes_do_not(folder: Path, live: str, compiler: str, version: str) -> None:
    tsc = folder / "node_modules" / compiler / "bin" / "tsc"
    assert run(folder, "node", tsc, "--version").startswith(f"Version {version}")
    run(folder, "node", tsc, "-p", ".")
    shutil.copy(folder / "client.js", folder / "built")
    printed = run(folder, "node", "built/uses.js", live).splitlines()
    assert printed[0] == "2 kubaiba-raid 18"
    assert "kanoos-island-raid true 2019-08-10" in printed
    assert printed[-1].startswith("404 ")
    assert "false" not in " ".join(printed)


@pytest.mark.heavy
def test_it_behaves_in_node(folder: Path, live: str, figure: Figure) -> None:
    printed = run(folder, "node", "behaviour.js", live).splitlines()
    cases = re.findall(r'^  async "(.+)"\(\)', (PROGRAMS / "behaviour.js").read_text("utf-8"), re.MULTILINE)
    assert printed == cases
    figure(f"the JavaScript client behaves in {len(cases)} cases")


PAGE = """<!doctype html><title>Elsewhere</title><script type="module">
import {{ Dateline, ProblemError }} from "{base}/client.js";
const api = new Dateline();
const pages = [];
for await (const page of api.pages("incidents", {{ limit: 30, fields: ["title"] }})) pages.push(page.data.length);
const again = await api.list("incidents", {{ limit: 30, fields: ["title"] }});
const mistake = await api.get("incidents", "kanos-island-raid").catch((error) => error);
const signal = AbortSignal.abort();
const aborted = await api.list("places", {{}}, {{ signal }}).catch((error) => error.name);
window.seen = {{ pages, again: again.data.length, aborted, status: mistake instanceof ProblemError && mistake.status }};
</script>
"""


@pytest.mark.heavy
def test_it_works_on_a_page_of_another_origin(browser: "Browser", live: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    with elsewhere(PAGE.format(base=live)) as other:
        page.goto(other)
        page.wait_for_function("window.seen")
    assert page.evaluate("window.seen") == {"pages": [30, 12], "again": 30, "aborted": "AbortError", "status": 404}
    assert complaints == []
    context.close()
