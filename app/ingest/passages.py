"""Passages of an article: position, digest, and the link that opens the page at them.

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

from app.ingest.text_fragments import Fragment, FragmentMatch, Page, Progress
from app.search.collation import collapsed, words

_MAX_WORDS_PER_END = 2
_MAX_SKIPPED_WORDS = 3

Extent = tuple[int, int, int]
"""Paragraph, start and exclusive end within it."""


@dataclass(frozen=True)
class Passage:
    """A span of one paragraph with the SHA-256 of its text."""

    paragraph: int
    start: int
    end: int
    sha256: str
    fragment: Fragment


class PassageError(ValueError):
    """A phrase is not in the text, occurs more than once, or no short fragment leads to it."""


class Text:
    """An article's text. Paragraph N is the Nth line that is not blank.

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
        """Returns the text of a span; an empty string if it is outside the text."""
        if not 1 <= paragraph <= len(self.paragraphs):
            return ""
        return self.paragraphs[paragraph - 1][start:end]

    def find(self, phrase: str, paragraph: int | None = None) -> list[tuple[int, int, int]]:
        """Returns all occurrences of a phrase, as (paragraph, start, end)."""
        wanted = [paragraph] if paragraph else range(1, len(self.paragraphs) + 1)
        return [
            (number, match.start(), match.end())
            for number in wanted
            for match in re.finditer(re.escape(phrase), self.slice(number, 0, sys.maxsize))
        ]

    def passage(self, paragraph: int, start: int, end: int) -> Passage:
        """Returns the passage at a span. Raises PassageError if the span is empty or no fragment leads to it."""
        text = self.slice(paragraph, start, end)
        if not text or end - start != len(text):
            raise PassageError(f"{paragraph}:{start}-{end} lies outside the text")
        return Passage(paragraph, start, end, digest(text), self._fragment(paragraph, start, end))

    def anchor(self, phrase: str, paragraph: int | None = None) -> Passage:
        """Returns the passage of a phrase. Raises PassageError unless the phrase occurs exactly once."""
        matches = self.find(phrase, paragraph)
        if not matches:
            raise PassageError(f"the text does not contain “{phrase}”")
        if len(matches) > 1:
            places = ", ".join(f"{number}:{start}-{end}" for number, start, end in matches)
            raise PassageError(f"“{phrase}” stands {len(matches)} times: {places}")
        return self.passage(*matches[0])

    def resolve(self, fragment: Fragment) -> Extent | None:
        """Returns the span that a browser scrolls to: the first match of the fragment, from first word to last."""
        return self._span(self._page.find(fragment))

    def leads_to(self, fragment: Fragment, paragraph: int, start: int, end: int) -> bool:
        """Whether every browser scrolls to words of the span and highlights nothing outside it."""
        return self._is_inside(self._page.find(fragment), (paragraph, start, end))

    def misdirected(
        self, links: Sequence[tuple[Fragment, Extent]], progress: Progress
    ) -> Iterator[tuple[int, Extent | None]]:
        """Yields the indexes of links that do not lead to their spans, and where they lead."""
        fragment_matches = self._page.find_all([fragment for fragment, _ in links], progress)
        for number, (fragment_match, (_, span)) in enumerate(zip(fragment_matches, links, strict=True)):
            if not self._is_inside(fragment_match, span):
                yield number, self._span(fragment_match)

    def _span(self, fragment_match: FragmentMatch | None) -> Extent | None:
        """Returns the span of a match; None above the text, and if it is not within one paragraph."""
        if fragment_match is None:
            return None
        number = bisect_right(self._starts, fragment_match.start)
        position = self._starts[number - 1] if number else 0
        if not number or fragment_match.end > position + len(self.paragraphs[number - 1]):
            return None
        return number, fragment_match.start - position, fragment_match.end - position

    def _is_inside(self, fragment_match: FragmentMatch | None, span: Extent) -> bool:
        target = self._span(fragment_match)
        return (
            fragment_match is not None
            and fragment_match.certain
            and target is not None
            and target[0] == span[0]
            and span[1] <= target[1] < target[2] <= span[2]
        )

    def _fragment(self, paragraph: int, start: int, end: int) -> Fragment:
        line = self.paragraphs[paragraph - 1]
        inside = [(first + start, last + start) for first, last in words(line[start:end])]
        if not inside:
            raise PassageError(f"{paragraph}:{start}-{end} has no words to link to")
        # If the first words occur elsewhere too and no prefix distinguishes them, start a few words later.
        for skipped in range(min(_MAX_SKIPPED_WORDS, len(inside) - 1) + 1):
            left = inside[skipped:]
            befores, afters = _before(line, left[0][0]), _after(line, left[-1][1])
            for before, after in sorted(product(befores, afters), key=lambda pair: _length(*pair)):
                for first, last in _word_choices(left, line):
                    fragment = Fragment(first, last, before, after)
                    if self.leads_to(fragment, paragraph, start, end):
                        return fragment
        raise PassageError(f"no short fragment leads to {paragraph}:{start}-{end}; choose a slightly different span")


def digest(text: str) -> str:
    """SHA-256 of a text's UTF-8 bytes, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def _word_choices(inside: Sequence[tuple[int, int]], line: str) -> Iterator[tuple[str, str | None]]:
    """Yields first and last words for a link, starting with the fewest that leave no sentence readable."""

    def written(first: int, last: int) -> str:
        return collapsed(line[inside[first][0] : inside[last][1]])

    count = len(inside)
    if count <= _MAX_WORDS_PER_END:
        yield written(0, -1), None
    per_end = 1 if count <= 2 * _MAX_WORDS_PER_END + 1 else _MAX_WORDS_PER_END
    for first, last in ((per_end, per_end), (1, 1), (2, 1), (1, 2), (2, 2)):
        if first + last <= max(count - 1, _MAX_WORDS_PER_END):
            yield written(0, first - 1), written(-last, -1)


def _before(line: str, position: int) -> list[str | None]:
    """Returns None, one word and two words directly before a position."""
    starts = [start for start, _ in words(line[:position])]
    return [None, *(collapsed(line[starts[-count] : position].rstrip()) for count in (1, 2) if len(starts) >= count)]


def _after(line: str, position: int) -> list[str | None]:
    """Returns None, one word and two words directly after a position."""
    ends = [position + end for _, end in words(line[position:])]
    return [None, *(collapsed(line[position : ends[count - 1]].lstrip()) for count in (1, 2) if len(ends) >= count)]


def _length(before: str | None, after: str | None) -> int:
    return len(before or "") + len(after or "")
