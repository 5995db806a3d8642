"""Passages of an article: position, digest, and the link that opens the page at them.

Positions count Unicode code points within a paragraph, as the W3C Web Annotation model does. Links carry a text
fragment of at most two words at each end, so no sentence is republished.
"""

import hashlib
import sys
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice, product

from rapidfuzz import fuzz

from app.ingest.texts.phrase_search import occurrences_of
from app.ingest.texts.text_fragments import Fragment, FragmentMatch, Page, Progress
from app.search.collation import collapsed, words

_MAX_WORDS_PER_END = 2
_MAX_SKIPPED_WORDS = 3
_AROUND = 200
"""Characters around a span in which words before and after it are looked for."""

_MAX_PLACES = 9
"""Places of words that a message lists."""

_MIN_LIKENESS = 75
"""Percent from which on words of the text are suggested in place of others."""

Extent = tuple[int, int, int]
"""Paragraph, start and exclusive end within it."""

Words = tuple[str, int | None]
"""Words of the text and, where they stand more than once, the number of their paragraph."""


@dataclass(frozen=True)
class Passage:
    """A span of one paragraph with the SHA-256 of its text."""

    paragraph: int
    start: int
    end: int
    sha256: str
    fragment: Fragment

    def span(self) -> dict[str, str]:
        """Returns the keys of a span in a seed file, in the order in which they stand there."""
        fragment = self.fragment
        keys = {
            "at": f"{self.paragraph}:{self.start}-{self.end}",
            "sha256": self.sha256,
            "first": fragment.first,
            "last": fragment.last,
            "before": fragment.before,
            "after": fragment.after,
        }
        return {key: value for key, value in keys.items() if value}


class PassageError(ValueError):
    """A phrase is not in the text, occurs more than once, or no short fragment leads to it."""


