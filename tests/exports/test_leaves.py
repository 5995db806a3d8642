"""Nothing is lost on the way out: every value of every document stands in every output that shows such records.

The outputs are compared with the documents by what they hold, not by the names of their columns: a value counts as
shown where one column has the same values as the documents in every record.
"""

import csv
import io
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZipFile

import pytest
from starlette.testclient import TestClient

from app.exports.datasets.tables import tables
from app.exports.formats.columns import resource_columns
from app.model.codebook import shipped
from app.model.documents import DOCUMENTS
from app.model.fields import DocumentField, document_fields
from app.records import RECORD_TYPES
from tests import extended_sample, sample
from tests.answers import body
from tests.conftest import NewDatabase, load_seed, serving
from tests.exports.filled_sample import fill
from tests.exports.node_columns import node_columns
from tests.exports.written_values import BASE, Values, written

WITH_POINTS = ("incidents", "places")
FLAT = ("csv", "geojson", "ogc")
FILES = ("package", "sqlite")
ALL = tuple(DOCUMENTS)

LINKED = "the link beside it opens the passage; position and digest stand in NDJSON and the dataset files"
OWN_RECORDS = "claims are records of their own, with outputs of their own"
OF_THE_CLAIMS = "the claims have them, which are records of their own; the dataset files have a table of harms"
OTHER_SIDE = "the table of the link has it, from its other side"
BEHIND_ID = "the record that the id leads to has it"
OF_THE_PERSON = "the person that the id leads to has it"

REFERENCES = (
    "(article|incidents?|organization|people|parent|children|related|quotes|statements|places|documents|contain(s|ed_in)|"
    "contradicted_by)"
)
"""Other records in a document, of one type each."""


class LeftOut(NamedTuple):
    resources: tuple[str, ...]
    paths: str
    outputs: tuple[str, ...]
    reason: str


EXCEPTIONS = [
    LeftOut(("incidents",), r"casualties\.incident\.(type|label)", ("jsonld",), "it is the record around the claim"),
    LeftOut(
        ("incidents",), r"harms\.group", ("jsonld",), "`mixed` is no value of the vocabulary; the key `mixed` has it"
    ),
    LeftOut(ALL, "type", FLAT, "all records of the output are of one type"),
    LeftOut(ALL, "url", FILES, "it is made of the id; the README of the package says how"),
    LeftOut(ALL, "evidence.(article|paragraph|start|end|sha256)", FLAT, LINKED),
    LeftOut(
        ("quotes",), "spans.(start|end|exact)", FLAT, "`text` is put together of them; the dataset files have them"
    ),
    LeftOut(("articles",), "paragraphs.*", FLAT, "they are counted; the dataset files have them"),
    LeftOut(("incidents",), r"casualties\.(?!id$).*", FLAT, OWN_RECORDS),
    LeftOut(("incidents",), r"casualties\.(?!incident\.id$|harm\.(includes|may_include)$).*", FILES, OWN_RECORDS),
    LeftOut(
        ("incidents",),
        r"harms\.(organization.id|people.id|mixed|includes|may_include|included_in)",
        FLAT,
        OF_THE_CLAIMS,
    ),
    LeftOut(("incidents",), r"harms\.(organization|people)\.(type|label)", (*FLAT, *FILES), OF_THE_CLAIMS),
    LeftOut(("incidents",), r"harms\.people\.id", FILES, OF_THE_CLAIMS),
    LeftOut(
        ("incidents",), "date.(edtf|latest)", ("ogc",), "map programs filter wrongly by them; `date_range` has the days"
    ),
    LeftOut(
        ("incidents",), r"date.assumed.(earliest|latest)", ("ogc",), "the same; `date_assumed` has what is assumed"
    ),
    LeftOut(ALL, REFERENCES + r"\.type", (*FLAT, *FILES), "all records that the column refers to are of one type"),
    LeftOut(ALL, f"(?!children){REFERENCES}" + r"\.label", FILES, BEHIND_ID),
    LeftOut(("incidents",), r"(children|related|quotes|statements)\.label", FLAT, BEHIND_ID),
    LeftOut(("incidents",), r"(quotes|statements)\.id", FILES, OTHER_SIDE),
    LeftOut(("statements",), r"contradicted_by\.id", FILES, OTHER_SIDE),
    LeftOut(("quotes",), r"(speaker|relayed_by)\.(roles|organizations\.\w+)", (*FLAT, *FILES), OF_THE_PERSON),
    LeftOut(("statements",), r"(about|contradicts)\.label", FILES, BEHIND_ID),
    LeftOut(("incidents",), r"harms\.included_in", FILES, OTHER_SIDE),
    LeftOut(("statements",), "(about|contradicts).(id|type)", FILES, "each type of record has a column for its ids"),
    LeftOut(("incidents",), "(location|places).name", FILES, BEHIND_ID),
    LeftOut(("documents",), "author.(type|label)", FILES, BEHIND_ID),
    LeftOut(("articles",), "captions.(place|subject).(type|label)", FILES, BEHIND_ID),
    LeftOut(("articles",), "captions.place.type", FLAT, "all records that the column refers to are of one type"),
    LeftOut(("places", "organizations"), "parents.name", FILES, BEHIND_ID),
    LeftOut(("people",), "organizations.name", FILES, BEHIND_ID),
    LeftOut(("quotes",), "(speaker|relayed_by|told_to).(type|label|named|anonymity)", FILES, BEHIND_ID),
    LeftOut(("statements",), "(by|told_to).(type|label)", FILES, BEHIND_ID),
    LeftOut(("casualties",), "(claimed_by|via).(type|label)", FILES, BEHIND_ID),
]
"""What outputs leave out, each with the reason. The declarations beside the fields cannot leave out more unnoticed."""

