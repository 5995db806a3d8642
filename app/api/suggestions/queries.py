"""`did_you_mean`: changed parameters that match something, for a query that matches nothing."""

from collections.abc import Callable, Iterable
from itertools import islice, product
from typing import Any

from app.api.suggestions.spelling import MAX_SUGGESTIONS, spelling_index
from app.problems import BadValue
from app.queries.search import any_match
from app.queries.values import MAP_PARSERS, MAX_QUERY_LENGTH, latitude_first
from app.search.terms import SearchQuery, parse_query, words
from app.storage.snapshot import Snapshot

Matched = Callable[[Any], int | None]
"""Returns how many records filters match; None if there are some and counting them would take long."""


def suggestions(
    snapshot: Snapshot, filters: Any, items: Iterable[tuple[str, str]], matched: Matched
) -> list[dict[str, Any]] | None:
    """Returns parameter values that match something, for filters with resolved ids that match nothing.

    Returns None if there are none.
    """
    changes = swapped_coordinates(filters, items, matched) or []
    if filters.q is not None:
        changes += (
            corrected_spelling(snapshot, filters.q, lambda query: matched(filters.model_copy(update={"q": query})))
            or []
        )
    return changes or None


def swapped_coordinates(
    filters: Any, items: Iterable[tuple[str, str]], matched: Matched
) -> list[dict[str, Any]] | None:
    """Returns points and boxes that match something with longitude and latitude swapped; None if none do."""
    changes = []
    for name, text in items:
        if name not in MAP_PARSERS or getattr(filters, name, None) is None:
            continue
        value = latitude_first(text)
        try:
            count = matched(filters.model_copy(update={name: MAP_PARSERS[name](value)}))
        except BadValue:
            continue
        if count != 0:
            changes.append({"parameter": name, "value": value, "matched": count})
    return changes or None


def corrected_spelling(
    snapshot: Snapshot, query: SearchQuery, matched: Callable[[SearchQuery], int | None]
) -> list[dict[str, Any]] | None:
    """Returns values of `q` that match something with unknown words replaced by similar ones; None if none do."""
    unknown = _unknown_terms(snapshot, query)
    if not unknown or len(unknown) > MAX_SUGGESTIONS:
        return None
    changes = []
    for chosen in islice(product(*(spelling_index(snapshot).nearest(term) for term in unknown)), MAX_SUGGESTIONS):
        value = _replace_words(query.text, dict(zip(unknown, chosen, strict=True)))
        if len(value) > MAX_QUERY_LENGTH:
            continue
        count = matched(parse_query(value).in_languages(query.languages))
        if count != 0:
            changes.append({"parameter": "q", "value": value, "matched": count})
    return changes or None


def _unknown_terms(snapshot: Snapshot, query: SearchQuery) -> list[str]:
    """Returns the terms of a query that no record contains in any form."""
    index = spelling_index(snapshot)
    terms = dict.fromkeys((term, phrase) for phrase in query.required for term in phrase.terms)
    return [
        term
        for term, phrase in terms
        if term not in index and not snapshot.value(any_match(query.for_terms(phrase, (term,))))
    ]


def _replace_words(text: str, by: dict[str, str]) -> str:
    """Returns the text with some words replaced."""
    for word in reversed(list(words(text))):
        if word.term in by:
            text = text[: word.start] + by[word.term] + text[word.end :]
    return text