class Text:
    """An article's text. Paragraph N is the Nth line that is not blank.

    `opening` is what the published page shows above the text (title, byline); a browser searches it as well. Where the
    page breaks a line inside a paragraph (`<br>`), the text begins another line, or has U+2028.
    """

    def __init__(self, text: str, opening: tuple[str, ...] = ()) -> None:
        self.paragraphs = [line for line in text.split("\n") if line.strip()]
        self._joined = "\n".join(self.paragraphs)
        self._lines = [0, *accumulate(len(paragraph) + 1 for paragraph in self.paragraphs)][:-1]
        above = sum(len(line) + 1 for line in opening)
        self._starts = [above + line for line in self._lines]
        self._page = Page("\n".join([*opening, *self.paragraphs]))

    def slice(self, paragraph: int, start: int, end: int) -> str:
        """Returns the text of a span; an empty string if it is outside the text."""
        if not 1 <= paragraph <= len(self.paragraphs):
            return ""
        return self.paragraphs[paragraph - 1][start:end]

    def find(self, phrase: str, paragraph: int | None = None) -> list[Extent]:
        """Returns all occurrences of a phrase. Where it stands nowhere as it is written, the kinds of its quotation
        marks, dashes and white space make no difference."""
        if paragraph is not None:
            line = self.slice(paragraph, 0, sys.maxsize)
            return [(paragraph, start, end) for start, end in occurrences_of([phrase], line)[phrase]]
        return self.find_all([phrase])[phrase]

    def find_all(self, phrases: Collection[str]) -> dict[str, list[Extent]]:
        """Returns all occurrences of each of many phrases, as `find` does."""
        found = occurrences_of(phrases, self._joined)
        return {phrase: [self._extent(*one) for one in occurrences] for phrase, occurrences in found.items()}

    def _extent(self, start: int, end: int) -> Extent:
        number = bisect_right(self._lines, start)
        return number, start - self._lines[number - 1], end - self._lines[number - 1]

    def passage(self, paragraph: int, start: int, end: int) -> Passage:
        """Returns the passage at a span. Raises PassageError if the span is empty or no fragment leads to it."""
        text = self.slice(paragraph, start, end)
        if not text or end - start != len(text):
            raise PassageError(f"{paragraph}:{start}-{end} lies outside the text")
        return self._at((paragraph, start, end), self._fragment(paragraph, start, end))

    def _at(self, extent: Extent, fragment: Fragment) -> Passage:
        return Passage(*extent, digest(self.slice(*extent)), fragment)

    def anchor(self, words: str, paragraph: int | None = None) -> Passage:
        """Returns the passage that has these words. Raises PassageError unless they stand exactly once."""
        return self.passage(*self._only(words, paragraph, self.find(words, paragraph) if words.strip() else []))

    def anchor_all(self, wanted: Collection[Words], progress: Progress) -> dict[Words, "Passage | PassageError"]:
        """Returns for each of many words what `anchor` returns or raises. The text is read a few times for all."""
        everywhere = self.find_all({phrase for phrase, paragraph in wanted if paragraph is None and phrase.strip()})
        results: dict[Words, Passage | PassageError] = {}
        extents: dict[Words, Extent] = {}
        for phrase, paragraph in wanted:
            matches = everywhere.get(phrase, []) if paragraph is None else self.find(phrase, paragraph)
            try:
                extents[phrase, paragraph] = self._only(phrase, paragraph, matches)
            except PassageError as error:
                results[phrase, paragraph] = error
        fragments = self._fragments_of(set(extents.values()), progress)
        for key, extent in extents.items():
            fragment = fragments[extent]
            results[key] = fragment if isinstance(fragment, PassageError) else self._at(extent, fragment)
        return results

    def _only(self, words: str, paragraph: int | None, matches: Sequence[Extent]) -> Extent:
        """Returns the only place of some words. Raises PassageError."""
        if not matches:
            raise PassageError(self._missing(words, paragraph))
        if len(matches) > 1:
            places = ", ".join(f"{number}:{start}-{end}" for number, start, end in matches[:_MAX_PLACES])
            more = ", …" if len(matches) > _MAX_PLACES else ""
            in_one = len({number for number, _, _ in matches}) == 1
            what_to_do = "give more of the words" if in_one else f"choose one: paragraph: {matches[0][0]}"
            raise PassageError(f"“{words}” stands {len(matches)} times: {places}{more}; {what_to_do}")
        return matches[0]

    def _missing(self, words: str, paragraph: int | None) -> str:
        """Why words are not found, and where something like them stands."""
        if not words.strip():
            return "there are no words to look for"
        where = "the text" if paragraph is None else f"paragraph {paragraph}"
        if paragraph is not None and not 1 <= paragraph <= len(self.paragraphs):
            return f"the text does not contain paragraph {paragraph}; it has {len(self.paragraphs)}"
        message = f"{where} does not contain “{words}”"
        if paragraph is not None and (others := self.find(words)):
            return f"{message}; it stands in paragraph {', '.join(sorted({str(number) for number, _, _ in others}))}"
        near = (
            (fuzz.partial_ratio_alignment(words, line, score_cutoff=_MIN_LIKENESS), number, line)
            for number, line in enumerate(self.paragraphs, 1)
            if len(line) >= len(words) // 2
        )
        best = max(((one.score, number, line, one) for one, number, line in near if one), default=None)
        if best is None:
            return message
        _, number, line, found = best
        return f"{message}; nearest is “{_whole_words(line, found.dest_start, found.dest_end)}” in paragraph {number}"

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
        for fragment in self._candidates(paragraph, start, end):
            if self.leads_to(fragment, paragraph, start, end):
                return fragment
        raise self._no_fragment(paragraph, start, end)

    def _fragments_of(self, extents: Collection[Extent], progress: Progress) -> dict[Extent, Fragment | PassageError]:
        """Returns for each of many spans the fragment that leads to it. Each round looks for more fragments at once:
        most spans have one of the first, and the rest shall need few rounds."""
        found: dict[Extent, Fragment | PassageError] = {}
        waiting = {extent: self._candidates(*extent) for extent in sorted(extents)}
        count = 1
        while waiting:
            tried = {extent: list(islice(candidates, count)) for extent, candidates in waiting.items()}
            flat = [(fragment, extent) for extent, some in tried.items() for fragment in some]
            fragment_matches = self._page.find_all([fragment for fragment, _ in flat], progress)
            for (fragment, extent), fragment_match in zip(flat, fragment_matches, strict=True):
                if extent not in found and self._is_inside(fragment_match, extent):
                    found[extent] = fragment
            for extent in [extent for extent, some in tried.items() if extent in found or len(some) < count]:
                found.setdefault(extent, self._no_fragment(*extent))
                del waiting[extent]
            count *= 2
        return found

    def _no_fragment(self, paragraph: int, start: int, end: int) -> PassageError:
        if not words(self.slice(paragraph, start, end)):
            return PassageError(f"{paragraph}:{start}-{end} has no words to link to")
        return PassageError(
            f"no link leads to {paragraph}:{start}-{end} alone, because the same words stand earlier; "
            "choose a few words more or others, with the quotation marks around them"
        )

    def _candidates(self, paragraph: int, start: int, end: int) -> Iterator[Fragment]:
        """Yields the fragments that may lead to a span, the shortest first; none where it has no words."""
        line = self.paragraphs[paragraph - 1]
        if words(line[start:end]):
            yield from _fragments(line, start, end)
            yield from self._fragments_across(paragraph, start, end)

    def _fragments_across(self, paragraph: int, start: int, end: int) -> Iterator[Fragment]:
        """Yields fragments with words of the paragraphs around: a display copy may be distinguished by these alone."""
        position = self._lines[paragraph - 1]
        first = max(0, position + start - _AROUND)
        around = self._joined[first : position + end + _AROUND]
        inner = position + start - first, position + end - first
        yield from _fragments(around, *inner)
        yield from _fragments(around, *inner, with_signs=True)


