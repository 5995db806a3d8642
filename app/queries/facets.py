"""Facets: the values that records are counted by and that sums are grouped by.

A value counts exactly the records that the same list would hold with that value as its filter: a place with all that
it contains, an organization with its parts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    String,
    Subquery,
    case,
    func,
    literal,
    not_,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlmodel import col

from app.counts.columns import Areas, Column, Days, Links, Numbers, References, Texts
from app.counts.tallies import ByColumns, ByLinks, ByPoints, BySpans, Tally
from app.model.codebook import Vocabulary
from app.queries.conditions import Clause
from app.queries.histograms import UNITS, Unit
from app.storage.models import Evidence

NONE, IMPRECISE = "", "imprecise"
"""The labels of records without a value, and of those whose date is longer than a month or year, or open at an end."""


@dataclass(frozen=True)
class Split:
    """How records are split: the value of each, null where it has none, or a date of no one month (`imprecise`).

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


def with_broader(split: Split, vocabulary: Vocabulary) -> Split:
    """Returns a split by the values of a vocabulary in which a record counts for their broader values, too."""
    if not vocabulary.broader:
        return split
    pairs = [(value, whole) for value, above in vocabulary.broader.items() for whole in (value, *above)]
    wholes = union_all(*(pairs_of(literal(part), literal(whole)) for part, whole in pairs)).subquery()
    if split.links is None:
        return Split(func.coalesce(wholes.c.value, split.value), wholes, split.value, split.imprecise)
    links = split.links
    wider = pairs_of(links.c.id, func.coalesce(wholes.c.value, links.c.value))
    wider = wider.select_from(links).outerjoin(wholes, wholes.c.id == links.c.value)
    grouped = _grouped(wider).subquery()
    return Split(grouped.c.value, grouped, split.key, split.imprecise)


BY_FACET = ""
"""The name of a column that is called like its facet."""

Records = Callable[[Any], Select[Any] | None]
"""Returns a query for the values of a column in the records that are split; None where these are all records."""


@dataclass(frozen=True)
class Facet:
    """One way to split the records of a type.

    `split` takes the filters, because some say what a value stands for, and the records that match. `names` are the
    types whose ids the values are; `missing` says what it means to have no value. `tally` is the same split in arrays;
    a facet without it is counted by SQL alone. `default` are the values that the filter of the same name stands for
    where others are given without it; None for all.
    """

    split: Callable[[Any, Records], Split]
    names: tuple[str, ...] = ()
    missing: str = "not stated"
    tally: Tally | None = None
    default: Callable[[Any], Sequence[str] | None] = lambda filters: None


def by_column(column: Any, *names: str, missing: str = "not stated") -> Facet:
    """Returns the facet of a column."""
    counted: Column = References(column.key, column, names) if names else Texts(column.key, column)
    return Facet(lambda filters, its_records: Split(column), names, missing, ByColumns((counted,)))


def by_flag(clause: Clause) -> Facet:
    """Returns the facet with the values `true` and `false` of a clause."""
    value = case((clause, "true"), else_="false")
    return Facet(lambda filters, its_records: Split(value), tally=ByColumns((Texts(BY_FACET, value),)))


Pairs = Callable[[Any], Select[Any] | list[Select[Any]]]
"""Takes the filters; returns one or several queries for pairs labelled `id` and `value`."""


def by_links(
    key: Any,
    pairs: Pairs,
    *names: str,
    missing: str = "not stated",
    tally: Tally | None = None,
    default: Callable[[Any], Sequence[str] | None] = lambda filters: None,
) -> Facet:
    """Returns a facet with any number of values for each record. The ids of the pairs are joined by `key`."""

    def split(filters: Any, its_records: Records) -> Split:
        pairs_of_kinds, chosen = pairs(filters), its_records(key)
        kinds = pairs_of_kinds if isinstance(pairs_of_kinds, list) else [pairs_of_kinds]
        if chosen is not None:
            kinds = [one.where(one.selected_columns.id.in_(chosen)) for one in kinds]
        # Grouped, not distinct: of a distinct query SQLite expects so few rows that it joins them without an index.
        links = _grouped(kinds[0] if len(kinds) == 1 else _listed(kinds)).subquery()
        return Split(links.c.value, links, key)

    return Facet(split, names, missing, tally, default)


def _grouped(pairs: Select[Any]) -> Select[Any]:
    return pairs.group_by(*pairs.selected_columns)


def _listed(kinds: list[Select[Any]]) -> Select[Any]:
    every_kind = union_all(*kinds).subquery()
    return select(every_kind.c.id, every_kind.c.value)


@dataclass(frozen=True)
class DateFacet(Facet):
    """The days, months, years or decades of records, as a histogram. As a split it has those records alone that
    certainly lie in one.

    `days` are the columns with the first and last day and with whether each end is open; None where none ever is.
    """

    unit: Unit = UNITS["day"]
    days: tuple[Any, ...] = ()


def by_dates(earliest: Any, latest: Any, *open_ends: Any) -> dict[str, Facet]:
    """Returns the facets by date. A date that is longer than one of their buckets, or open at an end, has no value in
    them, rather than a made-up one."""

    def facet(unit: Unit) -> Facet:
        first, last = _bucket_of(unit, earliest), _bucket_of(unit, latest)
        imprecise = or_(first != last, *open_ends)
        split = Split(case((not_(imprecise), first)), imprecise=imprecise)
        return DateFacet(lambda filters, its_records: split, missing="no date", tally=tally, unit=unit, days=days)

    days = (earliest, latest, *(open_ends or (None, None)))
    flags = (Numbers(name, flag) for name, flag in zip(("open_start", "open_end"), open_ends, strict=False))
    tally = BySpans((Days("earliest", earliest), Days("latest", latest), *flags))
    return {name: facet(unit) for name, unit in UNITS.items()}


def _bucket_of(unit: Unit, day: Any) -> Any:
    """Returns the bucket that a day lies in, as `datetime` takes it."""
    if unit.name != "decade":
        return func.substr(day, 1, {"day": 10, "month": 7, "year": 4}[unit.name])
    decade = func.substr(day, 1, 3)
    return case((decade == "000", "0001"), else_=decade.concat("0")).concat("/").concat(decade).concat("9")


@dataclass(frozen=True)
class Grid:
    """The map tiles of records, of whatever zoom is asked for; `point` are the columns with latitude and longitude."""

    point: tuple[Any, Any]
    names: tuple[str, ...] = ()
    missing: str = "no point"

    @property
    def tally(self) -> Tally:
        """How it is counted in arrays."""
        return ByPoints(Areas("area", self.point[0].class_))


def by_article(table: type[Any], kind: str) -> dict[str, Facet]:
    """Returns the facet `article`: the articles in which a record has evidence."""
    pairs = pairs_of(col(Evidence.record_id), col(Evidence.article_id)).where(col(Evidence.record_type) == kind)
    rests_on = References("article_id", col(Evidence.article_id), ("articles",))
    of_kind = col(Evidence.record_type) == kind
    links = Links("articles", col(Evidence.record_id), (rests_on,), of_kind, repeated=True)
    return {"article": by_links(table.id, lambda filters: pairs, "articles", tally=ByLinks(links, ("article_id",)))}


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
