"""What a record type is: one declaration, from which lists, exports, facets, feeds, `/ogc` and OpenAPI are made."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, TableValuedAlias, func, select, tuple_

from app.model.documents import Document
from app.queries.conditions import Axis, Clause, Condition, count_judgeable, matching, not_judged
from app.queries.filters import Listing
from app.queries.search import hits
from app.search.entry_numbers import document_number, type_range

Table = type[Any]
"""A table's model."""
DocumentModel = type[Document]
FilterModel = type[Listing]


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

    `table` is joined by `joined_on`.
    """

    table: Table
    joined_on: Clause


@dataclass(frozen=True)
class RecordType:
    """A type of records. Each is declared in a file of its own in `app.records`.

    `name` is the list's and stands in URLs; `type` is what one record is called. `code` is stored in the numbers of
    search entries: it is never given to another type. `children` are the tables whose rows come and go with a record,
    each with the column that names the record.

    `sorts` gives the column behind each sort key. In the order of `day_sort` dates are looked for as well.
    `chosen_by` is the record by which these are chosen too.
    """

    name: str
    type: str
    code: int
    table: Table
    document: DocumentModel
    filters: FilterModel
    conditions: Callable[[Any], list[Condition]]
    sorts: dict[str, str]
    default_sort: str
    children: tuple[tuple[Table, str], ...] = ()
    day_sort: str | None = None
    chosen_by: Subject | None = None

    def order(self, filters: Any, *, ranked: bool = True) -> Order:
        """The order that filters ask for: by relevance where words are looked for and no sort is given.

        What is found by the words of another record as well has no rank of its own.
        """
        if ranked and filters.q is not None and filters.sort is None and self.chosen_by is None:
            ranks = hits(filters.q, type_range(self.type))
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
            statement = statement.join(self.chosen_by.table, self.chosen_by.joined_on)
        if order is not None and order.ranks is not None:
            statement = statement.join(order.ranks, self.table.number == document_number(order.ranks.c.number))
        return statement