def _fragments(text: str, start: int, end: int, *, with_signs: bool = False) -> Iterator[Fragment]:
    """Yields fragments that may lead to a span of a text, the shortest first. If the first words occur elsewhere too,
    and no prefix distinguishes them, they start a few words later.

    `with_signs`: its first and last words have the signs around them that belong to the span, such as quotation marks.
    Those are between its words and the paragraphs around it, where nothing else may be.
    """
    inside = [(first + start, last + start) for first, last in words(text[start:end])]
    if with_signs:
        span = text[start:end]
        inside[0] = (start + len(span) - len(span.lstrip()), inside[0][1])
        inside[-1] = (inside[-1][0], start + len(span.rstrip()))
    for skipped in range(min(_MAX_SKIPPED_WORDS, len(inside) - 1) + 1):
        left = inside[skipped:]
        befores, afters = _before(text, left[0][0]), _after(text, left[-1][1])
        for before, after in sorted(product(befores, afters), key=lambda pair: _length(*pair)):
            for first, last in _word_choices(left, text):
                yield Fragment(first, last, before, after)


def digest(text: str) -> str:
    """SHA-256 of a text's UTF-8 bytes, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def _whole_words(line: str, start: int, end: int) -> str:
    """Returns a part of a line, widened to whole words."""
    while start > 0 and line[start - 1].isalnum():
        start -= 1
    while end < len(line) and line[end].isalnum():
        end += 1
    return line[start:end].strip()


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


def _before(text: str, position: int) -> list[str | None]:
    """Returns None, one word and two words directly before a position."""
    starts = [start for start, _ in words(text[:position])]
    parts = [text[starts[-count] : position].rstrip() for count in (1, 2) if len(starts) >= count]
    return [None, *_of_one_paragraph(parts)]


def _after(text: str, position: int) -> list[str | None]:
    """Returns None, one word and two words directly after a position."""
    ends = [position + end for _, end in words(text[position:])]
    parts = [text[position : ends[count - 1]].lstrip() for count in (1, 2) if len(ends) >= count]
    return [None, *_of_one_paragraph(parts)]


def _of_one_paragraph(parts: list[str]) -> Iterator[str]:
    """Yields those that a browser finds: it looks for words within one paragraph."""
    return (collapsed(part) for part in parts if "\n" not in part)


def _length(before: str | None, after: str | None) -> int:
    return len(before or "") + len(after or "")
