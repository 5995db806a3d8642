"""The maps of pages, from answers of the API: of a view, of an incident, of a place."""

from collections.abc import Iterable, Sequence
from math import log2

from app.api.site.answers import Answers, Items, Json
from app.api.site.drawings.map_drawing import Area, MapDrawing, Point, map_drawing
from app.api.site.texts import texts
from app.model.map_tiles import MAX_ZOOM

WIDTH, HEIGHT = 480, 518
"""The size of the map of a view as it is served, in pixels; scripts draw it at the size that it is seen in."""

MAP_OF_RECORD = (460, 320)
"""The size of the map on the page of a record."""

SINGLE = 500
"""How many incidents are drawn by their own points at most; of more, tiles are counted."""

_FILTERS = {"articles": "article", "people": "actor", "organizations": "actor", "places": "place"}
_AREA_FILTERS = ("bbox", "near", "radius_km", "location_match", "has_location")
_PLACES = 40
_TILES_ACROSS = 12


def map_of_view(answers: Answers, filters: Items, width: int = WIDTH, height: int = HEIGHT) -> MapDrawing | None:
    """Returns the map of all incidents that match; None where nothing of them has a place whose point is known."""
    asked = [("limit", str(SINGLE)), ("fields", "location")]
    page = answers.records("incidents", [*filters, *asked])
    if "next" in page["links"]:
        points = _tiles(answers, filters, page["meta"]["extent"])
    else:
        points = _points(one["location"] for one in page["data"] if one["location"])
    return map_drawing(points, _areas(answers, filters), width, height)


def map_of_incident(answers: Answers, record: Json, width: int, height: int) -> MapDrawing | None:
    """Returns the map of an incident: its point; else the provinces that it lies in, and as hollow dots the places
    that it has to do with. Neither stands for where it was."""
    if record["location"]:
        return map_drawing(_points([record["location"]]), [], width, height)
    found = {one["id"]: one for one in _located(answers, [one["id"] for one in record["places"]])}
    locating = answers.snapshot.codebook.having("incident.places.role", "locates")
    around = [(found[one["id"]], one["role"] in locating) for one in record["places"] if one["id"] in found]
    areas = [
        Area(one["longitude"], one["latitude"], one["name"])
        for one, locates in around
        if locates and one["kind"] == "province"
    ]
    points = {
        one["id"]: Point(one["name"], one["longitude"], one["latitude"], is_hollow=True)
        for one, _ in around
        if one["kind"] not in ("province", "country")
    }
    return map_drawing(list(points.values()), areas, width, height)


def map_of_record(answers: Answers, name: str, record: Json, width: int, height: int) -> MapDrawing | None:
    """Returns the map of the page of a record of a list: of a place, or of all incidents that it has to do with."""
    if name == "incidents":
        return map_of_incident(answers, record, width, height)
    if name == "places" and (drawing := _map_of_place(record, width, height)):
        return drawing
    filters = incidents_of(name, record)
    return map_of_view(answers, filters, width, height) if filters else None


def incidents_of(name: str, record: Json) -> Items:
    """Returns the filters that find the incidents that a record has to do with; none where there are none."""
    if name in _FILTERS:
        return [(_FILTERS[name], record["id"])]
    refs = record.get("incidents") or record.get("about") or [record.get("incident")]
    return [("id", one["id"]) for one in refs if one and one["type"] == "incident"]


def _map_of_place(record: Json, width: int, height: int) -> MapDrawing | None:
    if record["latitude"] is None:
        return None
    if record["kind"] == "province":
        return map_drawing([], [Area(record["longitude"], record["latitude"], record["name"])], width, height)
    radius = record["coordinate"]["radius_m"]
    point = Point(record["name"], record["longitude"], record["latitude"], radius)
    return map_drawing([point], [], width, height)


def _points(locations: Iterable[Json]) -> list[Point]:
    """Returns a point for each place, with the largest radius that is given for it."""
    points: dict[tuple[float, float], Point] = {}
    for one in locations:
        key, radius = (one["longitude"], one["latitude"]), one["radius_m"] or 0
        known = points.get(key, Point(one["name"], *key, 0, 0))
        points[key] = known._replace(radius_m=max(known.radius_m, radius), incidents=known.incidents + 1)
    return list(points.values())


def _tiles(answers: Answers, filters: Items, extent: Json | None) -> list[Point]:
    """Returns a point for each tile of the map that has incidents, with their number."""
    west, _, east, _ = (extent or {}).get("bbox") or (-180, -90, 180, 90)
    zoom = min(max(round(log2(360 / max(east - west, 1e-3) * _TILES_ACROSS)), 0), MAX_ZOOM)
    asked = [("facets", "grid"), ("z", str(zoom)), ("limit", "1"), ("fields", "title")]
    buckets = answers.records("incidents", [*filters, *asked])["facets"]["grid"]["buckets"]
    return [Point("", one["center"][0], one["center"][1], 0, one["count"]) for one in buckets]


def _areas(answers: Answers, filters: Items) -> Sequence[Area]:
    """Returns the provinces of incidents without a point, with their number."""
    if ("has_location", "true") in filters:
        return []
    asked = [item for item in filters if item[0] not in _AREA_FILTERS]
    asked += [("has_location", "false"), ("facets", "place"), ("facet_limit", str(_PLACES))]
    buckets = answers.records("incidents", [*asked, ("limit", "1"), ("fields", "title")])["facets"]["place"]["buckets"]
    counts = {one["value"]: one["count"] for one in buckets if one["value"]}
    labels = {one["value"]: one["label"] for one in buckets if one["value"]}
    t = texts(answers.language)
    counted = {one: t("map.in_province", name=name, count=counts[one]) for one, name in labels.items()}
    found = _provinces(answers, list(counts))
    return [Area(one["longitude"], one["latitude"], t.isolated(str(counted[one["id"]]))) for one in found]


def _provinces(answers: Answers, ids: Sequence[str]) -> list[Json]:
    return [one for one in _located(answers, ids) if one["kind"] == "province"]


def _located(answers: Answers, ids: Sequence[str]) -> list[Json]:
    """Returns those of some places whose point is known."""
    if not ids:
        return []
    asked = [*(("id", one) for one in ids), ("fields", "name,kind,latitude,longitude"), ("limit", str(len(ids)))]
    places = answers.records("places", asked)["data"]
    return [one for one in places if one["latitude"] is not None]
