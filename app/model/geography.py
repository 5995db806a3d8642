"""Bounding boxes of circles on the globe. Degrees are WGS 84; distances are metres on a sphere of the mean radius."""

from collections.abc import Iterable
from math import asin, cos, degrees, pi, radians, sin, sqrt

EARTH_RADIUS_M = 6_371_008.8


def box_around(longitude: float, latitude: float, radius_m: float) -> dict[str, float]:
    """Returns the smallest box, in degrees, that holds a circle: `west`, `south`, `east`, `north`.

    West may lie below -180 and east above 180 where the circle crosses the antimeridian; around a pole the box is as
    wide as the Earth.
    """
    angle = radius_m / EARTH_RADIUS_M
    south, north = latitude - degrees(angle), latitude + degrees(angle)
    if south <= -90 or north >= 90 or angle >= pi / 2:
        width = 180.0
    else:
        width = degrees(asin(min(1.0, sin(angle) / cos(radians(latitude)))))
    return {
        "west": longitude - width,
        "south": max(south, -90.0),
        "east": longitude + width,
        "north": min(north, 90.0),
    }


def distance_m(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Returns the great-circle distance of two points (haversine)."""
    one, other = radians(latitude), radians(other_latitude)
    half = sin((other - one) / 2) ** 2
    half += cos(one) * cos(other) * sin(radians(other_longitude - longitude) / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(half)))


def narrowest_band(spans: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """Returns west and east of the narrowest band of longitudes that holds all spans, of which there is one at least.
    West above east means that it crosses the antimeridian (RFC 7946, 5.2).

    A span may run on beyond 180 degrees, as the box around a circle does.
    """
    ordered = sorted((_within_180(west), east - west, west, east) for west, east in spans)
    end, last = max((west + width - 360, east) for west, width, _, east in ordered)
    widest, band = 0.0, None
    for west, width, first, east in ordered:
        if west - end > widest:
            widest, band = west - end, (_within_180(first), _within_180(last))
        end, last = max((end, last), (west + width, east))
    return band or (-180.0, 180.0)


def _within_180(longitude: float) -> float:
    """The same meridian above -180 degrees, up to 180."""
    return longitude if -180 < longitude <= 180 else 180 - (180 - longitude) % 360
