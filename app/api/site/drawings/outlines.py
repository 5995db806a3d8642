"""Outlines in pixels: paths of the map's files, moved to a view and cut to what it shows."""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from math import cos, radians
from typing import NamedTuple

XY = tuple[float, float]
Ring = tuple[tuple[int, int], ...]

_NUMBER = re.compile(r"-?\d+")

_CLOSER = 0.6
"""Points that are nearer to the one before than so many pixels are left out."""

_MARGIN = 8
"""How many pixels beyond the view outlines are cut, so that the cut itself is not seen."""

NARROWEST_COSINE = 0.2


class View(NamedTuple):
    """A part of the world, true to scale at its middle (equirectangular), as scripts show it: the degrees of its
    middle, how many degrees of longitude it is wide, and its size in pixels."""

    longitude: float
    latitude: float
    across: float
    width: int
    height: int

    @property
    def per_degree(self) -> float:
        """Pixels for a degree of longitude."""
        return self.width / self.across

    @property
    def per_degree_north(self) -> float:
        """Pixels for a degree of latitude."""
        return self.per_degree / max(cos(radians(self.latitude)), NARROWEST_COSINE)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east and north."""
        dx, dy = self.across / 2, self.height / self.per_degree_north / 2
        return self.longitude - dx, self.latitude - dy, self.longitude + dx, self.latitude + dy

    def at(self, longitude: float, latitude: float) -> XY:
        """Returns where a point is, in pixels from the upper left."""
        x = self.width / 2 + (longitude - self.longitude) * self.per_degree
        return x, self.height / 2 - (latitude - self.latitude) * self.per_degree_north


@lru_cache(maxsize=4096)
def rings(path: str) -> tuple[Ring, ...]:
    """Returns the lines of a path of relative steps (`M` and `l` alone), in the units of its file."""
    found = []
    for part in path.split("M")[1:]:
        numbers = [int(one) for one in _NUMBER.findall(part)]
        x, y = numbers[:2]
        points = [(x, y)]
        for dx, dy in zip(numbers[2::2], numbers[3::2], strict=True):
            x, y = x + dx, y + dy
            points.append((x, y))
        found.append(tuple(points))
    return tuple(found)


def contains(path: str, x: float, y: float) -> bool:
    """Returns whether a point lies in a path: an odd number of its edges is to the right of the point."""
    inside = False
    for ring in rings(path):
        for (ax, ay), (bx, by) in zip(ring, (*ring[1:], ring[0]), strict=True):
            if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
                inside = not inside
    return inside


def drawn(path: str, scale: int, view: View, *, is_area: bool) -> str:
    """Returns a path as far as a view shows it, in pixels with one decimal; `scale` is how many units of it are a
    degree. Empty where nothing of it is to be seen."""
    west, south, east, north = view.box
    pieces = []
    for ring in rings(path):
        xs, ys = [x for x, _ in ring], [-y for _, y in ring]
        if max(xs) < west * scale or min(xs) > east * scale or max(ys) < south * scale or min(ys) > north * scale:
            continue
        points = [view.at(x / scale, -y / scale) for x, y in ring]
        parts = [_clipped(points, view)] if is_area else _seen(points, view)
        pieces += [_path(_thinned(part), is_area=is_area) for part in parts]
    return "".join(pieces)


def _path(points: list[XY], *, is_area: bool) -> str:
    if len(points) < (3 if is_area else 2):
        return ""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + ("Z" if is_area else "")


def _thinned(points: list[XY]) -> list[XY]:
    kept = points[:1]
    for x, y in points[1:-1]:
        if abs(x - kept[-1][0]) + abs(y - kept[-1][1]) >= _CLOSER:
            kept.append((x, y))
    return kept + points[-1:] if len(points) > 1 else kept


def _seen(points: list[XY], view: View) -> Iterable[list[XY]]:
    """Yields the parts of a line that lie in the view, or cross it."""
    part: list[XY] = []
    for one, other in pairwise(points):
        if _apart(one[0], other[0], view.width) or _apart(one[1], other[1], view.height):
            if part:
                yield part
            part = []
        else:
            part = [*part, other] if part else [one, other]
    if part:
        yield part


def _apart(one: float, other: float, size: int) -> bool:
    return max(one, other) < -_MARGIN or min(one, other) > size + _MARGIN


def _clipped(points: list[XY], view: View) -> list[XY]:
    """Returns the part of an area that lies in the view (Sutherland and Hodgman)."""
    for axis, size in enumerate((view.width, view.height)):
        points = _cut(_cut(points, axis, -_MARGIN, 1), axis, size + _MARGIN, -1)
    return points


def _cut(points: list[XY], axis: int, limit: int, side: int) -> list[XY]:
    """Returns the part of an area that lies on one side of a line, where an axis is above (1) or below (-1) a limit."""
    kept: list[XY] = []
    for one, other in zip(points, points[1:] + points[:1], strict=True):
        here, there = (one[axis] - limit) * side, (other[axis] - limit) * side
        if here >= 0:
            kept.append(one)
        if (here >= 0) != (there >= 0):
            part = here / (here - there)
            kept.append((one[0] + (other[0] - one[0]) * part, one[1] + (other[1] - one[1]) * part))
    return kept
