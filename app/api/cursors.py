"""Cursors: the place where a page begins, as text that only this service reads.

A cursor names the last entry of the page before by its sort values, so that paging neither repeats nor misses an entry
while releases come and go. It carries a mark of the query that it belongs to.
"""

import base64
import binascii
import hashlib
import json
from math import isfinite
from typing import Any

from app.model.compact_json import dump_json
from app.problems import BadParameter


def query_key(query: str) -> str:
    """A short digest of a query: what is listed, its filters and its order."""
    return hashlib.blake2b(query.encode(), digest_size=6).hexdigest()


def encode(expected_key: str, *place: Any) -> str:
    """A cursor behind the entry with these sort values."""
    text = dump_json([expected_key, *place])
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def decode(cursor: str, expected_key: str, *kinds: type[Any]) -> tuple[Any, ...]:
    """The sort values in a cursor. Raises BadParameter for a damaged one and for one of another query."""
    damaged = BadParameter.of("cursor", "Parameter 'cursor' is damaged; take it from links.next as it stands.")
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        found, *place = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError, TypeError) as error:
        raise damaged from error
    if [type(value) for value in place] != list(kinds) or not all(_can_be_asked(value) for value in place):
        raise damaged
    if found != expected_key:
        other = "Parameter 'cursor' belongs to another query, or to an order by relevance in an older release."
        raise BadParameter.of("cursor", other)
    return tuple(place)


def _can_be_asked(value: Any) -> bool:
    """Whether a database takes the value: no integer beyond 32 bits, no NUL, no half of a surrogate pair, no NaN."""
    if isinstance(value, float):
        return isfinite(value)
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= char <= "\udfff" for char in value)
    return bool(-(2**31) <= value < 2**31)
