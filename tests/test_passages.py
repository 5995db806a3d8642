"""Passages: where they stand, their digest, and the link that opens the page at them."""

import hashlib
import re
from urllib.parse import unquote

import pytest

from app.dossier.passages import Fragment, PassageError, Text, digest
from tests import newsroom

TEXT = Text(
    "The boat left at dawn. A boat with 12 men came back at noon, wet and cold.\n"
    "\n"
    "\U0001f6a2 A boat sank—“slowly, they said”—near the 9-mile mark & the co-op. It was not the boat that left.\n",
    ("The boat", "Ada Lind"),
)


def test_paragraphs_are_the_lines_that_are_not_blank() -> None:
    assert len(TEXT.paragraphs) == 2
    assert TEXT.find("sank") == [(2, 9, 13)]


def test_positions_count_code_points() -> None:
    """The ship before the words is one code point and two UTF-16 units; JavaScript's positions would be one more."""
    passage = TEXT.anchor("sank")
    assert (passage.paragraph, passage.start, passage.end) == (2, 9, 13)
    assert TEXT.paragraphs[1].encode("utf-16-le").index("sank".encode("utf-16-le")) // 2 == 10
    assert passage.sha256 == hashlib.sha256(b"sank").hexdigest()


def test_phrase_that_stands_more_than_once_says_where() -> None:
    with pytest.raises(PassageError, match=re.escape("“boat” stands 4 times: 1:4-8, 1:25-29, 2:4-8, 2:83-87")):
        TEXT.anchor("boat")
    with pytest.raises(PassageError, match=re.escape("2 times: 2:4-8, 2:83-87")):
        TEXT.anchor("boat", paragraph=2)


def test_phrase_that_is_not_there() -> None:
    with pytest.raises(PassageError, match="does not contain “The Boat”"):
        TEXT.anchor("The Boat")
    with pytest.raises(PassageError, match="does not contain “sank”"):
        TEXT.anchor("sank", paragraph=1)
    with pytest.raises(PassageError, match="does not contain"):
        TEXT.anchor("sank", paragraph=9)
    with pytest.raises(PassageError, match="no words to link to"):
        TEXT.anchor("—“")


@pytest.mark.parametrize(("paragraph", "start", "end"), [(0, 0, 4), (3, 0, 4), (1, 70, 99), (1, 4, 4), (1, 9, 4)])
def test_span_outside_the_text(paragraph: int, start: int, end: int) -> None:
    with pytest.raises(PassageError, match="lies outside the text"):
        TEXT.passage(paragraph, start, end)


@pytest.mark.parametrize("text", [TEXT, newsroom.PAPER, newsroom.SECOND_PAPER], ids=["boats", "small", "second"])
def test_every_stretch_of_words_has_a_link_that_leads_to_it(text: Text) -> None:
    """All spans from one word to another of a paragraph: the link lands inside the span, and republishes two words at
    each of its ends at most."""
    made = 0
    for number, paragraph in enumerate(text.paragraphs, 1):
        words = list(re.finditer(r"\w+(?:[.'’]\w+)*", paragraph))
        for first, start in enumerate(words):
            for last in words[first::3]:
                try:
                    passage = text.passage(number, start.start(), last.end())
                except PassageError as error:
                    assert "choose a slightly different span" in str(error)
                    continue
                made += 1
                fragment = passage.fragment
                assert text.leads_to(fragment, number, start.start(), last.end())
                for part in (fragment.first, fragment.last, fragment.before, fragment.after):
                    assert len(re.findall(r"\w+(?:[.'’]\w+)*", part or "")) <= 2
    assert made > 100


def landing(text: Text, **parts: str) -> str | None:
    """The words that a browser would scroll to."""
    found = text.resolve(Fragment(**parts))
    return text.slice(*found) if found else None


def test_a_browser_takes_the_first_match() -> None:
    assert TEXT.resolve(Fragment("a boat")) == (1, 23, 29)
    assert TEXT.resolve(Fragment("A boat", before="\U0001f6a2")) == (2, 2, 8)
    assert landing(TEXT, first="A boat", after="sank") == "A boat"
    assert TEXT.resolve(Fragment("A boat", after="sank")) == (2, 2, 8)
    assert landing(TEXT, first="came", last="noon") == "came back at noon"
    assert landing(TEXT, first="noon", last="came") is None
    assert landing(TEXT, first="came", last="cold", after="It") is None


def test_words_are_whole_words() -> None:
    assert landing(TEXT, first="sank") == "sank"
    assert landing(TEXT, first="san") is None
    assert landing(TEXT, first="oat") is None
    assert TEXT.resolve(Fragment("left", before="at")) is None


def test_the_title_above_the_text_is_searched_first() -> None:
    """“The boat” stands in the title too; a link to the paragraph has to say more than that."""
    assert TEXT.resolve(Fragment("The boat")) is None
    passage = TEXT.passage(1, 0, 8)
    assert (passage.fragment.before, passage.fragment.after) != (None, None)
    assert TEXT.leads_to(passage.fragment, 1, 0, 8)


def test_link_is_percent_encoded() -> None:
    """Comma, hyphen and ampersand are the directive's own marks."""
    written = Fragment("12, men", "9-mile mark", "wet & cold", "co-op").directive()
    assert written == "text=wet%20%26%20cold-,12%2C%20men,9%2Dmile%20mark,-co%2Dop"
    parts = [unquote(part) for part in written.removeprefix("text=").split(",")]
    assert parts == ["wet & cold-", "12, men", "9-mile mark", "-co-op"]
    assert Fragment("“nous”").directive() == "text=%E2%80%9Cnous%E2%80%9D"


def test_digest_is_that_of_utf_8() -> None:
    assert digest("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert digest("é\U0001f6a2") == hashlib.sha256(b"\xc3\xa9\xf0\x9f\x9a\xa2").hexdigest()
