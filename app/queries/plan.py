"""Filters -> Select. Every format, count, facet and sum of a resource starts from the same conditions."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import CompoundSelect, Select, TableValuedAlias, func, select, tuple_, union_all
from sqlmodel import col

from app.queries.conditions import (
    Axis,
    Clause,
    Condition,
    by_partition,
    common_conditions,
    count_judgeable,
    matching,
    not_judged,
)
from app.queries.incidents import casualties, incidents
from app.queries.people_organizations import organizations, people
from app.queries.places import places
from app.queries.quotes_statements import quotes, statements
from app.queries.search import hits, match_parameters, newest_hits, page_boundary, sort_by_day
from app.search.entry_numbers import day_range, document_number, type_range
from app.search.terms import SearchQuery
from app.storage.models import Article, Casualty, Incident
from app.storage.registry import RECORD_TABLES, TYPES, document_of

PageKey = tuple[Any, ...]
"""The sort value and id behind which a page begins."""

EXTRA_DAY_ROWS = 200
"""So many documents of the day on which a page ends are read besides. Of a longer day, as the first of a year that many
dates are no more precise than, the page's alone."""


class Page(NamedTuple):
    """A statement with its parameters; `arrange` turns its rows into a page, or returns None if `fallback` has to be
    run instead."""

    statement: Select[Any] | CompoundSelect[Any]
    values: Mapping[str, Any] = MappingProxyType({})
    arrange: Callable[[list[Any]], list[Any] | None] = list
    fallback: Callable[[], Select[Any]] | None = None


def articles(filters: Any) -> list[Condition]:
    """The conditions of a list of articles; an article does not rest on itself, so `article` chooses by id."""
    chosen = [Condition(col(Article.id).in_(filters.article))] if filters.article else []
    return [*common_conditions(Article, "article", filters.model_copy(update={"article": []})), *chosen]


@dataclass(frozen=True)
class Order:
    """What a list is sorted by before the id: a column, or the rank of a search, smaller for better matches."""

    value: Any
    kind: type
    descending: bool = False
    ranks: TableValuedAlias | None = None

    def of(self, *columns: Any) -> tuple[Any, ...]:
        """Columns in this direction."""
        return tuple(column.desc() if self.descending else column.asc() for column in columns)

    def after_key(self, place: tuple[Any, ...], value: Any, id_: Any) -> Clause:
        """What comes after a sort value and id."""
        here, there = ((id_,), place[-1:]) if value is id_ else ((value, id_), place)
        return tuple_(*here) < tuple_(*there) if self.descending else tuple_(*here) > tuple_(*there)


