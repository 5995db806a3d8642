"""Counts records by their values: how many of some rows have each of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from sqlalchemy import select

from app.counts.arrays import RowArrays, TypeArrays
from app.counts.columns import Column, References
from app.counts.criteria import AllOf
from app.counts.frames import Array, smallest
from app.counts.grouped import Grouped, distinct, starts_of
from app.counts.indexes import every_row
from app.counts.matches import meeting
from app.counts.tallies import ByColumns, ByContainers, ByLinks, ByReferring, ValueTally
from app.storage.number_lists import number_list

Broader = Mapping[str, Sequence[str]]
"""The broader values of those that have some."""

_EACH_ANEW = 50_000
"""Rows up to which values are put together for them alone, where filters say which links count."""


@dataclass(frozen=True)
class ValueCounts:
    """How many records have each value: `counts` by position, and how many have none. `single` says that each record
    has one value at most."""

    counts: Array
    missing: int
    single: bool
    labels: "Labels"

    def among(self, positions: Array) -> "ValueCounts":
        """Returns the counts of some values alone."""
        kept = np.zeros_like(self.counts)
        here = positions[positions < len(kept)]
        kept[here] = self.counts[here]
        return replace(self, counts=kept)

    @property
    def number(self) -> int:
        """How many values there are."""
        return int(np.count_nonzero(self.counts))

    def first(self, most: int | None) -> list[tuple[str, int]]:
        """Returns values with their counts, those of most records first, then by value: all, or so many."""
        positions = np.flatnonzero(self.counts)
        if most is not None and most < len(positions):
            counts = self.counts[positions]
            least = np.partition(counts, len(counts) - most)[len(counts) - most]
            above, ties = positions[counts > least], positions[counts == least]
            positions = np.concatenate([above, self.labels.first(ties, most - len(above))])
        texts = self.labels.texts(positions)
        counted = zip(texts, self.counts[positions].tolist(), strict=True)
        return sorted(counted, key=lambda one: (-one[1], one[0]))[:most]


@dataclass(frozen=True)
class Labels:
    """What the positions of values mean: texts, or records of some types."""

    arrays: RowArrays
    column: Column
    known: Sequence[str] | None = None
    wholes: Grouped | None = None
    """Each of the texts with its broader ones."""

    @property
    def size(self) -> int:
        """How many values there may be."""
        if isinstance(self.column, References):
            return self.arrays.archive.size(self.column.targets)
        return len(self.arrays.values(self.column.name) if self.known is None else self.known)

    def texts(self, positions: Array) -> list[str]:
        """Returns the texts, or the ids of the records."""
        if not isinstance(self.column, References):
            known = self.known if self.known is not None else self.arrays.values(self.column.name).tolist()
            return [known[position] for position in positions.tolist()]
        archive = self.arrays.archive
        ids: dict[int, str] = {}
        for name, here, start in self._by_type(positions):
            table, numbers = archive.types[name].table, archive[name].numbers[here - start].tolist()
            some = table.number.in_(number_list(numbers))
            by_number = dict(map(tuple, archive.snapshot.rows(select(table.number, table.id).where(some))))
            ids |= {position: by_number[number] for position, number in zip(here.tolist(), numbers, strict=True)}
        return [ids[position] for position in positions.tolist()]

    def positions(self, texts: Sequence[str]) -> Array:
        """Returns the positions of texts, or of the records with these ids, in no order."""
        if isinstance(self.column, References):
            return self.arrays.positions(self.column.name, texts)
        wanted = set(texts)
        known = self.known if self.known is not None else self.arrays.values(self.column.name).tolist()
        return np.array([position for position, one in enumerate(known) if one in wanted], np.int64)

    def first(self, positions: Array, most: int) -> Array:
        """Returns positions of which the first in the order of their texts are some: of each type so many."""
        if not isinstance(self.column, References):
            texts = self.texts(positions)
            return positions[sorted(range(len(texts)), key=texts.__getitem__)[:most]]
        kept = [positions[:0]]
        for name, here, start in self._by_type(positions):
            ranks = self.arrays.archive.ranks(name)[here - start]
            kept.append(here[np.argpartition(ranks, most)[:most]] if most < len(here) else here)
        return np.concatenate(kept)

    def _by_type(self, positions: Array) -> list[tuple[str, Array, int]]:
        assert isinstance(self.column, References)
        found, start = [], 0
        for name in self.column.targets:
            end = start + self.arrays.archive[name].size
            if len(here := positions[(positions >= start) & (positions < end)]):
                found.append((name, here, start))
            start = end
        return found


def count_values(
    arrays: TypeArrays,
    key: str,
    tally: ValueTally,
    rows: Callable[[], Array | None],
    filters: Any,
    broader: Broader,
    *,
    all_of: str = "",
) -> ValueCounts:
    """Counts some rows, which may be repeated, by a tally: `rows` returns them, or None for all. `key` names its arrays
    in files; where all records of a type are counted, `all_of` names it, and their counts are kept."""
    labels = labels_of(arrays, tally, broader)
    if (column := single_column(tally)) is not None:
        array = arrays[column]
        chosen = rows()
        counts = np.bincount(array if chosen is None else array[chosen], minlength=1)
        missing, counts = int(counts[0]), counts[1:]
        if labels.wholes is not None:
            counts = _added_up(counts, labels.wholes)
        return ValueCounts(counts, missing, True, labels)
    if all_of and not is_refined(tally, filters):

        def totals() -> dict[str, Array]:
            values, _ = grouped_values(arrays, key, tally, rows(), filters, broader)
            return {"counts": np.bincount(values.values), "missing": np.array([values.without_values])}

        kept = arrays.archive.group(f"{all_of}.{key}.totals", totals)
        return ValueCounts(kept["counts"], int(kept["missing"][0]), False, labels)
    values, labels = grouped_values(arrays, key, tally, rows(), filters, broader)
    return ValueCounts(np.bincount(values.values), values.without_values, False, labels)


def grouped_values(
    arrays: TypeArrays, key: str, tally: ValueTally, rows: Array | None, filters: Any, broader: Broader
) -> tuple[Grouped, Labels]:
    """Returns the distinct values of each of some rows, and what they mean."""
    labels, refined = labels_of(arrays, tally, broader), is_refined(tally, filters)
    if refined and rows is not None and len(rows) <= _EACH_ANEW:
        return _values_of(arrays, tally, rows, filters, labels), labels

    def make() -> dict[str, Array]:
        # All is looked up anew, so that it is noted what this is made of.
        anew = arrays.archive[arrays.name]
        of_all = _values_of(anew, tally, every_row(anew), filters, labels_of(anew, tally, broader))
        return {"starts": of_all.starts, "values": of_all.values}

    group = make() if refined else arrays.archive.group(f"{arrays.name}.{key}.values", make)
    every = Grouped(group["starts"], group["values"])
    return every if rows is None else every.at(rows), labels


def is_refined(tally: ValueTally, filters: Any) -> bool:
    """Whether parameters say which links, or containers, count."""
    return not filters.model_fields_set.isdisjoint(tally.refined_by)


def single_column(tally: ValueTally, broader: Broader = MappingProxyType({})) -> str | None:
    """Returns the name of the column that has the one value of each record; None where it may count for several."""
    is_one = isinstance(tally, ByColumns) and len(tally.columns) == 1 and tally.hierarchy is None
    return tally.columns[0].name if is_one and not broader else None


def labels_of(arrays: TypeArrays, tally: ValueTally, broader: Broader) -> Labels:
    """Returns what the positions of a tally's values mean."""
    if isinstance(tally, ByContainers | ByReferring):
        return Labels(arrays, References("", None, (tally.hierarchy.type,)))
    if isinstance(tally, ByColumns):
        own, hierarchy = tally.columns[0], tally.hierarchy
        if hierarchy is not None and hierarchy.members is not None:
            own = References("", None, (hierarchy.type,))
        return _with_broader(Labels(arrays, own), broader)
    of = arrays.links(tally.of.name)
    return _with_broader(Labels(of, of.columns[tally.names[0]]), broader)


