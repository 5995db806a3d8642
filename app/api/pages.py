"""Response bodies of lists and of single records: keyset pagination, envelope, `include`, links."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Select, bindparam, select
from sqlmodel import col

from app.api import cursors
from app.api.links import MAX_LINK_BYTES, address
from app.api.parameters import MAX_ERRORS, MAX_VALUES, truncated
from app.api.partial_answers import ALWAYS
from app.api.query_suggestions import suggestions
from app.api.record_suggestions import suggest_record
from app.api.translated_names import translated
from app.model.compact_json import dump_json
from app.model.languages import LANGUAGES
from app.model.references import referenced_ids
from app.problems import BadParameter, Gone, Merged, NotFound, ParameterError, types
from app.queries.conditions import AXES
from app.queries.counting import count_matches
from app.queries.filters import DetailFilters, Listing
from app.queries.plan import PlannedList, plan
from app.queries.record_type import RecordType
from app.queries.values import SLUG, Refers
from app.records import RECORD_TYPES
from app.storage.database import Snapshot
from app.storage.models import Change
from app.storage.registry import document_of

MAX_EXACT_COUNT = 10_000
"""A list of a resource with at most this many records has an exact `meta.matched` without `count=exact`."""

_PATHS_BEFORE_ID = {"v1": "/v1/<list>/", "ogc": "/ogc/collections/<list>/items/"}
_NON_FILTER_PARAMETERS = {"cursor", "limit", "count", "fields", "include", "lang"}
MAX_INCLUDED = 500
"""At most this many records that refer to those of a response are included in it, for each list."""

_MAX_IDS_WITH_SUGGESTION = 5
"""At most this many unknown ids of one request get a suggestion, because each costs a search."""

_MAX_IDS_PER_QUERY = 10_000


@dataclass(frozen=True)
class JsonBody:
    """The bytes of a JSON response, the release that they belong to, the link to the next page, and the language that
    names are in, if one was asked for."""

    body: bytes
    release: int
    next: str | None = None
    language: str | None = None


@dataclass(frozen=True)
class RequestUrl:
    """The path and the query parameters of a request, from which the links of its response are built; and links to
    other formats of the same list."""

    path: str
    items: Sequence[tuple[str, str]]
    formats: Mapping[str, str] = field(default_factory=dict)

    def link(self, **changes: str) -> str:
        """Returns this URL with some parameters changed."""
        items = [(name, value) for name, value in self.items if name not in changes] + list(changes.items())
        return address(self.path, items)

    def page_links(self, cursor: str | None) -> dict[str, str]:
        """Returns the links of a page of a list. `cursor` is where the next one begins."""
        following = {} if cursor is None else {"next": self.link(cursor=cursor)}
        return {"self": self.link(), **following, **self.formats}

    def for_record(self, id_: str, other: str) -> "RequestUrl":
        """Returns the same request for another record."""
        parts = self.path.split("/")
        before = len(_PATHS_BEFORE_ID["ogc" if parts[1] == "ogc" else "v1"].split("/"))
        parts[parts.index(id_, before - 1)] = other
        return RequestUrl("/".join(parts), self.items)


def list_records(snapshot: Snapshot, resource: RecordType, filters: Listing, request: RequestUrl) -> JsonBody:
    """Returns one page of a list."""
    resolved = resolve_ids(snapshot, filters)
    planned = plan(resource, resolved).on(snapshot)
    query_key = _cursor_key(planned, filters)
    after = None if filters.cursor is None else cursors.decode(filters.cursor, query_key, planned.order.kind, str)
    rows = planned.rows(filters.limit + 1, after)
    more, rows = len(rows) > filters.limit, rows[: filters.limit]
    links = request.page_links(cursors.encode(query_key, rows[-1][1], rows[-1][2]) if more else None)
    meta = {
        "release": snapshot.release.number,
        **_match_counts(planned, resolved),
        "returned": len(rows),
        "did_you_mean": None if rows or filters.cursor else _did_you_mean(snapshot, resource, resolved, request),
    }
    body = _envelope(snapshot, resource, [row[0] for row in rows], filters, links, meta, many=True)
    return in_language(snapshot, JsonBody(body, snapshot.release.number, links.get("next")), filters.lang)


def _did_you_mean(
    snapshot: Snapshot, resource: RecordType, filters: Listing, request: RequestUrl
) -> list[dict[str, Any]] | None:
    """Returns changed parameters that match something, for filters that match nothing; None if there are none."""
    few = snapshot.release.counts.get(resource.name, 0) <= MAX_EXACT_COUNT or filters.count == "exact"

    def matched(changed_filters: Listing) -> int | None:
        planned = plan(resource, changed_filters).on(snapshot)
        if few:
            return planned.count()
        return None if planned.rows(1) else 0

    return suggestions(snapshot, filters, request.items, matched)


def get_record(
    snapshot: Snapshot, resource: RecordType, id_: str, filters: DetailFilters, request: RequestUrl
) -> JsonBody:
    """Returns one record. Raises NotFound, Gone for a removed record and Merged for one merged into another."""
    document = find_document(snapshot, resource, id_, request)
    links, meta = {"self": request.link()}, {"release": snapshot.release.number}
    body = _envelope(snapshot, resource, [document], filters, links, meta, many=False)
    return in_language(snapshot, JsonBody(body, snapshot.release.number), filters.lang)


def in_language(snapshot: Snapshot, body: JsonBody, lang: str | None) -> JsonBody:
    """Returns a body with names in the language that `lang` asks for; as it is if none has a form in it."""
    if lang is None:
        return body
    language = lang.partition("-")[0].lower()
    found = translated(snapshot, body.body, language)
    return replace(body, language=LANGUAGES[0]) if found is None else replace(body, body=found, language=language)


def find_document(snapshot: Snapshot, resource: RecordType, id_: str, request: RequestUrl) -> str:
    """Returns the document of a record.

    Raises NotFound, Gone or Merged. Their messages and redirects repeat the request's own path (`/v1` or `/ogc`) with
    the right id.
    """
    if not SLUG.fullmatch(id_):
        detail = f"There is no {resource.type} by this id: ids are lower-case words joined by hyphens."
        raise NotFound(detail + _hint(snapshot, resource, id_, request))
    document: str | None = snapshot.value(_document(resource.name), id=id_)
    if document is None:
        raise _missing(snapshot, resource, id_, request)
    return document


@cache
def _document(name: str) -> Select[Any]:
    """Selects the document of one record. Cached, because building the statement takes longer than running it."""
    table = RECORD_TYPES[name].table
    return select(document_of(table)).where(table.id == bindparam("id"))


def check_release(snapshot: Snapshot, name: str, release: int) -> None:
    """Raises BadParameter if a parameter names a future release: the client's copy is of another database."""
    newest = snapshot.release.number
    if release > newest:
        detail = f"the newest release is {newest}; if you have seen a later one, start anew from 0"
        raise BadParameter.of(name, f"Parameter '{name}': {detail}.", str(newest), type=types.FUTURE_RELEASE)


