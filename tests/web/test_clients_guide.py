"""The snippets of the guide for clients: each runs as it stands, and finds what the service counts."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from app.settings import ROOT

GUIDE = (ROOT / "app/web/guides/clients.md").read_text("utf-8")
SNIPPETS = dict(re.findall(r"^## ([^\n]+)\n(?:(?!^## ).)*?^(```\w+\n.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE))
ADDRESS = "http://127.0.0.1:8000"


def test_every_section_has_a_snippet_of_ten_lines_at_most() -> None:
    assert SNIPPETS.keys() == set(re.findall(r"^## (.+)$", GUIDE, re.MULTILINE))
    for name, snippet in SNIPPETS.items():
        assert len(snippet.splitlines()) - 1 <= 10, name
        assert ADDRESS in snippet


def command(snippet: str, folder: Path) -> list[str]:
    """How a snippet is run, by its language."""
    language, _, code = snippet.removeprefix("```").partition("\n")
    if language == "sh":
        return ["bash", "-eo", "pipefail", "-c", code]
    file = folder / {"js": "snippet.mjs", "python": "snippet.py"}[language]
    file.write_text(code, "utf-8")
    return [sys.executable if language == "python" else "node", str(file)]


@pytest.mark.heavy
@pytest.mark.parametrize("name", SNIPPETS)
def test_a_snippet_runs_as_it_stands(name: str, live: str, tmp_path: Path) -> None:
    snippet = SNIPPETS[name].replace(ADDRESS, live)
    if name == "DuckDB":
        # Extensions are downloaded where they are first used; this one comes with a package.
        loaded = (
            'from duckdb_extensions import import_extension\nimport_extension("httpfs")\nduckdb.sql("LOAD httpfs")\n'
        )
        snippet = snippet.replace("import duckdb\n", f"import duckdb\n{loaded}", 1)
    run = command(snippet, tmp_path)
    assert shutil.which(run[0]), f"{run[0]} is not installed"
    done = subprocess.run(run, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    matched = httpx2.get(f"{live}/v1/incidents?has_location=true&limit=1").json()["meta"]["matched"]
    assert done.stdout.split()[-1] == str(matched)
