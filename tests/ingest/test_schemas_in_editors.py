"""The JSON Schemas of seed files in the programs that editors use: `check-jsonschema` and `yaml-language-server`."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.ingest.editing.examples import example_file
from app.ingest.editing.new_article import new_article
from app.ingest.editing.seed_schemas import schema_name, write_schemas
from app.model.codebook import shipped
from app.settings import SEED
from tests.api.test_openapi import run

pytestmark = pytest.mark.heavy

LINE = "# yaml-language-server: $schema=../../.schemas/incidents.schema.json\n"


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of seed files as `dateline new` makes it, with the example as its text."""
    folder = tmp_path_factory.mktemp("editor")
    (folder / "text.txt").write_text(example_file("text.txt"), "utf-8")
    new_article(folder / "seed", "lisk", folder / "text.txt")
    return folder / "seed"


def test_shipped_files_are_valid_by_check_jsonschema(tmp_path: Path) -> None:
    """All of them are looked at in `test_seed_schemas.py`."""
    program = Path(sys.executable).with_name("check-jsonschema")
    if not program.exists():
        pytest.skip("no check-jsonschema: install the extra 'clients'")
    write_schemas(tmp_path, shipped())
    for path in (SEED / "documents.yaml", SEED / "codebook.yaml", *SEED.glob("articles/*/quotes.yaml")):
        schema = tmp_path / ".schemas" / schema_name(path.stem)
        assert "ok" in run(tmp_path, program, "--schemafile", schema, path), path


class LanguageServer:
    """A running `yaml-language-server`, spoken to as VS Code does (LSP over pipes)."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen(
            ["node", program, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._last = 0
        self.request("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
        self._send({"method": "initialized", "params": {}})

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def mistakes(self, path: Path, text: str) -> list[tuple[int, str]]:
        """Opens a file, and returns the mistakes that an editor would underline: line and message."""
        document = {"uri": path.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        while True:
            message = self._receive()
            if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == path.as_uri():
                return [(one["range"]["start"]["line"], one["message"]) for one in message["params"]["diagnostics"]]

    def completions(self, path: Path, line: int, character: int) -> dict[str, str]:
        """What is offered at a place of an open file, with its explanation."""
        place = {"textDocument": {"uri": path.as_uri()}, "position": {"line": line, "character": character}}
        return {
            one["label"]: _text(one.get("documentation"))
            for one in self.request("textDocument/completion", place)["items"]
        }

    def request(self, method: str, params: Any) -> Any:
        self._last += 1
        self._send({"id": self._last, "method": method, "params": params})
        while True:
            message = self._receive()
            if message.get("id") == self._last and "method" not in message:
                return message["result"]

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(content) + content)
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        length = 0
        while (header := self._process.stdout.readline().strip()) != b"":
            if header.lower().startswith(b"content-length:"):
                length = int(header.split(b":")[1])
        message: dict[str, Any] = json.loads(self._process.stdout.read(length))
        if "id" in message and "method" in message:  # the server asks for settings: those that it has
            count = len(message["params"].get("items", ())) if message.get("params") else 0
            self._send({"id": message["id"], "result": [None] * count})
        return message


def _text(documentation: Any) -> str:
    return str(documentation["value"] if isinstance(documentation, dict) else documentation or "")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm: install the extra 'clients', or Node.js 20 or newer")
    folder = tmp_path_factory.mktemp("yaml-language-server")
    shutil.copy(Path(__file__).parent / "node" / "package.json", folder)
    run(folder, npm, "install", "--ignore-scripts", "--no-audit", "--no-fund")
    running = LanguageServer(folder / "node_modules/yaml-language-server/bin/yaml-language-server")
    yield running
    running.close()


def test_new_files_find_their_schemas_and_examples_by_words_are_right(seed: Path, server: LanguageServer) -> None:
    for name in ("incidents", "quotes", "statements"):
        path = seed / "articles" / "lisk" / f"{name}.yaml"
        first = path.read_text("utf-8").splitlines()[0]
        assert server.mistakes(path, f"{first}\n{example_file(f'{name}.yaml')}") == []
    for name in ("places", "people", "organizations", "documents"):
        path = seed / f"{name}.yaml"
        first = path.read_text("utf-8").splitlines()[0]
        assert server.mistakes(path, f"{first}\n{example_file(f'{name}.yaml')}") == []


def test_mistakes_are_underlined_while_they_are_typed(seed: Path, server: LanguageServer) -> None:
    wrong = LINE + example_file("incidents.yaml").replace("kind: rescue", "kind: resque").replace("summary:", "sumary:")
    found = dict(server.mistakes(seed / "articles/lisk/wrong.yaml", wrong))
    lines = wrong.splitlines()
    assert any("resque" in lines[line] and '"rescue"' in message for line, message in found.items()), found
    assert any("sumary" in message or "summary" in message for message in found.values()), found


def test_values_and_keys_are_completed_with_their_meanings(seed: Path, server: LanguageServer) -> None:
    path = seed / "articles/lisk/typing.yaml"
    server.mistakes(path, LINE + "- id: x\n  kind: \n  date:\n    \n")
    meanings = shipped().meanings("incident.kind")
    offered = server.completions(path, 2, 8)
    assert {value: offered.get(value) for value in meanings} == meanings
    assert "EDTF" in server.completions(path, 4, 4)["edtf"]