def resolve_ids(snapshot: Snapshot, filters: Listing) -> Listing:
    """Returns the filters with current ids: a merged id is replaced by the id of the record it was merged into.

    Raises BadParameter for ids that do not exist and for a future release. `q` gets the languages of the release's
    records.
    """
    if filters.changed_since is not None:
        check_release(snapshot, "changed_since", filters.changed_since)
    changes: dict[str, Any] = {}
    errors: list[ParameterError] = []
    if filters.q is not None:
        changes["q"] = filters.q.in_languages(snapshot.release.languages)
    for name, resources in _referring(type(filters)):
        if ids := getattr(filters, name):
            changes[name] = _resolved_ids(snapshot, name, ids, resources, errors)
    if errors:
        raise BadParameter(errors[:MAX_ERRORS])
    return filters.model_copy(update=changes) if changes else filters


def _wrong(kind: types.ProblemType, name: str, detail: str, suggestion: str | None = None) -> ParameterError:
    return ParameterError(type=kind.uri, parameter=name, detail=f"Parameter '{name}'{detail}", suggestion=suggestion)


@cache
def _referring(filters: type[BaseModel]) -> list[tuple[str, tuple[str, ...]]]:
    """Returns the filters that take ids, each with the resources that these ids belong to."""
    fields = filters.model_fields.items()
    return [(name, one.resources) for name, field in fields for one in field.metadata if isinstance(one, Refers)]


