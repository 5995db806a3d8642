"""The dataset files, opened as their users open them: with SQL, and by the descriptor of the data package alone."""

import csv
import hashlib
import io
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import yaml
from starlette.testclient import TestClient

from app.exports.datasets import files
from app.model.codebook import shipped
from app.storage.database import Database
from tests import sample
from tests.conftest import NewDatabase, load_seed, serving, state

RESOURCES = {
    "articles": "article",
    "incidents": "incident",
    "places": "place",
    "people": "person",
    "documents": "document",
    "organizations": "organization",
    "quotes": "quote",
    "statements": "statement",
    "casualties": "casualty",
}
LISTS = {
    "paragraphs": [("articles", "paragraphs")],
    "evidence": [(resource, "evidence") for resource in RESOURCES],
    "place_aliases": [("places", "aliases")],
    "place_parents": [("places", "parents")],
    "party_aliases": [("people", "aliases"), ("organizations", "aliases")],
    "organization_parents": [("organizations", "parents")],
    "person_roles": [("people", "roles")],
    "affiliations": [("people", "organizations")],
    "incident_also_kinds": [("incidents", "also_kinds")],
    "incident_places": [("incidents", "places")],
    "incident_actors": [("incidents", "actors")],
    "incident_relations": [("incidents", "related")],
    "casualty_people": [("casualties", "people")],
    "quote_spans": [("quotes", "spans")],
    "pull_quotes": [("quotes", "pull_quotes")],
    "quote_incidents": [("quotes", "incidents")],
    "quote_places": [("quotes", "places")],
    "statement_about": [("statements", "about")],
    "contradictions": [("statements", "contradicts")],
}
"""The lists in documents that each table holds."""

OUTCOMES = shipped().values("casualty.outcome")


@pytest.fixture(scope="module")
def package(client: TestClient) -> Iterator[ZipFile]:
    with ZipFile(io.BytesIO(client.get("/v1/dataset.zip").content)) as archive:
        yield archive


@pytest.fixture(scope="module")
def descriptor(package: ZipFile) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(package.read("datapackage.json"))
    return parsed


