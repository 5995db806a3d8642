"""Links that open a passage, tried in a real browser: on a tall page, with each paragraph far from the next."""

import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from html import escape
from typing import TYPE_CHECKING

import pytest

from app.ingest.building.pipeline import dossier
from app.ingest.release.verifying import article_text
from app.ingest.texts.passages import PassageError, Text
from app.ingest.texts.span_links import links_of
from app.ingest.texts.text_fragments import Fragment
from app.records import RECORD_TYPES
from app.search.collation import words
from app.settings import SEED
from tests.browser import QUIET
from tests.ingest.fragment_pairs import ALIKE, APART
from tests.ingest.test_seed import ARTICLE, TEXT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.heavy

ADDRESS = "http://pages.example/article"
TITLE = "What the river took"

Opens = Callable[[Fragment], int | None]
"""At which paragraph a link opens a page, counted from 1 on; None where it opens at the top."""


@contextmanager
def shown(browser: "Browser", paragraphs: list[str], title: str = TITLE) -> Iterator[Opens]:
    """A page with these paragraphs. A line separator in them is a `<br>`."""
    lines = [f"<p>{escape(paragraph, quote=False)}</p>".replace("\u2028", "<br>") for paragraph in paragraphs]
    style = "<style>p {margin: 3000px 0}</style>"
    html = f"<!doctype html><meta charset=utf-8>{style}<body><h1>{escape(title)}</h1>{''.join(lines)}"
    page = browser.new_page(viewport={"width": 1000, "height": 600})
    page.route("**/*", lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
    page.goto(ADDRESS)
    tops: list[float] = page.evaluate("[...document.querySelectorAll('p')].map(p => p.getBoundingClientRect().top)")

    def opens(fragment: Fragment) -> int | None:
        page.evaluate("scrollTo(0, 0)")
        page.goto(f"{ADDRESS}#:~:{fragment.directive()}")
        for _ in range(12):
            frames = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(scrollY))))"
            if height := page.evaluate(frames):
                return min(range(len(tops)), key=lambda number: abs(tops[number] - height - 300)) + 1
        return None

    yield opens
    page.close()


def text_of(paragraphs: list[str]) -> Text:
    return Text("\n".join(paragraphs), (TITLE,))


def pairs(table: dict[str, list[tuple[str, str]]]) -> list[tuple[str, str]]:
    return [pair for some in table.values() for pair in some]


def test_phrases_that_a_browser_takes_for_one_another_have_links_of_their_own(browser: "Browser") -> None:
    """By its words alone the second of two such phrases would open at the first."""
    alike, apart = pairs(ALIKE), pairs(APART)
    assert len(alike) >= 60
    phrases = [phrase for pair in (*alike, *apart) for phrase in pair]
    paragraphs = [f"Note {number} says {phrase} there." for number, phrase in enumerate(phrases, 1000)]
    text, wrong = text_of(paragraphs), []
    with shown(browser, paragraphs) as opens:
        for number, phrase in enumerate(phrases, 1):
            if number % 2 == 0:
                bare = Fragment(phrase)
                first = number - 1 if number <= 2 * len(alike) else number
                if opens(bare) != first:
                    wrong.append((phrase, "alone"))
                if first < number:
                    landed = text.resolve(bare)
                    assert landed is not None, phrase
                    assert landed[0] == first, phrase
            fragment = text.anchor(phrase, number).fragment
            if opens(fragment) != number:
                wrong.append((phrase, fragment.directive()))
    assert wrong == []


SPACED = [
    "A guard  shouted from\u2028the tower.",
    "A guard shouted from the tower.",
    "Nine\tmen left\t\tthe barge.",
    "Nine men left the barge.",
    "Ten\u00a0men stayed;  two more\u00a0 came.",
    "The toll rose to 1,000 men.",
    "Some 000 men is no number.",
    "Nobody saw no one.",
    "In the microchip lay a micro chip.",
    "Every day they row, everyday rowers.",
]


COPIED = [
    "“We heard it first,” said Ida, and ran to the gate.",
    "The gate broke.",
    "We heard it first",
    "Nobody came to the gate.",
    "ran to the gate",
    "The water rose.",
]


@pytest.mark.parametrize(("paragraphs", "least"), [(SPACED, 61), (COPIED, 40)])
def test_stretches_of_words_have_links(browser: "Browser", paragraphs: list[str], least: int) -> None:
    """Every stretch of up to three words, apart by other spaces and line breaks, and in copies for display."""
    text, made = text_of(paragraphs), 0
    with shown(browser, paragraphs) as opens:
        for number, paragraph in enumerate(paragraphs, 1):
            places = words(paragraph)
            for first, (start, _) in enumerate(places):
                for _, end in places[first : first + 3]:
                    try:
                        fragment = text.passage(number, start, end).fragment
                    except PassageError as error:
                        assert "the same words stand earlier" in str(error)
                        continue
                    made += 1
                    assert opens(fragment) == number, (paragraph[start:end], fragment)
    assert made >= least


