"""Suggests parameters and values for misspelt ones, among those that make sense in their place.

Python's difflib compares them: 53 µs for a name among the 38 of incidents, which only mistakes pay. rapidfuzz takes
2 µs and finds another name for 1 of 20 misspelt ones; it compares the words of a whole release (`spelling`).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any

from app.api.suggestions.other_apis import PARAMETERS
from app.model.codebook import shipped
from app.model.partial_documents import paths_of
from app.queries.plan import PRESENTATION, chooses
from app.records import BY_TYPE, RECORD_TYPES

_IN_BRACKETS = re.compile(r"filters?\[(\w+)\]")
_COMPARED = re.compile(r"(\w+?)(?:__\w+|\[\w*\])")
"""filter[kind], kind[], kind__in, datetime[gte]"""

_SORTED = re.compile(r"[+ ]?(\w+)[\s:,.|]+(asc|desc)\w*", re.IGNORECASE)
"""date desc, date:asc"""

_MAX_COMPARED_CHARACTERS = 100
_FILTER_SIMILARITY = 0.55
_PRESENTATION_SIMILARITY = 0.75
_VALUE_SIMILARITY = 0.5
_BRACKETS_SIMILARITY = 0.85


def suggest_parameter(name: str, taken: Iterable[str]) -> tuple[str, str | None]:
    """Returns what else there is to say about an unknown parameter, and the one that was probably meant: another
    spelling, its equivalent here, or the nearest one; None if there is none."""
    known = {normalized(one): one for one in taken}
    if (in_brackets := _nearest_in_brackets(name, known.values())) is not None:
        return "", in_brackets
    for plain in _candidate_names(name):
        if plain in known:
            return "", known[plain]
        equivalent = PARAMETERS.get(plain)
        accepted = [one for one in equivalent.parameters if one in known.values()] if equivalent else []
        if equivalent and (accepted or not equivalent.parameters):
            return f": {equivalent.explanation}", next(iter(accepted), None)
    if lists := _lists_with(name):
        return f"; it is one of {', '.join(f'/v1/{one}' for one in lists)}", None
    # A misspelt filter leads to a filter; only what is hardly misspelt leads to what shapes the answer.
    filters = [one for one in known.values() if chooses(one)]
    others = [one for one in known.values() if not chooses(one)]
    return "", _nearest(name, filters, _FILTER_SIMILARITY) or _nearest(name, others, _PRESENTATION_SIMILARITY)


def _nearest_in_brackets(name: str, taken: Iterable[str]) -> str | None:
    """Returns the parameter like `fields[quotes]` that was meant by a name in brackets, perhaps in the singular."""
    start, _, inner = name[:_MAX_COMPARED_CHARACTERS].partition("[")
    one_type = BY_TYPE.get(inner.removesuffix("]"))
    spelled = name if one_type is None else f"{start}[{one_type.name}]"
    return _nearest(spelled, [one for one in taken if "[" in one], _BRACKETS_SIMILARITY) if inner else None


def equivalent_parameter(name: str, taken: Iterable[str]) -> str:
    """Returns the parameter that is the equivalent of another API's name; the name itself if there is none."""
    meant = [
        one
        for plain in _candidate_names(name)
        if plain in PARAMETERS
        for one in PARAMETERS[plain].parameters
        if one in taken
    ]
    return next(iter(meant), name)


def suggest_value(name: str, value: str, allowed: Sequence[str]) -> str | None:
    """Returns the value that was probably meant: another spelling, the field that a dotted key lies in, or the nearest
    one; None if there is none."""
    spelled = value
    if match := _SORTED.fullmatch(value) if name == "sort" else None:
        spelled = f"-{match[1]}" if match[2].lower() == "desc" else match[1]
    same = [one for one in allowed if normalized(one) == normalized(spelled)]
    if same:
        return same[0]
    field, dot, _ = value.partition(".")
    return suggest_key(field, value, allowed) if dot else _nearest(value, allowed, _VALUE_SIMILARITY)


def suggest_key(field: str, key: str, allowed: Sequence[str]) -> str | None:
    """Returns for a dotted key (`date.earliest`) the nearest key of that field; the field itself if none is near."""
    fields = dict.fromkeys(one.partition(".")[0] for one in allowed)
    meant = _nearest(field, fields, _FILTER_SIMILARITY)
    if meant is None:
        return None
    keys = [one for one in allowed if one.startswith(f"{meant}.")]
    return _nearest(key, keys, _PRESENTATION_SIMILARITY) or meant


def lists_with_key(key: str) -> list[str]:
    """Returns the lists whose records have a key, or a dotted one; none if that is most of them."""
    lists = [name for name in RECORD_TYPES if key in paths_of(name, shipped())]
    return lists if len(lists) <= len(RECORD_TYPES) / 2 else []


def normalized(text: str) -> str:
    """Returns a name or value without case and punctuation, but with a leading minus."""
    sign = "-" if text.startswith("-") else ""
    return sign + "".join(char for char in text.casefold() if char.isalnum())


def _candidate_names(name: str) -> list[str]:
    """Returns a parameter's normalized name: whole, and without the brackets and operators of other APIs."""
    start = name[:_MAX_COMPARED_CHARACTERS]
    inner = _IN_BRACKETS.match(start) or _COMPARED.match(start)
    return [plain for one in (start, inner[1] if inner else "") if (plain := normalized(one))]


def _lists_with(name: str) -> list[str]:
    """Returns the lists that have a filter of this name."""
    return _lists_by_filter().get(name, [])


@cache
def _lists_by_filter() -> Mapping[str, list[str]]:
    lists: dict[str, list[str]] = {}
    for record_type in RECORD_TYPES.values():
        for name in record_type.filters.model_fields.keys() - PRESENTATION:
            lists.setdefault(name, []).append(record_type.name)
    return lists


def _nearest(text: Any, among: Iterable[str], similarity: float) -> str | None:
    start = str(text)[:_MAX_COMPARED_CHARACTERS].lower()
    return next(iter(get_close_matches(start, list(among), n=1, cutoff=similarity)), None)
