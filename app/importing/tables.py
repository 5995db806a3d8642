"""Reads tables row by row: CSV, JSON and JSON Lines, GeoJSON and Parquet. Every cell becomes text, or a list of texts.

A file that is no table is refused as a whole, with the line of the mistake. Nothing is repaired.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

Cell = str | list[str]
"""The text of a cell; a list where the file itself has one. Nothing stated: an empty text."""

_DELIMITERS = ",;\t|"
_MAX_CELL_CHARACTERS = 10_000_000
_BATCH_ROWS = 5_000


class TableError(Exception):
    """A file is not a table, or not one that can be read. The message says where and what to do."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}" if line else f"{path}: {message}")


class Row(NamedTuple):
    """A row, and the line of the file that it begins in; in JSON and Parquet its number, from 1."""

    line: int
    cells: dict[str, Cell]


@dataclass(frozen=True)
class TableFormat:
    """How a file is to be read where it does not say so itself. `missing` are texts that say: nothing is stated."""

    header: int = 1
    """The line with the names of the columns of a CSV file."""

    delimiter: str | None = None
    encoding: str = "utf-8-sig"
    missing: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Table:
    """A table: its columns in order, and its rows, once."""

    path: Path
    columns: list[str]
    rows: Iterator[Row]


def open_table(path: Path, how: TableFormat) -> Table:
    """Opens a table. Raises TableError, also while its rows are read."""
    if not path.is_file():
        raise TableError(path, 0, "there is no such file")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise TableError(path, 0, f"a table is read from {', '.join(_READERS)}")
    return reader(path, how)


def _csv(path: Path, how: TableFormat) -> Table:
    csv.field_size_limit(_MAX_CELL_CHARACTERS)
    lines = _lines(path, how)
    for _ in range(how.header - 1):
        next(lines, None)
    head = next(lines, "")
    delimiter = how.delimiter or ("\t" if path.suffix.lower() == ".tsv" else max(_DELIMITERS, key=head.count))
    names = [name.strip() for name in next(csv.reader([head], delimiter=delimiter), [])]
    if not any(names):
        raise TableError(path, how.header, "there is no header; a table begins with the names of its columns")
    for name in names:
        if names.count(name) > 1:
            what = f"the column '{name}' stands twice" if name else "two columns have no name"
            raise TableError(path, how.header, f"{what}; give each a name of its own")
    return Table(path, names, _csv_rows(path, how, lines, delimiter, names))


def _csv_rows(path: Path, how: TableFormat, lines: Iterator[str], delimiter: str, names: list[str]) -> Iterator[Row]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = how.header + reader.line_num + 1
        try:
            values = next(reader, None)
        except csv.Error as error:
            last = how.header + reader.line_num
            ends = f" and goes wrong in line {last}" if last > line else ""
            message = f"a cell in quotes begins in this row{ends} ({error}); close it, and write quotes in it twice"
            raise TableError(path, line, message) from error
        if values is None:
            return
        if not any(map(str.strip, values)):
            continue
        cells = [value.strip() for value in values]
        if cells == names or all(one.startswith("#") for one in cells if one):
            message = "this row is a second header; take it out, or name it in the map, `table: {header: %d}`"
            raise TableError(path, line, message % line)
        if len(cells) != len(names):
            message = f"this row has {len(cells)} cells, and the header {len(names)}"
            raise TableError(path, line, f"{message}; is there a '{delimiter}' outside of quotes?")
        yield Row(line, {name: "" if cell in how.missing else cell for name, cell in zip(names, cells, strict=True)})


def _lines(path: Path, how: TableFormat) -> Iterator[str]:
    number = 0
    try:
        with path.open(encoding=how.encoding, newline="") as lines:
            for line in lines:
                number += 1
                yield line
    except LookupError as error:
        raise TableError(
            path, 0, f"'{how.encoding}' is no encoding; write utf-8 or windows-1252, for example"
        ) from error
    except UnicodeDecodeError as error:
        at = number + 1 + error.object[: error.start].count(b"\n")
        message = (
            f"this is not {how.encoding.removesuffix('-sig')}; save the file as UTF-8, or name its encoding in the "
        )
        raise TableError(path, at, message + "map, for example `table: {encoding: windows-1252}`") from error