def _resolved_ids(
    snapshot: Snapshot, name: str, ids: list[str], resources: tuple[str, ...], errors: list[ParameterError]
) -> list[str]:
    """Returns the current ids of existing records, and adds an error for each of the others."""
    existing: set[str] = set()
    well_formed = [id_ for id_ in ids if SLUG.fullmatch(id_)]
    for resource in resources:
        table = RECORD_TYPES[resource].table
        existing.update(snapshot.column(select(table.id).where(table.id.in_(well_formed))))
    resolved = []
    for id_ in ids:
        last = id_ if id_ in existing else _successor(snapshot, name, id_, resources, errors)
        if last is not None:
            resolved.append(last)
    return list(dict.fromkeys(resolved))


def _successor(
    snapshot: Snapshot, name: str, id_: str, resources: tuple[str, ...], errors: list[ParameterError]
) -> str | None:
    if len(errors) == MAX_ERRORS:
        return None
    for resource in resources if SLUG.fullmatch(id_) else ():
        last, removal = _follow_mergers(snapshot, resource, id_)
        if removal is not None:
            errors.append(_wrong(types.REMOVED, name, f": '{id_}' was removed: {_sentence(removal.reason)}"))
            return None
        if last != id_:
            return last
    if "," in id_:
        errors.append(_wrong(types.BAD_VALUE, name, f" takes one id at a time: write `{name}=A&{name}=B` for several."))
        return None
    what = " or ".join(RECORD_TYPES[resource].type for resource in resources)
    detail = f": there is no {what} '{id_}'."
    if not SLUG.fullmatch(id_):
        detail = f": '{truncated(id_)}' is not an id: ids are lower-case words joined by hyphens."
    suggestion = suggest_record(snapshot, id_, resources) if len(errors) < _MAX_IDS_WITH_SUGGESTION else None
    errors.append(_wrong(types.NO_SUCH_RECORD, name, detail, suggestion))
    return None


def _missing(snapshot: Snapshot, resource: RecordType, id_: str, request: RequestUrl) -> Exception:
    last, removal = _follow_mergers(snapshot, resource.name, id_)
    if removal is not None:
        return Gone(f"This record was removed in release {removal.release}: {_sentence(removal.reason)}")
    if last != id_:
        there = request.for_record(id_, last)
        url = there.link()
        if len(url) > MAX_LINK_BYTES:
            return NotFound(f"This record was merged with another; it is now {there.path}. Ask there for the same.")
        return Merged(f"This record was merged with another; it is now {url}.", headers={"Location": url})
    return NotFound(f"There is no {resource.type} '{id_}'.{_hint(snapshot, resource, id_, request)}")


def _hint(snapshot: Snapshot, resource: RecordType, id_: str, request: RequestUrl) -> str:
    suggestion = suggest_record(snapshot, id_, (resource.name,))
    return f" Did you mean {request.for_record(id_, suggestion).path}?" if suggestion else ""


def _follow_mergers(snapshot: Snapshot, resource: str, id_: str) -> tuple[str, Any]:
    """Follows a chain of mergers. Returns its last id, and the removal of that record if it was removed too."""
    seen: set[str] = set()
    while (removal := _removal(snapshot, resource, id_)) and removal.superseded_by and id_ not in seen:
        seen.add(id_)
        id_ = removal.superseded_by
    return id_, removal


