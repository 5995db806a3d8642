"""Addresses as answers repeat them: a path with parameters."""

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote_plus


def address(path: str, items: Iterable[tuple[str, str]]) -> str:
    """The path with these parameters, each as often as it stands there."""
    query = "&".join(_parameter(name, value) for name, value in items)
    return f"{path}?{query}" if query else path


@lru_cache(maxsize=256)
def _parameter(name: str, value: str) -> str:
    """Remembered, because the same parameters stand in several links of an answer."""
    return f"{quote_plus(name)}={quote_plus(value)}"
