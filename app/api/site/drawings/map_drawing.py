"""A map of incidents as it is drawn by the service: what lies under them, their points, and the names of places.

It is the map that scripts draw, without what can be pressed: `app/web/map.js` says the same rules for each part.
"""

from collections.abc import Iterable, Sequence
from math import cos, hypot, log2, radians
from typing import NamedTuple

from app.api.site.drawings import world
from app.api.site.drawings.names import Name, Names
from app.api.site.drawings.outlines import View

DEGREE = 111_195
"""Metres of a degree of latitude."""

USUAL = 6.0
"""How many degrees a map is wide at least."""

_APART = 24
_TOWNS = 40
_WIDEST_WITH_AREAS = 25
_BARS = (5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1)
_ROOM = (0, 20, -20, 36, -36)
_PLACE, _TOWN, _AREA, _COUNTRY = 13, 12, 12, 13


class Point(NamedTuple):
    """A place with incidents: its name, degrees, the radius that it is known to in metres, how many there are, and
    whether its dot is hollow: that of a place where nothing is known to have been."""

    name: str
    longitude: float
    latitude: float
    radius_m: float = 0
    incidents: int = 1
    is_hollow: bool = False


class Area(NamedTuple):
    """A province with incidents that have no point: where it lies, and what stands on it."""

    longitude: float
    latitude: float
    words: str


class Circle(NamedTuple):
    """A circle in pixels, and the number that stands in it."""

    x: float
    y: float
    r: float
    incidents: int = 1
    is_hollow: bool = False


class MapDrawing(NamedTuple):
    """What a map is drawn of, in pixels. `bar` is the length of the scale in pixels, `kilometres` what it is worth."""

    width: int
    height: int
    base: list[tuple[str, str]]
    areas: list[str]
    radii: list[Circle]
    dots: list[Circle]
    names: list[Name]
    bar: float
    kilometres: int


def map_drawing(points: Sequence[Point], areas: Sequence[Area], width: int, height: int) -> MapDrawing | None:
    """Returns a map of some points and provinces, in pixels; None where there is neither."""
    if not points and not areas:
        return None
    view = _view(points, areas, width, height)
    names = Names(width, height)
    names.take(0, height - 30, 130, height)
    dots = _merged(points, view)
    for dot, _ in dots:
        names.take(dot.x - dot.r, dot.y - dot.r, dot.x + dot.r, dot.y + dot.r)
    for dot, parts in dots:
        if len(parts) < 3:
            names.beside("place", ", ".join(one.name for one in parts), dot.x, dot.y, dot.r + 5, _PLACE)
    _name_areas(names, areas, view)
    _name_surroundings(names, view, {one.name for one in points})
    keys = dict.fromkeys(world.province_at(one.longitude, one.latitude) for one in areas)
    kilometre = view.per_degree_north / (DEGREE / 1000)
    kilometres = next((one for one in _BARS if one * kilometre < 110), 1)
    return MapDrawing(
        width,
        height,
        world.base(view),
        [path for key in keys if key and (path := world.province(key, view))],
        list(_radii(points, view)),
        [dot for dot, _ in dots],
        names.placed,
        round(kilometres * kilometre, 1),
        kilometres,
    )


def _view(points: Sequence[Point], areas: Sequence[Area], width: int, height: int) -> View:
    """Returns the part of the world to show: every circle with some room around it."""
    boxes = [_box(one) for one in (*points, *(Point("", one.longitude, one.latitude, DEGREE / 2) for one in areas))]
    west, south = (min(box[i] for box in boxes) for i in (0, 1))
    east, north = (max(box[i] for box in boxes) for i in (2, 3))
    across = max((east - west) * 1.4, (north - south) * 1.45 * width / height, USUAL)
    return View((west + east) / 2, (south + north) / 2, min(across, 360), width, height)


def _box(point: Point) -> tuple[float, float, float, float]:
    dy = min(point.radius_m / DEGREE, 60)
    dx = min(dy / max(cos(radians(point.latitude)), 0.1), 120)
    return point.longitude - dx, point.latitude - dy, point.longitude + dx, point.latitude + dy


def _merged(points: Iterable[Point], view: View) -> list[tuple[Circle, list[Point]]]:
    """Returns a dot for each point; points that would hide each other are one."""
    found: list[tuple[float, float, list[Point]]] = []
    for one in sorted(points, key=lambda one: -one.incidents):
        x, y = view.at(one.longitude, one.latitude)
        near = next((other for other in found if hypot(other[0] - x, other[1] - y) < _APART), None)
        if near is None:
            found.append((x, y, [one]))
        else:
            near[2].append(one)
    return [(_dot(x, y, parts), parts) for x, y, parts in found]


def _dot(x: float, y: float, parts: Sequence[Point]) -> Circle:
    count, is_hollow = sum(one.incidents for one in parts), all(one.is_hollow for one in parts)
    r = 6.0 if count == 1 or is_hollow else min(9 + 2.2 * log2(count), 24)
    return Circle(round(x, 1), round(y, 1), round(r, 1), 1 if is_hollow else count, is_hollow)


def _radii(points: Iterable[Point], view: View) -> Iterable[Circle]:
    for one in points:
        r = one.radius_m / DEGREE * view.per_degree_north
        if 9 < r < view.width * 2:
            x, y = view.at(one.longitude, one.latitude)
            yield Circle(round(x, 1), round(y, 1), round(r, 1))


def _name_areas(names: Names, areas: Sequence[Area], view: View) -> None:
    for one in areas if view.across <= _WIDEST_WITH_AREAS else ():
        names.within("area", one.words, *view.at(one.longitude, one.latitude), _AREA, _ROOM)


def _name_surroundings(names: Names, view: View, known: set[str]) -> None:
    """Names countries, where they are about as wide as their names, and towns that no point has the name of."""
    for country in world.countries(view):
        if country.rank**0.5 * view.per_degree * 1.3 > len(country.name) * 11:
            x, y = view.at(country.longitude, country.latitude)
            names.within("country", country.name.upper(), x, y, _COUNTRY + 3)
    for town in world.towns(view)[:_TOWNS]:
        x, y = view.at(town.longitude, town.latitude)
        if town.name not in known and names.beside("town", town.name, x, y, 6, _TOWN):
            names.placed.append(Name("mark", "", round(x, 1), round(y, 1), ""))
