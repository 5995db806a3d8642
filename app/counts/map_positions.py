"""Where the areas of records lie on web maps: columns and rows of tiles so small that the tile of any zoom follows."""

import numpy as np

from app.counts.arrays import TypeArrays
from app.counts.frames import Array
from app.model.map_tiles import POSITION_ZOOM, is_beyond_tiles, tile_at

AREA = "area"

_NEAR_AN_EDGE = 1e-4
"""The share of a tile in which rounding may decide on which side of its edge a point is."""


def map_positions(arrays: TypeArrays) -> tuple[Array, Array, Array, Array]:
    """Returns column, row, whether it is beyond what tiles show, and the number of its records for each area."""

    def make() -> dict[str, Array]:
        sides = arrays.values(AREA)
        records = np.bincount(arrays[AREA], minlength=len(sides) + 1)[1:]
        return {**positions(sides[:, 0], sides[:, 1]), "records": records}

    group = arrays.archive.group(f"{arrays.name}.{AREA}.positions", make)
    return group["columns"], group["rows"], group["beyond"], group["records"]


def positions(latitudes: Array, longitudes: Array) -> dict[str, Array]:
    """Returns columns and rows at `POSITION_ZOOM`, as `tile_at` has them, and which points are beyond all tiles."""
    size = 1 << POSITION_ZOOM
    across = (longitudes + 180) / 360 * size
    share = (1 - np.arcsinh(np.tan(np.radians(np.clip(latitudes, -89.999, 89.999)))) / np.pi) / 2
    columns, rows = (np.clip(np.floor(one), 0, size - 1).astype(np.int64) for one in (across, share * size))
    at_edges = (np.abs(one - np.round(one)) < _NEAR_AN_EDGE for one in (across, share * size))
    for point in np.flatnonzero(np.logical_or(*at_edges)).tolist():
        tile = tile_at(float(longitudes[point]), float(latitudes[point]), POSITION_ZOOM)
        columns[point], rows[point] = tile.column, tile.row
    return {"columns": columns, "rows": rows, "beyond": is_beyond_tiles(latitudes)}
