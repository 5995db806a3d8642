"""The values of claims by which sums are made, as codes in the arrays of a release."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from app.counts.arrays import Archive, TypeArrays
from app.counts.columns import References
from app.counts.frames import Array
from app.counts.grouped import Grouped, starts_from
from app.counts.tallies import ByPoints, BySpans
from app.counts.values import Broader, Labels, grouped_values, is_refined, labels_of, single_column
from app.queries.array_counts import days_of_spans, span_codes
from app.queries.facets import NONE
from app.queries.histograms import UNITS, whole_value
from app.queries.record_type import RecordType
from app.records import casualty_sums as in_sql
from app.records.casualties import CASUALTIES

_SPECIAL = (in_sql.MIXED, in_sql.NOT_SPLIT, in_sql.SEVERAL_PEOPLE)

_FEW = 100
"""Values up to which they are brought in order by their texts: reading these takes 2 µs each, and the order of all ids
is known."""


@dataclass(frozen=True)
class ClaimKey:
    """The values of one key: code 0 is none, then come the values, and behind them the special ones."""

    labels: Labels | Sequence[str]
    size: int

    @property
    def codes(self) -> int:
        """How many codes there are."""
        return self.size + 1 + len(_SPECIAL)

    def texts(self, codes: Array) -> list[str]:
        """Returns what some codes mean."""
        named = np.flatnonzero((codes > 0) & (codes <= self.size))
        positions = codes[named] - 1
        known = self.labels.texts(positions) if isinstance(self.labels, Labels) else _at(self.labels, positions)
        texts = dict(zip(named.tolist(), known, strict=True))
        special = {0: NONE, **{self.size + 1 + place: text for place, text in enumerate(_SPECIAL)}}
        return [texts[row] if row in texts else special[code] for row, code in enumerate(codes.tolist())]

    def codes_of(self, texts: Sequence[str]) -> Array:
        """Returns the codes that mean one of some texts."""
        special = {NONE: 0, **{text: self.size + 1 + place for place, text in enumerate(_SPECIAL)}}
        if isinstance(self.labels, Labels):
            known = self.labels.positions(texts) + 1
        else:
            wanted = set(texts)
            known = np.array([code for code, one in enumerate(self.labels, 1) if one in wanted], np.int64)
        return np.concatenate([known, np.array([special[one] for one in texts if one in special], np.int64)])

    def ranks(self, codes: Array) -> Array:
        """Returns numbers in the order of the texts of distinct codes."""
        column = self.labels.column if isinstance(self.labels, Labels) else None
        if len(codes) > _FEW and isinstance(column, References) and codes[-1] <= self.size:
            assert isinstance(self.labels, Labels)
            ranks = self.labels.arrays.archive.ranks(*column.targets).astype(np.int64) + 1
            return np.where(codes > 0, ranks[np.maximum(codes, 1) - 1], 0)
        texts = self.texts(codes)
        ranks = np.empty(len(texts), np.int64)
        ranks[sorted(range(len(texts)), key=texts.__getitem__)] = np.arange(len(texts))
        return ranks


def _at(texts: Sequence[str], positions: Array) -> list[str]:
    return [texts[position] for position in positions.tolist()]


class ClaimKeys:
    """Claims with each combination of their values of some keys. A combination is one number, in which the codes of the
    keys stand one behind the other. If `divided`, keys tell parts of claims apart (see `summed_claims`)."""

    def __init__(self, archive: Archive, filters: Any, names: Sequence[str], chosen: Array, *, divided: bool) -> None:
        self._archive = archive
        self._arrays = archive[CASUALTIES.name]
        self._filters = filters
        self._chosen = chosen
        self._divided = divided
        self.names = tuple(names)
        self.keys = [self._key(name) for name in names]
        self.sizes = [key.codes for key in self.keys]
        self.size = prod(self.sizes)

    @property
    def name(self) -> str:
        """A name for the keys, and for how they are told apart."""
        return f"{'+'.join(self.names)}{'.divided' if self._divided else ''}"

    @property
    def are_refined(self) -> bool:
        """Whether parameters say which values of a claim count."""
        tallies = (self._of(name).tallies[name] for name in self.names)
        return any(is_refined(one, self._filters) for one in tallies if not isinstance(one, BySpans | ByPoints))

    @cached_property
    def expanded(self) -> tuple[Array, Array]:
        """Each claim with each combination of its values: its row, and one number for the combination."""
        rows, combined = self._chosen, np.zeros(len(self._chosen), np.int64)
        owners: Array | None = None
        for name, key, size in zip(self.names, self.keys, self.sizes, strict=True):
            values = self._values(name, key)
            if isinstance(values, Grouped):
                codes, lengths = values.of(np.arange(values.size) if owners is None else owners)
                owners = np.repeat(np.arange(values.size) if owners is None else owners, lengths)
                combined = np.repeat(combined, lengths)
            else:
                codes = values if owners is None else values[owners]
            combined *= size
            combined += codes
        return rows if owners is None else rows[owners], combined

    def _of(self, name: str) -> RecordType:
        of = CASUALTIES
        if of.is_of_subject(name):
            assert of.chosen_by is not None
            of = of.chosen_by.record_type
        return of

    def _key(self, name: str) -> ClaimKey:
        """Returns how to read the codes of a key."""
        of = self._of(name)
        arrays, tally = self._archive[of.name], of.tallies[name]
        if isinstance(tally, BySpans):
            texts: list[str] = self._dates(arrays, tally, name)["texts"].tolist()
            return ClaimKey(texts, len(texts))
        assert not isinstance(tally, ByPoints), "sums are not made by map tile"
        labels = labels_of(arrays, tally, self._broader(name))
        return ClaimKey(labels, labels.size)

    def _broader(self, name: str) -> Broader:
        vocabulary = CASUALTIES.vocabulary(name)
        return {} if vocabulary is None else self._filters.codebook[vocabulary].broader

    def _values(self, name: str, key: ClaimKey) -> Grouped | Array:
        """Returns the codes of a key for each chosen claim: any number of them, or one."""
        of, rows = self._of(name), self._chosen
        if of is not CASUALTIES:
            assert CASUALTIES.chosen_by is not None
            rows = self._arrays[CASUALTIES.chosen_by.column][rows] - 1
        arrays, tally = self._archive[of.name], of.tallies[name]
        if isinstance(tally, BySpans):
            _, codes = span_codes(arrays, tally)
            of_spans: Array = self._dates(arrays, tally, name)["codes"]
            return of_spans[codes[rows]]
        assert not isinstance(tally, ByPoints), "sums are not made by map tile"
        divided = self._divided and name in in_sql.WHOSE
        if (column := single_column(tally, self._broader(name))) is not None:
            single: Array = arrays[column][rows]
            return self._special(name, key, single.astype(np.int64)) if divided else single
        values, _ = grouped_values(arrays, name, tally, rows, self._filters, self._broader(name))
        lengths = np.diff(values.starts)
        codes = values.values.astype(np.int64) + 1
        if not lengths.all():
            codes = np.insert(codes, values.starts[:-1][lengths == 0].astype(np.int64), 0)
            lengths = np.maximum(lengths, 1)
        grouped = Grouped(starts_from(lengths), codes)
        return self._one_value_each(name, grouped, key) if divided else grouped

    def _dates(self, arrays: TypeArrays, tally: BySpans, name: str) -> Mapping[str, Array]:
        """Returns which dates the spans of records are, of the buckets of a facet."""

        def make() -> dict[str, Array]:
            keys, _ = span_codes(arrays, tally)
            texts = [whole_value(UNITS[name], *days) for days in days_of_spans(keys)]
            known = sorted({text for text in texts if text != NONE})
            place = {NONE: 0, **{text: code for code, text in enumerate(known, 1)}}
            return {"codes": np.array([place[text] for text in texts], np.uint32), "texts": np.array(known, np.str_)}

        return self._archive.group(f"{arrays.name}.spans.{name}", make)

    def _special(self, name: str, key: ClaimKey, own: Array) -> Array:
        """Returns the one code of each claim by whose people they were, in place of its own."""
        mixed, not_split = key.size + 1, key.size + 2
        own = np.where(self._arrays[str(in_sql.WHOSE[name].key)][self._chosen] == 1, mixed, own)
        return np.where(self._arrays["is_split"][self._chosen] == 1, not_split, own)

    def _one_value_each(self, name: str, values: Grouped, key: ClaimKey) -> Grouped:
        """Returns the one value of each claim by whose people they were."""
        mixed, not_split, several = (key.size + 1 + place for place in range(len(_SPECIAL)))
        lengths = np.diff(values.starts)
        own = values.values[values.starts[:-1]]
        special = np.where(self._arrays[str(in_sql.WHOSE[name].key)][self._chosen] == 1, mixed, 0)
        special = np.where(self._arrays["is_split"][self._chosen] == 1, not_split, special)
        if name == "person":
            own = np.where(lengths > 1, several, own)
            return Grouped(np.arange(len(own) + 1), np.where(special > 0, special, own))
        kept = np.where(special > 0, 1, lengths)
        starts = starts_from(kept)
        first = np.zeros(int(starts[-1]), bool)
        first[starts[:-1]] = True
        codes = np.zeros(int(starts[-1]), np.int64)
        plain = np.repeat(special == 0, kept)
        codes[plain] = values.values[np.repeat(special == 0, lengths)]
        codes[~plain] = special[special > 0]
        return Grouped(starts, codes)

    def apart(self, combinations: Array) -> list[Array]:
        """Returns the codes of each key."""
        codes_of_keys = []
        for size in reversed(self.sizes):
            combinations, codes = np.divmod(combinations, size)
            codes_of_keys.append(codes)
        return codes_of_keys[::-1]

    def texts(self, combinations: Array) -> list[tuple[str, ...]]:
        """Returns the values of each combination."""
        of_keys = []
        for key, codes in zip(self.keys, self.apart(combinations), strict=True):
            distinct, inverse = np.unique(codes, return_inverse=True)
            texts = key.texts(distinct)
            of_keys.append([texts[place] for place in inverse.tolist()])
        return list(zip(*of_keys, strict=True))
