"""Terms of the full-text search, the parser of search queries, and snippets.

Terms are made here for the index and for search queries alike; a database only stores and compares them. So a search
returns the same records on every engine. Letters are compared as `folding` has them, words by their `stems`. The index
has the words as written, for "phrases" and prefix*, and the stems of those words that are not their own stem.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import chain, combinations

from app.problems import BadValue
from app.search.folding import letters, space_out_signs
from app.search.stems import ENGLISH, stems

_WORD = re.compile(r"[^\s'.]+(?:['.][^\s'.]+)*")
# A table for bytes: an ASCII character that is not part of a word is a space; _SEPARATOR becomes TEXT_SEPARATOR.
_SEPARATOR = "\x1f"
_PLAIN = bytes(ord("_") if code == 0x1F else code if chr(code).isalnum() else ord(" ") for code in range(128)).ljust(
    256
)
_QUERY_PART = re.compile(r'(-?)(?:"([^"]*)"?|([^\s"]+))')
_ABBREVIATION = re.compile(r"[^\s'.](?:\.[^\s'.])+")
_ARTICLES = frozenset({"al", "el"})
"""The Arabic article in Latin script. It is ignored: names are written with and without it."""

_ARABIC_ARTICLE = re.compile("^(?:[وفبك]?ال|لل)(?=.{3})")
"""The article in Arabic script, with the prepositions that are joined to it."""

_ASSIMILATED_ARTICLES = {"ad": "d", "adh": "d", "an": "n", "ar": "r", "as": "s", "ash": "sh", "at": "t", "az": "z"}
"""The article as it sounds before some letters: ar-Raqqah, ash-Sharqat."""

TEXT_SEPARATOR = "_"
"""The term between two texts of a record, so that no phrase matches across them."""

STEM_MARKER = "__"
"""The term before each stem that is not itself a word of the texts, after the texts; no phrase matches across it."""

MAX_TERM_LENGTH = 100
"""Characters that a term is cut to; PostgreSQL takes no more than 2 kB."""

MAX_TERMS = 24
"""Words in one query, with prefixes weighted by PREFIX_WEIGHTS."""

PREFIX_WEIGHTS = {1: 8, 2: 4}
"""How many words a prefix of one or two letters counts as: it is looked for in every word that begins with it."""

SNIPPET_LENGTH = 200
"""Characters of a snippet, at most, without its ellipses."""


@dataclass(frozen=True)
class Word:
    """A term, and start and end of the word that it was read from."""

    term: str
    start: int
    end: int


@dataclass(frozen=True)
class Phrase:
    """Terms that a record must all have, in any of their forms.

    With `exact` they must stand side by side as written; with `prefix` the last one is the beginning of a word; with
    `excluded` a record must not have them.
    """

    terms: tuple[str, ...]
    exact: bool = False
    prefix: bool = False
    excluded: bool = False

    @property
    def is_a_word(self) -> bool:
        """Whether this is one whole word."""
        return len(self.terms) == 1 and not self.prefix


@dataclass(frozen=True)
class SearchQuery:
    """A parsed search query: it matches records with every phrase that is not excluded (or `minimum` of them), and
    with none that is."""

    text: str
    phrases: tuple[Phrase, ...]
    languages: tuple[str, ...] = (ENGLISH,)
    minimum: int | None = None

    @property
    def required(self) -> tuple[Phrase, ...]:
        """The phrases that are not excluded."""
        return tuple(phrase for phrase in self.phrases if not phrase.excluded)

    @property
    def is_a_word(self) -> bool:
        """Whether the query is one whole word, so that no further condition needs to be checked on what has it."""
        return len(self.phrases) == 1 and self.phrases[0].is_a_word

    @property
    def alternatives(self) -> Iterator[tuple[Phrase, ...]]:
        """Every choice of phrases that is enough for a match if all of them are there."""
        return combinations(self.required, len(self.required) if self.minimum is None else self.minimum)

    def in_languages(self, languages: Iterable[str]) -> "SearchQuery":
        """Returns the query for texts in these languages, English included."""
        return replace(self, languages=tuple(dict.fromkeys((ENGLISH, *languages))))

    def for_terms(self, phrase: Phrase, terms: tuple[str, ...]) -> "SearchQuery":
        """Returns the query for some terms of a phrase alone."""
        return replace(self, phrases=(replace(phrase, terms=terms),), minimum=None)

    def requiring(self, phrases: Iterable[Phrase], minimum: int) -> "SearchQuery":
        """Returns a query for at least `minimum` of the phrases, with the same excluded ones."""
        excluded = (phrase for phrase in self.phrases if phrase.excluded)
        return replace(self, phrases=(*phrases, *excluded), minimum=minimum)

    def forms(self, term: str) -> tuple[str, ...]:
        """Returns the stems of a term, one for each language."""
        return tuple(dict.fromkeys(stems(language)[term] for language in self.languages))

    def matches(self, term: str) -> bool:
        """Whether a term is one that the query looks for."""
        exact = (phrase for phrase in self.required if phrase.exact)
        return not self._any_form.isdisjoint(self.forms(term)) or any(
            term in phrase.terms or (phrase.prefix and term.startswith(phrase.terms[-1])) for phrase in exact
        )

    @cached_property
    def _any_form(self) -> frozenset[str]:
        """The stems of the terms that need not stand as written."""
        terms = (term for phrase in self.required if not phrase.exact for term in phrase.terms)
        return frozenset(form for term in terms for form in self.forms(term))


def words(text: str) -> Iterator[Word]:
    """Yields the terms of a text with their places."""
    folded, places = _letters_with_origins(text)
    for match in _WORD.finditer(folded):
        start = match.start()
        for part in _split_at_dots(match[0]):
            if term := _term(part):
                yield Word(term, places[start][0], places[start + len(part) - 1][1])
            start += len(part) + 1


def _letters_with_origins(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Returns the folded letters of a text, and for each start and end of the character, marks included, it is from."""
    if text.isascii():
        return space_out_signs(letters(text)), [(place, place + 1) for place in range(len(text))]
    folded: list[str] = []
    places: list[tuple[int, int]] = []
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        character = space_out_signs(letters(text[start:end]))
        folded.append(character)
        places += [(start, end)] * len(character)
        start = end
    return "".join(folded), places


