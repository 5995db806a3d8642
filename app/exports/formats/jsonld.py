"""JSON-LD 1.1: records as linked data, in the terms of schema.org, PROV, the Web Annotation vocabulary and our own."""

from collections.abc import Iterator
from functools import lru_cache

import orjson

from app.exports.formats import Export, ExportFormat, Json, RecordFile
from app.exports.linked_data.context import context_path
from app.exports.linked_data.shapes import node, shape_of
from app.model.codebook import Codebook
from app.model.compact_json import dump_json
from app.model.partial_documents import cut, keys_of, paths_of


def chunks(export: Export) -> Iterator[bytes]:
    """Yields a document with a node for each record. The context comes first, as readers of streams need it."""
    yield f'{{"@context":{dump_json(_context(export))},"@graph":['.encode()
    comma = ""
    for batch in filter(None, export.batches):
        yield (comma + ",".join(dump_json(_node(export, text)) for text in batch)).encode()
        comma = ","
    yield b"]}"


def _one(export: Export, document: bytes) -> Json:
    return {"@context": _context(export), **_node(export, document)}


def _node(export: Export, document: bytes) -> Json:
    fields = _with_types(export.resource, export.codebook, export.fields)
    keys = keys_of(export.resource, export.codebook, fields, export.evidence)
    return node(shape_of(export.resource, export.codebook), cut(orjson.loads(document), keys), export.base)


@lru_cache(maxsize=256)
def _with_types(resource: str, codebook: Codebook, fields: tuple[str, ...]) -> tuple[str, ...]:
    """Returns paths with those of the types beside ids: only both together are an address."""
    known = paths_of(resource, codebook)
    types = (f"{path.removesuffix('.id')}.type" for path in fields if path.endswith(".id"))
    return (*fields, *(path for path in types if path in known))


def _context(export: Export) -> str:
    return export.base + context_path()


_CONTEXT: Json = {"type": "string", "format": "uri", "description": "What the keys mean: a version never changes."}
_NODE: Json = {
    "@id": {"type": "string", "format": "uri", "description": "The record's address."},
    "@type": {"type": "string", "description": "The class of what it is about: `Event`, `Place`, `Person` …"},
}


def _schema_of_one(resource: str) -> Json:
    return {
        "type": "object",
        "description": "A node, with its context. It has a key for whatever is known.",
        "properties": {"@context": _CONTEXT, **_NODE},
        "required": ["@context", "@id", "@type"],
    }


def _schema(resource: str) -> Json:
    nodes = {"type": "object", "properties": _NODE, "required": list(_NODE)}
    return {
        "type": "object",
        "description": "All records that match, as nodes of one graph.",
        "properties": {
            "@context": _CONTEXT,
            "@graph": {"type": "array", "items": nodes, "description": "In the order of the list."},
        },
        "required": ["@context", "@graph"],
    }


FORMAT = ExportFormat(
    ".jsonld",
    "application/ld+json",
    "JSON-LD",
    "Linked data (see `/docs/linked-data`): each record is a node with its address as `@id`, in terms of schema.org, "
    "PROV, the Web Annotation vocabulary and our own (`/terms`). What is null or an empty list is left out: RDF says "
    "nothing where nothing is known. `fields` picks keys of the JSON. The `@context` is an address, and what is there "
    "never changes.",
    chunks,
    _schema,
    of_columns=False,
    on_front_page=False,
    of_one=RecordFile(
        "jsonld",
        _one,
        "As the JSON-LD of the list has it. `Accept: application/ld+json` at the address of the record leads here.",
        _schema_of_one,
    ),
)
