"""Filters -> Select. Every format, count, facet and sum of a resource starts from the same conditions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, TableValuedAlias, func, select, tuple_
from sqlmodel import col

from app.models import Article, Casualty, Incident, SearchEntry
from app.queries.conditions import Axis, Condition, matching, not_judged, shared
from app.queries.incidents import casualties, incidents
from app.queries.parties import organizations, people
from app.queries.places import places
from app.queries.search import hits
from app.queries.speech import quotes, statements
from app.registry import SERVED, TYPES
from app.terms import question


def articles(filters: Any) -> list[Condition]:
    """The conditions of a list of articles; an article does not rest on itself, so `article` chooses by id."""
    chosen = [Condition(col(Article.id).in_(filters.article))] if filters.article else []
    return [*shared(Article, "article", filters.model_copy(update={"article": []})), *chosen]


@dataclass(frozen=True)
class Order:
    """What a list is sorted by before the id: a column, or the rank of a search, smaller for better matches."""

    value: Any
    kind: type
    descending: bool = False
    ranks: TableValuedAlias | None = None


@dataclass(frozen=True)
class Resource:
    """A resource as queries see it: its table, its conditions, the column behind each sort key, the usual sort."""

    name: str
    conditions: Callable[[Any], list[Condition]]
    sorts: dict[str, str]
    usual: str

    @property
    def table(self) -> type[Any]:
        return SERVED[self.name]

    @property
    def type(self) -> str:
        return TYPES[self.name]

    def order(self, filters: Any) -> Order:
        """The order that filters ask for: by relevance where words are looked for and no sort is given.

        Claims are found by the words of their incident as well, so they have no rank of their own.
        """
        if filters.q is not None and filters.sort is None and self.name != "casualties":
            ranks = hits(question(filters.q), self.type)
            return Order(ranks.c.rank, float, ranks=ranks)
        sort = filters.sort or self.usual
        return self.by(sort.lstrip("-"), descending=sort.startswith("-"))

    def by(self, sort: str, *, descending: bool = False) -> Order:
        """The order of a sort key."""
        column = self.table.__table__.c[self.sorts[sort]]
        return Order(column, column.type.python_type, descending)

    def ordered(
        self, conditions: list[Condition], order: Order, *columns: Any, after: tuple[Any, ...] | None = None
    ) -> Select[Any]:
        """The columns of the matching records in order, from behind a sort value and id on."""
        statement, id_ = self.select(conditions, *columns), self.table.id
        if order.ranks is not None:
            entry = (col(SearchEntry.type) == self.type) & (col(SearchEntry.id) == id_)
            statement = statement.join(SearchEntry, entry)
            statement = statement.join(order.ranks, order.ranks.c.number == col(SearchEntry.number))
        place = (id_,) if order.value is self.table.__table__.c.id else (order.value, id_)
        if after is not None:
            here, there = tuple_(*place), tuple_(*after[-len(place) :])
            statement = statement.where(here < there if order.descending else here > there)
        return statement.order_by(*(column.desc() if order.descending else column.asc() for column in place))

    def select(self, conditions: list[Condition], *columns: Any) -> Select[Any]:
        """The columns of every record that matches."""
        return self._from(select(*columns)).where(*matching(conditions))

    def count(self, conditions: list[Condition]) -> Select[Any]:
        """How many records match."""
        return self.select(conditions, func.count())

    def count_not_judged(self, conditions: list[Condition], axis: Axis) -> Select[Any] | None:
        """How many records fit everything else but lack what the axis needs; null if no such filter is used."""
        clauses = not_judged(conditions, axis)
        return None if clauses is None else self._from(select(func.count())).where(*clauses)

    def _from(self, statement: Select[Any]) -> Select[Any]:
        statement = statement.select_from(self.table)
        if self.name == "casualties":
            statement = statement.join(Incident, col(Incident.id) == col(Casualty.incident_id))
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
