"""The conditions of filters as SQL, and the records that they cannot judge.

A filter by place, date or number of casualties cannot judge a record that lacks the value. Such a record never
matches, and `not_judged` counts it; so each condition on one of these axes also says which records it cannot judge.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, cast, func, or_, select, union, union_all
from sqlalchemy import Float as SqlFloat
from sqlmodel import col

from app.model.day_spans import LONG_SPAN_DAYS, SHORT_SPAN_DAYS, days_before
from app.model.geography import EARTH_RADIUS_M, box_around
from app.queries.boxes import MERIDIAN_OFFSETS, intersecting
from app.queries.number_lists import number_list
from app.queries.search import matching_numbers
from app.queries.values import BBox, Interval, Near
from app.search.terms import SearchQuery
from app.storage.models import Evidence

Axis = Literal["location", "date", "casualties"]
AXES: tuple[Axis, ...] = ("location", "date", "casualties")
Clause = ColumnElement[bool]

DEFAULT_RADIUS_KM = 50.0

MAX_PRESORTED_RECORDS = 2_000
"""Matches up to which it is faster to sort all of them than to read a page of them from an index of all records."""

MAX_LISTED_NUMBERS = 50_000
"""Matches up to which it is faster to count them by their numbers than to scan the whole table."""


@dataclass(frozen=True)
class IndexLookup:
    """An index that finds the records of a condition: those whose `key` is among `keys`, and perhaps a few more.

    `keys` is a function, because building an expression takes longer than a short query, and not every list needs it.
    """

    key: Any
    keys: Callable[[], Any]

    def size(self, most: int) -> Select[Any]:
        """Returns a query for the number of keys, which counts up to one more than `most`."""
        return select(func.count()).select_from(self.keys().limit(most + 1).subquery())


Partitions = Sequence[Callable[[], Sequence[Clause]]]


@dataclass(frozen=True)
class Condition:
    """One condition of a filter, as an SQL clause (`expression`, or a function that makes it).

    On an axis, `unknown` selects the records that the clause cannot judge; `known` may count all others by an index.
    `lookup` finds the matching records by an index, for when they are few; `uses_index` says that the clause already
    does. `partitions` are the same clause in parts that share no record, so that an index returns each part in the
    order of the first days; the parts of one partition come before those of the next. `words` is the full-text query,
    if there is one.

    `shape`, if there is one, tells all about the clause but the `values` of its named parameters: conditions with the
    same shape differ in nothing else, so a statement of such conditions is built and compiled once.
    """

    expression: Clause | Callable[[], Clause]
    axis: Axis | None = None
    unknown: Clause | None = None
    lookup: IndexLookup | None = None
    uses_index: bool = False
    partitions: Partitions = ()
    words: SearchQuery | None = None
    known: Select[Any] | None = None
    shape: Hashable | None = None
    values: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def clause(self) -> Clause:
        """The SQL clause; built on first use where `expression` is a function."""
        return self.expression if isinstance(self.expression, ColumnElement) else self.expression()

    def via_index(self) -> "Condition":
        """Returns the same condition with its records searched by its index lookup."""
        if self.lookup is None or self.uses_index:
            return self
        clause = and_(self.lookup.key.in_(self.lookup.keys()), self.clause.is_(True))
        return replace(self, expression=clause, lookup=None, uses_index=True, partitions=(), shape=None)


def with_numbers(table: type[Any], numbers: Iterable[int]) -> Condition:
    """Returns the condition that a record of a table has one of these numbers."""
    return Condition(table.number.in_(number_list(numbers)), uses_index=True)


def using_lookup_of(conditions: Sequence[Condition], first: Condition) -> list[Condition]:
    """Returns the same conditions with `first` as the only one whose index is searched. With two, SQLite might read all
    records of one for each record of the other."""
    return [one.via_index() if one is first else replace(one, uses_index=False) for one in conditions]


def matching(conditions: Sequence[Condition]) -> list[Clause]:
    """Returns the clauses of a WHERE. If one uses an index, the others are written so that they use none (`IS TRUE`):
    without statistics SQLite takes any index for as good."""
    if not any(one.uses_index for one in conditions):
        return [one.clause for one in conditions]
    return [one.clause if one.uses_index else one.clause.is_(True) for one in conditions]


Branches = Callable[[], list[list[Clause]]]
"""Returns the clauses of each branch of a UNION ALL; a record meets those of one branch at most."""


def by_partition(conditions: Sequence[Condition], *, descending: bool) -> list[Branches]:
    """Returns the same clauses by partition, in the order of the list."""
    dated = next((one for one in conditions if one.partitions), None)
    if dated is None:
        return [lambda: [matching(conditions)]]

    def step(partition: Callable[[], Sequence[Clause]]) -> list[list[Clause]]:
        others = [one.clause for one in conditions if one is not dated]
        return [[*others, part] for part in partition()]

    return [partial(step, one) for one in (reversed(dated.partitions) if descending else dated.partitions)]


def not_judged(conditions: Sequence[Condition], axis: Axis) -> list[Condition] | None:
    """Returns the conditions of the records that meet all others but lack the value of an axis; None if no condition is
    on the axis."""
    of_axis = [(one.clause, one.unknown) for one in conditions if one.axis == axis and one.unknown is not None]
    if not of_axis:
        return None
    elsewhere = [one for one in conditions if one.axis != axis]
    if len(of_axis) == 1:
        return [*elsewhere, Condition(of_axis[0][1])]
    lacking = [or_(clause, unknown) for clause, unknown in of_axis] + [or_(*(unknown for _, unknown in of_axis))]
    return [*elsewhere, *map(Condition, lacking)]


def count_judgeable(conditions: Sequence[Condition], axis: Axis) -> Select[Any] | None:
    """Returns a query that counts the records with the value of an axis by an index; None unless the only condition has
    one."""
    return conditions[0].known if len(conditions) == 1 and conditions[0].axis == axis else None


def in_values(column: Any, values: Sequence[Any]) -> Condition:
    """Returns the condition that a column has one of the values."""
    prefix = f"{column.class_.__tablename__}_{column.key}"
    named = {f"{prefix}_{number}": value for number, value in enumerate(values)}

    def clause() -> Clause:
        is_one: Clause = column.in_([bindparam(name, value, column.type) for name, value in named.items()])
        return is_one

    return Condition(clause, shape=(prefix, len(named)), values=named)


def holds(clause: Clause, *, wanted: bool) -> Condition:
    """Returns the condition that a clause holds or, if not `wanted`, does not."""
    return Condition(clause if wanted else ~clause)


def changed_later(record_type: Any, release: int) -> Condition:
    """Returns the condition that a release after this one has changed the record."""
    table = record_type.table
    later = table.changed_in > release
    return Condition(later, lookup=column_lookup(table.id, later))


def resting_on(record_type: Any, articles: Sequence[str]) -> Condition:
    """Returns the condition that a record has evidence in one of these articles.

    The evidence of a single record, too, is found by an index that begins with the article.
    Repeating how the tables are joined makes SQLite look for the article only in rows that meet the cheaper conditions
    on the other table: without it, a box and a large article at a million incidents take 1.10 s instead of 0.66 s.
    """
    key, owner, subject = record_type.table.id, col(Evidence.record_id), record_type.chosen_by
    rests = select(owner).where(col(Evidence.article_id).in_(articles), col(Evidence.record_type) == record_type.type)
    of_one = rests.where(owner == key, *([] if subject is None else [subject.joined_on]))
    return Condition(of_one.exists(), lookup=IndexLookup(key, lambda: rests))


def with_words(record_type: Any, query: SearchQuery) -> Condition:
    """Returns the condition that a record, or its subject, matches a search query."""
    number, subject = record_type.table.number, record_type.chosen_by
    if subject is None:
        keys = partial(matching_numbers, query, record_type.code)
        return Condition(lambda: number.in_(keys()), lookup=IndexLookup(number, keys), uses_index=True, words=query)

    def own_or_subject() -> Any:
        table, code = subject.record_type.table, subject.record_type.code
        of_subjects = select(number).join(table, subject.joined_on)
        return union(
            matching_numbers(query, record_type.code),
            of_subjects.where(table.number.in_(matching_numbers(query, code))),
        )

    return Condition(lambda: number.in_(own_or_subject()), lookup=IndexLookup(number, own_or_subject), uses_index=True)


def column_lookup(id_: Any, clause: Clause) -> IndexLookup:
    """Returns the lookup of a clause on the first columns of an index that ends with the ids."""
    return IndexLookup(id_, lambda: select(id_).where(clause))


def exists_link(key: Any, owner: Any, *clauses: Clause) -> Condition:
    """Returns the condition that a record has a link that meets the clauses. `owner` is the column of links with the id
    of the record, the first one of their primary key."""
    its_own = select(owner).where(owner == key, *(clause.is_(True) for clause in clauses))
    return Condition(its_own.exists(), lookup=IndexLookup(key, lambda: select(owner).where(*clauses)))


def dated(table: type[Any], interval: Interval, match: str | None, first: Any) -> Condition:
    """Returns the condition that a record's possible days overlap an interval or, with the match `within`, are inside
    it. `first` is the column with the earliest day that the table's indexes have."""
    start, end = interval.start or FIRST_DAY, interval.end or LAST_DAY
    days = {"first_day": start, "last_day": end}

    def day(name: str) -> Any:
        return bindparam(name, days[name], first.type)

    def begun() -> Clause:
        return and_(first >= day("first_day"), first <= day("last_day"))

    def within() -> Clause:
        return and_(begun(), table.latest <= day("last_day"))

    if match == "within":
        return _on_days(table, within, (match, days), lambda: [within()])
    if interval.start is None:
        return _on_days(table, begun, ("begun", days), lambda: [begun()])
    days |= {f"{reach}_days_before": days_before(start, reach) for reach in (SHORT_SPAN_DAYS, *LONG_SPAN_DAYS)}

    def overlapping() -> Clause:
        return and_(table.latest >= day("first_day"), first <= day("last_day"))

    def before() -> list[Clause]:
        reaches = (
            (SHORT_SPAN_DAYS, table.reach.is_(None)),
            *((reach, table.reach == reach) for reach in LONG_SPAN_DAYS),
        )
        lasting = table.latest >= day("first_day")
        return [
            and_(of, first >= day(f"{reach}_days_before"), first < day("first_day"), lasting) for reach, of in reaches
        ]

    return _on_days(table, overlapping, ("overlaps", days), before, lambda: [begun()])


