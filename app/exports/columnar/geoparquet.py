"""GeoParquet 1.1: points as WKB with the box around each, and what the file says of them.

A record without a known point has neither.
"""

import json
from typing import Any

import numpy as np
import pyarrow as pa

from app.exports.columnar.schemas import described
from app.exports.formats.geojson import Box

GEOMETRY, BOX = "geometry", "bbox"

COORDINATES = ("longitude", "latitude")
"""The columns that points are made of."""

_CORNERS = ("xmin", "ymin", "xmax", "ymax")

_CRS84 = {
    "$schema": "https://proj.org/schemas/v0.7/projjson.schema.json",
    "type": "GeographicCRS",
    "name": "WGS 84 (CRS84)",
    "datum": {
        "type": "GeodeticReferenceFrame",
        "name": "World Geodetic System 1984",
        "ellipsoid": {"name": "WGS 84", "semi_major_axis": 6378137, "inverse_flattening": 298.257223563},
    },
    "coordinate_system": {
        "subtype": "ellipsoidal",
        "axis": [
            {"name": "Geodetic longitude", "abbreviation": "Lon", "direction": "east", "unit": "degree"},
            {"name": "Geodetic latitude", "abbreviation": "Lat", "direction": "north", "unit": "degree"},
        ],
    },
    "id": {"authority": "OGC", "code": "CRS84"},
}
"""Longitude and latitude of WGS 84 as PROJJSON. It is the standard's default; not all readers know that."""

_POINT = np.dtype([("order", "u1"), ("kind", "<u4"), ("longitude", "<f8"), ("latitude", "<f8")])
_LITTLE_ENDIAN, _POINT_KIND = 1, 1

FIELDS = (
    described(GEOMETRY, pa.binary(), "The point as WKB (OGC:CRS84); null where none is known."),
    described(BOX, pa.struct([(corner, pa.float64()) for corner in _CORNERS]), "The box around the point."),
)


class Points:
    """Makes the points of a file, and remembers the box around all of them."""

    def __init__(self) -> None:
        self._box = Box()

    def of(self, table: Any) -> list[Any]:
        """Returns the columns of FIELDS for the rows of a table."""
        longitudes, latitudes = (table[name].combine_chunks() for name in COORDINATES)
        known = longitudes.is_valid()
        points = np.empty(known.true_count, _POINT)
        points["order"], points["kind"] = _LITTLE_ENDIAN, _POINT_KIND
        points["longitude"], points["latitude"] = _numbers(longitudes), _numbers(latitudes)
        for longitude, latitude in zip(points["longitude"].tolist(), points["latitude"].tolist(), strict=True):
            self._box.add(longitude, latitude)
        corners = [longitudes, latitudes, longitudes, latitudes]
        return [_wkb(points, known), pa.StructArray.from_arrays(corners, _CORNERS, mask=longitudes.is_null())]

    def metadata(self) -> dict[str, str]:
        """Returns what the file says of its points, as Parquet keeps it."""
        bounds = self._box.bounds
        column: dict[str, Any] = {
            "encoding": "WKB",
            "crs": _CRS84,
            "geometry_types": [] if bounds is None else ["Point"],
            "covering": {"bbox": {corner: [BOX, corner] for corner in _CORNERS}},
        }
        if bounds is not None:
            column["bbox"] = bounds
        return {"geo": json.dumps({"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}})}


# Neither function uses what looks for pandas (`to_numpy`, `pyarrow.array`): where that is installed, importing it takes
# a second and 60 MB.


def _numbers(values: Any) -> Any:
    """Returns the values of a column of floats that are known."""
    known = values.drop_null()
    return np.frombuffer(known.buffers()[1], "<f8", len(known), known.offset * 8)


def _wkb(points: Any, known: Any) -> Any:
    """Returns a column with these points where they are known."""
    bits = np.unpackbits(np.frombuffer(known.buffers()[1], "u1"), bitorder="little")[known.offset :][: len(known)]
    offsets = np.concatenate([[0], np.cumsum(bits)]).astype("<i4") * _POINT.itemsize
    buffers = [np.packbits(bits, bitorder="little"), offsets, points]
    return pa.BinaryArray.from_buffers(pa.binary(), len(known), [*map(pa.py_buffer, buffers)])
