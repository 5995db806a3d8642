"""The evidence in an article: its coded passages in reading order, each with the records that cite it."""

from itertools import groupby
from typing import Any

import orjson

from app.api.pages import JsonBody, RequestUrl, find_document
from app.api.parameters import cursors
from app.model.compact_json import dump_json
from app.queries import evidence as queries
from app.records import BY_TYPE
from app.records.articles import ARTICLES
from app.storage.snapshot import Snapshot


def passages(snapshot: Snapshot, article: str, filters: Any, request: RequestUrl) -> JsonBody:
    """Returns one page of an article's passages. Raises NotFound, Gone or Merged if there is no such article."""
    link = orjson.loads(find_document(snapshot, ARTICLES, article, request))["link"]
    selection = (article, filters.paragraph, filters.type, filters.field)
    query_key, clauses = _query_key(selection, filters.release), queries.evidence_clauses(*selection)
    newest, kinds = snapshot.newest.number, (int, int, int)
    after = None if filters.cursor is None else cursors.decode_after(filters.cursor, query_key, *kinds, newest=newest)
    spans = [tuple(row) for row in snapshot.rows(queries.spans(clauses, filters.limit + 1, after))]
    more, spans = len(spans) > filters.limit, spans[: filters.limit]
    following = cursors.encode(query_key, *spans[-1]) if more else None
    number = snapshot.release.number
    cursor = filters.cursor and cursors.with_key(filters.cursor, _query_key(selection, str(number)))
    links = request.page_links(following, permanent=request.permanent(number, cursor))
    rows = snapshot.rows(queries.evidence_between(clauses, spans[0], spans[-1])) if spans else []
    data = [_passage(link, span, list(records)) for span, records in groupby(rows, key=lambda row: tuple(row[:3]))]
    matched = snapshot.value(queries.count(clauses))
    meta = {**snapshot.release.meta, "matched": matched, "returned": len(data), "next_cursor": following}
    body = dump_json({"data": data, "links": links, "meta": meta})
    return JsonBody(body.encode(), number, links.get("next"), permanent=links.get("permanent"))


def _query_key(selection: tuple[Any, ...], release: str | None) -> str:
    return cursors.query_key(f"evidence {selection}{f' {release}' if release else ''}")


def _passage(link: str, span: tuple[int, ...], rows: list[Any]) -> dict[str, Any]:
    paragraph, start, end = span
    url = f"{link}#:~:{rows[0].fragment}"
    records = [
        {
            "type": row.record_type,
            "id": row.record_id,
            "url": f"/v1/{BY_TYPE[row.record_type].name}/{row.record_id}",
            "field": row.field,
        }
        for row in rows
    ]
    place = {"paragraph": paragraph, "start": start, "end": end, "sha256": rows[0].sha256}
    return {**place, "url": url, "records": records}
