"""Reads the records that fill the public tables, batch by batch."""

from collections.abc import Callable, Iterator
from typing import Any

import orjson
from sqlalchemy import literal, select, tuple_
from sqlmodel import col

from app.exports.datasets.tables import codebook_record
from app.model.codebook import IDENTITY
from app.records import RECORD_TYPES
from app.storage.models import Change, Release
from app.storage.redaction_models import OP
from app.storage.registry import document_of
from app.storage.snapshot import Snapshot

BATCH_ROWS = 500
Batch = list[dict[str, Any]]
Progress = Callable[[str, int, int], None]
"""Called with the step, the amount done and the total."""

SOURCES = ("codebook", "releases", "changes", *RECORD_TYPES)


def batches(snapshot: Snapshot, source: str) -> Iterator[Batch]:
    """Yields the records of a source in batches of `BATCH_ROWS`, always in the same order."""
    if source == IDENTITY["type"]:
        yield [codebook_record(snapshot.codebook)]
    elif source == "releases":
        number = col(Release.number)
        yield from _paged(snapshot, [number], [col(Release.loaded_at), col(Release.note), col(Release.digest)])
    elif source == "changes":
        key = [col(Change.release), col(Change.type), col(Change.id)]
        others = [OP, col(Change.cause), col(Change.version), col(Change.reason), col(Change.superseded_by)]
        yield from _paged(snapshot, key, others)
    else:
        table = RECORD_TYPES[source].table
        for rows in _paged(snapshot, [col(table.id)], [col(table.digest), document_of(table)]):
            yield [{**orjson.loads(row["document"]), "digest": row["digest"]} for row in rows]


def _paged(snapshot: Snapshot, key: list[Any], others: list[Any]) -> Iterator[Batch]:
    """Yields rows in key order with keyset pagination, so that memory stays small on every engine.

    A dataset file is built once for all requests, not within the time limit of one, so each batch renews the limit.
    """
    statement = select(*key, *others).order_by(*key).limit(BATCH_ROWS)
    snapshot.renew()
    rows = snapshot.rows(statement)
    while rows:
        yield [dict(row._mapping) for row in rows]
        snapshot.renew()
        last = [literal(value, column.type) for value, column in zip(rows[-1], key, strict=False)]
        rows = snapshot.rows(statement.where(tuple_(*key) > tuple_(*last))) if len(rows) == BATCH_ROWS else []
