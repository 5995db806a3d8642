"""OGC features made from documents: those of the GeoJSON files, but with a single date property.

GDAL and QGIS infer types from values, translate a comparison with any date property into `datetime`, and do not filter
the response again. With two properties that look like dates, they would return wrong rows.
"""

from typing import Any

from app.exports.formats import geojson
from app.exports.formats.columns import Column, Json, Value, resource_columns
from app.model.codebook import Codebook

Schema = dict[str, Any]

_LEFT_OUT = {"id", "latitude", "longitude", "date_edtf", "date_latest", "date_assumed_latest"}
"""The id and the point are members of the feature; the dates are in `date_range` and `date_assumed`."""


def _first_day(document: Json) -> Value:
    date = document["date"]
    return date["earliest"] if date else None


def _days(document: Json) -> Value:
    return _interval(document["date"])


def _assumed_days(document: Json) -> Value:
    date = document["date"]
    return _interval(date.get("assumed")) if date else None


def _interval(days: Json | None) -> Value:
    return f"{days['earliest'] or '..'}/{days['latest'] or '..'}" if days else None


_INSTEAD = {
    "date_earliest": [
        Column("date", "string", "First possible day. Filters by it find what may have happened then.", _first_day),
        Column(
            "date_range", "string", "First and last possible day, as `first/last`; `..` stands for an open end.", _days
        ),
    ],
    "date_assumed_earliest": [
        Column(
            "date_assumed",
            "string",
            "What filters take where an end is open, as `first/last`; `..` stands for an end that is stated or has no "
            "limit. Nobody reported these days.",
            _assumed_days,
        )
    ],
}


def _properties(resource: str, codebook: Codebook) -> list[Column]:
    """Returns the properties of the features of a collection."""
    included = (column for column in resource_columns(resource, codebook) if column.name not in _LEFT_OUT)
    return [one for column in included for one in _INSTEAD.get(column.name, [column])]


def feature(resource: str, document: Json, base: str, codebook: Codebook) -> dict[str, Any]:
    """Returns one record as a feature. `base` makes its `url` absolute."""
    geojson_feature = geojson.feature(resource, document, base, codebook)
    flat = geojson_feature["properties"]
    properties = {
        column.name: flat[column.name] if column.name in flat else column.value(document)
        for column in _properties(resource, codebook)
    }
    return {**geojson_feature, "properties": properties}


def properties_schema(resource: str, codebook: Codebook) -> Schema:
    """Returns the schema of the properties. Null is allowed by `nullable`, because GDAL does not accept type lists."""
    return {column.name: _property(column) for column in _properties(resource, codebook)}


def _property(column: Column) -> Schema:
    dated = {"format": "date"} if column.name == "date" else {}
    return {"type": column.json_type, **dated, "nullable": True, "description": column.meaning}


def feature_schema(resource: str, codebook: Codebook) -> Schema:
    """Returns the schema of one feature, in the schema dialect of OpenAPI 3.0."""
    numbers = {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "number"}}
    point = {
        "type": "object",
        "nullable": True,
        "description": "Longitude and latitude (CRS84); null where no point is known.",
        "required": ["type", "coordinates"],
        "properties": {"type": {"type": "string", "enum": ["Point"]}, "coordinates": numbers},
    }
    return {
        "type": "object",
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "string"},
            "geometry": point,
            "properties": {"type": "object", "properties": properties_schema(resource, codebook)},
        },
    }
