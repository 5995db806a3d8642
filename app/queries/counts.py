"""Counts by facet: what answers ask of whoever counts records, and counting in SQL.

Answers know nothing of the way, which `count_ways` chooses.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from sqlalchemy import CompoundSelect, Select, func, or_, select, union_all

from app.model.codebook import Vocabulary
from app.queries.counting import MatchedRecords, records
from app.queries.facets import NONE, DateFacet, Facet, Grid, Split, with_broader
from app.queries.histograms import DaySpan
from app.queries.record_type import RecordType, Table
from app.storage.snapshot import Snapshot

Ids = Select[Any] | CompoundSelect[Any]
"""A query for ids."""


class ValueCounts(NamedTuple):
    """Values with their records, how many values there are in all, and how many records have none."""

    values: list[tuple[str, int]]
    number: int
    missing: int


class SpanCounts(NamedTuple):
    """The days that records have, and how many records have none."""

    spans: list[DaySpan]
    missing: int


class PointCounts(NamedTuple):
    """Latitude, longitude and number of records of each point, and how many records have none."""

    points: list[tuple[float, float, int]]
    missing: int


class Counts(Protocol):
    """Counts the records of one type that match some filters. Each facet is one of the type's, of the kind that the
    method is for."""

    def values(
        self, facet: str, limit: int | None, *, only: Ids | None = None, named_in: Sequence[Table] = ()
    ) -> ValueCounts:
        """Counts by values, `only` some of them if any are given: the first of most records or, where they are ids of
        records that are `named_in` some tables, by name. A record counts for the broader values of a vocabulary, too.
        """

    def spans(self, facet: str) -> SpanCounts:
        """Counts by days."""

    def points(self, facet: str) -> PointCounts:
        """Counts by points."""


class SqlCounts:
    """Counts in SQL: for every release, and in a time that grows with the records that match."""

    def __init__(self, snapshot: Snapshot, resource: RecordType, filters: Any, found: MatchedRecords) -> None:
        self._snapshot = snapshot
        self._resource = resource
        self._filters = filters
        self._found = found

    def values(
        self, facet: str, limit: int | None, *, only: Ids | None = None, named_in: Sequence[Table] = ()
    ) -> ValueCounts:
        """Counts by values; for each facet with one statement."""
        one, vocabulary = self._resource.facets[facet], self._resource.vocabulary(facet)
        assert isinstance(one, Facet)
        coded = None if vocabulary is None else self._filters.codebook[vocabulary]
        split = one.split(self._filters, records(self._resource, self._found.conditions))
        # Each record has one value, so sums are exact, and counting by an index is faster than a join.
        to_add_up = coded if coded is not None and coded.broader and split.links is None else None
        if coded is not None and to_add_up is None:
            split = with_broader(split, coded)
        statement = self._by_label(split, None if to_add_up else limit, only, named_in)
        rows = [(label, number, of_all) for label, number, of_all in self._snapshot.rows(statement)]
        missing = next((number for label, number, _ in rows if label == NONE), 0)
        values = [(label, number) for label, number, _ in rows if label != NONE][:limit]
        number = rows[0][2] - bool(missing) if rows else 0
        if to_add_up is not None:
            values = _added_up(values, to_add_up)
            values, number = values[:limit], len(values)
        return ValueCounts(values, number, missing)

    def _by_label(self, split: Split, limit: int | None, only: Ids | None, named_in: Sequence[Table]) -> Select[Any]:
        """Label, records, and number of all labels: that of no value first, then so many others."""
        statement = split.joined(self._resource.select(self._found.conditions, split.label.label("label")))
        # It is named in a subquery because PostgreSQL would take the parameters inside of it for different ones.
        label = (labelled := statement.subquery()).c.label
        counted = select(label, func.count().label("records"), func.count().over().label("labels"))
        counted = counted.select_from(labelled).group_by(label)
        if only is not None:
            counted = counted.where(or_(label == NONE, label.in_(only)))
        if not named_in:
            ordered = counted.order_by((label == NONE).desc(), func.count().desc(), label)
        else:
            found = counted.subquery()
            names = union_all(*(select(one.id, one.sort_name) for one in named_in)).subquery()
            ordered = select(found).outerjoin(names, names.c.id == found.c.label)
            ordered = ordered.order_by((found.c.label == NONE).desc(), names.c.sort_name, found.c.label)
        return ordered if limit is None else ordered.limit(limit + 1)

    def spans(self, facet: str) -> SpanCounts:
        """Counts by days, with one statement."""
        one = self._resource.facets[facet]
        assert isinstance(one, DateFacet)
        rows = self._snapshot.rows(self._grouped([day for day in one.days if day is not None]))
        padded = ((*row[:-1], *(False for day in one.days if day is None), row[-1]) for row in rows)
        spans = [DaySpan(*row) for row in padded if row[0] is not None]
        return SpanCounts(spans, sum(row[-1] for row in rows if row[0] is None))

    def points(self, facet: str) -> PointCounts:
        """Counts by points, with one statement."""
        one = self._resource.facets[facet]
        assert isinstance(one, Grid)
        rows = self._snapshot.rows(self._grouped(one.point))
        points = [tuple(row) for row in rows if row[0] is not None]
        return PointCounts(points, sum(row[-1] for row in rows if row[0] is None))

    def _grouped(self, columns: Sequence[Any]) -> Select[Any]:
        return self._resource.select(self._found.conditions, *columns, func.count()).group_by(*columns)


def _added_up(found: Sequence[tuple[str, int]], vocabulary: Vocabulary) -> list[tuple[str, int]]:
    """Returns values with their counts, those of broader values with all that are narrower: the most frequent first."""
    counts: Counter[str] = Counter()
    for value, count in found:
        for one in (value, *vocabulary.broader.get(value, ())):
            counts[one] += count
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))
