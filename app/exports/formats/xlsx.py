"""Excel workbooks (Office Open XML) with typed cells, for spreadsheets: the records, the columns, the codebook.

A workbook can only be read when it is complete, so nothing of it is sent before. It is written row by row into a
temporary folder, with memory for one row (xlsxwriter's `constant_memory`).
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from app.exports.datasets.tables import codebook_values
from app.exports.formats import Export, ExportFormat
from app.exports.formats.columns import Value, flat, picked
from app.model.outputs import ColumnType

MAX_RECORDS = 1_048_575
"""The rows of a sheet without its head."""

MAX_CELL_CHARACTERS = 32_767
"""In UTF-16, whose units Excel counts."""

FIRST_DAY = date(1900, 3, 1)
"""The first day that all programs read as the same number: Excel has a 29 February 1900, and nothing before 1900."""

PIECE_BYTES = 256 * 1024

_WIDTHS: dict[str, int] = {"date": 11, "integer": 12, "number": 12, "boolean": 10}
_TEXT_WIDTH = 24

Row = Iterable[Value]


class _Sheet(Worksheet):  # type: ignore[misc]  # xlsxwriter has no types
    """A sheet whose texts are all plain. xlsxwriter itself writes one that begins with `<r>` and ends with `</r>` as
    XML, because it keeps rich text so."""

    def _xml_rich_inline_string(self, string: str, attributes: Any) -> None:
        self._xml_inline_string(string, True, attributes)


def chunks(export: Export) -> Iterator[bytes]:
    """Yields a workbook. Before its first piece there is an empty one for each batch of records, which gives other
    downloads their turn."""
    columns = picked(export.resource, export.codebook, export.fields, export.evidence)
    rows = ((flat(columns, orjson.loads(text), export.base).values() for text in batch) for batch in export.batches)
    with TemporaryDirectory(prefix="dateline-xlsx-") as folder:
        path = Path(folder, "file.xlsx")
        with Workbook(path, {"constant_memory": True, "tmpdir": folder, "use_zip64": True}) as workbook:
            loaded_at = datetime.fromisoformat(export.loaded_at).replace(tzinfo=None)
            title, comments = f"Dateline: {export.resource}", f"{export.base}/v1, release {export.release}"
            workbook.set_properties({"title": title, "comments": comments, "created": loaded_at})
            add = partial(_add_sheet, workbook)
            yield from add(export.resource, {one.name: one.type for one in columns}, rows)
            meanings = [(one.name, one.type, one.meaning) for one in columns]
            values, value_rows = codebook_values(export.codebook)
            yield from add("columns", dict.fromkeys(("name", "type", "meaning"), "string"), [meanings])
            yield from add(values.name, {one.name: one.type for one in values.columns}, [value_rows])
        with path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                yield piece


def _add_sheet(
    workbook: Workbook, name: str, columns: dict[str, ColumnType], batches: Iterable[Iterable[Row]]
) -> Iterator[bytes]:
    """Writes a sheet, and yields nothing after each batch of rows."""
    sheet = workbook.add_worksheet(name, _Sheet)
    head, day = workbook.add_format({"bold": True}), workbook.add_format({"num_format": "yyyy-mm-dd"})
    sheet.freeze_panes(1, 0)
    for position, type_ in enumerate(columns.values()):
        sheet.set_column(position, position, _WIDTHS.get(type_, _TEXT_WIDTH))
    for position, column in enumerate(columns):
        sheet.write_string(0, position, column, head)
    number = 0
    for batch in batches:
        for row in batch:
            number += 1
            for position, (type_, value) in enumerate(zip(columns.values(), row, strict=True)):
                _write_cell(sheet, number, position, type_, value, day)
        yield b""
    sheet.autofilter(0, 0, number, len(columns) - 1)


def _write_cell(sheet: Worksheet, row: int, position: int, type_: ColumnType, value: Value, day: Format) -> None:
    """Writes a value as what it is; null is an empty cell."""
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, position, value)
    elif not isinstance(value, str):
        sheet.write_number(row, position, value)
    elif type_ == "date" and (known := date.fromisoformat(value)) >= FIRST_DAY:
        sheet.write_datetime(row, position, known, day)
    else:
        sheet.write_string(row, position, _fitting(value))


def _fitting(text: str) -> str:
    """Returns the text, or what a cell has room for, and says so."""
    if len(text) <= MAX_CELL_CHARACTERS // 2:
        return text
    units = text.encode("utf-16-le")
    if len(units) <= 2 * MAX_CELL_CHARACTERS:
        return text
    cut = f" … [cut: {len(text)} characters, all of them in .csv]"
    return units[: 2 * (MAX_CELL_CHARACTERS - len(cut))].decode("utf-16-le", "ignore") + cut


FORMAT = ExportFormat(
    ".xlsx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "Excel",
    "A workbook with the columns of CSV, typed: numbers, booleans and days are such cells (days before March 1900, "
    "which spreadsheets do not know, are text), ids and EDTF strings are text, null is an empty cell. The sheets "
    "`columns` and `codebook` say what columns and values mean. A sheet has room for 1,048,575 records: more of them "
    "are refused. A cell has room for 32,767 characters: what is longer ends with `… [cut: N characters …]`. It is "
    "sent when it is complete; a large one is answered with 503 until then. `fields` picks columns, in its order.",
    chunks,
    max_records=MAX_RECORDS,
    in_one_piece=True,
)
