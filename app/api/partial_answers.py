"""Schemas of answers with `fields`: those of the answers without it, but for what may be left out.

An answer has the member `fields` only where keys were left out, so programs, validators and type checkers tell the two
apart by it: `"fields" in page` narrows the union in TypeScript.
"""

from typing import Any

Json = dict[str, Any]

ALWAYS = ("id", "type", "url")
"""The keys of a record that `fields` never leaves out."""


def add_partial_answers(document: Json) -> None:
    """Adds the schema of partial answers to each operation of an OpenAPI document that takes `fields`."""
    schemas = document["components"]["schemas"]
    for methods in document["paths"].values():
        for operation in methods.values():
            fields = next((one for one in operation.get("parameters", ()) if one["name"] == "fields"), None)
            content = operation["responses"]["200"]["content"]
            if fields is None or "application/json" not in content:
                continue
            whole = _name(content["application/json"]["schema"])
            schemas[f"Partial{whole}"] = _partial_envelope(schemas, schemas[whole], fields["schema"]["items"])
            content["application/json"]["schema"] = {"anyOf": [_reference(whole), _reference(f"Partial{whole}")]}


def _partial_envelope(schemas: Json, envelope: Json, field: Json) -> Json:
    """Returns the envelope of partial records; their schema is added to `schemas`."""
    data = envelope["properties"]["data"]
    record = _name(data.get("items", data))
    schemas[f"Partial{record}"] = _partial_record(schemas[record])
    partial = _reference(f"Partial{record}")
    fields = {
        "type": "array",
        "items": field,
        "description": "The keys that `fields` asked for. The records of `data` have these, `id`, `type` and `url`.",
    }
    properties = {**envelope["properties"], "data": {**data, "items": partial} if "items" in data else partial}
    return {
        **envelope,
        "title": f"Partial{envelope['title']}",
        "properties": {**properties, "fields": fields},
        "required": [*envelope["required"], "fields"],
        "description": f"{envelope['description']} With `fields`: only these keys.",
    }


def _partial_record(record: Json) -> Json:
    description = f"{record.get('description', '')} Only the keys that `fields` asked for.".strip()
    return {**record, "title": f"Partial{record['title']}", "required": list(ALWAYS), "description": description}


def _name(reference: Json) -> str:
    return str(reference["$ref"].rpartition("/")[2])


def _reference(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}
