"""The filters of lists: parameters with their documentation, each beside the condition that it stands for.

What every list takes stands here; what one list takes stands in the file of its record type (`app.records`). A filter
is a field of a query model, and `Where` in its annotation makes its condition:

    kind: Annotated[list[PlaceKind], one_of(col(Place.kind))] = Field(default_factory=list, description="What sort.")
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import count
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, StringConstraints, create_model
from pydantic.fields import FieldInfo

from app.model.codebook import Codebook, coded_by, shipped
from app.model.documents import LoggedType
from app.queries.conditions import (
    Clause,
    Condition,
    certainly_not,
    changed_later,
    holds,
    in_none_of,
    in_values,
    resting_on,
    with_words,
)
from app.queries.values import (
    NAMES_DESCRIPTION,
    Q_DESCRIPTION,
    ArticleIds,
    Cursor,
    Fields,
    Flag,
    IncidentIds,
    Include,
    LanguageTag,
    Line,
    Number,
    PageSize,
    PinnedRelease,
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
    """The condition of a filter, from its value and all filters: others may refine it; and that of its exclusion, of
    what certainly does not meet it, if there is one.

    `in_list_order` says that an index has the records that meet it in the order of the list, so that a page is short
    to read; other filters may have to look at many records.
    """

    condition: Callable[[Any, Any], Condition]
    in_list_order: bool = False
    exclusion: Callable[[Any, Any], Condition] | None = None


@dataclass(frozen=True)
class WhereOfEveryType:
    """The condition of a filter that every list takes, and of its exclusion, from the record type and the filter's
    value."""

    condition: Callable[[Any, Any], Condition]
    exclusion: Callable[[Any, Any], Condition] | None = None


@dataclass(frozen=True)
class Refines:
    """Says that a parameter has no condition of its own: it refines those of other filters.

    One that counts `alone` chooses records also where these others are not given.
    """

    filters: tuple[str, ...]
    alone: bool = False


def one_of(column: Any, *, in_list_order: bool = False, unknown: tuple[Any, ...] = ()) -> Where:
    """Returns the condition that a column has one of the values. Each filter has its own, even of one column. The
    values `unknown` say that it is not known which one it has."""
    name = f"filter_{next(_filter_numbers)}"
    return Where(
        lambda values, filters: in_values(column, values, name),
        in_list_order,
        lambda values, filters: in_none_of(column, values, unknown, f"not_{name}"),
    )


_filter_numbers = count(1)


def whether(clause: Clause, facet: str = "") -> Where:
    """Returns the condition that a clause holds (true) or does not (false); `facet` counts by it, if there is one."""
    return Where(lambda wanted, filters: holds(clause, wanted=wanted, facet=facet))


def not_resting_on(record_type: Any, articles: Any) -> Condition:
    """The condition that a record has no evidence in any of these articles."""
    resting = resting_on(record_type, articles)
    return certainly_not(resting.clause, criterion=resting.criterion, of=resting.of)


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


@dataclass(frozen=True)
class ForEachValue:
    """Filters of which there is one for each value of a vocabulary, such as `killed_at_least`.

    `name` and `description` have `{value}` in them. The condition takes the value, what is given, and all filters.
    """

    vocabulary: str
    name: str
    type: Any
    description: str
    condition: Callable[[str, Any, Any], Condition]


class Filters(BaseModel):
    """The base class of query models with filters. In a snapshot they know the codebook of its release."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    for_each_value: ClassVar[tuple[ForEachValue, ...]] = ()
    _codebook: Codebook | None = PrivateAttr(None)

    @property
    def codebook(self) -> Codebook:
        """Returns the codebook that says what the values of the filters stand for."""
        return self._codebook or shipped()

    def under(self, codebook: Codebook, changes: dict[str, Any]) -> Self:
        """Returns the filters with some changed, under a codebook."""
        changed = self.model_copy(update=changes)
        changed._codebook = codebook
        return changed


@lru_cache(maxsize=256)
def filters_under(model: type[BaseModel], codebook: Codebook) -> type[BaseModel]:
    """Returns a query model with the filters that it has for each value of a vocabulary."""
    families: tuple[ForEachValue, ...] = getattr(model, "for_each_value", ())
    fields: dict[str, Any] = {
        one.name.format(value=value): (
            Annotated[one.type | None, Where(partial(one.condition, value))],
            Field(None, description=f"{one.description.format(value=value)} ({value}: {meaning}.)"),
        )
        for value, one, meaning in (
            (value, one, meaning)
            for vocabulary in dict.fromkeys(one.vocabulary for one in families)
            for value, meaning in codebook.meanings(vocabulary).items()
            for one in families
            if one.vocabulary == vocabulary
        )
    }
    if (sort := model.model_fields.get("sort")) is not None and (keys := _sort_keys(sort, codebook)):
        fields["sort"] = (Literal[keys] | None, sort)
    return create_model(model.__name__, __base__=model, __doc__=model.__doc__, **fields) if fields else model


_OF_VOCABULARY = re.compile(r"(-?)\{(.+)\}")


def _sort_keys(sort: FieldInfo, codebook: Codebook) -> tuple[str, ...]:
    """Returns the keys to sort by, with the values of a codebook for the name of a vocabulary; none without such."""
    keys: list[str] = []
    for key in get_args(get_args(sort.annotation)[0]):
        named = _OF_VOCABULARY.fullmatch(key)
        keys += [f"{named[1]}{value}" for value in codebook.values(named[2])] if named else [key]
    return () if keys == list(get_args(get_args(sort.annotation)[0])) else tuple(dict.fromkeys(keys))


