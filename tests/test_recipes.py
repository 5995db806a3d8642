"""The README's recipes for a filter, a facet and a format are followed on a copy of the code, and tried over HTTP."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.settings import ROOT

pytestmark = pytest.mark.heavy

ASK = """
import json, sys
from pathlib import Path
from starlette.testclient import TestClient
import app.main
from app.settings import Settings

assert Path(app.main.__file__).is_relative_to(Path.cwd()), "this is not the copy"
database, *paths = sys.argv[1:]
with TestClient(app.main.create_app(Settings(database_url=database))) as client:
    answers = {path: client.get(path) for path in paths}
    print(json.dumps({path: (answer.status_code, answer.text) for path, answer in answers.items()}))
"""

FILTER = """\
    relayed_by: Annotated[PartyIds, one_of(col(Quote.relayed_by_id))] = Field([], description="Who passed it on.")
"""
FACET = """\
        "relayed_by": by_column(col(Quote.relayed_by_id), *PARTIES),
"""
FORMAT = '''\
"""TSV: the columns of the CSV between tabs."""

import json
from collections.abc import Iterator

from app.exports.formats import Batches, ExportFormat
from app.exports.formats.columns import COLUMNS, flat


def chunks(resource: str, batches: Batches, base: str, release: int) -> Iterator[bytes]:
    """Yields a file of records, header first."""
    yield ("\\t".join(column.name for column in COLUMNS[resource]) + "\\n").encode()
    for text in (text for batch in batches for text in batch):
        yield ("\\t".join(map(str, flat(resource, json.loads(text), base).values())) + "\\n").encode()


FORMAT = ExportFormat(".tsv", "text/tab-separated-values", "TSV", "Columns between tabs.", chunks)
'''


class Copy:
    """A copy of the code, and the service that it makes over a database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("app", "migrations", "seed"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))

    def insert(self, file: str, before: str, lines: str) -> None:
        """Inserts lines before the only line that begins so."""
        path = self.folder / file
        text = path.read_text("utf-8")
        assert text.count(f"\n{before}") == 1, f"{file} looks different: follow the recipe again, and write it here"
        path.write_text(text.replace(f"\n{before}", f"\n{lines}{before}"), "utf-8")

    def answers(self, database: str, *paths: str) -> dict[str, tuple[int, str]]:
        """Status and text of the answers to these paths."""
        command = [sys.executable, "-c", ASK, database, *paths]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return {path: (status, text) for path, (status, text) in json.loads(done.stdout).items()}

    def changed(self) -> set[str]:
        """The files that differ from the original."""
        files = (path.relative_to(self.folder) for path in self.folder.rglob("*.py"))
        return {
            str(file)
            for file in files
            if not (ROOT / file).exists() or (ROOT / file).read_bytes() != (self.folder / file).read_bytes()
        }


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


def parameters(openapi: str, path: str) -> dict[str, Any]:
    """The query parameters of a path."""
    return {one["name"]: one for one in json.loads(openapi)["paths"][path]["get"]["parameters"]}


def test_a_filter_and_its_facet_are_a_line_each_in_the_file_of_their_type(copy: Copy, article_url: str) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert f"`{FILTER.strip()}`" in readme
    assert f"`{FACET.strip().removesuffix(',')}`" in readme
    copy.insert("app/records/quotes.py", "    kind: Annotated[", FILTER)
    copy.insert("app/records/quotes.py", '        "kind": by_column(', FACET)
    assert copy.changed() == {"app/records/quotes.py"}

    everything, facets = "/v1/quotes?limit=500", "/v1/facets?of=quotes&facet=relayed_by"
    first = copy.answers(article_url, everything, facets)
    relayed: dict[str, set[str]] = {}
    for quote in json.loads(first[everything][1])["data"]:
        if quote["relayed_by"]:
            relayed.setdefault(quote["relayed_by"]["id"], set()).add(quote["id"])
    buckets = json.loads(first[facets][1])["data"]["relayed_by"]["buckets"]
    counted = {one["value"]: one["count"] for one in buckets}
    assert counted == {party: len(ids) for party, ids in relayed.items()} != {}

    party, ids = next(iter(relayed.items()))
    listed, exported, mistyped, unknown = (
        f"/v1/quotes?relayed_by={party}",
        f"/v1/quotes.csv?relayed_by={party}",
        f"/v1/quotes?relayd_by={party}",
        f"/v1/quotes?relayed_by={party}x",
    )
    answers = copy.answers(article_url, listed, exported, mistyped, unknown, "/openapi.json", "/docs")
    assert {one["id"] for one in json.loads(answers[listed][1])["data"]} == ids
    assert {row["id"] for row in csv.DictReader(answers[exported][1].removeprefix("\ufeff").splitlines())} == ids
    assert json.loads(answers[mistyped][1])["errors"][0]["suggestion"] == "relayed_by"
    assert json.loads(answers[unknown][1])["errors"][0]["suggestion"] == party
    for path in ("/v1/quotes", "/v1/quotes.csv", "/v1/quotes.atom"):
        assert parameters(answers["/openapi.json"][1], path)["relayed_by"]["description"] == "Who passed it on."
    assert "relayed_by" in parameters(answers["/openapi.json"][1], "/v1/facets")["facet"]["schema"]["items"]["enum"]
    assert answers["/docs"][0] == 200


def test_a_format_is_a_module_and_its_name_in_the_list(copy: Copy, article_url: str) -> None:
    (copy.folder / "app/exports/formats/tsv.py").write_text(FORMAT, "utf-8")
    formats = copy.folder / "app/exports/formats/export_formats.py"
    listed = formats.read_text("utf-8").replace("geojson, ndjson", "geojson, ndjson, tsv")
    formats.write_text(listed.replace("geojson.FORMAT)", "geojson.FORMAT, tsv.FORMAT)"), "utf-8")
    assert copy.changed() == {"app/exports/formats/tsv.py", "app/exports/formats/export_formats.py"}

    exported, as_json, wrong = "/v1/places.tsv?kind=river", "/v1/places?kind=river", "/v1/places.tvs"
    answers = copy.answers(article_url, exported, as_json, wrong, "/v1", "/openapi.json", "/")
    header, *rows = answers[exported][1].splitlines()
    assert header.startswith("id\t")
    assert [row.split("\t")[0] for row in rows] == [one["id"] for one in json.loads(answers[as_json][1])["data"]] != []
    assert json.loads(answers[as_json][1])["links"]["tsv"] == exported
    assert "/v1/places.tsv" in answers[wrong][1]
    assert answers[wrong][0] == 406
    assert "/v1/places.tsv" in answers["/v1"][1]
    assert 'data-suffix=".tsv"' in answers["/"][1]
    operation = json.loads(answers["/openapi.json"][1])["paths"]["/v1/places.tsv"]["get"]
    assert "Columns between tabs." in operation["description"]
    assert set(operation["responses"]["200"]["content"]) == {"text/tab-separated-values"}
