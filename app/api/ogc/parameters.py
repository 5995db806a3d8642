"""Query parameters of OGC requests, and the parsing of the standard's `limit`, `bbox` and `datetime`."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, create_model

from app.model.codebook import Granularity, IncidentKind, PlaceKind
from app.problems import BadValue
from app.queries.derived_filters import MAX_IDS, NOT
from app.queries.values import BBox, Id, Interval, PinnedRelease, box, interval, meant
from app.records.harm import AnyHarm

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
DEFAULT_LIMIT = 100
MAX_LIMIT = 10_000

_COUNT = re.compile(r"\d{1,30}")
_DEGREES = re.compile(r"[+-]?([0-9]{1,20}(\.[0-9]{0,30})?|\.[0-9]{1,30})([eE][+-]?[0-9]{1,2})?")
# GDAL writes a date as "2020-01-05T", which RFC 3339 does not allow.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([Tt]|[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d))?")

_POSITION = re.compile(r"(with|without)\.([a-z0-9-]{1,100})")


def _limit(value: Any) -> Any:
    """Parses `limit`. By the standard, a limit above the maximum is not an error but means the maximum."""
    if not isinstance(value, str):
        return value
    if not _COUNT.fullmatch(value) or int(value) == 0:
        raise BadValue("must be a whole number, 1 at least")
    return min(int(value), MAX_LIMIT)


def _bbox(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    parts = value.split(",")
    if len(parts) not in (4, 6) or not all(_DEGREES.fullmatch(part) for part in parts):
        raise BadValue("must be 4 decimal numbers, minLon,minLat,maxLon,maxLat, or 6 with heights, which are ignored")
    west, south, *_, east, north = (float(part) for part in (parts if len(parts) == 4 else parts[:2] + parts[3:5]))
    if max(abs(west), abs(east)) >= 1000 or max(abs(south), abs(north)) > 90:
        raise BadValue("has a latitude beyond 90, or a longitude of more than three digits")
    return box(west, south, east, north)


def _day(text: str) -> str:
    """Returns the UTC day of a date or time."""
    if not _MOMENT.fullmatch(text):
        raise BadValue("takes RFC 3339 dates (2019-04-19) and times (2019-04-19T00:00:00Z), or two of them as A/B")
    try:
        moment = datetime.fromisoformat(text.upper().removesuffix("T"))
        return (moment.astimezone(UTC) if moment.tzinfo else moment).date().isoformat()
    except (ValueError, OverflowError) as error:
        raise BadValue(f"'{text}' is not in the calendar") from error


def _interval(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return _days(value)
    except BadValue as error:
        raise BadValue(error.detail, _suggested(value)) from error


def _suggested(text: str) -> str | None:
    """Returns the standard's notation of a date in another notation, or in that of `/v1`; None if it is no date."""
    with suppress(BadValue):
        days = interval(meant(text) or text)
        return days.start if days.start == days.end else f"{days.start or '..'}/{days.end or '..'}"
    return None


def _days(value: str) -> Interval:
    first, slash, last = value.partition("/")
    if not slash:
        return Interval(_day(first), _day(first))
    start, end = (None if text in ("", "..") else _day(text) for text in (first, last))
    if start is None and end is None:
        raise BadValue("is open at both ends; leave it out instead")
    if start and end and start > end:
        raise BadValue(f"'{first}' is after '{last}'")
    return Interval(start, end)


@dataclass(frozen=True)
class PagePosition:
    """The position after the last feature of a page; features with a point come first."""

    located: bool
    id: str

    def __str__(self) -> str:
        return f"{'with' if self.located else 'without'}.{self.id}"


