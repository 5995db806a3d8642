"""GeoJSON (RFC 7946): a feature collection, with [longitude, latitude]; properties are flat, or nested as in JSON.

A record without a known point is a feature with a null geometry. `without_geometry` counts them; it and `bbox` are the
last members because the file is streamed while the records are read. `release` comes first.

A record may be shown at the point of another one, a claim at that of its incident; then properties say so (`point_of`).
"""

from collections.abc import Iterable, Iterator
from math import floor
from typing import Any

import orjson

from app.exports.formats import Export, ExportFormat, Point, RecordFile
from app.exports.formats.columns import flat, has_points, located_by, picked, resource_columns
from app.exports.formats.geojson_schemas import (
    GEOMETRY,
    collection_schema,
    components,
    feature_schema,
    properties_of,
)
from app.model.codebook import Codebook
from app.model.compact_json import dump_json
from app.model.geography import narrowest_band
from app.model.partial_documents import cut, keys_of
from app.records import RECORD_TYPES

__all__ = ["FORMAT", "Features", "chunks", "feature", "feature_schema"]

Json = dict[str, Any]


class Box:
    """The box around the points of a file. It keeps the westernmost and easternmost point of each degree."""

    def __init__(self) -> None:
        self._spans: dict[int, tuple[float, float]] = {}
        self._south, self._north = 90.0, -90.0

    def add(self, longitude: float, latitude: float) -> None:
        """Extends it to a point."""
        degree = floor(longitude)
        west, east = self._spans.get(degree, (longitude, longitude))
        self._spans[degree] = min(west, longitude), max(east, longitude)
        self._south, self._north = min(self._south, latitude), max(self._north, latitude)

    @property
    def bounds(self) -> list[float] | None:
        """West, south, east and north; None without a point."""
        if not self._spans:
            return None
        west, east = narrowest_band(self._spans.values())
        return [west, self._south, east, self._north]


def chunks(export: Export) -> Iterator[bytes]:
    """Yields a feature collection."""
    yield f'{{"type":"FeatureCollection","release":{export.release},"features":['.encode()
    comma, without, box = "", 0, Box()
    write = Features(export)
    for batch in filter(None, export.batches):
        features = write.features(batch)
        for one in features:
            if one["geometry"] is None:
                without += 1
            else:
                box.add(*one["geometry"]["coordinates"])
        yield (comma + ",".join(map(dump_json, features))).encode()
        comma = ","
    bounds = box.bounds
    bbox = "" if bounds is None else f',"bbox":{dump_json(bounds)}'
    yield f'],"without_geometry":{without}{bbox}}}'.encode()


class Features:
    """Makes the features of an export."""

    def __init__(self, export: Export) -> None:
        self._export = export
        chosen = export.resource, export.codebook, export.fields, export.evidence
        self._columns = properties_of(picked(*chosen)) if export.flat else []
        self._keys = None if export.flat else keys_of(*chosen)
        self._is_located = has_points(export.resource)
        by_name = {one.name: one.value for one in resource_columns(export.resource, export.codebook)}
        self._coordinates = [by_name[name] for name in reversed(GEOMETRY)] if self._is_located else []

    def features(self, batch: Iterable[bytes]) -> list[Json]:
        """Returns the features of stored documents, each with its own point or that of what it is located by.

        They are parsed one by one: a hundred at a time take twice as long, because all of them stay in memory.
        """
        features = [self.feature(orjson.loads(text)) for text in batch]
        if not self._is_located:
            points = self._export.points([one["id"] for one in features])
            for one in features:
                self._locate(one, points.get(one["id"]))
        return features

    def feature(self, document: Json) -> Json:
        """Returns the feature of a document; one without a point of its own is not located."""
        coordinates = self._own_point(document) if self._is_located else None
        point = None if coordinates is None else {"type": "Point", "coordinates": coordinates}
        return {"type": "Feature", "id": document["id"], "geometry": point, "properties": self._properties(document)}

    def _own_point(self, document: Json) -> list[Any] | None:
        longitude, latitude = (value(document) for value in self._coordinates)
        return None if latitude is None else [longitude, latitude]

    def _locate(self, feature: Json, point: Point | None) -> None:
        """Gives a feature the point of another record, and says so."""
        subject = located_by(self._export.resource)
        feature["properties"] |= {
            "point_of": None if subject is None else RECORD_TYPES[subject].type,
            "location_id": point and point.place,
            "coordinate_radius_m": point and point.radius_m,
        }
        if point is not None:
            feature["geometry"] = {"type": "Point", "coordinates": [point.longitude, point.latitude]}

    def _properties(self, document: Json) -> Json:
        if self._export.flat:
            return dict(flat(self._columns, document, self._export.base))
        return dict(cut(document, self._keys))


def _one(export: Export, document: bytes) -> Json:
    (made,) = Features(export).features([document])
    return made


def feature(resource: str, document: Json, base: str, codebook: Codebook) -> Json:
    """Returns one record as a feature with all its flat properties."""
    return Features(Export(resource, (), base, 0, codebook)).feature(document)


FORMAT = ExportFormat(
    ".geojson",
    "application/geo+json",
    "GeoJSON",
    "RFC 7946. A record without a known point has the geometry null; `without_geometry` at the end of the collection "
    "counts them, and `bbox` is the box around all others: absent without any, its west above its east where it "
    "crosses the antimeridian. Properties are flat, named as the columns of CSV, and lists are joined by `|`. Every "
    "feature has all of them, null where nothing is stated: map programs take a layer's columns from what they read, "
    "and so these are the same whatever the records have. `fields` leaves out what is not needed; a feature then has "
    "its `id` and the properties that it names, in its order. With `flat=false` properties are the record as in JSON.",
    chunks,
    collection_schema,
    components,
    may_be_nested=True,
    of_points=True,
    of_one=RecordFile(
        "feature",
        _one,
        "As the GeoJSON of the list has it, with its point; null where none is known.",
        feature_schema,
    ),
)