def _with_broader(labels: Labels, broader: Broader) -> Labels:
    """Returns labels that know the broader values of texts."""
    if isinstance(labels.column, References) or not broader:
        return labels
    known = labels.arrays.values(labels.column.name).tolist()
    known += sorted({whole for one in known for whole in broader.get(one, ())} - set(known))
    place = {one: position for position, one in enumerate(known)}
    pairs = [(place[one], place[whole]) for one in known for whole in (one, *broader.get(one, ()))]
    parts, wholes = np.array(pairs, np.int64).reshape(-1, 2).T
    return replace(labels, known=known, wholes=Grouped(starts_of(parts, len(known)), smallest(wholes)))


def _added_up(counts: Array, wholes: Grouped) -> Array:
    """Returns the counts of values with those of all that are narrower, where each record has one value."""
    own = np.zeros(wholes.size, np.int64)
    own[: len(counts)] = counts
    return np.bincount(wholes.values, weights=np.repeat(own, np.diff(wholes.starts))).astype(np.int64)


def _values_of(arrays: TypeArrays, tally: ValueTally, rows: Array, filters: Any, labels: Labels) -> Grouped:
    """Returns the distinct values of some rows, one group for each of these."""
    if isinstance(tally, ByContainers):
        values, lengths = arrays.archive.contained(tally.hierarchy, stated=_stated(filters)).of(rows)
        owners = np.repeat(np.arange(len(rows)), lengths)
        others = values != rows[owners]
        return Grouped(starts_of(owners[others], len(rows)), values[others])
    if isinstance(tally, ByReferring):
        return _referring(arrays, tally).at(rows)
    if isinstance(tally, ByColumns):
        pairs = [(np.arange(len(rows)), arrays[one.name][rows]) for one in tally.columns]
    else:
        pairs = _linked(arrays, tally, rows, filters)
    owners = np.concatenate([owners[values > 0] for owners, values in pairs])
    values = np.concatenate([values[values > 0].astype(np.int64) - 1 for _, values in pairs])
    if len(pairs) > 1:
        order = np.argsort(owners, kind="stable")
        owners, values = owners[order], values[order]
    containers = labels.wholes
    if tally.hierarchy is not None:
        containers = arrays.archive.contained(tally.hierarchy, stated=_stated(filters))
        if containers.size < _size(arrays, labels):
            containers = _extended(containers, _size(arrays, labels))
    if containers is not None:
        values, lengths = containers.of(values)
        owners = np.repeat(owners, lengths)
        if tally.hierarchy is not None and tally.hierarchy.members is not None:
            # What belongs to records of a hierarchy is none of them.
            owners, values = owners[values < (size := _size(arrays, labels))], values[values < size]
    return distinct(owners, values, len(rows))


