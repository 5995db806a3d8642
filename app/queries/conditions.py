"""What a filter asks of a record, and what it has to leave aside.

A filter by place, date or number of casualties cannot judge a record that lacks the value. Such a record never
matches, and `not_judged` counts it; so each condition on one of these axes also says which records it cannot judge.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, case, cast, func, or_, select, union_all
from sqlalchemy import Float as SqlFloat
from sqlmodel import col

from app.model.geography import EARTH_RADIUS_M, box_around
from app.model.spans import REACHES, SHORT, days_before
from app.queries.boxes import TURNS, touching
from app.queries.enumerated import enumerated
from app.queries.search import numbers
from app.queries.values import BBox, Interval, Near
from app.search.terms import Question
from app.storage.models import Evidence, Incident, OrganizationParent, Party, Place, PlaceParent

Axis = Literal["location", "date", "casualties"]
AXES: tuple[Axis, ...] = ("location", "date", "casualties")
Clause = ColumnElement[bool]

DEFAULT_RADIUS_KM = 50.0

FEW = 2_000
"""So few records are sorted sooner than a page of them is found among all others."""

MANY = 50_000
"""So many are counted sooner one by one than by looking at all others."""


@dataclass(frozen=True)
class Lead:
    """An index that finds the records of a condition: keys of them, and perhaps of some more, that `key` is among.

    What not every list needs is put together when it is asked for, because that takes longer than a short query.
    """

    key: Any
    keys: Callable[[], Any]

    def size(self, most: int) -> Select[Any]:
        """How many there are, as far as it matters: none are counted after `most` and one."""
        return select(func.count()).select_from(self.keys().limit(most + 1).subquery())


Steps = Sequence[Callable[[], Sequence[Clause]]]


@dataclass(frozen=True)
class Condition:
    """A clause, as it is stated or made; on an axis, `unknown` holds for the records that the clause cannot judge, and
    `known` may count all others by an index.

    `lead` finds its records by an index, if they are few; `leads` says that the clause does so. `steps` say the same as
    the clause in parts that no two records share, so that an index finds each part in the order of the first days: the
    parts of the first step lie before those of the next. `words` are what it looks for, if it does.
    """

    stated: Clause | Callable[[], Clause]
    axis: Axis | None = None
    unknown: Clause | None = None
    lead: Lead | None = None
    leads: bool = False
    steps: Steps = ()
    words: Question | None = None
    known: Select[Any] | None = None

    @cached_property
    def clause(self) -> Clause:
        """Put together when it is asked for, where not every list needs it."""
        return self.stated if isinstance(self.stated, ColumnElement) else self.stated()

    def led(self) -> "Condition":
        """The same condition, its records found by its lead."""
        if self.lead is None or self.leads:
            return self
        led = and_(self.lead.key.in_(self.lead.keys()), self.clause.is_(True))
        return replace(self, stated=led, lead=None, leads=True, steps=())


def numbered(table: type[Any], found: Iterable[int]) -> Condition:
    """The records of a table that have one of these numbers."""
    return Condition(table.number.in_(enumerated(found)), leads=True)


def led_by(conditions: Sequence[Condition], first: Condition) -> list[Condition]:
    """The same conditions, of which this one alone leads. Were there two, SQLite might go through all that one finds
    for each that the other finds."""
    return [one.led() if one is first else replace(one, leads=False) for one in conditions]


def matching(conditions: Sequence[Condition]) -> list[Clause]:
    """The clauses that a record must meet to match. Beside one that leads the others are only looked at: SQLite, which
    keeps no statistics, would take any index for as good."""
    if not any(one.leads for one in conditions):
        return [one.clause for one in conditions]
    return [one.clause if one.leads else one.clause.is_(True) for one in conditions]


def by_first_day(conditions: Sequence[Condition], *, descending: bool) -> Iterator[list[list[Clause]]]:
    """The same clauses in steps, each of them in branches, of which a record meets one at most."""
    dated = next((one for one in conditions if one.steps), None)
    if dated is None:
        yield [matching(conditions)]
        return
    others = [one.clause for one in conditions if one is not dated]
    for step in reversed(dated.steps) if descending else dated.steps:
        yield [[*others, part] for part in step()]


def not_judged(conditions: Sequence[Condition], axis: Axis) -> list[Condition] | None:
    """The conditions of the records that fit everything else but lack what this axis needs; null if it is not used."""
    here = [(one.clause, one.unknown) for one in conditions if one.axis == axis and one.unknown is not None]
    if not here:
        return None
    elsewhere = [one for one in conditions if one.axis != axis]
    if len(here) == 1:
        return [*elsewhere, Condition(here[0][1])]
    lacking = [or_(clause, unknown) for clause, unknown in here] + [or_(*(unknown for _, unknown in here))]
    return [*elsewhere, *map(Condition, lacking)]


def judgeable(conditions: Sequence[Condition], axis: Axis) -> Select[Any] | None:
    """Counts the records that have what this axis needs, where one condition that can is all that is asked."""
    return conditions[0].known if len(conditions) == 1 and conditions[0].axis == axis else None


def one_of(column: Any, values: Sequence[Any]) -> list[Condition]:
    """Equal to any of the values; nothing asked when there are none."""
    return [Condition(column.in_(values))] if values else []


def flag(clause: Clause, wanted: bool | None) -> list[Condition]:
    """Holds, or does not; nothing asked when that was left open."""
    return [] if wanted is None else [Condition(clause if wanted else ~clause)]


def shared(table: type[Any], kind: str, filters: Any) -> list[Condition]:
    """The conditions that every list takes."""
    found: list[Condition] = []
    if filters.changed_since is not None:
        later = table.changed_in > filters.changed_since
        found.append(Condition(later, lead=indexed(table.id, later)))
    if filters.article:
        found.append(_resting_on(table.id, kind, filters.article))
    if filters.q is not None:
        lead = Lead(table.number, partial(numbers, filters.q, kind))
        found.append(Condition(partial(says, table.number, kind, filters.q), lead=lead, leads=True, words=filters.q))
    return found


def indexed(id_: Any, clause: Clause) -> Lead:
    """The lead of a clause on columns that an index begins with; it ends with the ids."""
    return Lead(id_, lambda: select(id_).where(clause))


def linked(key: Any, owner: Any, *clauses: Clause) -> Condition:
    """The records that have a link like this. `owner` is the column of a link that says whose it is; it begins the
    links' primary key."""
    its_own = select(owner).where(owner == key, *(clause.is_(True) for clause in clauses))
    return Condition(its_own.exists(), lead=Lead(key, lambda: select(owner).where(*clauses)))


