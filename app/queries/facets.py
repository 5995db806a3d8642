"""Facets: the values that records are counted by and that sums are grouped by.

A value counts exactly the records that the same list would hold with that value as its filter: a place with all that
it contains, an organization with its parts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, String, Subquery, case, func, literal, select, type_coerce, union_all
from sqlmodel import col

from app.queries.conditions import Clause
from app.storage.models import Evidence

NONE, IMPRECISE = "", "imprecise"
"""What stands for the value of records that have none, and of those whose date is wider than one."""


@dataclass(frozen=True)
class Split:
    """How records fall apart: the value of each, null where it has none or one too wide (`imprecise`).

    With `links`, pairs of record id and value joined by `key`, a record may have several values.
    """

    value: ColumnElement[Any]
    links: Subquery | None = None
    key: ColumnElement[Any] | None = None
    imprecise: Clause | None = None

    @property
    def label(self) -> ColumnElement[Any]:
        """The value as text that is never null, so that labels compare."""
        value = func.coalesce(type_coerce(self.value, String), literal(NONE))
        return value if self.imprecise is None else case((self.imprecise, IMPRECISE), else_=value)

    def joined(self, statement: Select[Any]) -> Select[Any]:
        """A statement over records with their links, if there are any: once for each value, and once without one.
        The records come first, because SQLite would look for each link's among all that are asked for."""
        if self.links is None:
            return statement
        return statement.outerjoin(self.links, self.links.c.id == self.key)


Records = Callable[[Any], Select[Any] | None]
"""The values of a column in the records that are split; null where these are all there are."""


@dataclass(frozen=True)
class Facet:
    """One way to split a resource. `split` is given the filters, because some say what a value stands for, and the
    records that it is for.

    `names` are the resources whose records the values are ids of; `missing` says what it means to have no value.
    """

    split: Callable[[Any, Records], Split]
    names: tuple[str, ...] = ()
    missing: str = "not stated"


def by_column(column: Any, *names: str, missing: str = "not stated") -> Facet:
    return Facet(lambda filters, its_records: Split(column), names, missing)


def by_flag(clause: Clause) -> Facet:
    value = case((clause, "true"), else_="false")
    return Facet(lambda filters, its_records: Split(value))


Pairs = Callable[[Any], Select[Any] | list[Select[Any]]]
"""Given the filters: the values of records, or those of several kinds, as pairs labelled `id` and `value`."""


def by_links(key: Any, pairs: Pairs, *names: str, missing: str = "not stated") -> Facet:
    """Several values a record."""

    def split(filters: Any, its_records: Records) -> Split:
        found, chosen = pairs(filters), its_records(key)
        kinds = found if isinstance(found, list) else [found]
        if chosen is not None:
            kinds = [one.where(one.selected_columns.id.in_(chosen)) for one in kinds]
        # Grouped, not distinct: SQLite would take distinct ones for so few that it looks for them without an index.
        links = _grouped(kinds[0] if len(kinds) == 1 else _listed(kinds)).subquery()
        return Split(links.c.value, links, key)

    return Facet(split, names, missing)


def _grouped(pairs: Select[Any]) -> Select[Any]:
    return pairs.group_by(*pairs.selected_columns)


def _listed(kinds: list[Select[Any]]) -> Select[Any]:
    found = union_all(*kinds).subquery()
    return select(found.c.id, found.c.value)


def by_dates(earliest: Any, latest: Any) -> dict[str, Facet]:
    """Months and years of dates that lie within one; wider ones are never put at a made-up day."""

    def facet(length: int) -> Facet:
        first, last = func.substr(earliest, 1, length), func.substr(latest, 1, length)
        split = Split(case((first == last, first)), imprecise=first != last)
        return Facet(lambda filters, its_records: split, missing="no date")

    return {"month": facet(7), "year": facet(4)}


def by_article(table: type[Any], kind: str) -> dict[str, Facet]:
    pairs = pairs_of(col(Evidence.record_id), col(Evidence.article_id)).where(col(Evidence.record_type) == kind)
    return {"article": by_links(table.id, lambda filters: pairs, "articles")}


def containers(nodes: type[Any], edges: type[Any], part: str, *, stated_only: bool = False) -> CTE:
    """Every record (`part`) with itself and all that contain it (`whole`)."""
    found = select(nodes.id.label("part"), nodes.id.label("whole")).cte(recursive=True)
    step = select(found.c.part, edges.parent_id).join(edges, getattr(edges, part) == found.c.whole)
    return found.union(step.where(edges.basis == "stated") if stated_only else step)


def pairs_of(id_: Any, value: Any) -> Select[Any]:
    return select(id_.label("id"), value.label("value"))


def with_containers(id_: Any, part: Any, wholes: CTE) -> Select[Any]:
    """Each record with what its part of the link is, and with all that contains that."""
    return pairs_of(id_, wholes.c.whole).join(wholes, wholes.c.part == part)


def if_given(column: Any, values: Sequence[Any]) -> list[Clause]:
    return [column.in_(values)] if values else []
