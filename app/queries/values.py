"""The types of query parameters, with the parsers of their text. Raises BadValue for invalid text."""

import re
from calendar import monthrange
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

from app.model.date_notations import parse_date
from app.model.external_ids import PATTERN, external_id_mistake
from app.problems import BadValue
from app.search.terms import SearchQuery, parse_query

_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_DEGREES = r" *[+-]?[0-9]{1,3}(\.[0-9]{1,12})? *"
_IS_DEGREES = re.compile(_DEGREES)
_DISTANCE = re.compile(r"[+-]?([0-9]{1,20}(\.[0-9]{0,20})?|\.[0-9]{1,20})([eE][+-]?[0-9]{1,3})?")
_DAY = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


@dataclass(frozen=True)
class Interval:
    """Days from `start` to `end`, both included; None for an open end."""

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
    """A point in WGS 84 degrees."""

    longitude: float
    latitude: float


def _whole(value: Any) -> Any:
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise BadValue("must be a whole number, not negative, of 9 digits at most")
    return value


def _numbers(value: str, names: str) -> list[float]:
    """Parses degrees, longitude and latitude in turn."""
    parts = value.split(",")
    if len(parts) != len(names.split(",")) or not all(_IS_DEGREES.fullmatch(part) for part in parts):
        raise BadValue(f"must be {names}: decimal degrees (WGS 84), separated by commas")
    degrees = [float(part) for part in parts]
    if any(abs(latitude) > 90 for latitude in degrees[1::2]):
        fits = all(abs(longitude) <= 90 for longitude in degrees[::2])
        suggestion = latitude_first(value) if fits else None
        raise BadValue("has a latitude beyond 90; the longitude comes first", suggestion)
    return degrees


def latitude_first(value: str) -> str:
    """A point or a box with the longitude and latitude of each corner exchanged."""
    parts = [part.strip() for part in value.split(",")]
    return ",".join(part for pair in zip(parts[1::2], parts[::2], strict=True) for part in pair)


def box(west: float, south: float, east: float, north: float) -> BBox:
    """A box of degrees. Map programs go on counting when they are turned around the globe, so longitudes beyond 180
    are taken modulo 360; what is as wide as the Earth is all of it. Raises BadValue."""
    if south > north:
        raise BadValue("has minLat above maxLat")
    if east - west >= 360:
        return BBox(-180.0, south, 180.0, north)
    return BBox(_normalized_longitude(west), south, _normalized_longitude(east), north)


def _normalized_longitude(longitude: float) -> float:
    """The same meridian between -180 and 180."""
    return longitude if abs(longitude) <= 180 else (longitude + 180) % 360 - 180


def _bbox(value: Any) -> Any:
    return box(*_numbers(value, "minLon,minLat,maxLon,maxLat")) if isinstance(value, str) else value