EMPTY = {"articles": r"evidence\..*"}
"""Always empty: an article is what evidence points at."""


def leaves(resource: str) -> list[str]:
    """The paths of all values in the documents of a resource that have no keys of their own: `date.edtf`."""

    def paths(fields: Iterable[DocumentField]) -> Iterator[str]:
        for field in fields:
            if field.inner:
                yield from paths(field.inner)
            else:
                yield ".".join(field.path)

    return list(paths(document_fields(DOCUMENTS[resource], shipped())))


@pytest.fixture(scope="module")
def desks(
    client: TestClient, new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[TestClient]]:
    """The shipped article, and an invented dossier that fills what it leaves empty, in several releases."""
    url, folder = new_database(), tmp_path_factory.mktemp("leaves")
    load_seed(url, sample.write(sample.small(), folder))
    load_seed(url, sample.write(files := extended_sample.extended(), folder))
    fill(files)
    load_seed(url, sample.write(files, folder))
    with serving(url) as other:
        yield [client, other]


@pytest.fixture(scope="module")
def documents(desks: list[TestClient]) -> dict[str, dict[str, Any]]:
    """Every document by resource and id."""
    return {
        resource: {one["id"]: one for desk in desks for one in body(desk, f"/v1/{resource}?limit=500")["data"]}
        for resource in DOCUMENTS
    }


def filled(resource: str) -> list[str]:
    """The paths of a resource's values, without those that are always empty."""
    return [path for path in leaves(resource) if not re.fullmatch(EMPTY.get(resource, ""), path)]


def at(document: Any, keys: list[str]) -> Iterator[Any]:
    """The values at a path; null where an outer one is null."""
    if isinstance(document, list):
        for item in document:
            yield from at(item, keys)
    elif not keys or document is None:
        yield document
    else:
        yield from at(document[keys[0]], keys[1:])


def split(cell: Any) -> list[Any]:
    """The values that a flat file has joined."""
    if not isinstance(cell, str):
        return [cell]
    return [re.sub(r"\\(.)", r"\1", part) for part in re.findall(r"((?:[^|\\]|\\.)*)(?:\||$)", cell)][
        : cell.count("|") + 1
    ]


def flat_columns(rows: Iterable[dict[str, Any]]) -> dict[str, Values]:
    """By column, as it stands and taken apart."""
    collected: dict[str, Values] = {}
    for row in rows:
        for name, cell in row.items():
            collected.setdefault(name, {})[row["id"]] = written([cell])
            collected.setdefault(f"{name} taken apart", {})[row["id"]] = written(split(cell))
    return collected


