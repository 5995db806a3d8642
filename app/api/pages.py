"""Response bodies of records: the envelope that lists have, too, `include` and links."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType
from typing import Any

import orjson
from sqlalchemy import Select, bindparam, select

from app.api.links import MAX_LINK_BYTES, address
from app.api.parameters.parsing import MAX_VALUES
from app.api.parameters.record_ids import follow_mergers, sentence
from app.api.parameters.records import parts_of
from app.api.partial_answers import thinned
from app.api.suggestions.records import suggest_record
from app.api.translated_names import translated
from app.model.compact_json import dump_json
from app.model.languages import LANGUAGES
from app.model.references import referenced_ids
from app.problems import Gone, Merged, NotFound
from app.queries.filters import DetailFilters, Listing
from app.queries.plan import plan
from app.queries.record_type import RecordType
from app.queries.values import RELEASE, SLUG
from app.records import RECORD_TYPES
from app.records.included import included_lists
from app.storage.registry import document_bytes_of
from app.storage.snapshot import Snapshot

_PATHS_BEFORE_ID = {"v1": "/v1/<list>/", "ogc": "/ogc/collections/<list>/items/"}
_PATH_OF_PAGE = "/<list>/"
MAX_INCLUDED = 500
"""At most this many records that refer to those of a response are included in it, for each list."""

_MAX_IDS_PER_QUERY = 10_000


@dataclass(frozen=True)
class JsonBody:
    """The bytes of a JSON response, the release that they belong to, the links to the pages after and before it, the
    language that names are in, if one was asked for, and the link to the same answer in its release."""

    body: bytes
    release: int
    next: str | None = None
    prev: str | None = None
    language: str | None = None
    permanent: str | None = None


@dataclass(frozen=True)
class RequestUrl:
    """The path and the query parameters of a request or a page, from which the links of its response are built; and
    links to other formats of the same list."""

    path: str
    items: Sequence[tuple[str, str]]
    formats: Mapping[str, str] = field(default_factory=dict)

    def link(self, **changes: str) -> str:
        """Returns this URL with some parameters changed."""
        if not self.items:
            return address(self.path, changes.items()) if changes else self.path
        items = [(name, value) for name, value in self.items if name not in changes] + list(changes.items())
        return address(self.path, items)

    def permanent(self, release: int, cursor: str | None = None) -> dict[str, str]:
        """Returns the link to this answer in its release, where it stays what it is; none before the first one. A
        page of a list has another cursor there."""
        if release == 0:
            return {}
        if self.items and any(name == RELEASE for name, _ in self.items):
            return {"permanent": self.link()}
        return {"permanent": self.link(**{RELEASE: str(release)}, **({} if cursor is None else {"cursor": cursor}))}

    def page_links(
        self, following: str | None, previous: str | None = None, permanent: Mapping[str, str] = MappingProxyType({})
    ) -> dict[str, str]:
        """Returns the links of a page of a list, from the cursors of the pages after and before it."""
        pages = {"next": following, "prev": previous}
        links = {rel: self.link(cursor=cursor) for rel, cursor in pages.items() if cursor is not None}
        return {"self": self.link(), **permanent, **links, **self.formats}

    def for_record(self, id_: str, other: str) -> "RequestUrl":
        """Returns the same request for another record."""
        parts = self.path.split("/")
        before = len(_PATHS_BEFORE_ID.get(parts[1], _PATH_OF_PAGE).split("/"))
        parts[before - 1] = other + parts[before - 1].removeprefix(id_)  # a suffix may follow
        return RequestUrl("/".join(parts), self.items)


def get_record(
    snapshot: Snapshot, resource: RecordType, id_: str, filters: DetailFilters, request: RequestUrl
) -> JsonBody:
    """Returns one record. Raises NotFound, Gone for a removed record and Merged for one merged into another."""
    document = find_document(snapshot, resource, id_, request)
    release = snapshot.release.number
    links = {"self": request.link(), **request.permanent(release)}
    body = envelope(snapshot, resource, [document], filters, links, snapshot.release.meta, many=False)
    return shaped(snapshot, resource, JsonBody(body, release, permanent=links.get("permanent")), filters)


def shaped(snapshot: Snapshot, resource: RecordType, body: JsonBody, filters: Listing | DetailFilters) -> JsonBody:
    """Returns a body with the parts of records that were asked for, and with names in the language that was."""
    if not filters.model_fields_set:
        return body
    named = in_language(snapshot, body, filters.lang)
    parts = parts_of(filters, resource.name, snapshot.codebook)
    return named if parts is None else replace(named, body=thinned(named.body, parts))


def in_language(snapshot: Snapshot, body: JsonBody, lang: str | None) -> JsonBody:
    """Returns a body with names in the language that `lang` asks for; as it is if none has a form in it."""
    if lang is None:
        return body
    language = lang.partition("-")[0].lower()
    found = translated(snapshot, body.body, language)
    return replace(body, language=LANGUAGES[0]) if found is None else replace(body, body=found, language=language)


def find_document(snapshot: Snapshot, resource: RecordType, id_: str, request: RequestUrl) -> bytes:
    """Returns the document of a record.

    Raises NotFound, Gone or Merged. Their messages and redirects repeat the request's own path (`/v1` or `/ogc`) with
    the right id.
    """
    if not SLUG.fullmatch(id_):
        detail = f"There is no {resource.type} by this id: ids are lower-case words joined by hyphens."
        raise NotFound(detail + _hint(snapshot, resource, id_, request))
    document: bytes | None = snapshot.value(_document(resource.name), id=id_)
    if document is None:
        raise _missing(snapshot, resource, id_, request)
    return document


@cache
def _document(name: str) -> Select[Any]:
    """Selects the document of one record. Cached, because building the statement takes longer than running it."""
    table = RECORD_TYPES[name].table
    return select(document_bytes_of(table)).where(table.id == bindparam("id"))


def _missing(snapshot: Snapshot, resource: RecordType, id_: str, request: RequestUrl) -> Exception:
    last, removal = follow_mergers(snapshot, resource.name, id_)
    if removal is not None:
        what = "removed" if removal.op == "DEL" else "redacted"
        return Gone(f"This record was {what} in release {removal.release}: {sentence(removal.reason)}")
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


def envelope(
    snapshot: Snapshot,
    resource: RecordType,
    documents: list[bytes],
    filters: Listing | DetailFilters,
    links: Mapping[str, Any],
    meta: dict[str, Any],
    *,
    many: bool,
    counts: Mapping[str, Any] = MappingProxyType({}),
) -> bytes:
    """Returns a response body: the documents, one or a list of them, and all that goes with them."""
    included, complete_lists = _included(snapshot, resource, documents, filters.include, filters.release)
    if complete_lists:
        links = {**links, "included": complete_lists}
    more = "".join([f',"{name}":{dump_json(value)}' for name, value in counts.items()])
    end = f'{more},"links":{dump_json(links)},"meta":{dump_json(meta)}}}'.encode()
    if not many:
        return b'{"data":%b%b%b' % (documents[0], included, end)
    # Put together in one step, since there may be megabytes.
    before, after = b'{"data":[', b"]%b%b" % (included, end)
    if not documents:
        return before + after
    first, *others = documents
    pieces = [before + first, *others]
    pieces[-1] += after
    return b",".join(pieces)


def _included(
    snapshot: Snapshot, resource: RecordType, documents: list[bytes], wanted: list[str], release: str | None
) -> tuple[bytes, dict[str, list[str]]]:
    """Returns the `included` member in JSON, and links to the complete lists where `MAX_INCLUDED` cut one."""
    if not wanted:
        return b"", {}
    complete_lists, pinned = {}, [(RELEASE, release)] if release is not None else []
    parsed = [orjson.loads(text) for text in documents]
    on_the_way: dict[str, list[bytes]] = {}
    for name in dict.fromkeys(path.partition(".")[0] for path in wanted):
        if parameter := resource.referring.get(name):
            ids = [document["id"] for document in parsed]
            texts = _referring_documents(snapshot, name, parameter, ids)
            if len(texts) > MAX_INCLUDED:
                complete_lists[name] = [
                    address(f"/v1/{name}", [*((parameter, id_) for id_ in ids[start : start + MAX_VALUES]), *pinned])
                    for start in range(0, len(ids), MAX_VALUES)
                ]
            on_the_way[name] = texts[:MAX_INCLUDED]
        else:
            ids = sorted(referenced_ids(resource.references[name], parsed))
            on_the_way[name] = list(_documents(snapshot, name, ids))
    return _included_text(_with_second_lists(snapshot, on_the_way, wanted)), complete_lists


def _with_second_lists(
    snapshot: Snapshot, on_the_way: Mapping[str, list[bytes]], wanted: list[str]
) -> dict[str, list[bytes]]:
    """Returns the included documents by list: those of the first list of each path, then those that they refer to, once
    each."""
    found = {name: list(on_the_way.get(name, ())) for name in included_lists(wanted)}
    for path in dict.fromkeys(path for path in wanted if "." in path):
        first, _, second = path.partition(".")
        referring = [orjson.loads(text) for text in on_the_way[first]]
        there = {orjson.loads(text)["id"] for text in found[second]}
        ids = set(referenced_ids(RECORD_TYPES[first].references[second], referring)) - there
        found[second] += _documents(snapshot, second, sorted(ids))
    return found


def _included_text(found: Mapping[str, list[bytes]]) -> bytes:
    parts = [b'"%b":[%b]' % (name.encode(), b",".join(texts)) for name, texts in found.items()]
    return b',"included":{%b}' % b",".join(parts)


def _referring_documents(snapshot: Snapshot, name: str, parameter: str, ids: list[str]) -> list[bytes]:
    """Returns the documents that refer to these ids, in list order: `MAX_INCLUDED`, and one more if there are more."""
    if not ids:
        return []
    filters = RECORD_TYPES[name].filters.model_validate({parameter: ids})
    return [row[0] for row in plan(RECORD_TYPES[name], filters).on(snapshot).rows(MAX_INCLUDED + 1)]


def _documents(snapshot: Snapshot, name: str, ids: list[str]) -> Iterator[bytes]:
    """Returns the documents of sorted ids, in batches small enough for the bound parameters of every database."""
    table = RECORD_TYPES[name].table
    for start in range(0, len(ids), _MAX_IDS_PER_QUERY):
        portion = ids[start : start + _MAX_IDS_PER_QUERY]
        yield from snapshot.column(select(document_bytes_of(table)).where(table.id.in_(portion)).order_by(table.id))
