"""The snippets of the guide for clients: each runs as it stands, and finds what the service counts."""

import csv
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest
from starlette.testclient import TestClient

from app.settings import ROOT
from tests.api.test_openapi import run
from tests.browser import until
from tests.conftest import Figure
from tests.live import elsewhere

if TYPE_CHECKING:
    from playwright.sync_api import Browser

APPS = Path(__file__).parent / "apps" / "snippets"

GUIDE = (ROOT / "app/web/guides/clients.md").read_text("utf-8")
SNIPPETS = dict(re.findall(r"^## ([^\n]+)\n(?:(?!^## ).)*?^(```\w+\n.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE))
WITHOUT = {"Versions"}
ADDRESS = "http://127.0.0.1:8000"

PAGES = {"React": "snippet.jsx", "Svelte": "Snippet.svelte", "Observable": "snippet.html"}
"""What is drawn in a browser, by the name of its file."""

TYPED = "fetch with types"
LARGE = ("QGIS", "OpenRefine", "A spreadsheet")
"""What takes too long to install for every run."""

PACKAGES = ("pandas", "polars", "DuckDB", "rdflib")

PROGRAMS = {
    "curl": ["curl", "--version"],
    "fetch": ["node", "--version"],
    "R": ["Rscript", "--version"],
    "GDAL": ["ogrinfo", "--version"],
}
"""What tells the version of what runs a snippet."""

QGIS_PYTHON = "/usr/bin/python3"
"""Debian's own, which its QGIS belongs to."""

OF_SERVICE = """
from qgis.core import QgsApplication, QgsVectorLayer
qgis = QgsApplication([], False)
qgis.initQgis()
layer = QgsVectorLayer("url='{}/ogc' typename='incidents'", "incidents", "OAPIF")
print(*(one["id"] for one in layer.getFeatures()))
del layer
qgis.exitQgis()
"""


def test_every_section_has_a_snippet_of_ten_lines_at_most() -> None:
    assert SNIPPETS.keys() == set(re.findall(r"^## (.+)$", GUIDE, re.MULTILINE)) - WITHOUT
    for name, snippet in SNIPPETS.items():
        assert len(snippet.splitlines()) - 1 <= 10, name
        assert ADDRESS in snippet


def code(name: str, live: str) -> str:
    """A snippet as it stands, but for the address."""
    text: str = SNIPPETS[name].partition("\n")[2]
    return text.replace(ADDRESS, live)


def matched(live: str) -> str:
    """How many incidents have a point."""
    return str(httpx2.get(f"{live}/v1/incidents?has_location=true&limit=1").json()["meta"]["matched"])


def printed(folder: Path, *command: str | Path) -> str:
    """What a program prints that writes to a folder of its own."""
    return run(folder, *command, env={**os.environ, "HOME": str(folder), "LC_ALL": "C.UTF-8"})


def command(name: str, text: str, folder: Path) -> list[str | Path]:
    """How a snippet is run, by its language."""
    language = SNIPPETS[name].partition("\n")[0].removeprefix("```")
    if language == "sh":
        return ["bash", "-eo", "pipefail", "-c", text]
    suffix, program = {"js": ("mjs", "node"), "python": ("py", sys.executable), "r": ("R", "Rscript")}[language]
    (file := folder / f"snippet.{suffix}").write_text(text, "utf-8")
    return [program, file]


@pytest.mark.heavy
@pytest.mark.parametrize("name", [*PROGRAMS, *PACKAGES])
def test_a_snippet_runs_as_it_stands(name: str, live: str, tmp_path: Path, figure: Figure) -> None:
    text = code(name, live)
    if name == "DuckDB":
        # Extensions are downloaded where they are first used; this one comes with a package.
        loaded = (
            'from duckdb_extensions import import_extension\nimport_extension("httpfs")\nduckdb.sql("LOAD httpfs")\n'
        )
        text = text.replace("import duckdb\n", f"import duckdb\n{loaded}", 1)
    ready = command(name, text, tmp_path)
    assert shutil.which(str(ready[0])), f"{ready[0]} is not installed"
    assert printed(tmp_path, *ready).split()[-1] == matched(live)
    told = version(name.lower()) if name in PACKAGES else run(tmp_path, *PROGRAMS[name]).splitlines()[0]
    figure(f"{name}: {told}")


def test_every_snippet_is_run() -> None:
    assert SNIPPETS.keys() == {*PROGRAMS, *PACKAGES, *PAGES, TYPED, *LARGE}


@pytest.mark.long
def test_qgis_reads_a_file_and_the_service_by_url(live: str, tmp_path: Path, figure: Figure) -> None:
    if subprocess.run([QGIS_PYTHON, "-c", "import qgis.core"], capture_output=True).returncode:
        pytest.skip("no QGIS (Debian: python3-qgis)")

    def script(text: str) -> list[str]:
        return printed(tmp_path, "env", "QT_QPA_PLATFORM=offscreen", QGIS_PYTHON, "-c", text).splitlines()

    listed = httpx2.get(f"{live}/v1/incidents?has_location=true&limit=500").json()["data"]
    *drawn, count = script(code("QGIS", live))
    assert count == matched(live)
    points = [f"Point ({one['location']['longitude']:g} {one['location']['latitude']:g})" for one in listed]
    assert sorted(drawn) == sorted(
        f"{one['id']} {one['title']} {point}" for one, point in zip(listed, points, strict=True)
    )
    (told,) = script(OF_SERVICE.format(live))
    everything = httpx2.get(f"{live}/v1/incidents?limit=500").json()["data"]
    assert sorted(told.split()) == sorted(one["id"] for one in everything)
    figure(f"QGIS: {script('from qgis.core import Qgis; print(Qgis.QGIS_VERSION)')[0]}")


@pytest.mark.long
def test_a_spreadsheet_opens_a_workbook_by_url(live: str, tmp_path: Path, figure: Figure) -> None:
    if shutil.which("soffice") is None:
        pytest.skip("LibreOffice is not installed (Debian: libreoffice-calc-nogui)")
    assert printed(tmp_path, "bash", "-eo", "pipefail", "-c", code("A spreadsheet", live)).split()[-1] == matched(live)
    listed = httpx2.get(f"{live}/v1/incidents?has_location=true&limit=500").json()["data"]
    rows = list(csv.DictReader((tmp_path / "incidents.csv").read_text("utf-8").splitlines()))
    for row, one in zip(rows, listed, strict=True):
        killed = (one["totals"]["killed"] or {"low": None})["low"]
        assert (row["id"], row["title"], row["date_edtf"]) == (
            one["id"],
            one["title"],
            (one["date"] or {}).get("edtf", ""),
        )
        assert row["killed_low"] == ("" if killed is None else str(killed))
    figure(f"A spreadsheet: {run(tmp_path, 'soffice', '--version').strip()}")


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory, live: str, client: TestClient) -> Path:
    """A folder with the snippets that are compiled, what compiles them, and the client as it is served."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm: install the extra 'clients', or Node.js 20 or newer")
    folder = tmp_path_factory.mktemp("snippets")
    shutil.copytree(APPS, folder, dirs_exist_ok=True)
    for name, file in {**PAGES, TYPED: "snippet.ts"}.items():
        (folder / file).write_text(code(name, live), "utf-8")
    for name in ("client.js", "client.d.ts"):
        (folder / name).write_bytes(client.get(f"/{name}").content)
    run(folder, npm, "install", "--ignore-scripts", "--no-audit", "--no-fund")
    return folder


@pytest.mark.heavy
def test_the_typed_snippet_compiles_and_runs_and_a_misspelt_key_does_not(workshop: Path, live: str) -> None:
    whole = (workshop / "snippet.ts").read_text("utf-8")
    (workshop / "misspelt.ts").write_text(whole.replace("date?.edtf", "date?.edft"), "utf-8")
    compiler = workshop / "node_modules/.bin/tsc"
    wrong = subprocess.run([compiler, "-p", "."], cwd=workshop, capture_output=True, text=True).stdout.splitlines()
    assert [line.partition("(")[0] for line in wrong if "error" in line] == ["misspelt.ts"]
    assert "Property 'edft' does not exist" in wrong[0]
    assert run(workshop, "node", "snippet.js").split()[-1] == matched(live)


@pytest.fixture(scope="module")
def built(workshop: Path) -> Path:
    """The folder of the scripts that draw pages."""
    run(workshop, "node", "build.js", *PAGES.values())
    return workshop / "out"


@pytest.mark.heavy
@pytest.mark.parametrize("name", PAGES)
def test_a_snippet_draws_what_the_service_counts(name: str, built: Path, browser: "Browser", live: str) -> None:
    script = (built / f"{PAGES[name]}.js").read_text("utf-8").replace("</script", "<\\/script")
    complaints: list[str] = []
    expected = matched(live)
    with elsewhere(f'<!doctype html><meta charset="utf-8"><main></main><script type="module">{script}</script>') as url:
        context = browser.new_context()
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url)
        until(page, "document.querySelectorAll('main p, main span').length > 0")
        until(page, f"document.querySelector('main').innerText.trim().endsWith('{expected}')")
        drawn = page.locator("main li, main svg path").count()
        context.close()  # before its server, which waits for connections that a browser keeps in store
    assert complaints == []
    assert drawn >= int(expected)
