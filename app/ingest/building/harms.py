"""Harms of the seed: what the counted claims about an incident count, and the totals that they add up to."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.ingest.seed.claim_seeds import CasualtySeed
from app.model.digests import Data
from app.model.harms import CountedClaim, Figure, Harm, HarmFigure, Inclusions, Total

MIXED = "mixed"
"""What a harm has in place of a value that its claims do not share."""

_SHARED = ("group", "organization", "people")


@dataclass(frozen=True, slots=True)
class SeedHarm:
    """A harm of an incident: its claims, without their parts (`alternatives`) and with them (`claims`).

    `included_in` are the keys of the harms that include it.
    """

    incident: str
    id: str
    alternatives: list[CasualtySeed]
    claims: list[CasualtySeed]
    counted: list[CountedClaim]
    figure: HarmFigure
    included_in: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What other harms call it by: incident and harm."""
        return f"{self.incident}/{self.id}"

    @property
    def outcome(self) -> str:
        """What happened to these people."""
        return self.alternatives[0].outcome

    def includes(self, *, certainly: bool) -> list[str]:
        """Returns the keys of the harms that it includes."""
        lists = [claim.includes if certainly else claim.may_include for claim in self.alternatives]
        return list(dict.fromkeys(key for keys in lists for key in keys)) if any(lists) else []

    @property
    def mixed(self) -> list[str]:
        """Which of group, organization and people its claims do not share."""
        first, *others = self.alternatives
        if not others:
            return []
        return [name for name in _SHARED if any(_value(one, name) != _value(first, name) for one in others)]

    def shared(self, name: str) -> Any:
        """Returns the value of a key of its claims; None where they differ."""
        return None if name in self.mixed else getattr(self.alternatives[0], name)

    @property
    def document(self) -> Data:
        """Returns it as it stands in its incident, but for the records that it names."""
        return {
            "id": self.id,
            "outcome": self.outcome,
            "group": self.shared("group") or MIXED,
            "organization": None,
            "people": [],
            "mixed": self.mixed,
            **self._figure,
            "includes": self.includes(certainly=True),
            "may_include": self.includes(certainly=False),
            "included_in": list(self.included_in),
        }

    def beside(self, claim: CasualtySeed) -> Data:
        """Returns it as it stands in one of its claims."""
        return {
            "id": self.id,
            **self._figure,
            "split": len(self.claims) > len(self.alternatives) and self._is_split(claim),
            "mixed": [] if claim.part_of else self.mixed,
            "includes": self.includes(certainly=True),
            "may_include": self.includes(certainly=False),
            "included_in": list(self.included_in),
        }

    @property
    def _figure(self) -> Data:
        (low, high, best), in_dispute = self.figure
        return {"low": low, "high": high, "best": best, "claims": len(self.claims), "in_dispute": in_dispute}

    def _is_split(self, claim: CasualtySeed) -> bool:
        return not claim.part_of or any(other.part_of == claim.id for other in self.claims)

    def best_of(self, claim: CasualtySeed) -> int | None:
        """Returns the best figure that a claim gives."""
        return next(one.figure.best for one in self.counted if one.id == claim.id)


def _value(claim: CasualtySeed, name: str) -> Any:
    value = getattr(claim, name)
    return sorted(value) if isinstance(value, list) else value


def wholes(claims: Iterable[CasualtySeed]) -> dict[str, CasualtySeed]:
    """Returns the claim that each is a part of in the end: itself if it is no part, or leads nowhere."""
    by_id = {claim.id: claim for claim in claims}
    found = {}
    for id_, claim in by_id.items():
        whole, passed = claim, {id_}
        while whole.part_of in by_id and whole.part_of not in passed:
            passed.add(whole.part_of)
            whole = by_id[whole.part_of]
        found[id_] = whole
    return found


def with_wholes(claims: list[CasualtySeed]) -> list[CasualtySeed]:
    """Returns claims without the parts of others that are not among them, because these have mistakes of their own: a
    part alone would be counted as if it were none."""
    if not any(claim.part_of for claim in claims):
        return claims
    ids, whole_of = {claim.id for claim in claims}, wholes(claims)
    return [claim for claim in claims if whole_of[claim.id].part_of in (None, *ids)]


def harms(
    incident: str,
    claims: Iterable[CasualtySeed],
    disputed: Collection[str],
    included_in: Iterable[tuple[str, str]] = (),
) -> list[SeedHarm]:
    """Returns the harms of an incident, in the order of their first claims. `disputed` says on what basis claims are
    contested; `included_in` are pairs: a harm's id, and the key of one that includes it."""
    counted = [claim for claim in claims if claim.counted]
    whole_of = wholes(counted) if any(claim.part_of for claim in counted) else None
    by_id: dict[str, list[CasualtySeed]] = {}
    for claim in counted:
        whole = whole_of[claim.id] if whole_of else claim
        by_id.setdefault(whole.harm or whole.id, []).append(claim)
    outer: dict[str, list[str]] = {}
    for id_, key in included_in:
        outer.setdefault(id_, []).append(key)
    return [_harm(incident, id_, some, disputed, whole_of, tuple(outer.get(id_, ()))) for id_, some in by_id.items()]


