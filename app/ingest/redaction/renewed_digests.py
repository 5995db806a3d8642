"""Computes the digests of earlier releases anew, after ids in their documents were replaced."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, literal, select, union_all, update
from sqlmodel import col

from app.ingest.redaction.opaque_ids import OpaqueId
from app.model.codebook import IDENTITY
from app.model.digests import digest_of_lines
from app.records import BY_TYPE
from app.storage.codebook_models import StoredCodebook
from app.storage.models import Change, Release
from app.storage.past_tables import PREFIX
from app.storage.redaction_models import EarlierDigest, RedactedVersion
from app.storage.registry import METADATA

_FETCHED_ROWS = 500


def renew_digests(connection: Connection, release: int, ids: Sequence[OpaqueId], reason: str) -> None:
    """Computes the digests of all releases before one that had records whose ids were replaced, and keeps those that
    they had. Releases that were not kept stay as they are."""
    for number, before in connection.execute(_concerned(connection, release, ids)).all():
        if (renewed := digest_of_lines(_lines(connection, number))) != before:
            connection.execute(update(Release).where(col(Release.number) == number).values(digest=renewed))
            row = {"release": number, "redacted_in": release, "digest": before, "reason": reason}
            connection.execute(insert(EarlierDigest), row)


def _concerned(connection: Connection, release: int, ids: Sequence[OpaqueId]) -> Any:
    firsts = (
        connection.scalar(
            select(func.min(col(Change.release))).where(col(Change.type) == one.type, col(Change.id) == one.new)
        )
        for one in ids
    )
    first = min((one for one in firsts if one is not None), default=release)
    those = col(Release.number) >= first, col(Release.number) < release, col(Release.is_kept).is_(True)
    return select(col(Release.number), col(Release.digest)).where(*those).order_by(col(Release.number))


def _lines(connection: Connection, release: int) -> Iterator[str]:
    """Yields the lines that the digest of a release is computed from: `type/id digest`, of what was there then."""
    tables: dict[str, Any] = {kind: one.table for kind, one in BY_TYPE.items()}
    version = RedactedVersion
    for kind, model in sorted({**tables, IDENTITY["type"]: StoredCodebook}.items()):
        newest, past = (METADATA.tables[f"{prefix}{model.__tablename__}"] for prefix in ("", PREFIX))
        gone = col(version.type) == kind, col(version.is_gone), col(version.written_in) <= release
        there = union_all(
            select(newest.c.id, newest.c.digest).where(newest.c.changed_in <= release),
            select(past.c.id, past.c.digest).where(past.c.changed_in <= release, past.c.superseded_in > release),
            select(col(version.id), col(version.digest)).where(*gone, col(version.superseded_in) > release),
        ).subquery()
        line = literal(f"{kind}/") + there.c.id + " " + there.c.digest
        yield from connection.scalars(select(line).order_by(there.c.id), execution_options={"yield_per": _FETCHED_ROWS})
