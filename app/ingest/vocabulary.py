"""The words that a release is made of, as far as a search suggests them for misspelt ones."""

from collections import Counter

from sqlalchemy import Connection, delete, insert

from app.search.terms import STEM_MARKER
from app.storage.models import KnownWords

MOST = 50_000
"""So many words are kept, those of names first: as many as a search compares with a misspelt one in little time."""

_COUNTED = 400_000
"""When so many different words are counted, those that have been met only once are given up."""

_NAMED = ("place", "person", "organization")
_LONGEST = 30


class Vocabulary:
    """Counts the words of records."""

    def __init__(self) -> None:
        self._names: Counter[str] = Counter()
        self._others: Counter[str] = Counter()

    def add(self, kind: str, terms: str) -> None:
        """Adds the words of a record's texts, from the terms that it is found by."""
        counted = self._names if kind in _NAMED else self._others
        counted.update(terms.partition(STEM_MARKER)[0].split())
        if len(counted) > _COUNTED:
            for word in [word for word, times in counted.items() if times == 1 or not _is_a_word(word)]:
                del counted[word]

    def write(self, connection: Connection, release: int) -> None:
        """Writes them as those of a release, in the place of those of the one before."""
        connection.execute(delete(KnownWords))
        connection.execute(insert(KnownWords), {"release": release, "words": self.words()})

    def words(self) -> str:
        """The most frequent ones, with spaces between them."""
        names = [word for word, _ in self._names.most_common() if _is_a_word(word)]
        others = [word for word, _ in self._others.most_common() if _is_a_word(word)]
        chosen = set([*names, *others][:MOST]) if len(names) + len(others) > MOST else {*names, *others}
        by_frequency = (self._names + self._others).most_common()
        return " ".join(word for word, _ in by_frequency if word in chosen)


def _is_a_word(term: str) -> bool:
    return 2 < len(term) <= _LONGEST and not any(char.isdigit() or char == "_" for char in term)
