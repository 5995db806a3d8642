"""The conditions of filters as SQL, and the records that they cannot judge.

A filter by place, date or number of casualties cannot judge a record that lacks the value. Such a record never
matches, and `not_judged` counts it; so each condition on one of these axes also says which records it cannot judge.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, bindparam, false, func, or_, select, union
from sqlmodel import col

from app.counts.criteria import AllOf, AnyOf, ChangedAfter, Criterion, HasLink, IsOneOf, Not, ValueIn
from app.queries.search import matching_numbers
from app.search.terms import SearchQuery
from app.storage.models import Evidence
from app.storage.number_lists import number_list

Axis = Literal["location", "date", "casualties", "exclusion"]
AXES: tuple[Axis, ...] = ("location", "date", "casualties", "exclusion")
Clause = ColumnElement[bool]

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

    `criterion` asks the same of arrays, and `unknown_criterion` what `unknown` selects, of the records of the table
    `of`; if none is given, of whichever has what they look at. A condition that `either` of some others is has none:
    these may be about different tables.
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
    criterion: Criterion | None = None
    unknown_criterion: Criterion | None = None
    of: Any = None
    either: tuple["Condition", ...] = ()

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
    of_axis = [(one, one.unknown) for one in conditions if one.axis == axis and one.unknown is not None]
    if not of_axis:
        return None
    elsewhere = [one for one in conditions if one.axis != axis]
    unknown = [Condition(unknown, criterion=one.unknown_criterion, of=one.of) for one, unknown in of_axis]
    if len(unknown) == 1:
        return [*elsewhere, *unknown]
    others = [either_of(one, not_known) for (one, _), not_known in zip(of_axis, unknown, strict=True)]
    return [*elsewhere, either_of(*unknown), *others]


def either_of(*conditions: Condition) -> Condition:
    """Returns the condition that is met where one of some is."""
    # No clause is built before SQL needs it: arrays need none.
    return Condition(lambda: or_(*(one.clause for one in conditions)), either=conditions)


def or_not_judged(condition: Condition) -> Condition:
    """Returns the condition that is also met by the records that one on an axis cannot judge."""
    assert condition.unknown is not None
    unknown = Condition(condition.unknown, criterion=condition.unknown_criterion, of=condition.of)
    return either_of(condition, unknown)


def count_judgeable(conditions: Sequence[Condition], axis: Axis) -> Select[Any] | None:
    """Returns a query that counts the records with the value of an axis by an index; None unless the only condition has
    one."""
    return conditions[0].known if len(conditions) == 1 and conditions[0].axis == axis else None


def in_values(column: Any, values: Sequence[Any], name: str) -> Condition:
    """Returns the condition that a column has one of the values. `name` tells them from those of other conditions."""
    named = {f"{name}_{number}": value for number, value in enumerate(values)}

    def clause() -> Clause:
        is_one: Clause = column.in_([bindparam(name, value, column.type) for name, value in named.items()])
        return is_one

    has_one = ValueIn(column.key, values)
    return Condition(clause, shape=(name, len(named)), values=named, criterion=has_one, of=column.class_)


def in_none_of(column: Any, values: Sequence[Any], unknown: Sequence[Any], name: str) -> Condition:
    """Returns the condition that a column has certainly none of the values. Null is none of them; of the `unknown`
    values it is not known, unless they are excluded themselves."""
    others = [one for one in unknown if one not in values]
    named = {f"{name}_{number}": value for number, value in enumerate((*values, *others))}

    def clause() -> Clause:
        differs: Clause = column.not_in([bindparam(key, value, column.type) for key, value in named.items()])
        return or_(column.is_(None), differs) if column.property.columns[0].nullable else differs

    not_known: Clause = column.in_(others) if others else false()
    shape = (name, len(named))
    return Condition(
        clause,
        "exclusion",
        not_known,
        shape=shape,
        values=named,
        criterion=Not(ValueIn(column.key, tuple(named.values()))),
        unknown_criterion=ValueIn(column.key, others),
        of=column.class_,
    )


def certainly_not(
    matches: Clause,
    unclear: Clause | None = None,
    *,
    criterion: Criterion | None = None,
    unclear_criterion: Criterion | None = None,
    of: Any = None,
) -> Condition:
    """Returns the condition that a clause does not hold and that this is known: it is not for what `unclear` selects
    beyond the clause itself. `criterion` and `unclear_criterion` say the same of arrays."""
    excluded, not_known = matches.is_not(True), None if criterion is None else Not(criterion)
    if unclear is None:
        nothing = None if criterion is None else AnyOf(())
        return Condition(excluded, "exclusion", false(), criterion=not_known, unknown_criterion=nothing, of=of)
    known = unknown = None
    if not_known is not None and unclear_criterion is not None:
        known, unknown = AllOf((not_known, Not(unclear_criterion))), AllOf((not_known, unclear_criterion))
    return Condition(
        and_(excluded, unclear.is_not(True)),
        "exclusion",
        and_(excluded, unclear.is_(True)),
        criterion=known,
        unknown_criterion=unknown,
        of=of,
    )


def holds(clause: Clause, *, wanted: bool, facet: str = "") -> Condition:
    """Returns the condition that a clause holds or, if not `wanted`, does not. `facet` counts by the same clause."""
    criterion = ValueIn(facet, ["true" if wanted else "false"]) if facet else None
    return Condition(clause if wanted else ~clause, criterion=criterion)


def changed_later(record_type: Any, release: int) -> Condition:
    """Returns the condition that a release after this one has changed the record."""
    table = record_type.table
    later = table.changed_in > release
    return Condition(later, lookup=column_lookup(table.id, later), criterion=ChangedAfter(release), of=table)


def resting_on(record_type: Any, articles: Sequence[str]) -> Condition:
    """Returns the condition that a record has evidence in one of these articles.

    The evidence of a single record, too, is found by an index that begins with the article.
    Repeating how the tables are joined makes SQLite look for the article only in rows that meet the cheaper conditions
    on the other table: without it, a box and a large article at a million incidents take 1.10 s instead of 0.66 s.
    """
    key, owner, subject = record_type.table.id, col(Evidence.record_id), record_type.chosen_by
    rests = select(owner).where(col(Evidence.article_id).in_(articles), col(Evidence.record_type) == record_type.type)
    of_one = rests.where(owner == key, *([] if subject is None else [subject.joined_on]))
    criterion = HasLink("articles", (ValueIn("article_id", articles),))
    lookup = IndexLookup(key, lambda: rests)
    return Condition(of_one.exists(), lookup=lookup, criterion=criterion, of=record_type.table)


def with_ids(record_type: Any, ids: Sequence[str]) -> Condition:
    """Returns the condition that a record has one of these ids."""
    table = record_type.table
    has_one = table.id.in_(ids)
    return Condition(has_one, lookup=column_lookup(table.id, has_one), criterion=IsOneOf(ids), of=table)


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


def exists_link(key: Any, owner: Any, *clauses: Clause, criterion: HasLink | None = None) -> Condition:
    """Returns the condition that a record has a link that meets the clauses. `owner` is the column of links with the id
    of the record, the first one of their primary key. `criterion` says the same of arrays."""
    its_own = select(owner).where(owner == key, *(clause.is_(True) for clause in clauses))
    lookup = IndexLookup(key, lambda: select(owner).where(*clauses))
    return Condition(its_own.exists(), lookup=lookup, criterion=criterion, of=key.class_)


@dataclass(frozen=True)
class LinkExclusion:
    """The condition `no_link` for arrays: criteria of links."""

    links: str
    matches: Criterion
    of_all: tuple[Criterion, ...] = ()
    unclear: Criterion | None = None

    @property
    def criterion(self) -> HasLink:
        """A link matches."""
        return HasLink(self.links, (self.matches, *self.of_all))

    def not_known(self, *, required: bool) -> Criterion | None:
        """It is not known whether one does."""
        unclear = [] if self.unclear is None else [HasLink(self.links, (self.unclear, *self.of_all))]
        without = [Not(HasLink(self.links, self.of_all))] if required else []
        return AnyOf((*unclear, *without)) if unclear or without else None


def no_link(
    key: Any,
    owner: Any,
    matches: Clause,
    *of_all: Clause,
    unclear: Clause | None = None,
    required: bool = False,
    criteria: LinkExclusion,
) -> Condition:
    """Returns the condition that a record certainly has no link that `matches`, among those that meet `of_all`.

    It is not known for a record with a link that is `unclear` or, where every record has such links, stated or not
    (`required`), for one without any. `criteria` say the same of arrays.
    """
    its_own = select(owner).where(owner == key, *(clause.is_(True) for clause in of_all))
    not_known: list[Clause] = [] if unclear is None else [its_own.where(unclear.is_(True)).exists()]
    not_known += [~its_own.exists()] if required else []
    return certainly_not(
        its_own.where(matches.is_(True)).exists(),
        or_(*not_known) if not_known else None,
        criterion=criteria.criterion,
        unclear_criterion=criteria.not_known(required=required),
        of=key.class_,
    )
