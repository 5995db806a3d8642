"""Excel workbooks hold the records of the JSON lists, every value as what it is."""

import csv
import io
import json
import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.workbook import Workbook
from starlette.testclient import TestClient

from app.exports.formats import Export, xlsx
from app.exports.formats.columns import flat, resource_columns
from app.exports.formats.export_formats import EXPORT_FORMATS
from app.model.codebook import shipped
from app.records import RECORD_TYPES
from tests import every_fifth
from tests.answers import body, problem
from tests.conftest import Figure

BASE = "http://127.0.0.1:8000"


def workbook(content: bytes) -> Workbook:
    return load_workbook(io.BytesIO(content))


def rows(content: bytes, sheet: str) -> list[dict[str, Any]]:
    """The rows of a sheet, with days as ISO 8601 has them."""
    head, *others = workbook(content)[sheet].iter_rows(values_only=True)
    return [{str(name): told(value) for name, value in zip(head, row, strict=True)} for row in others]


def told(value: Any) -> Any:
    return value.date().isoformat() if isinstance(value, datetime) else value


@pytest.fixture(scope="module")
def incident(client: TestClient) -> dict[str, Any]:
    """The document of an incident."""
    found: dict[str, Any] = body(client, "/v1/incidents/kubaiba-raid")["data"]
    return found


def written(documents: list[dict[str, Any]], **others: Any) -> bytes:
    """A workbook of these incidents."""
    export = Export("incidents", [[json.dumps(one).encode() for one in documents]], BASE, 1, shipped(), **others)
    return b"".join(xlsx.chunks(export))


@every_fifth.parametrize("resource", RECORD_TYPES)
def test_every_cell_has_the_value_of_the_record(client: TestClient, resource: str) -> None:
    records = body(client, f"/v1/{resource}?limit=500")["data"]
    columns = resource_columns(resource, shipped())
    expected = [flat(columns, record, BASE) for record in records]
    found = rows(client.get(f"/v1/{resource}.xlsx").content, resource)
    assert found == expected
    assert [list(map(kind, one.values())) for one in found] == [list(map(kind, one.values())) for one in expected]


def kind(value: Any) -> type | None:
    """The type of a value; a spreadsheet has one type of numbers."""
    return float if isinstance(value, int) and not isinstance(value, bool) else type(value)


def test_days_are_days_and_edtf_and_ids_are_text(client: TestClient) -> None:
    sheet = workbook(client.get("/v1/incidents.xlsx?datetime=2019-04").content)["incidents"]
    head = [cell.value for cell in sheet[1]]
    rows_ = [dict(zip(head, row, strict=True)) for row in sheet.iter_rows(min_row=2)]
    days = [cells["date_earliest"] for cells in rows_ if cells["date_earliest"].value is not None]
    assert {(cell.is_date, cell.number_format) for cell in days} == {(True, "yyyy-mm-dd")}
    assert {cells[name].data_type for cells in rows_ for name in ("id", "date_edtf")} == {"s"}
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == sheet.dimensions


def test_days_before_those_of_spreadsheets_are_text(incident: dict[str, Any]) -> None:
    days = ["1899-12-31", "1900-02-28", "1900-03-01"]
    content = written([incident | {"date": {**incident["date"], "earliest": day}} for day in days])
    assert [row["date_earliest"] for row in rows(content, "incidents")] == days
    assert [sum(cell.is_date for cell in row[:12]) for row in workbook(content)["incidents"]][1:] == [1, 1, 2]


def test_a_text_is_never_more_than_a_text(incident: dict[str, Any]) -> None:
    texts = [
        "=1+1",
        "+1",
        "@here",
        "https://example.org",
        "<r>bold</r>",
        " spaces ",
        "two\nlines",
        "007",
        "true",
        "جسر",
    ]
    content = written([incident | {"title": text} for text in texts])
    assert [row["title"] for row in rows(content, "incidents")] == texts


def test_a_text_that_no_cell_has_room_for_says_that_it_is_cut(incident: dict[str, Any]) -> None:
    texts = ["x" * 32_767, "x" * 40_000, "𐎠" * 40_000]
    whole, *cut = (row["title"] for row in rows(written([incident | {"title": one} for one in texts]), "incidents"))
    assert whole == texts[0]
    for found, text, units in zip(cut, texts[1:], (1, 2), strict=True):
        kept, note = found.split(" … ")
        assert note == "[cut: 40000 characters, all of them in .csv]"
        assert text.startswith(kept)
        assert 32_700 < units * len(kept) < 32_767


