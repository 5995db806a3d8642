"""Passages of an article: where they stand, their digest, and the link that opens the page at them.

Positions count Unicode code points within a paragraph, as the W3C Web Annotation model does. Links carry a text
fragment (WICG Scroll To Text Fragment) of at most two words at each end, so no sentence is republished.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import NamedTuple
from urllib.parse import quote

# As Unicode's word segmentation (UAX 29) sees it: full stops and apostrophes join only between letters.
_WORD = re.compile(r"\w+(?:[.'’]\w+)*")
_WORDS_KEPT = 2
_SKIPPED = 3


class Fragment(NamedTuple):
    """The parts of a text fragment: `first` and `last` words of a passage, and the words around it where needed."""

    first: str
    last: str | None = None
    before: str | None = None
    after: str | None = None

    def directive(self) -> str:
        """The percent-encoded directive that follows `#:~:` in a URL."""
        parts = [_encode(self.first)]
        if self.before:
            parts.insert(0, _encode(self.before) + "-")
        if self.last:
            parts.append(_encode(self.last))
        if self.after:
            parts.append("-" + _encode(self.after))
        return "text=" + ",".join(parts)


@dataclass(frozen=True)
class Passage:
    """A span of one paragraph with the SHA-256 of its text."""

    paragraph: int
    start: int
    end: int
    sha256: str
    fragment: Fragment


class PassageError(ValueError):
    """A phrase is not in the text, is there more than once, or no short fragment leads to it."""


class Text:
    """An article's text: paragraph N is the Nth line that is not blank.

    `opening` is what the published page shows above the text (title, byline); a browser searches it as well.
    """

    def __init__(self, text: str, opening: tuple[str, ...] = ()) -> None:
        self.paragraphs = [line for line in text.split("\n") if line.strip()]
        self._page = _plain("\n".join([*opening, *self.paragraphs]))
        self._offset = sum(len(line) + 1 for line in opening)
        self._starts: list[int] = []
        position = self._offset
        for paragraph in self.paragraphs:
            self._starts.append(position)
            position += len(paragraph) + 1

    def slice(self, paragraph: int, start: int, end: int) -> str:
        """The text of a span; an empty string when it lies outside."""
        if not 1 <= paragraph <= len(self.paragraphs):
            return ""
        return self.paragraphs[paragraph - 1][start:end]

    def find(self, phrase: str, paragraph: int | None = None) -> list[tuple[int, int, int]]:
        """Every place where a phrase stands, as (paragraph, start, end)."""
        wanted = [paragraph] if paragraph else range(1, len(self.paragraphs) + 1)
        return [
            (number, match.start(), match.end())
            for number in wanted
            for match in re.finditer(re.escape(phrase), self.slice(number, 0, len(self._page)))
        ]

    def passage(self, paragraph: int, start: int, end: int) -> Passage:
        """The passage at a span. Raises PassageError when the span is empty or no fragment leads to it."""
        text = self.slice(paragraph, start, end)
        if not text or end - start != len(text):
            raise PassageError(f"{paragraph}:{start}-{end} lies outside the text")
        return Passage(paragraph, start, end, digest(text), self._fragment(paragraph, start, end))

    def anchor(self, phrase: str, paragraph: int | None = None) -> Passage:
        """The passage that a phrase stands for. Raises PassageError unless it stands exactly once."""
        found = self.find(phrase, paragraph)
        if not found:
            raise PassageError(f"the text does not contain “{phrase}”")
        if len(found) > 1:
            places = ", ".join(f"{number}:{start}-{end}" for number, start, end in found)
            raise PassageError(f"“{phrase}” stands {len(found)} times: {places}")
        return self.passage(*found[0])

    def resolve(self, fragment: Fragment) -> tuple[int, int, int] | None:
        """Where a browser lands: the first match of the fragment, from its first word to its last."""
        found = self._resolve(fragment)
        if found is None:
            return None
        start, end = found
        for number, position in enumerate(self._starts, 1):
            if position <= start and end <= position + len(self.paragraphs[number - 1]):
                return number, start - position, end - position
        return None

    def leads_to(self, fragment: Fragment, paragraph: int, start: int, end: int) -> bool:
        """Whether a browser lands on the words of a span and on nothing outside it."""
        found = self.resolve(fragment)
        return found is not None and found[0] == paragraph and start <= found[1] < found[2] <= end

    def _fragment(self, paragraph: int, start: int, end: int) -> Fragment:
        words = list(_WORD.finditer(self.slice(paragraph, start, end)))
        if not words:
            raise PassageError(f"{paragraph}:{start}-{end} has no words to link to")
        line = self.paragraphs[paragraph - 1]
        # Where the opening words stand elsewhere too and nothing before them tells them apart, begin a little later.
        for skipped in range(min(_SKIPPED, len(words) - 1) + 1):
            left = words[skipped:]
            befores, afters = _before(line, start + left[0].start()), _after(line, start + left[-1].end())
            for before, after in sorted(product(befores, afters), key=lambda pair: _length(*pair)):
                for first, last in _ways(left, line[start:end]):
                    fragment = Fragment(first, last, before, after)
                    if self.leads_to(fragment, paragraph, start, end):
                        return fragment
        raise PassageError(f"no short fragment leads to {paragraph}:{start}-{end}; choose a slightly different span")

    def _resolve(self, fragment: Fragment) -> tuple[int, int] | None:
        for start, first_end in self._matches(fragment.first, 0):
            if fragment.before and not self._precedes(fragment.before, start):
                continue
            if fragment.last is None:
                if not fragment.after or self._follows(fragment.after, first_end):
                    return start, first_end
                continue
            for _, end in self._matches(fragment.last, first_end):
                if not fragment.after or self._follows(fragment.after, end):
                    return start, end
            return None
        return None

    def _matches(self, words: str, position: int) -> Iterator[tuple[int, int]]:
        """Matches at word boundaries and, as in a browser, within one paragraph."""
        pattern = rf"(?<!\w){re.escape(_plain(words))}(?!\w)"
        for match in re.compile(pattern).finditer(self._page, position):
            yield match.start(), match.end()

    def _precedes(self, words: str, position: int) -> bool:
        before = self._page[:position].rstrip(" ")
        plain = _plain(words)
        edge = len(before) - len(plain)
        return before.endswith(plain) and (edge == 0 or not self._page[edge - 1].isalnum())

    def _follows(self, words: str, position: int) -> bool:
        after = self._page[position:].lstrip(" ")
        plain = _plain(words)
        return after.startswith(plain) and not after[len(plain) : len(plain) + 1].isalnum()


def digest(text: str) -> str:
    """SHA-256 of a text's UTF-8 bytes, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=16_384)
