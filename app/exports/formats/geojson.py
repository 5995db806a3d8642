"""GeoJSON (RFC 7946): a feature collection with flat properties, coordinates as [longitude, latitude].

A record without a known point is a feature with a null geometry. `without_geometry` counts them; it is the last member
because the file is streamed while the records are read. `release` comes first.
"""

import json
from collections.abc import Iterator
from typing import Any

from app.exports.formats import Batches, ExportFormat
from app.exports.formats.columns import COLUMNS, Json, flat
from app.model.compact_json import dump_json

_GEOMETRY = ("latitude", "longitude")


def chunks(resource: str, batches: Batches, base: str, release: int) -> Iterator[bytes]:
    """Yields a feature collection."""
    yield f'{{"type":"FeatureCollection","release":{release},"features":['.encode()
    comma, without = "", 0
    for batch in filter(None, batches):
        features = [feature(resource, json.loads(text), base) for text in batch]
        without += sum(one["geometry"] is None for one in features)
        yield (comma + ",".join(map(dump_json, features))).encode()
        comma = ","
    yield f'],"without_geometry":{without}}}'.encode()


def feature(resource: str, document: Json, base: str) -> dict[str, Any]:
    """Returns one record as a feature."""
    properties = flat(resource, document, base)
    latitude, longitude = (properties.pop(name) for name in _GEOMETRY)
    point = None if latitude is None else {"type": "Point", "coordinates": [longitude, latitude]}
    return {"type": "Feature", "id": document["id"], "geometry": point, "properties": properties}


def schema(resource: str) -> dict[str, Any]:
    """Returns the JSON schema of a collection."""
    properties = {
        column.name: {"type": [column.kind, "null"], "description": column.meaning}
        for column in COLUMNS[resource]
        if column.name not in _GEOMETRY
    }
    position = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
    point = {"type": {"const": "Point"}, "coordinates": {**position, "description": "Longitude, latitude (WGS 84)."}}
    return _object(
        type={"const": "FeatureCollection"},
        release={"type": "integer", "description": "The release that all of it belongs to."},
        features={
            "type": "array",
            "items": _object(
                type={"const": "Feature"},
                id={"type": "string"},
                geometry={"anyOf": [_object(**point), {"type": "null"}]},
                properties=_object(**properties),
            ),
        },
        without_geometry={"type": "integer", "description": "How many records have no known point."},
    )


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


FORMAT = ExportFormat(
    ".geojson",
    "application/geo+json",
    "GeoJSON",
    "RFC 7946. A record without a known point has the geometry null; `without_geometry` at the end of the "
    "collection counts them. Properties are flat; lists are joined by `|`, as in CSV.",
    chunks,
    schema,
    of_points=True,
)
