"""The OpenAPI document: FastAPI's, completed with what front-end tools require and with real examples."""

import json
from pathlib import Path
from threading import Lock
from typing import Any

import yaml
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from yaml import SafeDumper

from app import __version__
from app.api.partial_answers import add_partial_answers
from app.api.routes.exports import describe_exports
from app.api.routes.problems import add_shared, problem_schema, shared_responses
from app.api.routes.representations import alternates, body_links, export_suffixes
from app.api.schemas.key_schemas import add_key_schemas
from app.api.schemas.response_headers import add_headers, header_components
from app.api.schemas.vocabularies import filled, filled_schemas
from app.exports.formats.export_formats import EXPORT_FORMATS
from app.model.codebook import Codebook, shipped
from app.model.compact_json import dump_json
from app.queries.conditions import AXES
from app.records import RECORD_TYPES
from app.server.cache_control import is_never_cached

DESCRIPTION = """\
Incidents, places, people and quotes of an investigation, as filtered JSON, each with the passages that it rests on.

* **Not stated is null**, never 0 and never a guess. Dates keep the precision of the reporting, counts are claims with
  bounds and a claimant, and places without a known point have none. `date.open` names the ends of a date that have no
  bound, and `date.assumed` says, with its reason, what filters and sorts take there instead.
* **Every fact has its evidence**: article, paragraph, character span, digest, and a link that opens the passage.
* **Everything belongs to a release**, one integer that stands in `meta.release` and in the `Dateline-Release` header.
* **Nothing is ignored**: an unknown parameter or value is a 400 that names it, suggests the nearest valid one and lists
  all that are taken. The `type` of a problem is the path of a page about it ([all of them](/problems)): code compares
  with that, never with the words. A browser that follows a link gets problems as pages (`Accept: text/html`).
* **As thin as a screen needs**: `fields=title,date.earliest` keeps some keys, `fields[quotes]=text` some of what
  `include` adds, `evidence=none` no passages. Files take `fields`, `evidence` and `limit`, too: in CSV and GeoJSON a
  key is every column that is made of it, and a feature has its `id` and only the properties that `fields` names.
* **Every format has a path of its own**: `Accept` chooses none, but `application/ld+json` is led on to the JSON-LD of a
  record or list (303). One that does not take the JSON of a path is a 406 that names the path of what it takes.

A repeated parameter means *or*, different parameters mean *and*. One may have 100 different values (`id` 500), and a
query 1,000 parameters. Lists are paged with `links.next` and `links.prev`, or with `meta.next_cursor` and
`meta.prev_cursor` as `cursor`; `links` also has the list's other formats.
The head of every answer stays below 2 kB: the header `Link` has the same links as far as they fit.
A request line may have 32 kB (else 414) and its headers as much (431). A question that takes too long, or that comes
when too many others wait, is answered with 503 and `Retry-After`. Every answer has an `X-Request-Id`, or gives the
request's own back.
`/client.js` is a client for browsers and Node.js without dependencies, `/client.d.ts` its types: lists and records with
exactly the keys that `fields` picks. Where you generate types from this document, `openapi-typescript` 7 needs
TypeScript 5 (5.9); what it writes compiles with TypeScript 7, too.
The article and the quoted words belong to their publisher.
"""

TAGS = [
    {"name": "index", "description": "Everything that there is."},
    *(
        {"name": one.name, "description": one.summary}
        for one in sorted(RECORD_TYPES.values(), key=lambda one: one.docs_position)
    ),
    {"name": "search", "description": "Find anything by its words."},
    {
        "name": "reconciliation",
        "description": "Match a table of your own with the records, from OpenRefine or a script.",
    },
    {"name": "releases", "description": "What changed, and how to keep a copy in sync."},
    {"name": "citing", "description": "How to cite a record or a list as it is now."},
    {"name": "facets", "description": "What lists can be narrowed down by, with counts."},
    {"name": "tiles", "description": "Incidents as vector tiles, for web maps."},
    {"name": "dataset", "description": "Everything in one file."},
    {"name": "codebook", "description": "What the values mean."},
    {"name": "terms", "description": "What the keys of JSON-LD mean."},
    {"name": "health", "description": "For those who run the service."},
]

BUILDING = Lock()
"""Held by the thread that builds the document, so that others wait for it and do not build their own."""

EXAMPLES_FILE = "examples.json"
"""Responses about the shipped article, recorded by `python -m tests.examples`."""


def operation_id(route: APIRoute) -> str:
    """Returns a handler's name in camel case: `listIncidents`."""
    first, *others = route.name.split("_")
    return first + "".join(word.capitalize() for word in others)