def _json_lines(path: Path, how: TableFormat) -> Table:
    """The columns are those of all lines, so the file is read twice."""
    columns: dict[str, None] = {}
    for row in _json_rows(path, how):
        columns |= dict.fromkeys(row.cells)
    return Table(path, list(columns), _complete(_json_rows(path, how), columns))


def _complete(rows: Iterable[Row], columns: Iterable[str]) -> Iterator[Row]:
    """Yields rows with all columns."""
    empty: dict[str, Cell] = dict.fromkeys(columns, "")
    for row in rows:
        yield Row(row.line, {**empty, **row.cells})


def _json_rows(path: Path, how: TableFormat) -> Iterator[Row]:
    for number, line in enumerate(_lines(path, how), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise TableError(path, number, f"this line is not JSON ({error})") from error
        if not isinstance(record, dict):
            raise TableError(path, number, "a line holds one record, an object")
        yield Row(number, _flat(record, how))


def _json(path: Path, how: TableFormat) -> Table:
    """The features of GeoJSON are its rows; in other JSON it is a list of records."""
    try:
        whole = json.loads("".join(_lines(path, how)))
    except ValueError as error:
        raise TableError(path, getattr(error, "lineno", 0), f"this is not JSON ({error})") from error
    features = whole.get("features") if isinstance(whole, dict) else None
    records = whole if features is None else features
    if not isinstance(records, list) or not all(isinstance(one, dict) for one in records):
        raise TableError(path, 1, "this is neither a GeoJSON FeatureCollection nor a list of records")
    flat = (one if features is None else _feature(one) for one in records)
    rows = [Row(number, _flat(one, how)) for number, one in enumerate(flat, 1)]
    columns = list(dict.fromkeys(name for row in rows for name in row.cells))
    return Table(path, columns, _complete(rows, columns))


def _feature(feature: dict[str, Any]) -> dict[str, Any]:
    """The properties of a feature, its id, and of a point `geometry.longitude` and `geometry.latitude`."""
    geometry = feature.get("geometry") or {}
    record = {**({"id": feature["id"]} if "id" in feature else {}), **(feature.get("properties") or {})}
    record["geometry.type"] = geometry.get("type")
    if geometry.get("type") == "Point":
        record["geometry.longitude"], record["geometry.latitude"] = geometry.get("coordinates", [None, None])[:2]
    return record


def _parquet(path: Path, how: TableFormat) -> Table:
    if find_spec("pyarrow") is None:
        raise TableError(path, 0, "Parquet needs its library; install the extra: pip install -e '.[columnar]'")
    import pyarrow
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path)
    except pyarrow.ArrowException as error:
        raise TableError(path, 0, f"this is not Parquet ({error})") from error
    records = (record for batch in file.iter_batches(_BATCH_ROWS) for record in batch.to_pylist())
    rows = (Row(number, _flat(record, how)) for number, record in enumerate(records, 1))
    columns = list(_names(file.schema_arrow))
    return Table(path, columns, _complete(rows, columns))


def _names(fields: Any, prefix: str = "") -> Iterator[str]:
    """Yields the names of a schema of Arrow, those inside of structs with dots."""
    for field in fields:
        if hasattr(field.type, "fields"):
            yield from _names(field.type.fields, f"{prefix}{field.name}.")
        else:
            yield prefix + field.name


def _flat(record: Mapping[str, Any], how: TableFormat, prefix: str = "") -> dict[str, Cell]:
    """A record of JSON as cells: `{"source": {"name": …}}` has the column `source.name`."""
    cells: dict[str, Cell] = {}
    for key, value in record.items():
        if isinstance(value, Mapping):
            cells |= _flat(value, how, f"{prefix}{key}.")
        elif isinstance(value, list):
            cells[prefix + key] = [text for one in value if (text := _text(one, how))]
        else:
            cells[prefix + key] = _text(value, how)
    return cells


def _text(value: Any, how: TableFormat) -> str:
    if value is None or value != value:  # not a number
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    text = str(value).strip()
    return "" if text in how.missing else text


_READERS = {
    ".csv": _csv,
    ".tsv": _csv,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".geojson": _json,
    ".json": _json,
    ".parquet": _parquet,
}
