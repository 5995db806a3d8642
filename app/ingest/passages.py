"""Passages of an article: where they stand, their digest, and the link that opens the page at them.

Positions count Unicode code points within a paragraph, as the W3C Web Annotation model does. Links carry a text
fragment of at most two words at each end, so no sentence is republished.
"""

import hashlib
import re
import sys
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from app.ingest.fragments import Fragment, Landing, Page, Progress
from app.search.collation import collapsed, words

_WORDS_KEPT = 2
_SKIPPED = 3

Extent = tuple[int, int, int]
"""A paragraph, and from which of its characters on to before which other."""


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

    `opening` is what the published page shows above the text (title, byline); a browser searches it as well. Where the
    page breaks a line inside a paragraph (`<br>`), the text begins another line, or has U+2028.
    """

    def __init__(self, text: str, opening: tuple[str, ...] = ()) -> None:
        self.paragraphs = [line for line in text.split("\n") if line.strip()]
        self._starts: list[int] = []
        position = sum(len(line) + 1 for line in opening)
        for paragraph in self.paragraphs:
            self._starts.append(position)
            position += len(paragraph) + 1
        self._page = Page("\n".join([*opening, *self.paragraphs]))

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
            for match in re.finditer(re.escape(phrase), self.slice(number, 0, sys.maxsize))
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

    def resolve(self, fragment: Fragment) -> Extent | None:
        """Where a browser lands: the first match of the fragment, from its first word to its last."""
        return self._span(self._page.find(fragment))

    def leads_to(self, fragment: Fragment, paragraph: int, start: int, end: int) -> bool:
        """Whether every browser lands on the words of a span and on nothing outside it."""
        return self._is_inside(self._page.find(fragment), (paragraph, start, end))

    def astray(
        self, links: Sequence[tuple[Fragment, Extent]], progress: Progress
    ) -> Iterator[tuple[int, Extent | None]]:
        """Those of many links, by number, that do not lead to their spans, and where they lead."""
        landings = self._page.find_all([fragment for fragment, _ in links], progress)
        for number, (landing, (_, span)) in enumerate(zip(landings, links, strict=True)):
            if not self._is_inside(landing, span):
                yield number, self._span(landing)

    def _span(self, landing: Landing | None) -> Extent | None:
        """Where in the text a landing is; None above it, and where it is in no one paragraph."""
        if landing is None:
            return None
        number = bisect_right(self._starts, landing.start)
        position = self._starts[number - 1] if number else 0
        if not number or landing.end > position + len(self.paragraphs[number - 1]):
            return None
        return number, landing.start - position, landing.end - position

    def _is_inside(self, landing: Landing | None, span: Extent) -> bool:
        found = self._span(landing)
        return (
            landing is not None
            and landing.certain
            and found is not None
            and found[0] == span[0]
            and span[1] <= found[1] < found[2] <= span[2]
        )

    def _fragment(self, paragraph: int, start: int, end: int) -> Fragment:
        line = self.paragraphs[paragraph - 1]
        inside = [(first + start, last + start) for first, last in words(line[start:end])]
        if not inside:
            raise PassageError(f"{paragraph}:{start}-{end} has no words to link to")
        # Where the opening words stand elsewhere too and nothing before them tells them apart, begin a little later.
        for skipped in range(min(_SKIPPED, len(inside) - 1) + 1):
            left = inside[skipped:]
            befores, afters = _before(line, left[0][0]), _after(line, left[-1][1])
            for before, after in sorted(product(befores, afters), key=lambda pair: _length(*pair)):
                for first, last in _ways(left, line):
                    fragment = Fragment(first, last, before, after)
                    if self.leads_to(fragment, paragraph, start, end):
                        return fragment
        raise PassageError(f"no short fragment leads to {paragraph}:{start}-{end}; choose a slightly different span")


def digest(text: str) -> str:
    """SHA-256 of a text's UTF-8 bytes, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def _ways(inside: Sequence[tuple[int, int]], line: str) -> Iterator[tuple[str, str | None]]:
    """First and last words of a passage, fewest that leave no sentence readable first."""

    def written(first: int, last: int) -> str:
        return collapsed(line[inside[first][0] : inside[last][1]])

    count = len(inside)
    if count <= _WORDS_KEPT:
        yield written(0, -1), None
    kept = 1 if count <= 2 * _WORDS_KEPT + 1 else _WORDS_KEPT
    for first, last in ((kept, kept), (1, 1), (2, 1), (1, 2), (2, 2)):
        if first + last <= max(count - 1, _WORDS_KEPT):
            yield written(0, first - 1), written(-last, -1)


def _before(line: str, position: int) -> list[str | None]:
    """None, one and two words that stand directly before a position."""
    starts = [start for start, _ in words(line[:position])]
    return [None, *(collapsed(line[starts[-count] : position].rstrip()) for count in (1, 2) if len(starts) >= count)]


def _after(line: str, position: int) -> list[str | None]:
    """None, one and two words that stand directly after a position."""
    ends = [position + end for _, end in words(line[position:])]
    return [None, *(collapsed(line[position : ends[count - 1]].lstrip()) for count in (1, 2) if len(ends) >= count)]


def _length(before: str | None, after: str | None) -> int:
    return len(before or "") + len(after or "")
