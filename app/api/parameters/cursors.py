"""Cursors for keyset pagination: opaque text that says where a page begins.

A cursor holds the sort values of the last entry of the previous page, or of the first one of the next page, so that
paging neither repeats nor misses an entry while releases are loaded. It also holds a key of the query that it belongs
to.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Any, NamedTuple

from pydantic import BaseModel

from app.model.compact_json import dump_json
from app.problems import BadParameter
from app.problems.types import BAD_CURSOR

_BEFORE = "before"
"""Ends a cursor to the position before an entry."""


class Position(NamedTuple):
    """The position after the entry with these sort values or, if `before`, before it."""

    values: tuple[Any, ...]
    before: bool


def query_key(query: str) -> str:
    """Returns a short digest of a query: what is listed, its filters and its order."""
    return hashlib.blake2b(query.encode(), digest_size=6).hexdigest()


def given(filters: BaseModel, others: Iterable[str]) -> str:
    """Returns the parameters that a query was given, but for some others. Those that it was not given are left out:
    what a newer codebook or build takes beside them leaves cursors, and permanent links that have one, as they are."""
    return filters.model_dump_json(include=filters.model_fields_set.difference(others), exclude_defaults=True)


def encode(expected_key: str, *place: Any) -> str:
    """Returns a cursor to the position after the entry with these sort values."""
    text = dump_json([expected_key, *place])
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def encode_before(expected_key: str, *place: Any) -> str:
    """Returns a cursor to the position before the entry with these sort values."""
    return encode(expected_key, *place, _BEFORE)


def decode(cursor: str, expected_key: str, *kinds: type[Any], newest: int | None = None) -> Position:
    """Returns the position in a list that is read in both directions. Raises BadParameter as `decode_after` does."""
    key, place = _read(cursor)
    before = len(place) > len(kinds) and place[-1] == _BEFORE
    values = place[:-1] if before else place
    _check(key, values, expected_key, kinds, newest)
    return Position(tuple(values), before)


def decode_after(cursor: str, expected_key: str, *kinds: type[Any], newest: int | None = None) -> tuple[Any, ...]:
    """Returns the sort values in a cursor. Raises BadParameter for a damaged cursor and for one of another query, which
    names the `newest` release where that may be the difference."""
    key, place = _read(cursor)
    _check(key, place, expected_key, kinds, newest)
    return tuple(place)


def with_key(cursor: str, key: str) -> str:
    """Returns the cursor to the same place in another query."""
    return encode(key, *_read(cursor)[1])


def _read(cursor: str) -> tuple[Any, list[Any]]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        key, *place = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError, TypeError) as error:
        raise _damaged() from error
    return key, place


def _check(key: Any, place: list[Any], expected_key: str, kinds: Sequence[type[Any]], newest: int | None) -> None:
    if [type(value) for value in place] != list(kinds) or not all(_is_storable(value) for value in place):
        raise _damaged()
    # A cursor of a list with counts is taken by the same list without them.
    if not (isinstance(key, str) and key.startswith(expected_key)):
        other = "Parameter 'cursor' belongs to another query (other filters, another order, other facets)"
        older = "" if newest is None else f", or to another release; the newest is {newest}"
        raise BadParameter.of("cursor", f"{other}{older}.", type=BAD_CURSOR)


def _damaged() -> BadParameter:
    detail = "Parameter 'cursor' is damaged; take it from meta.next_cursor or meta.prev_cursor as it stands."
    return BadParameter.of("cursor", detail, type=BAD_CURSOR)


def _is_storable(value: Any) -> bool:
    """Whether every database accepts the value: no integer beyond 32 bits, no NUL, no lone surrogate, no NaN."""
    if isinstance(value, float):
        return isfinite(value)
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= char <= "\udfff" for char in value)
    return bool(-(2**31) <= value < 2**31)
