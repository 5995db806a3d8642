"""Checks of the claims about an incident: none is counted twice, and harms and parts are what they can be."""

from collections.abc import Iterator

from app.ingest.building.harms import SeedHarm, wholes
from app.ingest.building.reference_index import Inclusion, ReferenceIndex
from app.ingest.seed.claim_seeds import CasualtySeed
from app.ingest.seed.files import SeedError
from app.ingest.seed.reading import CasualtyEntry, Entry
from app.ingest.seed.record_seeds import IncidentSeed

_SAME_HARM_HINT = (
    "give both the same harm if these are the same people, a harm each if they are others, or set counted: false on "
    "one of them, with a note saying why"
)
_PART_HINT = (
    "say on the claim of the operation that its harm `includes: [{key}]` or, if that is not certain, "
    "`may_include: [{key}]`"
)


def harm_mistakes(entry: Entry[IncidentSeed], refs: ReferenceIndex) -> Iterator[SeedError]:
    """Yields the mistakes in harms of an incident and in claims about it, but none that a claim which has mistakes of
    its own may be the cause of."""
    unknown: set[str | None] = {claim.seed.id for claim in refs.claims(entry) if claim.broken}
    unknown |= {None for claim in entry.seed.casualties if claim is None}
    claims = {claim.seed.id: claim for claim in refs.claims(entry) if not claim.broken and claim.seed.id}
    harms = refs.harms(entry)
    if any(claim.seed.part_of for claim in claims.values()):
        yield from _part_mistakes(claims, unknown, refs)
    for harm in harms:
        if len(harm.claims) > 1:
            yield from _alternative_mistakes(harm, claims)
    yield from _twice(harms, claims)
    for inclusion in refs.inclusions.get(entry.seed.id, ()):
        if unknown and all(harm.id != inclusion.inner for harm in harms):
            continue
        yield from _inclusion_mistakes(inclusion, entry.seed.id, harms, refs)
    if entry.seed.id in refs.children:
        for harm in harms:
            for part in refs.harms_below(entry.seed.id):
                yield from _counted_in_a_part(harm, part, claims, refs)


def _part_mistakes(
    claims: dict[str, CasualtyEntry], unknown: set[str | None], refs: ReferenceIndex
) -> Iterator[SeedError]:
    parts: dict[str, list[CasualtySeed]] = {}
    in_the_end = wholes(claim.seed for claim in claims.values())
    for claim in claims.values():
        seed = claim.seed
        if seed.part_of is None:
            continue
        whole = claims.get(seed.part_of)
        if whole is None and not unknown.isdisjoint((seed.part_of, None)):
            continue
        if whole is None:
            elsewhere = refs.has("casualties", seed.part_of)
            message = "a whole and its parts are claims about one incident; '{}' is {}".format(
                seed.part_of, "about another" if elsewhere else "no claim about this one"
            )
            yield claim.source.error(("part_of",), message)
        elif not whole.seed.counted:
            yield claim.source.error(("part_of",), f"'{seed.part_of}' is not counted, so it has no parts")
        elif whole.seed.outcome != seed.outcome:
            message = f"'{seed.part_of}' counts people {whole.seed.outcome}, so they are none of those {seed.outcome}"
            yield claim.source.error(("outcome",), message)
        elif in_the_end[seed.id].part_of is not None:
            yield claim.source.error(("part_of",), "the claim is a part of itself, through others")
        else:
            parts.setdefault(seed.part_of, []).append(seed)
    for id_, some in parts.items():
        high, low = claims[id_].seed.high, sum(part.low or 0 for part in some)
        if high is not None and low > high:
            names = ", ".join(f"'{part.id}'" for part in some)
            message = f"its parts {names} are {low} at least, more than the {high} of whom they are a part"
            yield claims[id_].source.error(("high",), message)


def _alternative_mistakes(harm: SeedHarm, claims: dict[str, CasualtyEntry]) -> Iterator[SeedError]:
    first = harm.alternatives[0]
    giving = None
    for seed in harm.alternatives:
        claim = claims[seed.id]
        if seed.outcome != first.outcome:
            message = f"the harm '{harm.id}' has one outcome, and '{first.id}' counts people {first.outcome} in it"
            yield claim.source.error(("harm",), f"{message}; name another harm here")
        if seed.harm is None and len(harm.alternatives) > 1:
            others = ", ".join(f"'{one.id}'" for one in harm.alternatives if one is not seed)
            message = f"{others} names its harm as this claim is called; name the harm here too, or another one there"
            yield claim.source.error(("id",), message)
        if seed.best is None:
            continue
        if giving is not None:
            message = f"'{giving}' gives the best figure of the harm '{harm.id}' already; take one of them out"
            yield claim.source.error(("best",), message)
        giving = seed.id
        if seed.low is None and seed.high is None and len(harm.alternatives) > 1:
            yield claim.source.error(("best",), "this claim gives no number; the best figure stands at one that does")


def _twice(harms: list[SeedHarm], claims: dict[str, CasualtyEntry]) -> Iterator[SeedError]:
    """Two harms of one group, organization and outcome are the same unless both say that they are not."""
    first: dict[tuple[str, str, str], SeedHarm] = {}
    for harm in harms:
        for seed in harm.alternatives:
            other = first.setdefault((seed.group, seed.outcome, seed.organization or ""), harm)
            if other is not harm and None in (seed.harm, other.alternatives[0].harm):
                message = f"'{other.alternatives[0].id}' counts the same harm; {_SAME_HARM_HINT}"
                yield claims[seed.id].source.error((), message)


def _inclusion_mistakes(
    inclusion: Inclusion, incident: str, harms: list[SeedHarm], refs: ReferenceIndex
) -> Iterator[SeedError]:
    """The harm that another includes is there and of the same outcome, and does not include that one."""
    inner = next((harm for harm in harms if harm.id == inclusion.inner), None)
    key = f"{incident}/{inclusion.inner}"
    if inner is None:
        there = ", ".join(f"'{incident}/{harm.id}'" for harm in harms) or "none"
        message = f"'{incident}' has no harm '{inclusion.inner}'; there is {there}"
    elif inner.outcome != inclusion.outcome:
        message = f"'{key}' counts people {inner.outcome}, so they are none of those {inclusion.outcome}"
    elif key == inclusion.outer:
        message = "a harm cannot include itself"
    elif refs.includes(key, inclusion.outer):
        message = f"'{key}' includes this harm in turn, itself or through others"
    else:
        return
    yield inclusion.source.error(inclusion.path, message)


def _counted_in_a_part(
    harm: SeedHarm, part: SeedHarm, claims: dict[str, CasualtyEntry], refs: ReferenceIndex
) -> Iterator[SeedError]:
    """A harm of an operation and one of a part of it, which may be the same people, say how they overlap."""
    for one in harm.alternatives:
        for other in part.alternatives:
            if _may_be_same(one, other, refs) and not (
                refs.includes(harm.key, part.key) or refs.includes(part.key, harm.key)
            ):
                hint = _PART_HINT.format(key=part.key)
                message = f"'{other.id}' of '{part.incident}', a part of this, counts the same harm; {hint}"
                yield claims[one.id].source.error((), message)
                return


def _may_be_same(one: CasualtySeed, other: CasualtySeed, refs: ReferenceIndex) -> bool:
    """Whether people harmed in a part of an operation may be counted among those harmed in the whole operation."""
    if one.id == other.id or one.outcome != other.outcome:
        return False
    overlapping = refs.codebook.having("casualty.group", "overlaps")
    one_group = one.group == other.group or one.group in overlapping or other.group in overlapping
    return one_group and refs.may_overlap(one.organization, other.organization)
