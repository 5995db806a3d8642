"""What lies under incidents on a map: land, water, borders and towns of Natural Earth, from the files of scripts."""

from collections.abc import Iterator
from functools import lru_cache
from math import floor
from typing import Any, NamedTuple

import orjson

from app.api.html_pages import WEB
from app.api.site.drawings.outlines import View, contains, drawn

FOLDER = WEB / "map"

WIDEST_WITH_SQUARES = 60
"""Views that are wider, in degrees, show the lines of the whole world alone."""

_RANKS = ((4, 7400), (8, 2600), (16, 900), (30, 350), (60, 160))
"""Up to which rank towns are named, by the width of a view in degrees."""

_ALL_RANKS = 60
_OF_WORLD = ("land", "lakes", "borders")
_OF_SQUARE = ("land", "lakes", "rivers", "inner", "disputed", "borders")
_AREAS = ("land", "lakes")

Json = dict[str, Any]


class Named(NamedTuple):
    """A town or a country: its name, where its name stands, and its rank or its size in square degrees."""

    name: str
    longitude: float
    latitude: float
    rank: float


@lru_cache(maxsize=48)
def _file(name: str) -> Json:
    found: Json = orjson.loads((FOLDER / f"{name}.json").read_bytes())
    return found


def _squares(view: View) -> Iterator[Json]:
    """Yields the squares of ten degrees that a view shows."""
    world, (west, south, east, north) = _file("world"), view.box
    cell, there = world["cell"], set(world["squares"].split())
    for column in range(floor(west / cell), floor(east / cell) + 1):
        for row in range(floor(south / cell), floor(north / cell) + 1):
            if (name := f"{column * cell}_{row * cell}") in there:
                yield _file(name)


def base(view: View) -> list[tuple[str, str]]:
    """Returns the lines under a view: the name of each layer with its path, in the order in which they are drawn."""
    world = _file("world")
    if view.across > WIDEST_WITH_SQUARES:
        return _layers([world], _OF_WORLD, world["scale"], view)
    return _layers(list(_squares(view)), _OF_SQUARE, world["near"], view)


def _layers(sources: list[Json], names: tuple[str, ...], scale: int, view: View) -> list[tuple[str, str]]:
    paths = {name: "".join(drawn(one[name], scale, view, is_area=name in _AREAS) for one in sources) for name in names}
    return [(name, path) for name, path in paths.items() if path]


def province_at(longitude: float, latitude: float) -> str | None:
    """Returns the key of the province that a point lies in."""
    near = _file("world")["near"]
    for square in _squares(View(longitude, latitude, 1e-6, 1, 1)):
        for name, path in square["provinces"].items():
            if contains(path, longitude * near, -latitude * near):
                return str(name)
    return None


def province(name: str, view: View) -> str:
    """Returns the outline of a province as far as a view shows it."""
    near = _file("world")["near"]
    paths = (one["provinces"].get(name, "") for one in _squares(view))
    return "".join(drawn(path, near, view, is_area=True) for path in paths)


def towns(view: View) -> list[Named]:
    """Returns the towns that a view names, the most important first."""
    west, south, east, north = view.box
    most = next((rank for widest, rank in _RANKS if view.across <= widest), _ALL_RANKS)
    if view.across > WIDEST_WITH_SQUARES:
        all_ = [Named(name, x, y, rank) for rank, (name, x, y) in enumerate(_file("world")["towns"])]
    else:
        all_ = [Named(*one) for square in _squares(view) for one in square["towns"]]
    seen = (one for one in all_ if one.rank < most and west < one.longitude < east and south < one.latitude < north)
    return sorted(seen, key=lambda one: one.rank)


def countries(view: View) -> list[Named]:
    """Returns the countries whose names may stand in a view."""
    west, south, east, north = view.box
    all_ = (Named(*one) for one in _file("world")["countries"])
    return [one for one in all_ if west < one.longitude < east and south < one.latitude < north]