FIRST_DAY, LAST_DAY = "0", "9999-12-31"
"""Limits of open intervals. The first sorts after the empty text, which stands for no day."""


@cache
def _undated(table: Any) -> Clause:
    """Made once: a list of few milliseconds needs it only where it counts."""
    clause: Clause = table.earliest.is_(None)
    return clause


def _on_days(
    table: type[Any],
    clause: Callable[[], Clause],
    compared: tuple[str, Mapping[str, str]],
    *partitions: Callable[[], Sequence[Clause]],
) -> Condition:
    def keys() -> Any:
        queries = [select(table.number).where(part) for partition in partitions for part in partition()]
        return queries[0] if len(queries) == 1 else union_all(*queries)

    how, days = compared
    return Condition(
        clause,
        "date",
        _undated(table),  # type: ignore[arg-type]  # classes are hashable
        IndexLookup(table.number, keys),
        partitions=partitions,
        shape=(table.__tablename__, how),
        values=days,
    )


def in_box(table: type[Any], box: BBox, match: str | None) -> Condition:
    """Returns the condition that a record's circle is in a box; `match` says how much of it (`location_match`)."""
    return _on_map(table, box, _in_box(table, box, match))


def near_point(table: type[Any], near: Near, radius_km: float | None, match: str | None) -> Condition:
    """Returns the condition that a record's circle is in the circle around a point; `match` says how much of it."""
    radius = (radius_km or DEFAULT_RADIUS_KM) * 1000
    box = BBox(**box_around(near.longitude, near.latitude, radius))
    return _on_map(table, box, _around(table, near, radius, box, match))


