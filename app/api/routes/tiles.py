"""`/v1/tiles/incidents`: vector tiles of incidents for web maps, and the TileJSON that says where they are."""

from functools import partial
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from starlette.requests import Request

from app.api.answers import vector_tiles
from app.api.counting import aggregations
from app.api.parameters.codebooks import parse_coded
from app.api.parameters.files import check_installed
from app.api.parameters.parsing import openapi_parameters
from app.api.routes.problems import problems
from app.api.routes.records import json_response, reader
from app.api.routes.representations import public_url
from app.exports.vector_tiles import MAPS, MAX_BYTES, MEDIA_TYPE
from app.model.map_tiles import MAX_ZOOM
from app.model.tile_contents import MAX_SINGLE
from app.records.incidents import INCIDENTS

_MODEL = aggregations.without_paging(INCIDENTS.filters, "IncidentTiles")

router = APIRouter(tags=["tiles"])


class VectorLayer(BaseModel):
    """A layer of the tiles."""

    id: str = Field(examples=["incidents"])
    description: str
    minzoom: int
    maxzoom: int
    fields: dict[str, str] = Field(description="By name: the type of its values, and what it means.")


class Tileset(BaseModel):
    """Where the tiles are and what is in them: TileJSON 3.0."""

    tilejson: str = Field(examples=["3.0.0"])
    name: str
    description: str
    scheme: str = Field(examples=["xyz"])
    tiles: list[str] = Field(description="The address of a tile, with every filter of the request.")
    minzoom: int
    maxzoom: int
    bounds: list[float] = Field(description="West, south, east and north of what matches.", min_length=4, max_length=4)
    vector_layers: list[VectorLayer]
    release: int = Field(description="The release that this belongs to.")


def _path_number(name: str, last: int, description: str) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": 0, "maximum": last}
    return {"name": name, "in": "path", "required": True, "description": description, "schema": schema}


_IN_PATH = [
    _path_number("z", MAX_ZOOM, "The zoom; at 0 the world is one tile."),
    _path_number("x", (1 << MAX_ZOOM) - 1, "The column, from the west; below 2 to the power of `z`."),
    _path_number("y", (1 << MAX_ZOOM) - 1, "The row, from the north; below 2 to the power of `z`."),
]


@router.get(
    f"{vector_tiles.PATH}.json",
    name="get_incident_tileset",
    summary="Read where tiles of incidents are",
    response_model=Tileset,
    responses=problems(400, 410, 501, 503),
    openapi_extra={"parameters": openapi_parameters(_MODEL, {})},
)
async def get_incident_tileset(request: Request) -> Response:
    """TileJSON 3.0, which web maps and QGIS open as a source of vector tiles, with every filter of the list."""
    check_installed(MAPS, "A vector tile")
    items = request.query_params.multi_items()
    filters = await parse_coded(request, _MODEL, items)
    work = partial(vector_tiles.tileset, filters=filters, items=items, base=public_url(request))
    return json_response(await reader(request).read(work))


_DESCRIPTION = f"""A Mapbox Vector Tile 2.1 with the incidents that match and have a point in it.

Up to {MAX_SINGLE} incidents in a tile stand there one by one, with columns of their CSV: `id`, `title`, `kind`, dates
and figures. Of more, those that are close together are one cluster, with their number in `count`, at the
middle of their points. A record has the `count` 1, so the counts of all tiles of a zoom add up to what the list holds
with `has_location=true`; nothing is in two tiles. What lies beyond the latitude of 85.05 degrees, where Web Mercator
ends, is in the layer `incidents_beyond_map`. A tile has {MAX_BYTES // 1000} kB at most: one with very long titles comes
without them."""


@router.get(
    f"{vector_tiles.PATH}/{{z}}/{{x}}/{{y}}.mvt",
    name="get_incident_tile",
    summary="Read a tile of incidents",
    description=_DESCRIPTION,
    response_class=Response,
    responses={
        200: {
            "description": "The tile; its layer is empty where nothing matches.",
            "content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
        },
        **problems(400, 410, 501, 503),
    },
    openapi_extra={"parameters": [*_IN_PATH, *openapi_parameters(_MODEL, {})]},
)
async def get_incident_tile(request: Request) -> Response:
    """A tile."""
    check_installed(MAPS, "A vector tile")
    tile = vector_tiles.tile_of(*(request.path_params[name] for name in ("z", "x", "y")))
    filters = await parse_coded(request, _MODEL, request.query_params.multi_items())
    body, release = await reader(request).read(partial(vector_tiles.tile, filters=filters, tile=tile))
    return Response(body, media_type=MEDIA_TYPE, headers={"Dateline-Release": str(release)})
