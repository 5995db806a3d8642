"""The digests of a release's records, of which the release's own digest is computed."""

from typing import Any

from app.api.pages import JsonBody, RequestUrl
from app.api.parameters import cursors
from app.model.codebook import IDENTITY
from app.model.compact_json import dump_json
from app.queries import redactions
from app.queries.filters import DigestFilters
from app.records import BY_TYPE
from app.storage.codebook_models import StoredCodebook
from app.storage.snapshot import Snapshot

_TABLES: dict[str, Any] = dict(
    sorted({**{kind: one.table for kind, one in BY_TYPE.items()}, IDENTITY["type"]: StoredCodebook}.items())
)
"""By type, in the order of a digest's lines."""


def digests_page(snapshot: Snapshot, filters: DigestFilters, request: RequestUrl) -> JsonBody:
    """Returns one page of the digests of the release that is read."""
    number = snapshot.release.number
    query_key = cursors.query_key(f"digests {number} {filters.redacted}")
    after, newest = ("", ""), snapshot.newest.number
    if filters.cursor is not None:
        after = cursors.decode_after(filters.cursor, query_key, str, str, newest=newest)
    rows = _rows(snapshot, filters, after, filters.limit + 1)
    entries = [_entry(row) for row in rows[: filters.limit]]
    last = rows[filters.limit - 1] if len(rows) > filters.limit else None
    cursor = None if last is None else cursors.encode(query_key, last.type, last.id)
    links = request.page_links(cursor)
    meta = {**snapshot.release.meta, "returned": len(entries), "next_cursor": cursor}
    body = dump_json({"data": entries, "links": links, "meta": meta})
    return JsonBody(body.encode(), number, links.get("next"))


def _rows(snapshot: Snapshot, filters: DigestFilters, after: tuple[str, str], limit: int) -> list[Any]:
    rows: list[Any] = []
    for kind, table in _TABLES.items():
        if kind >= after[0] and len(rows) < limit:
            behind, left = after[1] if kind == after[0] else "", limit - len(rows)
            release, alone = snapshot.release.number, bool(filters.redacted)
            rows += snapshot.rows(redactions.digests(kind, table, release, behind, left, redacted_alone=alone))
    return rows


def _entry(row: Any) -> dict[str, Any]:
    redacted = None if row.redacted_in is None else {"release": row.redacted_in, "reason": row.reason}
    url = f"/v1/{BY_TYPE[row.type].name}/{row.id}" if row.type in BY_TYPE else IDENTITY["url"]
    return {"type": row.type, "id": row.id, "url": url, "digest": row.digest, "redacted": redacted}