def _near(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    longitude, latitude = _numbers(value, "lon,lat")
    return Near(_normalized_longitude(longitude), latitude)


MAP_PARSERS: dict[str, Callable[[str], Any]] = {"bbox": _bbox, "near": _near}
"""The parsers of parameters with coordinates."""


def _radius(value: Any) -> Any:
    if isinstance(value, str):
        if not _DISTANCE.fullmatch(value) or not 0 < float(value) <= 20_000:
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
    try:
        return interval(value)
    except BadValue as error:
        raise BadValue(error.detail, meant(value)) from error


def meant(text: str) -> str | None:
    """The value of `datetime` that a date in another notation stands for, if it is one of the calendar."""
    parsed = parse_date(text)
    with suppress(BadValue):
        if parsed is not None and parsed != text and interval(parsed):
            return parsed
    return None


@lru_cache(maxsize=4096)
def interval(value: str) -> Interval:
    """The days that a text stands for. Raises BadValue. Cached: every bucket of a histogram asks for its own."""
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


def _words(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not 1 <= len(value) <= MAX_QUERY_LENGTH:
        raise BadValue(f"must have 1 to {MAX_QUERY_LENGTH} characters")
    return parse_query(value)


Q_DESCRIPTION = (
    "Words that must all be there, each in any of its forms: `raid` finds `raided`, `armored` finds `armoured`. "
    '`"a phrase"` is looked for as it stands; `-without`, `begin*`. Case, accents, hyphens, apostrophes, vowel marks '
    "and a leading al- make no difference. A record is found by its texts, its id, the words for its kinds, roles and "
    "topics, and by the names of what it names, in all their spellings. 24 words at most: the beginning of a word "
    "counts as eight where it is one letter, as four where it is two."
)

MAX_QUERY_LENGTH = 200
"""Characters of a search query."""


_TRUTHS = {
    **dict.fromkeys(("true", "1", "yes", "y", "on", "t"), "true"),
    **dict.fromkeys(("false", "0", "no", "n", "off", "f"), "false"),
}


def _yes_or_no(value: Any) -> Any:
    if isinstance(value, str) and value not in ("true", "false"):
        raise BadValue("must be true or false", _TRUTHS.get(value.lower()))
    return value


_LANGUAGE_TAG = "[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*"
MAX_TAG_LENGTH = 35


def _language_tag(value: Any) -> Any:
    if isinstance(value, str) and (len(value) > MAX_TAG_LENGTH or not re.fullmatch(_LANGUAGE_TAG, value)):
        raise BadValue("must be a language tag, such as ar or en-GB (RFC 5646)")
    return value


LANG_DESCRIPTION = (
    "The language of labels: `en`, `ar`, or a tag of one of their regions. There are labels in no other one: then they "
    "are English, as the header `Content-Language` says."
)


NAMES_DESCRIPTION = (
    "The language of the names of places, people and organizations, where they have one in it (`names`): wherever such "
    "a record stands, its `label`, or else its `name`, is that. `Content-Language` says whether any has. A copy that "
    "is compared with digests is kept without it."
)


@dataclass(frozen=True)
class Refers:
    """Says that the values of a parameter are ids of records of one of these types."""

    resources: tuple[str, ...]


def _external_id(value: Any) -> Any:
    if isinstance(value, str) and (mistake := external_id_mistake(value)) is not None:
        raise BadValue(f"must be an id in another register; {mistake}")
    return value


def _text(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$", "examples": [example]})


# Patterns for OpenAPI. The parsers above also check what a value means.
_YEAR = "([1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
_DATE = rf"{_YEAR}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?"
_DATES = rf"({_DATE}(/({_DATE}|\.\.))?|\.\./{_DATE})"
_LATITUDE = r" *[+-]?0?(90(\.0{1,12})?|[0-8]?[0-9](\.[0-9]{1,12})?) *"
_POINT = f"{_DEGREES},{_LATITUDE}"
LINE = r"[^\x00-\x1f\x7f]*"
"""Text without control characters."""
Line = Annotated[str, WithJsonSchema({"type": "string", "minLength": 1, "pattern": f"^{LINE}$"})]


SLUG = re.compile("[a-z0-9]+(-[a-z0-9]+)*")
Id = Annotated[
    str,
    StringConstraints(max_length=100),
    WithJsonSchema({"type": "string", "pattern": f"^{SLUG.pattern}$", "maxLength": 100}),
]
"""Not checked here: the lookup of the record says whether it exists, and suggests one for a text that is no id."""
Words = Annotated[
    SearchQuery,
    BeforeValidator(_words),
    PlainSerializer(lambda query: query.text),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_QUERY_LENGTH, "pattern": f"^{LINE}$"}),
]
ArticleIds = Annotated[list[Id], Refers(("articles",))]
PlaceIds = Annotated[list[Id], Refers(("places",))]
IncidentIds = Annotated[list[Id], Refers(("incidents",))]
OrganizationIds = Annotated[list[Id], Refers(("organizations",))]
PersonIds = Annotated[list[Id], Refers(("people",))]
PartyIds = Annotated[list[Id], Refers(("people", "organizations"))]
ExternalIds = list[Annotated[str, BeforeValidator(_external_id), _text(f"({PATTERN})", "wikidata:Q796")]]
DocumentIds = Annotated[list[Id], Refers(("documents",))]
Days = Annotated[Interval, BeforeValidator(_interval), _text(_DATES, "2019-04")]
Box = Annotated[BBox, BeforeValidator(_bbox), _text(f"{_POINT},{_POINT}", "42.5,34.5,45,36.5")]
Point = Annotated[Near, BeforeValidator(_near), _text(_POINT, "44.28,35.51")]
Number = Annotated[int, Field(ge=0, le=999_999_999), BeforeValidator(_whole)]
PageSize = Annotated[int, Field(ge=1, le=500), BeforeValidator(_whole)]
FileSize = Annotated[int, Field(ge=1, le=999_999_999), BeforeValidator(_whole)]
ResultSize = Annotated[int, Field(ge=1, le=100), BeforeValidator(_whole)]
Kilometres = Annotated[
    float, BeforeValidator(_radius), WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": 20000})
]
LocationMatch = Literal["possible", "certain", "point"]
Cursor = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^[A-Za-z0-9_-]+$"})]
LanguageTag = Annotated[
    str,
    BeforeValidator(_language_tag),
    WithJsonSchema({"type": "string", "pattern": f"^{_LANGUAGE_TAG}$", "maxLength": MAX_TAG_LENGTH}),
]
RELEASE = "release"
"""The name of the parameter with the release to be read."""

PinnedRelease = Annotated[
    Annotated[str, WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 999_999_999})] | None,
    Field(
        description="The answer as it was when this release was the newest (`/v1/releases` has all); by default, and "
        "until there is a later one, that is the newest. Documents then have the shape that they had; links repeat the "
        "parameter. The header `Accept-Datetime` picks it by a date (RFC 7089).",
    ),
]
"""The release to be read, wherever records are. As text: which numbers there are is known where it is read."""
Flag = Annotated[bool, BeforeValidator(_yes_or_no)]
Fields = Annotated[
    list[str],
    Field(
        description=(
            "Only these keys of each record, beside `id`, `type` and `url`; joined by commas. A dotted one "
            "(`date.earliest`) is a key in an object, or in each object of a list, and stands there. The answer then "
            "names them in `fields`, and has a schema of its own in which all other keys are optional."
        )
    ),
]
IncludedFields = Annotated[
    list[str],
    Field(description="Only these keys of included records of this list, as `fields` has it; goes with `include`."),
]
Include = Annotated[
    list[str],
    Field(
        description=(
            "Also send the records that these refer to, once each, in `included`; joined by commas. With places, "
            "people and organizations also those that refer to them: `quotes` of a person are what "
            "`/v1/quotes?speaker=ID` lists, `incidents` of a place what `/v1/incidents?place=ID` lists, the first 500 "
            "of each; where there are more, `links.included` leads to all. `incidents.quotes` also sends the quotes "
            "that these incidents refer to, with the incidents themselves: a path has two lists at most."
        )
    ),
]


class NoParameters(BaseModel):
    """The parameters of what takes none."""

    model_config = ConfigDict(extra="forbid")
