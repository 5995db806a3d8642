"""Sums of casualty claims in the arrays of a release: the same rows as the statements of `casualty_sums` give."""

from collections import namedtuple
from collections.abc import Mapping, Sequence
from functools import cache, cached_property, partial
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlmodel import col

from app.counts.arrays import Archive
from app.counts.columns import NO_NUMBER
from app.counts.frames import Array, smallest
from app.counts.grouped import Grouped, starts_of
from app.counts.indexes import every_row
from app.queries.array_matches import of_subjects
from app.queries.counting import MatchedRecords
from app.records import casualty_sums as in_sql
from app.records.casualties import CASUALTIES
from app.records.claim_keys import ClaimKeys
from app.storage.models import Casualty
from app.storage.number_lists import number_list
from app.storage.registry import document_of
from app.storage.snapshot import Snapshot

_FEW_COMBINATIONS = 4_000_000
"""Combinations of values up to which each has a number."""

_SPARSE = 16
"""Combinations to a claim from which on sorting the claims' own is faster than marking them among all."""

_KEPT = 500
"""Sums of all claims that are kept: as many as an answer has."""

_BITS = 6
_ALONE, _OPEN, _WITHOUT_BEST, _DISPUTED, _TOGETHER, _NOT_COUNTED = (1 << bit for bit in range(_BITS))
"""What is so of a claim: alone about its people, and then without an upper bound, without a best figure or in dispute;
counted together with others; not counted."""


