"""Chooses how records are counted by facets: in the arrays of a release where it has them, else in SQL."""

from typing import Any

from app.queries.counting import MatchedRecords
from app.queries.counts import Counts, SqlCounts
from app.queries.record_type import RecordType
from app.storage.snapshot import Snapshot


def counts_of(snapshot: Snapshot, resource: RecordType, filters: Any, found: MatchedRecords) -> Counts:
    """Returns what counts the records that match filters with resolved ids. `found` are these records."""
    if snapshot.archive is None:
        return SqlCounts(snapshot, resource, filters, found)
    # Here, because importing NumPy takes longer than most answers.
    from app.queries.array_counts import ArrayCounts

    return ArrayCounts(snapshot, resource, filters, found)
