"""The changelog, the releases and the history of a record, page by page, for clients that keep a copy in sync.

The log is append-only. So a client can page through it while releases are loaded: the entries of a new release come
after the pages already read, and `meta.release` of the last page is the release to continue from.
"""

import json
from typing import Any

from sqlalchemy import ColumnElement

from app.api import cursors
from app.api.pages import JsonBody, RequestUrl, check_release
from app.model.compact_json import dump_json
from app.problems import NotFound
from app.queries import changes as queries
from app.queries.filters import ChangeFilters, Paging
from app.queries.values import SLUG
from app.records import BY_TYPE
from app.storage.database import Snapshot


def changes_page(snapshot: Snapshot, filters: ChangeFilters, request: RequestUrl) -> JsonBody:
    """Returns one page of the log."""
    clauses = changes_since(snapshot, filters)
    query_key = cursors.query_key(f"changes {filters.since} {sorted(filters.type)}")
    return _log_page(snapshot, clauses, filters, query_key, request, with_documents="document" in filters.include)


def changes_since(snapshot: Snapshot, filters: ChangeFilters) -> list[ColumnElement[bool]]:
    """Returns the conditions of the requested entries. Raises BadParameter if `since` is a future release."""
    check_release(snapshot, "since", filters.since)
    return queries.since(filters.since, filters.type)


def history_page(snapshot: Snapshot, kind: str, id_: str, filters: Paging, request: RequestUrl) -> JsonBody:
    """Returns one page of a record's history. Raises NotFound for a record that never existed."""
    clauses = queries.of_record(kind, id_)
    if not SLUG.fullmatch(id_) or not snapshot.rows(queries.entries(clauses).limit(1)):
        raise NotFound(f"There is and was no {kind} '{id_}'.")
    return _log_page(snapshot, clauses, filters, cursors.query_key(f"history {kind} {id_}"), request)


def releases_page(snapshot: Snapshot, filters: Paging, request: RequestUrl) -> JsonBody:
    """Returns one page of releases, newest first."""
    query_key = cursors.query_key("releases")
    before = None if filters.cursor is None else cursors.decode(filters.cursor, query_key, int)[0]
    rows = snapshot.rows(queries.releases(before).limit(filters.limit + 1))
    entries = [dump_json(_release(row)) for row in rows[: filters.limit]]
    following = cursors.encode(query_key, rows[filters.limit - 1].number) if len(rows) > filters.limit else None
    return _page(snapshot, entries, following, request)


def release_detail(snapshot: Snapshot, number: int, request: RequestUrl) -> JsonBody:
    """Returns one release. Raises NotFound for a number that no release has."""
    row = next(iter(snapshot.rows(queries.release(number))), None)
    if row is None:
        raise NotFound(f"There is no release {number}; the newest is {snapshot.release.number}.")
    meta = {"release": snapshot.release.number}
    body = {"data": _release(row), "links": {"self": request.link()}, "meta": meta}
    return JsonBody(dump_json(body).encode(), snapshot.release.number)


def newest_release(snapshot: Snapshot) -> dict[str, Any] | None:
    """Returns the newest release as it is served; None before the first."""
    row = next(iter(snapshot.rows(queries.release(snapshot.release.number))), None)
    return None if row is None else _release(row)


def _log_page(
    snapshot: Snapshot,
    clauses: list[ColumnElement[bool]],
    filters: Paging,
    query_key: str,
    request: RequestUrl,
    *,
    with_documents: bool = False,
) -> JsonBody:
    after = None if filters.cursor is None else cursors.decode(filters.cursor, query_key, int, str, str)
    rows = snapshot.rows(queries.entries(clauses, after).limit(filters.limit + 1))
    more, rows = len(rows) > filters.limit, rows[: filters.limit]
    entries = [dump_json(entry_body(row)) for row in rows]
    if with_documents:
        entries = _with_documents(snapshot, rows, entries)
    following = cursors.encode(query_key, *rows[-1][:3]) if more else None
    return _page(snapshot, entries, following, request)


def entry_body(row: Any) -> dict[str, Any]:
    """Returns an entry of the log as it is served, from a row of `queries.changes.log`."""
    return {
        "op": row.op,
        "type": row.type,
        "id": row.id,
        "url": f"/v1/{BY_TYPE[row.type].name}/{row.id}",
        "version": row.version,
        "release": row.release,
        "at": row.at,
        "reason": row.reason,
        "superseded_by": row.superseded_by,
    }


def _with_documents(snapshot: Snapshot, rows: list[Any], entries: list[str]) -> list[str]:
    """Adds to each entry the record's current document; null for a removal and for a record removed since."""
    wanted: dict[str, list[str]] = {}
    for row in rows:
        if row.op != "DEL":
            wanted.setdefault(row.type, []).append(row.id)
    documents = {
        (kind, id_): document
        for kind, ids in wanted.items()
        for id_, document in snapshot.rows(queries.documents(BY_TYPE[kind].table, ids))
    }
    texts = (documents.get((row.type, row.id), "null") if row.op != "DEL" else "null" for row in rows)
    return [f'{text[:-1]},"document":{document}}}' for text, document in zip(entries, texts, strict=True)]


def _release(row: Any) -> dict[str, Any]:
    return {
        "number": row.number,
        "url": f"/v1/releases/{row.number}",
        "loaded_at": row.loaded_at,
        "note": row.note,
        "shape": row.shape,
        "digest": row.digest,
        "counts": json.loads(row.counts),
        "verified": row.verified and json.loads(row.verified),
    }


def _page(snapshot: Snapshot, entries: list[str], cursor: str | None, request: RequestUrl) -> JsonBody:
    links = request.page_links(cursor)
    meta = {"release": snapshot.release.number, "returned": len(entries)}
    body = f'{{"data":[{",".join(entries)}],"links":{dump_json(links)},"meta":{dump_json(meta)}}}'
    return JsonBody(body.encode(), snapshot.release.number, links.get("next"))
