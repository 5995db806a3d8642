"""Error messages for editors of seed files: the value that is wrong, and the nearest valid one."""

import re
import types
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from difflib import get_close_matches
from typing import Annotated, Any, Union, get_args, get_origin

from rapidfuzz.distance import OSA

from app.ingest.seed.files import Key, SeedError
from app.ingest.seed.scalars import PATTERNS, SLUG, TEXTS
from app.ingest.seed.seed_base import WORDS, Record, Span, Tombstone

_MAX_SHOWN_CHARACTERS = 60
"""Characters of a value that a message shows."""

_MAX_LISTED_CHARACTERS = 100
"""Characters of keys or values that a message lists."""

_LAST_KEYS = ("redacted", "correction", "note", "evidence")
"""Keys that most records have, and that nobody has in mind who writes another."""

_UNKNOWN = "extra_forbidden"
_SPAN_KEYS = {"at", "sha256", "first", "exact", "paragraph"}
"""Keys that evidence by words lacks, or has too many, until it is a span."""

_BLANK_MESSAGE = "there is nothing to read here"
WORDS_MESSAGE = "words stand here until `dateline anchor --text FILE` makes a span of them"


def error_message(mistake: Any, path: Key, model: type[Record]) -> str:
    """Returns the message for an error that pydantic found at a path of a record."""
    kind, value = mistake["type"], mistake["input"]
    if kind == _UNKNOWN:
        return _unknown_key(str(path[-1]), model_at(model, path[:-1]))
    if kind == "missing":
        return "this key is missing"
    if kind == "string_pattern_mismatch":
        return _pattern(str(value), mistake["ctx"]["pattern"])
    if kind in _MESSAGES:
        return _MESSAGES[kind](display_value(value), mistake.get("ctx", {}))
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return _group(value, model_at(model, path))
    message = str(mistake["msg"]).removeprefix("Value error, ")
    plain = kind == "value_error" and isinstance(value, str | int | float) and str(value) not in message
    return f"{display_value(value)}: {message}" if plain else message


def written_value(mistake: Any, path: Key) -> str | None:
    """Returns the key or the value that is wrong; None where it is missing, or a list or group of keys."""
    value = path[-1] if mistake["type"] == _UNKNOWN else mistake["input"]
    return None if mistake["type"] == "missing" or isinstance(value, dict | list) else str(value)


def nearest_valid(mistake: Any, path: Key, model: type[Record]) -> str | None:
    """Returns the nearest key, value of the vocabulary or id that would be valid; None where there is none."""
    kind, value = mistake["type"], str(mistake["input"])
    if kind == _UNKNOWN:
        return _nearest_key(str(path[-1]), _keys(model_at(model, path[:-1])))
    if kind == "coded":
        return next(iter(get_close_matches(value, mistake["ctx"]["allowed"], 1, 0.0)), None)
    if kind == "string_pattern_mismatch" and mistake["ctx"]["pattern"] == SLUG:
        return _as_slug(value)
    return None


def _as_slug(value: str) -> str | None:
    return "-".join(re.findall("[a-z0-9]+", value.lower())) or None


def without_consequences(mistakes: dict[Key, Any]) -> dict[Key, Any]:
    """Leaves out what follows from another mistake: where evidence still has words, it lacks the keys of a span."""
    by_words = [path[:-1] for path, one in mistakes.items() if path[-1:] == (WORDS,) and one["type"] == _UNKNOWN]
    return {path: one for path, one in mistakes.items() if path[:-1] not in by_words or path[-1] not in _SPAN_KEYS}


def nearest(word: str, words: list[str]) -> str | None:
    """Returns the nearest word, if one is near enough; case, blanks and hyphens are ignored."""
    folded = {_folded(one): one for one in words}
    near = get_close_matches(_folded(word), folded, 1)
    return folded[near[0]] if near else None


