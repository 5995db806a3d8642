"""What `include` takes: lists, and paths of two of them, as JSON:API writes them (`incidents.quotes`)."""

from collections.abc import Iterable
from functools import cache

from app.records import RECORD_TYPES


@cache
def include_paths(resource: str) -> tuple[str, ...]:
    """Returns the values of `include` for a list. The second list of a path holds what the records of the first refer
    to, and not what refers to them, which may be any number."""
    lists = RECORD_TYPES[resource].included
    return (*lists, *(f"{first}.{second}" for first in lists for second in RECORD_TYPES[first].references))


@cache
def includable_lists(resource: str) -> tuple[str, ...]:
    """Returns the lists of which `include` can include records, for a list."""
    return included_lists(include_paths(resource))


def included_lists(paths: Iterable[str]) -> tuple[str, ...]:
    """Returns the lists of which paths include records, those on the way too, in their order."""
    return tuple(dict.fromkeys(name for path in paths for name in path.split(".")))