class ArrayClaims:
    """The claims that match, with their keys, once for each combination of values (see `casualty_sums.SqlClaims`).

    Sums of all claims are kept with the arrays of the release: the first `_KEPT` of them.
    """

    def __init__(
        self, snapshot: Snapshot, found: MatchedRecords, filters: Any, keys: Sequence[str], *, divided: bool
    ) -> None:
        self._snapshot = snapshot
        self._archive: Archive = snapshot.archive
        self._again = partial(ArrayClaims, snapshot, found, filters, keys, divided=divided)
        self._arrays = self._archive[CASUALTIES.name]
        is_of_claims = found.resource is CASUALTIES
        rows = found.rows if is_of_claims else of_subjects(self._archive, CASUALTIES, found.rows, None)
        self._are_all = rows is None
        chosen = every_row(self._arrays) if rows is None else rows
        self._keys = ClaimKeys(self._archive, filters, keys, chosen, divided=divided)

    def sums(self, limit: int | None, disputed: Sequence[str], only: Sequence[str] | None = None) -> list[Any]:
        """As `casualty_sums.sums`."""
        self._disputed = disputed
        if self._are_all and only is None and limit is not None and limit <= _KEPT and not self._keys.are_refined:
            name = f"{CASUALTIES.name}.sums.{self._keys.name}"
            made: Mapping[str, Array] = self._archive.group(name, self._made_anew)
        else:
            made = self._made(limit, only)
        self._sums, self._shown = made, made["combined"][:limit]
        figures = zip(*made["figures"][:, : len(self._shown)].tolist(), strict=True)
        row, number = _named(len(self._keys.names))._make, int(made["number"][0])
        texts = self._keys.texts(self._shown)
        return [row((*by, *of_it, number)) for by, of_it in zip(texts, figures, strict=True)]

    def _made_anew(self) -> Mapping[str, Array]:
        """The first sums, from keys that are read anew, so that it is noted what they are made of."""
        again = self._again()
        again._disputed = self._disputed
        return again._made(_KEPT, None)

    def _made(self, limit: int | None, only: Sequence[str] | None) -> dict[str, Array]:
        """Adds up the first sums: their combinations of keys and figures, how many there are, and the claims that
        stand out."""
        rows, combined = self._keys.expanded
        combinations, number = self._first(_distinct(combined, self._keys.size), limit, only)
        rows, groups = _of_groups(rows, combined, combinations, self._keys.size, self._keys.sizes[0])
        status, size = self._summed["status"][rows], len(combinations)
        by_status = None
        if size <= _KEPT:
            by_status = np.bincount((groups << _BITS) | status, minlength=size << _BITS).reshape(size, 1 << _BITS)

        def number_of(bit: int) -> Array:
            if by_status is None:
                return np.bincount(groups[(status & bit) > 0], minlength=size)
            of_bit: Array = by_status[:, (np.arange(1 << _BITS) & bit) > 0].sum(axis=1)
            return of_bit

        figures = [
            *(np.bincount(groups, self._summed[name][rows], minlength=size) for name in ("low", "high", "best")),
            *map(number_of, (_ALONE, _OPEN, _WITHOUT_BEST, _DISPUTED, _TOGETHER, _NOT_COUNTED)),
            self._incidents(rows, groups, (status & _NOT_COUNTED) == 0, size),
        ]
        out, of = self._standing_out(rows, groups, status)
        return {
            "combined": combinations,
            "figures": np.array(figures, np.int64).reshape(len(figures), size),
            "number": np.array([number]),
            "listed": out,
            "listed_in": of,
        }

    @cached_property
    def _summed(self) -> Mapping[str, Array]:
        """Returns what each claim adds to sums: figures of those that are alone about their people, and bits."""

        def make() -> dict[str, Array]:
            arrays = self._arrays
            counted = np.isin(arrays["counted"], arrays.codes("counted", ["true"]))
            together = counted & (arrays["with_others"] == 1)
            alone = counted & ~together
            basis = np.isin(arrays["basis"], arrays.codes("basis", self._disputed))
            unknown = {name: arrays[name] == NO_NUMBER for name in ("high", "best")}
            bits = (
                (_ALONE, alone),
                (_OPEN, alone & unknown["high"]),
                (_WITHOUT_BEST, alone & unknown["best"]),
                (_DISPUTED, alone & basis),
                (_TOGETHER, together),
                (_NOT_COUNTED, ~counted),
            )
            status = sum(bit * is_so.astype(np.uint8) for bit, is_so in bits)
            figures = {
                name: smallest(np.where(alone, np.maximum(arrays[name], 0), 0)) for name in ("low", "high", "best")
            }
            return {"status": np.asarray(status, np.uint8), **figures}

        return self._archive.group(f"{CASUALTIES.name}.summed", make)

    def _first(self, combinations: Array, limit: int | None, only: Sequence[str] | None) -> tuple[Array, int]:
        """Returns the first combinations in the order of their texts, and how many there are with these values of the
        first key."""
        if not len(combinations):
            return combinations, 0
        first = combinations // (self._keys.size // self._keys.sizes[0])
        starts = np.flatnonzero(np.concatenate([[True], first[1:] != first[:-1]]))
        lengths, values = np.diff(starts, append=len(first)), first[starts]
        order = np.argsort(self._keys.keys[0].ranks(values))
        if only is not None:
            order = order[np.isin(values[order], self._keys.keys[0].codes_of(only))]
        number = int(lengths[order].sum())
        if limit is not None:
            order = order[: int(np.searchsorted(np.cumsum(lengths[order]), limit)) + 1]
        positions, _ = Grouped(np.append(starts, len(first)), first).positions(order)
        combinations = combinations[positions]
        ranks = []
        for key, codes in zip(self._keys.keys, self._keys.apart(combinations), strict=True):
            distinct, inverse = np.unique(codes, return_inverse=True)
            ranks.append(key.ranks(distinct)[inverse])
        return combinations[np.lexsort(ranks[::-1])][:limit], number

    def _incidents(self, rows: Array, groups: Array, counted: Array, number: int) -> Array:
        """Returns how many incidents the counted claims of each group are about."""
        if not counted.all():
            rows, groups = rows[counted], groups[counted]
        pairs = (groups.astype(np.uint64) << np.uint64(32)) | self._arrays["incident_id"][rows].astype(np.uint64)
        pairs.sort()
        distinct = pairs[np.concatenate([[True], pairs[1:] != pairs[:-1]])] if len(pairs) else pairs
        return np.bincount((distinct >> np.uint64(32)).astype(np.int64), minlength=number)

    def _standing_out(self, rows: Array, groups: Array, status: Array) -> tuple[Array, Array]:
        """Returns the first claims, by id, that leave each group open, and that it leaves out; and their groups."""
        chosen = np.flatnonzero(status & (_OPEN | _NOT_COUNTED))
        part = groups[chosen] * 2 + ((status[chosen] & _OPEN) > 0)
        ranks = self._archive.ranks(CASUALTIES.name)[rows[chosen]]
        order = np.argsort((part.astype(np.int64) << 32) | ranks)
        chosen, part = chosen[order], part[order]
        starts = starts_of(part, int(part.max(initial=0)) + 1)
        chosen = chosen[np.arange(len(part)) - starts[part] < in_sql.MAX_LISTED_CLAIMS]
        return rows[chosen], groups[chosen]

    def listed(self) -> list[Any]:
        """As `casualty_sums.listed`, of the sums that were made last."""
        shown = self._sums["listed_in"] < len(self._shown)
        rows, groups = self._sums["listed"][shown], self._sums["listed_in"][shown]
        numbers = self._arrays.numbers[rows].tolist()
        columns = select(col(Casualty.number), col(Casualty.id), col(Casualty.counted), document_of(Casualty))
        found = {row[0]: row[1:] for row in self._snapshot.rows(_among(columns, numbers))} if numbers else {}
        texts = self._keys.texts(self._sums["combined"][groups])
        listed = [_Listed(by, *found[number]) for by, number in zip(texts, numbers, strict=True)]
        return sorted(listed, key=lambda one: one.id)

    @cached_property
    def _together(self) -> tuple[Array, Array]:
        """The claims whose figures are not simply added, and their combinations: those about incidents of which some
        such claim is in the sums that were made last."""
        rows, combined = self._keys.expanded
        chosen = np.flatnonzero(self._summed["status"][rows] & _TOGETHER)
        rows, combined = rows[chosen], combined[chosen]
        incidents = self._arrays["incident_id"][rows]
        kept = np.isin(incidents, incidents[np.isin(combined, self._shown)])
        return rows[kept], combined[kept]

    def together(self) -> list[Any]:
        """As `casualty_sums.together`, as far as it takes for the sums that were made last."""
        rows, combined = self._together
        if not len(rows):
            return []
        numbers = self._arrays.numbers[rows].tolist()
        ids = dict(
            map(tuple, self._snapshot.rows(_among(select(col(Casualty.number), col(Casualty.id)), set(numbers))))
        )
        return [(*by, ids[number]) for by, number in zip(self._keys.texts(combined), numbers, strict=True)]

    def competing(self) -> list[Any]:
        """As `casualty_sums.competing`."""
        incidents = np.unique(self._arrays["incident_id"][self._together[0]])
        own = np.isin(self._arrays["incident_id"], incidents) & (self._arrays["with_others"] == 1)
        numbers = self._arrays.numbers[own].tolist()
        return self._snapshot.rows(_among(in_sql.competing_claims(), numbers))


