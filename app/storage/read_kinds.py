"""What reads do, which decides on which thread `app.storage.reader` runs them."""

from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import Any, TypeVar

Query = TypeVar("Query", bound=Callable[..., Any])


class ReadKind(Enum):
    """What a read does. This alone decides where it runs: no handler has to guess how long it takes."""

    LOOKUP = "finds few rows by their keys, or in the order of an index"
    SEARCH = "finds records that no index has in their order, or goes through several lists"
    COUNT = "goes through all that matches, to count, to rank or to add up"

    @property
    def is_short(self) -> bool:
        """Whether it takes a few milliseconds, however many records there are."""
        return self is ReadKind.LOOKUP


_KINDS: dict[Callable[..., Any], ReadKind] = {}


def reads(kind: ReadKind) -> Callable[[Query], Query]:
    """Says of a query function of a module what it does; one without is a look-up. What a list does, its plan says
    (`app.queries.plan`), because that depends on its filters."""

    def declared(query: Query) -> Query:
        _KINDS[query] = kind
        return query

    return declared


def kind_of(query: Callable[..., Any]) -> ReadKind:
    """Returns what a query does, which may have some of its arguments already."""
    return _KINDS.get(query.func if isinstance(query, partial) else query, ReadKind.LOOKUP)
