"""The JSON schemas of GeoJSON files: flat properties with the types and vocabularies that the documents give them."""

from functools import cache
from typing import Any

from app.exports.formats.columns import Column, located_by, resource_columns
from app.model.codebook import KEYS, VOCABULARY, Codebook
from app.model.documents import DOCUMENTS
from app.model.partial_documents import EVIDENCE_COUNT
from app.records import RECORD_TYPES

Json = dict[str, Any]

GEOMETRY = ("latitude", "longitude")
"""The columns that are no properties, because the feature's geometry has them."""

_COMPONENTS = "#/components/schemas/"
_NULL: Json = {"type": "null"}


def properties_of(columns: list[Column]) -> list[Column]:
    """Returns the columns that are properties."""
    return [column for column in columns if column.name not in GEOMETRY]


def collection_schema(resource: str) -> Json:
    """Returns the schema of a file."""
    return _reference(f"{_stem(resource)}FeatureCollection")


def feature_schema(resource: str) -> Json:
    """Returns the schema of one record as a feature."""
    return _reference(f"{_stem(resource)}Feature")


def components(resource: str, schemas: Json, codebook: Codebook) -> Json:
    """Returns the schemas of a file's parts by name. `schemas` has those of documents, whole and in parts."""
    stem, document = _stem(resource), DOCUMENTS[resource].__name__
    flat = {column.name: _property(resource, column) for column in properties_of(resource_columns(resource, codebook))}
    counted = "With `evidence=count`: how many passages it rests on."
    count = {EVIDENCE_COUNT: {"type": "integer", "description": counted}}
    added = _of_another(resource)
    made = {
        f"{stem}Properties": _object("The flat properties of a feature.", flat | added),
        f"Partial{stem}Properties": _object("The properties that were asked for.", flat | count | added, list(added)),
    }
    nested = [document, f"Partial{document}"]
    if added:
        nested = [f"{name.removesuffix('Document')}AtPoint" for name in nested]
        made |= {
            name: {**whole, "title": name, "properties": whole["properties"] | added}
            | {"required": [*whole["required"], *added]}
            for name, whole in zip(nested, (schemas[document], schemas[f"Partial{document}"]), strict=True)
        }
    return {
        **made,
        f"{stem}Feature": _feature([*dict.fromkeys([*made, *nested])]),
        f"{stem}FeatureCollection": _collection(f"{stem}Feature"),
    }


def _feature(properties: list[str]) -> Json:
    position = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
    point = _object(
        "A point.",
        {
            "type": {"const": "Point", "type": "string", "description": "What it is."},
            "coordinates": {**position, "description": "Longitude, latitude (WGS 84)."},
        },
    )
    return _object(
        "A record at its point.",
        {
            "type": {"const": "Feature", "type": "string", "description": "What it is."},
            "id": {"type": "string", "description": "The record's id."},
            "geometry": {"anyOf": [point, _NULL], "description": "Null where no point is known."},
            "properties": {
                "anyOf": [_reference(name) for name in properties],
                "description": "Flat, all or those that `fields` names; with `flat=false` the record as in JSON.",
            },
        },
    )


def _collection(feature: str) -> Json:
    box = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4}
    collection = _object(
        "All records that match, as features.",
        {
            "type": {"const": "FeatureCollection", "type": "string", "description": "What it is."},
            "release": {"type": "integer", "description": "The release that all of it belongs to."},
            "features": {"type": "array", "items": _reference(feature), "description": "In the order of the list."},
            "without_geometry": {"type": "integer", "description": "How many records have no known point."},
        },
    )
    collection["properties"]["bbox"] = {
        **box,
        "description": "West, south, east and north of all points; absent where there is none.",
    }
    return collection


def _object(description: str, properties: Json, required: list[str] | None = None) -> Json:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(properties) if required is None else required,
        "additionalProperties": False,
    }


def _of_another(resource: str) -> Json:
    """Returns the properties of records that are shown at the point of another."""
    subject = located_by(resource)
    if subject is None or subject == resource:
        return {}
    kind = RECORD_TYPES[subject].type
    return {
        "point_of": {
            "type": "string",
            "const": kind,
            "description": f"Whose point it is: that of the {kind}; the record has none of its own.",
        },
        "location_id": {"type": ["string", "null"], "description": "The id of the place whose point it is."},
        "coordinate_radius_m": {
            "type": ["integer", "null"],
            "description": "The place lies within this many metres of the point.",
        },
    }


def _property(resource: str, column: Column) -> Json:
    """Returns the schema of a column: that of the field that it is made from, or of several joined as one text."""
    description = {"description": column.meaning}
    if column.of_list:
        return {"type": ["string", "null"], **description}
    field, nullable = _field(resource, column.path)
    if field.get("type") in ("array", "object"):
        return {"type": column.json_type, **description}
    kept = {key: value for key, value in field.items() if key not in ("description", "title", "default")}
    if not nullable:
        return {**kept, **description}
    if isinstance(kept.get("type"), str) and not kept.keys() & {"enum", "const", VOCABULARY}:
        return {**kept, "type": [kept["type"], "null"], **description}
    return {"anyOf": [kept, _NULL], **description}


def _field(resource: str, path: tuple[str, ...]) -> tuple[Json, bool]:
    """Returns the schema of a field at a path, and whether it may be null, or what it lies in."""
    schema, nullable = _document(resource), False
    for key in path:
        schema = _resolved(resource, schema)
        schema = schema["additionalProperties"] if KEYS in schema else schema["properties"][key]
        if variants := schema.get("anyOf"):
            nullable = nullable or _NULL in variants
            schema = next(one for one in variants if one != _NULL)
    return schema, nullable


def _resolved(resource: str, schema: Json) -> Json:
    if "$ref" not in schema:
        return schema
    found: Json = _document(resource)["$defs"][schema["$ref"].removeprefix(_COMPONENTS)]
    return found


@cache
def _document(resource: str) -> Json:
    return DOCUMENTS[resource].model_json_schema(ref_template=f"{_COMPONENTS}{{model}}", mode="serialization")


def _stem(resource: str) -> str:
    return DOCUMENTS[resource].__name__.removesuffix("Document")


def _reference(name: str) -> Json:
    return {"$ref": f"{_COMPONENTS}{name}"}
