"""Blocks: what the records of one type with numbers in one range are counted by, as a load stores it.

A block is a NumPy archive (`.npz`), so that a release that changes few records writes few of them. Beside them stands
for which release they are complete.
"""

from ast import literal_eval
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache, partial
from io import BytesIO
from math import prod
from struct import unpack_from
from typing import Any
from zipfile import ZipFile, ZipInfo
from zlib import crc32

import numpy as np
from sqlalchemy import Connection, Select, delete, func, insert, select
from sqlmodel import col

from app.counts.columns import CountedType, signature
from app.counts.extraction import Extraction
from app.counts.frames import Array, Frame, joined, smallest
from app.storage.count_models import CountBlock

BLOCK_NUMBERS = 1 << 15
"""How many numbers a block is for; every type has its own blocks."""

_FEW = BLOCK_NUMBERS // 8
"""New records up to which a block is changed; with more it is read anew."""

_IN_STATEMENT = 500

_COMPLETE = ""
"""The type of the row that tells for which release the blocks are complete."""


def write_blocks(
    connection: Connection,
    types: Mapping[str, CountedType],
    release: str,
    previous: str | None,
    changed: Mapping[str, set[int]] | None,
) -> None:
    """Writes the blocks of a release in the transaction of its load. `release` and `previous` name it and the one
    before; `changed` are the numbers of the records that it changes, by type, None if they may be any."""
    known, counted_by = connection.execute(_of(_COMPLETE, 0)).scalar(), signature(types)
    writing = _Writing(connection, types)
    if changed is None or previous is None or known != f"{previous} {counted_by}".encode():
        connection.execute(delete(CountBlock))
        for counted in types.values():
            writing.write_anew(counted)
    else:
        for name, numbers in changed.items():
            writing.update(types[name], numbers)
    writing.store(_COMPLETE, 0, f"{release} {counted_by}".encode())


