"""Vocabulary of a release: the words that a search suggests for misspelt ones."""

from collections import Counter

from sqlalchemy import Connection, delete, insert

from app.search.terms import STEM_MARKER
from app.storage.models import KnownWords

MAX_WORDS = 50_000
"""Words that are kept, those of names first: as many as a search compares with a misspelt word in little time."""

_MAX_COUNTED_WORDS = 400_000
"""Distinct words after which those that occurred only once are dropped."""

_NAME_TYPES = ("place", "person", "organization")
_MAX_WORD_LENGTH = 30


class Vocabulary:
    """Counts the words of records."""

    def __init__(self) -> None:
        self._names: Counter[str] = Counter()
        self._others: Counter[str] = Counter()

    def add(self, kind: str, terms: str) -> None:
        """Adds the words of a record's texts, taken from its search terms."""
        counted = self._names if kind in _NAME_TYPES else self._others
        counted.update(terms.partition(STEM_MARKER)[0].split())
        if len(counted) > _MAX_COUNTED_WORDS:
            for word in [word for word, times in counted.items() if times == 1 or not _is_a_word(word)]:
                del counted[word]

    def write(self, connection: Connection, release: int) -> None:
        """Writes the words of a release in place of those of the previous one."""
        connection.execute(delete(KnownWords))
        connection.execute(insert(KnownWords), {"release": release, "words": self.words()})

    def words(self) -> str:
        """Returns the most frequent words, separated by spaces."""
        names = [word for word, _ in self._names.most_common() if _is_a_word(word)]
        others = [word for word, _ in self._others.most_common() if _is_a_word(word)]
        chosen = set([*names, *others][:MAX_WORDS]) if len(names) + len(others) > MAX_WORDS else {*names, *others}
        by_frequency = (self._names + self._others).most_common()
        return " ".join(word for word, _ in by_frequency if word in chosen)


def _is_a_word(term: str) -> bool:
    return 2 < len(term) <= _MAX_WORD_LENGTH and not any(char.isdigit() or char == "_" for char in term)