@lru_cache(maxsize=256)
def coded_filters(model: type[BaseModel]) -> tuple[tuple[str, str], ...]:
    """Returns the filters whose values are those of a vocabulary, each with its name."""
    named = ((name, coded_by(field)) for name, field in model.model_fields.items())
    return tuple((name, vocabulary) for name, vocabulary in named if vocabulary is not None)


class Listing(Filters):
    """The parameters that every list takes."""

    q: Annotated[Words | None, WhereOfEveryType(with_words)] = Field(
        None,
        description=(
            f"{Q_DESCRIPTION} The best matches come first, unless `sort` says otherwise; more than 20,000 stand in the "
            "list's usual order."
        ),
        examples=["kanoos"],
    )
    article: Annotated[ArticleIds, WhereOfEveryType(resting_on, not_resting_on)] = Field(
        default_factory=list, description="Only records that rest on this article."
    )
    changed_since: Annotated[Number | None, WhereOfEveryType(changed_later)] = Field(
        None,
        description="Only records that a release after this one has changed. Removals stand only in `/v1/changes`.",
        examples=[0],
    )
    limit: PageSize = Field(50, description="How many records a page holds.")
    cursor: Annotated[Cursor, StringConstraints(max_length=8000)] | None = Field(
        None,
        description="Where a page begins, or ends: take it from `meta.next_cursor` or `meta.prev_cursor`. It holds for "
        "later releases as well, but for a list by relevance (`q` without `sort`), whose order a release may change.",
    )
    sort: str | None
    release: PinnedRelease = None
    count: Literal["auto", "exact"] = Field(
        "auto",
        description="`exact` counts what matched also in an earlier release of more than 10,000 records; in the newest "
        "one `auto` does, too.",
    )
    fields: Fields = Field(default_factory=list)
    include: Include = Field(default_factory=list)
    lang: LanguageTag | None = Field(None, description=NAMES_DESCRIPTION, examples=["ar"])


class DetailFilters(BaseModel):
    """The parameters that one record takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fields: Fields = Field(default_factory=list)
    include: Include = Field(default_factory=list)
    lang: LanguageTag | None = Field(None, description=NAMES_DESCRIPTION, examples=["ar"])
    release: PinnedRelease = None


class RecordParts(BaseModel):
    """The parameters of one record in a format that takes nothing else: which parts of it (see `file_model`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Paging(BaseModel):
    """The parameters of a list that nothing is chosen from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: PageSize = Field(50, description="How many entries a page holds.")
    cursor: Annotated[Cursor, StringConstraints(max_length=2000)] | None = Field(
        None,
        description="Where a page begins: take it from `meta.next_cursor`. It holds for later releases as well.",
    )


Causes = Annotated[
    list[Literal["edited", "linked", "reshaped"]],
    Field(
        description="Only what changed for this reason: `edited`, its own seed entry; `linked`, another record did it; "
        "`reshaped`, newer code makes another document of the same entry."
    ),
]


class HistoryFilters(Paging):
    """What the history of a record takes."""

    cause: Causes = Field(default_factory=list)

    include: list[str] = Field(
        default_factory=list,
        description="`document`: also send the record as each release left it, null where it was removed, or where the "
        "release is from before the past was kept.",
    )


class DigestFilters(Paging):
    """What the digests of a release take."""

    redacted: Flag | None = Field(
        None, description="`true`: only those of records that a later release has redacted, in this one."
    )


class ComparisonFilters(Paging):
    """What a comparison of two releases takes."""

    type: list[LoggedType] = Field(default_factory=list, description="Only records of this type.")
    article: ArticleIds = Field(
        default_factory=list,
        description="Only this article and records that rest on it, or did so at the earlier release.",
    )
    cause: Causes = Field(default_factory=list)
    field: list[Line] = Field(
        default_factory=list,
        description="Only what changed in this field, or in one inside it: `low`, `date`, `date.earliest`. It leaves "
        "out what was added or removed.",
        examples=[["low"]],
    )
    include: list[str] = Field(
        default_factory=list,
        description="`document`: also send each record as the second release has it, null where it has not.",
    )


class LogFilters(BaseModel):
    """What is chosen from the log, page by page or as it grows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: list[LoggedType] = Field(default_factory=list, description="Only records of this type.")
    include: list[str] = Field(
        default_factory=list,
        description="`document`: also send each record as it is today, null if it is no longer there.",
    )


class StepFilters(LogFilters, Paging):
    """What the steps of the log take."""

    since: Number = Field(0, description="Only what later releases did. 0, the default, is everything.", examples=[0])
    article: ArticleIds = Field(
        default_factory=list,
        description="Only this article and records that rest on it, or did so at `since`: one that has come to rest on "
        "others alone is told as well, so that a copy can drop it.",
    )
    cause: Causes = Field(default_factory=list)


class ChangeFilters(StepFilters):
    """What the log takes."""

    history: Flag = Field(
        False, description="`true`: every step that releases took, not each record once as its newest state."
    )


class CorrectionFilters(StepFilters):
    """What corrections take."""

    incident: IncidentIds = Field(
        default_factory=list, description="Only corrections of this incident and of claims about it."
    )


class StreamFilters(LogFilters):
    """What the stream of the log takes."""

    since: Number | None = Field(
        None, description="Begin with what later releases did; 0 is everything. By default only what is yet to come."
    )
