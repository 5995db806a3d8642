"""The history of one record: what each release did to it, which values changed, and the document that it left."""

from typing import Any, NamedTuple

import orjson

from app.api.answers.changelog import LogPart, log_page, log_part
from app.api.pages import JsonBody, RequestUrl
from app.api.parameters import cursors
from app.model.compact_json import dump_json
from app.model.differences import differences
from app.problems import NotFound
from app.queries import changes as queries
from app.queries.filters import HistoryFilters
from app.queries.values import SLUG
from app.records import BY_TYPE
from app.storage.codebook_models import StoredCodebook
from app.storage.snapshot import Snapshot


def history_page(snapshot: Snapshot, kind: str, id_: str, filters: HistoryFilters, request: RequestUrl) -> JsonBody:
    """Returns one page of a record's history. Raises NotFound for a record that never existed."""
    never = NotFound(f"There is and was no {kind} '{id_}'.")
    if not SLUG.fullmatch(id_):
        raise never
    clauses = [*queries.of_record(kind, id_), *([queries.with_cause(filters.cause)] if filters.cause else [])]
    query_key = cursors.query_key(f"history {kind} {id_} {sorted(filters.cause)}")
    after = None
    if filters.cursor is not None:
        after = queries.LogKey(*cursors.decode_after(filters.cursor, query_key, int, str, str))
    part = log_part(snapshot, queries.entries(clauses, after), filters.limit, with_documents=False)
    if not part.entries and not snapshot.column(queries.logged_ids(kind, [id_])):
        raise never
    entries = _with_versions(snapshot, kind, id_, part, with_documents="document" in filters.include)
    following = cursors.encode(query_key, *part.places[-1]) if part.has_more else None
    return log_page(snapshot, entries, following, request)


class _Versions(NamedTuple):
    """The documents of a record, by the release that wrote each, and by the release that superseded it."""

    written: dict[int, str]
    superseded: dict[int, str]


def _with_versions(snapshot: Snapshot, kind: str, id_: str, part: LogPart, *, with_documents: bool) -> list[str]:
    table = BY_TYPE[kind].table.__tablename__ if kind in BY_TYPE else StoredCodebook.__tablename__
    rows = snapshot.rows(queries.versions(str(table), [id_]))
    versions = _Versions(
        {row.changed_in: row.document for row in rows},
        {row.superseded_in: row.document for row in rows if row.superseded_in is not None},
    )
    entries = []
    for text, (release, *_) in zip(part.entries, part.places, strict=True):
        document = versions.written.get(release, "null")
        changed = dump_json(_changed(versions.superseded.get(release), versions.written.get(release)))
        wanted = f',"document":{document}' if with_documents else ""
        entries.append(f'{text[:-1]},"changed":{changed}{wanted}}}')
    return entries


def _changed(before: str | None, after: str | None) -> list[dict[str, Any]] | None:
    if before is None or after is None:
        return None
    return [one._asdict() for one in differences(orjson.loads(before), orjson.loads(after))]