def describe(app: FastAPI, codebook: Codebook | None = None) -> dict[str, Any]:
    """Returns the OpenAPI document of an app with the vocabularies of a codebook, of the shipped one if none is given.
    It is built once for each, in a second: not on the event loop."""
    codebook, documents = codebook or shipped(), app.state.openapi
    with BUILDING:
        if codebook not in documents:
            document = filled(_template(app), codebook)
            describe_exports(document, codebook)
            add_key_schemas(document, codebook)
            add_partial_answers(document)
            _add_file_schemas(document["components"]["schemas"], codebook)
            _add_examples(document)
            documents.clear()
            documents[codebook] = document
        described: dict[str, Any] = documents[codebook]
    return described


def _template(app: FastAPI) -> dict[str, Any]:
    """Returns the document without the vocabularies, built once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title="Dateline",
            version=__version__,
            summary="A REST API over reporting.",
            description=DESCRIPTION,
            routes=app.routes,
            tags=TAGS,
            servers=[{"url": "/", "description": "This server"}],
            contact={"name": "Whoever runs this server"},
            license_info={"name": "MIT (the code)", "identifier": "MIT"},
        )
        document["security"] = []
        document["components"]["schemas"] |= problem_schema()
        document["components"]["responses"] = shared_responses()
        document["components"]["headers"] = header_components()
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                is_cached = method == "get" and not is_never_cached(path)
                add_shared(operation["responses"], is_cached=is_cached)
                add_headers(path, operation, is_cached=is_cached)
        _drop_titles_and_defaults(document["components"]["schemas"])
        app.openapi_schema = document
    return app.openapi_schema


class _WithoutAnchors(getattr(yaml, "CSafeDumper", SafeDumper)):  # type: ignore[misc]  # that of C is several times as fast
    """Repeats equal values instead of writing YAML anchors, which readers of OpenAPI documents do not support."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def as_json(document: dict[str, Any]) -> bytes:
    """Returns the OpenAPI document as JSON."""
    return dump_json(document).encode()


def as_yaml(document: dict[str, Any]) -> bytes:
    """Returns the OpenAPI document as YAML."""
    return yaml.dump(document, Dumper=_WithoutAnchors, sort_keys=False, allow_unicode=True, width=120).encode()


def _add_file_schemas(schemas: dict[str, Any], codebook: Codebook) -> None:
    """Adds the schemas that those of export files refer to."""
    for name in RECORD_TYPES:
        for suffix in export_suffixes(name):
            schemas |= filled_schemas(EXPORT_FORMATS[suffix].components(name, schemas, codebook), codebook)


def _drop_titles_and_defaults(schemas: dict[str, Any]) -> None:
    """Removes titles derived from names, and defaults: they mean nothing in the schema of a response."""
    for schema in schemas.values():
        for field in schema.get("properties", {}).values():
            field.pop("title", None)
            field.pop("default", None)


def _add_examples(document: dict[str, Any]) -> None:
    """Adds real records of the shipped seed, and real responses about them with shortened lists, as examples."""
    answers = json.loads(Path(__file__).with_name(EXAMPLES_FILE).read_text("utf-8"))
    for path, answer in answers.items():
        _set_example(document, path, answer)
    # A new type has none until they are made anew.
    for record_type in (one for one in RECORD_TYPES.values() if f"/v1/{one.name}/{{id}}" in answers):
        path, id_ = f"/v1/{record_type.name}", record_type.example
        meta = {
            "release": 1,
            "matched": 1,
            "not_judged": dict.fromkeys(AXES),
            "extent": None,
            "returned": 1,
            "next_cursor": None,
            "prev_cursor": None,
            "did_you_mean": None,
        }
        record = answers[f"{path}/{{id}}"]["data"]
        links = {"self": path, **body_links(alternates(record_type.name, "", ()))}
        _set_example(document, path, {"data": [record], "links": links, "meta": meta})
        for one in (one for one in document["paths"] if one.startswith(f"{path}/{{id}}")):
            document["paths"][one]["get"]["parameters"][0]["example"] = id_


def _set_example(document: dict[str, Any], path: str, example: dict[str, Any]) -> None:
    document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["example"] = example


def shortened(value: Any) -> Any:
    """Returns a response with at most two items in each of its lists."""
    if isinstance(value, list):
        return [shortened(item) for item in value[:2]]
    if isinstance(value, dict):
        return {key: shortened(item) for key, item in value.items()}
    return value
