"""The words of a release, and those of them that a misspelt or unfinished word may stand for."""

from itertools import islice

from rapidfuzz import process
from rapidfuzz.distance import OSA
from sqlalchemy import select
from sqlmodel import col

from app.storage.database import Snapshot
from app.storage.models import KnownWords

FEWEST_LETTERS = 3
"""A shorter word may be the beginning, or a misspelling, of too many others."""

MOST = 3
"""So many words are suggested for one."""


class Vocabulary:
    """Words, the most frequent first."""

    def __init__(self, words: str) -> None:
        self._words = words.split()
        self._ranks = {word: rank for rank, word in enumerate(self._words)}

    def __contains__(self, word: str) -> bool:
        return word in self._ranks

    def nearest(self, word: str) -> list[str]:
        """What a word may stand for: words that begin with it, then those that take the fewest changes of a letter."""
        if len(word) < FEWEST_LETTERS:
            return []
        begun = islice((known for known in self._words if known.startswith(word)), MOST)
        found = process.extract(word, self._words, scorer=OSA.distance, score_cutoff=_changes(word), limit=5 * MOST)
        near = sorted(found, key=lambda one: (one[1], self._ranks[one[0]]))
        return [known for known in dict.fromkeys([*begun, *(one[0] for one in near)]) if known != word][:MOST]


def _changes(word: str) -> int:
    """So many letters of a word may be wrong, missing, too many or exchanged with the next."""
    return 1 if len(word) < 6 else 2 if len(word) < 9 else 3


_kept: dict[str, Vocabulary] = {}


def vocabulary(snapshot: Snapshot) -> Vocabulary:
    """The words of the release. They are read when somebody misspells one, and kept until there is another release."""
    mark = snapshot.release.mark
    if (found := _kept.get(mark)) is None:
        found = Vocabulary(snapshot.value(select(col(KnownWords.words))) or "")
        _kept.clear()
        _kept[mark] = found
    return found
