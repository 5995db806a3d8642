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
"""The labels of records without a value, and of those whose date is longer than a month or year."""


@dataclass(frozen=True)
class Split:
    """How records are split: the value of each, null where it has none, or a date that is too long (`imprecise`).

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
        """Returns a statement joined with the links, if there are any: a row for each value, or one without a value.

        An outer join, because otherwise SQLite would begin with the links, and search the records for each.
        """
        if self.links is None:
            return statement
        return statement.outerjoin(self.links, self.links.c.id == self.key)


Records = Callable[[Any], Select[Any] | None]
"""Returns a query for the values of a column in the records that are split; None where these are all records."""


@dataclass(frozen=True)
class Facet:
    """One way to split the records of a type.

    `split` takes the filters, because some say what a value stands for, and the records that match. `names` are the
    types whose ids the values are; `missing` says what it means to have no value.
    """

    split: Callable[[Any, Records], Split]
    names: tuple[str, ...] = ()
    missing: str = "not stated"


def by_column(column: Any, *names: str, missing: str = "not stated") -> Facet:
    """Returns the facet of a column."""
    return Facet(lambda filters, its_records: Split(column), names, missing)


def by_flag(clause: Clause) -> Facet:
    """Returns the facet with the values `true` and `false` of a clause."""
    value = case((clause, "true"), else_="false")
    return Facet(lambda filters, its_records: Split(value))


Pairs = Callable[[Any], Select[Any] | list[Select[Any]]]
"""Takes the filters; returns one or several queries for pairs labelled `id` and `value`."""


def by_links(key: Any, pairs: Pairs, *names: str, missing: str = "not stated") -> Facet:
    """Returns a facet with any number of values for each record. The ids of the pairs are joined by `key`."""

    def split(filters: Any, its_records: Records) -> Split:
        pairs_of_kinds, chosen = pairs(filters), its_records(key)
        kinds = pairs_of_kinds if isinstance(pairs_of_kinds, list) else [pairs_of_kinds]
        if chosen is not None:
            kinds = [one.where(one.selected_columns.id.in_(chosen)) for one in kinds]
        # Grouped, not distinct: of a distinct query SQLite expects so few rows that it joins them without an index.
        links = _grouped(kinds[0] if len(kinds) == 1 else _listed(kinds)).subquery()
        return Split(links.c.value, links, key)

    return Facet(split, names, missing)


def _grouped(pairs: Select[Any]) -> Select[Any]:
    return pairs.group_by(*pairs.selected_columns)


def _listed(kinds: list[Select[Any]]) -> Select[Any]:
    every_kind = union_all(*kinds).subquery()
    return select(every_kind.c.id, every_kind.c.value)


def by_dates(earliest: Any, latest: Any) -> dict[str, Facet]:
    """Returns the facets `month` and `year`. A date that is longer has no value in them, rather than a made-up one."""

    def facet(length: int) -> Facet:
        first, last = func.substr(earliest, 1, length), func.substr(latest, 1, length)
        split = Split(case((first == last, first)), imprecise=first != last)
        return Facet(lambda filters, its_records: split, missing="no date")

    return {"month": facet(7), "year": facet(4)}


def by_article(table: type[Any], kind: str) -> dict[str, Facet]:
    """Returns the facet `article`: the articles in which a record has evidence."""
    pairs = pairs_of(col(Evidence.record_id), col(Evidence.article_id)).where(col(Evidence.record_type) == kind)
    return {"article": by_links(table.id, lambda filters: pairs, "articles")}


def containers(nodes: type[Any], edges: type[Any], part: str, *, stated_only: bool = False) -> CTE:
    """Returns every record (`part`) with itself and all that contain it (`whole`)."""
    reached = select(nodes.id.label("part"), nodes.id.label("whole")).cte(recursive=True)
    step = select(reached.c.part, edges.parent_id).join(edges, getattr(edges, part) == reached.c.whole)
    return reached.union(step.where(edges.basis == "stated") if stated_only else step)


def pairs_of(id_: Any, value: Any) -> Select[Any]:
    """Returns a query for pairs of a record's id and a value."""
    return select(id_.label("id"), value.label("value"))


def with_containers(id_: Any, part: Any, wholes: CTE) -> Select[Any]:
    """Returns each record with the record that it is linked to (`part`), and with all that contain this one."""
    return pairs_of(id_, wholes.c.whole).join(wholes, wholes.c.part == part)


def if_given(column: Any, values: Sequence[Any]) -> list[Clause]:
    """Returns the clause that a column has one of the values; none without values."""
    return [column.in_(values)] if values else []
