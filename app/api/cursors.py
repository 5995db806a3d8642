"""Cursors for keyset pagination: opaque text that says where a page begins.

A cursor holds the sort values of the last entry of the previous page, so that paging neither repeats nor misses an
entry while releases are loaded. It also holds a key of the query that it belongs to.
"""

import base64
import binascii
import hashlib
import json
from math import isfinite
from typing import Any

from app.model.compact_json import dump_json
from app.problems import BadParameter
from app.problems.types import BAD_CURSOR


def query_key(query: str) -> str:
    """Returns a short digest of a query: what is listed, its filters and its order."""
    return hashlib.blake2b(query.encode(), digest_size=6).hexdigest()


def encode(expected_key: str, *place: Any) -> str:
    """Returns a cursor to the position after the entry with these sort values."""
    text = dump_json([expected_key, *place])
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def decode(cursor: str, expected_key: str, *kinds: type[Any]) -> tuple[Any, ...]:
    """Returns the sort values in a cursor. Raises BadParameter for a damaged cursor and for one of another query."""
    detail = "Parameter 'cursor' is damaged; take it from links.next as it stands."
    damaged = BadParameter.of("cursor", detail, type=BAD_CURSOR)
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        key, *place = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError, TypeError) as error:
        raise damaged from error
    if [type(value) for value in place] != list(kinds) or not all(_is_storable(value) for value in place):
        raise damaged
    if key != expected_key:
        other = "Parameter 'cursor' belongs to another query, or to an order by relevance in an older release."
        raise BadParameter.of("cursor", other, type=BAD_CURSOR)
    return tuple(place)


def _is_storable(value: Any) -> bool:
    """Whether every database accepts the value: no integer beyond 32 bits, no NUL, no lone surrogate, no NaN."""
    if isinstance(value, float):
        return isfinite(value)
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= char <= "\udfff" for char in value)
    return bool(-(2**31) <= value < 2**31)
