"""Statements for the change log and the releases."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, literal, select, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import col

from app.storage.models import Change, Release
from app.storage.registry import document_of

LogKey = tuple[int, str, str]
"""The release, type and id of an entry: where it stands in the log."""


def since(release: int, types: Sequence[str]) -> list[ColumnElement[bool]]:
    """The entries of later releases; of some types only, when any are given."""
    return [col(Change.release) > release, *([col(Change.type).in_(types)] if types else [])]


def of_record(kind: str, id_: str) -> list[ColumnElement[bool]]:
    """The entries of one record."""
    return [col(Change.type) == kind, col(Change.id) == id_]


def entries(
    clauses: Iterable[ColumnElement[bool]], after: LogKey | None = None, *, backwards: bool = False
) -> Select[Any]:
    """Entries of the log in its order, or backwards, each with the time of its release, from behind a place on."""
    place: tuple[Any, ...] = (col(Change.release), col(Change.type), col(Change.id))
    what = (col(Change.op), col(Change.version), col(Change.reason), col(Change.superseded_by), col(Change.name))
    statement: Select[Any] = (
        select(*place, *what, col(Release.loaded_at).label("at"))
        .join(Release, col(Release.number) == col(Change.release))
        .where(*clauses)
        .order_by(*(column.desc() if backwards else column for column in place))
    )
    if after is None:
        return statement
    return statement.where(tuple_(*place) < tuple_(*after) if backwards else tuple_(*place) > tuple_(*after))


def removals(kind: str, since: int, after: tuple[int, str] | None, limit: int) -> Select[Any]:
    """How records of a type that are not there were removed by releases later than one: the newest first, from behind
    a release and id on."""
    later = aliased(Change)
    came_back = select(later).where(
        col(later.type) == col(Change.type), col(later.id) == col(Change.id), col(later.release) > col(Change.release)
    )
    place: tuple[Any, ...] = (col(Change.release), col(Change.id))
    what: tuple[Any, ...] = (col(Change.reason), col(Change.superseded_by), col(Release.loaded_at).label("at"))
    # Written out, because a partial index is not found by a value that comes later.
    clauses = [col(Change.op) == literal("DEL", literal_execute=True), col(Change.type) == kind, ~came_back.exists()]
    behind = [] if after is None else [tuple_(*place) < tuple_(*after)]
    statement: Select[Any] = (
        select(*place, *what)
        .join(Release, col(Release.number) == col(Change.release))
        .where(*clauses, col(Change.release) > since, *behind)
        .order_by(*(column.desc() for column in place))
        .limit(limit)
    )
    return statement


def documents(table: type[Any], ids: Sequence[str]) -> Select[Any]:
    """Ids and documents of those records of a type that are there today."""
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