def _removal(snapshot: Snapshot, resource: str, id_: str) -> Any:
    """Returns the change that removed a record; None if it exists or never existed."""
    statement = (
        select(col(Change.release), col(Change.op), col(Change.reason), col(Change.superseded_by))
        .where(col(Change.type) == RECORD_TYPES[resource].type, col(Change.id) == id_)
        .order_by(col(Change.release).desc())
        .limit(1)
    )
    last = next(iter(snapshot.rows(statement)), None)
    return last if last is not None and last.op == "DEL" else None


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _match_counts(planned: PlannedList, filters: Listing) -> dict[str, Any]:
    snapshot, resource = planned.snapshot, planned.resource
    total = snapshot.release.counts.get(resource.name, 0)
    if not planned.conditions:
        return {"matched": total, "not_judged": dict.fromkeys(AXES)}
    if total > MAX_EXACT_COUNT and filters.count != "exact":
        return {"matched": None, "not_judged": dict.fromkeys(AXES)}
    return count_matches(snapshot, resource, filters)


def _envelope(
    snapshot: Snapshot,
    resource: RecordType,
    documents: list[str],
    filters: Listing | DetailFilters,
    links: Mapping[str, Any],
    meta: dict[str, Any],
    *,
    many: bool,
) -> bytes:
    included, complete_lists = _included(snapshot, resource, documents, filters.include)
    if complete_lists:
        links = {**links, "included": complete_lists}
    fields = ""
    if filters.fields:
        fields = f',"fields":{dump_json(filters.fields)}'
        keep = {*ALWAYS, *filters.fields}
        documents = [dump_json({k: v for k, v in json.loads(text).items() if k in keep}) for text in documents]
    data = f"[{','.join(documents)}]" if many else documents[0]
    return f'{{"data":{data}{fields}{included},"links":{dump_json(links)},"meta":{dump_json(meta)}}}'.encode()


def _included(
    snapshot: Snapshot, resource: RecordType, documents: list[str], wanted: list[str]
) -> tuple[str, dict[str, list[str]]]:
    """Returns the `included` member as JSON text, and links to the complete lists where `MAX_INCLUDED` cut one."""
    if not wanted:
        return "", {}
    parsed = [json.loads(text) for text in documents]
    parts, complete_lists = [], {}
    for name in dict.fromkeys(wanted):
        if parameter := resource.referring.get(name):
            ids = [document["id"] for document in parsed]
            referring = _referring_documents(snapshot, name, parameter, ids)
            if len(referring) > MAX_INCLUDED:
                complete_lists[name] = [
                    address(f"/v1/{name}", ((parameter, id_) for id_ in ids[start : start + MAX_VALUES]))
                    for start in range(0, len(ids), MAX_VALUES)
                ]
        else:
            referring = list(_documents(snapshot, name, sorted(referenced_ids(resource.references[name], parsed))))
        parts.append(f'"{name}":[{",".join(referring[:MAX_INCLUDED] if parameter else referring)}]')
    return f',"included":{{{",".join(parts)}}}', complete_lists


def _referring_documents(snapshot: Snapshot, name: str, parameter: str, ids: list[str]) -> list[str]:
    """Returns the documents that refer to these ids, in list order: `MAX_INCLUDED`, and one more if there are more."""
    if not ids:
        return []
    filters = RECORD_TYPES[name].filters.model_validate({parameter: ids})
    return [row[0] for row in plan(RECORD_TYPES[name], filters).on(snapshot).rows(MAX_INCLUDED + 1)]


def _documents(snapshot: Snapshot, name: str, ids: list[str]) -> Iterator[str]:
    """Returns the documents of sorted ids, in batches small enough for the bound parameters of every database."""
    table = RECORD_TYPES[name].table
    for start in range(0, len(ids), _MAX_IDS_PER_QUERY):
        portion = ids[start : start + _MAX_IDS_PER_QUERY]
        yield from snapshot.column(select(document_of(table)).where(table.id.in_(portion)).order_by(table.id))


def _cursor_key(planned: PlannedList, filters: Listing) -> str:
    """Returns the key of the query that a cursor belongs to: the resource, its filters and its order.

    Ranks change with every release, so a cursor in an order by relevance is valid in one release only.
    """
    release = planned.snapshot.release.number if planned.order.ranks is not None else ""
    return cursors.query_key(
        f"{planned.resource.name} {release} {filters.model_dump_json(exclude=_NON_FILTER_PARAMETERS)}"
    )
