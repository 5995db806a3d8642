"""Pages of lists: keyset cursors, the envelope around the records, links.

A cursor names the last record of a page by its sort key and id, so that paging neither repeats nor misses a record
while releases come and go.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Select, select, tuple_
from sqlmodel import col

from app.database import Snapshot
from app.filters import DetailFilters, Listing
from app.models import SERVED, TYPES, Change
from app.problems import BadParameter, Gone, Merged, NotFound
from app.queries import Resource
from app.queries.conditions import AXES, Condition
from app.references import referred
from app.values import Refers

EXACT_UP_TO = 10_000
"""A resource with at most so many records is counted without being asked."""

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NOT_FILTERS = {"cursor", "limit", "count", "fields", "include"}
_SUGGESTIONS_FROM = 10_000


@dataclass(frozen=True)
class Answer:
    """The bytes of a JSON answer and the release that they belong to."""

    body: bytes
    release: int
    next: str | None = None


@dataclass(frozen=True)
class Request:
    """A request as links repeat it: its path and its parameters."""

    path: str
    items: Sequence[tuple[str, str]]

    def link(self, **changes: str) -> str:
        items = [(name, value) for name, value in self.items if name not in changes] + list(changes.items())
        return f"{self.path}?{urlencode(items)}" if items else self.path


def list_page(snapshot: Snapshot, resource: Resource, filters: Listing, request: Request) -> Answer:
    """One page of a list."""
    mark = _mark(resource, filters)
    key = resource.sorts[filters.sort.lstrip("-")]
    descending = filters.sort.startswith("-")
    conditions = resource.conditions(resolved(snapshot, filters))
    statement = page(resource, conditions, key, descending, _after(resource, filters, key, mark))
    rows = snapshot.rows(statement.limit(filters.limit + 1))
    more, rows = len(rows) > filters.limit, rows[: filters.limit]
    links = {"self": request.link()}
    if more:
        links["next"] = request.link(cursor=_cursor(mark, rows[-1][1], rows[-1][2]))
    meta = {
        "release": snapshot.release.number,
        **_counts(snapshot, resource, conditions, filters),
        "returned": len(rows),
    }
    body = _envelope(snapshot, resource, [row[0] for row in rows], filters, links, meta, many=True)
    return Answer(body, snapshot.release.number, links.get("next"))


def detail(snapshot: Snapshot, resource: Resource, id_: str, filters: DetailFilters, request: Request) -> Answer:
    """One record. Raises NotFound, Gone for a removed record and Merged for one that another took over."""
    if not _SLUG.fullmatch(id_):
        raise NotFound(f"There is no {resource.type} by this id: ids are lower-case words joined by hyphens.")
    document = snapshot.value(select(resource.table.document).where(resource.table.id == id_))
    if document is None:
        raise _missing(snapshot, resource, id_)
    links, meta = {"self": request.link()}, {"release": snapshot.release.number}
    body = _envelope(snapshot, resource, [document], filters, links, meta, many=False)
    return Answer(body, snapshot.release.number)


def page(
    resource: Resource, conditions: list[Condition], key: str, descending: bool, after: tuple[Any, str] | None = None
) -> Select[Any]:
    """Document, sort value and id of the matching records in order, from behind a place on."""
    value, id_ = getattr(resource.table, key), resource.table.id
    place = (value, id_) if key != "id" else (id_,)
    statement = resource.select(conditions, resource.table.document, value, id_)
    if after is not None:
        here = tuple_(*place)
        there = tuple_(*(after if key != "id" else after[1:]))
        statement = statement.where(here < there if descending else here > there)
    return statement.order_by(*(column.desc() if descending else column.asc() for column in place))


def resolved(snapshot: Snapshot, filters: Listing) -> Listing:
    """Filters with every id looked up: a merged id is followed, one that does not exist is an error."""
    changes: dict[str, list[str]] = {}
    for name, field in type(filters).model_fields.items():
        refers = next((found for found in field.metadata if isinstance(found, Refers)), None)
        if refers is not None and (ids := getattr(filters, name)):
            changes[name] = _resolved_ids(snapshot, name, ids, refers.resources)
    return filters.model_copy(update=changes) if changes else filters


def _resolved_ids(snapshot: Snapshot, name: str, ids: list[str], resources: tuple[str, ...]) -> list[str]:
    known: set[str] = set()
    for resource in resources:
        table = SERVED[resource]
        known.update(snapshot.column(select(table.id).where(table.id.in_(ids))))
    return [id_ if id_ in known else _successor(snapshot, name, id_, resources) for id_ in ids]


def _successor(snapshot: Snapshot, name: str, id_: str, resources: tuple[str, ...]) -> str:
    for resource in resources:
        removal = _removal(snapshot, resource, id_)
        if removal is not None and removal.superseded_by:
            return _last(snapshot, resource, removal.superseded_by)
        if removal is not None:
            raise BadParameter.of(name, f"Parameter '{name}': '{id_}' was removed: {removal.reason}.")
    what = " or ".join(TYPES[resource] for resource in resources)
    raise BadParameter.of(name, f"Parameter '{name}': there is no {what} '{id_}'.", _nearest(snapshot, id_, resources))


def _nearest(snapshot: Snapshot, id_: str, resources: tuple[str, ...]) -> str | None:
    ids: list[str] = []
    for resource in resources:
        if snapshot.release.counts.get(resource, 0) <= _SUGGESTIONS_FROM:
            ids += snapshot.column(select(SERVED[resource].id))
    found = get_close_matches(id_, ids, n=1, cutoff=0.5)
    return found[0] if found else None


def _missing(snapshot: Snapshot, resource: Resource, id_: str) -> Exception:
    removal = _removal(snapshot, resource.name, id_)
    if removal is None:
        nearest = _nearest(snapshot, id_, (resource.name,))
        hint = f" Did you mean /v1/{resource.name}/{nearest}?" if nearest else ""
        return NotFound(f"There is no {resource.type} '{id_}'.{hint}")
    if removal.superseded_by:
        url = f"/v1/{resource.name}/{_last(snapshot, resource.name, removal.superseded_by)}"
        return Merged(f"This record was merged ({removal.reason}); it is now {url}.", headers={"Location": url})
    return Gone(f"This record was removed in release {removal.release}: {removal.reason}.")


def _removal(snapshot: Snapshot, resource: str, id_: str) -> Any:
    """The removal of a record that is not there; null when there never was one."""
    statement = (
        select(col(Change.release), col(Change.op), col(Change.reason), col(Change.superseded_by))
        .where(col(Change.type) == TYPES[resource], col(Change.id) == id_)
        .order_by(col(Change.release).desc())
        .limit(1)
    )
    return next(iter(snapshot.rows(statement)), None)


def _last(snapshot: Snapshot, resource: str, id_: str) -> str:
    """The end of a chain of mergers."""
    seen = set()
    while id_ not in seen:
        seen.add(id_)
        removal = _removal(snapshot, resource, id_)
        if removal is None or removal.op != "DEL" or not removal.superseded_by:
            break
        id_ = removal.superseded_by
    return id_


def _counts(snapshot: Snapshot, resource: Resource, conditions: list[Condition], filters: Listing) -> dict[str, Any]:
    small = snapshot.release.counts.get(resource.name, 0) <= EXACT_UP_TO
    if not small and filters.count != "exact":
        return {"matched": None, "not_judged": dict.fromkeys(AXES)}
    judged: dict[str, Any] = {}
    for axis in AXES:
        statement = resource.count_not_judged(conditions, axis)
        judged[axis] = None if statement is None else snapshot.value(statement)
    return {"matched": snapshot.value(resource.count(conditions)), "not_judged": judged}


def _envelope(
    snapshot: Snapshot,
    resource: Resource,
    documents: list[str],
    filters: Listing | DetailFilters,
    links: dict[str, str],
    meta: dict[str, Any],
    *,
    many: bool,
) -> bytes:
    included = _included(snapshot, resource, documents, filters.include)
    if filters.fields:
        keep = {"id", "type", "url", *filters.fields}
        documents = [_dump({k: v for k, v in json.loads(text).items() if k in keep}) for text in documents]
    data = f"[{','.join(documents)}]" if many else documents[0]
    return f'{{"data":{data}{included},"links":{_dump(links)},"meta":{_dump(meta)}}}'.encode()


def _included(snapshot: Snapshot, resource: Resource, documents: list[str], wanted: list[str]) -> str:
    if not wanted:
        return ""
    parsed = [json.loads(text) for text in documents]
    parts = []
    for name in dict.fromkeys(wanted):
        ids, table = referred(resource.name, parsed, name), SERVED[name]
        found = snapshot.column(select(table.document).where(table.id.in_(ids)).order_by(table.id)) if ids else []
        parts.append(f'"{name}":[{",".join(found)}]')
    return f',"included":{{{",".join(parts)}}}'


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _mark(resource: Resource, filters: Listing) -> str:
    """A short digest of what a cursor belongs to: the resource, its filters and its order."""
    asked = filters.model_dump_json(exclude=_NOT_FILTERS)
    return hashlib.blake2b(f"{resource.name} {asked}".encode(), digest_size=6).hexdigest()


def _cursor(mark: str, value: Any, id_: str) -> str:
    return base64.urlsafe_b64encode(_dump([mark, value, id_]).encode()).rstrip(b"=").decode()


def _after(resource: Resource, filters: Listing, key: str, mark: str) -> tuple[Any, str] | None:
    """The place that a cursor names. Raises BadParameter for a damaged one and for one of another query."""
    if filters.cursor is None:
        return None
    damaged = BadParameter.of("cursor", "Parameter 'cursor' is damaged; take it from links.next as it stands.")
    try:
        padded = filters.cursor + "=" * (-len(filters.cursor) % 4)
        found = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        its_mark, value, id_ = found
    except (ValueError, binascii.Error, RecursionError, TypeError) as error:
        raise damaged from error
    kind = resource.table.__table__.c[key].type.python_type
    if type(value) is not kind or not _can_be_asked(value) or not isinstance(id_, str) or not _can_be_asked(id_):
        raise damaged
    if its_mark != mark:
        raise BadParameter.of("cursor", "Parameter 'cursor' belongs to another query: its filters or its order differ.")
    return value, id_


def _can_be_asked(value: Any) -> bool:
    """Whether a database takes the value: no integer beyond 64 bits, no NUL, no half of a surrogate pair."""
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= char <= "\udfff" for char in value)
    return bool(-(2**63) <= value < 2**63)
