"""Map tiles: the squares that web maps are made of, and that points are counted by.

At zoom `z` the world is 2^z columns by 2^z rows in Web Mercator, numbered from the north-west, as OpenStreetMap and
every web map number them (`z/x/y`). What lies beyond the 85th degree is in the outermost row.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

MAX_ZOOM = 22
"""The largest zoom: tiles of some metres."""

POSITION_ZOOM = 30
"""The zoom of tiles of some centimetres, whose columns and rows say where in a larger tile a point is."""

MAX_LATITUDE = math.degrees(math.atan(math.sinh(math.pi)))
"""Where Web Mercator ends: tiles reach from here to the equator."""

_EDGE = 1e-12
"""The last decimal of degrees that filters take: a point on an edge is in the tile to the east or the south."""


@dataclass(frozen=True)
class Tile:
    """A tile by its zoom, column and row."""

    zoom: int
    column: int
    row: int

    def __str__(self) -> str:
        return f"{self.zoom}/{self.column}/{self.row}"

    @property
    def west(self) -> float:
        """The longitude of its western edge."""
        return _meridian(self.zoom, self.column)

    @property
    def east(self) -> float:
        """The longitude of its eastern edge."""
        return _meridian(self.zoom, self.column + 1)

    @property
    def north(self) -> float:
        """The latitude of its northern edge; the pole for the first row."""
        return _parallel(self.zoom, self.row)

    @property
    def south(self) -> float:
        """The latitude of its southern edge; the pole for the last row."""
        return _parallel(self.zoom, self.row + 1)

    @property
    def last_east(self) -> float:
        """The last longitude in it."""
        return self.east if self.column + 1 == 1 << self.zoom else round(self.east - _EDGE, 12)

    @property
    def first_south(self) -> float:
        """The first latitude in it, from the south."""
        return self.south if self.row + 1 == 1 << self.zoom else round(self.south + _EDGE, 12)


@dataclass
class TileCount:
    """How many records lie in a tile, and the mean of their points."""

    records: int = 0
    longitudes: float = 0.0
    latitudes: float = 0.0

    @property
    def center(self) -> tuple[float, float]:
        """The mean longitude and latitude, to about a metre."""
        return round(self.longitudes / self.records, 5), round(self.latitudes / self.records, 5)


def tile_at(longitude: float, latitude: float, zoom: int) -> Tile:
    """Returns the tile of a point."""
    size = 1 << zoom
    column, row = min(int((longitude + 180) / 360 * size), size - 1), _row(latitude, zoom)
    # Sums and edges are rounded: a point is on that side of an edge on which filters find it.
    if longitude < _meridian(zoom, column):
        column -= 1
    if row and latitude > _parallel(zoom, row):
        row -= 1
    elif row < size - 1 and latitude <= _parallel(zoom, row + 1):
        row += 1
    return Tile(zoom, column, row)


def is_beyond_tiles(latitude: Any) -> Any:
    """Whether a point, or each of an array, is nearer to a pole than tiles reach; it counts to the outermost row."""
    return abs(latitude) > MAX_LATITUDE


def count_by_tile(points: Iterable[tuple[float, float, int]], zoom: int) -> dict[Tile, TileCount]:
    """Counts records by tile, from latitude, longitude and number of records of each point."""
    counts: dict[Tile, TileCount] = {}
    for latitude, longitude, records in points:
        count = counts.setdefault(tile_at(longitude, latitude, zoom), TileCount())
        count.records += records
        count.longitudes += longitude * records
        count.latitudes += latitude * records
    return counts


def _row(latitude: float, zoom: int) -> int:
    size = 1 << zoom
    if abs(latitude) >= 89.999:
        return 0 if latitude > 0 else size - 1
    share = (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2
    return min(max(int(share * size), 0), size - 1)


def _meridian(zoom: int, column: int) -> float:
    return column / (1 << zoom) * 360 - 180


@lru_cache(maxsize=4096)
def _parallel(zoom: int, row: int) -> float:
    if row in (0, 1 << zoom):
        return 90.0 if row == 0 else -90.0
    return round(math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / (1 << zoom))))), 12)
