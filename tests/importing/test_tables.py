"""Files of tables: what is read from each format, and what a file gets that is no table."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.importing.table_import import TableImport
from app.importing.tables import Row, TableError, TableFormat, open_table
from tests.importing.invented import row, write_map, write_table

PLAIN = TableFormat()


def rows(path: Path, content: str | bytes, how: TableFormat = PLAIN) -> list[Row]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(open_table(path, how).rows)


def refusal(path: Path, content: str | bytes, how: TableFormat = PLAIN) -> str:
    with pytest.raises(TableError) as error:
        rows(path, content, how)
    return str(error.value).removeprefix(f"{path.parent}/")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_cells_are_read_whatever_separates_them(tmp_path: Path, delimiter: str) -> None:
    content = delimiter.join(["id", "note"]) + "\r\n" + delimiter.join(["1", f'" two{delimiter} ""three""\nlines "'])
    (one,) = rows(tmp_path / "table.csv", "\ufeff" + content)
    assert one == (2, {"id": "1", "note": f'two{delimiter} "three"\nlines'})


def test_a_row_has_the_line_that_it_begins_in(tmp_path: Path) -> None:
    found = rows(tmp_path / "table.csv", 'id,note\n1,"a\nb"\n\n2,c\n')
    assert [one.line for one in found] == [2, 5]


def test_missing_values_and_a_header_further_down(tmp_path: Path) -> None:
    how = TableFormat(header=3, encoding="windows-1252", missing=frozenset({"NA", "-99"}))
    (one,) = rows(
        tmp_path / "table.csv", "Log of the river\n\nid,name,killed\n1,Orsä,-99\n".encode("windows-1252"), how
    )
    assert one == (4, {"id": "1", "name": "Orsä", "killed": ""})


def test_json_lines_have_columns_for_nested_keys_and_lists(tmp_path: Path) -> None:
    records: list[dict[str, Any]] = [
        {"id": 1, "source": {"name": "Wire"}, "killed": 2.0, "named": True},
        {"id": 2, "names": ["a", "", "b"], "killed": None},
    ]
    path = tmp_path / "table.jsonl"
    found = rows(path, "\n".join(map(json.dumps, records)))
    assert found[0].cells == {"id": "1", "source.name": "Wire", "killed": "2.0", "named": "true", "names": ""}
    assert found[1].cells == {"id": "2", "source.name": "", "killed": "", "named": "", "names": ["a", "b"]}
    assert open_table(path, PLAIN).columns == ["id", "source.name", "killed", "named", "names"]


def test_geojson_has_the_properties_and_the_points_of_its_features(tmp_path: Path) -> None:
    features = [
        {
            "type": "Feature",
            "id": 7,
            "properties": {"a": "x"},
            "geometry": {"type": "Point", "coordinates": [14.5, 60]},
        },
        {"type": "Feature", "properties": {"a": None}, "geometry": None},
    ]
    found = rows(tmp_path / "table.geojson", json.dumps({"type": "FeatureCollection", "features": features}))
    assert found[0].cells["id"] == "7"
    assert (found[0].cells["geometry.longitude"], found[0].cells["geometry.latitude"]) == ("14.5", "60")
    assert set(found[1].cells.values()) == {""}
    assert [one.line for one in found] == [1, 2]


def test_json_has_the_records_of_its_list(tmp_path: Path) -> None:
    found = rows(tmp_path / "table.json", json.dumps([{"id": 1, "source": {"name": "Wire"}}, {"id": 2}]))
    assert [one.cells for one in found] == [{"id": "1", "source.name": "Wire"}, {"id": "2", "source.name": ""}]


@pytest.mark.heavy
def test_parquet_has_the_columns_of_its_schema(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "table.parquet"
    parquet.write_table(pyarrow.table({"id": [1, 2], "names": [["a", "b"], None], "best": [1.0, float("nan")]}), path)
    table = open_table(path, PLAIN)
    assert table.columns == ["id", "names", "best"]
    assert [one.cells for one in table.rows] == [
        {"id": "1", "names": ["a", "b"], "best": "1.0"},
        {"id": "2", "names": "", "best": ""},
    ]


def test_a_broken_quote_is_told_by_the_line_that_it_begins_in(tmp_path: Path) -> None:
    """The rest of the file would be one cell, or another row's quote would end it."""
    lines = ["id,note", *(f"{number},text" for number in range(2, 8_001)), '8001,"never closed']
    told = "table.csv:8001: a cell in quotes begins in this row"
    end = refusal(tmp_path / "table.csv", "\n".join([*lines, *(f"{number},text" for number in range(8_002, 9_000))]))
    assert end.startswith(f"{told} and goes wrong in line 8999 (")
    later = refusal(tmp_path / "table.csv", "\n".join([*lines, '8002,"closed" here', "8003,text"]))
    assert later.startswith(f"{told} and goes wrong in line 8002 (")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "table.csv:1: there is no header; a table begins with the names of its columns"),
        ("id,name,id\n", "table.csv:1: the column 'id' stands twice; give each a name of its own"),
        ("id,,\n", "table.csv:1: two columns have no name; give each a name of its own"),
        (
            "id,name\n#event+id,#adm1\n1,a\n",
            "table.csv:2: this row is a second header; take it out, or name it in the map, `table: {header: 2}`",
        ),
        (
            "id,name\n1,a\nid,name\n2,b\n",
            "table.csv:3: this row is a second header; take it out, or name it in the map, `table: {header: 3}`",
        ),
        (
            "id,name\n1,a,b\n",
            "table.csv:2: this row has 3 cells, and the header 2; is there a ',' outside of quotes?",
        ),
        (
            "id,name\n1,a\n2,Orsä\n".encode("windows-1252"),
            "table.csv:3: this is not utf-8; save the file as UTF-8, or name its encoding in the map, for example "
            "`table: {encoding: windows-1252}`",
        ),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_its_line(tmp_path: Path, content: str | bytes, told: str) -> None:
    assert refusal(tmp_path / "table.csv", content) == told


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("table.jsonl", '{"id": 1}\n{"id": \n', "table.jsonl:2: this line is not JSON"),
        ("table.jsonl", "[1]\n", "table.jsonl:1: a line holds one record, an object"),
        ("table.geojson", '{"features": [\n}', "table.geojson:2: this is not JSON"),
        (
            "table.geojson",
            '{"type": "Feature"}',
            "table.geojson:1: this is neither a GeoJSON FeatureCollection",
        ),
        ("table.xls", "", "table.xls: a table is read from .csv, .tsv, .jsonl, .ndjson, .geojson, .json, .parquet"),
    ],
)
def test_other_formats_are_refused_with_the_place_of_the_mistake(
    tmp_path: Path, name: str, content: str, told: str
) -> None:
    assert refusal(tmp_path / name, content).startswith(told)


def test_a_mistake_late_in_a_file_leaves_nothing_half_written(tmp_path: Path) -> None:
    table = write_table(tmp_path / "log.csv", [row(number) for number in range(1, 50)])
    table.write_text(table.read_text("utf-8") + '50,"2021', "utf-8")
    with pytest.raises(TableError, match=r"log\.csv:51: a cell in quotes begins in this row"):
        TableImport.of(table, write_map(tmp_path / "map.yaml"), tmp_path / "seed").run()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.csv", "map.yaml"]


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    table = write_table(tmp_path / "log.csv", [])
    with pytest.raises(TableError, match="there are no rows"):
        TableImport.of(table, write_map(tmp_path / "map.yaml"), tmp_path / "seed").run()
