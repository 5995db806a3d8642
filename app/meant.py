"""What somebody may have meant by a question that finds nothing."""

from collections.abc import Callable, Iterable
from typing import Any

from app.filters import Listing
from app.problems import BadValue
from app.values import ON_MAP, latitude_first

Matched = Callable[[Listing], int | None]
"""How many records filters find; null where there are some and counting them takes long."""


def exchanged(filters: Any, items: Iterable[tuple[str, str]], matched: Matched) -> list[dict[str, Any]] | None:
    """Points and boxes that find something once their longitudes and latitudes are exchanged; null where none do."""
    found = []
    for name, text in items:
        if name not in ON_MAP or getattr(filters, name, None) is None:
            continue
        value = latitude_first(text)
        try:
            count = matched(filters.model_copy(update={name: ON_MAP[name](value)}))
        except BadValue:
            continue
        if count != 0:
            found.append({"parameter": name, "value": value, "matched": count})
    return found or None
