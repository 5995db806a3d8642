"""Pydantic models of the claims about who was harmed, as they stand inside of incidents in seed files."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, Discriminator, Field, Tag

from app.ingest.seed.scalars import Count, HarmKey, Slug, unique
from app.ingest.seed.seed_base import ConstrainedRecord, SourcedRecord, Tombstone, Violation
from app.model.codebook import CasualtyBasis, CasualtyGroup, CasualtyOutcome


class CasualtySeed(SourcedRecord, ConstrainedRecord):
    """One claim. Without `claimed_by` it is the article's own voice; both bounds left out: harm without a number.

    Claims with the same `harm` count the same people; one without it is a harm of its own, named as the claim is.
    `best` is the editors' number inside the bounds, and the note says why; null says that there is none. A claim that
    is `part_of` another belongs to its harm. What a harm includes may stand at any of its claims.
    """

    group: CasualtyGroup
    organization: Slug | None = None
    people: list[Slug] = Field(default_factory=list)
    outcome: CasualtyOutcome
    low: Count | None = None
    high: Count | None = None
    claimed_by: Slug | None = None
    via: Slug | None = None
    documents: list[Slug] = Field(default_factory=list)
    basis: CasualtyBasis
    counted: bool = True
    harm: Slug | None = Field(None, description="The people whom it counts: the same word for all claims about them.")
    best: Count | None = Field(
        None, description="The editors' own figure inside the bounds, and `note` says why; null: there is none."
    )
    part_of: Slug | None = None
    includes: Annotated[list[HarmKey], AfterValidator(unique)] = Field(
        default_factory=list, description="Harms, as incident/harm, whose people are certainly counted here as well."
    )
    may_include: Annotated[list[HarmKey], AfterValidator(unique)] = Field(
        default_factory=list, description="Harms, as incident/harm, whose people are perhaps counted here as well."
    )

    def violations(self) -> Iterator[Violation]:
        """Yields violations for bounds in the wrong order, an uncounted claim without a reason, and a harm that cannot
        be."""
        if self.low is not None and self.high is not None and self.low > self.high:
            yield Violation(("low", "high"), f"low is above high: {self.low} is more than {self.high}")
        if self.counted is False and self.note is None:
            yield Violation(("counted", "note"), "a claim that is not counted needs a note saying why")
        if self.counted is False and (name := self._in_harm(("harm", "part_of", "best", "includes", "may_include"))):
            yield Violation((name, "counted"), f"a claim that is not counted is in no harm; take out '{name}'")
        if self.part_of is not None and (name := self._in_harm(("harm", "includes", "may_include"))):
            yield Violation((name, "part_of"), f"a part belongs to the harm of its whole; take out '{name}'")
        if self.part_of is not None and self.part_of == self.id:
            yield Violation(("part_of", "id"), "a claim cannot be a part of itself")
        if self.best is not None and self.note is None:
            yield Violation(("best", "note"), "a best figure needs a note saying why")
        if self.best is not None and not (self.low or 0) <= self.best <= (
            self.best if self.high is None else self.high
        ):
            bounds = f"{self.low or 0} to {'open' if self.high is None else self.high}"
            yield Violation(
                ("best", "low", "high"), f"the best figure {self.best} lies outside of the claim's {bounds}"
            )
        if both := set(self.includes or ()) & set(self.may_include or ()):
            message = f"'{min(both)}' is either certainly included or perhaps, not both"
            yield Violation(("may_include", "includes"), message)

    def _in_harm(self, names: tuple[str, ...]) -> str | None:
        return next((name for name in names if getattr(self, name) not in (None, [])), None)


def _claim_or_tombstone(value: Any) -> str:
    return "tombstone" if isinstance(value, Tombstone) or (isinstance(value, dict) and "removed" in value) else "claim"


Claim = Annotated[
    Annotated[CasualtySeed, Tag("claim")] | Annotated[Tombstone, Tag("tombstone")],
    Discriminator(_claim_or_tombstone),
]
