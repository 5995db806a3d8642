"""Reads from the tables what records are counted by."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from sqlalchemy import Select, func, inspect, select

from app.counts.columns import Areas, Column, CountedType, Links, References
from app.counts.frames import Frame, frame_of

OWN = ""
"""The name of the frame with one row for each record; the others have the names of their links."""

Fetch = Callable[[Select[Any]], Sequence[Sequence[Any]]]
"""Returns the rows of a statement."""

_LISTED_RECORDS = 200_000
"""Records of a type up to which their numbers are read once; those of more are looked up row by row in SQL."""


class Extraction:
    """Reads frames of records in one transaction. `tables` are those of all types by name. With `sorts_links` those of
    a record are put in an order that an edit of it does not change; SQLite returns them so by itself."""

    def __init__(self, fetch: Fetch, tables: Mapping[str, Any], *, sorts_links: bool = False) -> None:
        self._fetch = fetch
        self._tables = tables
        self._sorts_links = sorts_links
        self._numbers: dict[str, dict[str, int] | None] = {}
        self._number_of_id: dict[tuple[str, ...], Callable[[Any], int]] = {}
        self._repeated: dict[tuple[str, str], Frame] = {}

    def frames(self, counted: CountedType, chosen: Callable[[Any], Any]) -> dict[str, Frame]:
        """Returns the frames of those records whose number meets a clause, in the order of their numbers."""
        table = counted.table
        own = select(table.number, *self._expressions(counted.columns)).where(chosen(table.number))
        frames = {OWN: self._frame(own.order_by(table.number), counted.columns)}
        for links in counted.links:
            frames[links.name] = self._frame(self._links(table, links, chosen), links.columns)
        return frames

    def block(self, counted: CountedType, first: int, last: int) -> dict[str, Frame]:
        """Returns the frames of the records with numbers in a range. What is repeated is read for all records of the
        type at once, by an index that begins with the few values that it has."""
        for links in counted.links:
            if links.repeated and (counted.name, links.name) not in self._repeated:
                self._repeated[counted.name, links.name] = self._of_all(counted, links)
        others = tuple(links for links in counted.links if not links.repeated)
        frames = self.frames(replace(counted, links=others), lambda number: number.between(first, last))
        for links in counted.links:
            if links.repeated:
                frames[links.name] = self._repeated[counted.name, links.name].between(first, last)
        return frames

    def _of_all(self, counted: CountedType, links: Links) -> Frame:
        (column,) = links.columns
        assert isinstance(column, References)
        (values,) = (self._tables[one] for one in column.targets)
        indexed = column.value.in_(select(values.id))
        pairs = select(links.owner.label("id"), column.value.label("value")).where(links.where, indexed).distinct()
        found = pairs.subquery()
        statement = select(counted.table.number, found.c.value).join_from(
            found, counted.table, counted.table.id == found.c.id
        )
        return self._frame(statement, links.columns)

    def _links(self, table: Any, links: Links, chosen: Callable[[Any], Any]) -> Select[Any]:
        statement = select(table.number, *self._expressions(links.columns))
        statement = statement.join_from(table, links.owner.class_, links.owner == table.id)
        if links.where is not None:
            statement = statement.where(links.where)
        if links.repeated:
            # By their owners: of numbers SQLite does not know how few they are, and begins with all links of the type.
            return statement.where(links.owner.in_(select(table.id).where(chosen(table.number)))).distinct()
        statement = statement.where(chosen(table.number))
        return (
            statement.order_by(table.number, *inspect(links.owner.class_).primary_key)
            if self._sorts_links
            else statement
        )

    def _frame(self, statement: Select[Any], columns: Sequence[Column]) -> Frame:
        number_of = {one.name: self._number_of(one) for one in columns if isinstance(one, References)}
        return frame_of(self._fetch(statement), columns, number_of).in_order()

    def _expressions(self, columns: Sequence[Column]) -> list[Any]:
        return list(chain.from_iterable(map(self._values, columns)))

    def _values(self, column: Column) -> list[Any]:
        if isinstance(column, Areas):
            return column.values
        if isinstance(column, References) and any(self._listed(one) is None for one in column.targets):
            # Aliases, because a table may refer to itself.
            others = [self._tables[one].__table__.alias() for one in column.targets]
            numbers = [select(one.c.number).where(one.c.id == column.value).scalar_subquery() for one in others]
            return [numbers[0] if len(numbers) == 1 else func.coalesce(*numbers)]
        return [column.value]

    def _number_of(self, column: References) -> Callable[[Any], int]:
        if column.targets not in self._number_of_id:
            listed = [self._listed(one) for one in column.targets]
            numbers = defaultdict[Any, int](int)
            for one in listed:
                numbers.update(one or {})
            self._number_of_id[column.targets] = _as_it_is if None in listed else numbers.__getitem__
        return self._number_of_id[column.targets]

    def _listed(self, target: str) -> dict[str, int] | None:
        if target not in self._numbers:
            table = self._tables[target]
            ((size,),) = self._fetch(select(func.count()).select_from(table))
            few = size <= _LISTED_RECORDS
            self._numbers[target] = dict(map(tuple, self._fetch(select(table.id, table.number)))) if few else None
        return self._numbers[target]


def _as_it_is(number: int | None) -> int:
    return number or 0
