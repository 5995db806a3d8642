"""The types of query parameters and how their text is read. A value that does not fit raises BadValue."""

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)

from app.problems import BadValue
from app.terms import question

_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?\d{1,6}(\.\d{1,12})?", re.ASCII)
_DAY = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


@dataclass(frozen=True)
class Interval:
    """Days from `start` to `end`, both included; null where it is open."""

    start: str | None
    end: str | None


@dataclass(frozen=True)
class BBox:
    """A box in WGS 84 degrees. `west` above `east` crosses the antimeridian."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True)
class Near:
    longitude: float
    latitude: float


def _whole(value: Any) -> Any:
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise BadValue("must be a whole number, not negative, of 9 digits at most")
    return value


def _numbers(value: str, names: str) -> list[float]:
    parts = value.split(",")
    if len(parts) != len(names.split(",")) or not all(_DECIMAL.fullmatch(part.strip()) for part in parts):
        raise BadValue(f"must be {names}: decimal degrees (WGS 84), separated by commas")
    return [float(part) for part in parts]


def _in_range(longitudes: Iterable[float], latitudes: Iterable[float]) -> None:
    if any(abs(value) > 180 for value in longitudes):
        raise BadValue("longitudes lie between -180 and 180")
    if any(abs(value) > 90 for value in latitudes):
        raise BadValue("latitudes lie between -90 and 90")


def _bbox(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    west, south, east, north = _numbers(value, "minLon,minLat,maxLon,maxLat")
    _in_range((west, east), (south, north))
    if south > north:
        raise BadValue("has minLat above maxLat")
    if west > east and not west >= 0 >= east:
        raise BadValue("has minLon above maxLon, but does not cross the antimeridian from east to west")
    return BBox(west, south, east, north)


def _near(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    longitude, latitude = _numbers(value, "lon,lat")
    _in_range((longitude,), (latitude,))
    return Near(longitude, latitude)


def _radius(value: Any) -> Any:
    if isinstance(value, str):
        if not _DECIMAL.fullmatch(value) or not 0 < float(value) <= 20_000:
            raise BadValue("must be a number of kilometres above 0, 20000 at most")
        return float(value)
    return value


def _day_range(text: str) -> tuple[str, str]:
    """First and last day of a day, month or year."""
    match = _DAY.fullmatch(text)
    if match is None:
        raise BadValue("must be 2019, 2019-04 or 2019-04-19, or an interval of them (A/B, ../B, A/..)")
    year, month, day = int(match[1]), match[2], match[3]
    if year == 0 or (month and not 1 <= int(month) <= 12):
        raise BadValue(f"'{text}' has no such {'month' if month else 'year'}")
    if day:
        if not 1 <= int(day) <= monthrange(year, int(month))[1]:
            raise BadValue(f"'{text}' is not a day of the calendar")
        return text, text
    if month:
        return f"{text}-01", f"{text}-{monthrange(year, int(month))[1]:02d}"
    return f"{text}-01-01", f"{text}-12-31"


def _interval(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    first, slash, last = value.partition("/")
    if not slash:
        return Interval(*_day_range(value))
    if first == last == "..":
        raise BadValue("is open at both ends; leave it out instead")
    start = None if first == ".." else _day_range(first)[0]
    end = None if last == ".." else _day_range(last)[1]
    if start and end and start > end:
        raise BadValue(f"'{first}' is after '{last}'")
    return Interval(start, end)


def _searchable(value: str) -> str:
    question(value)
    return value


def _yes_or_no(value: Any) -> Any:
    if isinstance(value, str) and value not in ("true", "false"):
        raise BadValue("must be true or false")
    return value


@dataclass(frozen=True)
class Refers:
    """The values of the parameter are ids of records: of one of these resources."""

    resources: tuple[str, ...]


def _text(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$", "examples": [example]})


# The form of a value, for those who build requests from the schema; the parsers above also look at what it says.
_DATE = "[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?"
_DATES = rf"({_DATE}|({_DATE}|\.\.)/({_DATE}|\.\.))"
_DEGREES = r"\s*[+-]?[0-9]{1,6}(\.[0-9]{1,12})?\s*"


Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_searchable)]
ArticleIds = Annotated[list[Id], Refers(("articles",))]
PlaceIds = Annotated[list[Id], Refers(("places",))]
IncidentIds = Annotated[list[Id], Refers(("incidents",))]
OrganizationIds = Annotated[list[Id], Refers(("organizations",))]
PartyIds = Annotated[list[Id], Refers(("people", "organizations"))]
Days = Annotated[Interval, BeforeValidator(_interval), _text(_DATES, "2019-04")]
Box = Annotated[BBox, BeforeValidator(_bbox), _text(f"{_DEGREES}(,{_DEGREES}){{3}}", "42.5,34.5,45,36.5")]
Point = Annotated[Near, BeforeValidator(_near), _text(f"{_DEGREES},{_DEGREES}", "44.28,35.51")]
Number = Annotated[int, Field(ge=0, le=999_999_999), BeforeValidator(_whole)]
PageSize = Annotated[int, Field(ge=1, le=500), BeforeValidator(_whole)]
ResultSize = Annotated[int, Field(ge=1, le=100), BeforeValidator(_whole)]
Kilometres = Annotated[
    float, BeforeValidator(_radius), WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": 20000})
]
Flag = Annotated[bool, BeforeValidator(_yes_or_no)]
Fields = Annotated[
    list[str],
    Field(
        description=(
            "Only these keys of each record, beside `id`, `type` and `url`; joined by commas. (The schemas describe "
            "records with all their keys.)"
        )
    ),
]
Include = Annotated[
    list[str],
    Field(description="Also send the records that these refer to, once each, in `included`; joined by commas."),
]


class Nothing(BaseModel):
    """The parameters of what takes none."""

    model_config = ConfigDict(extra="forbid")
