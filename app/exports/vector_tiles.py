"""Mapbox Vector Tiles 2.1 of incidents: records where they have room, clusters with their counts elsewhere."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.exports.formats import Extra
from app.exports.formats.columns import Column, Value, picked, resource_columns
from app.model.codebook import Codebook
from app.model.tile_contents import EXTENT, Points, TilePoints

MAPS = Extra("maps", "mapbox_vector_tile")

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"

MAX_BYTES = 100_000
"""The size of a tile at most: titles are left out of one that would be larger."""

SHOWN, BEYOND = "incidents", "incidents_beyond_map"
"""The layers: what tiles reach, and what is nearer to a pole, at the edge of the outermost row."""

COUNT = "count"

_FIELDS = ("id", "title", "kind", "date_edtf", "date_earliest", "date_latest", "coordinate_radius_m", "location_id")

Json = dict[str, Any]


def properties(codebook: Codebook) -> list[Column]:
    """Returns what a record has in tiles, as columns of its files: the figures of its harms are the last."""
    every = resource_columns(SHOWN, codebook)
    figures = [one.name for one in every if one.path[0] == "totals" and one.path[2:] in (("low",), ("high",))]
    return picked(SHOWN, codebook, (*_FIELDS, *figures))


def vector_tile(points: TilePoints, documents: Mapping[int, Json], codebook: Codebook) -> bytes:
    """Returns a tile, with an empty layer where nothing matches. `documents` are those of single records, by number."""
    columns = properties(codebook)
    tile = _encoded(points, documents, columns)
    if len(tile) <= MAX_BYTES:
        return tile
    return _encoded(points, documents, [one for one in columns if one.name != "title"])


def _encoded(points: TilePoints, documents: Mapping[int, Json], columns: list[Column]) -> bytes:
    # Here, because importing it takes longer than many tiles.
    from mapbox_vector_tile import encode

    layers = [
        {"name": name, "features": list(_features(some, documents, columns))}
        for name, some in ((SHOWN, points.shown), (BEYOND, points.beyond))
        # GDAL opens no file without a layer.
        if name == SHOWN or some.singles or some.clusters
    ]
    tile: bytes = encode(layers, default_options={"extents": EXTENT, "y_coord_down": True})
    return tile


def _features(points: Points, documents: Mapping[int, Json], columns: list[Column]) -> Iterator[Json]:
    from shapely import Point

    # In the order of ids, because numbers are others in a copy of the same data.
    for number, x, y in sorted(points.singles, key=lambda one: str(documents[one.number]["id"])):
        values: dict[str, Value] = {one.name: one.value(documents[number]) for one in columns}
        known = {name: value for name, value in values.items() if value is not None}
        yield {"geometry": Point(x, y), "properties": {COUNT: 1, **known}}
    for records, x, y in points.clusters:
        yield {"geometry": Point(x, y), "properties": {COUNT: records}}
