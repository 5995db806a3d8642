"""OGC API - Tiles: where the vector tiles of incidents are, for programs that follow its links (GDAL does).

The tiles themselves are those of `/v1/tiles`, whose address the tileset names; of the standard's tile matrix sets there
is that of web maps.
"""

import math
from typing import Any

from app.api.answers import vector_tiles
from app.exports.vector_tiles import BEYOND, MEDIA_TYPE, SHOWN
from app.model.map_tiles import MAX_ZOOM
from app.problems import NoSuchPath

Json = dict[str, Any]

MATRIX_SET = "WebMercatorQuad"
MATRIX_SET_URI = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{MATRIX_SET}"
CRS = "http://www.opengis.net/def/crs/EPSG/0/3857"

CONFORMS_TO = [
    *(
        f"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/{name}"
        for name in ("core", "tileset", "tilesets-list", "geodata-tilesets", "mvt")
    ),
    "http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixset",
]

TILESETS = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
_TILING_SCHEME = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"

_JSON = "application/json"

_HALF = math.pi * 6_378_137
"""Metres from the middle of the map to its edges."""

_PIXELS, _PIXEL_METRES = 256, 0.00028
"""The size of a tile, and of the standard's pixel."""


def check_matrix_set(name: str) -> None:
    """Raises NoSuchPath for a tile matrix set that there is not."""
    if name != MATRIX_SET:
        raise NoSuchPath(f"There is no such tile matrix set. There is: {MATRIX_SET}.")


def tilesets(root: str, collection: str, title: str) -> Json:
    """Returns the list of the tilesets of a collection. `root` is the base URL of the OGC service, here and below."""
    url = f"{root}/collections/{collection}/tiles"
    return {
        "links": [{"rel": "self", "type": _JSON, "title": "The tilesets", "href": url}],
        "tilesets": [_described(root, collection, title)],
    }


def tileset(root: str, base: str, collection: str, title: str) -> Json:
    """Returns a tileset of a collection, with the address of its tiles below `base`."""
    last = [(zoom, (1 << zoom) - 1) for zoom in range(MAX_ZOOM + 1)]
    described = _described(root, collection, title)
    tiles = f"{base}{vector_tiles.PATH}/{{tileMatrix}}/{{tileCol}}/{{tileRow}}.mvt"
    return {
        **described,
        "layers": [{"id": name, "dataType": "vector", "geometryDimension": 0} for name in (SHOWN, BEYOND)],
        "tileMatrixSetLimits": [
            {"tileMatrix": str(zoom), "minTileRow": 0, "maxTileRow": end, "minTileCol": 0, "maxTileCol": end}
            for zoom, end in last
        ],
        "links": [
            *described["links"],
            {"rel": "item", "type": MEDIA_TYPE, "title": "The tiles", "href": tiles, "templated": True},
            {
                "rel": "describedby",
                "type": _JSON,
                "title": "The same as TileJSON, which takes every filter of the list",
                "href": f"{base}{vector_tiles.PATH}.json",
            },
        ],
    }


def _described(root: str, collection: str, title: str) -> Json:
    url = f"{root}/collections/{collection}/tiles/{MATRIX_SET}"
    return {
        "title": f"{title} as vector tiles",
        "dataType": "vector",
        "crs": CRS,
        "tileMatrixSetId": MATRIX_SET,
        "tileMatrixSetURI": MATRIX_SET_URI,
        "links": [
            {"rel": "self", "type": _JSON, "title": "The tileset", "href": url},
            {"rel": _TILING_SCHEME, "type": _JSON, "title": MATRIX_SET, "href": _matrix_set_url(root)},
        ],
    }


def matrix_sets(root: str) -> Json:
    """Returns the list of tile matrix sets."""
    link = {"rel": "self", "type": _JSON, "title": MATRIX_SET, "href": _matrix_set_url(root)}
    return {"tileMatrixSets": [{"id": MATRIX_SET, "uri": MATRIX_SET_URI, "crs": CRS, "links": [link]}]}


def matrix_set() -> Json:
    """Returns the tile matrix set of web maps, in the terms of the OGC's Two Dimensional Tile Matrix Set 2.0."""
    return {
        "id": MATRIX_SET,
        "title": "Google Maps Compatible for the World",
        "uri": MATRIX_SET_URI,
        "crs": CRS,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": [_matrix(zoom) for zoom in range(MAX_ZOOM + 1)],
    }


def _matrix(zoom: int) -> Json:
    number = 1 << zoom
    metres = 2 * _HALF / number / _PIXELS
    return {
        "id": str(zoom),
        "scaleDenominator": metres / _PIXEL_METRES,
        "cellSize": metres,
        "cornerOfOrigin": "topLeft",
        "pointOfOrigin": [-_HALF, _HALF],
        "tileWidth": _PIXELS,
        "tileHeight": _PIXELS,
        "matrixWidth": number,
        "matrixHeight": number,
    }


def _matrix_set_url(root: str) -> str:
    return f"{root}/tileMatrixSets/{MATRIX_SET}"
