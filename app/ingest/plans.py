"""What a release is going to do: the difference between a dossier and the database."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.model.codebook import ChangeOp

SHOWN = 20


class Planned(NamedTuple):
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
    """When the release before was loaded."""

    tally: Counter[tuple[ChangeOp, str]] = field(default_factory=Counter)
    """How many changes there are, by operation and resource."""

    first: list[Planned] = field(default_factory=list)
    """The first of them, to be shown."""

    counts: dict[str, int] = field(default_factory=dict)
    """How many records there will be, by resource."""

    verified: dict[str, Any] | None = None
    """What of it was compared with the articles' texts, if anything was."""

    @property
    def is_empty(self) -> bool:
        return not self.tally

    def add(self, resource: str, changes: list[Planned]) -> None:
        """Adds changes of one resource."""
        for op in ChangeOp:
            if number := sum(change.op is op for change in changes):
                self.tally[op, resource] += number
        self.first += changes[: SHOWN - len(self.first)]