def _nearest_key(key: str, keys: list[str]) -> str | None:
    """Returns the nearest key, if the other may be a slip or a part of it: many keys have most letters in common."""
    near = nearest(key, keys)
    if near is None or near == key:
        return None
    written = _folded(key)
    is_slip = OSA.distance(written, near) <= max(2, len(written) // 3)
    return near if is_slip or written in near or near in written else None


def display_value(value: Any) -> str:
    """Returns a value as messages show it."""
    if isinstance(value, dict):
        return (
            f"a group of keys ({', '.join(map(str, value))[:_MAX_SHOWN_CHARACTERS]})"
            if value
            else "an empty group of keys"
        )
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = "".join(one if one.isprintable() else "�" for one in str(value)[: _MAX_SHOWN_CHARACTERS + 1])
    return f"'{text}'" if len(text) <= _MAX_SHOWN_CHARACTERS else f"'{text[:_MAX_SHOWN_CHARACTERS]}…'"


def _group(value: Any, model: type[Record] | None) -> str:
    """Message for a value in place of a group of keys; it may be the value of the first of them."""
    keys = _keys(model)
    requirement = model is not None and model.model_fields[keys[0]].is_required() and not isinstance(value, list)
    hint = f"; write {keys[0]}: {value}" if requirement else ""
    return f"{display_value(value)} stands where keys are expected: {', '.join(keys)}{hint}"


def _unknown_key(key: str, model: type[Record] | None) -> str:
    if key == WORDS and model is not None and issubclass(model, Span):
        return WORDS_MESSAGE
    keys = _keys(model)
    if near := _nearest_key(key, keys):
        return f"there is no such key here; did you mean {near!r}?"
    return f"there is no such key here; there are {_listed(sorted(keys, key=_LAST_KEYS.__contains__))}"


def _listed(names: list[str]) -> str:
    """Returns names, as many as a message has room for."""
    shown = [name for number, name in enumerate(names) if len(", ".join(names[: number + 1])) <= _MAX_LISTED_CHARACTERS]
    return ", ".join(shown) + (" and others: see `dateline schema --text`" if len(shown) < len(names) else "")


def summarized(errors: list[SeedError]) -> list[SeedError]:
    """Returns mistakes as people read them: of words that wait to become spans, which one command mends all, only the
    first of each file is told."""
    waiting = Counter(error.file for error in errors if error.message == WORDS_MESSAGE)
    told: list[SeedError] = []
    for error in errors:
        if error.message != WORDS_MESSAGE:
            told.append(error)
        elif (count := waiting.pop(error.file, 0)) > 1:
            others = "another place" if count == 2 else f"{count - 1} other places"
            told.append(replace(error, message=f"{WORDS_MESSAGE}, and of those at {others} here"))
        elif count:
            told.append(error)
    return told


def _pattern(value: str, pattern: str) -> str:
    if pattern in TEXTS and _is_blank(value):
        return _BLANK_MESSAGE
    requirement = PATTERNS[pattern]
    if pattern == SLUG and (slug := _as_slug(value)):
        return f"{display_value(value)}: {requirement}; write '{slug}'"
    return f"{display_value(value)}: {requirement}"


def _is_blank(text: str) -> bool:
    """Whether a text is invisible: only blanks, marks and characters without a glyph."""
    return all(unicodedata.category(one)[0] in "ZCM" or one in "\u115f\u1160\u2800\u3164\uffa0" for one in text)


def _vocabulary(value: str, values: list[str]) -> str:
    if (near := nearest(value.strip("'"), values)) is not None:
        return f"{value} is not in the vocabulary; did you mean '{near}'?"
    return f"{value} is not in the vocabulary; there are {_listed(values)}"


def _limit(words: str, key: str) -> Callable[[str, Any], str]:
    return lambda given, ctx: f"{given} is {words} {_number(ctx[key])}"


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


_MESSAGES: dict[str, Callable[[str, Any], str]] = {
    "coded": lambda given, ctx: _vocabulary(given, list(ctx["allowed"])),
    "bool_parsing": lambda given, ctx: f"{given} is neither 'true' nor 'false'",
    "bool_type": lambda given, ctx: f"{given} is neither 'true' nor 'false'",
    "list_type": lambda given, ctx: f"{given} stands where a list is expected; put it into [ ] or behind '- '",
    "string_type": lambda given, ctx: f"{given} stands where text is expected",
    "string_unicode": lambda given, ctx: "there are characters here that are no text (unicode surrogates)",
    "float_parsing": lambda given, ctx: f"{given} is not a number; write it with digits and a point",
    "float_type": lambda given, ctx: f"{given} is not a number; write it with digits and a point",
    "date_from_datetime_parsing": lambda given, ctx: f"{given} is in no calendar",
    "date_parsing": lambda given, ctx: f"{given} is in no calendar",
    "finite_number": lambda given, ctx: f"{given} is not a number; write it with digits and a point",
    "greater_than_equal": _limit("too small: at least", "ge"),
    "less_than_equal": _limit("too large: at most", "le"),
    "too_short": lambda given, ctx: "this list is empty; it needs at least one entry",
    "string_too_short": lambda given, ctx: _BLANK_MESSAGE,
    "string_too_long": lambda given, ctx: f"{given} is longer than {ctx['max_length']} characters",
}


def model_at(model: type[Record] | None, path: Key) -> type[Record] | None:
    """Returns the model of the value at a path in a record."""
    for step in path:
        if isinstance(step, str):
            field = model.model_fields.get(step) if model else None
            model = next(iter(models_in(field.annotation)), None) if field else None
    return model


def models_in(annotation: Any) -> list[type[Record]]:
    """Returns the record models in a type annotation."""
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return [annotation]
    args = get_args(annotation)
    if get_origin(annotation) not in (Annotated, Union, types.UnionType, list):
        return []
    return [
        model
        for argument in args[: 1 if get_origin(annotation) is Annotated else None]
        for model in models_in(argument)
    ]


def _keys(model: type[Record] | None) -> list[str]:
    return list((model or Tombstone).model_fields)


def _folded(word: str) -> str:
    return re.sub(r"[\s_-]+", "_", word.strip().casefold())
