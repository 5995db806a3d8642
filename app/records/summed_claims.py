"""The claims that sums are made of: found in the arrays of a release where it has them, else in SQL."""

from collections.abc import Sequence
from typing import Any, Protocol

from app.queries.counting import MatchedRecords
from app.records import casualty_sums as queries
from app.storage.snapshot import Snapshot


class SummedClaims(Protocol):
    """The claims that match, or those about the incidents that match, once for each combination of their keys.

    `listed` is asked after `sums`, for those of the sums that were sent.
    """

    def sums(self, limit: int | None, disputed: Sequence[str], only: Sequence[str] | None = None) -> list[Any]:
        """As `casualty_sums.sums`."""

    def listed(self) -> list[Any]:
        """As `casualty_sums.listed`."""

    def together(self) -> list[Any]:
        """As `casualty_sums.together`."""

    def competing(self) -> list[Any]:
        """As `casualty_sums.competing`."""


def summed_claims(
    snapshot: Snapshot, found: MatchedRecords, filters: Any, keys: Sequence[str], *, divided: bool
) -> SummedClaims:
    """Returns the claims with their keys. If `divided`, keys tell parts of claims apart and each stands in one row of
    whose people they were; else keys are the values of filters."""
    if snapshot.archive is None:
        return SqlClaims(snapshot, found, filters, keys, divided=divided)
    # Here, because importing NumPy takes longer than most answers.
    from app.records.array_sums import ArrayClaims

    return ArrayClaims(snapshot, found, filters, keys, divided=divided)


class SqlClaims:
    """Claims in SQL."""

    def __init__(
        self, snapshot: Snapshot, found: MatchedRecords, filters: Any, keys: Sequence[str], *, divided: bool
    ) -> None:
        self._snapshot = snapshot
        self._keys = keys
        self._claims = queries.claims(found.conditions, filters, keys, divided=divided)
        self._shown: list[tuple[str, ...]] = []

    def sums(self, limit: int | None, disputed: Sequence[str], only: Sequence[str] | None = None) -> list[Any]:
        """As `casualty_sums.sums`."""
        rows = self._snapshot.rows(queries.sums(self._claims, self._keys, limit, disputed, only))
        self._shown = [tuple(row[: len(self._keys)]) for row in rows]
        return rows

    def listed(self) -> list[Any]:
        """As `casualty_sums.listed`."""
        shown = self._shown
        return self._snapshot.rows(queries.listed(self._claims, self._keys, shown)) if shown else []

    def together(self) -> list[Any]:
        """As `casualty_sums.together`."""
        return self._snapshot.rows(queries.together(self._claims, self._keys))

    def competing(self) -> list[Any]:
        """As `casualty_sums.competing`."""
        return self._snapshot.rows(queries.competing(self._claims))