def _referring(arrays: TypeArrays, tally: ByReferring) -> Grouped:
    """Returns for each record who refers to it, with all that contain who does."""
    archive, referred, referring = arrays.archive, [], []
    for one in tally.by:
        others = archive[one.type]
        links = others.grouped(one.links, one.column)
        column = others.links(one.links).columns[one.column]
        assert isinstance(column, References)
        first = archive.size(column.targets[: column.targets.index(arrays.name)]) + 1
        here = np.flatnonzero((links.values >= first) & (links.values < first + arrays.size))
        who = links.owners()[here]
        if one.through:
            who = others[one.through][who] - 1
        referred.append(links.values[here].astype(np.int64) - first)
        referring.append(who.astype(np.int64))
    of, by = np.concatenate(referred), np.concatenate(referring)
    by, lengths = archive.contained(tally.hierarchy).of(by)
    of = np.repeat(of, lengths)
    order = np.argsort(of, kind="stable")
    return distinct(of[order], by[order], arrays.size)


def _stated(filters: Any) -> bool:
    return getattr(filters, "place_basis", None) == "stated"


def _size(arrays: TypeArrays, labels: Labels) -> int:
    assert isinstance(labels.column, References)
    return arrays.archive.size(labels.column.targets)


def _extended(containers: Grouped, size: int) -> Grouped:
    """Returns containers with further records, each of which is contained in itself alone."""
    more = np.arange(containers.size, size, dtype=np.uint32)
    starts = np.concatenate([containers.starts, containers.starts[-1] + 1 + np.arange(len(more), dtype=np.uint32)])
    return Grouped(starts, smallest(np.concatenate([containers.values, more])))


def _linked(arrays: TypeArrays, tally: ByLinks, rows: Array, filters: Any) -> list[tuple[Array, Array]]:
    links = arrays.links(tally.of.name)
    every = arrays.grouped(tally.of.name, tally.names[0])
    positions, lengths = every.positions(rows)
    owners = np.repeat(np.arange(len(rows)), lengths)
    if chosen := tuple(tally.chosen(filters)):
        # Rows may be repeated, and then their links are, too.
        fits = np.zeros(links.size, bool)
        fits[meeting(links, AllOf(chosen), None)] = True
        kept = fits[positions]
        positions, owners = positions[kept], owners[kept]
    return [(owners, links[name][positions]) for name in tally.names]
