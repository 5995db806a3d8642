"""Passages: where they stand, their digest, and the link that opens the page at them."""

import hashlib
import random
import re
from urllib.parse import unquote

import pytest

from app.ingest.texts.passages import PassageError, Text, digest
from app.ingest.texts.text_fragments import Fragment
from tests import sample
from tests.second_article import SECOND_PAPER

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


@pytest.mark.parametrize("text", [TEXT, sample.PAPER, SECOND_PAPER], ids=["boats", "small", "second"])
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
                    assert "the same words stand earlier" in str(error)
                    continue
                made += 1
                fragment = passage.fragment
                assert text.leads_to(fragment, number, start.start(), last.end())
                for part in (fragment.first, fragment.last, fragment.before, fragment.after):
                    assert len(re.findall(r"\w+(?:[.'’]\w+)*", part or "")) <= 2
    assert made > 100


def landing(text: Text, **parts: str) -> str | None:
    """The words that a browser would scroll to."""
    actual = text.resolve(Fragment(**parts))
    return text.slice(*actual) if actual else None


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


@pytest.mark.parametrize(
    ("earlier", "phrase"),
    [
        ("The café burned.", "cafe burned"),
        ("The cafe burned.", "café burned"),
        ("The CAFE\u0301 burned.", "café burned"),
        ("At Łódź they rested.", "Lodz they"),
        ("The ﬁnal toll.", "final toll"),
        ("The Ｆｅｒｒｙ sank.", "Ferry sank"),
        ("A straße burned.", "strasse burned"),
        ("أمين المخزن", "امين المخزن"),
        ("مُعَلِّم القرية", "معلم القرية"),
        ("The guard’s hut", "guard's hut"),
        ("We co\u00adoperate here", "cooperate here"),
        ("By the  old mill", "the old mill"),
        ("By the\told mill", "the old mill"),
        ("Das Mädchen schlief", "Maedchen schlief"),
        ("In Århus it rained", "Aarhus it"),
        ("No one came", "noone came"),
    ],
)
def test_a_link_is_not_to_what_a_browser_takes_for_the_same(earlier: str, phrase: str) -> None:
    """Which one a browser finds depends on nothing but what it ignores, or on its reader's language."""
    text = Text(f"{earlier}\nWhat Berg said: {phrase} again.")
    landed = text.resolve(Fragment(phrase))
    assert landed is not None
    assert landed[0] == 1
    fragment = text.anchor(phrase, 2).fragment
    assert fragment.before or fragment.after
    assert text.leads_to(fragment, 2, 16, 16 + len(phrase))


@pytest.mark.parametrize("gap", ["  ", "\t", " \t ", "\r "])
def test_a_run_of_spaces_is_one_space_in_a_link(gap: str) -> None:
    assert Text(f"The ferry{gap}sank.").passage(1, 4, 13 + len(gap)).fragment == Fragment("ferry sank")
    assert not Text("The ferry sank.").leads_to(Fragment(f"ferry{gap}sank"), 1, 0, 15)


@pytest.mark.parametrize("mark", ["\u2028", "\v"])
def test_words_around_a_line_break_are_no_term(mark: str) -> None:
    """A browser finds no words across it, but one after the other."""
    text = Text(f"The ferry{mark}sank at noon.")
    assert text.passage(1, 4, 14).fragment == Fragment("ferry", "sank")
    assert not text.leads_to(Fragment(f"ferry{mark}sank"), 1, 0, 20)


@pytest.mark.parametrize(
    ("paragraph", "words", "certain"),
    [
        ("Some 1,000 men", "000 men", False),
        ("Some 1,000 men", "1,000 men", True),
        ("On the island.Image of it", "the island", False),
        ("少年が村を出た。", "少年", False),
        ("少年が村を出た。", "少年が村を出た", True),
        ("Some 1000 men", "1000 MEN", False),
        ("The guard’s hut", "guard's hut", False),
        ("The\u00a0guard’s hut", "The guard’s", True),
        ("The café burned", "cafe burned", False),
    ],
)
def test_a_link_must_be_certain(paragraph: str, words: str, certain: bool) -> None:
    """Browsers do not agree on words that touch, and on letters that only some of them ignore."""
    text = Text(paragraph)
    assert text.resolve(Fragment(words)) is not None
    assert text.leads_to(Fragment(words), 1, 0, len(paragraph)) == certain


def test_words_around_a_passage_may_touch_it_or_stand_in_another_paragraph() -> None:
    text = Text("He saw the microchip.\nA micro\nchip broke.\nThen a micro chip came.")
    assert landing(text, first="chip", before="micro") == "chip"
    assert text.resolve(Fragment("chip", before="micro")) == (1, 16, 20)
    assert text.resolve(Fragment("chip", before="a micro")) == (3, 0, 4)
    assert text.leads_to(text.passage(4, 13, 17).fragment, 4, 13, 17)


