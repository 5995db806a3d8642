"""The changelog, the releases and the history of a record, page by page, for clients that keep a copy in sync.

The log is append-only. So a client can page through it while releases are loaded: what a new release does comes after
the pages already read, and `meta.release` of the last page is the release to continue from.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Select

from app.api.pages import JsonBody, RequestUrl
from app.api.parameters import cursors
from app.api.parameters.record_ids import check_release, resolved_ids
from app.model.codebook import IDENTITY
from app.model.compact_json import dump_json
from app.problems import BadParameter, Gone, NotFound, ParameterError, types
from app.queries import changes as queries
from app.queries import redactions
from app.queries.filters import ChangeFilters, Paging, StepFilters
from app.records import BY_TYPE
from app.storage.snapshot import Snapshot


def changes_page(snapshot: Snapshot, filters: ChangeFilters, request: RequestUrl) -> JsonBody:
    """Returns one page of the log: of the newest states of records or, with `history`, of all steps.

    The cursor of a page of states also has the release that was the newest when the first page was read.
    """
    chosen = cursors.given(filters, ("cursor", "limit", "include"))
    query_key, begun_at, after = cursors.query_key(f"changes {chosen}"), snapshot.release.number, None
    if filters.cursor is not None:
        *place, begun_at = cursors.decode_after(filters.cursor, query_key, int, str, str, int)
        after = queries.LogKey(*place)
    if filters.history:
        statement = queries.entries(changes_since(snapshot, filters), after)
    else:
        check_copy(snapshot, filters.since)
        statement = queries.states(changes_since(snapshot, filters, begun_at), filters.since, begun_at, after)
    part = log_part(snapshot, statement, filters.limit, with_documents="document" in filters.include)
    following = cursors.encode(query_key, *part.places[-1], begun_at) if part.has_more else None
    return log_page(snapshot, part.entries, following, request)


def changes_since(snapshot: Snapshot, filters: StepFilters, begun_at: int | None = None) -> list[ColumnElement[bool]]:
    """Returns the conditions of the requested entries: steps, or states in pages that were begun at a release. Raises
    BadParameter if `since` is a future release or an article never was."""
    check_release(snapshot, "since", filters.since)
    clauses = queries.since(filters.since, filters.type)
    check_articles(snapshot, filters.article)
    if filters.article:
        clauses.append(queries.resting_on(filters.article, filters.since, begun_at))
    if filters.cause:
        clauses.append(queries.with_cause(filters.cause, None if begun_at is None else filters.since))
    return clauses


def check_copy(snapshot: Snapshot, since: int) -> None:
    """Raises Gone if a copy of a release cannot be brought up to date, because it has a record by an id that was
    replaced since, of which nothing can tell it any more."""
    for one in snapshot.rows(redactions.earlier_digests([since])) if since else ():
        copies = f"Release {one.redacted_in} replaced ids of records that copies of release {since} still have"
        raise Gone(f"{copies} ({one.reason}): drop the copy and start again from 0.", type=types.REPLACED_IDS)


def check_articles(snapshot: Snapshot, articles: list[str]) -> None:
    """Raises BadParameter for an article that never was. One that was removed has entries that say so."""
    if not articles:
        return
    known, errors = set(snapshot.column(queries.logged_ids("article", articles))), list[ParameterError]()
    resolved_ids(snapshot, "article", [id_ for id_ in articles if id_ not in known], ("articles",), errors)
    if errors:
        raise BadParameter(errors)


def releases_page(snapshot: Snapshot, filters: Paging, request: RequestUrl) -> JsonBody:
    """Returns one page of releases, newest first."""
    query_key = cursors.query_key("releases")
    before = None if filters.cursor is None else cursors.decode_after(filters.cursor, query_key, int)[0]
    rows = snapshot.rows(queries.releases(before).limit(filters.limit + 1))
    entries = [dump_json(one) for one in _releases(snapshot, rows[: filters.limit])]
    following = cursors.encode(query_key, rows[filters.limit - 1].number) if len(rows) > filters.limit else None
    return log_page(snapshot, entries, following, request)


def release_detail(snapshot: Snapshot, number: int, request: RequestUrl) -> JsonBody:
    """Returns one release. Raises NotFound for a number that no release has."""
    found = _releases(snapshot, snapshot.rows(queries.release(number)))
    if not found:
        raise NotFound(f"There is no release {number}; the newest is {snapshot.release.number}.")
    body = {"data": found[0], "links": {"self": request.link()}, "meta": snapshot.release.meta}
    return JsonBody(dump_json(body).encode(), snapshot.release.number)


def newest_release(snapshot: Snapshot) -> dict[str, Any] | None:
    """Returns the newest release as it is served; None before the first."""
    return next(iter(_releases(snapshot, snapshot.rows(queries.release(snapshot.release.number)))), None)


class LogPart(NamedTuple):
    """Entries of the log as they are served, where each of them stands, and whether more come behind them."""

    entries: list[str]
    places: list[queries.LogKey]
    has_more: bool


def log_part(snapshot: Snapshot, statement: Select[Any], limit: int, *, with_documents: bool) -> LogPart:
    """Returns at most `limit` of the entries that a statement selects."""
    rows = snapshot.rows(statement.limit(limit + 1))
    has_more, rows = len(rows) > limit, rows[:limit]
    entries = [dump_json(entry_body(row)) for row in rows]
    if with_documents:
        entries = _with_documents(snapshot, rows, entries)
    return LogPart(entries, [queries.LogKey(row.release, row.type, row.id) for row in rows], has_more)


def entry_body(row: Any) -> dict[str, Any]:
    """Returns an entry of the log as it is served, from a row of `queries.changes.log`."""
    return {
        "op": row.op,
        "type": row.type,
        "id": row.id,
        "url": record_url(row.type, row.id),
        "version": row.version,
        "release": row.release,
        "at": row.at,
        "reason": row.reason,
        "superseded_by": row.superseded_by,
        "correction": None if row.correction is None else {"date": row.corrected, "text": row.correction},
        "cause": row.cause,
        "because": [_reference(one) for one in orjson.loads(row.because or "[]")],
        "redacted": row.redacted and orjson.loads(row.redacted),
    }


def record_url(kind: str, id_: str) -> str:
    """Returns the address of a record."""
    return f"/v1/{BY_TYPE[kind].name}/{id_}" if kind in BY_TYPE else IDENTITY["url"]


def _reference(record: str) -> dict[str, str]:
    kind, _, id_ = record.partition("/")
    return {"type": kind, "id": id_, "url": record_url(kind, id_)}


def names(snapshot: Snapshot, rows: Sequence[Any]) -> dict[tuple[str, str], str]:
    """Returns the names of the records of entries that still exist, by type and id."""
    wanted: dict[str, list[str]] = {}
    for row in rows:
        wanted.setdefault(row.type, []).append(row.id)
    return {
        (kind, id_): BY_TYPE[kind].title(orjson.loads(document))
        for kind, ids in wanted.items()
        if kind in BY_TYPE
        for id_, document in snapshot.rows(queries.documents(BY_TYPE[kind].table, ids))
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
        for id_, document in snapshot.rows(_documents_of(kind, ids))
    }
    texts = (documents.get((row.type, row.id), "null") if row.op != "DEL" else "null" for row in rows)
    return [f'{text[:-1]},"document":{document}}}' for text, document in zip(entries, texts, strict=True)]


def _documents_of(kind: str, ids: list[str]) -> Any:
    return queries.documents(BY_TYPE[kind].table, ids) if kind in BY_TYPE else queries.codebook()


def _releases(snapshot: Snapshot, rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Returns releases as they are served, from rows of `queries.changes.releases`."""
    earlier: dict[int, list[dict[str, Any]]] = {}
    for one in snapshot.rows(redactions.earlier_digests([row.number for row in rows])):
        what = {"digest": one.digest, "redacted_in": one.redacted_in, "reason": one.reason}
        earlier.setdefault(one.release, []).append(what)
    return [_release(row, earlier.get(row.number, [])) for row in rows]


def _release(row: Any, earlier_digests: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "number": row.number,
        "url": f"/v1/releases/{row.number}",
        "loaded_at": row.loaded_at,
        "note": row.note,
        "digest": row.digest,
        "earlier_digests": earlier_digests,
        "counts": orjson.loads(row.counts),
        "verified": row.verified and orjson.loads(row.verified),
        "kept": row.is_kept,
        "origin": row.origin and f"{row.origin}/v1/releases/{row.number}",
    }


def log_page(snapshot: Snapshot, entries: list[str], cursor: str | None, request: RequestUrl) -> JsonBody:
    """Returns a page of entries, and where the next one begins."""
    links = request.page_links(cursor)
    meta = {**snapshot.release.meta, "returned": len(entries), "next_cursor": cursor}
    body = f'{{"data":[{",".join(entries)}],"links":{dump_json(links)},"meta":{dump_json(meta)}}}'
    return JsonBody(body.encode(), snapshot.release.number, links.get("next"))