@pytest.fixture(scope="module")
def tables(client: TestClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path = tmp_path_factory.mktemp("dataset") / "dateline.sqlite"
    path.write_bytes(client.get("/v1/dataset.sqlite").content)
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


@pytest.fixture(scope="module")
def documents(client: TestClient) -> dict[str, list[dict[str, Any]]]:
    """Every record of the API, by resource."""
    return {name: client.get(f"/v1/{name}?limit=500&sort=id").json()["data"] for name in RESOURCES}


def cells(package: ZipFile, resource: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a table with the types that the descriptor gives them."""
    lines = csv.DictReader(io.TextIOWrapper(package.open(resource["path"]), "utf-8", newline=""))
    fields = {field["name"]: field for field in resource["schema"]["fields"]}
    assert lines.fieldnames == list(fields)
    return [{name: _typed(fields[name], text) for name, text in line.items()} for line in lines]


def _typed(field: dict[str, Any], text: str) -> Any:
    if text == "":
        assert not field["constraints"]["required"], field["name"]
        return None
    assert text in field["constraints"].get("enum", [text]), field["name"]
    readers: dict[str, Any] = {
        "string": str,
        "integer": int,
        "number": float,
        "boolean": {"true": True, "false": False}.__getitem__,
        "date": date.fromisoformat,
        "datetime": lambda value: datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ"),
    }
    return readers[field["type"]](text)


def test_both_files_hold_the_same_tables(
    package: ZipFile, descriptor: dict[str, Any], tables: sqlite3.Connection
) -> None:
    names = [
        row["name"] for row in tables.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid")
    ]
    assert names == [resource["name"] for resource in descriptor["resources"]]
    for resource in descriptor["resources"]:
        stored = [dict(row) for row in tables.execute(f'SELECT * FROM "{resource["name"]}"')]
        plain = [
            {name: str(value) if isinstance(value, date) else value for name, value in row.items()}
            for row in cells(package, resource)
        ]
        if resource["name"] == "releases":
            assert len(plain) == len(stored) == 1
            continue
        assert plain == stored, resource["name"]


def test_tables_hold_every_record_and_every_item_of_its_lists(
    client: TestClient, tables: sqlite3.Connection, documents: dict[str, list[dict[str, Any]]]
) -> None:
    def count(table: str) -> int:
        return int(tables.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])

    matched = {name: client.get(f"/v1/{name}?limit=1").json()["meta"]["matched"] for name in RESOURCES}
    assert {name: count(name) for name in RESOURCES} == matched
    assert count("records") == count("changes") == sum(matched.values()) + 1, "the codebook is a record, too"
    assert count("parties") == matched["people"] + matched["organizations"]
    values = tables.execute(
        "SELECT vocabulary, value, label_en, label_ar, meaning, broader, equivalents, properties FROM codebook"
    ).fetchall()
    expected = [
        (
            name,
            one.value,
            *one.labels.values(),
            one.meaning,
            one.broader,
            "|".join(one.equivalents) or None,
            "|".join(one.properties) or None,
        )
        for name, vocabulary in shipped().vocabularies.items()
        for one in vocabulary.values.values()
    ]
    assert sorted(map(tuple, values), key=str) == sorted(expected, key=str)
    for table, lists in LISTS.items():
        items = sum(len(record[key]) for resource, key in lists for record in documents[resource])
        assert count(table) == items > 0, table
    from_incidents = sum(len(record["quotes"]) for record in documents["incidents"])
    assert count("quote_incidents") == from_incidents


def test_columns_say_what_the_documents_say(
    tables: sqlite3.Connection, documents: dict[str, list[dict[str, Any]]]
) -> None:
    for resource, records in documents.items():
        rows = tables.execute(f"SELECT * FROM {resource} ORDER BY id").fetchall()
        for row, record in zip(rows, records, strict=True):
            plain = {key for key, value in record.items() if not isinstance(value, dict)}
            for key in plain & set(row.keys()):
                value = "|".join(record[key]) if isinstance(record[key], list) else record[key]
                assert row[key] == value, (resource, record["id"], key)
    for row, record in zip(tables.execute("SELECT * FROM incidents ORDER BY id"), documents["incidents"], strict=True):
        when, where, totals = record["date"] or {}, record["location"] or {}, record["totals"]
        assert row["date_edtf"] == when.get("edtf")
        assert (row["date_earliest"], row["date_latest"]) == (when.get("earliest"), when.get("latest"))
        assert (row["location_id"], row["latitude"], row["longitude"], row["coordinate_radius_m"]) == (
            where.get("id"),
            where.get("latitude"),
            where.get("longitude"),
            where.get("radius_m"),
        )
        for outcome in OUTCOMES:
            bounds = totals[outcome] or {"low": None, "high": None}
            assert (row[f"{outcome}_low"], row[f"{outcome}_high"]) == (bounds["low"], bounds["high"])
    for row, record in zip(
        tables.execute("SELECT * FROM casualties ORDER BY id"), documents["casualties"], strict=True
    ):
        claimant, channel = record["claimed_by"] or {}, record["via"] or {}
        assert row["incident_id"] == record["incident"]["id"]
        assert (row["claimed_by_id"], row["via_id"]) == (claimant.get("id"), channel.get("id"))
    for row, record in zip(tables.execute("SELECT * FROM quotes ORDER BY id"), documents["quotes"], strict=True):
        assert row["speaker_id"] == record["speaker"]["id"]


def test_claims_add_up_to_the_totals_of_the_api(
    tables: sqlite3.Connection, documents: dict[str, list[dict[str, Any]]]
) -> None:
    for outcome in OUTCOMES:
        added = tables.execute(
            "SELECT incident_id, sum(coalesce(low, 0)), CASE WHEN count(high) = count(*) THEN sum(high) END"
            " FROM casualties WHERE counted AND outcome = ? GROUP BY incident_id ORDER BY incident_id",
            (outcome,),
        )
        stated = ((record["id"], record["totals"][outcome]) for record in documents["incidents"])
        assert [tuple(row) for row in added] == [
            (id_, sum_["low"], sum_["high"]) for id_, sum_ in stated if sum_ and sum_["low"] is not None
        ]
    # What the coding of the article counted by hand.
    sums = "SELECT sum(killed_low), sum(killed_high), sum(wounded_low) FROM incidents_with_totals"
    assert tuple(tables.execute(sums).fetchone()) == (14, 26, 13)
    nulls = "(incident_id IS NULL) + (place_id IS NULL) + (party_id IS NULL)"
    assert tables.execute(f"SELECT count(*) FROM statement_about WHERE {nulls} <> 2").fetchone()[0] == 0


def test_sqlite_file_is_sound(tables: sqlite3.Connection) -> None:
    assert [row[0] for row in tables.execute("PRAGMA integrity_check")] == ["ok"]
    assert tables.execute("PRAGMA foreign_key_check").fetchall() == []
    assert tables.execute("PRAGMA user_version").fetchone()[0] == 1
    tables.execute("PRAGMA foreign_keys=ON")
    for statement in (
        "INSERT INTO quote_incidents SELECT id, 'nowhere' FROM quotes LIMIT 1",
        "UPDATE incidents SET kind = 'nonsense'",
        "UPDATE evidence SET paragraph = 9999",
    ):
        with pytest.raises(sqlite3.IntegrityError):
            tables.execute(statement)
        tables.rollback()
    of = {
        "incidents_with_totals": "incidents",
        "claims_with_incident": "casualties",
        "quotes_with_speaker": "quotes",
        "statements_with_speaker": "statements",
    }
    views = [row["name"] for row in tables.execute("SELECT name FROM sqlite_master WHERE type = 'view'")]
    assert set(views) == set(of)
    for view, table in of.items():
        ids = [{row["id"] for row in tables.execute(f"SELECT id FROM {name}")} for name in (view, table)]
        assert ids[0] == ids[1], view
    spoken = tables.execute("SELECT speaker FROM quotes_with_speaker WHERE speaker IS NULL").fetchall()
    assert spoken == []


def test_keys_of_the_descriptor_hold(package: ZipFile, descriptor: dict[str, Any]) -> None:
    actual = {resource["name"]: cells(package, resource) for resource in descriptor["resources"]}
    links = 0
    for resource in descriptor["resources"]:
        name, schema = resource["name"], resource["schema"]
        keys = [tuple(row[column] for column in schema["primaryKey"]) for row in actual[name]]
        assert len(set(keys)) == len(keys), name
        for key in schema["foreignKeys"]:
            targets, other = key["reference"]["fields"], key["reference"]["resource"] or name
            there = {tuple(row[column] for column in targets) for row in actual[other]}
            for row in actual[name]:
                value = tuple(row[column] for column in key["fields"])
                assert value in there or None in value, (name, key)
                links += value in there
    assert links > 0


def test_package_describes_itself(package: ZipFile, descriptor: dict[str, Any], client: TestClient) -> None:
    release = client.get("/v1/releases/1").json()["data"]
    assert (descriptor["release"], descriptor["digest"], descriptor["created"]) == (
        release["number"],
        release["digest"],
        release["loaded_at"],
    )
    article = client.get("/v1/articles").json()["data"][0]
    source = descriptor["sources"][0]
    assert (source["title"], source["path"], source["rights"]) == (article["title"], article["link"], article["rights"])
    assert descriptor["licenses"][0]["name"] == "MIT"
    own = {one["name"] for one in descriptor["resources"] if "licenses" in one}
    assert own == {"quotes", "quote_spans"}, "what holds words of the article is not ours to license"
    for resource in descriptor["resources"]:
        content = package.read(resource["path"])
        assert resource["bytes"] == len(content)
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        assert resource["description"]
        assert all(field["description"] for field in resource["schema"]["fields"])
    codebook = package.read("codebook.md").decode()
    for name, vocabulary in shipped().vocabularies.items():
        section = codebook.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        assert "Columns: `" in section
        for value, one in vocabulary.values.items():
            assert f"| `{value}` | {one.meaning}" in section
    readme = package.read("README.md").decode()
    assert article["rights"] in readme
    assert release["digest"] in readme
    loaded_at = datetime.fromisoformat(release["loaded_at"])
    whole = loaded_at.replace(second=loaded_at.second // 2 * 2)  # a zip tells time in steps of two seconds
    assert {member.date_time for member in package.infolist()} == {whole.timetuple()[:6]}


def test_package_says_how_to_cite_it(package: ZipFile, client: TestClient) -> None:
    article = client.get("/v1/articles").json()["data"][0]
    citation = yaml.safe_load(package.read("CITATION.cff"))
    assert [one["name"] for one in citation["authors"]] == article["authors"]
    assert citation["references"][0]["title"] == article["title"]
    assert citation["version"] == "1"


def test_records_prove_the_release(tables: sqlite3.Connection, client: TestClient) -> None:
    lines = sorted(f"{row['type']}/{row['id']} {row['digest']}" for row in tables.execute("SELECT * FROM records"))
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    assert digest == client.get("/v1/releases/1").json()["data"]["digest"]
    assert digest == tables.execute("SELECT digest FROM releases").fetchone()[0]


def test_cells_are_exactly_the_values(new_database: NewDatabase, tmp_path: Path) -> None:
    files = sample.small()
    awkward = '=SUM("A1", 2)\n– “Ørsa”, it says'
    sample.record(files, sample.INCIDENTS, "ferry-shooting")["summary"] = awkward
    url = new_database()
    load_seed(url, sample.write(files, tmp_path))
    with serving(url) as client, ZipFile(io.BytesIO(client.get("/v1/dataset.zip").content)) as package:
        schema = next(
            resource
            for resource in json.loads(package.read("datapackage.json"))["resources"]
            if resource["name"] == "incidents"
        )
        summaries = {row["id"]: row["summary"] for row in cells(package, schema)}
        served = client.get("/v1/incidents/ferry-shooting").json()["data"]["summary"]
    assert summaries["ferry-shooting"] == served == awkward


@pytest.mark.heavy
def test_frictionless_finds_nothing(client: TestClient, tmp_path: Path) -> None:
    path = tmp_path / "dateline.zip"
    path.write_bytes(client.get("/v1/dataset.zip").content)
    command = [sys.executable, "-m", "frictionless", "validate", "--json", str(path)]
    report = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert report["valid"]
    assert report["stats"] == {**report["stats"], "errors": 0, "warnings": 0}
    assert report["stats"]["tasks"] == len(report["tasks"]) > 20


@pytest.mark.heavy
def test_datasette_opens_it(client: TestClient, tmp_path: Path) -> None:
    path = tmp_path / "dateline.sqlite"
    path.write_bytes(client.get("/v1/dataset.sqlite").content)
    asked = "/dateline/quotes_with_speaker.json?_shape=array&_size=max&_sort=id"
    command = [sys.executable, "-m", "datasette", "--get", asked, str(path)]
    rows = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    quotes = client.get("/v1/quotes?sort=id").json()["data"]
    assert [(row["id"], row["speaker"]) for row in rows] == [
        (quote["id"], quote["speaker"]["label"]) for quote in quotes
    ]


@pytest.mark.heavy
def test_beside_the_csv_of_a_table_stands_the_same_as_parquet(
    package: ZipFile, descriptor: dict[str, Any], tables: sqlite3.Connection
) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    types = {"string": pa.string(), "integer": pa.int32(), "number": pa.float64(), "boolean": pa.bool_()}
    types |= {"date": pa.date32(), "datetime": pa.timestamp("ms", "UTC")}
    for resource in descriptor["resources"]:
        told = resource["parquet"]
        content = package.read(told["path"])
        assert told["path"] == resource["path"].removesuffix("csv") + "parquet"
        assert (told["bytes"], told["hash"]) == (len(content), f"sha256:{hashlib.sha256(content).hexdigest()}")
        table = parquet.read_table(io.BytesIO(content))
        for field in resource["schema"]["fields"]:
            column = table.schema.field(field["name"])
            required = field["constraints"]["required"]
            assert (column.type, column.nullable) == (types[field["type"]], not required), (resource["name"], field)
        rows = [dict(row) for row in tables.execute(f'SELECT * FROM "{resource["name"]}" ORDER BY rowid')]
        assert [as_in_sqlite(row) for row in table.to_pylist()] == rows
    assert "Parquet" in package.read("README.md").decode()


def as_in_sqlite(row: dict[str, Any]) -> dict[str, Any]:
    def kept(value: Any) -> Any:
        if isinstance(value, datetime):
            return value.strftime("%Y-%m-%dT%H:%M:%SZ")
        return value.isoformat() if isinstance(value, date) else value

    return {name: kept(value) for name, value in row.items()}


def test_without_the_extra_there_is_no_parquet_in_the_package(
    small_client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    database: Database = state(small_client).reader.database
    with database.snapshot() as snapshot, ZipFile(files.write(snapshot, tmp_path)["zip"]) as package:
        assert {Path(name).suffix for name in package.namelist()} == {".cff", ".csv", ".json", ".md"}
        assert "Parquet" not in package.read("README.md").decode()