def _harm(
    incident: str,
    id_: str,
    claims: list[CasualtySeed],
    disputed: Collection[str],
    whole_of: Mapping[str, CasualtySeed] | None,
    included_in: tuple[str, ...],
) -> SeedHarm:
    key = f"{incident}/{id_}"
    if len(claims) == 1:
        (claim,) = claims
        figure, contested = Figure(claim.low, claim.high, _own_best(claim, disputed)), claim.basis in disputed
        counted = CountedClaim(claim.id, key, figure, contested, claim.part_of)
        return SeedHarm(incident, id_, claims, claims, [counted], HarmFigure(figure, contested), included_in)
    alternatives = [claim for claim in claims if whole_of is None or whole_of[claim.id] is claim]
    alternatives = alternatives or claims
    giving = {claim.id: _given_best(claim, disputed, alone=len(alternatives) == 1) for claim in alternatives}
    several = [
        CountedClaim(
            claim.id,
            key,
            Figure(claim.low, claim.high, _best(claim, disputed, giving, whole_of)),
            claim.basis in disputed,
            claim.part_of,
        )
        for claim in claims
    ]
    figure_of_all = Harm(several).figure([claim.id for claim in claims])
    assert figure_of_all is not None, "a harm has a claim"
    return SeedHarm(incident, id_, alternatives, claims, several, figure_of_all, included_in)


def _own_best(claim: CasualtySeed, disputed: Collection[str]) -> int | None:
    """The number of a claim that is the only one about some people, unless the seed says another, or none."""
    if claim.best is not None or "best" in claim.model_fields_set:
        return claim.best
    return claim.low if claim.low == claim.high and claim.basis not in disputed else None


def _given_best(claim: CasualtySeed, disputed: Collection[str], *, alone: bool) -> int | None:
    return _own_best(claim, disputed) if alone else claim.best


def _best(
    claim: CasualtySeed,
    disputed: Collection[str],
    giving: Mapping[str, int | None],
    whole_of: Mapping[str, CasualtySeed] | None,
) -> int | None:
    """A part has a number of its own where no other claim stands against its whole, or the whole gives the best."""
    if claim.id in giving:
        return giving[claim.id]
    whole = whole_of[claim.id] if whole_of else claim
    return _own_best(claim, disputed) if len(giving) == 1 or giving.get(whole.id) is not None else None


def totals(own: list[SeedHarm], below: list[SeedHarm], outcomes: Iterable[str]) -> Data:
    """Returns the totals of an incident by outcome; `below` are the harms of its parts."""
    by_outcome: Data = dict.fromkeys(outcomes)
    if not below:
        return by_outcome | {outcome: _total(some) for outcome, some in _by_outcome(own).items()}
    inclusions = Inclusions(pair for one in (*own, *below) for pair in _inclusions(one))
    here, there = _by_outcome(own), _by_outcome(below)
    for outcome in here.keys() | there.keys():
        mine, theirs = ({one.key: one.figure for one in some.get(outcome, ())} for some in (here, there))
        total = _bounds(inclusions.total(mine)) if mine else dict.fromkeys(_bounds(Total()))
        added = inclusions.added(mine, theirs)._asdict() if theirs else {}
        by_outcome[outcome] = {
            **total,
            "parts": {key: added[key] for key in ("low", "high", "best")} if added else None,
        }
    return by_outcome


def _total(own: list[SeedHarm]) -> Data:
    if len(own) == 1:
        (low, high, best), in_dispute = own[0].figure
        return {"low": low or 0, "high": high, "best": best, "in_dispute": int(in_dispute), "parts": None}
    inclusions = Inclusions(pair for one in own for pair in _inclusions(one))
    return {**_bounds(inclusions.total({one.key: one.figure for one in own})), "parts": None}


def _bounds(total: Total) -> Data:
    return {"low": total.low, "high": total.high, "best": total.best, "in_dispute": total.in_dispute}


def _by_outcome(harms: list[SeedHarm]) -> dict[str, list[SeedHarm]]:
    found: dict[str, list[SeedHarm]] = {}
    for one in harms:
        found.setdefault(one.outcome, []).append(one)
    return found


def _inclusions(harm: SeedHarm) -> Iterator[tuple[str, str, bool]]:
    for certainly in (True, False):
        yield from ((harm.key, key, certainly) for key in harm.includes(certainly=certainly))


def harm_of(claim: CasualtySeed, harms: Iterable[SeedHarm]) -> SeedHarm | None:
    """Returns the harm of a claim; None if it is not counted."""
    return next((one for one in harms if any(other is claim for other in one.claims)), None)


def claim_part(claim: CasualtySeed, harms: list[SeedHarm]) -> Data:
    """Returns the keys of a claim's document that say what it counts together with others."""
    harm = harm_of(claim, harms) if claim.counted else None
    return {
        "harm": harm and harm.beside(claim),
        "part_of": claim.part_of,
        "best": harm and harm.best_of(claim),
    }


def is_contested(claims: Iterable[Any], harms: Iterable[SeedHarm], disputed: Collection[str]) -> bool:
    """Whether a claim is disputed, or claims about the same people differ."""
    return any(one.figure.in_dispute for one in harms) or any(one.basis in disputed for one in claims)
