"""Sums of casualty claims as answers have them: figures, labels, and the claims that stand out, with links to all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson

from app.api.counting.harm_sums import HarmSum, Row, harm_sums
from app.api.counting.sum_links import SumLinks
from app.api.counting.value_labels import facet_labels
from app.model.languages import Language
from app.model.phrases import phrase
from app.queries.counting import MatchedRecords, match_records
from app.queries.facets import IMPRECISE, NONE
from app.queries.histograms import UNITS
from app.records import casualty_sums as queries
from app.records.casualties import CASUALTIES
from app.records.summed_claims import SummedClaims, summed_claims
from app.storage.snapshot import Snapshot

Json = dict[str, Any]

_SEVERAL = {queries.SEVERAL_PEOPLE: "several people together"}
_UNDIVIDED = {queries.MIXED: "claims differ", queries.NOT_SPLIT: "not told apart"}


@dataclass(frozen=True)
class Figures:
    """What the harms of a row add up to: those of one claim each (a row of `queries.sums`), and the others."""

    row: Any
    others: HarmSum

    @property
    def open_claims(self) -> int:
        """How many claims leave the sum open."""
        return int(self.row.open) + self.others.open_claims

    def written(self) -> Json:
        """Returns the figures of a sum."""
        counted = self.row.alone + self.others.claims
        return {
            **self.bounds(),
            "in_dispute": self.row.in_dispute + self.others.total.in_dispute,
            "open": self.row.open + self.others.total.open,
            "claims": {
                "counted": counted,
                "open": self.open_claims,
                "not_counted": self.row.not_counted,
                "left_out": self.others.left_out,
            },
            "incidents": self.row.incidents,
        }

    def bounds(self) -> Json:
        """Returns the bounds of the sum, and how many harms are added."""
        row, total, counted = self.row, self.others.total, self.row.alone + self.others.claims
        return {
            "low": row.low + total.low if counted else None,
            "high": None if row.open or total.high is None or not counted else row.high + total.high,
            "best": None if row.without_best or total.best is None or not counted else row.best + total.best,
            "harms": row.alone + len(total.harms),
        }


_NOTHING = {"low": None, "high": None, "best": None, "harms": 0}
"""The bounds of a sum without a claim."""


@dataclass
class ClaimLists:
    """The first claims that leave a sum open, and that are not counted."""

    open_because: list[str] = field(default_factory=list)
    not_counted: list[Json] = field(default_factory=list)


@dataclass(frozen=True)
class _AddedUp:
    """The figures of each row, how many rows there are without a limit, the labels of the values of each key, and what
    of the figures lies certainly in the days that are asked for."""

    keys: tuple[str, ...]
    claims: SummedClaims
    figures: Mapping[Row, Figures]
    number: int
    labels: list[dict[str, str]]
    certain: Mapping[Row, Figures] | None


class ClaimSums:
    """Sums of the claims that were `found` with some filters, or are about the incidents that were. `links` lead to
    their lists."""

    def __init__(
        self, snapshot: Snapshot, found: MatchedRecords, filters: Any, links: SumLinks, language: Language
    ) -> None:
        self._snapshot = snapshot
        self._found = found
        self._filters = filters
        self._links = links
        self._language = language

    def totals(self, *, listing: bool = True) -> list[Json]:
        """Returns the sums by outcome."""
        return self._written(self._by_outcome, listing=listing)

    @cached_property
    def _by_outcome(self) -> _AddedUp:
        return self._added_up(("outcome",), len(self._filters.codebook.values("casualty.outcome")))

    def rows(
        self,
        keys: tuple[str, ...],
        limit: int,
        *,
        only: Sequence[str] | None = None,
        divided: bool = True,
        listing: bool = True,
    ) -> tuple[list[Json], int]:
        """Returns sums, those of some values of the first key `only`, and how many there are; with the claims that
        stand out, if they are to be listed."""
        sums = self._added_up(keys, limit, only, divided=divided)
        return self._written(sums, listing=listing), sums.number

    def _added_up(
        self, keys: tuple[str, ...], limit: int, only: Sequence[str] | None = None, *, divided: bool = True
    ) -> _AddedUp:
        claims = summed_claims(self._snapshot, self._found, self._filters, keys, divided=divided)
        figures, number = self._figures(claims, keys, limit, only, divided=divided)
        shown = list(figures)
        labels = _key_labels(self._snapshot, keys, shown, self._language)
        return _AddedUp(keys, claims, figures, number, labels, self._certain(keys, shown, divided=divided))

    @cached_property
    def _within(self) -> tuple[Any, MatchedRecords]:
        """The filters for what certainly lies in the days that are asked for, and what they find."""
        filters = self._filters.under(self._filters.codebook, {"date_match": "within"})
        return filters, match_records(self._snapshot, self._found.resource, filters)

    def _written(self, sums: _AddedUp, *, listing: bool) -> list[Json]:
        lists = _claim_lists(sums.claims.listed(), len(sums.keys)) if listing else {}
        return [self._row(sums, row, lists.get(row)) for row in sums.figures]

    def _figures(
        self,
        claims: SummedClaims,
        keys: tuple[str, ...],
        limit: int | None,
        only: Sequence[str] | None,
        *,
        divided: bool,
    ) -> tuple[dict[Row, Figures], int]:
        disputed = self._filters.codebook.having("casualty.basis", "disputes")
        rows = claims.sums(limit, disputed, only)
        others = harm_sums(self._snapshot, claims, keys, divided=divided) if any(row.together for row in rows) else {}
        values = [tuple(row[: len(keys)]) for row in rows]
        figures = {one: Figures(row, others.get(one) or HarmSum()) for one, row in zip(values, rows, strict=True)}
        return figures, rows[0].rows if rows else 0

    def _certain(self, keys: tuple[str, ...], shown: Sequence[Row], *, divided: bool) -> dict[Row, Figures] | None:
        """Returns the figures of what certainly lies in the days that are asked for; None if nothing else is there."""
        if self._filters.datetime is None or self._filters.date_match == "within" or not shown:
            return None
        within, found = self._within
        claims = summed_claims(self._snapshot, found, within, keys, divided=divided)
        only = list(dict.fromkeys(row[0] for row in shown))
        return self._figures(claims, keys, None, only, divided=divided)[0]

    def _row(self, sums: _AddedUp, values: Row, lists: ClaimLists | None) -> Json:
        figures, certain = sums.figures[values], sums.certain
        by = {
            key: {"value": value or None, "label": names[value]}
            for key, value, names in zip(sums.keys, values, sums.labels, strict=True)
        }
        lists = lists or ClaimLists()
        open_because = sorted([*lists.open_because, *figures.others.open_because])[: queries.MAX_LISTED_CLAIMS]
        row = {"by": by, **figures.written(), "open_because": open_because, "not_counted": lists.not_counted}
        if certain is not None:
            row["certain"] = certain[values].bounds() if values in certain else _NOTHING
        links = {}
        if figures.open_claims > len(open_because):
            links["open_because"] = self._links.of_open_claims(by)
        if figures.row.not_counted > len(lists.not_counted):
            links["not_counted"] = self._links.of_claims_not_counted(by)
        row["links"] = {name: link for name, link in links.items() if link is not None}
        return row


def add_sums(sums: ClaimSums, name: str, facet_buckets: Sequence[Json], outcomes: int) -> None:
    """Adds to each bucket of claims the sums that its value as a filter gives."""
    by_value = {bucket["value"]: bucket for bucket in facet_buckets}
    rows, _ = sums.rows((name, "outcome"), len(by_value) * outcomes, only=list(by_value), divided=False)
    for bucket in facet_buckets:
        bucket["sums"] = []
    for row in rows:
        value = row["by"].pop(name)["value"]
        by_value[value]["sums"].append(row)


def _key_labels(
    snapshot: Snapshot, keys: Sequence[str], shown: list[tuple[str, ...]], language: Language
) -> list[dict[str, str]]:
    """Returns the labels of the values of each key."""
    labels_of_keys = []
    for place, key in enumerate(keys):
        facet = CASUALTIES.facets[key]
        labels = facet_labels(snapshot, CASUALTIES, key, {row[place] for row in shown}, language)
        labels |= {value: phrase(text, language) for value, text in _SEVERAL.items()}
        labels |= {value: phrase(text, language) for value, text in _UNDIVIDED.items() if key in queries.WHOSE}
        labels[NONE] = phrase(facet.missing, language)
        if key in UNITS:
            labels[IMPRECISE] = phrase(f"wider than a {key}, or open at an end", language)
        labels_of_keys.append(labels)
    return labels_of_keys


def _claim_lists(claims: Sequence[Any], width: int) -> dict[Row, ClaimLists]:
    """Returns by keys the first claims that leave a sum open, and those that are not counted, with the reason."""
    lists: dict[Row, ClaimLists] = {}
    for claim in claims:
        of_row = lists.setdefault(tuple(claim[:width]), ClaimLists())
        if claim.counted:
            of_row.open_because.append(claim.id)
        else:
            of_row.not_counted.append({"id": claim.id, "note": orjson.loads(claim.document)["note"]})
    return lists
