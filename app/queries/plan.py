"""How a list finds its records. There are six ways, all of which read few rows, however many records there are.

`plan(resource, filters, order)` is the one entry. A filter gives conditions and knows nothing of the ways; the plan
chooses by what the conditions say of themselves (see `Condition`). Below each way is a request that takes it, and what
SQLite then does (from `EXPLAIN QUERY PLAN`; tests compare):

1. *List order.* An index has the records in the order of the list, perhaps behind the values of a filter; they are
   read from where the page begins until it is full, and the other conditions are checked on the way.

       GET /v1/incidents?kind=joint_raid&sort=-date
       SEARCH incidents USING COVERING INDEX ix_incidents_kind_sort_date_id (kind=?)

2. *Date ranges.* A range that touches an interval has begun in it, or before it. In the order of the days, first those
   are read that have begun in it. Only if the page is not full then, those that have begun before: a branch for each
   class of lengths (`app.model.day_spans`), each in list order, merged.

       GET /v1/incidents?datetime=1999-07&sort=-date
       SEARCH incidents USING COVERING INDEX ix_incidents_sort_date_id (sort_date>? AND sort_date<?)
       MERGE (UNION ALL)
       SEARCH incidents USING INDEX ix_incidents_reach_sort_date_id (reach=? AND sort_date>? AND sort_date<?)

3. *Few matches.* Where the index of a condition finds few records, it alone is searched (the driving index). They are
   sorted, and then the documents of the page are read.

       GET /v1/incidents?place=orsa&sort=title
       SEARCH incident_places USING COVERING INDEX ix_incident_places_place_id_role_incident_id (place_id=? AND role=?)
       SEARCH incidents USING INDEX sqlite_autoindex_incidents_1 (id=?)
       USE TEMP B-TREE FOR ORDER BY
       SEARCH documents USING INTEGER PRIMARY KEY (rowid=?)

4. *Best matches.* The search index ranks what has the words; the ranks lead to the records, and are sorted. If very
   many match, the words tell no records apart, and the list comes in its usual order.

       GET /v1/incidents?q=ferry
       SCAN search_index VIRTUAL TABLE INDEX
       SEARCH incidents USING INTEGER PRIMARY KEY (rowid=?)
       USE TEMP B-TREE FOR ORDER BY
       SEARCH documents USING INTEGER PRIMARY KEY (rowid=?)

5. *Newest with words.* Numbers of search entries begin with the day, so the search index finds what has the words in
   the order of the days, until the page is full and its last day complete.

       GET /v1/incidents?q=ferry&sort=-date
       SCAN search_index VIRTUAL TABLE INDEX
       SEARCH documents USING INTEGER PRIMARY KEY (rowid=?)

6. *Known matches.* Where what matches is counted in arrays, these have found the records already. If they are few, or
   no more than two pages where an index has them in list order, the first in the order of the days are chosen there,
   and their documents alone are read.

       GET /v1/incidents?kind=joint_raid&datetime=1999-07&sort=-date
       SEARCH documents USING INTEGER PRIMARY KEY (rowid=?)
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import CompoundSelect, Select, TableValuedAlias, bindparam, select, union_all

from app.queries.conditions import (
    MAX_PRESORTED_RECORDS,
    Branches,
    Clause,
    Condition,
    by_partition,
    matching,
    using_lookup_of,
)
from app.queries.counting import MatchedRecords, counts_all, find_records
from app.queries.most_selective import most_selective
from app.queries.orders import Order
from app.queries.record_type import RecordType
from app.queries.search import (
    MAX_RANKED,
    count_hits,
    hits,
    match_parameters,
    newest_hits,
    page_boundary,
    sort_by_day,
)
from app.search.entry_numbers import day_range, document_number, type_range
from app.search.terms import SearchQuery
from app.storage.read_kinds import ReadKind
from app.storage.registry import document_bytes_of
from app.storage.snapshot import Snapshot

PageKey = tuple[Any, ...]
"""The sort value and id behind which a page begins."""

EXTRA_DAY_ROWS = 200
"""Documents that are read beyond the page, of the day on which it ends. If that day has more of them, as the first of a
year may, to which imprecise dates are sorted, only the page's are read."""

MAX_SORTED_ROWS = 10_000
"""Records that are sorted in arrays at most: of more, an index has a page as fast."""

