"""The programs of a data desk read what is served: pandas, geopandas, GDAL, R, newsboat."""

import io
import os
import re
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.exports.formats.columns import flat, resource_columns
from app.model.codebook import shipped
from app.records import RECORD_TYPES
from tests import sample
from tests.conftest import NewDatabase, load_seed
from tests.live import serving
from tests.sample import INCIDENTS, record

pytestmark = pytest.mark.heavy


def listed(base: str, path: str) -> list[Any]:
    response: list[Any] = httpx2.get(f"{base}{path}").json()["data"]
    return response


@pytest.mark.parametrize("resource", ["incidents", "places", "people", "quotes", "statements", "casualties"])
def test_pandas_reads_every_row_with_its_types(live: str, resource: str) -> None:
    pandas = pytest.importorskip("pandas", reason="pip install pandas")
    frame = pandas.read_csv(f"{live}/v1/{resource}.csv?sort=id")
    documents = listed(live, f"/v1/{resource}?sort=id&limit=500")
    assert frame.columns[0] == "id"
    assert list(frame["id"]) == [document["id"] for document in documents]
    assert frame["version"].dtype == "int64"
    again = pandas.read_csv(io.StringIO(httpx2.get(f"{live}/v1/{resource}.csv?sort=id").text))
    assert list(again.columns) == list(frame.columns)
    lines = pandas.read_json(f"{live}/v1/{resource}.ndjson?sort=id", lines=True)
    assert list(lines["id"]) == list(frame["id"])


def test_pandas_sums_what_the_documents_say(live: str) -> None:
    pandas = pytest.importorskip("pandas", reason="pip install pandas")
    frame = pandas.read_csv(f"{live}/v1/incidents.csv")
    totals = [document["totals"]["killed"] or {"low": None} for document in listed(live, "/v1/incidents?limit=500")]
    lows = [total["low"] for total in totals]
    assert frame["killed_low"].sum() == sum(low for low in lows if low) > 0
    assert frame["killed_low"].isna().sum() == lows.count(None) > 0
    assert frame["contested"].dtype == bool
    assert pandas.to_datetime(frame["date_earliest"].dropna()).dt.year.between(2000, 2020).all()


def test_an_empty_file_is_an_empty_frame(live: str) -> None:
    pandas = pytest.importorskip("pandas", reason="pip install pandas")
    frame = pandas.read_csv(f"{live}/v1/incidents.csv?q=nothing-says-this")
    assert len(frame) == 0
    assert "killed_low" in frame.columns


IN_R = """
told <- commandArgs(trailingOnly = TRUE)
table <- read.csv(told[1], fileEncoding = "UTF-8-BOM", na.strings = "", check.names = FALSE,
                  colClasses = c(id = "character", date_edtf = "character"))
shown <- lapply(table, function(values) ifelse(is.na(values), "", as.character(values)))
for (name in names(shown)) writeLines(paste0(c(name, shown[[name]]), "\\036"), sep = "")
"""
"""Prints each column with its name, every value behind a separator: figures as R writes them, with 15 digits."""


@pytest.mark.parametrize("resource", RECORD_TYPES)
def test_r_reads_every_value(live: str, resource: str) -> None:
    command = ["Rscript", "-e", IN_R, f"{live}/v1/{resource}.csv"]
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    documents = listed(live, f"/v1/{resource}?limit=500")
    columns = resource_columns(resource, shipped())
    rows = [flat(columns, one, live) for one in documents]
    expected = [told for one in columns for told in (one.name, *(in_r(row[one.name]) for row in rows))]
    assert done.stdout.split("\036")[:-1] == expected


