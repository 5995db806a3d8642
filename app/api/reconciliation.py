"""The messages of the Reconciliation Service API: 0.2 as published, which OpenRefine speaks, and the draft of 1.0.

Both ask the same of `app.reconciliation`. Ids of records are their paths below `/v1`, such as `places/baghdad`.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from app import __version__
from app.exports.formats.columns import Column, flat, resource_columns
from app.model.codebook import Codebook
from app.problems import BadParameter, BadValue, types
from app.queries import changes
from app.reconciliation.candidates import NAMED_TYPES, Candidate, Query, candidates, describe, indexes
from app.reconciliation.properties import PROPERTIES, Property, Value
from app.records import RECORD_TYPES
from app.storage.snapshot import Snapshot

Json = dict[str, Any]

MAX_QUERIES = 50
"""Queries of one request."""

MAX_CANDIDATES = 50
"""Candidates for one query."""

DEFAULT_CANDIDATES = 10

MAX_NAME_LENGTH = 300

MAX_IDS = 500
"""Records that one request gets columns of."""

PREVIEW_SIZE = {"width": 420, "height": 220}

_SUGGESTIONS = 20


class Version(NamedTuple):
    """A version of the API: its name, the path of its root, and the names of its keys that differ."""

    name: str
    root: str


V0_2, V1_0 = Version("0.2", "/reconcile"), Version("1.0-draft", "/reconcile/1.0")


def manifest(version: Version, base: str) -> Json:
    """Returns what the service is and can do."""
    root = base + version.root
    common = {
        "versions": [version.name],
        "name": "Dateline",
        "documentation": f"{base}/docs",
        "serviceVersion": __version__,
        "view": {"url": f"{base}/v1/{{{{id}}}}"},
        "defaultTypes": list_types(),
    }
    if version is V1_0:
        suggest: Json = dict.fromkeys(("entity", "property", "type"), True)
        extend: Json = {"proposeProperties": True, "propertySettings": []}
        return common | {"suggest": suggest, "preview": PREVIEW_SIZE, "extend": extend, "standardizedScore": True}
    return common | {
        "identifierSpace": f"{base}/v1/",
        "schemaSpace": f"{base}/openapi.json",
        "suggest": {
            one: {"service_url": root, "service_path": f"/suggest/{one}"} for one in ("entity", "property", "type")
        },
        "preview": {"url": f"{root}/preview?id={{{{id}}}}", **PREVIEW_SIZE},
        "extend": {"propose_properties": {"service_url": root, "service_path": "/properties"}, "property_settings": []},
    }


def list_types() -> list[Json]:
    """Returns the types that queries may ask for."""
    return [{"id": name, "name": name.capitalize()} for name in PROPERTIES]


def parse_0_2(text: str) -> dict[str, Query]:
    """Returns the queries of a batch by their keys. Raises BadParameter that names the query."""
    batch = _parsed(text, "queries", dict)
    _check_number(batch)
    return {key: _named(key, _query_0_2, one) for key, one in batch.items()}


def parse_1_0(text: str) -> list[Query]:
    """Returns the queries of a body in their order. Raises BadParameter that names the query."""
    batch = _parsed(text, "body", dict).get("queries")
    if not isinstance(batch, list):
        raise _bad("queries", "The body is an object with a list 'queries'.")
    _check_number(batch)
    return [_named(number, _query_1_0, one) for number, one in enumerate(batch)]


def answer_0_2(snapshot: Snapshot, queries: Mapping[str, Query]) -> Json:
    """Returns the candidates of each query, by its key."""
    return {key: {"result": [_candidate(one) for one in candidates(snapshot, query)]} for key, query in queries.items()}


def answer_1_0(snapshot: Snapshot, queries: Iterable[Query]) -> Json:
    """Returns the candidates of each query, in their order."""
    found = ([_candidate(one) for one in candidates(snapshot, query)] for query in queries)
    return {"results": [{"candidates": ones} for ones in found]}


def _candidate(one: Candidate) -> Json:
    return {
        "id": f"{one.list}/{one.id}",
        "name": one.label,
        "description": one.description,
        "type": [{"id": one.list, "name": one.list.capitalize()}],
        "score": one.score,
        "features": [{"id": id_, "name": id_, "value": value} for id_, value in one.features.items()],
        "match": one.is_match,
    }


def _query_0_2(one: Any) -> Query:
    one = _object(one, "query", "type", "limit", "properties", "type_strict")
    kind = one.get("type", NAMED_TYPES[0])
    list_name = kind[0] if isinstance(kind, list) and len(kind) == 1 else kind
    properties = _listed(one.get("properties") or [])
    given = [(_text(_object(each, "pid", "v"), "pid"), each.get("v")) for each in properties]
    return _query(list_name, one.get("query"), given, one.get("limit"))


def _query_1_0(one: Any) -> Query:
    one = _object(one, "type", "limit", "lang", "dir", "conditions")
    name, given = None, []
    for condition in _listed(one.get("conditions")):
        match condition:
            case {"matchType": "name", "propertyValue": value}:
                name = _value(value[0] if isinstance(value, list) and value else value).text
            case {"matchType": "property", "propertyId": str(id_), "propertyValue": value}:
                given.append((id_, value))
            case _:
                raise BadValue("a condition has a 'matchType' of name or property, and a 'propertyValue'")
    return _query(one.get("type", NAMED_TYPES[0]), name, given, one.get("limit"))


def _query(list_name: Any, name: Any, given: list[tuple[str, Any]], limit: Any) -> Query:
    if not isinstance(list_name, str) or list_name not in PROPERTIES:
        raise BadValue(f"there is no type '{str(list_name)[:40]}' here; there are {', '.join(PROPERTIES)}")
    if name is not None and (not isinstance(name, str) or len(name) > MAX_NAME_LENGTH):
        raise BadValue(f"a name is a text of {MAX_NAME_LENGTH} characters at most")
    if not name and (list_name in NAMED_TYPES or not given):
        raise BadValue("has no name to look for")
    if limit is not None and (
        isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= MAX_CANDIDATES
    ):
        raise BadValue(f"'limit' is a whole number from 1 to {MAX_CANDIDATES}")
    properties = tuple((one := _property(list_name, id_), _read(one, value)) for id_, value in _joined_points(given))
    return Query(list_name, name or None, properties, limit or DEFAULT_CANDIDATES)


def _joined_points(given: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Two columns of a table are one point."""
    apart = {id_: value for id_, value in given if id_ in ("lat", "lon")}
    others = [one for one in given if one[0] not in apart]
    if len(apart) == 1:
        raise BadValue("'lat' goes with 'lon'")
    return [*others, ("lat,lon", f"{apart['lat']},{apart['lon']}")] if apart else others


