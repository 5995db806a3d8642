"""What differs between two versions of a document: JSON Pointers (RFC 6901), with the values before and after."""

from collections.abc import Iterator
from typing import Any, NamedTuple

OF_RELEASES = frozenset({"version", "changed_in"})
"""Keys that differ between any two versions."""


class Difference(NamedTuple):
    """A value that changed; None before or after for what was not there."""

    pointer: str
    before: Any
    after: Any


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
    """Returns what differs, in the order of keys. Lists of different lengths differ as wholes."""
    compared = ({key: value for key, value in one.items() if key not in OF_RELEASES} for one in (before, after))
    return list(_between("", *compared))


def _between(pointer: str, before: Any, after: Any) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in {**before, **after}:
            step = key.replace("~", "~0").replace("/", "~1")
            yield from _between(f"{pointer}/{step}", before.get(key), after.get(key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, pair in enumerate(zip(before, after, strict=True)):
            yield from _between(f"{pointer}/{index}", *pair)
    elif before != after or type(before) is not type(after):
        yield Difference(pointer, before, after)
