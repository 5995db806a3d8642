"""What a request asks of the response cache: the key of the response, preconditions, and whether it has a range."""

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from starlette.types import Scope

from app.server.negotiation import NEGOTIATED_FIELDS, HeaderLines, Preferences
from app.server.preconditions import CONDITIONAL_FIELDS, RANGE_FIELDS, UNCONDITIONAL, Preconditions

MAX_MEMOIZED_BYTES = 2000
"""Size of a request (path, query and negotiated fields) up to which its normalized form is memoized."""

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
        lines, conditional, has_range = [], False, False
        is_head = scope["method"] == "HEAD"
        for name, value in scope["headers"]:
            if name in NEGOTIATED_FIELDS and not (is_head and name in RANGE_FIELDS):
                lines.append((name, value))
                has_range = has_range or name == b"range"
            elif name in CONDITIONAL_FIELDS:
                conditional = True
        conditions = Preconditions.of(scope["headers"]) if conditional else UNCONDITIONAL
        query: bytes = scope["query_string"]
        path: str = scope["path"]
        size = len(path) + len(query) + sum([len(value) for _, value in lines])
        read = _normalized_key if size <= MAX_MEMOIZED_BYTES else _normalized_key.__wrapped__
        return cls(read(path, query, tuple(lines)), conditions, has_range)


@lru_cache(maxsize=8192)
def _normalized_key(path: str, query: bytes, lines: HeaderLines) -> Key:
    """The key of a request: equal for every percent-encoding of a query and every spelling of the same preferences."""
    return normalized_url(path, query), Preferences.of(lines)


def normalized_url(path: str, query: bytes) -> str:
    """Returns a URL in one spelling: percent-encoded only where necessary."""
    read = _normalized_url if len(path) + len(query) <= MAX_MEMOIZED_BYTES else _normalized_url.__wrapped__
    return read(path, query)


@lru_cache(maxsize=8192)
def _normalized_url(path: str, query: bytes) -> str:
    return f"{path}?{urlencode(parse_qsl(query.decode('latin-1'), keep_blank_values=True))}"