@dataclass(frozen=True)
class Resource:
    """A resource as queries see it: its table, its conditions, the column behind each sort key, the usual sort."""

    name: str
    conditions: Callable[[Any], list[Condition]]
    sorts: dict[str, str]
    default_sort: str

    @property
    def table(self) -> type[Any]:
        return RECORD_TABLES[self.name]

    @property
    def type(self) -> str:
        return TYPES[self.name]

    def order(self, filters: Any, *, ranked: bool = True) -> Order:
        """The order that filters ask for: by relevance where words are looked for and no sort is given.

        Claims are found by the words of their incident as well, so they have no rank of their own.
        """
        if ranked and filters.q is not None and filters.sort is None and self.name != "casualties":
            ranks = hits(filters.q, type_range(self.type))
            return Order(ranks.c.rank, float, ranks=ranks)
        sort = filters.sort or self.default_sort
        return self.by(sort.lstrip("-"), descending=sort.startswith("-"))

    def by(self, sort: str, *, descending: bool = False) -> Order:
        """The order of a sort key."""
        column = getattr(self.table, self.sorts[sort])
        return Order(column, column.type.python_type, descending)

    def by_day(self, order: Order) -> bool:
        """Whether this is the order of the days, in which dates are looked for as well."""
        return self.name == "incidents" and order.value is Incident.sort_date

    def ordered(
        self, conditions: list[Condition], order: Order, *, after: PageKey | None = None, limit: int | None = None
    ) -> Iterator[Page]:
        """Document, sort value and id of the matching records in order, from behind a sort value and id on: what the
        statements find one after the other, until as many are found as are wanted.

        They are read in the order of an index, and a page, which has a limit, ends when it is full. Where the
        conditions find few records, these are sorted first, and then only the documents of the page are read.
        """
        asked = next((one.words for one in conditions if one.words is not None), None)
        if limit is not None and asked is not None and self.by_day(order):
            others = [one for one in conditions if one.words is None]
            whole = partial(self._newest, asked, others, order, after, limit)
            yield Page(whole()) if others or after is not None else self._newest_of_all(asked, order, limit, whole)
        elif limit is not None and any(one.uses_index for one in conditions):
            yield Page(self._few(conditions, order, after, limit))
        else:
            in_steps = by_partition(conditions, descending=order.descending)
            for branches in in_steps if self.by_day(order) else [[matching(conditions)]]:
                yield Page(self._merged(branches, order, after).limit(limit))

    def _merged(
        self, branches: list[list[Clause]], order: Order, after: PageKey | None
    ) -> Select[Any] | CompoundSelect[Any]:
        """The records that meet the clauses of a branch; each has an index that finds them in order."""
        after_key = [] if after is None else [order.after_key(after, order.value, self.table.id)]
        found = [self._from(select(*self._row(order)), order).where(*branch, *after_key) for branch in branches]
        if len(found) == 1:
            return found[0].order_by(*order.of(order.value, self.table.id))
        whole = union_all(*found)
        _, value, id_ = whole.exported_columns
        return whole.order_by(*order.of(value, id_))

    def _few(self, conditions: list[Condition], order: Order, after: PageKey | None, limit: int) -> Select[Any]:
        _, value, id_ = self._row(order)
        clauses = matching(conditions)
        if order.ranks is not None:
            # The ranks hold for nothing but what has the words, and lead to it.
            clauses = [one.clause.is_(True) for one in conditions if one.words is None]
        statement = self._from(select(value, id_), order).where(*clauses).order_by(*order.of(value, id_))
        if after is not None:
            statement = statement.where(order.after_key(after, order.value, self.table.id))
        return self._with_documents(statement.limit(limit), order)

    def _with_documents(self, found: Select[Any], order: Order) -> Select[Any]:
        """Documents beside the sort values and ids that were found."""
        page = found.subquery()
        documents = select(document_of(self.table), page.c.value, page.c.id).select_from(self.table)
        documents = documents.join(page, page.c.id == self.table.id)
        return documents.order_by(*order.of(page.c.value, page.c.id))

    def _row(self, order: Order) -> tuple[Any, ...]:
        return document_of(self.table), order.value.label("value"), self.table.id.label("id")

    def _newest(
        self, asked: SearchQuery, others: list[Condition], order: Order, after: PageKey | None, limit: int
    ) -> Select[Any]:
        """Hits in the order of their numbers, and so of their days, until a page is full and its last day complete."""
        numbers, clauses = type_range(self.type), matching(others)
        if after is not None:
            clauses.append(order.after_key(after, order.value, self.table.id))
            with suppress(ValueError):  # a cursor that somebody made up may hold anything
                day = day_range(self.type, after[0] or None)
                numbers = (numbers[0], day[1]) if order.descending else (day[0], numbers[1])
        found, last = hits(asked, numbers), hits(asked, numbers)
        met = self._hit(last, last.c.number).where(*clauses)
        so_far = page_boundary(found, last, met, limit - 1, numbers, descending=order.descending)
        _, *place = self._row(order)
        page = self._hit(found, *place).where(*clauses, so_far).order_by(*order.of(*place)).limit(limit)
        return self._with_documents(page, order)

    def _newest_of_all(self, asked: SearchQuery, order: Order, limit: int, fallback: Callable[[], Select[Any]]) -> Page:
        """The same where nothing but words is asked for, by a kept statement, unless very many hits share a day."""
        most = limit + EXTRA_DAY_ROWS
        values = {**match_parameters(asked, type_range(self.type)), "before": limit - 1, "most": most}
        in_order = partial(sort_by_day, most=most, descending=order.descending)
        return Page(newest_hits(descending=order.descending), values, in_order, fallback)

    def _hit(self, found: TableValuedAlias, *columns: Any) -> Select[Any]:
        """Columns of the records that were found by words."""
        statement = select(*columns).select_from(found)
        return statement.join(self.table, self.table.number == document_number(found.c.number))

    def select(self, conditions: list[Condition], *columns: Any) -> Select[Any]:
        """The columns of every record that matches."""
        return self._from(select(*columns)).where(*matching(conditions))

    def count(self, conditions: list[Condition]) -> Select[Any]:
        """How many records match."""
        return self.select(conditions, func.count())

    def count_not_judged(self, conditions: list[Condition], axis: Axis, total: int) -> Select[Any] | None:
        """How many records fit everything else but lack what the axis needs; null if no such filter is used. `total`
        is how many there are of all kinds."""
        if (known := count_judgeable(conditions, axis)) is not None:
            return select(total - known.scalar_subquery())
        lacking = not_judged(conditions, axis)
        return None if lacking is None else self.count(lacking)

    def _from(self, statement: Select[Any], order: Order | None = None) -> Select[Any]:
        statement = statement.select_from(self.table)
        if self.name == "casualties":
            statement = statement.join(Incident, col(Incident.id) == col(Casualty.incident_id))
        if order is not None and order.ranks is not None:
            statement = statement.join(order.ranks, self.table.number == document_number(order.ranks.c.number))
        return statement


_NAMED = {"name": "sort_name", "changed": "changed_in", "id": "id"}
_SPOKEN = {"position": "sort_name", "changed": "changed_in", "id": "id"}

RESOURCES: dict[str, Resource] = {
    resource.name: resource
    for resource in (
        Resource(
            "articles",
            articles,
            {"published": "published", "title": "sort_name", "changed": "changed_in", "id": "id"},
            "-published",
        ),
        Resource(
            "incidents",
            incidents,
            {
                "date": "sort_date",
                "title": "sort_name",
                "killed": "sort_killed",
                "changed": "changed_in",
                "id": "id",
            },
            "-date",
        ),
        Resource("places", places, _NAMED, "name"),
        Resource("people", people, _NAMED, "name"),
        Resource("organizations", organizations, _NAMED, "name"),
        Resource("quotes", quotes, _SPOKEN, "position"),
        Resource("statements", statements, _SPOKEN, "position"),
        Resource("casualties", casualties, {"incident": "sort_name", "changed": "changed_in", "id": "id"}, "incident"),
    )
}
