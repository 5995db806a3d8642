"""Content negotiation (RFC 9110, 12.5): what a client accepts, read in one place as `Preferences`.

Both the answer that is made and the one that is cached for others go by them. To let answers depend on one more header,
add it to `NEGOTIATED_FIELDS` and give `Preferences` a member that is read from it: the response cache then tells them
apart by it. Whatever uses the member adds the header to `Vary`.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from app.model.languages import LANGUAGES, Language

NEGOTIATED_FIELDS = frozenset({b"accept", b"accept-datetime", b"accept-encoding", b"accept-language", b"range"})
"""The header fields that negotiation reads. No other changes a response, so the cache key has no other."""

Coding = Literal["zstd", "gzip"]
CODINGS: tuple[Coding, ...] = ("zstd", "gzip")
"""The content codings on offer, in order of preference."""

HeaderLines = tuple[tuple[bytes, bytes], ...]
"""Header fields as received."""

MAX_MEMOIZED_BYTES = 500
"""Bytes of negotiated header fields up to which what they say is memoized."""

_ALIASES = {"x-gzip": "gzip"}
"""RFC 9110, 8.4.1.3."""

# More than RFC 9110, 12.4.2, allows: spaces around the sign.
_HAS_NAME_Q = re.compile(r"\s*q\s*=")
_WEIGHT = re.compile(r"\s*q\s*=\s*(0(?:\.\d*)?|1(?:\.0*)?)\s*")


class Preferences(NamedTuple):
    """All that a good response depends on beside its URL.

    `coding` is None for identity, which range requests always get. `language` is the one that labels are in, unless
    the URL names another. Who names JSON-LD, and JSON not before it, `prefers_json_ld`. `datetime` is the time of which
    an answer is wanted (RFC 7089), as it was sent.
    """

    coding: Coding | None
    accepts_json: bool
    prefers_json_ld: bool
    language: Language
    datetime: str | None = None

    @classmethod
    def of(cls, headers: Sequence[tuple[bytes, bytes]]) -> "Preferences":
        """Reads them from the header fields of a request.

        A client sends the same ones again and again, and several layers ask for them: what short ones say is memoized.
        """
        lines = tuple([line for line in headers if line[0] in NEGOTIATED_FIELDS])
        read = (
            _preferences if sum([len(value) for _, value in lines]) <= MAX_MEMOIZED_BYTES else _preferences.__wrapped__
        )
        return read(lines)


@lru_cache(maxsize=1024)
def _preferences(lines: HeaderLines) -> Preferences:
    has_range = any(name == b"range" for name, _ in lines)
    accepted = _field_value(lines, b"accept")
    return Preferences(
        coding=None if has_range else content_coding(_field_value(lines, b"accept-encoding")),
        accepts_json=media_type_weight(accepted, JSON) > 0,
        prefers_json_ld=_prefers(accepted, JSON_LD, JSON),
        language=label_language(_field_value(lines, b"accept-language")),
        datetime=_field_value(lines, b"accept-datetime").strip() if b"accept-datetime" in dict(lines) else None,
    )


JSON, JSON_LD = "application/json", "application/ld+json"
_HTML = ("text/html", "application/xhtml+xml")


def prefers_html(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """Returns whether the client names HTML and would rather have it than JSON, as browsers do that follow a link. Only
    problems are sent as either, and problems are not cached, so this is no member of `Preferences`."""
    accepted = _field_value(headers, b"accept")
    weights = dict(_weighted(accepted))
    return max(weights.get(one, 0) for one in _HTML) > media_type_weight(accepted, JSON)


def _prefers(accepted: str, media_type: str, other: str) -> bool:
    """Returns whether an `Accept` names a media type, with no less weight than the other one has."""
    weight = dict(_weighted(accepted)).get(media_type, 0)
    return weight > 0 and weight >= media_type_weight(accepted, other)


def media_type_weight(accepted: str, media_type: str) -> float:
    """Returns the weight of a media type in an `Accept`: that of the most specific range that it lies in, 1 without the
    header, and 0 where it is not accepted."""
    if not accepted.strip(" ,\t"):
        return 1
    weights = dict(_weighted(accepted))
    ranges = (media_type, f"{media_type.partition('/')[0]}/*", "*/*", "*")
    return next((weights[one] for one in ranges if one in weights), 0)


def label_language(accepted: str) -> Language:
    """Returns the language of ours that an `Accept-Language` prefers, the earlier one of two that it likes as much;
    the first of `LANGUAGES` if it names none of them."""
    weights: dict[str, float] = {}
    for name, weight in _weighted(accepted):
        language = name.partition("-")[0]
        weights[language] = max(weight, weights.get(language, 0))
    others = weights.get("*", 0)
    named = [one for one in weights if one in LANGUAGES]
    offered: list[Language] = sorted(LANGUAGES, key=lambda one: named.index(one) if one in named else len(named))
    best = max(offered, key=lambda one: weights.get(one, others))
    return best if weights.get(best, others) > 0 else LANGUAGES[0]


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
    """Returns a weight; 0 for an invalid one, so that a malformed member is never preferred. Media ranges may have
    other parameters, which no representation has here."""
    given = [one for one in parameters if _HAS_NAME_Q.match(one)] or [one for one in parameters if "=" not in one]
    if not given:
        return 1
    match = _WEIGHT.fullmatch(given[0])
    return float(match[1]) if match else 0
