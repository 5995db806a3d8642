"""Fills the vocabularies of a codebook into an OpenAPI document: schemas and parameters say only where they belong.

Three keys mark the places (`app.model.codebook.coded`): a text whose values a vocabulary has, an object whose keys they
are, and a parameter of which there is one for each of them. So do the names of vocabularies in the values of an enum:
`totals.{casualty.outcome}.low` (`TEMPLATE`).
"""

import re
from collections.abc import Iterator
from typing import Any

from app.model.codebook import KEYS, NAME, VOCABULARY, Codebook, Vocabulary

Json = dict[str, Any]

_NAMED = re.compile(r"\{([a-z_]+\.[a-z_.]+)\}")


def filled(document: Json, codebook: Codebook) -> Json:
    """Returns an OpenAPI document with the vocabularies of a codebook."""
    objects: Json = {}
    result: Json = _filled(document, codebook, objects)
    vocabularies = {one.type: _vocabulary(one) for one in codebook.vocabularies.values()}
    result["components"]["schemas"] |= vocabularies | objects
    return result


def filled_schemas(schemas: Json, codebook: Codebook) -> Json:
    """Returns further schemas of a document that is filled, with the vocabularies of its codebook."""
    result: Json = _filled(schemas, codebook, {})
    return result


def _filled(node: Any, codebook: Codebook, objects: Json) -> Any:
    if isinstance(node, list):
        return [_filled(item, codebook, objects) for one in node for item in _items(one, codebook)]
    if not isinstance(node, dict):
        return node
    if VOCABULARY in node:
        others = {key: value for key, value in node.items() if key not in (VOCABULARY, "type")}
        return {"$ref": f"#/components/schemas/{codebook[node[VOCABULARY]].type}", **others}
    if NAME in node:
        objects[node[NAME]] = _object(node, codebook, objects)
        description = {"description": node["description"]} if "description" in node else {}
        return {"$ref": f"#/components/schemas/{node[NAME]}", **description}
    return {key: _filled(value, codebook, objects) for key, value in node.items()}


def _items(item: Any, codebook: Codebook) -> Iterator[Any]:
    """Yields the items that one of a list stands for: a template of texts or parameters for one of each value."""
    if isinstance(item, str) and (named := _NAMED.search(item)) is not None:
        yield from (item.replace(named[0], value) for value in codebook.values(named[1]))
        return
    if not isinstance(item, dict) or KEYS not in item or "in" not in item:
        yield item
        return
    for value, meaning in codebook.meanings(item[KEYS]).items():
        texts = {key: item[key].format(value=value, meaning=meaning) for key in ("name", "description")}
        yield {key: value for key, value in {**item, **texts}.items() if key != KEYS}


def _object(node: Json, codebook: Codebook, objects: Json) -> Json:
    """Returns the schema of an object with a key for each value."""
    schema = _filled(node["additionalProperties"], codebook, objects)
    meanings = codebook.meanings(node[KEYS])
    return {
        "type": "object",
        "title": node[NAME],
        "description": f"By the values of `{node[KEYS]}`.",
        "properties": {
            value: {**schema, "description": f"`{value}`: {meaning}."} for value, meaning in meanings.items()
        },
        "required": list(meanings),
        "additionalProperties": False,
    }


def _vocabulary(vocabulary: Vocabulary) -> Json:
    meanings = "\n".join(f"{value}: {one.meaning}" for value, one in vocabulary.values.items())
    return {
        "type": "string",
        "title": vocabulary.type,
        "description": f"{vocabulary.description}\n\n{meanings}",
        "enum": list(vocabulary.values),
        VOCABULARY: vocabulary.name,
    }
