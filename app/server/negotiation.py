"""Content negotiation (RFC 9110, 12.5): what a client accepts, read in one place as `Preferences`.

Both the answer that is made and the one that is cached for others go by them. To let answers depend on one more header,
add it to `NEGOTIATED_FIELDS` and give `Preferences` a member that is read from it: the response cache then tells them
apart by it. Whatever uses the member adds the header to `Vary`.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

NEGOTIATED_FIELDS = frozenset({b"accept-encoding", b"range"})
"""The header fields that negotiation reads. No other changes a response, so the cache key has no other."""

Coding = Literal["zstd", "gzip"]
CODINGS: tuple[Coding, ...] = ("zstd", "gzip")
"""The content codings on offer, in order of preference."""

HeaderLines = tuple[tuple[bytes, bytes], ...]
"""Header fields as received."""

_ALIASES = {"x-gzip": "gzip"}
"""RFC 9110, 8.4.1.3."""

# More than RFC 9110, 12.4.2, allows: spaces around the sign.
_WEIGHT = re.compile(r"\s*q\s*=\s*(0(?:\.\d*)?|1(?:\.0*)?)\s*")


class Preferences(NamedTuple):
    """All that a response depends on beside its URL. `coding` is None for identity, which range requests always get."""

    coding: Coding | None

    @classmethod
    def of(cls, headers: Sequence[tuple[bytes, bytes]]) -> "Preferences":
        """Reads them from the header fields of a request."""
        has_range = any(name == b"range" for name, _ in headers)
        return cls(coding=None if has_range else content_coding(_field_value(headers, b"accept-encoding")))


def _field_value(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> str:
    """Returns the value of a header field. Repeated fields are one list, in their order (RFC 9110, 5.2 and 5.3)."""
    return ",".join([value.decode("latin-1") for field, value in headers if field == name])


def content_coding(accepted: str) -> Coding | None:
    """Returns the content coding for an `Accept-Encoding`. The client's preference goes first; None (identity) if it
    states none or accepts none of ours."""
    weights = dict(_weighted(accepted))
    others = weights.get("*", 0)
    best = max(CODINGS, key=lambda coding: weights.get(coding, others))
    weight = weights.get(best, others)
    return best if weight > 0 and weight >= weights.get("identity", 0) else None


def _weighted(value: str) -> Iterable[tuple[str, float]]:
    """Yields the members of a list with their weights. Empty members are ignored (RFC 9110, 5.6.1)."""
    for member in value.lower().split(","):
        name, *parameters = member.split(";")
        if name := name.strip():
            yield _ALIASES.get(name, name), _weight(parameters)


def _weight(parameters: list[str]) -> float:
    """Returns a weight; 0 for an invalid one, so that a malformed member is never preferred."""
    if not parameters:
        return 1
    match = _WEIGHT.fullmatch(parameters[0])
    return float(match[1]) if match else 0
