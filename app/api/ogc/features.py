"""OGC features made from documents: those of the GeoJSON files, but with a single date property.

GDAL and QGIS infer types from values, translate a comparison with any date property into `datetime`, and do not filter
the response again. With two properties that look like dates, they would return wrong rows.
"""

from typing import Any

from app.exports.formats import geojson
from app.exports.formats.columns import COLUMNS, Column, Json, Value, has_points

Schema = dict[str, Any]

_LEFT_OUT = {"id", "latitude", "longitude", "date_edtf", "date_latest"}
"""The id and the point are members of the feature; the dates are in `date_range`."""


def _first_day(document: Json) -> Value:
    date = document["date"]
    return date["earliest"] if date else None


def _days(document: Json) -> Value:
    date = document["date"]
    return f"{date['earliest'] or '..'}/{date['latest'] or '..'}" if date else None


_DATE = [
    Column("date", "string", "First possible day. Filters by it find what may have happened then.", _first_day),
    Column("date_range", "string", "First and last possible day, as `first/last`; `..` stands for an open end.", _days),
]


def _columns(resource: str) -> list[Column]:
    included = (column for column in COLUMNS[resource] if column.name not in _LEFT_OUT)
    return [one for column in included for one in (_DATE if column.name == "date_earliest" else [column])]


PROPERTIES: dict[str, list[Column]] = {resource: _columns(resource) for resource in COLUMNS if has_points(resource)}
"""The properties of the features of each collection."""


def feature(resource: str, document: Json, base: str) -> dict[str, Any]:
    """Returns one record as a feature. `base` makes its `url` absolute."""
    geojson_feature = geojson.feature(resource, document, base)
    flat = geojson_feature["properties"]
    properties = {
        column.name: flat[column.name] if column.name in flat else column.value(document)
        for column in PROPERTIES[resource]
    }
    return {**geojson_feature, "properties": properties}


def properties_schema(resource: str) -> Schema:
    """Returns the schema of the properties. Null is allowed by `nullable`, because GDAL does not accept type lists."""
    return {column.name: _property(column) for column in PROPERTIES[resource]}


def _property(column: Column) -> Schema:
    dated = {"format": "date"} if column.name == "date" else {}
    return {"type": column.kind, **dated, "nullable": True, "description": column.meaning}


def feature_schema(resource: str) -> Schema:
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
            "properties": {"type": "object", "properties": properties_schema(resource)},
        },
    }
