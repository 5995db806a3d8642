"""Finds the records in a tile of a web map that match, and counts together those that are close, in arrays."""

from collections.abc import Callable
from typing import Any

import numpy as np

from app.counts.frames import Array
from app.counts.map_positions import AREA, map_positions, positions
from app.model.map_tiles import POSITION_ZOOM, Tile
from app.model.tile_contents import EXTENT, MAX_SINGLE, Cluster, Points, Single, TilePoints
from app.queries.areas import in_box
from app.queries.array_matches import find_rows
from app.queries.record_type import RecordType
from app.queries.values import BBox
from app.storage.snapshot import Snapshot

_CELL_ZOOMS = 4
"""A tile has 16 by 16 cells, in each of which the records of a full tile are one cluster."""


def tile_points(snapshot: Snapshot, resource: RecordType, filters: Any, tile: Tile) -> TilePoints:
    """Returns the records in a tile that match filters with resolved ids."""
    conditions = resource.conditions(filters)
    if (archive := snapshot.archive) is None:
        box = BBox(tile.west, tile.first_south, tile.last_east, tile.north)
        table = resource.table
        inside = [*conditions, in_box(table, box, "point")]
        found = snapshot.rows(resource.select(inside, table.number, table.latitude, table.longitude))
        numbers, latitudes, longitudes = (np.array(one) for one in (zip(*found, strict=True) if found else ([],) * 3))
        at = positions(latitudes.astype(float), longitudes.astype(float))
        areas = _Areas(at["columns"], at["rows"], at["beyond"], np.ones(len(numbers), np.int64), tile)
        return areas.points(lambda some: (numbers[some], some))
    arrays = archive[resource.name]
    columns, rows, beyond, records = map_positions(arrays)
    matched = find_rows(archive, resource, conditions) if conditions else None
    area_of = arrays[AREA] if matched is None else arrays[AREA][matched]
    if matched is not None:
        records = np.bincount(area_of, minlength=len(records) + 1)[1:]

    def of_areas(some: Array) -> tuple[Array, Array]:
        wanted = np.zeros(len(records) + 1, bool)
        wanted[some + 1] = True
        here = np.flatnonzero(wanted[area_of])
        return arrays.numbers[here if matched is None else matched[here]], area_of[here].astype(np.int64) - 1

    return _Areas(columns, rows, beyond, records, tile).points(of_areas)


RecordsOf = Callable[[Array], tuple[Array, Array]]
"""Returns for some areas the numbers of the records there, and of each its area."""


class _Areas:
    """The areas of records, with column and row, whether they are beyond tiles, and how many of their records match."""

    def __init__(self, columns: Array, rows: Array, beyond: Array, records: Array, tile: Tile) -> None:
        self._shift = POSITION_ZOOM - tile.zoom
        in_tile = (columns >> self._shift == tile.column) & (rows >> self._shift == tile.row) & (records > 0)
        self._here = np.flatnonzero(in_tile)
        self._columns, self._rows, self._tile = columns, rows, tile
        self._beyond = beyond
        self._records = records
        self._are_few = records[self._here].sum() <= MAX_SINGLE

    def points(self, records_of: RecordsOf) -> TilePoints:
        """Returns what stands alone and what together."""
        beyond = self._beyond[self._here]
        return TilePoints(*(self._points(self._here[part], records_of) for part in (~beyond, beyond)))

    def _points(self, areas: Array, records_of: RecordsOf) -> Points:
        cells = self._cells(areas)
        records = self._records[areas]
        by_cell = np.bincount(cells, records).astype(np.int64)
        alone = np.full(len(areas), True) if self._are_few else by_cell[cells] == 1
        singles = []
        if alone.any():
            numbers, area_of = records_of(areas[alone])
            x, y = map(self._in_extent, self._offsets(area_of))
            singles = [Single(*one) for one in zip(numbers.tolist(), x.tolist(), y.tolist(), strict=True)]
        cells, records, together = cells[~alone], records[~alone], areas[~alone]
        full = np.unique(cells)
        middles = (
            self._in_extent((np.bincount(cells, records * one)[full] / by_cell[full]).astype(np.int64))
            for one in self._offsets(together)
        )
        clusters = zip(by_cell[full].tolist(), *(one.tolist() for one in middles), strict=True)
        return Points(sorted(singles), [Cluster(*one) for one in clusters])

    def _offsets(self, areas: Array) -> tuple[Array, Array]:
        """Returns how far areas are from the west and the north of the tile, in those of `POSITION_ZOOM`."""
        west, north = self._tile.column << self._shift, self._tile.row << self._shift
        return self._columns[areas] - west, self._rows[areas] - north

    def _cells(self, areas: Array) -> Array:
        x, y = (one >> self._shift - _CELL_ZOOMS for one in self._offsets(areas))
        return (y << _CELL_ZOOMS) + x

    def _in_extent(self, offsets: Array) -> Array:
        return offsets * EXTENT >> self._shift
