"""Text fragments (WICG Scroll To Text Fragment): the words in a link, and where on a page a browser finds them.

`app.search.collation` says what a browser may take for the same words. A page is searched without its white space, so
that it does not matter how much of it a page shows, nor whether the words of a link and those around them stand in one
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
"""What a browser passes over between words and those that must stand before or after them."""

_SPACE = r"(?:[ \t\r\n]++|\u00a0)"
"""What a page shows as one space."""

_ALIKE = {
    **dict.fromkeys(" \u00a0", _SPACE),
    **dict.fromkeys("\t\n\v\f\r\x85\u2028\u2029", "(?!)"),
}
"""What in a link stands for what on a page, where that is not the same."""

_OFTEN = 1 << 17

Progress = Callable[[int, int], None]
"""Called now and then with how much is done, and how much there is."""


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

    def begin(self) -> "Fragment":
        """The words that stand together where the passage begins."""
        return self._replace(last=None, after=None) if self.last else self

    @property
    def opening(self) -> tuple[str, ...]:
        """The same, one part after the other."""
        begin = self.begin()
        return tuple(words for words in (begin.before, begin.first, begin.after) if words is not None)

    @property
    def ending(self) -> tuple[str, ...]:
        """The words that stand together where the passage ends, if these are others."""
        return tuple(words for words in (self.last, self.after) if words is not None) if self.last else ()


@lru_cache(maxsize=16_384)
def _encode(words: str) -> str:
    return quote(words, safe="").replace("-", "%2D")


class Landing(NamedTuple):
    """The passage of a page that a browser scrolls to: from one character on to before another. `certain`: every
    browser does, because the words are written as there, and are whole words."""

    start: int
    end: int
    certain: bool


class Page:
    """A page's text, made to be searched."""

    def __init__(self, text: str) -> None:
        self._text = text
        # Where the tokens (what stands between white space) begin, among the letters and in the text.
        self._tokens = array("I")
        self._origins = array("I")
        self._may_break = bytearray()
        found: list[str] = []
        for match in _TOKEN.finditer(text):
            token = letters(match.group())
            if token.text:
                self._tokens.append(len(self._may_break))
                self._origins.append(match.start())
                self._may_break += token.breaks
                found.append(token.text)
        self._may_break.append(True)
        self._letters = "".join(found)

    def find(self, fragment: Fragment) -> Landing | None:
        """Where a browser lands: the first match of a fragment, from its first word to its last."""
        return self._landing(fragment, self._next)

    def find_all(self, fragments: Sequence[Fragment], progress: Progress) -> list[Landing | None]:
        """Where a browser lands with each of many fragments, in one pass over the page."""
        places = self._places({_joined(words) for one in fragments for words in (one.opening, one.ending)}, progress)

        def following(words: str, position: int) -> int | None:
            all_places = places[words]
            index = bisect_left(all_places, position)
            return all_places[index] if index < len(all_places) else None

        return [self._landing(fragment, following) for fragment in fragments]

    def _landing(self, fragment: Fragment, following: Callable[[str, int], int | None]) -> Landing | None:
        if not all(_joined((words,)) for words in fragment if words is not None):
            return None
        opens = following(_joined(fragment.opening), 0)
        if opens is None:
            return None
        start = opens + len(_joined((fragment.before or "",)))
        end = start + len(_joined((fragment.first,)))
        certain = self._stand(fragment.opening, opens)
        if fragment.last:
            closes = following(_joined(fragment.ending), end)
            if closes is None:
                return None
            end = closes + len(_joined((fragment.last,)))
            certain = certain and self._stand(fragment.ending, closes)
        return Landing(self._origin(start), self._origin(end - 1) + 1, certain)

    def _next(self, words: str, position: int) -> int | None:
        """The first place from a position on where these letters may be whole words."""
        while (position := self._letters.find(words, position)) >= 0:
            if self._may_break[position] and self._may_break[position + len(words)]:
                return position
            position += 1
        return None

    def _places(self, wanted: set[str], progress: Progress) -> dict[str, "array[int]"]:
        """Every place where each of some letters may be whole words.

        What begins at a place comes in the order of the alphabet at or before the letters that follow there, and all
        that is shorter begins what is longer.
        """
        places = {words: array("I") for words in wanted}
        ordered = sorted(wanted - {""})
        longest = max(map(len, ordered), default=0)
        begun = _beginnings(ordered)
        position, step = self._may_break.find(True), 0
        while 0 <= position < len(self._letters):
            following = self._letters[position : position + longest]
            index = bisect_right(ordered, following) - 1
            while index >= 0:
                words = ordered[index]
                if following.startswith(words) and self._may_break[position + len(words)]:
                    places[words].append(position)
                index = begun[index]
            if position >= step:
                progress(position, len(self._letters))
                step = position + _OFTEN
            position = self._may_break.find(True, position + 1)
        progress(len(self._letters), len(self._letters))
        return places

    def _stand(self, parts: Sequence[str], place: int) -> bool:
        """Whether words stand one after the other at a place, as they are written and whole."""
        start = max(0, self._origin(place) - _lead(parts[0]))
        match = _written(parts).match(self._text, start)
        return match is not None and is_edge(self._text, start) and is_edge(self._text, match.end())

    def _origin(self, place: int) -> int:
        """Which character of the text a letter is of."""
        token = bisect_right(self._tokens, place) - 1
        start = self._origins[token]
        word = _TOKEN.match(self._text, start)
        assert word is not None
        return start + letters(word.group()).origins[place - self._tokens[token]]


def _beginnings(ordered: list[str]) -> list[int]:
    """For each of some sorted words the longest other that it begins with, by index; -1 where there is none."""
    found: list[int] = []
    for index, words in enumerate(ordered):
        other = index - 1
        while other >= 0 and not words.startswith(ordered[other]):
            other = found[other]
        found.append(other)
    return found


@lru_cache(maxsize=16_384)
def _joined(parts: Sequence[str]) -> str:
    """The letters of words that stand together."""
    return "".join(letters(token).text for part in parts for token in part.split())


@lru_cache(maxsize=16_384)
def _written(parts: Sequence[str]) -> re.Pattern[str]:
    """Words as they are written on a page where every browser finds them."""
    written = ("".join(_ALIKE.get(char, re.escape(char)) for char in words) for words in parts)
    return re.compile(_BETWEEN.join(written))


@lru_cache(maxsize=16_384)
def _lead(words: str) -> int:
    """How many characters stand before the first that has letters."""
    return next(
        match.start() + token.origins[0] for match in _TOKEN.finditer(words) if (token := letters(match.group())).text
    )