def in_r(value: Any) -> str:
    """How R writes what it has read: `true` stays text."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else f"{value:.15g}" if isinstance(value, float) else str(value)


@pytest.mark.parametrize("resource", ["incidents", "places"])
def test_gdal_reads_geojson(live: str, resource: str) -> None:
    pyogrio = pytest.importorskip("pyogrio", reason="pip install pyogrio geopandas")
    pytest.importorskip("geopandas", reason="pip install geopandas")
    address = f"{live}/v1/{resource}.geojson?sort=id"
    assert pyogrio.read_info(address)["features"] == len(listed(live, f"/v1/{resource}?limit=500"))
    frame = pyogrio.read_dataframe(address).set_index("id")
    documents = listed(live, f"/v1/{resource}?sort=id&limit=500")
    assert list(frame.index) == [document["id"] for document in documents]
    assert frame.crs.to_epsg() == 4326
    for document in documents:
        point = frame.geometry[document["id"]]
        where = document["location"] if resource == "incidents" else document
        if where is None or where["latitude"] is None:
            assert point is None
        else:
            assert (point.x, point.y) == (where["longitude"], where["latitude"])


def test_gdal_writes_every_point_as_flatgeobuf(live: str, tmp_path: Path) -> None:
    """As README says: GDAL 3.6 leaves features without a point out of FlatGeobuf without a word."""
    points = "incidents.geojson?has_location=true"
    file = tmp_path / "incidents.fgb"
    subprocess.run(["ogr2ogr", "-f", "FlatGeobuf", file, f"{live}/v1/{points}"], check=True, capture_output=True)
    described = subprocess.run(["ogrinfo", "-so", "-al", file], check=True, capture_output=True, text=True).stdout
    located = listed(live, "/v1/incidents?has_location=true&limit=500")
    assert f"Feature Count: {len(located)}\n" in described
    assert located


@pytest.mark.parametrize("name", ["incidents", "quotes", "changes"])
def test_newsboat_finds_nothing_twice(new_database: NewDatabase, tmp_path: Path, name: str) -> None:
    if shutil.which("newsboat") is None:
        pytest.skip("newsboat is not installed (Debian: newsboat)")
    url, files = new_database(), sample.small()
    load_seed(url, sample.write(files, tmp_path / "seed"))
    with serving(url) as base:
        first = _reloaded(tmp_path, f"{base}/v1/{name}.atom?limit=500")
        expected = len(httpx2.get(f"{base}/v1/{name}.feed.json?limit=500").json()["items"])
        assert len(first) == len(set(first)) == expected > 0
        assert _reloaded(tmp_path, f"{base}/v1/{name}.atom?limit=500") == first
        # A record that changes is the same entry; a change is a new one.
        record(files, INCIDENTS, "boat-stopped")["title"] = "Boat turned back"
        load_seed(url, sample.write(files, tmp_path / "seed"))
        again = _reloaded(tmp_path, f"{base}/v1/{name}.atom?limit=500")
        assert set(first) <= set(again)
        assert (len(again) > len(first)) is (name == "changes")


def _reloaded(folder: Path, feed: str) -> list[str]:
    """Has newsboat fetch a feed, and reads the entries' ids and links in its cache."""
    (folder / "urls").write_text(f"{feed}\n")
    (folder / "config").touch()
    cache = folder / "cache.db"
    command: list[str | Path] = [
        "newsboat",
        "-q",
        "-u",
        folder / "urls",
        "-c",
        cache,
        "-C",
        folder / "config",
        "-x",
        "reload",
    ]
    environment = {**os.environ, "HOME": str(folder), "TERM": "dumb"}
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=60)
    with sqlite3.connect(cache) as database:
        rows = database.execute("SELECT guid, url FROM rss_item ORDER BY guid").fetchall()
    database.close()
    base = feed.partition("/v1/")[0]
    assert all(link.startswith((f"{base}/v1/", f"{base}/incidents/")) for _, link in rows)
    return [guid for guid, _ in rows]


def test_polars_reads_and_scans_the_plain_address(live: str) -> None:
    polars = pytest.importorskip("polars", reason="pip install polars")
    address = f"{live}/v1/incidents.csv"
    documents = listed(live, "/v1/incidents?limit=500")
    frame = polars.read_csv(address)
    assert frame["id"].to_list() == [document["id"] for document in documents]
    assert frame["killed_low"].dtype == polars.Int64
    actual = polars.scan_csv(f"{address}?kind=joint_raid").filter(polars.col("killed_low") > 0).select("id").collect()
    raids = listed(live, "/v1/incidents?kind=joint_raid&killed_at_least=1&limit=500")
    assert sorted(actual["id"]) == sorted(raid["id"] for raid in raids) != []
    lines = polars.scan_ndjson(f"{live}/v1/places.ndjson").select("id", "kind").collect()
    assert lines.rows() == [(one["id"], one["kind"]) for one in listed(live, "/v1/places?limit=500")]


def test_duckdb_reads_the_plain_address(live: str) -> None:
    duckdb = pytest.importorskip("duckdb", reason="pip install duckdb duckdb-extensions duckdb-extension-httpfs")
    extensions = pytest.importorskip("duckdb_extensions", reason="pip install duckdb-extensions")
    with duckdb.connect() as connection:
        extensions.import_extension("httpfs", con=connection)
        connection.execute("LOAD httpfs")
        ids, killed = connection.execute(f"SELECT list(id), sum(killed_low) FROM '{live}/v1/incidents.csv'").fetchone()
        lines = connection.execute(f"SELECT id FROM read_json('{live}/v1/quotes.ndjson')").fetchall()
    documents = listed(live, "/v1/incidents?limit=500")
    assert ids == [document["id"] for document in documents]
    assert killed == sum(one["totals"]["killed"]["low"] or 0 for one in documents if one["totals"]["killed"])
    assert [id_ for (id_,) in lines] == [one["id"] for one in listed(live, "/v1/quotes?limit=500")]


@pytest.mark.parametrize("name", ["incidents.csv", "places.geojson"])
def test_gdal_reads_the_plain_address_bit_by_bit(live: str, name: str) -> None:
    if shutil.which("ogrinfo") is None:
        pytest.skip("ogrinfo is not installed (Debian: gdal-bin)")
    address = f"/vsicurl/{live}/v1/{name}"
    done = subprocess.run(["ogrinfo", "-ro", "-q", "-al", address], capture_output=True, text=True, check=True)
    resource = name.partition(".")[0]
    ids = [one["id"] for one in listed(live, f"/v1/{resource}?limit=500")]
    assert re.findall(r"^  id \(String\) = (\S+)$", done.stdout, re.M) == ids


def test_pyogrio_reads_the_plain_address_bit_by_bit(live: str) -> None:
    pyogrio = pytest.importorskip("pyogrio", reason="pip install pyogrio geopandas")
    actual = pyogrio.read_info(f"/vsicurl/{live}/v1/incidents.geojson")
    assert actual["features"] == len(listed(live, "/v1/incidents?limit=500"))