def _resting_on(key: Any, kind: str, articles: Sequence[str]) -> Condition:
    """The records of a kind that rest on these articles. For one record, too, an index begins with the articles."""
    owner = col(Evidence.record_id)
    rests = select(owner).where(col(Evidence.article_id).in_(articles), col(Evidence.record_type) == kind)
    return Condition(rests.where(owner == key).exists(), lead=Lead(key, lambda: rests))


def says(number: Any, kind: str, asked: Question) -> Clause:
    """The record of this type and number has the words that are asked for."""
    clause: Clause = number.in_(numbers(asked, kind))
    return clause


def dated(table: type[Any], interval: Interval | None, match: str | None, first: Any) -> list[Condition]:
    """Possible days against an interval: by default they overlap, with `within` all of them lie inside. `first` is the
    earliest day as the table's indexes have it."""
    if interval is None:
        return []
    start, end = interval.start or FIRST_DAY, interval.end or LAST_DAY
    begun = and_(first >= start, first <= end)
    if match == "within":
        return [_on_days(table, begun & (table.latest <= end))]
    if interval.start is None:
        return [_on_days(table, begun)]
    lasting = table.latest >= start

    def before() -> list[Clause]:
        reaches = ((SHORT, table.reach.is_(None)), *((reach, table.reach == reach) for reach in REACHES))
        return [and_(of, first >= days_before(start, reach), first < start, lasting) for reach, of in reaches]

    return [_on_days(table, lasting & (first <= end), before, lambda: [begun])]


FIRST_DAY, LAST_DAY = "0", "9999-12-31"
"""The former lies behind the empty text that stands for no day."""


