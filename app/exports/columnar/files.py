"""Parquet files and Arrow streams of an export, written piece by piece."""

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
from pyarrow.parquet import ParquetWriter

from app.exports.columnar import geoparquet
from app.exports.columnar.tables import Tables
from app.exports.formats import Export
from app.exports.formats.columns import has_points, resource_columns

ROW_GROUP_BYTES, ROW_GROUP_ROWS = 16 * 2**20, 100_000
"""A row group is written once its columns have so many bytes in memory, or it so many rows."""

WRITING: dict[str, Any] = {"compression": "zstd", "version": "2.6"}
"""How Parquet is written, here and in the dataset."""


class Sink:
    """A file that pieces are written to and taken from."""

    closed = False

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: Any) -> int:
        """Takes a piece from a writer."""
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Does nothing: all pieces are here."""

    def taken(self) -> bytes:
        """Returns all pieces since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def parquet(export: Export) -> Iterator[bytes]:
    """Yields a Parquet file, row group by row group: GeoParquet, where records have points. A piece without bytes gives
    other downloads their turn."""
    points = geoparquet.Points() if has_points(export.resource) else None
    schema, tables = _shaped(export, points)
    sink = Sink()
    with ParquetWriter(pa.PythonFile(sink, "w"), schema, **WRITING) as writer:
        group: list[Any] = []
        size = rows = 0
        for table in tables:
            group.append(table)
            size, rows = size + table.nbytes, rows + len(table)
            if size >= ROW_GROUP_BYTES or rows >= ROW_GROUP_ROWS:
                writer.write_table(pa.concat_tables(group))
                group, size, rows = [], 0, 0
                pa.default_memory_pool().release_unused()
            yield sink.taken()
        if group:
            writer.write_table(pa.concat_tables(group))
        if points is not None:
            writer.add_key_value_metadata(points.metadata())
    yield sink.taken()


def arrow(export: Export) -> Iterator[bytes]:
    """Yields an Arrow IPC stream, batch by batch, with the same points."""
    points = geoparquet.Points() if has_points(export.resource) else None
    schema, tables = _shaped(export, points)
    sink = Sink()
    with pa.ipc.new_stream(pa.PythonFile(sink, "w"), schema) as writer:
        for table in tables:
            writer.write_table(table)
            yield sink.taken()
    yield sink.taken()


def _shaped(export: Export, points: geoparquet.Points | None) -> tuple[Any, Iterable[Any]]:
    """Returns the schema of a file, and its tables."""
    told = {"release": str(export.release), "source": f"{export.base}/v1/{export.resource}"}
    if points is None:
        tables = Tables(export)
        return tables.schema.with_metadata(told), (table.select(tables.schema.names) for table in tables)
    of_points = {one.name: one.path for one in resource_columns(export.resource, export.codebook)}
    tables = Tables(export, tuple(".".join(of_points[name]) for name in geoparquet.COORDINATES))
    schema = pa.schema([*tables.schema, *geoparquet.FIELDS], metadata=told)

    def located() -> Iterator[Any]:
        for table in tables:
            columns = [*table.select(tables.schema.names).columns, *points.of(table)]
            yield pa.Table.from_arrays(columns, schema=schema)

    return schema, located()