def test_many_links_lead_where_each_of_them_does() -> None:
    chance = random.Random(3)
    words = ["a", "boat", "a boat", "left", "the", "noon", "co-op", "café", "Cafe", "to", "day", "today", "“no”"]
    text = Text("\n".join(" ".join(chance.choices(words, k=12)) for _ in range(60)), ("The boat",))

    def some() -> str | None:
        return " ".join(chance.choices(words, k=chance.randint(1, 2))) if chance.random() < 0.4 else None

    links = [(Fragment(some() or "boat", some(), some(), some()), (chance.randint(1, 60), 0, 99)) for _ in range(3000)]
    astray = dict(text.misdirected(links, lambda done, total: None))
    assert 0 < len(astray) < len(links)
    for number, (fragment, extent) in enumerate(links):
        assert text.leads_to(fragment, *extent) == (number not in astray)
        assert number not in astray or text.resolve(fragment) == astray[number]


ORSA = Text(
    "The mill’s wheel – old – stood still. “No water,” said Ida.\n"
    "Two guards came to the mill. Two guards\u00a0left it.\n"
    "حضر حارسان إلى المطحنة، وقال أحدهما: «لا ماء»."
)


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("The mill's wheel - old", "The mill’s wheel – old"),
        ('"No water," said Ida', "“No water,” said Ida"),
        ("guards left", "guards\u00a0left"),
        ('وقال أحدهما: "لا ماء"', "وقال أحدهما: «لا ماء»"),
    ],
)
def test_words_typed_with_other_signs_are_found(typed: str, printed: str) -> None:
    passage = ORSA.anchor(typed)
    assert ORSA.slice(passage.paragraph, passage.start, passage.end) == printed


def test_words_written_as_printed_are_not_mixed_up_with_others() -> None:
    """Both paragraphs have the words as one may type them, only one as they are written."""
    text = Text("Ida said it’s late.\nJon said it's late.")
    assert text.anchor("said it's late").paragraph == 2
    assert text.anchor("said it’s late").paragraph == 1


def test_words_that_stand_twice_are_refused_with_their_places() -> None:
    with pytest.raises(PassageError, match=r"stands 2 times: 2:0-10, 2:29-39; give more of the words"):
        ORSA.anchor("Two guards")
    with pytest.raises(PassageError, match="stands 2 times: 1:4-8, 2:23-27; choose one: paragraph: 1"):
        ORSA.anchor("mill")


def test_words_that_stand_nowhere_have_the_nearest_ones_beside_them() -> None:
    with pytest.raises(PassageError, match="nearest is “Two guards came to the mill” in paragraph 2"):
        ORSA.anchor("Two guards come to the mill")
    with pytest.raises(PassageError, match="paragraph 1 does not contain “came to the mill”; it stands in paragraph 2"):
        ORSA.anchor("came to the mill", paragraph=1)
    with pytest.raises(PassageError) as nothing_like_it:
        ORSA.anchor("A helicopter of the army landed at noon")
    assert "nearest" not in str(nothing_like_it.value)
    with pytest.raises(PassageError, match="no words"):
        ORSA.anchor("  ")


def test_a_display_copy_is_told_apart_by_the_words_around_its_paragraph() -> None:
    """Within one paragraph each, as a browser looks for them; a sign between the words is in neither."""
    text = Text("“We heard it first,” said Ida.\nThe gate broke.\nWe heard it first\nThe water rose.")
    passage = text.anchor("We heard it first", paragraph=3)
    assert text.resolve(passage.fragment) == (3, 0, 17)
    assert passage.fragment.before == "broke."
    quoted = Text("“We heard it first,” said Ida.\nThe gate broke.\n“We heard it first”\nThe water rose.")
    with pytest.raises(PassageError, match="with the quotation marks around them"):
        quoted.anchor("We heard it first", paragraph=3)
    passage = quoted.anchor("“We heard it first”", paragraph=3)
    assert quoted.resolve(passage.fragment) == (3, 0, 19)
    assert (passage.fragment.before, passage.fragment.first) == ("broke.", "“We")


def test_many_words_become_what_each_of_them_does() -> None:
    """By one search for all: words that stand once, twice or nowhere, in one paragraph or typed with other signs."""
    chance = random.Random(11)
    vocabulary = ["mill", "“mill”", "the", "guards", "Orsa’s", "co-op", "a  day", "two", "river", "—", "no"]
    lines = [" ".join(chance.choices(vocabulary, k=12)) for _ in range(30)]
    text = Text("\n".join(lines), ("The mill", "Ada Lind"))
    wanted: dict[tuple[str, int | None], None] = {("", None): None, ("  ", 3): None, ("mill", 99): None}
    for _ in range(400):
        number = chance.randrange(len(lines))
        start = chance.randrange(len(lines[number]) - 20)
        words = lines[number][start : start + chance.randint(3, 40)].strip()
        if chance.random() < 0.3:
            words = words.replace("“", '"').replace("”", '"').replace("’", "'").replace("  ", " ")
        wanted[words, chance.choice([None, number + 1])] = None
    found, refused = text.anchor_all(wanted, lambda done, total: None), 0
    for (words, paragraph), result in found.items():
        try:
            assert text.anchor(words, paragraph) == result
        except PassageError as error:
            refused += 1
            assert str(error) == str(result)
    assert found.keys() == wanted.keys()
    assert 30 < refused < len(found) - 100
