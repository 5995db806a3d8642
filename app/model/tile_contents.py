"""What a tile of a web map shows of records: each stands alone, or in one cluster with its neighbours."""

from typing import NamedTuple

EXTENT = 4096
"""The coordinates of a tile, from its north-west."""

MAX_SINGLE = 256
"""Records of a tile up to which each stands alone."""


class Single(NamedTuple):
    """The number of a record, and where it stands in the tile."""

    number: int
    x: int
    y: int


class Cluster(NamedTuple):
    """How many records stand together, and where the middle of their points is in the tile."""

    records: int
    x: int
    y: int


class Points(NamedTuple):
    """Records of a tile: each is alone, or in one cluster."""

    singles: list[Single]
    clusters: list[Cluster]


class TilePoints(NamedTuple):
    """What a tile shows, and what lies beyond the latitude at which its outermost row ends."""

    shown: Points
    beyond: Points
