"""Letters that a browser takes for equal, and where it sees word boundaries."""

import unicodedata
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from app.search.collation import is_edge, letters, words
from tests.ingest.fragment_pairs import ALIKE

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def read(text: str) -> str:
    return "".join(letters(token).text for token in text.split())


@pytest.mark.parametrize("pair", [pair for pairs in ALIKE.values() for pair in pairs])
def test_phrases_that_a_browser_takes_for_one_another_have_the_same_letters(pair: tuple[str, str]) -> None:
    assert read(pair[0]) == read(pair[1]) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("boat", "goat"),
        ("मेल", "मूल"),
        ("はし", "はじめ"),
        ("кит", "кот"),
        ("جسر", "جسد"),
        ("12", "13"),
        ("co-op", "coop"),
    ],
)
def test_other_words_have_other_letters(one: str, other: str) -> None:
    assert read(one) != read(other)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The U.S. fired 1,000 shots.", ["The", "U.S", "fired", "1,000", "shots"]),
        ("the guard’s hut", ["the", "guard’s", "hut"]),
        ("cafe\u0301 bu\u0308ro", ["cafe\u0301", "bu\u0308ro"]),
        ("مُعَلِّم القرية", ["مُعَلِّم", "القرية"]),
        ("می\u200cرود کتاب\u200cها", ["می\u200cرود", "کتاب\u200cها"]),
        ("नाव के साथ", ["नाव", "के", "साथ"]),
        ("9-mile co-op_b", ["9", "mile", "co", "op_b"]),
        ("3½ km² of", ["3½", "km²", "of"]),
        ("少年が村を出た。", ["少年が村を出た"]),
    ],
)
def test_words_that_no_browser_takes_apart(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in words(text)] == expected
    edges = {place for span in words(text) for place in span}
    inside = {place for start, end in words(text) for place in range(start + 1, end)}
    assert all(is_edge(text, place) for place in edges)
    assert not any(is_edge(text, place) for place in inside)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("co\u00adop", ["co", "op"]),
        ("1,000", ["1", ",", "000"]),
        ("km²", ["km", "2"]),
        ("cafe\u0301s", ["cafes"]),
        ("naïve", ["naive"]),
        ("村を出た", ["村", "を", "出", "た"]),
        ("ﬁn", ["fin"]),
    ],
)
def test_where_some_browser_may_see_an_edge(text: str, parts: list[str]) -> None:
    actual = letters(text)
    places = [place for place, may_break in enumerate(actual.breaks) if may_break] + [len(actual.text)]
    assert [actual.text[start:end] for start, end in pairwise(places)] == parts


IN_USE = (
    *((0x21, 0x180), (0x1E00, 0x1EFA), (0x370, 0x400), (0x1F00, 0x2000), (0x400, 0x530), (0x531, 0x58A)),
    *((0x5D0, 0x5F5), (0x620, 0x6D4), (0xFB50, 0xFDFC), (0xFE80, 0xFEFD), (0x900, 0x980), (0x980, 0xA00)),
    *((0xE00, 0xE60), (0x3041, 0x3100), (0xFF01, 0xFFA0), (0xFB00, 0xFB07)),
)
"""Where Unicode has the letters of today's languages that a browser compares."""

NOT_THE_SAME = {("ͺ", "Ί"), ("æ", "Ę")}
"""An iota that is written alone only to show it, and what Swedish alone takes for its ä."""

LANGUAGES = "en de da sv nb fi tr ar fa ur he hi bn th ja ko ru uk el hu pl cs es fr".split()

_ALIKE = """([letters, languages]) => languages.flatMap(language => {
    const {compare} = new Intl.Collator(language, {usage: "search", sensitivity: "base"});
    const sorted = letters.toSorted(compare);
    const pairs = sorted.slice(1).map((letter, place) => [language, sorted[place], letter]);
    return pairs.filter(([_, one, other]) => compare(one, other) === 0);
})"""


def _is_small_kana(char: str) -> bool:
    """Chromium tells them from others, as Japanese does, though its collation does not."""
    return "KATAKANA LETTER SMALL" in (name := unicodedata.name(char, "")) or name.startswith("HIRAGANA LETTER SMALL")


@pytest.mark.heavy
def test_letters_that_chromium_takes_for_one_another_are_the_same_here(browser: "Browser") -> None:
    """By the collation that it searches with, in languages that have rules of their own; and pairs of letters, too."""
    every = [chr(code) for first, end in IN_USE for code in range(first, end)]
    single = [char for char in every if unicodedata.category(char)[0] in "LN" and not _is_small_kana(char)]
    double = [one + other for one in "abcdeghijlmnopqrstuvyz" for other in "abcdeghijlmnopqrstuvyz"]
    page = browser.new_page()
    actual = page.evaluate(_ALIKE, [single + double, LANGUAGES])
    page.close()
    assert len(actual) > 10_000
    assert {(one, other) for _, one, other in actual if read(one) != read(other)} == NOT_THE_SAME
