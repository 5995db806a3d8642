"""Release plan: the difference between a dossier and the database."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.ingest.seed.files import SeedError
from app.model.codebook import ChangeCause, ChangeOp
from app.model.compact_json import dump_json
from app.model.corrections import Correction
from app.records import RECORD_TYPES

MAX_SHOWN_CHANGES = 20


class PlannedChange(NamedTuple):
    """One record that a release adds, changes or removes."""

    op: ChangeOp
    resource: str
    id: str
    version: int
    reason: str | None = None
    successor: str | None = None
    cause: ChangeCause | None = ChangeCause.EDITED
    because: str | None = None
    """The record that did it, as `type/id`, where it is known already (see `causes`)."""

    correction: Correction | None = None
    redacted: str | None = None
    """The fields that it takes out of all earlier releases, as the change log has them."""

    @property
    def shown_op(self) -> ChangeOp:
        """What the change is called: a redaction, also where the record is changed or removed with it."""
        return ChangeOp.RED if self.redacted and self.op is not ChangeOp.ADD else self.op


def logged(change: PlannedChange, name: str | None) -> tuple[str | int | None, ...]:
    """Returns what the change log has of a change, but for the number of the release; `name` is the record's last."""
    kind = RECORD_TYPES[change.resource].type if change.resource in RECORD_TYPES else change.resource
    because = None if change.because is None else dump_json([change.because])
    what = kind, change.id, change.op.value, change.version, change.reason, change.successor, name
    cause = None if change.cause is None else change.cause.value
    return *what, cause, because, *(change.correction or (None, None)), change.redacted


@dataclass
class Plan:
    """The difference between a dossier and the database."""

    number: int
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

    warnings: list[SeedError] = field(default_factory=list)
    """What is loaded, but should not stay so: values that changed without a correction, corrections of nothing."""

    changed_fields: dict[tuple[str, str], Any] | None = None
    """Every changed field of every changed record, by resource and id, where these are asked for."""

    opaque_ids: dict[tuple[str, str], str] = field(default_factory=dict)
    """The ids that records have from now on, in all releases, by resource and the id that they had."""

    repeated: list[SeedError] = field(default_factory=list)
    """Lines of the seed files that have what is redacted, wherever in them it stands."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing has changed, so that there will be no release."""
        return not self.tally

    def add(self, resource: str, changes: list[PlannedChange]) -> None:
        """Adds changes of one resource."""
        self.tally.update((change.shown_op, resource) for change in changes)
        self.first += changes[: MAX_SHOWN_CHANGES - len(self.first)]
