"""Finds many phrases in one text, in one pass over it for each length of their beginnings."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import accumulate

Occurrences = list[tuple[int, int]]
"""Starts and exclusive ends in a text."""

_KEY_CHARACTERS = 12
"""Characters of a phrase by which its occurrences are looked for."""

_FEW = 8
"""Phrases that are quickly looked for one by one."""

_ALIKE = ('"“”„«»', "'‘’‚ʼ", "-‐‑‒–—−")
"""Signs that are typed for one another."""

_AS_TYPED = str.maketrans({sign: signs[0] for signs in _ALIKE for sign in signs})
_GAP = re.compile(r"[^\S\n]+")


def occurrences_of(phrases: Collection[str], text: str) -> dict[str, Occurrences]:
    """Returns all occurrences of each phrase in a text, which do not overlap. Of a phrase that stands nowhere as it is
    written, those where the kinds of quotation marks, dashes and white space within a line are others."""
    found = _exact(phrases, text)
    missing = {phrase: " ".join(phrase.translate(_AS_TYPED).split()) for phrase in phrases if not found[phrase]}
    if missing:
        typed = _TypedText(text)
        alike = _exact(set(missing.values()) - {""}, typed.text)
        found |= {phrase: list(typed.origins(alike.get(plain, ()))) for phrase, plain in missing.items()}
    return found


class _TypedText:
    """A text with one kind of each sign, and one blank for white space within a line."""

    def __init__(self, text: str) -> None:
        plain = text.translate(_AS_TYPED)
        gaps = [gap.span() for gap in _GAP.finditer(plain)]
        dropped = [end - start - 1 for start, end in gaps]
        self.text = _GAP.sub(" ", plain)
        self._dropped = [0, *accumulate(dropped)]
        self._ends = [end - total for (_, end), total in zip(gaps, self._dropped[1:], strict=True)]

    def origins(self, occurrences: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """Yields where in the text itself some occurrences are."""
        for start, end in occurrences:
            # A phrase neither begins nor ends with white space.
            yield start + self._dropped_before(start), end + self._dropped_before(end - 1)

    def _dropped_before(self, position: int) -> int:
        return self._dropped[bisect_right(self._ends, position)]


def _one_by_one(phrase: str, text: str) -> Iterator[tuple[int, int]]:
    position = text.find(phrase)
    while position >= 0:
        yield position, position + len(phrase)
        position = text.find(phrase, position + len(phrase))


def _exact(phrases: Collection[str], text: str) -> dict[str, Occurrences]:
    found: dict[str, Occurrences] = {phrase: [] for phrase in phrases}
    if len(phrases) <= _FEW:
        return {phrase: list(_one_by_one(phrase, text)) if phrase else [] for phrase in phrases}
    by_key: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for phrase in phrases:
        if phrase:
            by_key[phrase[:_KEY_CHARACTERS]][len(phrase)].add(phrase)
    for size in sorted({len(key) for key in by_key}):
        keys = {key for key in by_key if len(key) == size}
        starts = [start for start in range(len(text) - size + 1) if text[start : start + size] in keys]
        for start in starts:
            for length, some in by_key[text[start : start + size]].items():
                phrase = text[start : start + length]
                if phrase in some and (not found[phrase] or found[phrase][-1][1] <= start):
                    found[phrase].append((start, start + length))
    return found
