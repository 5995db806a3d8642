"""Terms of the full-text search, the parser of search queries, and snippets.

The terms are made here, once, for the index and for the question alike; a database only stores and compares them. So
a search finds the same on every engine. Letters are compared as `folding` has them, words by their `stems`; the index
has both the words as they stand, for "phrases" and prefix*, and the stems of those that are none themselves.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import chain, combinations

from app.problems import BadValue
from app.search.folding import apart, letters
from app.search.stems import ENGLISH, stems

_WORD = re.compile(r"[^\s'.]+(?:['.][^\s'.]+)*")
# Of ASCII, what is not part of a word, as a space; the separator of texts as what stands between them.
_SEPARATOR = "\x1f"
_PLAIN = bytes(ord("_") if code == 0x1F else code if chr(code).isalnum() else ord(" ") for code in range(128)).ljust(
    256
)
_QUERY_PART = re.compile(r'(-?)(?:"([^"]*)"?|([^\s"]+))')
_ABBREVIATION = re.compile(r"[^\s'.](?:\.[^\s'.])+")
_ARTICLES = frozenset({"al", "el"})
"""The Arabic article: written or left out, joined or apart, it never tells two names apart."""

_ARABIC_ARTICLE = re.compile("^(?:[وفبك]?ال|لل)(?=.{3})")
"""The article in its own script, with the small words that are written together with it."""

_ASSIMILATED_ARTICLES = {"ad": "d", "adh": "d", "an": "n", "ar": "r", "as": "s", "ash": "sh", "at": "t", "az": "z"}
"""The article as it sounds before some letters: ar-Raqqah, ash-Sharqat."""

TEXT_SEPARATOR = "_"
"""Stands between two texts of a record, so that no phrase runs from one into the other."""

STEM_MARKER = "__"
"""Stands behind the texts, before each term that none of them has as it is; so no phrase runs into these either."""

MAX_TERM_LENGTH = 100
"""Characters of a term that count; PostgreSQL takes no more than 2 kB."""

MAX_TERMS = 24
"""Words in one query."""

PREFIX_WEIGHTS = {1: 8, 2: 4}
"""As so many words count beginnings of so many letters: each has to be looked for in every word that goes on so."""

SNIPPET_LENGTH = 200


@dataclass(frozen=True)
class Word:
    """A term with the place in the text that it was read from."""

    term: str
    start: int
    end: int


@dataclass(frozen=True)
class Phrase:
    """Terms of which each must be there in any of its forms; with `exact` as they stand, side by side, and with
    `prefix` so that the last one may go on."""

    terms: tuple[str, ...]
    exact: bool = False
    prefix: bool = False
    excluded: bool = False

    @property
    def is_a_word(self) -> bool:
        return len(self.terms) == 1 and not self.prefix


@dataclass(frozen=True)
class SearchQuery:
    """What is looked for: every phrase that is not excluded (or `minimum` of them), and none that is."""

    text: str
    phrases: tuple[Phrase, ...]
    languages: tuple[str, ...] = (ENGLISH,)
    minimum: int | None = None

    @property
    def required(self) -> tuple[Phrase, ...]:
        return tuple(phrase for phrase in self.phrases if not phrase.excluded)

    @property
    def is_a_word(self) -> bool:
        """Whether a single whole word is looked for: what has it need not be compared with anything."""
        return len(self.phrases) == 1 and self.phrases[0].is_a_word

    @property
    def alternatives(self) -> Iterator[tuple[Phrase, ...]]:
        """The phrases of which those of one choice must all be there."""
        return combinations(self.required, len(self.required) if self.minimum is None else self.minimum)

    def in_languages(self, languages: Iterable[str]) -> "SearchQuery":
        """The same question to texts in these languages."""
        return replace(self, languages=tuple(dict.fromkeys((ENGLISH, *languages))))

    def for_terms(self, phrase: Phrase, terms: tuple[str, ...]) -> "SearchQuery":
        """The question for some terms of a phrase alone."""
        return replace(self, phrases=(replace(phrase, terms=terms),), minimum=None)

    def requiring(self, phrases: Iterable[Phrase], minimum: int) -> "SearchQuery":
        """The question for so many of some phrases, without what it excludes."""
        excluded = (phrase for phrase in self.phrases if phrase.excluded)
        return replace(self, phrases=(*phrases, *excluded), minimum=minimum)

    def forms(self, term: str) -> tuple[str, ...]:
        """The terms that stand for any form of a word."""
        return tuple(dict.fromkeys(stems(language)[term] for language in self.languages))

    def matches(self, term: str) -> bool:
        """Whether a term is one of those looked for."""
        exact = (phrase for phrase in self.required if phrase.exact)
        return not self._any_form.isdisjoint(self.forms(term)) or any(
            term in phrase.terms or (phrase.prefix and term.startswith(phrase.terms[-1])) for phrase in exact
        )

    @cached_property
    def _any_form(self) -> frozenset[str]:
        """The forms of the words that need not stand as they are asked for."""
        terms = (term for phrase in self.required if not phrase.exact for term in phrase.terms)
        return frozenset(form for term in terms for form in self.forms(term))


def words(text: str) -> Iterator[Word]:
    """The terms of a text with their places."""
    plain, places = _letters_with_origins(text)
    for match in _WORD.finditer(plain):
        start = match.start()
        for part in _split_at_dots(match[0]):
            if term := _term(part):
                yield Word(term, places[start][0], places[start + len(part) - 1][1])
            start += len(part) + 1


def _letters_with_origins(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The letters of a text, and for each where it comes from: a character with its marks."""
    if text.isascii():
        return apart(letters(text)), [(place, place + 1) for place in range(len(text))]
    plain: list[str] = []
    places: list[tuple[int, int]] = []
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        found = apart(letters(text[start:end]))
        plain.append(found)
        places += [(start, end)] * len(found)
        start = end
    return "".join(plain), places


