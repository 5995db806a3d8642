"""Parquet files and Arrow streams have every value of the JSON, with its type, in whatever reads them."""

import io
import json
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.exports.formats import Export
from app.exports.formats.columns import resource_columns
from app.exports.formats.export_formats import EXPORT_FORMATS
from app.model.codebook import shipped
from app.model.documents import DOCUMENTS
from app.model.fields import DocumentField, document_fields
from app.records import RECORD_TYPES
from tests import extended_sample, sample
from tests.answers import body, problem
from tests.conftest import NewDatabase, load_seed, serving

BASE = "http://127.0.0.1:8000"
COLUMNAR = (".parquet", ".arrow")


@pytest.fixture(scope="module")
def desk(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The service over an invented dossier that fills most of what there is."""
    url = new_database()
    load_seed(url, sample.write(extended_sample.extended(), tmp_path_factory.mktemp("columnar")))
    with serving(url) as client:
        yield client


def table(client: TestClient, url: str) -> Any:
    """The table of a file."""
    from pyarrow import ipc, parquet

    response = client.get(url)
    assert response.status_code == 200, response.text
    if ".arrow" in url:
        return ipc.open_stream(response.content).read_all()
    return parquet.read_table(io.BytesIO(response.content))


def expected(resource: str, document: Any) -> dict[str, Any]:
    """The values of a document by column; a day is a date."""
    from app.exports.columnar.schemas import columns

    return {one.name: at(document, one.path) for one in columns(resource, shipped())}


def at(document: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        document = None if document is None else document[key]
    return document


def told(value: Any) -> Any:
    """A value as JSON has it, whatever a program keeps it in."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, date):
        return value.isoformat()[:10]
    if isinstance(value, dict):
        return {key: told(one) for key, one in value.items()}
    if isinstance(value, list):
        return [told(one) for one in value]
    return None if value != value else value


def without_points(row: dict[str, Any]) -> dict[str, Any]:
    return {name: told(value) for name, value in row.items() if name not in ("geometry", "bbox")}


@pytest.mark.heavy
@pytest.mark.parametrize("suffix", COLUMNAR)
@pytest.mark.parametrize("resource", RECORD_TYPES)
def test_every_value_stands_in_its_column(client: TestClient, desk: TestClient, resource: str, suffix: str) -> None:
    for one in (client, desk):
        documents = body(one, f"/v1/{resource}?limit=500&sort=-id")["data"]
        rows = table(one, f"/v1/{resource}{suffix}?sort=-id").to_pylist()
        assert [without_points(row) for row in rows] == [expected(resource, document) for document in documents]


@pytest.mark.parametrize("resource", RECORD_TYPES)
def test_no_value_of_a_document_is_left_out(resource: str) -> None:
    from app.exports.columnar.schemas import columns

    def within(path: tuple[str, ...], type_: Any) -> Iterator[tuple[str, ...]]:
        inner = getattr(type_, "value_type", type_)
        if not hasattr(inner, "fields"):
            yield path
            return
        for field in inner:
            yield from within((*path, field.name), field.type)

    def leaves(fields: Iterable[DocumentField]) -> Iterator[tuple[str, ...]]:
        for field in fields:
            yield from leaves(field.inner) if field.inner else [field.path]

    found = columns(resource, shipped())
    assert len({one.name for one in found}) == len(found), "no two columns share a name"
    shown = [path for one in found for path in within(one.path, one.type)]
    assert shown == list(leaves(document_fields(DOCUMENTS[resource], shipped())))


@pytest.mark.heavy
def test_columns_have_the_types_of_their_values(desk: TestClient) -> None:
    import pyarrow as pa

    schema = table(desk, "/v1/incidents.parquet").schema
    types = {name: schema.field(name).type for name in schema.names}
    assert len(types) == len(schema.names), "no two columns share a name"
    for name, type_ in {
        "id": pa.string(),
        "date_edtf": pa.string(),
        "date_earliest": pa.date32(),
        "date_assumed_latest": pa.date32(),
        "date_open": pa.list_(pa.string()),
        "killed_low": pa.int32(),
        "latitude": pa.float64(),
        "contested": pa.bool_(),
        "also_kinds": pa.list_(pa.string()),
        "geometry": pa.binary(),
    }.items():
        assert types[name] == type_, name
    claim = types["casualties"].value_type
    assert [claim.field(name).type for name in ("low", "high", "counted")] == [pa.int32(), pa.int32(), pa.bool_()]
    assert claim.field("evidence").type.value_type.field("paragraph").type == pa.int32()
    quotes = table(desk, "/v1/quotes.arrow").schema
    assert quotes.field("date_latest").type == pa.date32()
    meaning = next(one.meaning for one in resource_columns("incidents", shipped()) if one.name == "killed_low")
    assert schema.field("killed_low").metadata[b"description"].decode() == meaning
    assert schema.metadata[b"release"] == b"1"


@pytest.mark.heavy
@pytest.mark.parametrize("suffix", COLUMNAR)
def test_a_file_has_the_parts_of_records_that_json_has(client: TestClient, suffix: str) -> None:
    for query in (
        "fields=title,date.edtf,actors.id",
        "evidence=none",
        "evidence=count",
        "fields=evidence,casualties.low&evidence=count",
    ):
        documents = body(client, f"/v1/incidents?limit=500&{query}")["data"]
        names = client.get(f"/v1/incidents{suffix}?{query}")
        assert names.status_code == 200
        rows = table(client, f"/v1/incidents{suffix}?{query}").to_pylist()
        assert {"geometry", "bbox"} <= set(rows[0])
        for row, document in zip(rows, documents, strict=True):
            kept = without_points(row)
            assert {name: kept[name] for name in document if name in kept} == {
                name: document[name] for name in document if name in kept
            }
    thin = table(client, f"/v1/incidents{suffix}?fields=title,date.edtf,actors.id")
    assert thin.column_names == ["id", "type", "url", "title", "date_edtf", "actors", "geometry", "bbox"]
    counted = table(client, f"/v1/quotes{suffix}?fields=evidence&evidence=count")
    assert counted.column_names == ["id", "type", "url", "evidence_count"]
    assert min(counted["evidence_count"].to_pylist()) > 0
    assert problem(client, f"/v1/incidents{suffix}?fields=date_edtf")["errors"][0]["suggestion"] == "date.edtf"


@pytest.mark.heavy
@pytest.mark.parametrize("resource", ["incidents", "people"])
def test_filters_choose_the_same_records_and_none_have_the_same_columns(client: TestClient, resource: str) -> None:
    whole = table(client, f"/v1/{resource}.parquet")
    query = "q=iraq&sort=-id&limit=3"
    ids = [one["id"] for one in body(client, f"/v1/{resource}?{query}")["data"]]
    assert table(client, f"/v1/{resource}.parquet?{query}")["id"].to_pylist() == ids != []
    for suffix in COLUMNAR:
        nothing = table(client, f"/v1/{resource}{suffix}?q=nothing-says-this")
        assert (nothing.num_rows, nothing.schema) == (0, whole.schema)


@pytest.mark.heavy
def test_points_are_geoparquet(client: TestClient, tmp_path: Path) -> None:
    for resource, query in (("places", ""), ("incidents", "?sort=-killed"), ("places", "?has_location=false")):
        rows = table(client, f"/v1/{resource}.parquet{query}").to_pylist()
        for row in rows:
            x, y = row["longitude"], row["latitude"]
            assert row["geometry"] == (None if x is None else struct.pack("<BIdd", 1, 1, x, y))
            assert row["bbox"] == (None if x is None else {"xmin": x, "ymin": y, "xmax": x, "ymax": y})
        geo = metadata(client, f"/v1/{resource}.parquet{query}")
        points = [row for row in rows if row["geometry"] is not None]
        if points:
            xs, ys = ([row[name] for row in points] for name in ("longitude", "latitude"))
            assert geo["columns"]["geometry"]["bbox"] == [min(xs), min(ys), max(xs), max(ys)]
        else:
            assert geo["columns"]["geometry"]["geometry_types"] == []
        (file := tmp_path / f"{resource}.parquet").write_bytes(client.get(f"/v1/{resource}.parquet{query}").content)
        validated = run("geoparquet-validator", "check", file)
        for part in ("core", "covering"):
            assert re.search(rf"=> {part}: .* conformant", validated.stdout), validated.stdout
    assert_best_practice(tmp_path / "incidents.parquet")


def metadata(client: TestClient, url: str) -> Any:
    from pyarrow import parquet

    return json.loads(parquet.read_metadata(io.BytesIO(client.get(url).content)).metadata[b"geo"])


def assert_best_practice(file: Path) -> None:
    """Fails unless `gpio` finds nothing to say. It needs DuckDB's spatial extension, but no network."""
    duckdb = pytest.importorskip("duckdb", reason="pip install duckdb")
    extensions = pytest.importorskip("duckdb_extensions", reason="pip install duckdb-extensions")
    with duckdb.connect() as connection:
        extensions.import_extension("spatial", con=connection)
    checked = run("gpio", "check", "all", "--spec-details", file)
    assert checked.returncode == 0, f"{checked.stdout}\n{checked.stderr}"
    assert " 0 warnings, 0 failed" in checked.stdout + checked.stderr


def run(command: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name(command)
    if not program.exists():
        pytest.skip(f"no {command}: install the extra 'clients'")
    return subprocess.run([program, *arguments], capture_output=True, text=True)


@pytest.mark.heavy
def test_row_groups_and_batches_come_one_after_the_other(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of several is the file of one."""
    from pyarrow import parquet

    from app.exports.columnar import files, tables

    batches = [[line] for line in client.get("/v1/incidents.ndjson").content.splitlines()]
    export = Export("incidents", batches, BASE, 1, shipped())
    whole = table(client, "/v1/incidents.parquet")
    monkeypatch.setattr(tables, "READ_BYTES", 20_000)
    monkeypatch.setattr(files, "ROW_GROUP_BYTES", 50_000)
    pieces = list(files.parquet(export))
    several = parquet.ParquetFile(io.BytesIO(b"".join(pieces)))
    assert several.metadata.num_row_groups > 2
    assert several.read().equals(whole)
    assert several.metadata.metadata[b"geo"] == json.dumps(metadata(client, "/v1/incidents.parquet")).encode()
    assert len(list(filter(None, pieces))) > several.metadata.num_row_groups, "each is sent when it is complete"
    assert len(list(filter(None, files.arrow(export)))) > 5


@pytest.mark.heavy
@pytest.mark.parametrize("suffix", COLUMNAR)
def test_a_file_has_a_length_a_tag_and_parts(client: TestClient, suffix: str) -> None:
    url = f"/v1/places{suffix}"
    whole = client.get(url, headers={"Accept-Encoding": "identity"})
    assert whole.headers["content-type"] == EXPORT_FORMATS[suffix].media_type
    plain = {"Accept-Encoding": "identity"}
    part = client.get(url, headers={"Range": "bytes=-8", "If-Range": whole.headers["etag"], **plain})
    assert (part.status_code, part.content) == (206, whole.content[-8:])
    assert client.get(url, headers={"If-None-Match": whole.headers["etag"], **plain}).status_code == 304
    coded = client.get(url, headers={"Accept-Encoding": "gzip"})
    assert ("content-encoding" in coded.headers) is (suffix == ".arrow"), "Parquet is compressed in itself"
    assert coded.content == whole.content
    head = client.head("/v1/places.parquet", headers={"Accept-Encoding": "gzip"})
    assert int(head.headers["content-length"]) == len(client.get("/v1/places.parquet").content)


@pytest.mark.heavy
@pytest.mark.parametrize("resource", ["incidents", "casualties"])
def test_duckdb_reads_the_plain_address(live: str, client: TestClient, resource: str) -> None:
    duckdb = pytest.importorskip("duckdb", reason="pip install duckdb duckdb-extensions duckdb-extension-httpfs")
    extensions = pytest.importorskip("duckdb_extensions", reason="pip install duckdb-extensions")
    documents = body(client, f"/v1/{resource}?limit=500")["data"]
    address = f"'{live}/v1/{resource}.parquet'"
    with duckdb.connect() as connection:
        extensions.import_extension("httpfs", con=connection)
        connection.execute("LOAD httpfs")
        found = connection.execute(f"SELECT * FROM {address}")
        names = [one[0] for one in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        days = connection.execute(f"SELECT max(date_earliest), typeof(any_value(date_earliest)) FROM {address}")
        assert days.fetchone() == (max(filter(None, (row["date_earliest"] for row in rows))), "DATE")
    assert [without_points(row) for row in rows] == [expected(resource, one) for one in documents]


@pytest.mark.heavy
def test_polars_reads_and_scans_the_plain_address(live: str, client: TestClient) -> None:
    polars = pytest.importorskip("polars", reason="pip install polars")
    documents = [expected("incidents", one) for one in body(client, "/v1/incidents?limit=500")["data"]]
    frame = polars.read_parquet(f"{live}/v1/incidents.parquet")
    assert [without_points(row) for row in frame.to_dicts()] == documents
    streamed = polars.read_ipc_stream(client.get("/v1/incidents.arrow").content)
    assert [without_points(row) for row in streamed.to_dicts()] == documents
    lazy = polars.scan_parquet(f"{live}/v1/incidents.parquet").filter(polars.col("killed_low") > 0).select("id")
    assert lazy.collect()["id"].to_list() == [one["id"] for one in documents if one["killed_low"]] != []


@pytest.mark.heavy
def test_pandas_and_geopandas_read_the_plain_address(live: str, client: TestClient) -> None:
    pandas = pytest.importorskip("pandas", reason="pip install pandas")
    geopandas = pytest.importorskip("geopandas", reason="pip install geopandas")
    documents = [expected("incidents", one) for one in body(client, "/v1/incidents?limit=500")["data"]]
    frame = pandas.read_parquet(f"{live}/v1/incidents.parquet", dtype_backend="pyarrow")
    assert [without_points(row) for row in frame.to_dict("records")] == documents
    points = geopandas.read_parquet(io.BytesIO(client.get("/v1/incidents.parquet").content))
    assert points.crs == "OGC:CRS84"
    for point, document in zip(points.geometry, documents, strict=True):
        found = (None, None) if point is None else (point.x, point.y)
        assert found == (document["longitude"], document["latitude"])


@pytest.mark.heavy
def test_gdal_reads_points_where_it_was_built_with_parquet(client: TestClient, tmp_path: Path) -> None:
    if shutil.which("ogrinfo") is None:
        pytest.skip("ogrinfo is not installed (Debian: gdal-bin)")
    formats = subprocess.run(["ogrinfo", "--formats"], capture_output=True, text=True, check=True).stdout
    file = tmp_path / "places.parquet"
    file.write_bytes(client.get("/v1/places.parquet").content)
    done = subprocess.run(["ogrinfo", "-ro", "-so", "-al", file], capture_output=True, text=True)
    assert ("Parquet" in formats) is (done.returncode == 0), done.stderr
    assert "Parquet" not in formats or "Geometry: Point" in done.stdout


@pytest.mark.parametrize("suffix", COLUMNAR)
def test_without_the_extra_a_file_is_501_with_the_line_that_installs_it(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    found = problem(client, f"/v1/people{suffix}?limit=17", 501)
    assert found["type"] == "/problems/not-installed"
    assert (
        found["detail"] == f"A {suffix} file needs a library that is not installed here: pip install -e '.[columnar]'"
    )
    assert "501" in body(client, "/openapi.json")["paths"][f"/v1/people{suffix}"]["get"]["responses"]
    assert body(client, "/v1/people")["links"][suffix[1:]] == f"/v1/people{suffix}"
    assert client.get("/v1/people.csv").status_code == 200
