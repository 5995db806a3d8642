"""Text fragments (WICG Scroll To Text Fragment): the words in a link, and where a browser finds them on a page.

`app.search.collation` defines which words a browser may treat as equal. A page is searched without its white space, so
it does not matter how much of it the page shows, nor whether the words of a link and those around them are in one
block.
"""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

from app.search.collation import is_edge, letters

_TOKEN = re.compile(r"\S+")
_BETWEEN = r"[^\S\u202f]*"
"""White space that a browser skips between words and their prefix or suffix."""

_SPACE = r"(?:[ \t\r\n]++|\u00a0)"
"""White space that a page shows as one space."""

_SHOWN_AS = {
    **dict.fromkeys(" \u00a0", _SPACE),
    **dict.fromkeys("\t\n\v\f\r\x85\u2028\u2029", "(?!)"),
}
"""Patterns for characters of a link that match differently on a page."""

_PROGRESS_STEP_LETTERS = 1 << 17

Progress = Callable[[int, int], None]
"""Progress callback: amount done, and total."""


class Fragment(NamedTuple):
    """The parts of a text fragment: `first` and `last` words of a passage, and the words around it where needed."""

    first: str
    last: str | None = None
    before: str | None = None
    after: str | None = None

    def directive(self) -> str:
        """The percent-encoded directive that follows `#:~:` in a URL."""
        before = f"{_encode(self.before)}-," if self.before else ""
        last = f",{_encode(self.last)}" if self.last else ""
        after = f",-{_encode(self.after)}" if self.after else ""
        return f"text={before}{_encode(self.first)}{last}{after}"

    def begin(self) -> "Fragment":
        """Returns the fragment of only the adjacent words at the start of the passage."""
        return self._replace(last=None, after=None) if self.last else self

    @property
    def opening(self) -> tuple[str, ...]:
        """The adjacent words at the start of the passage, one part after the other."""
        begin = self.begin()
        return tuple(words for words in (begin.before, begin.first, begin.after) if words is not None)

    @property
    def ending(self) -> tuple[str, ...]:
        """The adjacent words at the end of the passage, if it has other words there."""
        return tuple(words for words in (self.last, self.after) if words is not None) if self.last else ()


def _encode(words: str) -> str:
    # Most words of a link are letters alone, which need no code.
    return words if words.isascii() and words.isalnum() else _quoted(words)


@lru_cache(maxsize=16_384)
def _quoted(words: str) -> str:
    return quote(words, safe="").replace("-", "%2D")


class FragmentMatch(NamedTuple):
    """The passage of a page that a browser scrolls to, as start and exclusive end. `certain`: every browser does,
    because the words are written as on the page, and are whole words."""

    start: int
    end: int
    certain: bool


