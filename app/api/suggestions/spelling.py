"""Spelling suggestions: the known words of a release that are similar to a misspelt or unfinished word.

rapidfuzz compares the words; only which words are compared, and which suggestion comes first, is decided here.
"""

from itertools import islice

from rapidfuzz import process
from rapidfuzz.distance import OSA
from sqlalchemy import select
from sqlmodel import col

from app.storage.snapshot import Snapshot
from app.storage.word_models import KnownWords

MIN_WORD_LENGTH = 3
"""A shorter word gets no suggestions: it could be the beginning or a misspelling of too many others."""

MAX_SUGGESTIONS = 3
"""At most this many words are suggested for one."""


class SpellingIndex:
    """The known words of a release, most frequent first."""

    def __init__(self, words: str) -> None:
        self._words = words.split()
        self._ranks = {word: rank for rank, word in enumerate(self._words)}

    def __contains__(self, word: str) -> bool:
        return word in self._ranks

    def nearest(self, word: str) -> list[str]:
        """Returns the words that begin with a word, then those at the smallest edit distance from it."""
        if len(word) < MIN_WORD_LENGTH:
            return []
        completions = islice((known for known in self._words if known.startswith(word)), MAX_SUGGESTIONS)
        candidates = process.extract(
            word, self._words, scorer=OSA.distance, score_cutoff=_max_edits(word), limit=5 * MAX_SUGGESTIONS
        )
        near = sorted(candidates, key=lambda one: (one[1], self._ranks[one[0]]))
        return [known for known in dict.fromkeys([*completions, *(one[0] for one in near)]) if known != word][
            :MAX_SUGGESTIONS
        ]


def _max_edits(word: str) -> int:
    """Returns the largest accepted edit distance: letters replaced, missing, added or swapped with the next."""
    return 1 if len(word) < 6 else 2 if len(word) < 9 else 3


_cache: dict[str, SpellingIndex] = {}


def spelling_index(snapshot: Snapshot) -> SpellingIndex:
    """Returns the index of the release's words. It is loaded on the first misspelt word, and cached until the next
    release."""
    mark = snapshot.release.fingerprint
    if (index := _cache.get(mark)) is None:
        index = SpellingIndex(snapshot.value(select(col(KnownWords.words))) or "")
        _cache.clear()
        _cache[mark] = index
    return index
