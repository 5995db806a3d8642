"""The tables of the dataset as Parquet files. What their columns mean stands in `datapackage.json`."""

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
from pyarrow.parquet import ParquetWriter

from app.exports.columnar.files import WRITING, Sink
from app.exports.columnar.schemas import TYPES
from app.exports.datasets.columns import Column, Table

_IN_SQLITE = {"boolean": pa.int8(), "date": pa.string(), "datetime": pa.string()}
"""What SQLite keeps, where Parquet has a type of its own."""


def parquet(table: Table, groups: Iterable[list[tuple[Any, ...]]]) -> Iterator[bytes]:
    """Yields a table of the SQLite file as a Parquet file. Each group of rows is a row group."""
    schema = pa.schema([_field(column) for column in table.columns])
    sink = Sink()
    with ParquetWriter(pa.PythonFile(sink, "w"), schema, store_schema=False, **WRITING) as writer:
        for rows in groups:
            values = [
                _values(column, of_one) for column, of_one in zip(table.columns, zip(*rows, strict=True), strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(values, schema=schema))
            yield sink.taken()
    yield sink.taken()


def _field(column: Column) -> Any:
    return pa.field(column.name, TYPES[column.type], nullable=column.nullable)


def _values(column: Column, values: tuple[Any, ...]) -> Any:
    type_ = TYPES[column.type]
    return pa.array(values, _IN_SQLITE.get(column.type, type_)).cast(type_)
