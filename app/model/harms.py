"""What claims about the same people add up to: the rule that the page `/docs/sums` states in words.

A harm is what its claims count: the same people. They are alternatives, so that its figure is as wide as they are, and
sums add harms, never claims. A claim may be split into parts, and a harm may include others.
"""

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from typing import NamedTuple, TypeVar

Row = TypeVar("Row", bound=Hashable)


class Figure(NamedTuple):
    """Bounds of a number of people; None where there is none. `best` is the editors' own number inside of them."""

    low: int | None
    high: int | None
    best: int | None = None


class CountedClaim(NamedTuple):
    """A counted claim, as sums need it. `harm` is the key of its harm, the same for its parts."""

    id: str
    harm: str
    figure: Figure
    contested: bool = False
    part_of: str | None = None


class HarmFigure(NamedTuple):
    """The figure of a harm, and whether it is in dispute."""

    figure: Figure
    in_dispute: bool


class Total(NamedTuple):
    """A sum of harms: at least `low`; `high` is None where it is open, `best` where a harm has none. `harms` are those
    that are added, so many of them `in_dispute`, and so many `open`."""

    low: int = 0
    high: int | None = 0
    best: int | None = 0
    harms: frozenset[str] = frozenset()
    in_dispute: int = 0
    open: int = 0


class Harm:
    """The counted claims of one harm."""

    def __init__(self, claims: Iterable[CountedClaim]) -> None:
        self._claims = {claim.id: claim for claim in claims}
        self._parts: dict[str, list[CountedClaim]] = {}
        self._alternatives: list[CountedClaim] = []
        for claim in self._claims.values():
            if claim.part_of in self._claims:
                self._parts.setdefault(claim.part_of, []).append(claim)
            else:
                self._alternatives.append(claim)

    def figure(self, chosen: Collection[str]) -> HarmFigure | None:
        """Returns the span of the chosen claims; None if there is none. Of a claim that is not chosen its chosen parts
        are added up."""
        figures = [figure for one in self._alternatives if (figure := self._of(one, chosen)) is not None]
        if not figures:
            return None
        return HarmFigure(span(figures), self._in_dispute(figures, (self._claims[id_] for id_ in chosen)))

    def split(self, rows: Mapping[str, Collection[Row]]) -> dict[Row, HarmFigure]:
        """Returns a figure for each row. `rows` are those of the chosen claims: of a claim with chosen parts, what is
        left of it stands there. Each alternative is split, and then they are spanned."""
        figures: dict[Row, list[Figure]] = {}
        behind: dict[Row, list[CountedClaim]] = {}
        for alternative in self._alternatives:
            added: dict[Row, list[Figure]] = {}
            for claim, figure in self._pieces(alternative, rows):
                for row in rows[claim.id]:
                    added.setdefault(row, []).append(figure)
                    behind.setdefault(row, []).append(claim)
            for row, some in added.items():
                figures.setdefault(row, []).append(_sum(some))
        return {row: HarmFigure(span(some), self._in_dispute(some, behind[row])) for row, some in figures.items()}

    def outermost(self, chosen: Collection[str]) -> Iterator[CountedClaim]:
        """Yields the chosen claims that are no parts of other chosen ones."""
        ahead = list(self._alternatives)
        while ahead:
            claim = ahead.pop()
            if claim.id in chosen:
                yield claim
            else:
                ahead += self._parts.get(claim.id, ())

    def __len__(self) -> int:
        return len(self._claims)

    def _of(self, claim: CountedClaim, chosen: Collection[str]) -> Figure | None:
        if claim.id in chosen:
            return claim.figure
        parts = self._figures_of_parts(claim, chosen)
        return _sum(parts) if parts else None

    def _figures_of_parts(self, claim: CountedClaim, chosen: Collection[str]) -> list[Figure]:
        figures = (self._of(part, chosen) for part in self._parts.get(claim.id, ()))
        return [figure for figure in figures if figure is not None]

    def _pieces(self, claim: CountedClaim, chosen: Collection[str]) -> Iterator[tuple[CountedClaim, Figure]]:
        """Yields the chosen claims of which none is counted in another: of those with parts what is left of them."""
        if claim.id in chosen:
            yield claim, _rest(claim.figure, self._figures_of_parts(claim, chosen))
        for part in self._parts.get(claim.id, ()):
            yield from self._pieces(part, chosen)

    @staticmethod
    def _in_dispute(figures: list[Figure], claims: Iterable[CountedClaim]) -> bool:
        return len({figure[:2] for figure in _with_number(figures)}) > 1 or any(claim.contested for claim in claims)


def span(figures: list[Figure]) -> Figure:
    """Returns the figure that is as wide as these. One without any number widens nothing while another has one."""
    numbered = _with_number(figures)
    lows, highs = [one.low for one in numbered], [one.high for one in numbered]
    low = None if None in lows else min(one for one in lows if one is not None)
    high = None if None in highs else max(one for one in highs if one is not None)
    return Figure(low, high, next((one.best for one in numbered if one.best is not None), None))


def _with_number(figures: list[Figure]) -> list[Figure]:
    return [one for one in figures if one.low is not None or one.high is not None] or figures


