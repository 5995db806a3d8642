"""Rows of a table as arrays by column: what is stored for a block of records, and put together from several blocks."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.counts.columns import AREA_SIDES, NO_NUMBER, Areas, Column, Days, References, Texts

Array = NDArray[Any]

NUMBER = "number"
"""The column with the number of the record that a row belongs to."""


@dataclass
class Frame:
    """Rows as arrays of one length by name, and for each coded column the values of its codes, from code 1 on."""

    arrays: dict[str, Array]
    values: dict[str, Array] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.arrays[NUMBER])

    def without(self, numbers: Array) -> "Frame":
        """Returns the rows of other records than these."""
        return self.at(np.flatnonzero(~np.isin(self.arrays[NUMBER], numbers)))

    def at(self, rows: Array) -> "Frame":
        """Returns some of the rows."""
        return Frame({name: array[rows] for name, array in self.arrays.items()}, self.values)

    def between(self, first: int, last: int) -> "Frame":
        """Returns the rows, which are in order, of records with numbers in a range."""
        start, end = np.searchsorted(self.arrays[NUMBER], [first, last + 1])
        return Frame({name: array[start:end] for name, array in self.arrays.items()}, self.values)

    def in_order(self) -> "Frame":
        """Returns the rows by the number of their record."""
        numbers = self.arrays[NUMBER]
        if bool(np.all(numbers[1:] >= numbers[:-1])):
            return self
        return self.at(np.argsort(numbers, kind="stable"))


NumberOf = Mapping[str, Callable[[Any], int]]
"""By the name of a column of references: what turns a selected value into the number of the record."""


def frame_of(rows: Sequence[Sequence[Any]], columns: Sequence[Column], number_of: NumberOf) -> Frame:
    """Returns the frame of rows that hold the record's number and then what the columns select."""
    width = 1 + sum(len(AREA_SIDES) if isinstance(one, Areas) else 1 for one in columns)
    by_position = list(zip(*rows, strict=True)) if rows else [()] * width
    frame = Frame({NUMBER: np.array(by_position[0], np.uint32)})
    position, size = 1, len(by_position[0])
    for column in columns:
        taken = by_position[position]
        position += 1
        if isinstance(column, Texts):
            codes: defaultdict[Any, int] = defaultdict(count(1).__next__, {None: 0, "": 0})
            array = np.fromiter(map(codes.__getitem__, taken), np.uint32, size)
            frame.values[column.name] = np.array(list(codes)[2:], np.str_)
        elif isinstance(column, Areas):
            sides = by_position[position - 1 : position - 1 + len(AREA_SIDES)]
            position += len(AREA_SIDES) - 1
            # The box follows from the point and its radius.
            circles: defaultdict[Any, int] = defaultdict(count(1).__next__, {(None, None, None): 0})
            array = np.fromiter(map(circles.__getitem__, zip(*sides[:3], strict=True)), np.uint32, size)
            codes_there, rows_there = np.unique(array, return_index=True)
            areas = [[side[row] for side in sides] for row in rows_there[codes_there > 0].tolist()]
            frame.values[column.name] = np.array(areas, np.float64).reshape(-1, len(AREA_SIDES))
        elif isinstance(column, Days):
            array = np.fromiter(map(ordinal, taken), np.int32, size)
        elif isinstance(column, References):
            array = np.fromiter(map(number_of[column.name], taken), np.uint32, size)
        else:
            array = np.array([NO_NUMBER if one is None else one for one in taken], np.int64)
        frame.arrays[column.name] = array
    return frame


def joined(frames: Sequence[Frame]) -> Frame:
    """Returns the rows of all frames one after the other; codes mean the same in all of them afterwards."""
    result = Frame({})
    for name in frames[0].arrays:
        if name not in frames[0].values:
            result.arrays[name] = np.concatenate([frame.arrays[name] for frame in frames])
            continue
        every = np.concatenate([frame.values[name] for frame in frames])
        distinct, inverse = _distinct_areas(every) if every.ndim > 1 else np.unique(every, return_inverse=True)
        codes = np.concatenate([[0], inverse + 1]).astype(np.uint32)
        parts, start = [], 0
        for frame in frames:
            size = len(frame.values[name])
            meaning = np.concatenate([codes[:1], codes[start + 1 : start + 1 + size]])
            parts.append(meaning[frame.arrays[name]])
            start += size
        result.arrays[name], result.values[name] = smallest(np.concatenate(parts)), distinct
    return result


def _distinct_areas(areas: Array) -> tuple[Array, Array]:
    """Returns the distinct rows in order, and which of these each row is. Point and radius tell them apart: to compare
    whole rows takes NumPy's `unique` four times as long."""
    order = np.lexsort(areas[:, 2::-1].T)
    in_order = areas[order]
    is_new = np.ones(len(areas), bool)
    is_new[1:] = (in_order[1:, :3] != in_order[:-1, :3]).any(axis=1)
    inverse = np.empty(len(areas), np.int64)
    inverse[order] = np.cumsum(is_new) - 1
    return in_order[is_new], inverse


@lru_cache(maxsize=65_536)
def ordinal(day: str | None) -> int:
    """Returns the number of a day; 0 for none."""
    return date.fromisoformat(day).toordinal() if day else 0


def smallest(array: Array) -> Array:
    """Returns whole numbers in the smallest type that holds them."""
    if not len(array):
        return array.astype(np.uint8)
    if array.min() < 0:
        return array.astype(np.int32 if array.max() < 1 << 31 else np.int64)
    top = int(array.max())
    return array.astype(np.uint8 if top < 1 << 8 else np.uint16 if top < 1 << 16 else np.uint32)