class _Writing:
    def __init__(self, connection: Connection, types: Mapping[str, CountedType]) -> None:
        self._connection = connection
        tables, is_sqlite = {name: one.table for name, one in types.items()}, connection.dialect.name == "sqlite"
        self._extraction = Extraction(self._fetch, tables, sorts_links=not is_sqlite)

    def write_anew(self, counted: CountedType) -> None:
        first, last = self._connection.execute(
            select(func.min(counted.table.number), func.max(counted.table.number))
        ).one()
        if first is not None:
            for block in range(first // BLOCK_NUMBERS, last // BLOCK_NUMBERS + 1):
                self._replace(counted, block, read_block(self._extraction, counted, block))

    def update(self, counted: CountedType, changed: set[int]) -> None:
        for block in sorted({number // BLOCK_NUMBERS for number in changed}):
            first = block * BLOCK_NUMBERS
            here = sorted(number for number in changed if first <= number < first + BLOCK_NUMBERS)
            stored = self._connection.execute(_of(counted.name, block)).scalar() if len(here) <= _FEW else None
            if stored is None:
                self._replace(counted, block, read_block(self._extraction, counted, block))
                continue
            gone = np.array(here, np.uint32)
            frames = {name: [frame.without(gone)] for name, frame in unpacked(stored).items()}
            for start in range(0, len(here), _IN_STATEMENT):
                read = self._extraction.frames(counted, partial(_is_one_of, here[start : start + _IN_STATEMENT]))
                for name, frame in read.items():
                    frames[name].append(frame)
            self._replace(counted, block, {name: joined(some).in_order() for name, some in frames.items()})

    def _replace(self, counted: CountedType, block: int, frames: dict[str, Frame]) -> None:
        self._connection.execute(delete(CountBlock).where(*_is(counted.name, block)))
        if any(map(len, frames.values())):
            # Joined, because codes then do not depend on the order in which values were read.
            self.store(counted.name, block, packed({name: joined([frame]) for name, frame in frames.items()}))

    def store(self, type_: str, block: int, data: bytes) -> None:
        self._connection.execute(delete(CountBlock).where(*_is(type_, block)))
        row = {"type": type_, "block": block, "checksum": crc32(data), "data": data}
        self._connection.execute(insert(CountBlock), row)

    def _fetch(self, statement: Select[Any]) -> list[Any]:
        """By the driver itself: SQLAlchemy takes three times as long."""
        sql = str(statement.compile(dialect=self._connection.dialect, compile_kwargs={"literal_binds": True}))
        cursor: Any = self._connection.connection.cursor()
        try:
            cursor.execute(sql)
            rows: list[Any] = cursor.fetchall()
        finally:
            cursor.close()
        return rows


def read_block(extraction: Extraction, counted: CountedType, block: int) -> dict[str, Frame]:
    """Reads the frames of a block from the tables."""
    first = block * BLOCK_NUMBERS
    return extraction.block(counted, first, first + BLOCK_NUMBERS - 1)


class DamagedBlocks(Exception):
    """The stored blocks of a type are not those of the release, or not what was written."""


def complete_for(release: str, types: Mapping[str, CountedType]) -> Select[Any]:
    """Returns a query that finds something if the blocks are those of a release, given by its name, and hold what the
    types are counted by."""
    is_complete = _is(_COMPLETE, 0)
    wanted = crc32(f"{release} {signature(types)}".encode())
    return select(col(CountBlock.checksum)).where(*is_complete, col(CountBlock.checksum) == wanted)


def block_checksums() -> Select[Any]:
    """Returns a query for type, number and checksum of all blocks, in order."""
    columns: list[Any] = [col(CountBlock.type), col(CountBlock.block), col(CountBlock.checksum)]
    return select(*columns).where(col(CountBlock.type) != _COMPLETE).order_by(*columns[:2])


def stored_blocks(type_: str) -> Select[Any]:
    """Returns a query for the blocks of a type in the order of the numbers, with their checksums."""
    columns: list[Any] = [col(CountBlock.data), col(CountBlock.checksum)]
    return select(*columns).where(col(CountBlock.type) == type_).order_by(col(CountBlock.block))


def checked(rows: Iterable[Any]) -> Iterator[dict[str, Frame]]:
    """Yields the frames of stored blocks. Raises DamagedBlocks."""
    for data, checksum in rows:
        if crc32(data) != checksum:
            raise DamagedBlocks
        yield unpacked(data)


def _of(type_: str, block: int) -> Select[Any]:
    return select(col(CountBlock.data)).where(*_is(type_, block))


def _is(type_: str, block: int) -> tuple[Any, Any]:
    return col(CountBlock.type) == type_, col(CountBlock.block) == block


def _is_one_of(numbers: list[int], number: Any) -> Any:
    return number.in_(numbers)


def packed(frames: Mapping[str, Frame]) -> bytes:
    """Returns frames as a NumPy archive: arrays by frame and name, values of coded columns with one slash more."""
    arrays: dict[str, Array] = {}
    for frame_name, frame in frames.items():
        arrays |= {f"{frame_name}/{name}": smallest(array) for name, array in frame.arrays.items()}
        arrays |= {f"{frame_name}/{name}/values": array for name, array in frame.values.items()}
    with ZipFile(file := BytesIO(), "w") as archive:
        for name, array in arrays.items():
            np.save(member := BytesIO(), array, allow_pickle=False)
            # Without the time, so that the same frames are the same bytes.
            archive.writestr(ZipInfo(f"{name}.npy"), member.getvalue())
    return file.getvalue()


def unpacked(data: bytes) -> dict[str, Frame]:
    """Returns the frames of a NumPy archive.

    Not by `numpy.load`, which takes 0.25 ms for each of the thousands of short arrays of a large archive: here the
    members are found by their places, as they are not compressed, and equal headers are read once.
    """
    frames: dict[str, Frame] = {}
    with ZipFile(BytesIO(data)) as archive:
        for member in archive.infolist():
            frame_name, name, *values = member.filename.removesuffix(".npy").split("/")
            frame = frames.setdefault(frame_name, Frame({}))
            (frame.values if values else frame.arrays)[name] = _array(data, member.header_offset)
    return frames


def _array(data: bytes, offset: int) -> Array:
    """Returns the array that is a member of a ZIP file, by the place of its local header."""
    name_length, extra_length = unpack_from("<HH", data, offset + _LENGTHS)
    start = offset + _LOCAL_HEADER + name_length + extra_length
    (header_length,) = unpack_from("<H", data, start + len(_MAGIC))
    if data[start : start + len(_MAGIC)] != _MAGIC:
        raise DamagedBlocks
    begin = start + len(_MAGIC) + 2
    kind, shape = _header(data[begin : begin + header_length])
    return np.frombuffer(data, kind, prod(shape), begin + header_length).reshape(shape)


_LENGTHS, _LOCAL_HEADER = 26, 30
"""Where the lengths of name and extra field stand in a local header, and its own length without these (APPNOTE 4.3.7).
"""

_MAGIC = b"\x93NUMPY\x01\x00"
"""How arrays begin whose header is shorter than 64 kB (NumPy's format 1.0)."""


@lru_cache(maxsize=4096)
def _header(header: bytes) -> tuple[np.dtype[Any], tuple[int, ...]]:
    told = literal_eval(header.decode("latin-1"))
    return np.dtype(told["descr"]), told["shape"]
