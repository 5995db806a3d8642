"""Text as terms of a full-text search, and what somebody asks of them.

The terms are made here, once, for the index and for the question alike; a database only stores and compares them. So
a search finds the same on every engine, whatever the case, accents, hyphens, apostrophes or `al-` before a name.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from app.problems import BadValue

_WORD = re.compile(r"[^\W_]+(?:['’ʼʿʾ`.][^\W_]+)*")
# Of ASCII, what is not part of a word, as a space.
_PLAIN = bytes(code if chr(code).isalnum() else ord(" ") for code in range(128)).ljust(256)
_ASKED = re.compile(r'(-?)(?:"([^"]*)"?|([^\s"]+))')
_ABBREVIATION = re.compile(r"[^\W_](?:\.[^\W_])+")
_ARTICLES = frozenset({"al", "el"})
"""The Arabic article: written or left out, joined or apart, it never tells two names apart."""

BETWEEN = "_"
"""Stands between two texts of a record, so that no phrase runs from one into the other."""

LONGEST = 100
"""Characters of a term that count; PostgreSQL takes no more than 2 kB."""

MOST_TERMS = 24
SNIPPET_LENGTH = 200


@dataclass(frozen=True)
class Word:
    """A term with the place in the text that it was read from."""

    term: str
    start: int
    end: int


@dataclass(frozen=True)
class Phrase:
    """Terms that stand side by side; with `prefix` the last one may go on."""

    terms: tuple[str, ...]
    prefix: bool = False
    excluded: bool = False


@dataclass(frozen=True)
class Question:
    """What is looked for: every phrase that is not excluded, and none that is."""

    phrases: tuple[Phrase, ...]

    @property
    def is_a_word(self) -> bool:
        """Whether a single whole word is looked for: what has it need not be compared with anything."""
        return len(self.phrases) == 1 and len(self.phrases[0].terms) == 1 and not self.phrases[0].prefix

    def meets(self, term: str) -> bool:
        """Whether a term is one of those looked for."""
        for phrase in self.phrases:
            if not phrase.excluded and (term in phrase.terms or phrase.prefix and term.startswith(phrase.terms[-1])):
                return True
        return False


def words(text: str) -> Iterator[Word]:
    """The terms of a text with their places."""
    for match in _WORD.finditer(text):
        start = match.start()
        parts = [match[0]] if _ABBREVIATION.fullmatch(match[0]) else match[0].split(".")
        for part in parts:
            term = _term(part)
            if term and term not in _ARTICLES:
                yield Word(term, start, start + len(part))
            start += len(part) + 1


def terms(text: str) -> list[str]:
    """The terms of a text, in order."""
    if _is_plain(text):
        found = text.encode().lower().translate(_PLAIN).decode().split()
        return [term[:LONGEST] for term in found if term not in _ARTICLES]
    found = []
    for part in _WORD.findall(text):
        if "." in part:
            found += [word.term for word in words(part)]
        elif (term := _term(part)) and term not in _ARTICLES:
            found.append(term)
    return found


def _is_plain(text: str) -> bool:
    """Whether nothing in a text needs a closer look: most texts have no accent, no apostrophe and no dot in a word."""
    if not text.isascii() or "'" in text or "`" in text:
        return False
    return "." not in text or text.count(".") == text.count(". ") + text.endswith(".")


def type_term(kind: str) -> str:
    """The term that every record of a type carries; no text has it, because terms of texts have no underscore."""
    return f"type_{kind}"


@lru_cache(maxsize=1_024)
def question(text: str) -> Question:
    """What a search box holds: words, "phrases", prefix*, -without. Raises BadValue where nothing is looked for."""
    phrases = []
    for match in _ASKED.finditer(text):
        minus, quoted, plain = match.groups()
        found = tuple(terms(quoted if quoted is not None else plain))
        if found:
            phrases.append(Phrase(found, (plain or "").endswith("*"), minus == "-"))
    if not any(not phrase.excluded for phrase in phrases):
        raise BadValue("needs a word to look for: letters or digits, not only signs, exclusions or 'al'")
    if sum(len(phrase.terms) for phrase in phrases) > MOST_TERMS:
        raise BadValue(f"has more than {MOST_TERMS} words")
    return Question(tuple(phrases))


@dataclass(frozen=True)
class Segment:
    """A piece of a snippet; `match` says whether it is what was looked for."""

    text: str
    match: bool


def snippet(texts: list[str], asked: Question) -> list[Segment]:
    """The stretch of the first text with a match that shows it best, with the matches marked; the beginning of the
    first text where none has one."""
    for text in texts:
        met = [word for word in words(text) if asked.meets(word.term)]
        if met:
            return _stretch(text, met)
    return _stretch(texts[0], []) if texts else []


def _stretch(text: str, met: list[Word]) -> list[Segment]:
    begin = max(0, met[0].start - SNIPPET_LENGTH // 3) if met else 0
    begin = text.rfind(" ", 0, begin) + 1 if begin else 0
    end = begin + SNIPPET_LENGTH
    if end < len(text):
        end = max(text.rfind(" ", begin, end), met[0].end if met else begin + 1)
    found, position = [], begin
    for word in met:
        if word.start < position or word.end > end:
            continue
        found += [Segment(text[position : word.start], False), Segment(text[word.start : word.end], True)]
        position = word.end
    found.append(Segment(text[position:end] + ("…" if end < len(text) else ""), False))
    if begin:
        found.insert(0, Segment("…", False))
    return [segment for segment in found if segment.text]


@lru_cache(maxsize=16_384)
def _term(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word).casefold()
    plain = re.sub(r"['’ʼʿʾ`]s$", "", plain)
    return "".join(char for char in plain if char.isalnum())[:LONGEST]
