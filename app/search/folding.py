"""Folding: removes from text what readers ignore when they compare words, such as case, accents and vowel points.

- `letters` is for words: those of the index, of search queries, and of names that lead to an id. It removes case,
  accents, strokes, vowel points and joiners, and unifies the shapes that one letter has.
- `fold` is for sorting lists, and for whether two names are equal: folded letters, with single spaces between words.
- What browsers compare when they look for a text fragment is coarser in one place and finer in another: `collation`.

Text is folded before it is split into words (`terms`), because a mark inside a word would end it.
"""

import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress

_KEPT_LETTERS = frozenset("й")
"""Letters that Unicode decomposes into a letter and an accent, but which word endings depend on."""

_EQUIVALENTS = {
    **dict.fromkeys("‘’‛ʻʼʽʾʿˈ`´′", "'"),
    **dict.fromkeys("“”„‟«»″", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **{"æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ŋ": "ng", "ı": "i", "ȷ": "j", "ĸ": "k"},
    # Arabic, Persian, Urdu and Kurdish: one letter in the shapes that keyboards have for it.
    **{"ٱ": "ا", "ى": "ي", "ی": "ي", "ے": "ي", "ک": "ك", "ڪ": "ك", "ة": "ه", "ۃ": "ه", "ہ": "ه", "ھ": "ه", "ە": "ه"},
    # A hamza without a seat, and signs that only stretch a word.
    **dict.fromkeys("ءٴـߺ", ""),
}

_LETTER_WITH_MARK = re.compile(r"((?:LATIN|CYRILLIC) SMALL LETTER .+?) WITH ")
"""The Unicode name of a letter with a stroke, a hook or a tail; the base letter is named before the `WITH`."""

_CACHE_SIZE = 50_000


class CharacterMap(dict[int, str]):
    """A table for `str.translate` that computes what a character becomes when it first meets it."""

    def __init__(self, replace: Callable[[str], str]) -> None:
        super().__init__()
        self._replace = replace

    def __missing__(self, code: int) -> str:
        replacement = self._replace(chr(code))
        if len(self) < _CACHE_SIZE:
            self[code] = replacement
        return replacement


def letters(text: str) -> str:
    """Returns a text without case, marks and whatever else readers ignore; punctuation and spaces stay."""
    if text.isascii():
        return text.replace("`", "'").lower()
    return unicodedata.normalize("NFC", text).translate(_LETTERS)


def fold(text: str) -> str:
    """Returns the folded form of a text, equal for all spellings that differ only in what folding removes."""
    return " ".join(letters(text).split())


def word_beginnings(text: str) -> str:
    """Returns a folded text with one space before each word and nothing else between words: wherever a word begins with
    some letters, the text has these letters folded in the same way."""
    words = letters(text).translate(_SPACED).split()
    return "".join(f" {word}" for word in words)


BETWEEN_WORDS = "-('\"/."
"""The signs that part words, beside spaces."""

_SPACED = str.maketrans(dict.fromkeys(BETWEEN_WORDS, " "))


def _plain(char: str) -> str:
    """Returns the letters that a character stands for (UAX 15: NFKD)."""
    if char.casefold() in _KEPT_LETTERS:
        return char.casefold()
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())
    return "".join(map(_letter, decomposed))


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

    Vowel signs, viramas and voicing marks are parts of letters in the scripts of India and Japan, and stay.
    """
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
"""Marks without width that select a glyph or join nothing."""

_LETTERS = CharacterMap(_plain)


def is_word_character(char: str) -> bool:
    """Whether a folded character is part of a word: a letter, a digit, or a mark that folding keeps."""
    return char.isalnum() or unicodedata.category(char)[0] == "M"


_WORDS = CharacterMap(lambda char: char if is_word_character(char) or char in "'." else " ")


def space_out_signs(folded: str) -> str:
    """Returns a folded text with a space for each sign that is in no word.

    Apostrophes and dots stay, because whether they are part of a word depends on the letters beside them.
    """
    return folded.translate(_WORDS)
