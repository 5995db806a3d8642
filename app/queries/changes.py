"""The log and the releases: which entries, in which order."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, select, tuple_
from sqlmodel import col

from app.models import Change, Release
from app.registry import SERVED, TYPES, document_of

Place = tuple[int, str, str]
"""The release, type and id of an entry: where it stands in the log."""


def since(release: int, types: Sequence[str]) -> list[ColumnElement[bool]]:
    """The entries of later releases; of some types only, when any are given."""
    return [col(Change.release) > release, *([col(Change.type).in_(types)] if types else [])]


def of_record(kind: str, id_: str) -> list[ColumnElement[bool]]:
    """The entries of one record."""
    return [col(Change.type) == kind, col(Change.id) == id_]


def log(clauses: Iterable[ColumnElement[bool]], after: Place | None = None) -> Select[Any]:
    """Entries of the log in its order, each with the time of its release, from behind a place on."""
    place: tuple[Any, ...] = (col(Change.release), col(Change.type), col(Change.id))
    what = (col(Change.op), col(Change.version), col(Change.reason), col(Change.superseded_by))
    statement: Select[Any] = (
        select(*place, *what, col(Release.loaded_at).label("at"))
        .join(Release, col(Release.number) == col(Change.release))
        .where(*clauses)
        .order_by(*place)
    )
    return statement if after is None else statement.where(tuple_(*place) > tuple_(*after))


def documents(kind: str, ids: Sequence[str]) -> Select[Any]:
    """Ids and documents of those records of a type that are there today."""
    table = next(SERVED[resource] for resource, its_type in TYPES.items() if its_type == kind)
    return select(table.id, document_of(table)).where(table.id.in_(ids))


def releases(before: int | None = None) -> Select[Any]:
    """Releases, newest first, from behind one on."""
    statement = select(*(col(getattr(Release, name)) for name in Release.model_fields))
    if before is not None:
        statement = statement.where(col(Release.number) < before)
    return statement.order_by(col(Release.number).desc())


def release(number: int) -> Select[Any]:
    """One release."""
    return releases().where(col(Release.number) == number)
