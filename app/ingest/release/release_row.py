"""The row of a release: what it says of the whole, and the digest that anybody can compute from what is served."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from heapq import merge
from typing import Any

from sqlalchemy import Connection, literal, select, update
from sqlmodel import col

from app.ingest.plans import Plan
from app.model.codebook import IDENTITY
from app.model.digests import digest_of_lines
from app.records import BY_TYPE
from app.storage.codebook_models import StoredCodebook
from app.storage.models import Release

_FETCHED_ROWS = 500


def complete(connection: Connection, plan: Plan, languages: Iterable[str], codebook: str) -> str:
    """Completes the row of a release, all of whose records are written, and returns its digest."""
    values = {
        "digest": records_digest(connection),
        "counts": json.dumps(plan.counts),
        "languages": json.dumps(sorted(languages)),
        "loaded_at": _loaded_at(plan.previous),
        "verified": plan.verified and json.dumps(plan.verified),
        "codebook": codebook,
    }
    connection.execute(update(Release).where(col(Release.number) == plan.number).values(values))
    return str(values["digest"])


def records_digest(connection: Connection, others: Iterable[str] = ()) -> str:
    """Returns the digest of everything that is there, and of lines for what is not there any more."""
    return digest_of_lines(merge(_lines(connection), sorted(others)))


def _lines(connection: Connection) -> Iterator[str]:
    """Yields the lines that the digest of a release is computed from, in order: `type/id digest`."""
    tables: dict[str, Any] = {kind: one.table for kind, one in BY_TYPE.items()}
    for kind, table in sorted({**tables, IDENTITY["type"]: StoredCodebook}.items()):
        line = literal(f"{kind}/") + col(table.id) + " " + col(table.digest)
        query = select(line).order_by(col(table.id))
        yield from connection.scalars(query, execution_options={"yield_per": _FETCHED_ROWS})


def _loaded_at(previous: str | None) -> str:
    """Returns the time now, in UTC. It is unique to a release, because `Last-Modified` distinguishes releases by it."""
    now = datetime.now(UTC).replace(microsecond=0)
    if previous is not None:
        now = max(now, datetime.fromisoformat(previous) + timedelta(seconds=1))
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")
