"""Sums of harms with several claims, parts, or others that they include: what SQL alone does not add up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.model.harms import CountedClaim, Figure, Harm, HarmFigure, Inclusions, Total
from app.records import casualty_sums as queries
from app.records.summed_claims import SummedClaims
from app.storage.snapshot import Snapshot

Row = tuple[Any, ...]
"""The values of the keys of a sum."""


@dataclass
class HarmSum:
    """What these harms add to one row: their total, the claims of them in the row, those that leave it open, and how
    many claims of them it leaves out."""

    total: Total = field(default_factory=Total)
    claims: int = 0
    open_because: list[str] = field(default_factory=list)
    open_claims: int = 0
    left_out: int = 0


def harm_sums(snapshot: Snapshot, claims: SummedClaims, keys: Sequence[str], *, divided: bool) -> dict[Row, HarmSum]:
    """Returns by row what its harms add up to, without those of which only one claim speaks. If they are `divided`,
    parts of claims stand in rows of their own where these tell them apart."""
    rows_of: dict[str, set[Row]] = {}
    for *values, id_ in claims.together():
        rows_of.setdefault(id_, set()).add(tuple(values))
    if not rows_of:
        return {}
    harms, harm_of = _harms(snapshot, claims)
    pairs = ((f"{outer}/{harm}", inner, certain) for outer, harm, inner, certain in snapshot.rows(queries.inclusions()))
    inclusions = Inclusions(pairs)
    chosen: dict[Row, dict[str, list[str]]] = {}
    for id_, rows in rows_of.items():
        for row in rows:
            chosen.setdefault(row, {}).setdefault(harm_of[id_], []).append(id_)
    split = divided and not queries.WHOSE.keys().isdisjoint(keys)
    figures = _split(harms, harm_of, rows_of) if split else _figures_of_rows(harms, chosen)
    sums = {}
    for row, by_harm in chosen.items():
        total = inclusions.total(figures[row])
        open_claims = sorted(
            claim.id
            for harm, ids in by_harm.items()
            if harm in total.harms
            for claim in harms[harm].outermost(ids)
            if claim.figure.high is None
        )
        left_out = sum(len(harms[harm]) - len(ids) for harm, ids in by_harm.items())
        number = sum(map(len, by_harm.values()))
        sums[row] = HarmSum(total, number, open_claims[: queries.MAX_LISTED_CLAIMS], len(open_claims), left_out)
    return sums


def _harms(snapshot: Snapshot, claims: SummedClaims) -> tuple[dict[str, Harm], dict[str, str]]:
    """Returns the harms by key, and the key of each claim's."""
    by_harm: dict[str, list[CountedClaim]] = {}
    harm_of = {}
    disputed = snapshot.codebook.having("casualty.basis", "disputes")
    for id_, incident, harm, low, high, best, basis, part_of in claims.competing():
        harm_of[id_] = key = f"{incident}/{harm}"
        claim = CountedClaim(id_, key, Figure(low, high, best), basis in disputed, part_of)
        by_harm.setdefault(key, []).append(claim)
    return {key: Harm(some) for key, some in by_harm.items()}, harm_of


def _figures_of_rows(
    harms: Mapping[str, Harm], chosen: Mapping[Row, Mapping[str, list[str]]]
) -> dict[Row, dict[str, HarmFigure]]:
    """Returns the figure of each harm in each row by its claims there."""
    figures: dict[Row, dict[str, HarmFigure]] = {}
    for row, by_harm in chosen.items():
        for harm, ids in by_harm.items():
            if (figure := harms[harm].figure(ids)) is not None:
                figures.setdefault(row, {})[harm] = figure
    return figures


def _split(
    harms: Mapping[str, Harm], harm_of: Mapping[str, str], rows_of: Mapping[str, set[Row]]
) -> dict[Row, dict[str, HarmFigure]]:
    """Returns the figure of each harm in each row, with the parts of its claims in their own rows."""
    chosen: dict[str, dict[str, set[Row]]] = {}
    for id_, rows in rows_of.items():
        chosen.setdefault(harm_of[id_], {})[id_] = rows
    figures: dict[Row, dict[str, HarmFigure]] = {}
    for harm, its_rows in chosen.items():
        for row, figure in harms[harm].split(its_rows).items():
            figures.setdefault(row, {})[harm] = figure
    return figures
