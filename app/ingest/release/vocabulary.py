"""Vocabulary of a release: the words that a search suggests for misspelt ones."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, cast, delete, insert, select
from sqlalchemy.types import Text
from sqlmodel import col

from app.records import RECORD_TYPES
from app.search.entry_numbers import code_of
from app.search.terms import STEM_MARKER
from app.storage.models import SearchEntry
from app.storage.word_models import KnownWords

MAX_WORDS = 50_000
"""Words that are kept, those of names first: as many as a search compares with a misspelt word in little time."""

_MAX_COUNTED_WORDS = 400_000
"""Distinct words after which those that occurred only once are dropped."""

_FETCHED_ROWS = 500
_LEXEME = re.compile(r"'(\w+)':([\d,]+)")
_MAX_POSITION = 2**14
"""What no position in a tsvector reaches."""

_NAME_TYPES = ("place", "person", "organization")
_MAX_WORD_LENGTH = 30


class Vocabulary:
    """Counts the words of records."""

    def __init__(self) -> None:
        self._names: Counter[str] = Counter()
        self._others: Counter[str] = Counter()

    @classmethod
    def of(cls, connection: Connection) -> "Vocabulary":
        """Counts the words of all records that are stored."""
        vocabulary, is_sqlite = cls(), connection.dialect.name == "sqlite"
        kinds = {one.code: one.type for one in RECORD_TYPES.values()}
        query = select(col(SearchEntry.number), cast(col(SearchEntry.terms), Text))
        for rows in connection.execute(query, execution_options={"yield_per": _FETCHED_ROWS}).partitions():
            vocabulary.add(
                (kinds[code_of(number)], terms if is_sqlite else " ".join(_words_of_vector(terms)))
                for number, terms in rows
            )
        return vocabulary

    def add(self, records: Iterable[tuple[str, str]]) -> None:
        """Adds the words of the texts of some records, given by their types and search terms."""
        of_names: list[str] = []
        of_others: list[str] = []
        for kind, terms in records:
            (of_names if kind in _NAME_TYPES else of_others).append(terms.partition(STEM_MARKER)[0])
        for counted, texts in ((self._names, of_names), (self._others, of_others)):
            # By themselves first: the few words of some records are found faster than among those of all.
            counted.update(Counter(" ".join(texts).split()))
            if len(counted) > _MAX_COUNTED_WORDS:
                for word in [word for word, times in counted.items() if times == 1 or not _is_a_word(word)]:
                    del counted[word]

    def add_known(self, words: str) -> None:
        """Adds words of records that stay as they are, after those that were counted."""
        self._others.update(word for word in words.split() if word not in self._names)

    def write(self, connection: Connection, release: int) -> None:
        """Writes the words of a release in place of those of the previous one."""
        connection.execute(delete(KnownWords))
        connection.execute(insert(KnownWords), {"release": release, "words": self.words()})

    def words(self) -> str:
        """Returns the most frequent words, separated by spaces."""
        names, others = _by_frequency(self._names), _by_frequency(self._others)
        chosen = set([*names, *others][:MAX_WORDS]) if len(names) + len(others) > MAX_WORDS else {*names, *others}
        return " ".join(word for word in _by_frequency(self._names + self._others) if word in chosen)


def _by_frequency(counted: Counter[str]) -> list[str]:
    """Returns words, the most frequent first; the order does not depend on that of the records."""
    return [word for word, _ in sorted(counted.items(), key=lambda one: (-one[1], one[0])) if _is_a_word(word)]


def _words_of_vector(vector: str) -> Iterator[str]:
    """Yields the words of a tsvector as PostgreSQL writes it, as often as they occur, without stems."""
    positions = {word: [int(one) for one in places.split(",")] for word, places in _LEXEME.findall(vector)}
    end = min(positions.get(STEM_MARKER, [_MAX_POSITION]))
    for word, places in positions.items():
        for place in places:
            if place < end:
                yield word


def _is_a_word(term: str) -> bool:
    return 2 < len(term) <= _MAX_WORD_LENGTH and not any(char.isdigit() or char == "_" for char in term)
