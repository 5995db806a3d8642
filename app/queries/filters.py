"""The filters of lists: parameters with their documentation, each beside the condition that it stands for.

What every list takes stands here; what one list takes stands in the file of its record type (`app.records`). A filter
is a field of a query model, and `Where` in its annotation makes its condition:

    kind: Annotated[list[PlaceKind], one_of(col(Place.kind))] = Field([], description="What sort of place.")
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.model.documents import TypeName
from app.queries.conditions import Clause, Condition, changed_later, holds, in_values, resting_on, with_words
from app.queries.values import (
    NAMES_DESCRIPTION,
    Q_DESCRIPTION,
    ArticleIds,
    Cursor,
    Fields,
    Include,
    LanguageTag,
    Number,
    PageSize,
    Words,
)

BOX_DESCRIPTION = (
    "`minLon,minLat,maxLon,maxLat` in WGS 84. minLon above maxLon crosses the antimeridian (RFC 7946 5.2), and "
    "longitudes beyond 180 are taken modulo 360. Records are judged by the radius of their point: see "
    "`location_match`. (The `bbox` of `/ogc` goes by the point alone and takes in records without one.) "
    "Records without a point never match and are counted in `meta.not_judged.location`."
)
NEAR_DESCRIPTION = (
    "`lon,lat`: within `radius_km` of this point (great circle), judged as for `bbox`: see `location_match`."
)
LOCATION_MATCH_DESCRIPTION = (
    "How `bbox` and `near` judge a record, whose point may be off by its `radius_m`. `possible` (default): some of "
    "the circle lies there, so it could have been there; `certain`: all of it does, so it must; `point`: the point "
    "does, as maps draw it and as `/ogc` answers."
)


@dataclass(frozen=True)
class Where:
    """The condition of a filter, from its value and all filters: others may refine it.

    `in_list_order` says that an index has the records that meet it in the order of the list, so that a page is short
    to read; other filters may have to look at many records.
    """

    condition: Callable[[Any, Any], Condition]
    in_list_order: bool = False


@dataclass(frozen=True)
class WhereOfEveryType:
    """The condition of a filter that every list takes, from the record type and the filter's value."""

    condition: Callable[[Any, Any], Condition]


@dataclass(frozen=True)
class Refines:
    """Says that a parameter has no condition of its own: it refines those of other filters.

    One that counts `alone` chooses records also where these others are not given.
    """

    filters: tuple[str, ...]
    alone: bool = False


def one_of(column: Any, *, in_list_order: bool = False) -> Where:
    """Returns the condition that a column has one of the values."""
    return Where(lambda values, filters: in_values(column, values), in_list_order)


def whether(clause: Clause) -> Where:
    """Returns the condition that a clause holds (true) or does not (false)."""
    return Where(lambda wanted, filters: holds(clause, wanted=wanted))


def refines(*filters: str, alone: bool = False) -> Refines:
    """Returns the mark of a parameter that refines other filters."""
    return Refines(filters, alone)


def conditions_of(filters: type[BaseModel]) -> dict[str, Where | WhereOfEveryType]:
    """Returns the condition of each filter of a query model; a type's own goes before that of every type."""
    return {
        name: where
        for name, field in filters.model_fields.items()
        for where in field.metadata
        if isinstance(where, Where | WhereOfEveryType)
    }


def refining_alone(filters: type[BaseModel], name: str) -> tuple[str, ...]:
    """Returns the parameters that refine a filter, and choose records also without it."""
    return tuple(
        other
        for other, field in filters.model_fields.items()
        for one in field.metadata
        if isinstance(one, Refines) and one.alone and name in one.filters
    )


class Listing(BaseModel):
    """The parameters that every list takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: Annotated[Words | None, WhereOfEveryType(with_words)] = Field(
        None,
        description=(
            f"{Q_DESCRIPTION} The best matches come first, unless `sort` says otherwise; more than 20,000 stand in the "
            "list's usual order."
        ),
        examples=["kanoos"],
    )
    article: Annotated[ArticleIds, WhereOfEveryType(resting_on)] = Field(
        [], description="Only records that rest on this article."
    )
    changed_since: Annotated[Number | None, WhereOfEveryType(changed_later)] = Field(
        None,
        description="Only records that a release after this one has changed. Removals stand only in `/v1/changes`.",
        examples=[0],
    )
    limit: PageSize = Field(50, description="How many records a page holds.")
    cursor: Annotated[Cursor, StringConstraints(max_length=8000)] | None = Field(
        None,
        description="Where a page begins: take it from `links.next`. It holds for later releases as well, but for a "
        "list by relevance (`q` without `sort`), whose order a release may change.",
    )
    sort: str | None
    count: Literal["auto", "exact"] = Field(
        "auto",
        description="`auto` counts what matched while the resource has up to 10,000 records, `exact` always.",
    )
    fields: Fields = []
    include: Include = []
    lang: LanguageTag | None = Field(None, description=NAMES_DESCRIPTION, examples=["ar"])


class DetailFilters(BaseModel):
    """The parameters that one record takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fields: Fields = []
    include: Include = []
    lang: LanguageTag | None = Field(None, description=NAMES_DESCRIPTION, examples=["ar"])


class Paging(BaseModel):
    """The parameters of a list that nothing is chosen from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: PageSize = Field(50, description="How many entries a page holds.")
    cursor: Annotated[Cursor, StringConstraints(max_length=2000)] | None = Field(
        None,
        description="Where a page begins: take it from `links.next`. It holds for later releases as well, but for a "
        "list by relevance (`q` without `sort`), whose order a release may change.",
    )


class ChangeFilters(Paging):
    """What the log takes."""

    since: Number = Field(0, description="Only what later releases did. 0, the default, is everything.", examples=[0])
    type: list[TypeName] = Field([], description="Only records of this type.")
    include: list[str] = Field(
        [], description="`document`: also send each record as it is today, null if it is no longer there."
    )
