"""Values of a record as text, by which columns of different outputs are compared."""

from collections.abc import Iterable
from typing import Any

Values = dict[str, list[str]]
"""By record: the values of a column, or at a path of its document, as text."""

BASE = "http://127.0.0.1:8000"


def written(values: Iterable[Any]) -> list[str]:
    """Values as text, an address as its path; none where nothing but null is there."""
    collected = []
    for value in values:
        text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        collected.append(text.removeprefix(BASE))
    return collected if any(collected) else []
