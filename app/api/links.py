"""URLs in responses: a path with its query string; and the `Link` header, limited in size."""

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote_plus

MAX_LINK_BYTES = 1000
"""Bytes that URLs may take in the headers of a response. All other headers take less than 1 kB, and 2 kB pass
everywhere: proxies allow 4 kB of headers, and the URL of a long request can be too long for some clients."""


def link_field(links: Iterable[str]) -> dict[str, str]:
    """Returns the `Link` header with as many of these links as fit, earlier ones first; no header if none fits."""
    fitting, room = [], MAX_LINK_BYTES
    for link in links:
        if len(link) <= room:
            fitting.append(link)
            room -= len(link) + len(", ")
    return {"Link": ", ".join(fitting)} if fitting else {}


def address(path: str, items: Iterable[tuple[str, str]]) -> str:
    """Returns the path with these parameters as its query string, repeated ones included."""
    query = "&".join(_parameter(name, value) for name, value in items)
    return f"{path}?{query}" if query else path


@lru_cache(maxsize=256)
def _parameter(name: str, value: str) -> str:
    """Encodes one parameter. Cached, because several links of a response have the same parameters."""
    return f"{quote_plus(name)}={quote_plus(value)}"
