"""The arrays of one release, as one request sees them.

The records of a type are rows in the order of their numbers. A reference is the position of the record that is referred
to among those of the types that it may be of, plus 1; 0 is none.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from zlib import crc32

import numpy as np
from sqlalchemy import String, cast, func, select, union_all

from app.counts.blocks import (
    BLOCK_NUMBERS,
    DamagedBlocks,
    block_checksums,
    checked,
    complete_for,
    read_block,
    stored_blocks,
)
from app.counts.columns import Areas, Column, CountedType, Hierarchy, References, Texts, signature
from app.counts.extraction import OWN, Extraction
from app.counts.files import ArrayFiles, Group
from app.counts.frames import NUMBER, Array, Frame, frame_of, joined, smallest
from app.counts.grouped import Grouped, closure, starts_of
from app.storage.deadlines import TooSlow
from app.storage.snapshot import Snapshot

T = TypeVar("T")

_log = logging.getLogger(__name__)

MAKING_SECONDS = 1.0
"""The least time in which files of arrays are made."""

VALUES = ".values"
"""What the name of a coded column ends with where the values stand that its codes mean, the first for code 1."""

STARTS = ".starts"
"""What the name of links ends with where the links of each record begin."""


OF_RELEASE = "release."
"""What the names of groups begin with that hold what is read from the database beside blocks."""


def group_keys(snapshot: Snapshot, types: Mapping[str, CountedType]) -> Callable[[str], str]:
    """Returns what groups of a release are made of beside arrays, by name: blocks, the codebook, or other rows of the
    release."""
    release, counted_by = snapshot.release, signature(types)
    blocks: dict[str, int] = {}
    if snapshot.value(complete_for(f"{release.number} {release.digest}", types)) is not None:
        for type_, block, checksum in snapshot.rows(block_checksums()):
            blocks[type_] = crc32(f"{block} {checksum}".encode(), blocks.get(type_, 0))

    def key_of(name: str) -> str:
        if name.startswith(OF_RELEASE) or (name in types and not blocks):
            return f"{counted_by} {release.fingerprint}"
        return f"{counted_by} {blocks.get(name) if name in types else release.codebook}"

    return key_of


class Archive:
    """The arrays of all types in the release of a snapshot."""

    def __init__(self, snapshot: Snapshot, files: ArrayFiles, types: Mapping[str, CountedType]) -> None:
        self.snapshot = snapshot
        self.files = files
        self.types = types
        self._looked_up: dict[tuple[str, int], tuple[object, Any]] = {}

    def once(self, what: str, of: object, look_up: Callable[[], T]) -> T:
        """Returns what is looked up for a criterion, once for all counts of a request: of those that a filter excludes
        others are told apart by the same."""
        key = what, id(of)
        if key not in self._looked_up:
            # It is kept, so that no other has its id.
            self._looked_up[key] = of, look_up()
        known: T = self._looked_up[key][1]
        return known

    def group(self, name: str, make: Callable[[], Mapping[str, Array]], *, of_release: bool = False) -> Group:
        """Returns a group of arrays from the files. What is read from the database for it is that of this release
        alone (`of_release`). Raises TooSlow if it has to be made or mapped and there is little time: on the event loop,
        from where the request then goes to a thread."""
        name = f"{OF_RELEASE}{name}" if of_release else name
        if (known := self.files.groups.get(name)) is not None:
            return known
        if self.snapshot.deadline.seconds < MAKING_SECONDS:
            raise TooSlow(self.snapshot.deadline.seconds)
        if (found := self.files.find(name)) is not None:
            return found
        made = self.files.group(name, make)
        # What others profit from is not taken from the time of one.
        self.snapshot.renew()
        return made

    def __getitem__(self, name: str) -> "TypeArrays":
        counted = self.types[name]
        # Not kept: what is made of a group meanwhile has to ask for it, so that it is made anew when the group is.
        arrays = self.group(name, lambda: self._made(counted))
        return TypeArrays(self, counted.by_name, arrays, "", len(arrays[NUMBER]), counted)

    def size(self, names: Iterable[str]) -> int:
        """How many records of some types there are."""
        return sum(self[name].size for name in names)

    def contained(self, hierarchy: Hierarchy, *, stated: bool = False) -> Grouped:
        """Each record of a type with itself and all that contain it: if `stated`, only as the reporting states, where
        the hierarchy tells that."""
        stated = stated and bool(hierarchy.stated)

        def make() -> dict[str, Array]:
            arrays = self[hierarchy.type]
            parents = arrays.parents(hierarchy, stated=stated)
            if hierarchy.members is not None:
                type_, links, column = hierarchy.members
                parents = parents.followed_by(self[type_].grouped(links, column))
            closed = closure(parents)
            return {"starts": closed.starts, "values": closed.values}

        variant = ".stated" if stated else ".members" if hierarchy.members else ""
        group = self.group(f"{hierarchy.type}.containers{variant}", make)
        return Grouped(group["starts"], group["values"])

    def parts(self, hierarchy: Hierarchy, rows: Array, *, stated: bool = False) -> Array:
        """Returns some records of a type with all that they contain."""

        def make() -> dict[str, Array]:
            inside = self.contained(hierarchy, stated=stated)
            inverted = inside.inverted(inside.size)
            return {"starts": inverted.starts, "values": inverted.values}

        group = self.group(f"{hierarchy.type}.parts{'.stated' if stated else ''}", make)
        return np.unique(Grouped(group["starts"], group["values"]).of(rows)[0])

    def positions(self, numbers: Array, types: Sequence[str]) -> Array:
        """Returns the positions, from 0 on, of records with these numbers among those of some types."""
        return positions_of(numbers, {one: self[one].numbers for one in types}).astype(np.int64) - 1

    def ranks(self, *names: str) -> Array:
        """The place of each record of some types in the order of ids."""

        def make() -> dict[str, Array]:
            tables = (self.types[name].table for name in names)
            every = union_all(*(select(one.number, one.id) for one in tables)).subquery()
            in_order = select(every.c.number).order_by(every.c.id).subquery()
            numbers = numbers_in(self.snapshot.value(select(listed(in_order.c.number))))
            ranks = np.empty(self.size(names), np.uint32)
            ranks[self.positions(numbers, names)] = np.arange(len(ranks), dtype=np.uint32)
            return {"ranks": ranks}

        return self.group(f"{'+'.join(names)}.ranks", make, of_release=True)["ranks"]

    def _made(self, counted: CountedType) -> dict[str, Array]:
        frames = _joined(self._blocks(counted), counted)
        numbers = frames[OWN].arrays[NUMBER]
        arrays: dict[str, Array] = {NUMBER: numbers}
        for links in counted.links:
            frame = frames[links.name]
            owners = positions_of(frame.arrays[NUMBER], {counted.name: numbers}).astype(np.int64) - 1
            arrays[f"{links.name}{STARTS}"] = starts_of(owners, len(numbers))
            arrays |= self._columns(f"{links.name}.", links.columns, frame, counted.name, numbers)
        return arrays | self._columns("", counted.columns, frames[OWN], counted.name, numbers)

    def _blocks(self, counted: CountedType) -> list[dict[str, Frame]]:
        snapshot = self.snapshot
        try:
            if snapshot.value(complete_for(f"{snapshot.release.number} {snapshot.release.digest}", self.types)) is None:
                raise DamagedBlocks
            blocks = list(checked(snapshot.rows(stored_blocks(counted.name))))
            if sum(len(block[OWN]) for block in blocks) != snapshot.release.counts.get(counted.name, 0):
                raise DamagedBlocks
        except DamagedBlocks:
            _log.warning("The stored counts of %s are not those of the release, and are made anew", counted.name)
            blocks = list(self._read_anew(counted))
        snapshot.renew()
        return blocks

    def _read_anew(self, counted: CountedType) -> Iterator[dict[str, Frame]]:
        extraction = Extraction(self.snapshot.rows, {name: one.table for name, one in self.types.items()})
        number = counted.table.number
        first, last = (self.snapshot.value(select(of).order_by(of).limit(1)) for of in (number, number.desc()))
        for block in () if first is None else range(first // BLOCK_NUMBERS, last // BLOCK_NUMBERS + 1):
            yield read_block(extraction, counted, block)
            self.snapshot.renew()

    def _columns(
        self, prefix: str, columns: Sequence[Column], frame: Frame, own: str, numbers: Array
    ) -> dict[str, Array]:
        arrays: dict[str, Array] = {}
        for column in columns:
            array = frame.arrays[column.name]
            if isinstance(column, References):
                # The numbers of its own records are known already: its group is only being made.
                of = {one: numbers if one == own else self[one].numbers for one in column.targets}
                array = smallest(positions_of(array, of))
            elif isinstance(column, Texts | Areas):
                arrays[f"{prefix}{column.name}{VALUES}"] = frame.values[column.name]
                array = smallest(array)
            arrays[f"{prefix}{column.name}"] = array
        return arrays


def _joined(blocks: list[dict[str, Frame]], counted: CountedType) -> dict[str, Frame]:
    if blocks:
        return {name: joined([block[name] for block in blocks]) for name in blocks[0]}
    none: dict[str, Frame] = {one.name: frame_of([], one.columns, _NO_NUMBERS) for one in counted.links}
    return {OWN: frame_of([], counted.columns, _NO_NUMBERS), **none}


_NO_NUMBERS: defaultdict[str, Callable[[Any], int]] = defaultdict(lambda: int)


def listed(number: Any) -> Any:
    """Returns what selects all numbers as one text: a driver takes five times as long for as many rows."""
    return func.aggregate_strings(cast(number, String), ",")


def numbers_in(text: str | None) -> Array:
    """Returns the numbers that were selected so."""
    return np.fromstring(text or "", np.int64, sep=",")


def positions_of(numbers: Array, of: Mapping[str, Array]) -> Array:
    """Returns for the numbers of records their positions among those `of` some types, plus 1."""
    last = max((int(own[-1]) for own in of.values() if len(own)), default=0)
    position_of = np.zeros(last + 2, np.uint32)
    start = 1
    for own in of.values():
        position_of[own] = np.arange(start, start + len(own), dtype=np.uint32)
        start += len(own)
    # A number beyond the last is none of theirs. Stored numbers may be of a type that does not hold the last.
    positions: Array = position_of[np.minimum(numbers.astype(np.int64), last + 1)]
    return positions


@dataclass(frozen=True)
class RowArrays:
    """The arrays of the records of a type or of links between records, by name."""

    archive: Archive
    columns: Mapping[str, Column]
    arrays: Mapping[str, Array]
    prefix: str
    size: int

    def __getitem__(self, name: str) -> Array:
        return self.arrays[f"{self.prefix}{name}"]

    def values(self, column: str) -> Array:
        """What the codes of a column mean, the first for code 1."""
        return self.arrays[f"{self.prefix}{column}{VALUES}"]

    def codes(self, column: str, texts: Iterable[str]) -> list[int]:
        """Returns the codes of some texts in a column."""
        wanted = set(texts)
        return [code for code, one in enumerate(self.values(column).tolist(), 1) if one in wanted]

    def positions(self, column: str, ids: Any) -> Array:
        """Returns the positions, from 0 on, of records that a column of references may refer to: by their ids, or by a
        query for these."""
        declared = self.columns[column]
        assert isinstance(declared, References)
        found, start = [], 0
        for name in declared.targets:
            arrays = self.archive[name]
            found.append(arrays.with_ids(ids).astype(np.int64) + start)
            start += arrays.size
        return np.concatenate(found)


@dataclass(frozen=True)
class TypeArrays(RowArrays):
    """The arrays of the records of a type."""

    counted: CountedType

    @property
    def name(self) -> str:
        """The name of the type."""
        return self.counted.name

    @property
    def numbers(self) -> Array:
        """The numbers of the records, in order."""
        return self.arrays[NUMBER]

    def rows(self, numbers: Array) -> Array:
        """The rows of records with these numbers. Those of others have any rows, perhaps beyond the last."""
        numbers, runs = numbers.astype(np.int64), self._runs
        run = np.maximum(np.searchsorted(runs["first"], numbers, side="right") - 1, 0)
        rows: Array = np.maximum(numbers - runs["before"][run], 0).astype(np.uint32)
        return rows

    @property
    def _runs(self) -> Group:
        """The runs of numbers without gaps: the first of each, and how much more than its row each number is. They are
        few, and numbers are found in them several times as fast as among all."""

        def make() -> dict[str, Array]:
            numbers = self.numbers.astype(np.int64)
            starts = np.append(0, np.flatnonzero(np.diff(numbers) != 1) + 1)[: max(len(numbers), 1)]
            first = numbers[starts] if len(numbers) else starts
            return {"first": first, "before": first - starts}

        return self.archive.group(f"{self.name}.runs", make)

    def with_ids(self, ids: Any) -> Array:
        """Returns the rows of records, in no order: by their ids, or by a query for these."""
        number, snapshot = self.counted.table.number, self.archive.snapshot
        having = self.counted.table.id.in_(ids)
        if isinstance(ids, Sequence):
            return self.rows(np.array(snapshot.column(select(number).where(having)), np.uint32))
        return self.rows(numbers_in(snapshot.value(select(listed(number)).where(having))))

    @property
    def changed_in(self) -> Array:
        """The release that has changed each record last."""

        def make() -> dict[str, Array]:
            table = self.counted.table
            changed = np.zeros(self.size, np.uint32)
            by_release = select(table.changed_in, listed(table.number)).group_by(table.changed_in)
            for release, text in self.archive.snapshot.rows(by_release):
                changed[self.rows(numbers_in(text))] = release
            return {"changed_in": smallest(changed)}

        return self.archive.group(f"{self.name}.changed_in", make, of_release=True)["changed_in"]

    def links(self, name: str) -> RowArrays:
        """The links of these records that have a name."""
        of = self.counted.link(name)
        size = int(self.arrays[f"{name}{STARTS}"][-1])
        return RowArrays(self.archive, {one.name: one for one in of.columns}, self.arrays, f"{name}.", size)

    def grouped(self, links: str, column: str) -> Grouped:
        """The values of a column of links for each record."""
        return Grouped(self.arrays[f"{links}{STARTS}"], self.arrays[f"{links}.{column}"])

    def parents(self, hierarchy: Hierarchy, *, stated: bool) -> Grouped:
        """The positions of what directly contains each record, plus 1; 0 is none."""
        if not hierarchy.links:
            return Grouped(np.arange(self.size + 1, dtype=np.uint32), self[hierarchy.column])
        parents = self.grouped(hierarchy.links, hierarchy.column)
        if not stated:
            return parents
        links = self.links(hierarchy.links)
        is_stated = np.isin(links[hierarchy.stated], links.codes(hierarchy.stated, ["stated"]))
        return Grouped(parents.starts, np.where(is_stated, parents.values, 0))