PAGES_FROM_INDEX = 2
"""Pages of matches from which on an index that has them in list order is faster: of fewer it may have to look, beside
those that begin in a range of days, for those that began before."""

PRESENTATION = {
    *("sort", "limit", "cursor", "count", "fields", "include", "lang", "evidence", "flat", "facets", "totals"),
    *("of", "facet", "facet_limit", "facet_sort", "facet_prefix", "facet_except", "z", "sums", "group_by"),
    "release",
    "history",
}
"""Parameters that choose no records."""


def chooses(name: str) -> bool:
    """Whether a parameter chooses records; `fields[quotes]` does as little as `fields`."""
    return name.partition("[")[0] not in PRESENTATION


def plan(resource: RecordType, filters: Any, order: Order | None = None) -> "Plan":
    """Plans the list of the records that match, in the order that the filters name if none is given."""
    return Plan(resource, filters, order)


@dataclass(frozen=True)
class Plan:
    """A list that is to be read: what is known of it without a database."""

    resource: RecordType
    filters: Any
    order: Order | None = None

    @property
    def kind(self) -> ReadKind:
        """What it takes to read a page."""
        if counts_all(self.filters):
            return ReadKind.COUNT
        return kind_for_one(self.resource, self.filters.include) if self._has_index_in_order else ReadKind.SEARCH

    @property
    def _has_index_in_order(self) -> bool:
        """Whether an index has the records that match in the order of the list."""
        filters = self.filters
        choosing = set(filter(chooses, filters.model_fields_set))
        return bool(choosing <= self.resource.in_list_order)

    def on(self, snapshot: Snapshot, *, is_counted: bool = False) -> "PlannedList":
        """The same list in one snapshot, whose filters refer to records that exist (`resolve_ids`). If it `is_counted`,
        all that matches is found at once where there are arrays.

        Counts what indexes find as far as needed, to choose the order and the driving index.
        """
        order = self.order or _order(snapshot, self.resource, self.filters)
        conditions: list[Condition] = self.resource.conditions(self.filters)
        found, most = None, MAX_SORTED_ROWS
        if is_counted and conditions and snapshot.archive is not None:
            found = find_records(snapshot, self.resource, conditions)
            most = PAGES_FROM_INDEX * self.filters.limit if self._has_index_in_order else most
        planned = PlannedList(snapshot, self.resource, order, conditions, found, most)
        return planned if planned.is_known else planned.by_index()


def kind_for_one(resource: RecordType, include: list[str]) -> ReadKind:
    """What it takes to read one record: a search only where `include` asks for more than it refers to itself."""
    return ReadKind.SEARCH if resource.reads_further(include) else ReadKind.LOOKUP


def _order(snapshot: Snapshot, resource: RecordType, filters: Any) -> Order:
    order = resource.order(filters)
    if order.ranks is None:
        return order
    matches = snapshot.value(count_hits(filters.q, resource.code, MAX_RANKED))
    return order if matches <= MAX_RANKED else resource.order(filters, ranked=False)


class PageStatement(NamedTuple):
    """A statement for document, sort value and id of records, with the values that it takes. `arrange` turns its rows
    into those of a page, or returns None if `fallback` has to be run instead."""

    statement: Select[Any] | CompoundSelect[Any]
    values: Mapping[str, Any] = MappingProxyType({})
    arrange: Callable[[list[Any]], list[Any] | None] = list
    fallback: Callable[[], Select[Any]] | None = None


@dataclass(frozen=True)
class _StatementShape:
    """What tells all about a statement but the values of its parameters, and how to build it."""

    shape: Hashable
    build: Callable[[], Select[Any] | CompoundSelect[Any]] = field(compare=False)


@lru_cache(maxsize=256)
def statement_of(statement: _StatementShape) -> Select[Any] | CompoundSelect[Any]:
    """The statement of a shape, from then on with other values: building and compiling it takes ten times as long as
    running it."""
    return statement.build()


