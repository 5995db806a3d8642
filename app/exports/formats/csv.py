"""CSV (RFC 4180) for spreadsheets and data frames: CRLF, UTF-8 with a byte order mark, formulas escaped.

Without the mark, Excel reads a file in the local code page and garbles every name with an accent; pandas, R, GDAL and
csvkit skip the mark (Python's own `csv` with the encoding `utf-8-sig`).

A text that a spreadsheet would run as a formula, because it begins with `=`, `+`, `-`, `@`, a tab or a carriage return
(also after apostrophes), is prefixed by an apostrophe. Numbers are unchanged.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

import orjson

from app.exports.formats import Export, ExportFormat
from app.exports.formats.columns import Value, flat, picked

BYTE_ORDER_MARK = "\ufeff"

_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")


def chunks(export: Export) -> Iterator[bytes]:
    """Yields a file of records, header first."""
    columns = picked(export.resource, export.codebook, export.fields, export.evidence)
    yield (BYTE_ORDER_MARK + _lines([[column.name for column in columns]])).encode()
    for batch in export.batches:
        # Row by row: a list of rows would be written in one go, during which no other thread gets a turn.
        yield _lines(map(cell, flat(columns, orjson.loads(text), export.base).values()) for text in batch).encode()


def table(columns: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """Returns a file of rows that are no records."""
    return (BYTE_ORDER_MARK + _lines([columns, *(map(cell, row) for row in rows)])).encode()


def parts(columns: Sequence[str], batches: Iterable[Iterable[Sequence[Value]]]) -> Iterator[bytes]:
    """Yields a file of rows that are no records, header first."""
    yield table(columns, ())
    for rows in batches:
        yield _lines(map(cell, row) for row in rows).encode()


def cell(value: Value) -> str:
    """Returns the text of a value; None is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value}" if _FORMULA.match(value) else value
    return repr(value)


def _lines(rows: Iterable[Iterable[str]]) -> str:
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)
    return file.getvalue()


FORMAT = ExportFormat(
    ".csv",
    "text/csv",
    "CSV",
    "RFC 4180, UTF-8 with a byte order mark (Excel needs it; in Python: `utf-8-sig`). Null is empty. Lists are "
    "joined by `|`; inside a value a `|` or a backslash has a backslash before it. A text that a spreadsheet would "
    "run as a formula, because it begins with `=`, `+`, `-`, `@`, a tab or a carriage return (also after "
    "apostrophes), has one apostrophe before it. Numbers are as they are. `fields` picks columns, in its order.",
    chunks,
)