def test_display_copies_between_quotation_marks_have_links(browser: "Browser") -> None:
    """Their marks stand between their words and the paragraphs around, where nothing but white space may be."""
    copies = ["“We heard it first”", "«The gate broke.»", '"We ran."', "‘Nobody came, we heard it first’"]
    said = [f"{copy[:-1].rstrip('.')},{copy[-1]} said Ida at the mill." for copy in copies]
    paragraphs = [*said, *(line for copy in copies for line in ("She went on.", copy))]
    text = text_of(paragraphs)
    with shown(browser, paragraphs) as opens:
        for number in range(len(said) + 2, len(paragraphs) + 1, 2):
            assert opens(text.anchor(paragraphs[number - 1], number).fragment) == number, paragraphs[number - 1]


@pytest.mark.parametrize(
    "words_", ["from the", "guard  shouted", "Nine\tmen", "000 men", "more\u00a0came", "is\u00a0no"]
)
def test_words_that_no_browser_finds_so(browser: "Browser", words_: str) -> None:
    """A run of spaces is one space on a page, a line break none at all, and half a number is no word."""
    paragraphs = [SPACED[index] for index in (0, 2, 4, 5)]
    text = text_of(paragraphs)
    assert not any(text.leads_to(Fragment(words_), number, 0, 99) for number in (1, 2, 3, 4))
    with shown(browser, paragraphs) as opens:
        assert opens(Fragment(words_)) is None


def test_a_text_of_few_words(browser: "Browser") -> None:
    """Where the same few words return in every order and dress, a link opens at its own paragraph or is refused."""
    chance = random.Random(7)
    vocabulary = [
        "café",
        "cafe",
        "CAFÉ",
        "co-op",
        "coop",
        "no",
        "one",
        "noone",
        "U.S.",
        "us",
        "“no",
        "no”",
        "sch\u00f6n",
    ]
    spaces = [" ", " ", " ", "  ", "\t", "\u00a0", ", ", " — "]
    paragraphs = [
        "".join(chance.choice(vocabulary) + chance.choice(spaces) for _ in range(chance.randint(4, 9)))
        + f"end {number}"
        for number in range(40)
    ]
    text, made, refused = text_of(paragraphs), 0, 0
    with shown(browser, paragraphs) as opens:
        for number, paragraph in enumerate(paragraphs, 1):
            places = words(paragraph)
            for _ in range(3):
                first = chance.randrange(len(places))
                last = chance.randrange(first, min(len(places), first + 6))
                try:
                    fragment = text.passage(number, places[first][0], places[last][1]).fragment
                except PassageError:
                    refused += 1
                    continue
                made += 1
                assert opens(fragment) == number, (paragraph, fragment)
    assert made > refused


LANGUAGES = {
    "de": ("Maedchen", "Mädchen"),
    "da": ("Aarhus", "Århus"),
    "sv": ("Myller", "Müller"),
    "tr": ("sivas", "sivas"),
}
"""At which words a browser of each language finds which others."""

SPELLINGS = "Mädchen Maedchen Madchen Århus Aarhus Arhus Müller Mueller Muller Myller şivas sivas".split()


@pytest.mark.parametrize("language", LANGUAGES)
def test_links_do_not_depend_on_the_language_of_the_browser(browser: "Browser", language: str) -> None:
    """To a German browser ä is ae and not a, to a Swedish one ü is y and not u."""
    executable = shutil.which("chromium")
    environment: dict[str, str | float | bool] = {**os.environ, "LANGUAGE": language}
    with closing(browser.browser_type.launch(executable_path=executable, args=QUIET, env=environment)) as other:
        page = other.new_page()
        if not page.evaluate("navigator.language").startswith(language):
            pytest.skip("this browser speaks English only: install Debian's package chromium-l10n")
        paragraphs = [f"At {number} the {name} sank then." for number, name in enumerate(SPELLINGS, 10)]
        text = text_of(paragraphs)
        with shown(other, paragraphs) as opens:
            bare, there = LANGUAGES[language]
            assert opens(Fragment(bare)) == SPELLINGS.index(there) + 1
            for number, name in enumerate(SPELLINGS, 1):
                assert opens(text.anchor(name, number).fragment) == number, name


def test_every_link_of_the_shipped_article_opens_at_its_paragraph(browser: "Browser") -> None:
    if not TEXT.is_file():
        pytest.skip("the article's text is its publisher's; this runs where somebody who holds it put it")
    actual = dossier(SEED)
    paragraphs = article_text(actual.articles[ARTICLE], TEXT).paragraphs
    links = {
        (link.fragment, link.at.paragraph)
        for resource in RECORD_TYPES
        for link in links_of(actual.records(resource).values())
    }
    with shown(browser, paragraphs, actual.articles[ARTICLE].seed.title) as opens:
        assert [(fragment, number) for fragment, number in links if opens(fragment) != number] == []
    assert len(links) > 300
