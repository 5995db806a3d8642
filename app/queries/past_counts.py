"""Keeps what was counted of lists at earlier releases, which SQL counts: their pages share it.

At the newest release nothing is kept, because arrays count it (`app.counts`) in less time.
"""

from collections.abc import Callable
from typing import Any

from app.storage.snapshot import Snapshot

_MAX_KEPT = 256
_kept: dict[tuple[str, int, str], dict[str, Any]] = {}


def kept_counts(snapshot: Snapshot, chosen: str, count: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Returns what `count` does of the records of an earlier release that are `chosen`: counted once for each newest
    release, because a later one may take something out of all before it."""
    newest = snapshot.newest.fingerprint
    key = newest, snapshot.release.number, chosen
    found = _kept.get(key)
    if found is None:
        found = count()
        current = [one for one in list(_kept) if one[0] == newest]
        for one in set(_kept) - set(current[1 - _MAX_KEPT :]):
            _kept.pop(one, None)
        _kept[key] = found
    return found