def _position(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    match = _POSITION.fullmatch(value)
    if match is None:
        raise BadValue("is damaged; take it from the next link as it stands")
    return PagePosition(match[1] == "with", match[2])


Limit = Annotated[
    int,
    BeforeValidator(_limit),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}),
]
Box = Annotated[
    BBox,
    BeforeValidator(_bbox),
    WithJsonSchema({"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}),
]
After = Annotated[
    PagePosition, BeforeValidator(_position), WithJsonSchema({"type": "string", "pattern": f"^{_POSITION.pattern}$"})
]
Ids = Annotated[
    tuple[Id, ...],
    BeforeValidator(lambda value: tuple(value.split(",")) if isinstance(value, str) else value),
    Field(max_length=MAX_IDS),
    WithJsonSchema({"type": "array", "maxItems": MAX_IDS, "items": {"type": "string"}}),
]
# GDAL turns `date <= B AND date >= A` into two parameters of this name; both must hold.
Times = Annotated[list[Annotated[Interval, BeforeValidator(_interval)]], WithJsonSchema({"type": "string"})]


class Format(BaseModel):
    """The parameter of every answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    f: Literal["json"] | None = Field(
        None, description="The format of the answer. There is one, so it may be left out; features are GeoJSON."
    )


class Crs(Format):
    """The parameters of one feature."""

    crs: Literal["http://www.opengis.net/def/crs/OGC/1.3/CRS84"] | None = Field(
        None, description="The reference system of the answer; there is one."
    )
    release: PinnedRelease = None


class Items(Crs):
    """The parameters of every list of features."""

    limit: Limit = Field(DEFAULT_LIMIT, description=f"How many features a page holds; {MAX_LIMIT} at most.")
    bbox: Box | None = Field(
        None,
        description=(
            "Features whose point lies in the box minLon,minLat,maxLon,maxLat, whatever the radius that it may be off "
            "by, and those without a point. (`/v1` judges by the radius unless asked for `location_match=point`, and "
            "leaves out what has no point.) minLon above maxLon crosses the antimeridian, and longitudes beyond 180 "
            "are taken modulo 360."
        ),
    )
    datetime: Times = Field(
        default_factory=list,
        description=(
            "A day, a moment or an interval (A/B, ../B, A/..; RFC 3339, ends included): features that may have "
            "happened then, and those without a date. Moments count as their day, UTC."
        ),
    )
    id: Ids = Field(
        (), description=f"Only these records, {MAX_IDS} at most, joined by commas. One that does not exist is an error."
    )
    after: After | None = Field(None, description="Where a page begins: take it from the `next` link.")

    @property
    def days(self) -> Interval | None:
        """The intersection of all `datetime` intervals: an interval that overlaps it overlaps each of them."""
        starts = [interval.start for interval in self.datetime if interval.start]
        ends = [interval.end for interval in self.datetime if interval.end]
        return Interval(max(starts, default=None), min(ends, default=None)) if self.datetime else None


class IncidentItems(Items):
    any_harm: AnyHarm | None = Field(
        None, description="Incidents where anybody at all was harmed, certainly or possibly."
    )
    kind: IncidentKind | None = Field(None, description="What happened (the main kind).")
    granularity: Granularity | None = Field(None, description="One event, a series of them, or planned.")


class PlaceItems(Items):
    kind: PlaceKind | None = Field(None, description="What sort of place.")


def named_by_the_standard(model: type[Items]) -> type[Items]:
    """Returns the model with the parameters whose names are no Python identifiers: `bbox-crs`, and `not.kind` and its
    like for each property that it filters by."""
    crs = Crs.model_fields["crs"].annotation
    fields: dict[str, Any] = {
        "bbox-crs": (crs, Field(None, description="The reference system of `bbox`; there is one."))
    }
    for name in model.model_fields.keys() - Items.model_fields.keys() - {"any_harm"}:
        description = f"Leaves out what `{name}` finds with this value."
        fields[f"{NOT}{name}"] = (model.model_fields[name].annotation, Field(None, description=description))
    extended_model: type[Items] = create_model(model.__name__, __base__=model, **fields)
    return extended_model
