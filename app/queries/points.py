"""The points of records that are chosen by another record, which has them: claims stand where their incident was."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.queries.record_type import RecordType
from app.storage.snapshot import Snapshot


def subject_points(snapshot: Snapshot, resource: RecordType, ids: Sequence[str]) -> list[Any]:
    """Returns id, latitude, longitude, radius and the place's id for those of the records whose subject has a point."""
    assert resource.chosen_by is not None
    of, subject = resource.table, resource.chosen_by.record_type.table
    columns = (of.id, subject.latitude, subject.longitude, subject.radius_m, subject.location_id)
    statement = resource.join(select(*columns)).where(of.id.in_(ids), subject.latitude.is_not(None))
    return snapshot.rows(statement)
