"""Answers of map tiles: a tile with the incidents that match, and TileJSON, which says where tiles are."""

from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import select
from sqlmodel import col

from app.api.links import address
from app.api.pages import JsonBody
from app.api.parameters.record_ids import resolve_ids
from app.exports.vector_tiles import BEYOND, COUNT, SHOWN, properties, vector_tile
from app.model.codebook import Codebook
from app.model.compact_json import dump_json
from app.model.map_tiles import MAX_LATITUDE, MAX_ZOOM, Tile
from app.problems import BadParameter
from app.queries.counting import match_records
from app.queries.extent import extent
from app.records.incidents import INCIDENTS
from app.storage.models import StoredDocument
from app.storage.read_kinds import ReadKind, reads
from app.storage.snapshot import Snapshot

PATH = "/v1/tiles/incidents"

Json = dict[str, Any]


def tile_of(zoom: str, column: str, row: str) -> Tile:
    """Returns a tile by its numbers in a path. Raises BadParameter."""
    z = _number("z", zoom, MAX_ZOOM)
    last = (1 << z) - 1
    return Tile(z, _number("x", column, last), _number("y", row, last))


def _number(name: str, text: str, last: int) -> int:
    is_number = text.isascii() and text.isdecimal() and len(text) < 10
    if is_number and int(text) <= last:
        return int(text)
    of_zoom = "" if name == "z" else " at this zoom"
    detail = f"'{name}' of a tile must be a number from 0 to {last}{of_zoom}"
    raise BadParameter.of(name, f"{detail}.", str(last) if is_number else None)


@reads(ReadKind.COUNT)
def tile(snapshot: Snapshot, filters: Any, tile: Tile) -> tuple[bytes, int]:
    """Returns a tile with the incidents that match, and its release."""
    # Here, because importing NumPy takes longer than most answers.
    from app.queries.array_tiles import tile_points

    points = tile_points(snapshot, INCIDENTS, resolve_ids(snapshot, filters), tile)
    numbers = [one.number for part in points for one in part.singles]
    number, document = col(StoredDocument.number), col(StoredDocument.document)
    found = snapshot.rows(select(number, document).where(number.in_(numbers))) if numbers else ()
    documents = {number: orjson.loads(document) for number, document in found}
    return vector_tile(points, documents, snapshot.codebook), snapshot.release.number


@reads(ReadKind.COUNT)
def tileset(snapshot: Snapshot, filters: Any, items: Iterable[tuple[str, str]], base: str) -> JsonBody:
    """Returns TileJSON 3.0 of the incidents that match. `base` begins the address of its tiles."""
    found = match_records(snapshot, INCIDENTS, resolve_ids(snapshot, filters))
    box = extent(snapshot, found)["bbox"]
    template = f"{base}{address(f'{PATH}/{{z}}/{{x}}/{{y}}.mvt', list(items))}"
    body = {
        "tilejson": "3.0.0",
        "name": "Incidents",
        "description": "What happened, at the point that stands for it: records, and clusters with their counts.",
        "scheme": "xyz",
        "tiles": [template],
        "minzoom": 0,
        "maxzoom": MAX_ZOOM,
        "bounds": _bounds(box),
        "vector_layers": [_layer(*one, snapshot.codebook) for one in _LAYERS],
        "release": snapshot.release.number,
    }
    return JsonBody(dump_json(body).encode(), snapshot.release.number)


_LAYERS = (
    (SHOWN, "Incidents, alone or with their neighbours."),
    (BEYOND, f"Those beyond {MAX_LATITUDE:.2f} degrees, where no tile shows them, at the edge of the outermost row."),
)


def _bounds(box: list[float] | None) -> list[float]:
    """Returns the bounds of a map, which never cross the antimeridian, and end where tiles do."""
    west, south, east, north = box or (-180.0, -90.0, 180.0, 90.0)
    west, east = (west, east) if west <= east else (-180.0, 180.0)
    return [west, max(south, -MAX_LATITUDE), east, min(north, MAX_LATITUDE)]


def _layer(name: str, description: str, codebook: Codebook) -> Json:
    fields = {COUNT: "Number. How many records it stands for; a record has 1."}
    fields |= {one.name: f"{_KINDS.get(one.json_type, 'String')}. {one.meaning}" for one in properties(codebook)}
    return {"id": name, "description": description, "minzoom": 0, "maxzoom": MAX_ZOOM, "fields": fields}


_KINDS = {"integer": "Number", "number": "Number", "boolean": "Boolean"}
