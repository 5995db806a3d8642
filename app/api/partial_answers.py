"""Answers with parts of records (`fields`, `evidence`), and their schemas: those of whole ones, but that keys may lack.

An answer has the member `fields` only where keys were left out, so programs, validators and type checkers tell the two
apart by it: `"fields" in page` narrows the union in TypeScript.
"""

from typing import Any

import orjson

from app.api.parameters.records import Parts
from app.model.compact_json import dump_json
from app.model.partial_documents import ALWAYS, EVIDENCE, EVIDENCE_COUNT, cut

Json = dict[str, Any]


def thinned(body: bytes, parts: Parts) -> bytes:
    """Returns a body with these parts of its records."""
    answer = orjson.loads(body)
    thin = {"data": cut(answer.pop("data"), parts.keys), "fields": parts.fields}
    if "included" in answer:
        thin["included"] = {name: cut(one, parts.included.get(name)) for name, one in answer.pop("included").items()}
    return dump_json(thin | answer).encode()


def add_partial_answers(document: Json) -> None:
    """Adds the schema of partial answers to each operation of an OpenAPI document that takes `fields`."""
    schemas = document["components"]["schemas"]
    for methods in document["paths"].values():
        for operation in methods.values():
            taken = {one["name"]: one["schema"] for one in operation.get("parameters", ())}
            content = operation["responses"]["200"]["content"]
            if "fields" not in taken or "application/json" not in content:
                continue
            whole = _name(content["application/json"]["schema"])
            schemas[f"Partial{whole}"] = _partial_envelope(schemas, schemas[whole], taken["fields"]["items"])
            content["application/json"]["schema"] = {"anyOf": [_reference(whole), _reference(f"Partial{whole}")]}


def _partial_envelope(schemas: Json, envelope: Json, field: Json) -> Json:
    """Returns the envelope of partial records; the schemas of what it has are added to `schemas`."""
    data = envelope["properties"]["data"]
    fields = {
        "type": "array",
        "items": {"anyOf": [field, {"type": "string", "const": EVIDENCE_COUNT}]},
        "description": "The keys that `fields` asked for, or else those that are there. The records of `data` have "
        "these, `id`, `type` and `url`.",
    }
    properties = {**envelope["properties"], "data": _partial(schemas, data, ALWAYS)}
    properties["included"] = _partial(schemas, properties["included"], (), of_records=ALWAYS)
    return {
        **envelope,
        "title": f"Partial{envelope['title']}",
        "properties": {**properties, "fields": fields},
        "required": [*envelope["required"], "fields"],
        "description": f"{envelope['description']} With `fields` or `evidence`: only parts of records.",
    }


def _partial(schemas: Json, schema: Json, required: tuple[str, ...], of_records: tuple[str, ...] = ()) -> Json:
    """Returns the schema of a value of which keys may be left out, with all but the required ones optional. Those of
    the objects in it are added to `schemas`; `of_records` are required of these, where they are records."""
    if "$ref" in schema:
        name = _name(schema)
        if "properties" not in schemas[name]:
            return schema
        _add_partial_object(schemas, name, required, of_records)
        return {**schema, **_reference(f"Partial{name}")}
    if "anyOf" in schema:
        return {**schema, "anyOf": [_partial(schemas, one, required, of_records) for one in schema["anyOf"]]}
    if schema.get("type") == "array":
        return {**schema, "items": _partial(schemas, schema["items"], required, of_records)}
    return schema


def _add_partial_object(schemas: Json, name: str, required: tuple[str, ...], of_records: tuple[str, ...]) -> None:
    whole, partial = schemas[name], f"Partial{name}"
    if partial in schemas:
        return
    schemas[partial] = {}  # so that whatever contains itself ends
    properties = {key: _partial(schemas, one, of_records) for key, one in whole["properties"].items()}
    if EVIDENCE in properties:
        count = {"type": "integer", "description": "With `evidence=count`: how many passages it rests on."}
        properties[EVIDENCE_COUNT] = count
    description = f"{whole.get('description', '')} Only some of its keys.".strip()
    schemas[partial] = {
        **whole,
        "title": f"Partial{whole['title']}",
        "properties": properties,
        "required": list(required),
        "description": description,
    }


def _name(reference: Json) -> str:
    return str(reference["$ref"].rpartition("/")[2])


def _reference(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}
