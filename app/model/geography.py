"""Bounding boxes of circles on the globe. Degrees are WGS 84; distances are metres on a sphere of the mean radius."""

from math import asin, cos, degrees, pi, radians, sin

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