def terms(text: str) -> list[str]:
    """Returns the terms of a text, in order."""
    if _is_plain(text) and _SEPARATOR not in text:
        return _plain_terms(text)
    words = _WORD.findall(space_out_signs(letters(text)))
    return [term for word in words for part in _split_at_dots(word) if (term := _term(part))]


def _plain_terms(text: str) -> list[str]:
    words = text.encode().lower().translate(_PLAIN).decode().split()
    return [word[:MAX_TERM_LENGTH] for word in words if word not in _ARTICLES]


def _is_plain(text: str) -> bool:
    """Whether `_plain_terms` may split a text: most texts have no accent, apostrophe or dot inside a word."""
    if not text.isascii() or "'" in text or "`" in text:
        return False
    return "." not in text or text.count(".") == text.count(". ") + text.endswith(".")


def _split_at_dots(word: str) -> list[str]:
    """Returns the parts of a word between dots; an abbreviation, such as `U.S`, is one part."""
    return [word] if _ABBREVIATION.fullmatch(word) else word.split(".")


def _term(word: str) -> str:
    """Returns the term of a folded word; empty for the Arabic article."""
    term = word.removesuffix("'s").replace("'", "").replace(".", "")
    if not term.isascii():
        term = _ARABIC_ARTICLE.sub("", term)
    return "" if term in _ARTICLES else term[:MAX_TERM_LENGTH]


def index_text(texts: Iterable[str], labels: Iterable[str], languages: Iterable[str]) -> str:
    """Returns what the index holds of a record, separated by spaces.

    That is the terms of its texts in order, then the stems of these and of its labels (plain words), without those that
    are terms of the texts.
    """
    in_order = _in_order(list(texts))
    of_texts = set(in_order)
    words = of_texts.union(labels) - _ARTICLES
    others: set[str] = set()
    for language in languages:
        others.update(map(stems(language).__getitem__, words))
    return f" {STEM_MARKER} ".join((" ".join(in_order), *sorted(others - of_texts))).lstrip()


def _in_order(texts: list[str]) -> list[str]:
    """Returns the terms of texts in order, with TEXT_SEPARATOR between two texts.

    Plain texts are split all at once, because most texts of a record are plain.
    """
    if _is_plain(joined := f" {_SEPARATOR} ".join(texts)):
        return _plain_terms(joined)
    separated = list(chain.from_iterable((*terms(text), TEXT_SEPARATOR) for text in texts))
    return separated[:-1]


@lru_cache(maxsize=1_024)
def parse_query(text: str) -> SearchQuery:
    """Parses the text of a search box: words, "phrases", prefix*, -excluded. Raises BadValue where no word is left to
    look for, and for more than MAX_TERMS."""
    phrases = []
    for match in _QUERY_PART.finditer(text):
        minus, quoted, plain = match.groups()
        phrase_terms = tuple(terms(quoted if quoted is not None else plain))
        prefix = (plain or "").endswith("*")
        if phrase_terms:
            phrases.append(Phrase(phrase_terms, quoted is not None or prefix, prefix, minus == "-"))
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
    """Returns phrases without the Arabic articles that are assimilated to the beginning of the next word."""
    ahead = ["" if phrase.excluded else phrase.terms[0] for phrase in phrases[1:]] + [""]
    remaining = []
    for phrase, following in zip(phrases, ahead, strict=True):
        first, *others = phrase.terms
        joined = others[0] if others else following
        if phrase.exact or phrase.excluded or not joined.startswith(_ASSIMILATED_ARTICLES.get(first, "-")):
            remaining.append(phrase)
        elif others:
            remaining.append(replace(phrase, terms=tuple(others)))
    return remaining


def _weight(phrase: Phrase) -> int:
    """Returns how many words of MAX_TERMS a phrase counts as."""
    return len(phrase.terms) - 1 + (PREFIX_WEIGHTS.get(len(phrase.terms[-1]), 1) if phrase.prefix else 1)


@dataclass(frozen=True)
class Segment:
    """A piece of a snippet; `match` says whether it matches the query."""

    text: str
    match: bool


def snippet(texts: list[str], query: SearchQuery) -> list[Segment]:
    """Returns an excerpt of the first text with a match, with the matches marked; the beginning of the first text
    where none has one."""
    for text in texts:
        matching = [word for word in words(text) if query.matches(word.term)]
        if matching:
            return _excerpt(text, matching)
    return _excerpt(texts[0], []) if texts else []


def _excerpt(text: str, matching: list[Word]) -> list[Segment]:
    begin = max(0, matching[0].start - SNIPPET_LENGTH // 3) if matching else 0
    begin = text.rfind(" ", 0, begin) + 1 if begin else 0
    end = begin + SNIPPET_LENGTH
    if end < len(text):
        end = max(text.rfind(" ", begin, end), matching[0].end if matching else begin + 1)
    segments, position = [], begin
    for word in matching:
        if word.start < position or word.end > end:
            continue
        segments += [Segment(text[position : word.start], False), Segment(text[word.start : word.end], True)]
        position = word.end
    segments.append(Segment(text[position:end] + ("…" if end < len(text) else ""), False))
    if begin:
        segments.insert(0, Segment("…", False))
    return [segment for segment in segments if segment.text]