def csv_rows(desk: TestClient, resource: str) -> list[dict[str, Any]]:
    text = desk.get(f"/v1/{resource}.csv").content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def features(found: list[Any]) -> Iterator[dict[str, Any]]:
    for feature in found:
        point = (feature["geometry"] or {"coordinates": (None, None)})["coordinates"]
        yield {**feature["properties"], "id": feature["id"], "longitude": point[0], "latitude": point[1]}


def ogc_features(desk: TestClient, resource: str) -> Iterator[Any]:
    url = f"/ogc/collections/{resource}/items?limit=20"
    while url:
        page = body(desk, url)
        yield from page["features"]
        url = next((link["href"].removeprefix(BASE) for link in page["links"] if link["rel"] == "next"), "")


def package_tables(desk: TestClient) -> dict[str, list[dict[str, Any]]]:
    with ZipFile(io.BytesIO(desk.get("/v1/dataset.zip").content)) as package:
        return {
            name.removeprefix("data/").removesuffix(".csv"): list(
                csv.DictReader(io.TextIOWrapper(package.open(name), "utf-8", newline=""))
            )
            for name in package.namelist()
            if name.startswith("data/") and name.endswith(".csv")
        }


def sqlite_tables(desk: TestClient, folder: Path) -> dict[str, list[dict[str, Any]]]:
    file = folder / "dateline.sqlite"
    file.write_bytes(desk.get("/v1/dataset.sqlite").content)
    with closing(sqlite3.connect(file)) as connection:
        connection.row_factory = sqlite3.Row
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        actual = {name: [dict(row) for row in connection.execute(f'SELECT * FROM "{name}"')] for name in names}
    flags = {
        (table.name, column.name) for table in tables(shipped()) for column in table.columns if column.type == "boolean"
    }
    for name, rows in actual.items():
        for row in rows:
            row |= {key: bool(value) for key, value in row.items() if (name, key) in flags and value is not None}
    return actual


def table_columns(tables: dict[str, list[dict[str, Any]]], resource: str) -> dict[str, Values]:
    """By table and column: the values that belong to each record, by whatever column says whose they are."""
    collected: dict[str, Values] = {}
    for table, rows in tables.items():
        own = [
            row
            for row in rows
            if row.get("record_type", row.get("type")) in (None, RECORD_TYPES[resource].type, *PARTIES)
        ]
        for key in (name for name in (rows[0] if rows else ()) if name == "id" or name.endswith("_id")):
            by_owner: dict[str, list[dict[str, Any]]] = {}
            for row in own:
                by_owner.setdefault(row[key], []).append(row)
            for name in own[0] if own else ():
                values = {owner: [row[name] for row in its] for owner, its in by_owner.items()}
                label = f"{table}.{name} by {key}"
                collected[label] = {owner: written(cells) for owner, cells in values.items()}
                apart = {owner: [part for cell in cells for part in split(cell)] for owner, cells in values.items()}
                collected[f"{label} taken apart"] = {owner: written(cells) for owner, cells in apart.items()}
    return collected


PARTIES = ("person", "organization", "unidentified")


@pytest.fixture(scope="module")
def outputs(
    desks: list[TestClient], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, dict[str, Values]]]:
    """By output and resource: its columns."""
    collected: dict[str, dict[str, list[dict[str, Values]]]] = {}

    def add(output: str, resource: str, columns: dict[str, Values]) -> None:
        collected.setdefault(output, {}).setdefault(resource, []).append(columns)

    for desk in desks:
        tables = package_tables(desk), sqlite_tables(desk, tmp_path_factory.mktemp("sqlite"))
        for resource in DOCUMENTS:
            lines = [json.loads(line) for line in desk.get(f"/v1/{resource}.ndjson").text.splitlines()]
            add("ndjson", resource, {path: values(lines, path) for path in leaves(resource)})
            add("jsonld", resource, node_columns(body(desk, f"/v1/{resource}.jsonld")["@graph"]))
            add("csv", resource, flat_columns(csv_rows(desk, resource)))
            for output, its_tables in zip(FILES, tables, strict=True):
                add(output, resource, table_columns(its_tables, resource))
        for resource in WITH_POINTS:
            add("geojson", resource, flat_columns(features(body(desk, f"/v1/{resource}.geojson")["features"])))
            add("ogc", resource, flat_columns(features(list(ogc_features(desk, resource)))))
    return {
        output: {resource: merged(columns) for resource, columns in by_resource.items()}
        for output, by_resource in collected.items()
    }


