"""Text as comparisons see it. Which rule is for what:

- `letters` is for words: those of the index, of questions, and of names that lead to an id. It removes what tells no
  two words apart for a reader: case, accents, strokes, vowel points, joiners, and the shapes that one letter has.
- `fold` is for the order of lists, and for whether two names are one: their letters, with single spaces between words.
- What browsers compare when they look for a text fragment is coarser in one place and finer in another: `collation`.

Words are cut after that, not before (`terms`): a mark inside a word would end it.
"""

import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress

_KEPT_LETTERS = frozenset("й")
"""Letters that Unicode takes apart into a letter and an accent, though endings of words hang on them."""

_EQUIVALENTS = {
    **dict.fromkeys("‘’‛ʻʼʽʾʿˈ`´′", "'"),
    **dict.fromkeys("“”„‟«»″", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **{"æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ŋ": "ng", "ı": "i", "ȷ": "j", "ĸ": "k"},
    # Arabic, Persian, Urdu and Kurdish: one letter in the shapes that keyboards have for it.
    **{"ٱ": "ا", "ى": "ي", "ی": "ي", "ے": "ي", "ک": "ك", "ڪ": "ك", "ة": "ه", "ۃ": "ه", "ہ": "ه", "ھ": "ه", "ە": "ه"},
    # A hamza without a seat, and what only makes a word longer.
    **dict.fromkeys("ءٴـߺ", ""),
}

_LETTER_WITH_MARK = re.compile(r"((?:LATIN|CYRILLIC) SMALL LETTER .+?) WITH ")
"""A letter with a stroke, a hook or a tail, by the name that Unicode has for it: it is the letter before the `WITH`."""

_CACHE_SIZE = 50_000


class CharacterMap(dict[int, str]):
    """What each character becomes, for `str.translate`; made when it is asked for."""

    def __init__(self, make: Callable[[str], str]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, code: int) -> str:
        made = self._make(chr(code))
        if len(self) < _CACHE_SIZE:
            self[code] = made
        return made


def letters(text: str) -> str:
    """A text without case, marks, and what else tells no words apart; signs and spaces stay."""
    if text.isascii():
        return text.replace("`", "'").lower()
    return unicodedata.normalize("NFC", text).translate(_LETTERS)


def fold(text: str) -> str:
    """A text in its folded form; the same for every spelling that differs only in what folding removes."""
    return " ".join(letters(text).split())


def _plain(char: str) -> str:
    """The letters that a character stands for (UAX 15: NFKD)."""
    if char.casefold() in _KEPT_LETTERS:
        return char.casefold()
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())
    return "".join(map(_letter, apart))


def _letter(char: str) -> str:
    if char in _EQUIVALENTS:
        return _EQUIVALENTS[char]
    if is_removed(char):
        return ""
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    if named := _LETTER_WITH_MARK.match(unicodedata.name(char, "")):
        with suppress(KeyError):
            return _letter(unicodedata.lookup(named[1]))
    return char


def is_removed(char: str) -> bool:
    """Whether a character is invisible or a mark that readers may leave out: accents, vowel points, overlays.

    Vowel signs, viramas and voicing marks are letters' parts in the scripts of India and Japan, and stay."""
    category = unicodedata.category(char)
    if category != "Mn":
        return category in ("Cf", "Me")
    point = unicodedata.combining(char)
    return 0 < point <= 7 or 10 <= point <= 36 or point >= 200 or char in _INVISIBLE


_INVISIBLE = frozenset(
    chr(code)
    for first, last in ((0x34F, 0x34F), (0x17B4, 0x17B5), (0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
    for code in range(first, last + 1)
)
"""Marks of no width that choose a glyph or join nothing."""

_LETTERS = CharacterMap(_plain)


def is_word_character(char: str) -> bool:
    """Whether a folded character is part of a word: a letter, a digit, or a mark that has stayed."""
    return char.isalnum() or unicodedata.category(char)[0] == "M"


_WORDS = CharacterMap(lambda char: char if is_word_character(char) or char in "'." else " ")


def apart(folded: str) -> str:
    """A folded text with spaces for what no word holds; apostrophes and dots are left for whoever cuts the words."""
    return folded.translate(_WORDS)
