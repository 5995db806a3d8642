"""The README's recipes are followed on a copy of the code, and what they make is tried over HTTP."""

import csv
import json
import re
from pathlib import Path

import pytest

from app.settings import ROOT
from tests import sample
from tests.changed_code import Copy, parameters

pytestmark = pytest.mark.heavy

FILTER = """\
    relayed_by: Annotated[PartyIds, one_of(col(Quote.relayed_by_id))] = Field([], description="Who passed it on.")
"""
FACET = """\
        "relayed_by": by_column(col(Quote.relayed_by_id), *PARTIES),
"""
FIELD = {
    ("app/model/documents/incidents.py", "    contested: bool = Field("): """\
    indoors: bool = Field(description="Whether it happened under a roof.")
""",
    ("app/ingest/seed/record_seeds.py", '    parent: Slug | None = Field(None, description="The id of the op'): """\
    indoors: bool = Field(False, description="Whether it happened under a roof.")
""",
}
COLUMN = {
    ("app/storage/models.py", "    sort_date: str = text()"): """\
    indoors: bool = flag()
""",
    ("app/records/incidents.py", '        "contested": document['): """\
        "indoors": document["indoors"],
""",
    ("app/records/incidents.py", "    contested: Annotated["): """\
    indoors: Annotated[Flag | None, whether(col(Incident.indoors).is_(True))] = Field(None, description="Under a roof.")
""",
}
"""What a filter by the field needs."""
MAX_FILES_OF_A_FIELD = 4

FORMAT = '''\
"""TSV: the columns of the CSV between tabs."""

import json
from collections.abc import Iterator

from app.exports.formats import Export, ExportFormat
from app.exports.formats.columns import flat, picked


def chunks(export: Export) -> Iterator[bytes]:
    """Yields a file of records, header first."""
    columns = picked(export.resource, export.codebook, export.fields, export.evidence)
    yield ("\\t".join(column.name for column in columns) + "\\n").encode()
    for text in (text for batch in export.batches for text in batch):
        yield ("\\t".join(map(str, flat(columns, json.loads(text), export.base).values())) + "\\n").encode()


FORMAT = ExportFormat(".tsv", "text/tab-separated-values", "TSV", "Columns between tabs.", chunks)
'''


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


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
    listed = formats.read_text("utf-8").replace("jsonld, ndjson", "jsonld, ndjson, tsv")
    formats.write_text(listed.replace("geojson.FORMAT,", "geojson.FORMAT, tsv.FORMAT,"), "utf-8")
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


def test_a_field_and_its_migration_are_seen_in_every_output(copy: Copy, tmp_path: Path) -> None:
    """A field of incident that lists are filtered by, in a database of before it, which a migration brings forward."""
    database = f"sqlite:///{tmp_path}/before.db"
    copy.run(database, "dateline", "migrate")
    files = sample.small()
    copy.run(database, "dateline", "load", str(sample.write(files, tmp_path / "files")))
    for (file, before), lines in (FIELD | COLUMN).items():
        copy.insert(file, before, lines)
    assert copy.changed() == {file for file, _ in (FIELD | COLUMN)}
    assert len(copy.changed()) <= MAX_FILES_OF_A_FIELD

    revision = f"{max(int(path.name[:4]) for path in (copy.folder / 'migrations/versions').glob('0*.py')) + 1:04}"
    recipe = re.search(
        r"`alembic (revision --autogenerate --rev-id) NUMBER -m", (ROOT / "README.md").read_text("utf-8")
    )
    assert recipe is not None
    copy.run(database, "alembic", *recipe[1].split(), revision, "-m", "incidents under a roof")
    (made,) = (copy.folder / "migrations/versions").glob(f"{revision}*.py")
    assert "drop_column" in made.read_text("utf-8")
    copy.run(database, "dateline", "migrate")
    copy.run(database, "alembic", "check")

    filtered, exported, wrong = "/v1/incidents?indoors=true", "/v1/incidents.csv?limit=9", "/v1/incidents?indors=true"
    assert json.loads(copy.answers(database, filtered)[filtered][1])["data"] == []  # a row of before has no value
    sample.record(files, sample.INCIDENTS, "mill-search")["indoors"] = True
    copy.run(database, "dateline", "load", str(sample.write(files, tmp_path / "files")))
    record, mapped, dataset = "/v1/incidents/mill-search", "/v1/incidents.geojson", "/v1/incidents.ndjson"
    answers = copy.answers(database, filtered, exported, wrong, record, mapped, dataset, "/openapi.json")
    assert [one["id"] for one in json.loads(answers[filtered][1])["data"]] == ["mill-search"]
    assert json.loads(answers[record][1])["data"]["indoors"] is True
    rows = csv.DictReader(answers[exported][1].removeprefix("\ufeff").splitlines())
    assert {row["id"] for row in rows if row["indoors"] == "true"} == {"mill-search"}
    in_features = {one["id"]: one["properties"]["indoors"] for one in json.loads(answers[mapped][1])["features"]}
    in_lines = {one["id"]: one["indoors"] for one in map(json.loads, answers[dataset][1].splitlines())}
    assert [id_ for id_, indoors in in_lines.items() if indoors] == ["mill-search"]
    assert set(in_features.items()) <= set(in_lines.items())
    assert json.loads(answers[wrong][1])["errors"][0]["suggestion"] == "indoors"
    openapi = json.loads(answers["/openapi.json"][1])
    assert parameters(answers["/openapi.json"][1], "/v1/incidents.csv")["indoors"]["description"] == "Under a roof."
    described = openapi["components"]["schemas"]["IncidentDocument"]["properties"]["indoors"]["description"]
    assert described == "Whether it happened under a roof."


def test_what_new_code_makes_otherwise_is_written_by_the_next_load(copy: Copy, tmp_path: Path) -> None:
    """A column of the same documents means something else: their records are a release. Search terms are made in
    another way: they are in the index, and no record has changed."""
    database, files = f"sqlite:///{tmp_path}/before.db", sample.write(sample.small(), tmp_path / "files")
    changes, by_title, found = "/v1/changes?since=1", "/v1/incidents?sort=title", "/v1/places?q=unheard"
    before = copy.answers(database, by_title, found, load=files)
    titles = [one["title"] for one in json.loads(before[by_title][1])["data"]]
    assert json.loads(before[found][1])["meta"]["matched"] == 0

    copy.replace("app/records/incidents.py", 'fold(document["title"])', 'document["title"][::-1]')
    copy.replace("app/records/places.py", "terms=lambda document: [", 'terms=lambda document: ["unheard", ')
    after = copy.answers(database, changes, by_title, found, load=files)
    changed = [(one["op"], one["type"]) for one in json.loads(after[changes][1])["data"]]
    assert changed == [("MOD", "incident")] * len(titles)
    by_end = [one["title"] for one in json.loads(after[by_title][1])["data"]]
    assert by_end == sorted(titles, key=lambda title: title[::-1]) != titles
    assert json.loads(after[found][1])["meta"]["matched"] == len(sample.small()["places.yaml"])
