"""Filters -> Select. Every format, count, facet and sum of a resource starts from the same conditions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlmodel import col

from app.models import SERVED, TYPES, Article, Casualty, Incident
from app.queries.conditions import Axis, Condition, matching, not_judged, shared
from app.queries.incidents import casualties, incidents
from app.queries.parties import organizations, people
from app.queries.places import places
from app.queries.speech import quotes, statements


def articles(filters: Any) -> list[Condition]:
    """The conditions of a list of articles; an article does not rest on itself, so `article` chooses by id."""
    chosen = [Condition(col(Article.id).in_(filters.article))] if filters.article else []
    return [*shared(Article, "article", filters.model_copy(update={"article": []})), *chosen]


@dataclass(frozen=True)
class Resource:
    """A resource as queries see it: its table, its conditions, and the column behind each sort key."""

    name: str
    conditions: Callable[[Any], list[Condition]]
    sorts: dict[str, str]

    @property
    def table(self) -> type[Any]:
        return SERVED[self.name]

    @property
    def type(self) -> str:
        return TYPES[self.name]

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
        ),
        Resource("places", places, _NAMED),
        Resource("people", people, _NAMED),
        Resource("organizations", organizations, _NAMED),
        Resource("quotes", quotes, _SPOKEN),
        Resource("statements", statements, _SPOKEN),
        Resource("casualties", casualties, {"incident": "sort_name", "changed": "changed_in", "id": "id"}),
    )
}
