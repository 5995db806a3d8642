"""What a record type is: one declaration, from which lists, exports, facets, feeds, `/ogc` and OpenAPI are made."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import ColumnClause, Select, and_, func, select
from sqlalchemy.sql import visitors

from app.counts.columns import Column, CountedType, Links
from app.counts.tallies import ByColumns, Tally
from app.model.codebook import coded_by
from app.model.digests import Data
from app.model.documents import Document
from app.model.references import Ids
from app.queries.conditions import Axis, Clause, Condition, count_judgeable, matching, not_judged
from app.queries.derived_filters import with_derived
from app.queries.facets import BY_FACET, Facet, Grid, Records, Split, with_broader
from app.queries.filters import Listing, Where, WhereOfEveryType, conditions_of, refining_alone
from app.queries.orders import LinkedSort, Order
from app.queries.search import hits
from app.search.entry_numbers import document_number, type_range

Table = type[Any]
"""A table's model."""
DocumentModel = type[Document]
FilterModel = type[Listing]
Row = dict[str, Any]
ChildRows = Iterable[tuple[Table, Row]]
"""Rows of other tables, which come and go with a record."""


_Conditions = dict[str, list[tuple[int, str, Callable[[Any, Any], Condition]]]]


@dataclass(frozen=True)
class Subject:
    """The record that others are chosen by: claims have the dates, places, actors and words of their incident.

    Its table is joined by `joined_on`; in arrays `column` refers to it.
    """

    record_type: "RecordType"
    joined_on: Clause
    column: str


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
    sort key, or what is behind those of a vocabulary, whose name in braces stands for them; `unstated` has the values
    of columns that say that nothing is stated. In the order of `day_sort` dates are looked for as well. `facets` are
    what lists can be counted by, and `counted_by` what filters look at in arrays beside what facets count there.
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
    sorts: dict[str, str | LinkedSort]
    default_sort: str
    facets: dict[str, Facet | Grid]
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
    unstated: dict[str, str] = field(default_factory=dict)
    chosen_by: Subject | None = None
    counted_by: tuple[Column | Links, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "filters", with_derived(self.filters, self.name))

    @property
    def included(self) -> tuple[str, ...]:
        """The lists that `include` takes."""
        return (*self.references, *self.referring)

    def reads_further(self, paths: Iterable[str]) -> bool:
        """Whether paths of `include` lead to more than what the records of an answer refer to themselves, which takes
        longer."""
        return any("." in path or path in self.referring for path in paths)

    def search_texts(self, document: Data) -> list[str]:
        """The texts of a document that are there."""
        return [text for text in self.texts(document) if text]

    def search_terms(self, document: Data) -> list[str]:
        """The words of a document's id, kinds, roles and topics."""
        return " ".join((document["id"], *self.terms(document))).replace("-", " ").replace("_", " ").split()

    def conditions(self, filters: Any) -> list[Condition]:
        """The conditions of the filters that are given. They are parts of one statement, in which each value has a name
        of its own."""
        conditions, values = [], set[str]()
        declared = self._conditions(type(filters))
        given = {name for name in filters.model_fields_set if _is_given(getattr(filters, name))}
        for _, name, condition in sorted({one for parameter in given for one in declared.get(parameter, ())}):
            made = condition(getattr(filters, name), filters)
            if not values.isdisjoint(made.values):
                raise ValueError(f"{self.name}: '{name}' names its values like another filter, and would share them")
            values.update(made.values)
            conditions.append(made)
        return conditions

    def _conditions(self, filters: FilterModel) -> _Conditions:
        """By parameter of a model, the conditions of the filters that it is or refines: each with its place among all,
        and the name of its filter."""
        if filters not in self._conditions_by_model:
            by_parameter: _Conditions = {}
            for place, (name, where) in enumerate(conditions_of(filters).items()):
                declared = (place, name, self._bound(where))
                for parameter in (name, *refining_alone(filters, name)):
                    by_parameter.setdefault(parameter, []).append(declared)
            self._conditions_by_model[filters] = by_parameter
        return self._conditions_by_model[filters]

    @cached_property
    def _conditions_by_model(self) -> dict[FilterModel, _Conditions]:
        return {}

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

    @cached_property
    def tallies(self) -> dict[str, Tally]:
        """How facets of the records themselves, not of those that they are chosen by, are counted in arrays."""
        tallies = {}
        for name, facet in self.facets.items():
            if facet.tally is not None and not self.is_of_subject(name):
                tallies[name] = _named(facet.tally, name)
        return tallies

    def is_of_subject(self, facet: str) -> bool:
        """Whether a facet is that of the record that these are chosen by."""
        return self.chosen_by is not None and self.chosen_by.record_type.facets.get(facet) is self.facets[facet]

    @cached_property
    def counted(self) -> CountedType:
        """What the records are counted by in arrays."""
        of_tallies = (one for tally in self.tallies.values() for one in (*tally.columns, *tally.links))
        declared = [*self.counted_by, *of_tallies]
        columns = {one.name: one for one in declared if not isinstance(one, Links)}
        links = {one.name: one for one in declared if isinstance(one, Links)}
        return CountedType(self.name, self.table, tuple(columns.values()), tuple(links.values()))

    def vocabulary(self, facet: str) -> str | None:
        """The vocabulary of a facet's values, which is that of the filter of the same name; None for other values."""
        field = self.filters.model_fields.get(facet)
        return None if field is None else coded_by(field)

    def split(self, facet: str, filters: Any, its_records: Records) -> Split:
        """How a facet splits records, each of which counts for the broader values of its own, too."""
        one, vocabulary = self.facets[facet], self.vocabulary(facet)
        assert isinstance(one, Facet), "a grid is no split"
        split = one.split(filters, its_records)
        return split if vocabulary is None else with_broader(split, filters.codebook[vocabulary])

    def order(self, filters: Any, *, ranked: bool = True) -> Order:
        """The order that filters ask for: by relevance where words are looked for and no sort is given. Where a release
        is asked for by its number, no later one changes it.

        What is found by the words of another record as well has no rank of its own.
        """
        if ranked and filters.q is not None and filters.sort is None and self.chosen_by is None:
            ranks = hits(filters.q, type_range(self.code), stable=filters.release is not None)
            return Order("rank", ranks.c.rank, float, self.table.id, ranks=ranks)
        sort = filters.sort or self.default_sort
        return self.by(sort.lstrip("-"), descending=sort.startswith("-"))

    def by(self, sort: str, *, descending: bool = False) -> Order:
        """The order of a sort key."""
        behind = self.sorts.get(sort) or self._linked_sort
        if isinstance(behind, LinkedSort):
            return behind.order(sort, descending=descending)
        if (sort, descending) not in self._orders:
            column = getattr(self.table, behind)
            kind, unstated = column.type.python_type, self.unstated.get(sort)
            self._orders[sort, descending] = Order(sort, column, kind, self.table.id, descending, unstated=unstated)
        return self._orders[sort, descending]

    @cached_property
    def _orders(self) -> dict[tuple[str, bool], Order]:
        """The orders by columns that were asked for: SQLAlchemy takes longer to say what a column is than many a list
        to count what matches."""
        return {}

    @cached_property
    def _linked_sort(self) -> LinkedSort:
        """The sort whose keys are the values of a vocabulary."""
        return next(one for one in self.sorts.values() if isinstance(one, LinkedSort))

    @cached_property
    def day(self) -> Any:
        """The column of the days that dates are looked for by; None for a type without."""
        return None if self.day_column is None else getattr(self.table, self.day_column)

    @property
    def day_column(self) -> str | None:
        """The name of that column."""
        behind = None if self.day_sort is None else self.sorts[self.day_sort]
        return behind if isinstance(behind, str) else None

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

    def page(self, statement: Select[Any], order: Order) -> Select[Any]:
        """A complete statement over the records of this type, beside what they are sorted by and, where it mentions
        that, what they are chosen by. Each has one, but for a page that needs none of it SQLite would look through all
        records for those whose subject was superseded since a release."""
        subject = None if self.chosen_by is None else self.chosen_by.record_type.table.__tablename__
        if subject is None or _mentions(statement, subject):
            return self.join(statement, order)
        return replace(self, chosen_by=None).join(statement, order)

    def join(self, statement: Select[Any], order: Order | None = None) -> Select[Any]:
        """A statement over the records of this type, beside what they are chosen by and what they are sorted by."""
        statement = statement.select_from(self.table)
        if self.chosen_by is not None:
            statement = statement.join(self.chosen_by.record_type.table, self.chosen_by.joined_on)
        if order is not None and order.ranks is not None:
            statement = statement.join(order.ranks, self.table.number == document_number(order.ranks.c.number))
        if order is not None and (linked := order.linked) is not None:
            statement = statement.join(linked.table, and_(linked.owner == self.table.id, linked.clause))
        return statement


def _mentions(statement: Select[Any], table: str) -> bool:
    """Whether a column of a table stands in a statement or in one of its subqueries."""
    columns = (one for one in visitors.iterate(statement) if isinstance(one, ColumnClause))
    return any(getattr(one.table, "name", None) == table for one in columns)


def _named(tally: Tally, facet: str) -> Tally:
    if not isinstance(tally, ByColumns):
        return tally
    columns = (replace(one, name=facet) if one.name == BY_FACET else one for one in tally.columns)
    return replace(tally, columns=tuple(columns))


def _is_given(value: Any) -> bool:
    return value is not None and value != []
