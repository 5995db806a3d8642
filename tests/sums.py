"""The rule of sums as the page `/docs/sums` has it, carried out on claims as the API exports them.

Nothing here is shared with the service. It is written for being right, not for speed: what may overlap is tried in
every way.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import combinations
from typing import Any

Json = dict[str, Any]
Row = tuple[str | None, ...]
Bounds = tuple[int | None, int | None, int | None]
"""Low, high and best."""

WHOSE = {"group", "organization", "person"}


def key(claim: Json) -> str:
    return f"{claim['incident']['id']}/{claim['harm']['id']}"


def plus(several: list[Bounds]) -> Bounds:
    lows, highs, bests = zip(*several, strict=True)
    return (
        None if set(lows) == {None} else sum(low or 0 for low in lows),
        None if None in highs else sum(highs),
        None if None in bests else sum(bests),
    )


def span(several: list[Bounds]) -> tuple[Bounds, bool]:
    """As wide as all of them, and whether they differ."""
    numbered = [one for one in several if one[:2] != (None, None)] or several
    lows, highs = [one[0] for one in numbered], [one[1] for one in numbered]
    bests = [one[2] for one in numbered if one[2] is not None]
    assert len(bests) < 2, "one claim at most gives the best figure"
    low = None if None in lows else min(one for one in lows if one is not None)
    high = None if None in highs else max(one for one in highs if one is not None)
    return (low, high, bests[0] if bests else None), len({one[:2] for one in numbered}) > 1


class Claims:
    """All counted claims of an archive, and those of them that match."""

    def __init__(self, every: Iterable[Json], chosen: Iterable[Json]) -> None:
        self.every = {one["id"]: one for one in every if one["counted"]}
        self.chosen = {one["id"]: one for one in chosen if one["counted"]}
        self.includes: dict[tuple[str, str], bool] = {}
        for one in self.every.values():
            for inner in one["harm"]["may_include"]:
                self.includes.setdefault((key(one), inner), False)
            for inner in one["harm"]["includes"]:
                self.includes[key(one), inner] = True
        names = {name for pair in self.includes for name in pair}
        for middle in names:  # whatever it includes is included in what includes it
            for outer in names:
                for inner in names:
                    if (outer, middle) in self.includes and (middle, inner) in self.includes:
                        certain = self.includes[outer, middle] and self.includes[middle, inner]
                        self.includes[outer, inner] = self.includes.get((outer, inner), False) or certain

    def parts(self, claim: Json) -> list[Json]:
        return [one for one in self.every.values() if one["part_of"] == claim["id"]]

    def figure(self, claim: Json, chosen: set[str]) -> Bounds | None:
        if claim["id"] in chosen:
            return claim["low"], claim["high"], claim["best"]
        parts = [figure for part in self.parts(claim) if (figure := self.figure(part, chosen)) is not None]
        return plus(parts) if parts else None

    def alternatives(self, harm: str) -> list[Json]:
        return [one for one in self.every.values() if key(one) == harm and one["part_of"] is None]

    def within(self, claim: Json) -> list[Json]:
        return [claim, *(one for part in self.parts(claim) for one in self.within(part))]

    def left_of(self, claim: Json) -> Bounds:
        """What is left of a claim beside those of its parts that match."""
        low, high, best = claim["low"], claim["high"], claim["best"]
        parts = [one for part in self.parts(claim) if (one := self.figure(part, set(self.chosen))) is not None]
        if not parts:
            return low, high, best
        part_low, part_high, part_best = plus(parts)
        least = 0 if low is None or part_high is None else max(0, low - part_high)
        most = None if high is None else max(0, high - (part_low or 0))
        rest = None if best is None or part_best is None else best - part_best
        fits = rest is not None and least <= rest <= (rest if most is None else most)
        return least, most, rest if fits else None

    def rows(self, values: Callable[[Json], Iterable[Row]], *, split: bool) -> dict[Row, Json]:
        """The sum of each row; `values` are the rows of a claim."""
        told: dict[Row, dict[str, list[Json]]] = defaultdict(lambda: defaultdict(list))
        for one in self.chosen.values():
            for row in set(values(one)):
                told[row][key(one)].append(one)
        sums = {}
        for row, by_harm in told.items():
            figures = {}
            for harm, its in by_harm.items():
                several: list[Bounds] = []
                for alternative in self.alternatives(harm):
                    if split:
                        here = [one for one in self.within(alternative) if one in its]
                        several += [plus([self.left_of(one) for one in here])] if here else []
                    elif (figure := self.figure(alternative, {one["id"] for one in its})) is not None:
                        several.append(figure)
                bounds, differ = span(several)
                figures[harm] = bounds, differ or any(one["basis"] == "contested" for one in its)
            everyone = [one for its in by_harm.values() for one in its]
            sums[row] = self.total(figures) | {
                "counted": len(everyone),
                "left_out": sum(key(one) in by_harm for one in self.every.values()) - len(everyone),
                "incidents": len({one["incident"]["id"] for one in everyone}),
            }
        return sums

    def total(self, figures: dict[str, tuple[Bounds, bool]]) -> Json:
        """The sum of harms."""
        inside = {inner for (outer, inner), certain in self.includes.items() if certain and outer in figures}
        added = {harm: one for harm, one in figures.items() if harm not in inside}
        overlap = {pair for pair in self.includes if set(pair) <= set(added)}
        unsure = sorted({harm for pair in overlap for harm in pair})
        apart = [
            some
            for size in range(len(unsure) + 1)
            for some in combinations(unsure, size)
            if not any(pair in overlap for one in some for other in some for pair in [(one, other)])
        ]
        lows = {harm: bounds[0] or 0 for harm, (bounds, _) in added.items()}
        highs = [bounds[1] for bounds, _ in added.values()]
        bests = [bounds[2] for bounds, _ in added.values()]
        return {
            "low": sum(low for harm, low in lows.items() if harm not in unsure)
            + max(sum(lows[harm] for harm in some) for some in apart),
            "high": None if None in highs else sum(highs),
            "best": None if overlap or None in bests else sum(bests),
            "harms": len(added),
            "in_dispute": sum(differ for _, differ in added.values()),
            "open": highs.count(None),
        }