def terms(text: str) -> list[str]:
    """The terms of a text, in order."""
    if _is_plain(text) and _SEPARATOR not in text:
        return _plain_terms(text)
    return [
        term for word in _WORD.findall(apart(letters(text))) for part in _split_at_dots(word) if (term := _term(part))
    ]


def _plain_terms(text: str) -> list[str]:
    found = text.encode().lower().translate(_PLAIN).decode().split()
    return [term[:MAX_TERM_LENGTH] for term in found if term not in _ARTICLES]


def _is_plain(text: str) -> bool:
    """Whether nothing in a text needs a closer look: most texts have no accent, no apostrophe and no dot in a word."""
    if not text.isascii() or "'" in text or "`" in text:
        return False
    return "." not in text or text.count(".") == text.count(". ") + text.endswith(".")


def _split_at_dots(word: str) -> list[str]:
    """A word at its dots: `U.S.` is one, `e.g.The` two."""
    return [word] if _ABBREVIATION.fullmatch(word) else word.split(".")


def _term(word: str) -> str:
    """The term of a folded word; empty for the article."""
    term = word.removesuffix("'s").replace("'", "").replace(".", "")
    if not term.isascii():
        term = _ARABIC_ARTICLE.sub("", term)
    return "" if term in _ARTICLES else term[:MAX_TERM_LENGTH]


def index_text(texts: Iterable[str], labels: Iterable[str], languages: Iterable[str]) -> str:
    """What a record is found by, separated by spaces: the terms of its texts in order, then the stems of these and of
    its labels (plain words), as far as they are no terms of the texts."""
    in_order = _in_order(list(texts))
    there = set(in_order)
    whole = there.union(labels) - _ARTICLES
    others = set(chain.from_iterable(map(stems(language).__getitem__, whole) for language in languages)) - there
    return " ".join((*in_order, *(f"{STEM_MARKER} {term}" for term in sorted(others))))


def _in_order(texts: list[str]) -> list[str]:
    """The terms of texts, with TEXT_SEPARATOR between two texts.

    Plain texts are split all at once, because most texts of a record are plain.
    """
    if _is_plain(whole := f" {_SEPARATOR} ".join(texts)):
        return _plain_terms(whole)
    found = list(chain.from_iterable((*terms(text), TEXT_SEPARATOR) for text in texts))
    return found[:-1]


@lru_cache(maxsize=1_024)
def parse_query(text: str) -> SearchQuery:
    """What a search box holds: words, "phrases", prefix*, -without. Raises BadValue where nothing is looked for."""
    phrases = []
    for match in _QUERY_PART.finditer(text):
        minus, quoted, plain = match.groups()
        found = tuple(terms(quoted if quoted is not None else plain))
        prefix = (plain or "").endswith("*")
        if found:
            phrases.append(Phrase(found, quoted is not None or prefix, prefix, minus == "-"))
    phrases = _without_articles(phrases) if phrases else phrases
    if not any(not phrase.excluded for phrase in phrases):
        raise BadValue("needs a word to look for: letters or digits, not only signs, exclusions or 'al'")
    if sum(map(_weight, phrases)) > MAX_TERMS:
        raise BadValue(
            f"asks for more than {MAX_TERMS} words; the beginning of a word counts as "
            f"{PREFIX_WEIGHTS[1]} where it is one letter, as {PREFIX_WEIGHTS[2]} where it is two"
        )
    return SearchQuery(text, tuple(phrases))


def _without_articles(phrases: list[Phrase]) -> list[Phrase]:
    """Names without the article that sounds like their beginning, joined to it or apart."""
    ahead = ["" if phrase.excluded else phrase.terms[0] for phrase in phrases[1:]] + [""]
    found = []
    for phrase, following in zip(phrases, ahead, strict=True):
        first, *others = phrase.terms
        joined = others[0] if others else following
        if phrase.exact or phrase.excluded or not joined.startswith(_ASSIMILATED_ARTICLES.get(first, "-")):
            found.append(phrase)
        elif others:
            found.append(replace(phrase, terms=tuple(others)))
    return found


def _weight(phrase: Phrase) -> int:
    """As how many words a phrase counts."""
    return len(phrase.terms) - 1 + (PREFIX_WEIGHTS.get(len(phrase.terms[-1]), 1) if phrase.prefix else 1)


@dataclass(frozen=True)
class Segment:
    """A piece of a snippet; `match` says whether it is what was looked for."""

    text: str
    match: bool


def snippet(texts: list[str], query: SearchQuery) -> list[Segment]:
    """The stretch of the first text with a match that shows it best, with the matches marked; the beginning of the
    first text where none has one."""
    for text in texts:
        matching = [word for word in words(text) if query.matches(word.term)]
        if matching:
            return _stretch(text, matching)
    return _stretch(texts[0], []) if texts else []


def _stretch(text: str, matching: list[Word]) -> list[Segment]:
    begin = max(0, matching[0].start - SNIPPET_LENGTH // 3) if matching else 0
    begin = text.rfind(" ", 0, begin) + 1 if begin else 0
    end = begin + SNIPPET_LENGTH
    if end < len(text):
        end = max(text.rfind(" ", begin, end), matching[0].end if matching else begin + 1)
    found, position = [], begin
    for word in matching:
        if word.start < position or word.end > end:
            continue
        found += [Segment(text[position : word.start], False), Segment(text[word.start : word.end], True)]
        position = word.end
    found.append(Segment(text[position:end] + ("…" if end < len(text) else ""), False))
    if begin:
        found.insert(0, Segment("…", False))
    return [segment for segment in found if segment.text]
