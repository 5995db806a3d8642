"""Serialization of documents, and their SHA-256 digests over canonical JSON (RFC 8785)."""

import hashlib
from collections.abc import Iterable
from typing import Any

import orjson
import rfc8785

Data = dict[str, Any]
"""A document, or a part of one, as it is written: keys in the order of its model, values of vocabularies as text."""


def digest(data: Data) -> str:
    """SHA-256 of a document's data in canonical JSON (RFC 8785), in hex."""
    return hashlib.sha256(canonical(data)).hexdigest()


def canonical(data: Data) -> bytes:
    """A document's data in canonical JSON (RFC 8785), as the library `rfc8785` writes it, only faster.

    orjson writes texts, whole numbers and keys of ASCII as the RFC has them. Of other numbers, which stand nowhere
    but in the points of places and incidents, it writes some in another way.
    """
    location = data.get("location")
    point = {key: data[key] for key in _POINT if isinstance(data.get(key), float)}
    location_point = {key: location[key] for key in _POINT} if isinstance(location, dict) else {}
    if not all(abs(number) >= _SMALLEST_PLAIN for number in (*point.values(), *location_point.values())):
        return rfc8785.dumps(data)
    plain = {**data, **{key: _as_integer(number) for key, number in point.items()}}
    if isinstance(location, dict):
        plain["location"] = {**location, **{key: _as_integer(number) for key, number in location_point.items()}}
    return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)


_POINT = ("latitude", "longitude")
_SMALLEST_PLAIN = 0.0001
"""Smaller numbers are written with an exponent; larger ones than 10^16, too, but no place lies there."""


def _as_integer(number: float) -> float | int:
    """60.0 is written 60."""
    return int(number) if number.is_integer() else number


def serialize(data: Data) -> str:
    """A document's data as it is kept and served, without the release's keys: compact JSON, not escaped."""
    return orjson.dumps(data).decode()


def with_release(body: str, version: int, changed_in: int) -> str:
    """A document's body with the release's keys at its end."""
    return f'{body[:-1]},"version":{version},"changed_in":{changed_in}}}'


def release_digest(records: Iterable[tuple[str, str, str]]) -> str:
    """SHA-256 of the sorted `type/id digest` lines joined by newlines, in hex, from (type, id, digest)."""
    return digest_of_lines(sorted(f"{kind}/{name} {digest}" for kind, name, digest in records))


def digest_of_lines(lines: Iterable[str]) -> str:
    """SHA-256 of sorted lines joined by newlines, in hex."""
    found = hashlib.sha256()
    for number, line in enumerate(lines):
        found.update(f"\n{line}".encode() if number else line.encode())
    return found.hexdigest()
