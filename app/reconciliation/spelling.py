"""How alike two spellings of a name are, from 0 to 100.

rapidfuzz compares the letters. What it cannot know is how names of other scripts are written in Latin letters: the same
word stands as Hawija, Hawijah and Huwaija. So consonants are compared as well, those that transliterations exchange as
one, and vowels not at all.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from anyascii import anyascii
from rapidfuzz import fuzz

from app.search.folding import fold

BY_CONSONANTS = 0.93
"""What a likeness of consonants counts for beside one of letters: it says less."""

MIN_CONSONANTS = 3
"""Fewer than these are the consonants of too many names."""

_ARTICLE = re.compile(r"\b(?:al|el|ad|ar|as|at|az|ash|an|ul|il)[ -](?=\w)|\bال(?=\w)")
_NOT_LETTERS = re.compile(r"[^a-z0-9 ]+")
_EXCHANGED = (
    ("kh", "k"),
    ("gh", "k"),
    ("sh", "s"),
    ("ch", "s"),
    ("zh", "z"),
    ("th", "t"),
    ("dh", "d"),
    ("ph", "f"),
    ("ts", "s"),
)
_ONE_LETTER = str.maketrans({"q": "k", "g": "k", "c": "k", "z": "s", "j": "s", "v": "f", "w": "", "y": "", "h": ""})
_VOWELS = re.compile(r"[aeiou']+")
_DOUBLED = re.compile(r"(.)\1+")
_CACHED_NAMES = 65_536


def written(name: str) -> str:
    """Returns a name as it is compared letter by letter: folded, in Latin letters, without articles and signs."""
    text = _ARTICLE.sub("", fold(name))
    if not text.isascii():
        text = anyascii(text).lower()
    return " ".join(_NOT_LETTERS.sub(" ", text.replace("'", "")).split())


@lru_cache(maxsize=_CACHED_NAMES)
def consonants(text: str) -> str:
    """Returns the consonants of a written name, as transliterations have them in common."""
    for pair, letter in _EXCHANGED:
        text = text.replace(pair, letter)
    return _DOUBLED.sub(r"\1", _VOWELS.sub("", text.translate(_ONE_LETTER))).replace(" ", "")


class Likeness(NamedTuple):
    """How alike two names are by all letters, whatever the order of words; by consonants; and where one is a part of
    the other. Two that are equal as they are compared have 100, all others less."""

    letters: float
    consonants: float
    part: float

    @property
    def full_name(self) -> float:
        """As names, not as parts of names."""
        return max(self.letters, self.consonants)

    @property
    def score(self) -> float:
        """The best of them."""
        return max(self)


_UNLIKE = Likeness(0.0, 0.0, 0.0)
_LESS_THAN_EQUAL = 99.0


def likeness(one: str, other: str) -> Likeness:
    """Returns how alike two written names are."""
    if not one or not other:
        return _UNLIKE
    if one == other:
        return Likeness(100.0, 100.0, 100.0)
    letters = min(max(fuzz.ratio(one, other), fuzz.token_sort_ratio(one, other)), _LESS_THAN_EQUAL)
    first, second = consonants(one), consonants(other)
    has_enough = min(len(first), len(second)) >= MIN_CONSONANTS
    by_consonants = BY_CONSONANTS * fuzz.ratio(first, second) if has_enough else 0.0
    return Likeness(letters, by_consonants, min(fuzz.WRatio(one, other), _LESS_THAN_EQUAL))
