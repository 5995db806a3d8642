"""Arrays with any number of values for each row, and what is contained in what."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from app.counts.frames import Array, smallest


@dataclass(frozen=True)
class Grouped:
    """Any number of values for each of some rows: those of row r are `values[starts[r]:starts[r + 1]]`."""

    starts: Array
    values: Array

    @property
    def size(self) -> int:
        """How many rows there are."""
        return len(self.starts) - 1

    def of(self, rows: Array) -> tuple[Array, Array]:
        """Returns the values of some rows one after the other, and how many each row has."""
        if len(rows) == 1:
            values = self.values[int(self.starts[rows[0]]) : int(self.starts[rows[0] + 1])]
            return values, np.array([len(values)])
        positions, lengths = self.positions(rows)
        return self.values[positions], lengths

    def number(self, rows: Array) -> int:
        """Returns how many values some rows have together."""
        if len(rows) == 1:
            return int(self.starts[rows[0] + 1]) - int(self.starts[rows[0]])
        return int((self.starts[rows + 1].astype(np.int64) - self.starts[rows]).sum())

    def at(self, rows: Array) -> "Grouped":
        """Returns the values of some rows, which may be repeated."""
        values, lengths = self.of(rows)
        return Grouped(starts_from(lengths), values)

    @property
    def without_values(self) -> int:
        """How many rows have none."""
        return int(np.count_nonzero(self.starts[1:] == self.starts[:-1]))

    def positions(self, rows: Array) -> tuple[Array, Array]:
        """Returns where the values of some rows stand, and how many each row has."""
        first = self.starts[rows].astype(np.int64)
        lengths = self.starts[rows + 1].astype(np.int64) - first
        ends = np.cumsum(lengths)
        total = int(ends[-1]) if len(ends) else 0
        return np.arange(total) + np.repeat(first - (ends - lengths), lengths), lengths

    def followed_by(self, other: "Grouped") -> "Grouped":
        """Returns these rows and, behind them, those of another."""
        starts = np.concatenate([self.starts, self.starts[-1] + other.starts[1:]])
        return Grouped(starts, np.concatenate([self.values, other.values]))

    def owners(self) -> Array:
        """Returns the row of each value."""
        return np.repeat(np.arange(self.size, dtype=np.uint32), np.diff(self.starts))

    def inverted(self, size: int) -> "Grouped":
        """Returns for each of `size` values the rows that have it, in order."""
        order = np.argsort(self.values, kind="stable")
        return Grouped(starts_of(self.values[order], size), self.owners()[order])


def starts_from(lengths: Array) -> Array:
    """Returns where the values of rows with so many of them begin, and the last ones end."""
    starts = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=starts[1:])
    return starts


def starts_of(owners: Array, size: int) -> Array:
    """Returns where the values of each of `size` rows begin, and the last ones end. `owners` are in order."""
    starts = np.zeros(size + 1, np.uint32)
    np.cumsum(np.bincount(owners, minlength=size), out=starts[1:])
    return starts


def distinct(owners: Array, values: Array, size: int) -> Grouped:
    """Returns the distinct values of `size` rows; `owners` are the rows of the values, in order."""
    keys: list[Array] = []
    # In parts: sorting many millions at once takes ten times as long and gigabytes.
    for start, end in _parts(owners):
        part = (owners[start:end].astype(np.uint64) << np.uint64(32)) | values[start:end].astype(np.uint64)
        part.sort()
        keys.append(part[np.concatenate([[True], part[1:] != part[:-1]])])
    every = np.concatenate(keys) if keys else np.zeros(0, np.uint64)
    rows = (every >> np.uint64(32)).astype(np.uint32)
    return Grouped(starts_of(rows, size), smallest(every & np.uint64(0xFFFFFFFF)))


_PART = 1 << 18


def _parts(owners: Array) -> Iterator[tuple[int, int]]:
    """Yields parts in which all values of a row stand together."""
    start = 0
    while start < len(owners):
        end = min(start + _PART, len(owners))
        if end < len(owners):
            end = int(np.searchsorted(owners, owners[end - 1], side="right"))
        yield start, end
        start = end


def closure(parents: Grouped) -> Grouped:
    """Returns each row with itself and all that contain it, from the rows (plus 1; 0 is none) that directly do."""
    owners = values = np.arange(parents.size, dtype=np.uint32)
    every_owner, every_value = [owners], [values]
    for _ in range(parents.size):  # a chain is no longer, also where the data has a cycle
        above, lengths = parents.of(values)
        owners, values = np.repeat(owners, lengths), above.astype(np.uint32)
        owners, values = owners[values > 0], values[values > 0] - 1
        if not len(values):
            break
        keys = np.unique((owners.astype(np.uint64) << np.uint64(32)) | values.astype(np.uint64))
        owners, values = (keys >> np.uint64(32)).astype(np.uint32), (keys & np.uint64(0xFFFFFFFF)).astype(np.uint32)
        every_owner.append(owners)
        every_value.append(values)
    all_owners, all_values = np.concatenate(every_owner), np.concatenate(every_value)
    order = np.argsort(all_owners, kind="stable")
    return distinct(all_owners[order], all_values[order], parents.size)