def test_the_workbook_explains_its_columns_and_values(client: TestClient) -> None:
    content = client.get("/v1/casualties.xlsx?fields=id,outcome,low").content
    assert [one.title for one in workbook(content)] == ["casualties", "columns", "codebook"]
    columns = {column.name: column for column in resource_columns("casualties", shipped())}
    names = ("id", "outcome", "low")
    assert rows(content, "columns") == [
        {"name": name, "type": columns[name].type, "meaning": columns[name].meaning} for name in names
    ]
    assert list(rows(content, "casualties")[0]) == list(names)
    codebook = {(one["vocabulary"], one["value"]): one for one in rows(content, "codebook")}
    for name, vocabulary in body(client, "/v1/codebook")["data"]["vocabularies"].items():
        for one in vocabulary["values"]:
            row = codebook.pop((name, one["value"]))
            assert (row["meaning"], row["label_en"]) == (one["meaning"], one["labels"]["en"])
    assert not codebook


def test_it_has_the_records_of_the_csv_in_their_order(client: TestClient) -> None:
    query = "kind=air_attack&sort=-date&fields=id,title"
    text = client.get(f"/v1/incidents.csv?{query}").content.decode("utf-8-sig")
    expected = list(csv.DictReader(io.StringIO(text)))
    assert rows(client.get(f"/v1/incidents.xlsx?{query}").content, "incidents") == expected != []
    nothing = client.get("/v1/incidents.xlsx?q=nothing-says-this").content
    assert rows(nothing, "incidents") == []
    assert len(list(workbook(nothing)["incidents"][1])) == len(resource_columns("incidents", shipped()))


def test_the_same_records_are_the_same_bytes_with_a_length_a_tag_and_parts(
    client: TestClient, incident: dict[str, Any]
) -> None:
    whole = client.get("/v1/people.xlsx")
    made = whole.headers
    assert made["content-type"] == EXPORT_FORMATS[".xlsx"].media_type
    assert made["content-disposition"] == 'attachment; filename="dateline-people-r1.xlsx"'
    assert int(made["content-length"]) == len(whole.content)
    part = client.get("/v1/people.xlsx", headers={"Range": "bytes=100-199", "If-Range": made["etag"]})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert client.get("/v1/people.xlsx", headers={"If-None-Match": made["etag"]}).status_code == 304
    head = client.head("/v1/people.xlsx", headers={"Accept-Encoding": "identity"})
    assert (head.headers["content-length"], head.headers["etag"]) == (made["content-length"], made["etag"])
    first, second = (written([incident], loaded_at="2021-02-03T04:05:06Z") for _ in range(2))
    assert first == second
    assert workbook(first).properties.created == datetime(2021, 2, 3, 4, 5, 6)


def test_more_records_than_a_sheet_has_room_for_are_refused(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    formats = EXPORT_FORMATS[".xlsx"]
    assert formats.max_records == 2**20 - 1, "and a row for the head"
    monkeypatch.setitem(formats.__dict__, "max_records", 3)
    found = problem(client, "/v1/places.xlsx?sort=-id")
    (error,) = found["errors"]
    assert (error["parameter"], error["suggestion"], error["type"]) == ("limit", "3", "/problems/missing-parameter")
    matched = body(client, "/v1/places")["meta"]["matched"]
    assert error["detail"].startswith(f"Parameter 'limit': {matched} places match, and a .xlsx file has room for 3.")
    assert problem(client, "/v1/places.xlsx?limit=4")["type"] == "/problems/bad-value"
    assert len(rows(client.get("/v1/places.xlsx?limit=3").content, "places")) == 3
    assert len(rows(client.get("/v1/places.xlsx?id=iraq&sort=-id").content, "places")) == 1


@pytest.mark.long
@pytest.mark.parametrize("resource", RECORD_TYPES)
def test_libreoffice_shows_every_value(client: TestClient, tmp_path: Path, figure: Figure, resource: str) -> None:
    """LibreOffice Calc opens a workbook and saves its first sheet as shown: days as days, numbers as numbers."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is not installed (Debian: libreoffice-calc-nogui)")
    (file := tmp_path / f"{resource}.xlsx").write_bytes(client.get(f"/v1/{resource}.xlsx").content)
    shown = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,1"
    command = [program, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", shown]
    subprocess.run([*command, "--outdir", tmp_path, file], check=True, capture_output=True, timeout=300)
    (saved,) = tmp_path.glob("*.csv")
    found = list(csv.DictReader(io.StringIO(saved.read_text("utf-8"), newline="")))
    columns = resource_columns(resource, shipped())
    documents = body(client, f"/v1/{resource}?limit=500")["data"]
    expected = [{name: as_shown(value) for name, value in flat(columns, one, BASE).items()} for one in documents]
    assert found == expected
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    figure(f"{version}: {len(found)} {resource}, {len(columns)} columns, every value as in JSON")


def as_shown(value: Any) -> str:
    """What a spreadsheet shows of a value, without a format of its own."""
    if isinstance(value, bool):
        return str(value).upper()
    return "" if value is None else f"{value:.10g}" if isinstance(value, float) else str(value)
