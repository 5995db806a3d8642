"""README and guides against the code: its tables list what there is and nothing else, and its commands work."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.cli import app as command_line
from app.model.codebook import shipped
from app.queries.derived_filters import NOT
from app.queries.filters import filters_under
from app.records import RECORD_TYPES
from app.settings import ROOT, Settings

README = (ROOT / "README.md").read_text("utf-8")
GUIDES = {path.stem: path.read_text("utf-8") for path in sorted((ROOT / "app/web/guides").glob("*.md"))}
DOCUMENTATION = "\n".join([README, *GUIDES.values()])
ADDRESS = "http://127.0.0.1:8000"
CURL = [line for line in README.splitlines() if line.startswith("curl ")]


def rows(heading: str) -> Iterator[tuple[list[str], list[str]]]:
    """The rows of the table whose first column has this heading: the code words of that column, and the others."""
    lines = iter(DOCUMENTATION.splitlines())
    next(line for line in lines if line.startswith(f"| {heading} |"))
    next(lines)
    for line in lines:
        if not line.startswith("| "):
            return
        first, *others = [cell.strip() for cell in line.strip("|").split(" | ")]
        yield re.findall(r"`([^`]+)`", first), [cell.strip(" |") for cell in others]


def blocks() -> list[str]:
    return re.findall(r"```sh\n(.*?)```", README, re.DOTALL)


def test_first_screen_has_both_commands() -> None:
    assert blocks()[0] == "python3 -m venv .venv && .venv/bin/pip install -e . && .venv/bin/dateline serve\n"
    assert blocks()[1] == "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest\n"
    assert README.index(blocks()[1]) < 1200


def test_filters_table_lists_every_parameter() -> None:
    outcomes = shipped().values("casualty.outcome")
    documented = {
        (name.replace("<outcome>", outcome), resource)
        for names, (lists, _) in rows("parameter")
        for name in names
        for outcome in outcomes
        for resource in (RECORD_TYPES if lists == "every list" else lists.split(", "))
    }
    assert documented == {
        (name, resource)
        for resource, one in RECORD_TYPES.items()
        for name in filters_under(one.filters, shipped()).model_fields
        if not name.startswith(NOT)
    }


def test_settings_table_lists_every_setting() -> None:
    documented = {names[0]: default.strip("`") for names, (default, _) in rows("variable")}
    prefix = Settings.model_config["env_prefix"]
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    assert documented == {
        f"{prefix}{name}".upper(): "none" if default is None else str(default) for name, default in defaults.items()
    }


def test_commands_table_lists_every_command() -> None:
    documented = [name for names, _ in rows("command") for name in names]
    commands = command_line.registered_commands
    names = [one.name or one.callback.__name__ for one in commands if one.callback]
    assert sorted(documented) == sorted(f"dateline {name}" for name in names)


def test_endpoints_table_lists_every_path(client: TestClient) -> None:
    # What is below it, the answer of `/reconcile` tells.
    paths = {path for path in client.get("/openapi.json").json()["paths"] if not path.startswith("/reconcile/")}
    documented = set()
    for names, _ in rows("path"):
        for name in names:
            documented |= {name.replace("<list>", resource) for resource in RECORD_TYPES}
    pages = {path for path in documented - paths if "{" not in path and client.get(path).status_code == 200}
    for_machines = {"/openapi.json", "/openapi.yaml", "/.well-known/api-catalog", "/llms.txt"}
    assert pages == {"/", "/docs", "/terms", "/ogc/", "/client.js", "/client.d.ts"} | for_machines
    assert documented - pages == paths


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl: install Debian's package of that name")
@pytest.mark.parametrize("command", CURL)
def test_questions_to_begin_with_have_answers(live: str, command: str) -> None:
    done = subprocess.run(
        command.replace(ADDRESS, live).replace("curl", "curl --silent --show-error --fail", 1),
        shell=True,
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(done.stdout)
    assert answer.get("data") or answer["features"]


def test_there_are_five_questions() -> None:
    assert len(CURL) == 5


def test_licence_says_whose_the_words_are() -> None:
    assert "The code is under the MIT licence" in README
    assert "belong to their publisher" in README


def test_files_that_it_names_exist() -> None:
    named = re.findall(r"`((?:app|seed|migrations|tests|\.ci)/[\w./]*)`", DOCUMENTATION)
    assert len(named) >= 4
    assert [name for name in named if not (Path(ROOT) / name).exists()] == []
