"""Text comparison as browsers do it to find the words of a text fragment: primary-level collation, word boundaries.

`app.search.folding` finds the words that people type; this module tells where a text-fragment link opens in a browser.
Chromium and Safari search with ICU, by the Unicode Collation Algorithm (UTS 10) at primary strength: only base letters
count, so that case, accents, ligatures, widths, vowel points, the shapes of quotation marks and soft hyphens make no
difference. What does also depends on the language of the reader's browser: to a German one ä is ae, to a Danish one å
is aa and ü is y. So there are two questions:

- *Could* a browser, of whatever language, take one text for the other? Then both have the same `letters`. That is
  coarser than any one browser (not even white space counts), so a link that is unique by it is unique in all of them.
- Where *may* and where *must* a browser see a word boundary (UAX 29)? `letters` marks every place that may be one,
  `is_edge` tells only those that are one for every browser. Chinese, Japanese, Thai, Lao, Khmer and Burmese are split
  by dictionaries, which differ: each of their letters may be a word, and none must.

Limits: the rules were compared with those of Chromium 156 (ICU's root collation and its tailorings for search) for all
letters in use. ICU takes medieval letters and those of dead scripts for modern ones; this module does not, nor does it
know numbers in black circles and in Ethiopic, and the ę that a Swedish browser takes for its ä.
"""

import re
import unicodedata
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

from app.search.folding import CharacterMap

_EQUIVALENTS = {
    **dict.fromkeys("‘’‚‛׳", "'"),
    **dict.fromkeys("“”„‟״⹂〝〞〟", '"'),
    **{"æ": "a", "œ": "o", "ð": "d", "þ": "th", "ı": "i", "ŋ": "n", "ʒ": "z", "ŀ": "l", "Ŀ": "l", "y": "u"},
    **dict(zip("ךםןףץ", "כמנפצ", strict=True)),
    **{"ٱ": "ا", "ة": "ه", "ۃ": "ه", "ہ": "ه", "ھ": "ه", "ە": "ه", "ى": "ي", "ی": "ي", "ې": "ي", "ے": "ي"},
    **{"ک": "ك", "ڪ": "ك", "ٴ": "ء"},
}
_DIGRAPHS = {"ae", "oe", "ue", "aa"}
"""Pairs of letters of which only the first is kept, so that ä, æ, ae, å and aa are equal in every language."""

_IOTA_BELOW = "\u0345"
_IGNORED = {"Cc", "Cf", "Lm", "Me", "Sk", "Zl", "Zp", "Zs"}
_VOWELS = re.compile(r"(?!ARABIC|SAMARITAN).*(VOWEL SIGN|CHARACTER SARA)")
_LETTER_WITH_MARK = re.compile(r"(.+ LETTER .+?) WITH ")
_WITHOUT_SPACES = re.compile(r"(HALFWIDTH )?(CJK|HIRAGANA|KATAKANA|THAI|LAO|KHMER|MYANMAR|TAI|NEW TAI|AHOM)\b")
_COLLAPSED = re.compile(r"[ \t\n\r]+")
_WORD = re.compile(r"[wxcf]+(?:m[wxcf]+)*")
_CACHE_SIZE = 200_000


def _letters(char: str) -> str:
    """Returns the base letters that a character stands for."""
    decomposed = unicodedata.normalize("NFKD", _EQUIVALENTS.get(char, char)).replace(_IOTA_BELOW, "")
    return "".join(map(_base, unicodedata.normalize("NFKD", decomposed.casefold())))


def _base(char: str) -> str:
    """Returns the base of a lower-case letter; for a letter with a stroke or a hook, the one its Unicode name begins
    with; empty for a character that does not count."""
    name = unicodedata.name(char, "")
    if named := _LETTER_WITH_MARK.match(name):
        with suppress(KeyError):
            char = unicodedata.lookup(named[1])
    if char in _EQUIVALENTS:
        return _EQUIVALENTS[char]
    category = unicodedata.category(char)
    if category in _IGNORED or (category[0] == "M" and not _VOWELS.match(name)):
        return ""
    if "ァ" <= char <= "ヶ":
        return chr(ord(char) - ord("ァ") + ord("ぁ"))
    digit = unicodedata.digit(char, None)
    return char if digit is None else str(digit)


def _kind(char: str) -> str:
    """Returns the class of a character for word boundaries: w a letter or digit, x one that may be a word of its own,
    c a combining mark, f a format character, m a sign that joins the letters on both sides; a space for the others."""
    category = unicodedata.category(char)
    if category[0] == "M":
        return "c"
    if category == "Cf":
        return "f"
    if category in ("No", "Nl") or (category[0] == "L" and _WITHOUT_SPACES.match(unicodedata.name(char, ""))):
        return "x"
    if category[0] == "L" or category in ("Nd", "Pc"):
        return "w"
    return "m" if char in _JOINING else " "


_JOINING = frozenset(".,:;'’‘\"·״׳‧․﹒＇．։՟٬،﹐﹔﹕：⁄，；")
_BASES = CharacterMap(_letters)
_KINDS = CharacterMap(_kind)


class Letters(NamedTuple):
    """The base letters of a text without white space: for each, the index of its character in the text, and whether a
    word boundary may be before it. After the last letter there may always be one."""

    text: str
    origins: tuple[int, ...]
    breaks: bytes


@lru_cache(_CACHE_SIZE)
def letters(text: str) -> Letters:
    """Returns a text without white space as browsers compare it."""
    bases: list[str] = []
    origins: list[int] = []
    breaks = bytearray()
    before, may_break = " ", True
    for index, (char, kind) in enumerate(zip(text, text.translate(_KINDS), strict=True)):
        if kind != "c":
            may_break |= not kind == before == "w"
            before = kind
        for base in _BASES[ord(char)]:
            if may_break or not bases or bases[-1] + base not in _DIGRAPHS:
                bases.append(base)
                origins.append(index)
                breaks.append(may_break)
                may_break = False
    return Letters("".join(bases), tuple(origins), bytes(breaks))


def words(text: str) -> list[tuple[int, int]]:
    """Returns start and end of every word of a text that no browser splits or joins with another."""
    return [match.span() for match in _WORD.finditer(text.translate(_KINDS))]


def is_edge(text: str, position: int) -> bool:
    """Whether every browser sees a word boundary at a position: it is inside no word."""
    first = max(0, position - 2)
    return all(not start < position - first < end for start, end in words(text[first : position + 2]))


def collapsed(text: str) -> str:
    """Returns a text as a page shows it: a run of spaces, tabs and line ends is one space."""
    return _COLLAPSED.sub(" ", text)
