"""The ids of a list in parts of a fixed size, each with the time of the release that last changed the record."""

from typing import Any

from sqlalchemy import Select, select
from sqlmodel import col

from app.queries.record_type import RecordType
from app.storage.models import Release


def part(resource: RecordType, number: int, size: int) -> Select[Any]:
    """Selects the records of a part; the first has the number 1."""
    table = resource.table
    joined = select(table.id, col(Release.loaded_at).label("at")).join(Release, col(Release.number) == table.changed_in)
    return joined.order_by(table.id).limit(size).offset((number - 1) * size)