def merged(several: list[dict[str, Values]]) -> dict[str, Values]:
    whole: dict[str, Values] = {}
    for columns in several:
        for name, by_record in columns.items():
            whole.setdefault(name, {}).update(by_record)
    return whole


def values(records: Iterable[Any], path: str) -> Values:
    return {record["id"]: written(at(record, path.split("."))) for record in records}


@pytest.mark.heavy
def test_every_value_stands_in_every_output_or_there_is_a_reason(
    documents: dict[str, dict[str, Any]], outputs: dict[str, dict[str, dict[str, Values]]]
) -> None:
    missing = set()
    for output, by_resource in outputs.items():
        for resource, columns in by_resource.items():
            for path in filled(resource):
                told = values(documents[resource].values(), path)
                if not any(all(column.get(id_, []) == told[id_] for id_ in told) for column in columns.values()):
                    missing.add((output, resource, path))
    excused = {
        (output, resource, path)
        for one in EXCEPTIONS
        for output in one.outputs
        for resource in one.resources
        if resource in outputs[output]
        for path in filled(resource)
        if re.fullmatch(one.paths, path)
    }
    assert sorted(missing - excused) == [], "no output may lose what the reporting says"
    assert sorted(excused - missing) == [], "these are there: no exception is needed"


def test_the_records_above_tell_every_value_from_every_other(documents: dict[str, dict[str, Any]]) -> None:
    """So that no column is taken for another one that happens to hold the same."""
    for resource, records in documents.items():
        told = {path: values(records.values(), path) for path in filled(resource)}
        empty = [path for path, by_record in told.items() if not any(by_record.values())]
        assert empty == [], f"no record of {resource} has these"
        same = [pair for pair in combinations(told, 2) if told[pair[0]] == told[pair[1]]]
        assert same == [], f"these are the same in all records of {resource}"


def test_a_value_has_one_name_and_one_explanation_in_all_outputs() -> None:
    """A column of a flat file and one of a table that show the same value: the names differ by the plural at most. In a
    table of links an id is called after the table that it leads to (`party_id`)."""
    known = {
        (resource, column.meaning.removesuffix(" Joined by `|`.")): column
        for resource in DOCUMENTS
        for column in resource_columns(resource, shipped())
    }
    compared = 0
    for table in tables(shipped()):
        for column in table.columns:
            resource, each = table.sources[0]
            other = known.get((resource, column.description.removesuffix(" Joined by `|`.")))
            if other is not None and not (each and column.references):
                compared += 1
                assert other.name.endswith(forms(column.name)), (table.name, column.name, other.name)
    assert compared > 120


def forms(name: str) -> tuple[str, ...]:
    """A name, and how it ends in the plural."""
    return name, f"{name}s", f"{name[:-1]}ies", f"{name[:-2]}es"


@pytest.mark.heavy
@pytest.mark.parametrize("resource", DOCUMENTS)
def test_ids_are_called_ids(
    documents: dict[str, dict[str, Any]], outputs: dict[str, dict[str, dict[str, Values]]], resource: str
) -> None:
    """A column that holds ids of records ends in `_id` or `_ids`, and no other does."""
    ids = {id_ for records in documents.values() for id_ in records}
    for output in ("csv", *FILES):
        for name, by_record in outputs[output][resource].items():
            if not name.endswith(" taken apart"):
                continue
            column = name.partition(" ")[0].rpartition(".")[2]
            cells = {cell for cells in by_record.values() for cell in cells if cell}
            if cells and column not in ("id", "superseded_by", "exact"):
                assert column.endswith(("_id", "_ids")) == (cells <= ids), (output, name, cells)
