"""Addresses as answers repeat them: a path with parameters; and how many of them the head of an answer takes."""

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote_plus

MAX_LINK_BYTES = 1000
"""Bytes that addresses may take of an answer's head. All its other fields are less than 1 kB, and 2 kB pass everywhere:
proxies give a head 4 kB, and a request may be so long that some clients take no address of its answer."""


def link_field(links: Iterable[str]) -> dict[str, str]:
    """The `Link` header with as many of these as a head takes, none where it takes none. The first go first."""
    fitting, room = [], MAX_LINK_BYTES
    for link in links:
        if len(link) <= room:
            fitting.append(link)
            room -= len(link) + len(", ")
    return {"Link": ", ".join(fitting)} if fitting else {}


def address(path: str, items: Iterable[tuple[str, str]]) -> str:
    """The path with these parameters, each as often as it stands there."""
    query = "&".join(_parameter(name, value) for name, value in items)
    return f"{path}?{query}" if query else path


@lru_cache(maxsize=256)
def _parameter(name: str, value: str) -> str:
    """Remembered, because the same parameters stand in several links of an answer."""
    return f"{quote_plus(name)}={quote_plus(value)}"
