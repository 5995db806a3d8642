"""Stored documents as Arrow tables, some thousand rows at a time, so that memory stays small.

Arrow reads the documents as JSON itself, in less time than it takes to make Python's objects of them.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson
import pyarrow as pa
from pyarrow.json import ParseOptions, ReadOptions, read_json

from app.exports.columnar.schemas import Column, columns, reading_schema
from app.exports.formats import Export
from app.model.compact_json import dump_json
from app.model.partial_documents import cut, keys_of

READ_BYTES = 2**20
"""The text that is read at a time. Reading takes ten times as much memory, and some time for each column, however few
rows there are."""


class Tables:
    """The tables of an export: those columns that it names, and `further` paths that others are made of."""

    def __init__(self, export: Export, further: tuple[str, ...] = ()) -> None:
        self.columns = columns(export.resource, export.codebook, export.fields, export.evidence)
        self.schema = pa.schema([one.field for one in self.columns])
        paths = (*export.fields, *further) if export.fields else ()
        self._export = export
        self._read = columns(export.resource, export.codebook, paths, export.evidence)
        self._json = ParseOptions(explicit_schema=reading_schema(self._read), unexpected_field_behavior="ignore")
        counts = export.evidence == "count"
        self._keys = keys_of(export.resource, export.codebook, paths, export.evidence) if counts else None

    def __iter__(self) -> Iterator[Any]:
        """Yields the tables; the columns of `further` paths come with them."""
        for texts in _in_portions(self._export.batches):
            lines = (
                texts
                if self._keys is None
                else [dump_json(cut(orjson.loads(one), self._keys)).encode() for one in texts]
            )
            yield self._table(b"\n".join(lines))

    def _table(self, data: bytes) -> Any:
        options = ReadOptions(use_threads=False, block_size=len(data) + 1)
        read = read_json(pa.py_buffer(data), read_options=options, parse_options=self._json).combine_chunks()
        values = dict(_values(zip(read.column_names, read.columns, strict=True), ()))
        return pa.table({one.name: _typed(values[one.path], one) for one in self._read})


def _typed(values: Any, column: Column) -> Any:
    return values if column.type == column.json_type else values.cast(column.type)


def _values(named: Iterable[tuple[str, Any]], outer: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yields the paths of all values that are no objects, with the values; they are null where an outer one is."""
    for key, values in named:
        path = (*outer, key)
        if pa.types.is_struct(values.type):
            (whole,) = values.chunks if isinstance(values, pa.ChunkedArray) else (values,)
            yield from _values(zip([one.name for one in values.type], whole.flatten(), strict=True), path)
        else:
            yield path, values


def _in_portions(batches: Iterable[Sequence[bytes]]) -> Iterator[list[bytes]]:
    """Yields the documents in portions of at least READ_BYTES, but for the last."""
    portion: list[bytes] = []
    size = 0
    for batch in batches:
        portion += batch
        size += sum(map(len, batch))
        if size >= READ_BYTES:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion
