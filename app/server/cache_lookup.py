"""What a request asks of the response cache: the key of the response, preconditions, and whether it has a range."""

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from starlette.types import Scope

from app.server.negotiation import NEGOTIATED_FIELDS, HeaderLines, Preferences
from app.server.preconditions import CONDITIONAL_FIELDS, RANGE_FIELDS, Preconditions

MAX_MEMOIZED_BYTES = 2000
"""Size of a request (path, query and the fields that the cache knows) up to which what it asks is memoized."""

Key = tuple[str, Preferences]


class CacheLookup(NamedTuple):
    """A request as the cache sees it: the key (URL and preferences), its preconditions, and whether it has a range.

    HEAD has none (RFC 9110, 14.2).
    """

    key: Key
    conditions: Preconditions
    has_range: bool

    @classmethod
    def of(cls, scope: Scope) -> "CacheLookup":
        """Reads them from a request."""
        lines = tuple([(name, value) for name, value in scope["headers"] if name in _FIELDS])
        path: str = scope["path"]
        query: bytes = scope["query_string"]
        size = len(path) + len(query) + sum([len(value) for _, value in lines])
        read = _lookup if size <= MAX_MEMOIZED_BYTES else _lookup.__wrapped__
        return read(path, query, lines, scope["method"] == "HEAD")


_FIELDS = NEGOTIATED_FIELDS | frozenset(CONDITIONAL_FIELDS)


@lru_cache(maxsize=8192)
def _lookup(path: str, query: bytes, lines: HeaderLines, is_head: bool) -> CacheLookup:
    """The lookup of a request by its header fields that the cache knows. The key is equal for every percent-encoding of
    a query and every spelling of the same preferences."""
    ignored = RANGE_FIELDS if is_head else ()
    negotiated = tuple([line for line in lines if line[0] in NEGOTIATED_FIELDS and line[0] not in ignored])
    key = normalized_url(path, query), Preferences.of(negotiated)
    return CacheLookup(key, Preconditions.of(lines), any(name == b"range" for name, _ in negotiated))


def normalized_url(path: str, query: bytes) -> str:
    """Returns a URL in one spelling: percent-encoded only where necessary."""
    read = _normalized_url if len(path) + len(query) <= MAX_MEMOIZED_BYTES else _normalized_url.__wrapped__
    return read(path, query)


@lru_cache(maxsize=8192)
def _normalized_url(path: str, query: bytes) -> str:
    return f"{path}?{urlencode(parse_qsl(query.decode('latin-1'), keep_blank_values=True))}"