def _property(list_name: str, id_: str) -> Property:
    for one in PROPERTIES[list_name]:
        if one.id == id_:
            return one
    there = ", ".join(one.id for one in PROPERTIES[list_name])
    raise BadValue(f"there is no property '{id_[:40]}' of {list_name}; there are {there}")


def _read(one: Property, given: Any) -> tuple[Any, ...]:
    values = given if isinstance(given, list) else [given]
    if not 1 <= len(values) <= MAX_CANDIDATES:
        raise BadValue(f"'{one.id}' has 1 to {MAX_CANDIDATES} values")
    try:
        return tuple(one.read(_value(value)) for value in values)
    except BadValue as error:
        raise BadValue(f"{one.id}: {error.detail}") from error


def _value(value: Any) -> Value:
    match value:
        case str():
            return Value(value[:MAX_NAME_LENGTH])
        case bool():
            return Value(str(value).lower())
        case int() | float():
            return Value(str(value))
        case {"id": str(id_)}:
            return Value(str(value.get("name") or ""), id_.rpartition("/")[2])
    raise BadValue("a value is a text, a number, or an object with an id")


def _object(one: Any, *keys: str) -> Json:
    if not isinstance(one, dict):
        raise BadValue("is no object")
    if unknown := sorted(one.keys() - set(keys)):
        raise BadValue(f"has no key '{unknown[0][:40]}'; its keys are {', '.join(keys)}")
    return one


def _listed(ones: Any) -> list[Any]:
    if not isinstance(ones, list) or len(ones) > MAX_CANDIDATES:
        raise BadValue(f"has a list of at most {MAX_CANDIDATES} properties or conditions")
    return ones


def _text(one: Json, key: str) -> str:
    if not isinstance(one.get(key), str):
        raise BadValue(f"'{key}' is a text")
    return str(one[key])


def _parsed(text: str, name: str, kind: type) -> Any:
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _bad(name, f"This is no JSON: {error}.") from error
    if not isinstance(parsed, kind):
        raise _bad(name, "This is no JSON object.")
    return parsed


def _check_number(batch: Mapping[str, Any] | list[Any]) -> None:
    if len(batch) > MAX_QUERIES:
        raise _bad("queries", f"A request has {MAX_QUERIES} queries at most; this one has {len(batch)}.")


def _named(key: object, read: Callable[[Any], Query], one: Any) -> Query:
    """Returns a query. Raises BadParameter with its key."""
    try:
        return read(one)
    except BadValue as error:
        raise _bad("queries", f"Query '{str(key)[:40]}': {error.detail}.") from error


def _bad(parameter: str, detail: str) -> BadParameter:
    return BadParameter.of(parameter, detail, type=types.BAD_VALUE)


