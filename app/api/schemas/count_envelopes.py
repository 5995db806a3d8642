"""Response models for OpenAPI: counts by facet and sums of claims, in answers of their own and beside lists."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, Field, create_model
from pydantic.json_schema import SkipJsonSchema

from app.model.documents.shared import Day
from app.queries.facets import DateFacet, Facet, Grid
from app.records import RECORD_TYPES
from app.records.casualty_sums import MAX_LISTED_CLAIMS

Absent = SkipJsonSchema[None]
"""The type of a key that is omitted rather than null."""


class SumKey(BaseModel):
    value: str | None = Field(
        description=(
            "What the filter of the same name takes. Null: no value. `imprecise`: the date may lie in more than one "
            "month or year, or is open at an end. `several`: the claim is about several people, and its figure is not "
            "any one's of them. `mixed`: claims about the same people differ in it. `not_split`: what is left of a "
            "claim of which parts are told apart."
        )
    )
    label: str = Field(description="What to print, in the language of the answer.")


class ClaimCounts(BaseModel):
    counted: int = Field(description="Claims about the harms in the sum that match, parts included.")
    open: int = Field(description="Those of them without an upper bound that leave the sum open.")
    not_counted: int = Field(description="Claims that the sum leaves out because their `counted` is false.")
    left_out: int = Field(
        description="Claims about the same people that the filters, or the values of the row, leave out: with them the "
        "sum may be wider."
    )


class LeftOut(BaseModel):
    id: str
    note: str | None = Field(description="Why it is not counted.")


class CertainSum(BaseModel):
    low: int | None
    high: int | None
    best: int | None
    harms: int


class SumLinks(BaseModel):
    """Root-relative links, each only where there are more claims than are shown, and where a list holds them: a row
    `imprecise`, `several`, `mixed` or `not_split` has no filter, and that of a `group`, an `organization` or a `person`
    finds claims of harms that are `mixed` as well."""

    open_because: str | Absent = Field(
        default=None,
        description="The list of the counted claims that have no upper bound, with those that are set aside because "
        "another claim about the same people has a number.",
    )
    not_counted: str | Absent = Field(default=None, description="The list of the claims that are left out.")


class Sum(BaseModel):
    """A sum of harms with its bounds."""

    by: dict[str, SumKey] = Field(description="What the row is for: `outcome` and every other group.")
    low: int | None = Field(description="At least so many; null where no claim is counted.")
    high: int | None = Field(description="At most so many; null where that is open, or where no claim is counted.")
    best: int | None = Field(
        description="The sum of the best figures; null where a harm has none, or where no claim is counted."
    )
    harms: int = Field(description="Harms that are added: people with all the claims about them.")
    in_dispute: int = Field(description="Those of them about which claims differ, or one is contested.")
    open: int = Field(description="Those of them without an upper bound.")
    claims: ClaimCounts
    incidents: int = Field(description="Incidents that the counted claims are about.")
    open_because: list[str] = Field(description=f"Ids of the claims that leave it open, the first {MAX_LISTED_CLAIMS}.")
    not_counted: list[LeftOut] = Field(description=f"The claims that are left out, the first {MAX_LISTED_CLAIMS}.")
    certain: CertainSum | Absent = Field(
        default=None,
        description="Only with `datetime`, unless `date_match` is `within`: what of the sum lies in that interval for "
        "certain, as `date_match=within` adds it up. The rest may lie outside.",
    )
    links: SumLinks


class ListLink(BaseModel):
    """Root-relative links."""

    list: str | Absent = Field(
        default=None,
        description="The list of the records that are counted, with the filters of the request; absent where no list "
        "holds them, as those at two places: name the filter in `facet_except`.",
    )


class _Counted(BaseModel):
    value: str = Field(description="What the filter of the same name takes.", examples=["joint_raid"])
    label: str = Field(
        description="What to print, in the language of the answer: the record's name where the value is an id."
    )
    count: int = Field(description="How many of the records that match have this value.")


class Bucket(_Counted):
    links: ListLink
    sums: list[Sum] | Absent = Field(
        default=None, description="Only of claims, with `sums`: what they are about, added up by outcome."
    )


class FacetCounts(BaseModel):
    """The values of one facet, the most frequent first unless `facet_sort` says otherwise."""

    buckets: list[Bucket]
    more: int = Field(description="How many further values there are; `facet_limit` shows more.")
    missing: int = Field(
        description=(
            "Records without a value: nobody identified, the article's own voice (`by`, `claimed_by`), named "
            "(`anonymity`)."
        )
    )


class DateLinks(BaseModel):
    """Root-relative links; absent for articles."""

    within: str | Absent = Field(
        default=None, description="The list of what certainly lies in it: as many as `certain`."
    )
    overlaps: str | Absent = Field(default=None, description="The list of all that may lie in it: as many as `count`.")


class DateBucket(_Counted):
    value: str = Field(description="What `datetime` takes: `2019-04`, of a decade `2010/2019`.", examples=["2019-04"])
    earliest: Day = Field(description="The first day of it, and of the days that are asked for.")
    latest: Day = Field(description="The last day of it, and of the days that are asked for.")
    count: int = Field(description="How many records may lie in it: `certain` and `possible` together.")
    certain: int = Field(description="Records all whose days lie in it.")
    possible: int = Field(description="Further records one of whose days lies in it.")
    links: DateLinks
    sums: list[Sum] | Absent = Field(
        default=None, description="Only of claims, with `sums`: what those that are certain are about."
    )


class DateCounts(BaseModel):
    """A histogram of dates, in the order of time and without gaps."""

    buckets: list[DateBucket]
    imprecise: int = Field(
        description="Records that are certain in no bucket: their date is wider, reaches beyond the days that are "
        "asked for, or is open at an end."
    )
    missing: int = Field(description="Records without a date.")


class Tile(_Counted):
    value: str = Field(description="Zoom, column and row of the tile, as web maps number them.", examples=["7/79/50"])
    label: str = Field(description="The same.")
    count: int = Field(description="How many records have their point in it.")
    bbox: Annotated[list[float], Field(min_length=4, max_length=4)] = Field(
        description="West, south, east and north of the tile (WGS 84). A point on an edge belongs to the tile in the "
        "east or south."
    )
    center: Annotated[list[float], Field(min_length=2, max_length=2)] = Field(
        description="The mean longitude and latitude of the points: where to draw a cluster."
    )
    links: ListLink


class GridCounts(BaseModel):
    """Points by map tile, those with most records first."""

    buckets: list[Tile]
    missing: int = Field(description="Records without a point.")


def _counts_of(facet: Facet | Grid) -> type[BaseModel]:
    return DateCounts if isinstance(facet, DateFacet) else GridCounts if isinstance(facet, Grid) else FacetCounts


def _facet_counts(name: str, facets: Mapping[str, Facet | Grid]) -> type[BaseModel]:
    absent: Any = Absent
    counts: Any = {one: (_counts_of(facet) | absent, None) for one, facet in facets.items()}
    return create_model(name, __doc__="Counts by each facet that was asked for.", **counts)


LIST_FACETS = {name: _facet_counts(f"{name.capitalize()}FacetCounts", one.facets) for name, one in RECORD_TYPES.items()}
"""The member `facets` of each list."""

if TYPE_CHECKING:
    AllFacetCounts = BaseModel
else:
    _ALL = {name: facet for one in RECORD_TYPES.values() for name, facet in one.facets.items()}
    AllFacetCounts = _facet_counts("AllFacetCounts", _ALL)
