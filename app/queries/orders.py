"""Orders of lists: by a column, by the rank of a search, or by a number that not every record has.

Records for which it is not stated what a list is sorted by come last in both directions.
"""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, TableValuedAlias, select, tuple_
from sqlalchemy.orm import aliased

from app.queries.conditions import Condition

Clause = ColumnElement[bool]


@dataclass(frozen=True)
class Linked:
    """The rows of another table that have what records are sorted by: one each, but not for all records."""

    table: Any
    owner: Any
    clause: Clause


@dataclass(frozen=True)
class Order:
    """What a list is sorted by before the id, and the `key` that it is asked for by: a column, the number in `linked`
    rows, or the rank of a search, smaller for better matches.

    Records with the value `unstated` come last, or first if `unstated_first`, whichever the direction. An order
    `of_unstated` has only these, sorted by id.
    """

    key: str
    value: Any
    kind: type
    id: Any
    descending: bool = False
    ranks: TableValuedAlias | None = None
    linked: Linked | None = None
    unstated: Any = None
    unstated_first: bool = False
    of_unstated: bool = False

    def of(self, *columns: Any) -> tuple[Any, ...]:
        """Columns in this direction."""
        return tuple(column.desc() if self.descending else column.asc() for column in columns)

    def after_key(self, place: tuple[Any, ...]) -> Clause:
        """What comes after a sort value and id."""
        here, there = ((self.id,), place[-1:]) if self.value is self.id else ((self.value, self.id), place)
        return tuple_(*here) < tuple_(*there) if self.descending else tuple_(*here) > tuple_(*there)

    def reversed(self) -> "Order":
        """The opposite order."""
        return replace(self, descending=not self.descending, unstated_first=not self.unstated_first)

    @property
    def is_sorted_apart(self) -> bool:
        """Whether records without what is stated stand elsewhere than the sort value, the lowest of all, puts them."""
        return self.unstated is not None and (self.linked is not None or self.descending is self.unstated_first)

    def apart(self, key: Any, *, behind_one: bool) -> list[tuple["Order", list[Condition]]]:
        """The order of the records with what is stated and that of those without, each with its conditions. `key` is
        the column of the records' ids; what is read may begin `behind_one` of the records."""
        parts = [(self, [] if behind_one else self._stated()), self._without(key)]
        return parts[::-1] if self.unstated_first else parts

    def own(self, rows: list[Any]) -> list[Any]:
        """Rows of document, sort value and id as they stand in this order, without those that stand elsewhere."""
        if self.of_unstated:
            return [(document, self.unstated, id_) for document, _, id_ in rows]
        return [row for row in rows if row[1] != self.unstated] if self.is_sorted_apart else rows

    def _stated(self) -> list[Condition]:
        """In descending order the others come last, and `own` drops them."""
        if self.linked is not None or self.descending:
            return []
        return [Condition(lambda: self.value > self.unstated, shape=f"with {self.key}")]

    def _without(self, key: Any) -> tuple["Order", list[Condition]]:
        without, linked = f"without {self.key}", self.linked
        if linked is None:
            is_unstated = Condition(lambda: self.value == self.unstated, shape=without)
            return replace(self, of_unstated=True), [is_unstated]
        its_own = select(linked.owner).where(linked.owner == key, linked.clause)
        order = replace(self, key=without, value=key, id=key, linked=None, of_unstated=True)
        return order, [Condition(lambda: ~its_own.exists(), shape=without)]


@dataclass(frozen=True)
class LinkedSort:
    """A sort by the number that rows of another table have for a value of a vocabulary: by an incident's total of one
    outcome. `vocabulary` in braces is the name of the sort in the parameter `sort`."""

    table: Any
    owner: str
    value: str
    number: str

    def order(self, key: str, *, descending: bool) -> Order:
        """The order by the numbers of a value."""
        table: Any = aliased(self.table)
        number, owner = getattr(table, self.number), getattr(table, self.owner)
        linked = Linked(table, owner, getattr(table, self.value) == key)
        return Order(key, number, int, owner, descending, linked=linked, unstated=-1)