def suggested_entities(snapshot: Snapshot, prefix: str) -> Json:
    """Returns records whose names begin so."""
    found = [
        {
            "id": f"{name}/{record.id}",
            "name": record.names[0],
            "description": describe(record.document),
            "notable": [{"id": name, "name": name.capitalize()}],
        }
        for name, index in indexes(snapshot).items()
        for record in index.beginning_with(prefix, _SUGGESTIONS)
    ]
    return {"result": sorted(found, key=lambda one: len(str(one["name"])))[:_SUGGESTIONS]}


def suggested_properties(prefix: str) -> Json:
    """Returns the properties of queries whose names begin so."""
    of_all = {one.id: one for ones in PROPERTIES.values() for one in ones}
    named = (one for one in of_all.values() if one.id.startswith(prefix.lower()))
    return {"result": [{"id": one.id, "name": one.name, "description": one.description} for one in named]}


def suggested_types(prefix: str) -> Json:
    """Returns the types whose names begin so."""
    return {"result": [one for one in list_types() if str(one["id"]).startswith(prefix.lower())]}


def proposed_properties(codebook: Codebook, list_name: str, limit: int | None) -> Json:
    """Returns the columns that records of a type can be extended by."""
    columns = resource_columns(list_name, codebook)[:limit]
    described = [{"id": one.name, "name": one.name, "description": one.meaning} for one in columns]
    return {"type": list_name, "properties": described}


class Extension(NamedTuple):
    """Columns that are asked for, of some records."""

    ids: list[str]
    columns: list[str]


def parse_extension(text: str, parameter: str) -> Extension:
    """Returns what a client asks for. Raises BadParameter."""
    asked = _parsed(text, parameter, dict)
    ids, properties = asked.get("ids"), asked.get("properties")
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids) or len(ids) > MAX_IDS:
        raise _bad(parameter, f"'ids' is a list of at most {MAX_IDS} ids.")
    if not isinstance(properties, list) or not all(
        isinstance(one, dict) and isinstance(one.get("id"), str) for one in properties
    ):
        raise _bad(parameter, "'properties' is a list of objects whose id is a text.")
    return Extension(ids, [one["id"] for one in properties])


def extended(snapshot: Snapshot, asked: Extension, version: Version, base: str) -> Json:
    """Returns the columns of the records. Raises BadParameter for a column that none of their types has."""
    columns = {
        name: {one.name: one for one in resource_columns(name, snapshot.codebook)}
        for name in dict.fromkeys(id_.partition("/")[0] for id_ in asked.ids)
        if name in PROPERTIES
    }
    for wanted in asked.columns:
        if columns and not any(wanted in there for there in columns.values()):
            raise _bad("extend", f"There is no property '{wanted[:60]}' of {', '.join(columns)}.")
    documents = _documents(snapshot, asked.ids)
    rows = {
        id_: _cells(documents.get(id_), columns.get(id_.partition("/")[0], {}), asked.columns, base)
        for id_ in asked.ids
    }
    meta = [{"id": one, "name": one} for one in asked.columns]
    if version is V0_2:
        return {"meta": meta, "rows": rows}
    listed = [
        {"id": id_, "properties": [{"id": name, "values": values} for name, values in cells.items()]}
        for id_, cells in rows.items()
    ]
    return {"meta": meta, "rows": listed}


def _cells(
    document: Json | None, columns: Mapping[str, Column], wanted: Iterable[str], base: str
) -> dict[str, list[Json]]:
    values = {} if document is None else flat((columns[one] for one in wanted if one in columns), document, base)
    return {one: _cell(values.get(one)) for one in wanted}


def _cell(value: str | int | float | bool | None) -> list[Json]:
    match value:
        case None:
            return []
        case bool():
            return [{"str": str(value).lower()}]
        case int():
            return [{"int": value}]
        case float():
            return [{"float": value}]
    return [{"str": value}]


def _documents(snapshot: Snapshot, ids: Iterable[str]) -> dict[str, Json]:
    by_list: dict[str, list[str]] = {}
    for id_ in ids:
        list_name, _, of_record = id_.partition("/")
        by_list.setdefault(list_name, []).append(of_record)
    return {
        f"{name}/{row[0]}": json.loads(row[1])
        for name, ones in by_list.items()
        if name in PROPERTIES
        for row in snapshot.rows(changes.documents(RECORD_TYPES[name].table, ones))
    }


def previewed(snapshot: Snapshot, id_: str) -> Json | None:
    """Returns what a preview shows of a record; None where there is none."""
    document = _documents(snapshot, [id_]).get(id_)
    if document is None:
        return None
    return {"title": RECORD_TYPES[id_.partition("/")[0]].title(document), "description": describe(document), **document}
