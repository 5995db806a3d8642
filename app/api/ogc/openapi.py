"""The API definition of the OGC service, in OpenAPI 3.0, because map programs do not read the main API's 3.1."""

from typing import Any

from pydantic import BaseModel

from app import __version__
from app.api.ogc import responses
from app.api.ogc.collections import COLLECTIONS, Collection
from app.api.ogc.features import feature_schema
from app.api.ogc.parameters import Crs, Format
from app.api.parameters.parsing import openapi_parameters
from app.model.codebook import VOCABULARY, Codebook

Json = dict[str, Any]


def definition(root: str, codebook: Codebook) -> Json:
    """Returns the complete document, without references to other documents."""
    paths = {
        "/": _get("landing", "The landing page", _answer("The landing page", responses.JSON, _linked())),
        "/conformance": _get(
            "conformance", "What is kept of the standard", _answer("Classes", responses.JSON, _CLASSES)
        ),
        "/api": _get("api", "This document", _answer("OpenAPI 3.0", responses.OPENAPI, {"type": "object"})),
        "/collections": _get("collections", "The collections", _answer("Collections", responses.JSON, _COLLECTIONS)),
    }
    for one in COLLECTIONS.values():
        paths |= _of_collection(one, codebook)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": responses.TITLE,
            "version": __version__,
            "description": "OGC API - Features over the incidents and places of an investigation.",
            "license": {"name": "MIT (the code)"},
        },
        "servers": [{"url": root}],
        "paths": paths,
        "components": {"schemas": {"Link": _LINK, "Collection": _COLLECTION, "Problem": _PROBLEM}},
    }


def _of_collection(one: Collection, codebook: Codebook) -> Json:
    path, name = f"/collections/{one.name}", one.name
    title = one.title.lower()
    schema_of_feature = feature_schema(one.name, codebook)
    schema = _answer("A JSON schema", responses.SCHEMA, {"type": "object"})
    by_id = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}}
    gone = {"410": _problem("The release is from before the past was kept")}
    many = _answer("A page of features", responses.GEOJSON, _page(schema_of_feature)) | gone
    single = _answer(
        "One feature",
        responses.GEOJSON,
        {**schema_of_feature, "properties": {**schema_of_feature["properties"], "links": _LINKS}},
    )
    return {
        path: _get(
            f"{name}.collection", f"The collection of {title}", _answer(one.title, responses.JSON, _ref("Collection"))
        ),
        f"{path}/queryables": _get(f"{name}.queryables", "What can be asked for", schema),
        f"{path}/schema": _get(f"{name}.schema", "The properties of a feature", schema),
        f"{path}/items": _get(f"{name}.features", f"Find {title}", many, _parameters(one.parameters, codebook)),
        f"{path}/items/{{featureId}}": _get(
            f"{name}.feature",
            "Read one feature",
            {
                **single,
                "308": _problem("The record was merged with another; `Location` leads to that"),
                "404": _problem("No such feature"),
                "410": _problem("The record was removed, or the release is from before the past was kept"),
            },
            [by_id, *_parameters(Crs)],
        ),
    }


def _get(name: str, summary: str, responses: Json, parameters: list[Json] | None = None) -> Json:
    tag = {"tags": ["data" if parameters else "about"], "operationId": name, "summary": summary}
    refusals = {status: _problem(description) for status, description in _BY_ANY.items()}
    current = {"304": {"description": "What the request's validators name is current"}}
    return {
        "get": {
            **tag,
            "parameters": parameters or _parameters(Format),
            "responses": {**responses, **current, **refusals},
        }
    }


_BY_ANY = {
    "400": "A parameter is unknown or has a bad value",
    "405": "The service is read-only",
    "408": "The request did not come to its end in time",
    "412": "The request's conditions name what is there no longer",
    "414": "The request line is too long",
    "431": "The headers of the request are too large",
    "500": "Something went wrong on the side of the service",
    "503": "The database cannot answer at the moment; `Retry-After` says when to try again",
}


def _parameters(model: type[BaseModel], codebook: Codebook | None = None) -> list[Json]:
    """The model's parameters as the standard wants them: single values, with their vocabularies written out."""
    parameters = []
    for parameter in openapi_parameters(model, {}):
        kind = parameter["schema"]
        if codebook is not None and VOCABULARY in kind:
            kind = {"type": "string", "enum": list(codebook.values(kind[VOCABULARY]))}
        if "const" in kind:
            kind = {"type": "string", "enum": [kind["const"]]}
        parameters.append({**parameter, "style": "form", "explode": False, "schema": kind})
    return parameters


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _answer(description: str, type_: str, schema: Json) -> Json:
    return {"200": {"description": description, "content": {type_: {"schema": schema}}}}


def _problem(description: str) -> Json:
    return {"description": description, "content": {"application/problem+json": {"schema": _ref("Problem")}}}


def _object(required: list[str], **properties: Json) -> Json:
    return {"type": "object", "required": required, "properties": properties}


_TEXT: Json = {"type": "string"}
_LINKS: Json = {"type": "array", "items": _ref("Link")}
_LINK = _object(["href", "rel", "type"], href=_TEXT, rel=_TEXT, type=_TEXT, title=_TEXT)
_CLASSES = _object(["conformsTo"], conformsTo={"type": "array", "items": _TEXT})
_COLLECTION = _object(
    ["id", "links"],
    id=_TEXT,
    title=_TEXT,
    description=_TEXT,
    extent={"type": "object"},
    itemType=_TEXT,
    crs={"type": "array", "items": _TEXT},
    storageCrs=_TEXT,
    links=_LINKS,
)
_COLLECTIONS = _object(
    ["links", "collections"], links=_LINKS, collections={"type": "array", "items": _ref("Collection")}
)
_PROBLEM = _object(
    ["type", "title", "status", "detail", "instance"],
    type=_TEXT,
    title=_TEXT,
    status={"type": "integer"},
    detail=_TEXT,
    instance=_TEXT,
    errors={"type": "array", "items": {"type": "object"}},
)


def _linked() -> Json:
    return _object(["links"], title=_TEXT, description=_TEXT, links=_LINKS)


def _page(feature: Json) -> Json:
    return _object(
        ["type", "features"],
        type={"type": "string", "enum": ["FeatureCollection"]},
        numberMatched={"type": "integer", "minimum": 0},
        numberReturned={"type": "integer", "minimum": 0},
        links=_LINKS,
        features={"type": "array", "items": feature},
    )
