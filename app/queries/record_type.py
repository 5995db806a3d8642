"""What a record type is: one declaration, from which lists, exports, facets, feeds, `/ogc` and OpenAPI are made."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import Select, TableValuedAlias, func, select, tuple_

from app.model.digests import Data
from app.model.documents import Document
from app.model.references import Ids
from app.queries.conditions import Axis, Clause, Condition, count_judgeable, matching, not_judged
from app.queries.facets import Facet
from app.queries.filters import Listing, Where, WhereOfEveryType, conditions_of, refining_alone
from app.queries.search import hits
from app.search.entry_numbers import document_number, type_range

Table = type[Any]
"""A table's model."""
DocumentModel = type[Document]
FilterModel = type[Listing]
Row = dict[str, Any]
ChildRows = Iterable[tuple[Table, Row]]
"""Rows of other tables, which come and go with a record."""


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
class Subject:
    """The record that others are chosen by: claims have the dates, places, actors and words of their incident.

    Its table is joined by `joined_on`.
    """

    record_type: "RecordType"
    joined_on: Clause


class FeedText(NamedTuple):
    """What feeds say of a record; `point` is latitude and longitude."""

    title: str
    text: str
    point: tuple[float, float] | None = None


@dataclass(frozen=True)
class RecordType:
    """A type of records. Each is declared in a file of its own in `app.records`.

    `name` is the list's and stands in URLs; `type` is what one record is called. `code` is stored in the numbers of
    search entries: it is never given to another type. `children` are the tables whose rows come and go with a record,
    each with the column that names the record. `row` and `child_rows` make the columns and the rows of these from a
    document. `summary` and `description` are what OpenAPI says, with the record of
    the shipped article that is its `example`.

    `title` is what a record is called where it is printed. It is found by its `texts`, the most significant first, and
    by `terms`, the values of its kinds and roles.

    `references` says by type where the ids of other records stand in a document, and `required` where those stand
    without which it would say something else: nobody's words, a sum without its parts. `referring` are the lists whose
    records refer to one of these, each with the filter that finds them.

    `/v1/search` finds what is `searched_together`. A type with a `feed_text` has feeds; one that `has_page` has a page
    for people about each record, and the front page lists them.

    `filters` is the query model, in which each filter stands beside its condition. `sorts` gives the column behind each
    sort key; in the order of `day_sort` dates are looked for as well. `facets` are what lists can be counted by.
    `chosen_by` is the record by which these are chosen too.
    """

    name: str
    type: str
    code: int
    table: Table
    document: DocumentModel
    summary: str
    description: str
    example: str
    docs_position: int
    filters: FilterModel
    sorts: dict[str, str]
    default_sort: str
    facets: dict[str, Facet]
    title: Callable[[Data], str]
    texts: Callable[[Data], Iterable[str | None]]
    terms: Callable[[Data], Iterable[str]]
    row: Callable[[Data], Row]
    child_rows: Callable[[Data], ChildRows] = lambda document: ()
    references: dict[str, list[Ids]] = field(default_factory=dict)
    required: dict[str, list[Ids]] = field(default_factory=dict)
    referring: dict[str, str] = field(default_factory=dict)
    searched_together: bool = True
    feed_text: Callable[[Data], FeedText] | None = None
    has_page: bool = False
    children: tuple[tuple[Table, str], ...] = ()
    day_sort: str | None = None
    chosen_by: Subject | None = None

    @property
    def included(self) -> tuple[str, ...]:
        """What `include` takes."""
        return (*self.references, *self.referring)

    def search_texts(self, document: Data) -> list[str]:
        """The texts of a document that are there."""
        return [text for text in self.texts(document) if text]

    def search_terms(self, document: Data) -> list[str]:
        """The words of a document's id, kinds, roles and topics."""
        return " ".join((document["id"], *self.terms(document))).replace("-", " ").replace("_", " ").split()

    def conditions(self, filters: Any) -> list[Condition]:
        """The conditions of the filters that are given."""
        conditions = []
        given = filters.model_fields_set
        for name, names, condition in self._conditions:
            if not given.isdisjoint(names) and any(_is_given(getattr(filters, one)) for one in names):
                conditions.append(condition(getattr(filters, name), filters))
        return conditions

    @cached_property
    def _conditions(self) -> tuple[tuple[str, tuple[str, ...], Callable[[Any, Any], Condition]], ...]:
        """For each filter with a condition: its name, with those that count alone, and the condition."""
        return tuple(
            (name, (name, *refining_alone(self.filters, name)), self._bound(where))
            for name, where in conditions_of(self.filters).items()
        )

    def _bound(self, where: Where | WhereOfEveryType) -> Callable[[Any, Any], Condition]:
        if isinstance(where, Where):
            return where.condition
        return lambda value, filters: where.condition(self, value)

    @cached_property
    def in_list_order(self) -> frozenset[str]:
        """The filters with which a page is read from an index in list order. One on another record never is."""
        if self.chosen_by is not None:
            return frozenset()
        wheres = conditions_of(self.filters).items()
        return frozenset(name for name, where in wheres if isinstance(where, Where) and where.in_list_order)

    def order(self, filters: Any, *, ranked: bool = True) -> Order:
        """The order that filters ask for: by relevance where words are looked for and no sort is given.

        What is found by the words of another record as well has no rank of its own.
        """
        if ranked and filters.q is not None and filters.sort is None and self.chosen_by is None:
            ranks = hits(filters.q, type_range(self.code))
            return Order(ranks.c.rank, float, ranks=ranks)
        sort = filters.sort or self.default_sort
        return self.by(sort.lstrip("-"), descending=sort.startswith("-"))

    def by(self, sort: str, *, descending: bool = False) -> Order:
        """The order of a sort key."""
        column = getattr(self.table, self.sorts[sort])
        return Order(column, column.type.python_type, descending)

    @property
    def day(self) -> Any:
        """The column of the days that dates are looked for by; None for a type without."""
        return None if self.day_sort is None else getattr(self.table, self.sorts[self.day_sort])

    def by_day(self, order: Order) -> bool:
        """Whether this is the order of the days, in which dates are looked for as well."""
        return self.day_sort is not None and order.value is self.day

    def select(self, conditions: list[Condition], *columns: Any) -> Select[Any]:
        """The columns of every record that matches."""
        return self.join(select(*columns)).where(*matching(conditions))

    def count(self, conditions: list[Condition]) -> Select[Any]:
        """How many records match."""
        return self.select(conditions, func.count())

    def count_not_judged(self, conditions: list[Condition], axis: Axis, total: int) -> Select[Any] | None:
        """How many records fit everything else but lack what the axis needs; None if no such filter is used. `total`
        is how many there are of all kinds."""
        if (known := count_judgeable(conditions, axis)) is not None:
            return select(total - known.scalar_subquery())
        lacking = not_judged(conditions, axis)
        return None if lacking is None else self.count(lacking)

    def join(self, statement: Select[Any], order: Order | None = None) -> Select[Any]:
        """A statement over the records of this type, beside what they are chosen by and what they are ranked by."""
        statement = statement.select_from(self.table)
        if self.chosen_by is not None:
            statement = statement.join(self.chosen_by.record_type.table, self.chosen_by.joined_on)
        if order is not None and order.ranks is not None:
            statement = statement.join(order.ranks, self.table.number == document_number(order.ranks.c.number))
        return statement


def _is_given(value: Any) -> bool:
    return value is not None and value != []