def _encode(words: str) -> str:
    return quote(words, safe="").replace("-", "%2D")


def _plain(text: str) -> str:
    """As a browser compares: without case and with every kind of space alike."""
    return "".join(low if len(low := char.lower()) == 1 else char for char in text).replace("\u00a0", " ")


def _ways(words: list[re.Match[str]], text: str) -> Iterator[tuple[str, str | None]]:
    """First and last words of a passage, fewest that leave no sentence readable first."""
    if len(words) <= _WORDS_KEPT:
        yield text[words[0].start() : words[-1].end()], None
        return
    kept = 1 if len(words) <= 2 * _WORDS_KEPT + 1 else _WORDS_KEPT
    for first, last in ((kept, kept), (1, 1), (2, 1), (1, 2), (2, 2)):
        if first <= _WORDS_KEPT and first + last < len(words):
            yield (
                text[words[0].start() : words[first - 1].end()],
                text[words[-last].start() : words[-1].end()],
            )


def _before(line: str, position: int) -> list[str | None]:
    """None, one and two words that stand directly before a position."""
    words = list(_WORD.finditer(line[:position]))
    return [None, *(line[words[-count].start() : position].rstrip() for count in (1, 2) if len(words) >= count)]


def _after(line: str, position: int) -> list[str | None]:
    """None, one and two words that stand directly after a position."""
    words = list(_WORD.finditer(line, position))
    return [None, *(line[position : words[count - 1].end()].lstrip() for count in (1, 2) if len(words) >= count)]


def _length(before: str | None, after: str | None) -> int:
    return len(before or "") + len(after or "")
