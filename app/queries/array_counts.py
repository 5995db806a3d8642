"""Counts by facet in the arrays of a release."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

import numpy as np
from sqlalchemy import select, union_all

from app.counts.arrays import Archive, TypeArrays
from app.counts.columns import References
from app.counts.frames import Array
from app.counts.tallies import ByPoints, BySpans, Tally, ValueTally
from app.counts.values import ValueCounts as CountedValues
from app.counts.values import count_values
from app.queries.counting import MatchedRecords
from app.queries.counts import Ids, PointCounts, SpanCounts, SqlCounts, ValueCounts
from app.queries.histograms import DaySpan
from app.queries.record_type import RecordType, Table
from app.queries.values import Interval
from app.storage.snapshot import Snapshot


class ArrayCounts:
    """Counts in arrays, in a time that grows with the records that match; a facet without a tally is counted by SQL."""

    def __init__(self, snapshot: Snapshot, resource: RecordType, filters: Any, found: MatchedRecords) -> None:
        self._archive: Archive = snapshot.archive
        self._snapshot = snapshot
        self._resource = resource
        self._filters = filters
        self._found = found

    def values(
        self, facet: str, limit: int | None, *, only: Ids | None = None, named_in: Sequence[Table] = ()
    ) -> ValueCounts:
        """Counts by values."""
        arrays, tally = self._tally(facet)
        if tally is None:
            in_sql = SqlCounts(self._snapshot, self._resource, self._filters, self._found)
            return in_sql.values(facet, limit, only=only, named_in=named_in)
        assert not isinstance(tally, BySpans | ByPoints), "days and points are no values"
        counted = self._counted(arrays, facet, tally)
        if only is not None:
            counted = counted.among(self._positions(counted.labels.column, only))
        if not named_in:
            return ValueCounts(counted.first(limit), counted.number, counted.missing)
        by_name = self._by_name(counted.labels.column, named_in)
        positions = by_name[by_name < len(counted.counts)]
        positions = positions[counted.counts[positions] > 0][:limit]
        values = zip(counted.labels.texts(positions), counted.counts[positions].tolist(), strict=True)
        return ValueCounts(list(values), counted.number, counted.missing)

    def spans(self, facet: str) -> SpanCounts:
        """Counts by days."""
        arrays, tally = self._tally(facet)
        assert isinstance(tally, BySpans)

        keys, codes = span_codes(arrays, tally)
        counts = self._tallied(arrays, codes, len(keys))
        here = np.flatnonzero(counts)
        keys, counts = keys[here], counts[here]
        keys, counts = _by_bucket(keys, counts, facet, getattr(self._filters, "datetime", None))
        spans, missing = [], 0
        for days, number in zip(days_of_spans(keys), counts.tolist(), strict=True):
            if days[0]:
                spans.append(DaySpan(*days, number))
            else:
                missing += number
        return SpanCounts(spans, missing)

    def points(self, facet: str) -> PointCounts:
        """Counts by points."""
        arrays, tally = self._tally(facet)
        assert isinstance(tally, ByPoints)
        sides = arrays.values(tally.area.name)
        counts = self._tallied(arrays, arrays[tally.area.name], len(sides) + 1)
        here = np.flatnonzero(counts[1:])
        latitudes, longitudes, numbers = sides[here, 0].tolist(), sides[here, 1].tolist(), counts[here + 1].tolist()
        return PointCounts(list(zip(latitudes, longitudes, numbers, strict=True)), int(counts[0]))

    def _tally(self, facet: str) -> tuple[TypeArrays, Tally | None]:
        """Returns how a facet is counted, and in which arrays: of the records, or of what they are chosen by."""
        of = self._resource
        if of.is_of_subject(facet):
            assert of.chosen_by is not None
            of = of.chosen_by.record_type
        return self._archive[of.name], of.tallies.get(facet)

    def _rows(self, arrays: TypeArrays) -> Array | None:
        """Returns the rows that match, or those of what they are chosen by, as often as they are; None for all."""
        rows: Array | None = self._found.rows
        if arrays.name == self._resource.name:
            return rows
        assert self._resource.chosen_by is not None
        subjects: Array = self._archive[self._resource.name][self._resource.chosen_by.column]
        return (subjects if rows is None else subjects[rows]) - 1

    def _counted(self, arrays: TypeArrays, facet: str, tally: ValueTally) -> CountedValues:
        vocabulary = self._resource.vocabulary(facet)
        broader = {} if vocabulary is None else self._filters.codebook[vocabulary].broader
        rows, of_all = partial(self._rows, arrays), self._of_all()
        return count_values(arrays, facet, tally, rows, self._filters, broader, all_of=of_all)

    def _of_all(self) -> str:
        """Returns the name of all records, where all match; no name elsewhere."""
        return "" if self._found.rows is not None else self._resource.name

    def _tallied(self, arrays: TypeArrays, codes: Array, size: int) -> Array:
        rows = self._rows(arrays)
        return np.bincount(codes if rows is None else codes[rows], minlength=size)

    def _positions(self, column: Any, ids: Ids) -> Array:
        assert isinstance(column, References)
        found, start = [np.zeros(0, np.int64)], 0
        for name in column.targets:
            table, arrays = self._archive.types[name].table, self._archive[name]
            numbers = self._snapshot.column(select(table.number).where(table.id.in_(ids)))
            found.append(arrays.rows(np.array(numbers, np.uint32)).astype(np.int64) + start)
            start += arrays.size
        return np.concatenate(found)

    def _by_name(self, column: Any, tables: Sequence[Table]) -> Array:
        """Returns the positions of all records that a column may refer to, by their names."""
        assert isinstance(column, References)

        def make() -> dict[str, Array]:
            named = union_all(*(select(one.number, one.sort_name, one.id) for one in tables)).subquery()
            numbers = np.array(
                self._snapshot.column(select(named.c.number).order_by(named.c.sort_name, named.c.id)), np.uint32
            )
            return {"positions": self._archive.positions(numbers, column.targets)}

        names = "+".join(one.__tablename__ for one in tables)
        return self._archive.group(f"{'+'.join(column.targets)}.by_name_of.{names}", make, of_release=True)["positions"]


def span_codes(arrays: TypeArrays, tally: BySpans) -> tuple[Array, Array]:
    """Returns the distinct days and open ends that records have, as numbers, and which of these each record has."""

    def make() -> dict[str, Array]:
        columns = [arrays[one.name].astype(np.int64) for one in tally.columns]
        bits = zip(columns, _BITS, strict=False)
        keys, codes = np.unique(sum(column << shift for column, shift in bits), return_inverse=True)
        return {"keys": keys, "codes": codes.astype(np.uint32)}

    group = arrays.archive.group(f"{arrays.name}.spans", make)
    return group["keys"], group["codes"]


def days_of_spans(keys: Array) -> list[tuple[str, str, bool, bool]]:
    """Returns the first and last day, empty where there is none, and which ends are open."""
    return [(_day(key >> 2 & _MASK), _day(key >> 32 & _MASK), bool(key & 1), bool(key & 2)) for key in keys.tolist()]


def _by_bucket(keys: Array, counts: Array, unit: str, asked: Interval | None) -> tuple[Array, Array]:
    """Returns one of the spans that begin in the same bucket and end in the same, with the records of all of these.
    What is open at an end stays as it is, and what begins or ends where the days that are asked for do."""
    first, last = (_buckets(keys >> shift & _MASK, unit) for shift in (2, 32))
    exact = keys & 3 > 0
    if asked is not None and asked.start is not None:
        exact |= first <= _buckets(_ordinals(asked.start), unit)
    if asked is not None and asked.end is not None:
        exact |= last >= _buckets(_ordinals(asked.end), unit)
    bucket = np.where(exact, keys, (last << 32 | first << 2))
    _, one, inverse = np.unique(bucket * 2 + exact, return_index=True, return_inverse=True)
    return keys[one], np.bincount(inverse, weights=counts).astype(np.int64)


def _ordinals(day: str) -> Array:
    return np.array([date.fromisoformat(day).toordinal()])


def _buckets(ordinals: Array, unit: str) -> Array:
    """Returns the number of the day, month, year or decade of each day, from 1 on; 0 for none."""
    days = (ordinals - _EPOCH).astype("datetime64[D]")
    if unit == "month":
        numbers = days.astype("datetime64[M]").astype(np.int64) + 12 * 1970
    elif unit in ("year", "decade"):
        numbers = (days.astype("datetime64[Y]").astype(np.int64) + 1970) // (10 if unit == "decade" else 1)
    else:
        numbers = ordinals
    return np.where(ordinals > 0, numbers + 1, 0)


_EPOCH = date(1970, 1, 1).toordinal()


def _day(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat() if ordinal else ""


_BITS = (2, 32, 0, 1)
"""Where the first and the last day and the open ends stand in one number."""

_MASK = (1 << 30) - 1
