"""What somebody may have meant by a question that finds nothing."""

from collections.abc import Callable, Iterable
from itertools import islice, product
from typing import Any

from app.api.spelling import MAX_SUGGESTIONS, spelling_index
from app.problems import BadValue
from app.queries.search import is_anywhere
from app.queries.values import LONGEST_QUESTION, ON_MAP, latitude_first
from app.search.terms import Question, question, words
from app.storage.database import Snapshot

Matched = Callable[[Any], int | None]
"""How many records filters find; null where there are some and counting them takes long."""


def suggestions(
    snapshot: Snapshot, filters: Any, items: Iterable[tuple[str, str]], matched: Matched
) -> list[dict[str, Any]] | None:
    """Values that find something where filters, whose ids are looked up, find nothing; null where there are none."""
    found = swapped_coordinates(filters, items, matched) or []
    if filters.q is not None:
        found += (
            corrected_spelling(snapshot, filters.q, lambda asked: matched(filters.model_copy(update={"q": asked})))
            or []
        )
    return found or None


def swapped_coordinates(
    filters: Any, items: Iterable[tuple[str, str]], matched: Matched
) -> list[dict[str, Any]] | None:
    """Points and boxes that find something once their longitudes and latitudes are exchanged; null where none do."""
    found = []
    for name, text in items:
        if name not in ON_MAP or getattr(filters, name, None) is None:
            continue
        value = latitude_first(text)
        try:
            count = matched(filters.model_copy(update={name: ON_MAP[name](value)}))
        except BadValue:
            continue
        if count != 0:
            found.append({"parameter": name, "value": value, "matched": count})
    return found or None


def corrected_spelling(
    snapshot: Snapshot, asked: Question, matched: Callable[[Question], int | None]
) -> list[dict[str, Any]] | None:
    """Questions that find something once words that nothing has are replaced by known ones; null where none do."""
    unknown = _unknown_terms(snapshot, asked)
    if not unknown or len(unknown) > MAX_SUGGESTIONS:
        return None
    found = []
    for chosen in islice(product(*(spelling_index(snapshot).nearest(term) for term in unknown)), MAX_SUGGESTIONS):
        value = _replace_words(asked.text, dict(zip(unknown, chosen, strict=True)))
        if len(value) > LONGEST_QUESTION:
            continue
        count = matched(question(value).within(asked.languages))
        if count != 0:
            found.append({"parameter": "q", "value": value, "matched": count})
    return found or None


def _unknown_terms(snapshot: Snapshot, asked: Question) -> list[str]:
    """The terms of a question that no record has in any form."""
    known = spelling_index(snapshot)
    terms = dict.fromkeys((term, phrase) for phrase in asked.wanted for term in phrase.terms)
    return [
        term
        for term, phrase in terms
        if term not in known and not snapshot.value(is_anywhere(asked.only(phrase, (term,))))
    ]


def _replace_words(text: str, by: dict[str, str]) -> str:
    """A text with other words for some."""
    for word in reversed(list(words(text))):
        if word.term in by:
            text = text[: word.start] + by[word.term] + text[word.end :]
    return text
