"""Serialization of documents, and their SHA-256 digests over canonical JSON (RFC 8785)."""

import hashlib
from collections.abc import Iterable
from typing import Any

import orjson
import rfc8785

Data = dict[str, Any]
"""A document, or a part of one, as it is written: keys in the order of its model, values of vocabularies as text."""


def digest(data: Data) -> str:
    """SHA-256 of any data in canonical JSON (RFC 8785), in hex."""
    return hashlib.sha256(canonical(data)).hexdigest()


def canonical(data: Data) -> bytes:
    """Any value in canonical JSON (RFC 8785), as the library `rfc8785` writes or refuses it.

    The library takes 130 µs for a document, orjson with the check 20 µs. orjson writes texts, whole numbers, most
    decimals and keys of ASCII as the RFC has them, and refuses whole numbers beyond 2^53.
    """
    return orjson.dumps(data, option=_CANONICAL) if _is_plain(data) else rfc8785.dumps(data)


def document_digest(document: Data) -> str:
    """`digest` of a record's document, in less than half of the time: the models have ASCII keys alone, and decimals
    nowhere but in a point, so that nothing else needs to be looked at."""
    points = (document, document.get("location") or {})
    if all(_is_plain(point.get(name)) for point in points for name in POINT):
        return hashlib.sha256(orjson.dumps(document, option=_CANONICAL)).hexdigest()
    return digest(document)


_CANONICAL = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER

POINT = ("latitude", "longitude")
"""The keys of a document, or of the location in one, whose numbers have decimals; all others are whole."""

_PLAIN_TYPES = {str, int, bool, type(None)}
_MIN_PLAIN, _MAX_PLAIN = 0.0001, 1e15
"""Decimals between these are written without an exponent."""


def _is_plain(value: Any) -> bool:
    """Returns whether orjson writes a value as RFC 8785 does: 60.0, say, it does not write as 60."""
    kind = type(value)
    if kind is dict:
        for key, member in value.items():
            if type(key) is not str or not key.isascii():
                return False
            if type(member) not in _PLAIN_TYPES and not _is_plain(member):
                return False
        return True
    if kind is list:
        return all(type(item) in _PLAIN_TYPES or _is_plain(item) for item in value)
    if kind is float:
        return _MIN_PLAIN <= abs(value) < _MAX_PLAIN and not value.is_integer()
    return kind in _PLAIN_TYPES


def serialize(data: Data) -> str:
    """Returns a document as compact JSON, as it is stored: without the keys of the release, and without escapes."""
    return orjson.dumps(data).decode()


def with_release(body: str, version: int, changed_in: int) -> str:
    """Returns a stored document with the keys of the release at its end, as it is served."""
    return f'{body[:-1]},"version":{version},"changed_in":{changed_in}}}'


def digest_of_lines(lines: Iterable[str]) -> str:
    """Returns the SHA-256 of lines joined by newlines, in hex. A release's digest is that of its sorted lines `type/id
    digest`."""
    sha256 = hashlib.sha256()
    for number, line in enumerate(lines):
        sha256.update(f"\n{line}".encode() if number else line.encode())
    return sha256.hexdigest()