class Page:
    """Searchable text of a page."""

    def __init__(self, text: str) -> None:
        self._text = text
        # Start of each token (separated by white space), among the letters and in the text.
        self._tokens = array("I")
        self._origins = array("I")
        self._may_break = bytearray()
        pieces: list[str] = []
        for match in _TOKEN.finditer(text):
            token = letters(match.group())
            if token.text:
                self._tokens.append(len(self._may_break))
                self._origins.append(match.start())
                self._may_break += token.breaks
                pieces.append(token.text)
        self._may_break.append(True)
        self._letters = "".join(pieces)

    def find(self, fragment: Fragment) -> FragmentMatch | None:
        """Returns the passage that a browser scrolls to: the first match of a fragment, from first word to last."""
        return self._match(fragment, self._next)

    def find_all(self, fragments: Sequence[Fragment], progress: Progress) -> list[FragmentMatch | None]:
        """Returns the match of each of many fragments, in one pass over the page."""
        places = self._occurrences(
            {_joined(words) for one in fragments for words in (one.opening, one.ending)}, progress
        )

        def following(words: str, position: int) -> int | None:
            all_places = places[words]
            index = bisect_left(all_places, position)
            return all_places[index] if index < len(all_places) else None

        return [self._match(fragment, following) for fragment in fragments]

    def _match(self, fragment: Fragment, following: Callable[[str, int], int | None]) -> FragmentMatch | None:
        if not all(_joined((words,)) for words in fragment if words is not None):
            return None
        opens = following(_joined(fragment.opening), 0)
        if opens is None:
            return None
        start = opens + len(_joined((fragment.before or "",)))
        end = start + len(_joined((fragment.first,)))
        certain = self._is_exact(fragment.opening, opens)
        if fragment.last:
            closes = following(_joined(fragment.ending), end)
            if closes is None:
                return None
            end = closes + len(_joined((fragment.last,)))
            certain = certain and self._is_exact(fragment.ending, closes)
        return FragmentMatch(self._origin(start), self._origin(end - 1) + 1, certain)

    def _next(self, words: str, position: int) -> int | None:
        """Returns the first occurrence from a position on where these letters may be whole words."""
        while (position := self._letters.find(words, position)) >= 0:
            if self._may_break[position] and self._may_break[position + len(words)]:
                return position
            position += 1
        return None

    def _occurrences(self, wanted: set[str], progress: Progress) -> dict[str, "array[int]"]:
        """Returns all positions where each of these strings of letters may be whole words.

        The longest string that matches at a position sorts at or before the letters that follow there, and every
        shorter match is a prefix of a longer one.
        """
        places = {words: array("I") for words in wanted}
        ordered = sorted(wanted - {""})
        longest = max(map(len, ordered), default=0)
        prefixes = _longest_prefixes(ordered)
        position, step = self._may_break.find(True), 0
        while 0 <= position < len(self._letters):
            following = self._letters[position : position + longest]
            index = bisect_right(ordered, following) - 1
            while index >= 0:
                words = ordered[index]
                if following.startswith(words) and self._may_break[position + len(words)]:
                    places[words].append(position)
                index = prefixes[index]
            if position >= step:
                progress(position, len(self._letters))
                step = position + _PROGRESS_STEP_LETTERS
            position = self._may_break.find(True, position + 1)
        progress(len(self._letters), len(self._letters))
        return places

    def _is_exact(self, parts: Sequence[str], place: int) -> bool:
        """Whether the parts are at a position one after the other, written exactly so and as whole words."""
        start = max(0, self._origin(place) - _leading_length(parts[0]))
        match = _written(parts).match(self._text, start)
        return match is not None and is_edge(self._text, start) and is_edge(self._text, match.end())

    def _origin(self, place: int) -> int:
        """Returns the index of the text character that a letter comes from."""
        token = bisect_right(self._tokens, place) - 1
        start = self._origins[token]
        word = _TOKEN.match(self._text, start)
        assert word is not None
        return start + letters(word.group()).origins[place - self._tokens[token]]


def _longest_prefixes(ordered: list[str]) -> list[int]:
    """Returns, for each of these sorted strings, the index of the longest other one that is its prefix; -1 for none."""
    lengths: list[int] = []
    for index, words in enumerate(ordered):
        other = index - 1
        while other >= 0 and not words.startswith(ordered[other]):
            other = lengths[other]
        lengths.append(other)
    return lengths


@lru_cache(maxsize=16_384)
def _joined(parts: Sequence[str]) -> str:
    """Returns the letters of adjacent words, joined."""
    return "".join(letters(token).text for part in parts for token in part.split())


@lru_cache(maxsize=16_384)
def _written(parts: Sequence[str]) -> re.Pattern[str]:
    """Returns a pattern of the words as they must be written on a page so that every browser finds them."""
    written = ("".join(_SHOWN_AS.get(char, re.escape(char)) for char in words) for words in parts)
    return re.compile(_BETWEEN.join(written))


@lru_cache(maxsize=16_384)
def _leading_length(words: str) -> int:
    """Returns the number of characters before the first that has letters."""
    return next(
        match.start() + token.origins[0] for match in _TOKEN.finditer(words) if (token := letters(match.group())).text
    )
