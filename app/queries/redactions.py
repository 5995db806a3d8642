"""Statements for what was redacted: versions that are gone, and digests of documents as they were given."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, literal, null, select, union_all
from sqlmodel import col

from app.storage.redaction_models import EarlierDigest, RedactedVersion


def _at(release: int) -> ColumnElement[bool]:
    return and_(col(RedactedVersion.written_in) <= release, col(RedactedVersion.superseded_in) > release)


def gone(kind: str, id_: str, release: int) -> Select[Any]:
    """The release that took a record out of another release, and why."""
    is_it = (col(RedactedVersion.type) == kind) & (col(RedactedVersion.id) == id_) & col(RedactedVersion.is_gone)
    what: list[Any] = [col(RedactedVersion.redacted_in).label("release"), col(RedactedVersion.reason)]
    return select(*what, literal("RED").label("op"), null().label("superseded_by")).where(is_it, _at(release))


def earlier_digests(numbers: list[int]) -> Select[Any]:
    """The digests that releases had before an id was replaced in them, the newest first."""
    digest = EarlierDigest
    columns: tuple[Any, ...] = tuple(col(getattr(digest, name)) for name in digest.model_fields)
    return select(*columns).where(col(digest.release).in_(numbers)).order_by(col(digest.redacted_in).desc())


def digests(kind: str, table: Any, release: int, after: str, limit: int, *, redacted_alone: bool) -> Select[Any]:
    """Ids and digests of the records of a type in the release that is read, in the order of ids, from behind one on.
    Those that were redacted have the digest of the document that was given then, the release that redacted them, and
    why."""
    version = RedactedVersion
    same = and_(
        col(version.type) == kind, col(version.id) == col(table.id), col(version.written_in) == col(table.changed_in)
    )
    why: list[Any] = [col(version.redacted_in).label("redacted_in"), col(version.reason).label("reason")]
    there = select(col(table.id), col(table.digest), *why).outerjoin(version, same)
    if redacted_alone:
        there = there.where(col(version.redacted_in).is_not(null()))
    lost = select(col(version.id), col(version.digest), *why)
    lost = lost.where(col(version.type) == kind, col(version.is_gone), _at(release))
    both = union_all(there.where(col(table.id) > after), lost.where(col(version.id) > after)).subquery()
    kinds = literal(kind).label("type")
    return select(kinds, *both.c).order_by(both.c.id).limit(limit)
