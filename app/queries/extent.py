"""The extent of records: the box around their points, and the first and last day that bound their dates.

Records that are chosen by another one, as claims are by their incident, have its points and dates. What is assumed
where a date is open bounds nothing.
"""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import case, func

from app.model.geography import narrowest_band
from app.queries.conditions import Condition
from app.queries.counting import MatchedRecords
from app.queries.record_type import RecordType
from app.storage.snapshot import Snapshot


def extent(snapshot: Snapshot, found: MatchedRecords) -> dict[str, Any]:
    """Returns box (west, south, east, north), first and last day of the records that match, each null where unknown.

    Only where the records lie more than half the Earth apart may a box be narrower that crosses the antimeridian.
    """
    if snapshot.archive is not None:
        # Here, because importing NumPy takes longer than most answers.
        from app.queries.array_extent import box_and_days

        return _written(*box_and_days(snapshot.archive, found))
    resource, conditions = found.resource, found.conditions
    columns = [*_edges(resource), *_days(resource)]
    if not columns:
        return _written(None, ())
    row = list(snapshot.rows(resource.select(conditions, *columns))[0])
    box = [row.pop(0) for _ in _edges(resource)]
    if not box or box[0] is None:
        return _written(None, row)
    if box[2] - box[0] > 180:
        longitude = _table_with("longitude", resource).longitude
        by_degree = resource.select([*conditions, Condition(longitude.is_not(None))], *_ends(longitude))
        box[0], box[2] = narrowest_band(snapshot.rows(by_degree.group_by(func.floor(longitude))))
    return _written(box, row)


def _written(box: list[float] | None, days: Iterable[str | None]) -> dict[str, Any]:
    first, last = (_of_known(of, days) for of in (min, max))
    return {"bbox": box, "earliest": first, "latest": last}


def _of_known(of: Callable[..., str | None], days: Iterable[str | None]) -> str | None:
    return of((day for day in days if day is not None), default=None)


def _ends(column: Any) -> tuple[Any, Any]:
    return func.min(column), func.max(column)


def _edges(resource: RecordType) -> list[Any]:
    table = _table_with("longitude", resource)
    if table is None:
        return []
    (west, east), (south, north) = _ends(table.longitude), _ends(table.latitude)
    return [west, south, east, north]


def _days(resource: RecordType) -> list[Any]:
    table = _table_with("open_start", resource)
    if table is None:
        return []
    stated = case((table.open_start.is_(False), table.earliest)), case((table.open_end.is_(False), table.latest))
    return [of(day) for of in (func.min, func.max) for day in stated]


def _table_with(column: str, resource: RecordType) -> Any:
    """Returns the table of the records, or of those that they are chosen by, that has a column; None if none has."""
    subject = resource.chosen_by
    tables = [resource.table] if subject is None else [resource.table, subject.record_type.table]
    return next((table for table in tables if hasattr(table, column)), None)
