"""Release plan: the difference between a dossier and the database."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.model.codebook import ChangeOp

MAX_SHOWN_CHANGES = 20


class PlannedChange(NamedTuple):
    """One record that a release adds, changes or removes."""

    op: ChangeOp
    resource: str
    id: str
    version: int
    reason: str | None = None
    successor: str | None = None


@dataclass
class Plan:
    """The difference between a dossier and the database."""

    number: int
    shape_changed: bool = False
    previous: str | None = None
    """Time at which the previous release was loaded."""

    tally: Counter[tuple[ChangeOp, str]] = field(default_factory=Counter)
    """Number of changes by operation and resource."""

    first: list[PlannedChange] = field(default_factory=list)
    """The first changes, to be shown."""

    counts: dict[str, int] = field(default_factory=dict)
    """Number of records after the release, by resource."""

    verified: dict[str, Any] | None = None
    """Summary of the verification against the articles' texts; None if there was none."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing has changed, so that there will be no release."""
        return not self.tally

    def add(self, resource: str, changes: list[PlannedChange]) -> None:
        """Adds changes of one resource."""
        for op in ChangeOp:
            if number := sum(change.op is op for change in changes):
                self.tally[op, resource] += number
        self.first += changes[: MAX_SHOWN_CHANGES - len(self.first)]