@dataclass(frozen=True)
class PlannedList:
    """The records of one snapshot that meet some conditions, in an order. `found` are all of them, where arrays have
    been asked, which put `most_sorted` in order at most."""

    snapshot: Snapshot
    resource: RecordType
    order: Order
    conditions: list[Condition]
    found: MatchedRecords | None = None
    most_sorted: int = MAX_SORTED_ROWS

    def rows(self, limit: int, after: PageKey | None = None) -> list[Any]:
        """Document, sort value and id of the first records, or of the first behind a sort value and id."""
        if self.is_known:
            page = self._known(limit, after)
            return self.by_index().rows(limit, after) if page is None else page
        parts = self._parts(after)
        if after is not None and len(parts) > 1:
            is_unstated = after[0] == self.order.unstated
            place = next(number for number, one in enumerate(parts) if one.order.of_unstated is is_unstated)
            parts = parts[place:]
        rows: list[Any] = []
        for number, part in enumerate(parts):
            rows += part._own_rows(limit - len(rows), None if number else after)
            if len(rows) >= limit:
                break
        return rows

    @property
    def is_known(self) -> bool:
        """Whether arrays have found all records, few enough to be put in order there."""
        return self.found is not None and self.found.is_at_most(self.most_sorted) and self.resource.by_day(self.order)

    def _known(self, limit: int, after: PageKey | None) -> list[Any] | None:
        # Here, because importing NumPy takes longer than most answers.
        from app.queries.array_pages import page_by_day

        assert self.found is not None
        return page_by_day(self.snapshot, self.found, self.order, after, limit, limit + EXTRA_DAY_ROWS)

    def by_index(self) -> "PlannedList":
        """The same list, to be found by the index that finds the fewest records, if there is one."""
        in_order = self.resource.by_day(self.order)
        candidates = [one for one in self.conditions if not (in_order and one.partitions)]
        driving = most_selective(self.snapshot, candidates, MAX_PRESORTED_RECORDS)
        planned = self.conditions if driving is None else using_lookup_of(self.conditions, driving)
        return replace(self, conditions=planned, found=None if self.is_known else self.found)

    def _parts(self, after: PageKey | None = None) -> list["PlannedList"]:
        """The list itself or, where records without what it is sorted by stand apart, these and all others in order; as
        far as a page behind a sort value and id needs them."""
        order = self.order
        # Nothing that dates are looked for in is without a day.
        has_days = order.linked is None and any(one.axis == "date" for one in self.conditions)
        if not order.is_sorted_apart or has_days:
            return [self]
        apart = order.apart(self.resource.table.id, behind_one=after is not None)
        return [replace(self, order=one, conditions=[*self.conditions, *others]) for one, others in apart]

    def _own_rows(self, limit: int, after: PageKey | None) -> list[Any]:
        rows: list[Any] = []
        for page in self._statements(after, limit):
            arranged = page.arrange(self.snapshot.rows(page.statement, **page.values))
            if arranged is None and page.fallback is not None:
                arranged = self.snapshot.rows(page.fallback())
            rows += arranged or []
            if len(rows) >= limit:
                break
        return self.order.own(rows[:limit])

    def backwards(self) -> "PlannedList":
        """The same records in the opposite order."""
        return replace(self, order=self.order.reversed())

    def batches(self, most: int | None = None) -> Iterator[Any]:
        """The documents of all records in order, or of the first so many, in batches that are read while they are
        used."""
        left = most
        for page in (page for part in self._parts() for page in part._statements()):
            for batch in self.snapshot.batches(page.statement, **page.values):
                yield batch if left is None else batch[:left]
                if left is not None and (left := left - len(batch)) <= 0:
                    return

    def count(self) -> int:
        """How many records there are."""
        return int(self.snapshot.value(self.resource.count(self.conditions)))

    def _statements(self, after: PageKey | None = None, limit: int | None = None) -> Iterator[PageStatement]:
        """The statements that find the records, to be run one after the other until they have found enough."""
        words = next((one.words for one in self.conditions if one.words is not None), None)
        order, by_day = self.order, self.resource.by_day(self.order)
        if limit is not None and words is not None and by_day:
            yield self._newest_with_words(words, after, limit)
        elif limit is not None and any(one.uses_index for one in self.conditions):
            yield PageStatement(self._presorted(after, limit))
        else:
            in_order = by_partition(self.conditions, descending=order.descending)
            for step, branches in enumerate(in_order if by_day else [lambda: [matching(self.conditions)]]):
                yield self._in_list_order(step, branches, after, limit)

    def _in_list_order(self, step: int, branches: Branches, after: PageKey | None, limit: int | None) -> PageStatement:
        """The records that meet the clauses of one of the branches; each has an index that finds them in order."""
        order, shapes = self.order, tuple(one.shape for one in self.conditions)

        def build() -> Select[Any] | CompoundSelect[Any]:
            return self._merged(branches(), after, limit)

        if None in shapes or order.ranks is not None:
            return PageStatement(build())
        shape = (self.resource.name, order.key, order.descending, step, after is None, limit is None, shapes)
        values = {"limit": limit, **dict(zip(("after_value", "after_id"), after or (), strict=False))}
        for one in self.conditions:
            values.update(one.values)
        return PageStatement(statement_of(_StatementShape(shape, build)), values)

    def _merged(
        self, branches: list[list[Clause]], after: PageKey | None, limit: int | None
    ) -> Select[Any] | CompoundSelect[Any]:
        resource, order = self.resource, self.order
        behind: list[Clause] = []
        if after is not None:
            key: PageKey = (bindparam("after_value", after[0]), bindparam("after_id", after[1]))
            behind.append(order.after_key(key))
        selects = [resource.page(select(*self._row()).where(*branch, *behind), order) for branch in branches]
        statement: Select[Any] | CompoundSelect[Any] = selects[0].order_by(*order.of(order.value, order.id))
        if len(selects) > 1:
            merged = union_all(*selects)
            _, value, id_ = merged.exported_columns
            statement = merged.order_by(*order.of(value, id_))
        return statement if limit is None else statement.limit(bindparam("limit", limit))

    def _presorted(self, after: PageKey | None, limit: int) -> Select[Any]:
        resource, order = self.resource, self.order
        _, value, id_ = self._row()
        clauses = matching(self.conditions)
        if order.ranks is not None:
            # The ranks hold for nothing but what has the words, and lead to it.
            clauses = [one.clause.is_(True) for one in self.conditions if one.words is None]
        statement = resource.join(select(value, id_), order).where(*clauses).order_by(*order.of(value, id_))
        if after is not None:
            statement = statement.where(order.after_key(after))
        return self._with_documents(statement.limit(limit))

    def _newest_with_words(self, words: SearchQuery, after: PageKey | None, limit: int) -> PageStatement:
        others = [one for one in self.conditions if one.words is None]
        complete = partial(self._newest_hits, words, others, after, limit)
        if others or after is not None:
            return PageStatement(complete())
        # Words alone are found by a statement that is compiled once, unless very many records with them share a day.
        most, descending = limit + EXTRA_DAY_ROWS, self.order.descending
        values = {**match_parameters(words, type_range(self.resource.code)), "before": limit - 1, "most": most}
        arrange = partial(sort_by_day, most=most, descending=descending)
        return PageStatement(newest_hits(descending=descending), values, arrange, complete)

    def _newest_hits(
        self, words: SearchQuery, others: list[Condition], after: PageKey | None, limit: int
    ) -> Select[Any]:
        """Hits in the order of their numbers, and so of their days, until a page is full and its last day complete."""
        resource, order = self.resource, self.order
        numbers, clauses = type_range(resource.code), matching(others)
        if after is not None:
            clauses.append(order.after_key(after))
            with suppress(ValueError):  # a cursor that somebody made up may hold anything
                day = day_range(resource.code, after[0] or None)
                numbers = (numbers[0], day[1]) if order.descending else (day[0], numbers[1])
        matches, up_to = hits(words, numbers), hits(words, numbers)
        met = self._hit(up_to, up_to.c.number).where(*clauses)
        boundary = page_boundary(matches, up_to, met, limit - 1, numbers, descending=order.descending)
        _, *key = self._row()
        page = self._hit(matches, *key).where(*clauses, boundary).order_by(*order.of(*key)).limit(limit)
        return self._with_documents(page)

    def _hit(self, matches: TableValuedAlias, *columns: Any) -> Select[Any]:
        """Columns of the records that were found by words."""
        table = self.resource.table
        return select(*columns).select_from(matches).join(table, table.number == document_number(matches.c.number))

    def _with_documents(self, keys: Select[Any]) -> Select[Any]:
        """Documents beside the sort values and ids of a page."""
        table, page = self.resource.table, keys.subquery()
        documents = select(document_bytes_of(table), page.c.value, page.c.id).select_from(table)
        return documents.join(page, page.c.id == table.id).order_by(*self.order.of(page.c.value, page.c.id))

    def _row(self) -> tuple[Any, ...]:
        order = self.order
        return document_bytes_of(self.resource.table), order.value.label("value"), order.id.label("id")