def _among(statement: Any, numbers: Any) -> Any:
    return statement.where(col(Casualty.number).in_(number_list(numbers)))


def _distinct(combined: Array, size: int) -> Array:
    """Returns the distinct numbers below a size, in order."""
    if _is_sparse(combined, size):
        # NumPy's `unique` hashes, which takes five times as long.
        in_order = np.sort(combined)
        return in_order[np.concatenate([[True], in_order[1:] != in_order[:-1]])] if len(in_order) else in_order
    return np.flatnonzero(_marked(combined, size))


def _is_sparse(combined: Array, size: int) -> bool:
    return len(combined) * _SPARSE < size


def _marked(numbers: Array, size: int) -> Array:
    marks = np.zeros(size, bool)
    marks[numbers] = True
    return marks


def _of_groups(rows: Array, combined: Array, groups: Array, size: int, first: int) -> tuple[Array, Array]:
    """Returns the claims of some groups, and which of these each is in. `first` is the size of the first key."""
    order = np.argsort(groups)
    if size <= _FEW_COMBINATIONS:
        place = np.full(size, -1, np.int64)
        place[groups] = np.arange(len(groups))
        found = place[combined]
        if len(groups) and found.min(initial=0) >= 0:
            return rows, found
        here = np.flatnonzero(found >= 0)
        return rows[here], found[here]
    in_order = groups[order]
    if _is_sparse(combined, size):
        # The first sums have few of the values of the first key.
        others = size // first
        here = np.flatnonzero(_marked(groups // others, first)[combined // others])
        rows, combined = rows[here], combined[here]
        place = np.minimum(np.searchsorted(in_order, combined), max(len(groups) - 1, 0))
        here = np.flatnonzero(in_order[place] == combined) if len(groups) else place[:0]
    else:
        here = np.flatnonzero(_marked(groups, size)[combined])
    return rows[here], order[np.searchsorted(in_order, combined[here])]


@cache
def _named(keys: int) -> Any:
    """The type of the rows of sums by so many keys."""
    return namedtuple("_Sum", [*(f"key_{place}" for place in range(keys)), *_SUMS])


_SUMS = (
    *("low", "high", "best", "alone", "open", "without_best", "in_dispute", "together", "not_counted", "incidents"),
    "rows",
)


class _Listed(tuple[Any, ...]):
    """The keys of a sum, and id, whether it is counted, and document of a claim."""

    id: str
    counted: bool
    document: str

    def __new__(cls, by: tuple[str, ...], id_: str, counted: bool, document: str) -> "_Listed":
        self = super().__new__(cls, (*by, id_, counted, document))
        self.id, self.counted, self.document = id_, counted, document
        return self
