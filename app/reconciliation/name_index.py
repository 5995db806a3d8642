"""The names of a release's records of one type, for finding those that are spelt like a name.

Names that share the most trigrams with a query are compared letter by letter; the others are never looked at.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from app.reconciliation.spelling import Likeness, consonants, likeness, written

_COMPARED = 60
"""Names that are compared letter by letter, of each way of writing."""

_NGRAM = 3


@dataclass(frozen=True, slots=True)
class NamedRecord:
    """A record by its names, the first of which is the one to print, whether the reporting names it, and what contains
    it."""

    id: str
    names: tuple[str, ...]
    is_named: bool
    parents: tuple[str, ...]
    document: dict[str, Any]


class NameIndex:
    """Finds records by names."""

    def __init__(self, records: Iterable[NamedRecord]) -> None:
        self.records = list(records)
        self.by_id = {record.id: record for record in self.records}
        self._owners: list[int] = []
        self._written: list[str] = []
        for number, record in enumerate(self.records):
            for name in dict.fromkeys(written(name) for name in record.names):
                if name:
                    self._owners.append(number)
                    self._written.append(name)
        self._by_letters = _Trigrams(self._written)
        self._by_consonants = _Trigrams(map(consonants, self._written))

    def nearest(self, name: str) -> list[tuple[NamedRecord, Likeness]]:
        """Returns the records with names that are most like one, each with the likeness of its best, in no order."""
        wanted = written(name)
        best: dict[int, Likeness] = {}
        for position in {*self._by_letters.nearest(wanted), *self._by_consonants.nearest(consonants(wanted))}:
            owner, found = self._owners[position], likeness(wanted, self._written[position])
            if owner not in best or found.score > best[owner].score:
                best[owner] = found
        return [(self.records[number], found) for number, found in best.items()]

    def beginning_with(self, prefix: str, limit: int) -> list[NamedRecord]:
        """Returns the records one of whose names begins so, or has a word that does, the former first."""
        wanted = written(prefix)
        found = [
            (not name.startswith(wanted), len(name), self._owners[position])
            for position, name in enumerate(self._written)
            if name.startswith(wanted) or f" {wanted}" in name
        ]
        owners = dict.fromkeys(owner for *_, owner in sorted(found))
        return [self.records[owner] for owner in islice(owners, limit)]

    def containers(self, record: NamedRecord) -> Iterator[NamedRecord]:
        """Yields what contains a record, at any height."""
        seen, waiting = {record.id}, list(record.parents)
        while waiting:
            id_ = waiting.pop()
            if id_ not in seen and (parent := self.by_id.get(id_)) is not None:
                seen.add(id_)
                waiting += parent.parents
                yield parent


class _Trigrams:
    """Where each trigram of some texts stands."""

    def __init__(self, texts: Iterable[str]) -> None:
        positions: defaultdict[str, list[int]] = defaultdict(list)
        sizes: list[int] = []
        for position, text in enumerate(texts):
            grams = _grams(text)
            sizes.append(len(grams))
            for gram in grams:
                positions[gram].append(position)
        self._positions: dict[str, npt.NDArray[np.int32]] = {
            gram: np.array(at, np.int32) for gram, at in positions.items()
        }
        self._sizes = np.array(sizes, np.int32)

    def nearest(self, text: str) -> list[int]:
        """Returns the positions of the texts that have the largest share of trigrams in common with one."""
        grams = _grams(text)
        parts = [self._positions[gram] for gram in grams if gram in self._positions]
        if not parts:
            return []
        shared = np.bincount(np.concatenate(parts), minlength=len(self._sizes))
        share = 2 * shared / (self._sizes + len(grams))
        count = min(_COMPARED, len(share))
        nearest = np.argpartition(-share, count - 1)[:count]
        return [int(position) for position in nearest if shared[position]]


def _grams(text: str) -> set[str]:
    padded = f"  {text} "
    return {padded[at : at + _NGRAM] for at in range(len(padded) - _NGRAM + 1)} if text else set()