def _on_days(table: type[Any], clause: Clause, *steps: Callable[[], Sequence[Clause]]) -> Condition:
    steps = steps or (lambda: [clause],)

    def keys() -> Any:
        found = [select(table.number).where(part) for step in steps for part in step()]
        return found[0] if len(found) == 1 else union_all(*found)

    return Condition(clause, "date", table.earliest.is_(None), Lead(table.number, keys), steps=steps)


def located(
    table: type[Any], bbox: BBox | None, near: Near | None, radius_km: float | None, match: str | None
) -> list[Condition]:
    """A record's circle against a box and around a point."""
    if bbox is None and near is None:
        return []
    unknown = table.latitude.is_(None)
    found = []
    if bbox is not None:
        found.append(_on_map(table, bbox, _in_box(table, bbox, match), unknown))
    if near is not None:
        radius = (radius_km or DEFAULT_RADIUS_KM) * 1000
        box = BBox(**box_around(near.longitude, near.latitude, radius))
        found.append(_on_map(table, box, _around(table, near, radius, box, match), unknown))
    return found


def _on_map(table: type[Any], box: BBox, clause: Clause, unknown: Clause) -> Condition:
    return Condition(clause, "location", unknown, lead=Lead(table.number, lambda: touching(table, box)))


def _in_box(table: type[Any], box: BBox, match: str | None) -> Clause:
    west, east, south, north = table.west, table.east, table.south, table.north
    if match == "point":
        west = east = table.longitude
        south = north = table.latitude
    end = box.east if box.west <= box.east else box.east + 360
    if match == "certain":
        rows = and_(south >= box.south, north <= box.north)
        columns = [and_(west >= box.west + turn, east <= end + turn) for turn in TURNS]
    else:
        rows = and_(south <= box.north, north >= box.south)
        columns = [and_(west <= end + turn, east >= box.west + turn) for turn in TURNS]
    return rows if end - box.west >= 360 else and_(rows, or_(*columns))


def _around(table: type[Any], near: Near, radius_m: float, box: BBox, match: str | None) -> Clause:
    """Great-circle distance, after a look at the boxes."""
    distance = _distance(table.longitude, table.latitude, near)
    slack = cast(table.radius_m, SqlFloat)
    farthest = {"certain": distance + slack, "point": distance}.get(match or "", distance - slack)
    return and_(_in_box(table, box, None), farthest <= radius_m)


def _distance(longitude: Any, latitude: Any, near: Near) -> Any:
    """Metres along the great circle (haversine)."""
    half_lat = func.radians(latitude - near.latitude) / 2
    half_lon = func.radians(longitude - near.longitude) / 2
    chord = func.sin(half_lat) * func.sin(half_lat) + func.cos(func.radians(latitude)) * func.cos(
        func.radians(near.latitude)
    ) * func.sin(half_lon) * func.sin(half_lon)
    root = func.sqrt(chord)
    # Rounding may leave the root of antipodes a hair above 1, where the arc sine has no value.
    return 2 * EARTH_RADIUS_M * func.asin(case((root > 1, 1.0), else_=root))


def with_parts(start: Select[Any], whole: Any, part: Any, *links: Clause) -> Select[Any]:
    """The ids to start from and everything below them, following the links from `whole` to `part` downwards."""
    inside = start.cte(recursive=True)
    below = select(part).join(inside, whole == inside.c.id).where(*links)
    return select(inside.union(below).c.id)


def places_inside(ids: Sequence[str], basis: str | None = None) -> Select[Any]:
    """Ids of the places and of all that they contain."""
    links = [col(PlaceParent.basis) == "stated"] if basis == "stated" else []
    start = select(col(Place.id)).where(col(Place.id).in_(ids))
    return with_parts(start, col(PlaceParent.parent_id), col(PlaceParent.place_id), *links)


def incidents_within(ids: Sequence[str]) -> Select[Any]:
    """Ids of the incidents and of all their parts."""
    start = select(col(Incident.id)).where(col(Incident.id).in_(ids))
    return with_parts(start, col(Incident.parent_id), col(Incident.id))


def parties_within(ids: Sequence[str]) -> Select[Any]:
    """Ids of the people and organizations, and of all parts of the organizations."""
    start = select(col(Party.id)).where(col(Party.id).in_(ids))
    return with_parts(start, col(OrganizationParent.parent_id), col(OrganizationParent.organization_id))