def _on_map(table: type[Any], box: BBox, clause: Clause) -> Condition:
    unknown = table.latitude.is_(None)
    return Condition(clause, "location", unknown, lookup=IndexLookup(table.number, lambda: intersecting(table, box)))


def _in_box(table: type[Any], box: BBox, match: str | None) -> Clause:
    west, east, south, north = table.west, table.east, table.south, table.north
    if match == "point":
        west = east = table.longitude
        south = north = table.latitude
    end = box.east if box.west <= box.east else box.east + 360
    if match == "certain":
        rows = and_(south >= box.south, north <= box.north)
        columns = [and_(west >= box.west + offset, east <= end + offset) for offset in MERIDIAN_OFFSETS]
    else:
        rows = and_(south <= box.north, north >= box.south)
        columns = [and_(west <= end + offset, east >= box.west + offset) for offset in MERIDIAN_OFFSETS]
    return rows if end - box.west >= 360 else and_(rows, or_(*columns))


def _around(table: type[Any], near: Near, radius_m: float, box: BBox, match: str | None) -> Clause:
    """Returns the clause by great-circle distance, after a cheaper one by bounding boxes."""
    distance = _distance(table.longitude, table.latitude, near)
    slack = cast(table.radius_m, SqlFloat)
    farthest = {"certain": distance + slack, "point": distance}.get(match or "", distance - slack)
    return and_(_in_box(table, box, None), farthest <= radius_m)


def _distance(longitude: Any, latitude: Any, near: Near) -> Any:
    """Returns the great-circle distance in metres (haversine)."""
    half_lat = func.radians(latitude - near.latitude) / 2
    half_lon = func.radians(longitude - near.longitude) / 2
    chord = func.sin(half_lat) * func.sin(half_lat) + func.cos(func.radians(latitude)) * func.cos(
        func.radians(near.latitude)
    ) * func.sin(half_lon) * func.sin(half_lon)
    root = func.sqrt(chord)
    # Rounding may leave the root of antipodes a hair above 1, where the arc sine has no value.
    return 2 * EARTH_RADIUS_M * func.asin(case((root > 1, 1.0), else_=root))
