"""The record types as queries see them: tables, conditions of their filters, sort keys."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, TableValuedAlias, func, select, tuple_
from sqlmodel import col

from app.queries.conditions import (
    Axis,
    Clause,
    Condition,
    common_conditions,
    count_judgeable,
    matching,
    not_judged,
)
from app.queries.incidents import casualties, incidents
from app.queries.people_organizations import organizations, people
from app.queries.places import places
from app.queries.quotes_statements import quotes, statements
from app.queries.search import hits
from app.search.entry_numbers import document_number, type_range
from app.storage.models import Article, Casualty, Incident
from app.storage.registry import RECORD_TABLES, TYPES


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

    def select(self, conditions: list[Condition], *columns: Any) -> Select[Any]:
        """The columns of every record that matches."""
        return self.join(select(*columns)).where(*matching(conditions))

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

    def join(self, statement: Select[Any], order: Order | None = None) -> Select[Any]:
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