def _sum(figures: list[Figure]) -> Figure:
    """Returns the figure of all these people together."""
    lows, highs, bests = ([one[place] for one in figures] for place in range(3))
    low = None if all(one is None for one in lows) else sum(one or 0 for one in lows)
    return Figure(low, _sum_of_all(highs), _sum_of_all(bests))


def _sum_of_all(numbers: list[int | None]) -> int | None:
    known = [one for one in numbers if one is not None]
    return sum(known) if len(known) == len(numbers) else None


def _rest(whole: Figure, parts: list[Figure]) -> Figure:
    """Returns what is left of a figure beside its parts."""
    if not parts:
        return whole
    part_low, part_high, part_best = _sum(parts)
    low = 0 if whole.low is None or part_high is None else max(0, whole.low - part_high)
    high = None if whole.high is None else max(0, whole.high - (part_low or 0))
    best = None if whole.best is None or part_best is None else whole.best - part_best
    if best is not None and (best < low or (high is not None and best > high)):
        best = None
    return Figure(low, high, best)


class Inclusions:
    """Which harms include others, certainly or perhaps. What is included includes what it includes itself."""

    def __init__(self, pairs: Iterable[tuple[str, str, bool]]) -> None:
        self._direct: dict[str, dict[str, bool]] = {}
        for outer, inner, is_certain in pairs:
            below = self._direct.setdefault(outer, {})
            below[inner] = below.get(inner, False) or is_certain

    def below(self, harm: str) -> dict[str, bool]:
        """Returns all harms that this one includes, and whether it certainly does."""
        reached: dict[str, bool] = {}
        ahead = [(harm, True)]
        while ahead:
            outer, so_far = ahead.pop()
            for inner, is_certain in self._direct.get(outer, {}).items():
                certain = so_far and is_certain
                if inner not in reached or (certain and not reached[inner]):
                    reached[inner] = certain
                    ahead.append((inner, certain))
        return reached

    def total(self, harms: Mapping[str, HarmFigure]) -> Total:
        """Adds up harms. One that another certainly includes adds nothing. Of those that may include one another, low
        is the largest sum of harms of which none may include another, and there is no best."""
        certain, possible = self._pairs(harms)
        added = harms.keys() - {inner for _, inner in certain}
        neighbours: dict[str, set[str]] = {}
        for outer, inner in possible:
            if outer in added and inner in added:
                neighbours.setdefault(outer, set()).add(inner)
                neighbours.setdefault(inner, set()).add(outer)
        figures = [harms[harm].figure for harm in added]
        lows = {harm: harms[harm].figure.low or 0 for harm in added}
        return Total(
            sum(low for harm, low in lows.items() if harm not in neighbours)
            + _largest(frozenset(neighbours), neighbours, lows),
            _sum_of_all([figure.high for figure in figures]),
            None if neighbours else _sum_of_all([figure.best for figure in figures]),
            frozenset(added),
            sum(harms[harm].in_dispute for harm in added),
            sum(figure.high is None for figure in figures),
        )

    def added(self, own: Mapping[str, HarmFigure], others: Mapping[str, HarmFigure]) -> Total:
        """Returns what other harms add to the total of `own`."""
        together = self.total({**others, **own})
        certain, possible = self._pairs({**others, **own})
        inside = {inner for _, inner in certain}
        alone = self.total({harm: one for harm, one in others.items() if harm not in inside})
        crossing = any((outer in own) != (inner in own) for outer, inner in possible if not inside & {outer, inner})
        low = max(0, together.low - self.total(own).low)
        return alone._replace(low=low, best=None if crossing else alone.best)

    def _pairs(self, harms: Collection[str]) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
        """Returns which of these harms include which others, certainly and perhaps."""
        certain: set[tuple[str, str]] = set()
        possible: set[tuple[str, str]] = set()
        for outer in harms:
            if outer in self._direct:
                for inner, is_certain in self.below(outer).items():
                    if inner in harms:
                        (certain if is_certain else possible).add((outer, inner))
        return certain, possible


def _largest(harms: frozenset[str], neighbours: Mapping[str, set[str]], lows: Mapping[str, int]) -> int:
    """Returns the largest sum of the lows of harms of which none is another's neighbour."""
    total = 0
    for group in _connected(harms, neighbours):
        if len(group) == 1:
            total += sum(lows[harm] for harm in group)
            continue
        middle = max(group, key=lambda harm: (len(neighbours[harm] & group), harm))
        with_it = lows[middle] + _largest(group - neighbours[middle] - {middle}, neighbours, lows)
        total += max(with_it, _largest(group - {middle}, neighbours, lows))
    return total


def _connected(harms: frozenset[str], neighbours: Mapping[str, set[str]]) -> Iterator[frozenset[str]]:
    """Yields the groups of harms that are connected by neighbours."""
    left = set(harms)
    while left:
        ahead, group = [left.pop()], set()
        while ahead:
            group.add(harm := ahead.pop())
            near = neighbours[harm] & left
            left -= near
            ahead += near
        yield frozenset(group)
