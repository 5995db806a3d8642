"""`/client.d.ts`: the TypeScript types of `/client.js`, written from the OpenAPI document, so they are never stale."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]

CLIENT = Path(__file__).parents[2] / "web"
"""The folder of `client.js`, and of the types that do not depend on the API (`client.d.ts`)."""

_JSON = re.compile(r"application/([\w.]+\+)?json")
_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*")
_PRIMITIVES = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def client_types(document: Json) -> str:
    """Returns the module: the client's own types, the schemas, the queries of all operations, and what they return."""
    reading = {path: one["get"] for path, one in document["paths"].items() if "get" in one}
    operations = {path: one for path, one in reading.items() if _answer(one) is not None}
    blocks = [
        (CLIENT / "client.d.ts").read_text("utf-8").rstrip(),
        *(_declaration(name, schema) for name, schema in sorted(document["components"]["schemas"].items())),
        *(_query(operation) for operation in operations.values()),
        _lists(operations, document["components"]["schemas"]),
        _operations(operations),
    ]
    return "\n\n".join(blocks) + "\n"


def _answer(operation: Json) -> Json | None:
    """Returns the schema of the JSON that an operation answers with; None if it answers with something else."""
    content = operation["responses"]["200"]["content"]
    return next((one.get("schema", {}) for media_type, one in content.items() if _JSON.fullmatch(media_type)), None)


def _declaration(name: str, schema: Json) -> str:
    about = _comment(schema.get("description"))
    if "properties" in schema:
        return f"{about}export interface {name} {_members(schema)}"
    return f"{about}export type {name} = {_type(schema)};"


def _members(schema: Json, indent: str = "") -> str:
    required = schema.get("required", ())
    lines = [
        f"{_comment(one.get('description'), indent + '  ')}{indent}  {_key(name)}{'' if name in required else '?'}: "
        f"{_type(one, indent + '  ')};"
        for name, one in schema["properties"].items()
    ]
    return "\n".join(["{", *lines, f"{indent}}}"])


def _type(schema: Json, indent: str = "") -> str:
    """Returns the TypeScript type of a schema. Raises ValueError for one that it has no words for."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "const" in schema or "enum" in schema:
        return _union(json.dumps(value, ensure_ascii=False) for value in schema.get("enum", [schema.get("const")]))
    if variants := schema.get("anyOf") or schema.get("oneOf"):
        return _union(_type(one, indent) for one in variants)
    kind = schema.get("type")
    if isinstance(kind, list):
        return _union(_type({**schema, "type": one}, indent) for one in kind)
    if kind == "array":
        items = _type(schema["items"], indent)
        return f"({items})[]" if " | " in items else f"{items}[]"
    if kind == "object":
        others = schema.get("additionalProperties")
        if "properties" in schema:
            return _members(schema, indent)
        return f"Record<string, {_type(others, indent)}>" if isinstance(others, dict) else "Record<string, unknown>"
    if kind is None and not schema.keys() - {"description", "title", "examples"}:
        return "unknown"
    if kind not in _PRIMITIVES:
        raise ValueError(f"no TypeScript type is known for {schema}")
    return _PRIMITIVES[kind]


def _union(types: Iterator[str] | Any) -> str:
    return " | ".join(dict.fromkeys(types))


def _query(operation: Json) -> str:
    """Returns the parameters of an operation, those of its path included. A list may be given as one value."""
    lines = []
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "header":
            continue
        schema = parameter["schema"]
        items = _type(schema["items"] if schema.get("type") == "array" else schema)
        wanted = items
        if schema.get("type") == "array":
            wanted = f"{items} | readonly ({items})[]" if " | " in items else f"{items} | readonly {items}[]"
        mark, wanted = ("", wanted) if parameter["required"] else ("?", f"{wanted} | undefined")
        lines.append(f"{_comment(parameter['description'], '  ')}  {_key(parameter['name'])}{mark}: {wanted};")
    about = _comment(f"What `{operation['operationId']}` takes: {operation['summary']}")
    return "\n".join([f"{about}export interface {_query_name(operation)} {{", *lines, "}"])


def _query_name(operation: Json) -> str:
    name = operation["operationId"]
    return f"{name[0].upper()}{name[1:]}Query"


def _lists(operations: dict[str, Json], schemas: Json) -> str:
    """Returns the lists of records, each with its document, its envelopes and its queries."""
    lines = []
    for path, operation in operations.items():
        name, detail = path.removeprefix("/v1/"), operations.get(f"{path}/{{id}}")
        if detail is not None:
            page, one = (_type(_complete_variant(_answer(each))) for each in (operation, detail))
            queries = f'query: {_query_name(operation)}; recordQuery: Omit<{_query_name(detail)}, "id">'
            record = _type(schemas[one]["properties"]["data"])
            documents = f"document: {record}; partial: Partial{record}"
            lines.append(f"  {name}: {{ {documents}; page: {page}; detail: {one}; {queries} }};")
    return "\n".join([f"{_comment('The lists of records.')}export interface Lists {{", *lines, "}"])


def _complete_variant(schema: Json | None) -> Json:
    """Returns the first variant of an answer: the one with all keys."""
    assert schema is not None
    whole: Json = schema.get("anyOf", [schema])[0]
    return whole


def _operations(operations: dict[str, Json]) -> str:
    lines = [
        f"{_comment(operation['summary'], '  ')}  {json.dumps(path)}: "
        f"{{ query: {_query_name(operation)}; answer: {_type(_answer(operation) or {}, '  ')} }};"
        for path, operation in operations.items()
    ]
    return "\n".join(
        [f"{_comment('All operations that answer with JSON.')}export interface Operations {{", *lines, "}"]
    )


def _comment(text: str | None, indent: str = "") -> str:
    if not text:
        return ""
    written = text.strip().replace("*/", "*\\/").replace("\n", f"\n{indent} * ")
    return f"{indent}/** {written} */\n"


def _key(name: str) -> str:
    return name if _IDENTIFIER.fullmatch(name) else json.dumps(name)
