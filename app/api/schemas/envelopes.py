"""Response models for OpenAPI: the envelopes around documents. Responses themselves are built from stored JSON text."""

from functools import reduce
from operator import or_
from types import GenericAlias
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from app.api.routes.representations import alternates, body_links
from app.api.schemas.count_envelopes import LIST_FACETS, Absent, Sum
from app.api.schemas.link_envelopes import PageLinks, PermanentLinks, RecordLinks
from app.model.documents import CodebookDocument, Document
from app.model.documents.shared import Day
from app.records import RECORD_TYPES
from app.records.casualty_sums import SUMMED

NEXT_CURSOR: Any = Field(
    description="The `cursor` of the next page, the one in `links.next`; null on the last page.",
    examples=["WyI0ZjEzYTdjOTBkMmUiLDFd"],
)


OTHER_FORMAT: Any = Field(description="What this list selects, in another format, with every filter that it takes.")


class NotJudged(BaseModel):
    """How many records fit everything else but lack what a filter needed; null where no such filter was used."""

    location: int | None
    date: int | None
    casualties: int | None
    exclusion: int | None = Field(
        description="Of these it is not known whether `not.…` leaves them out: what they have is not stated (no place, "
        "somebody not identified), contains what is excluded, or may lie in it (a village of which no record says in "
        "which province it is)."
    )


class Suggestion(BaseModel):
    """What would find something where nothing was found."""

    parameter: str = Field(examples=["near"])
    value: str = Field(description="What to ask for instead.", examples=["43.37,35.42"])
    matched: int | None = Field(description="How many records that finds; null where counting them takes long.")


class Extent(BaseModel):
    """Where and when the records were that match, on whatever page; what maps and timelines fit themselves to."""

    bbox: Annotated[list[float], Field(min_length=4, max_length=4)] | None = Field(
        description="West, south, east and north of their points (WGS 84), as GeoJSON and the filter `bbox` have them; "
        "west is above east where the box crosses the antimeridian. Null without any.",
        examples=[[42.8, 32.6, 44.5, 36.2]],
    )
    earliest: Day | None = Field(description="The first day that bounds one of their dates; null without any.")
    latest: Day | None = Field(description="The last day that bounds one of their dates; null without any.")


class DetailMeta(BaseModel):
    release: int = Field(description="The release that the whole answer belongs to.")
    origin: str | Absent = Field(
        default=None,
        description="Only from a mirror: the release that this is a copy of, at the service that it was copied from.",
        examples=["https://dateline.example/v1/releases/1"],
    )


class ListMeta(DetailMeta):
    matched: int | None = Field(
        description="How many records match. Null only in an earlier release of more than 10,000 records, unless "
        "`count=exact` asks."
    )
    not_judged: NotJudged
    extent: Extent | None = Field(
        description="The box and the days of all that match. Claims have those of their incident; what is assumed of "
        "open dates bounds nothing. Null where `matched` is."
    )
    returned: int = Field(description="How many records this page holds.")
    next_cursor: str | None = NEXT_CURSOR
    prev_cursor: str | None = Field(
        description="The `cursor` of the page before, the one in `links.prev`; null on the first page. It leads to the "
        "`limit` records before this page, or to as many as there are."
    )
    did_you_mean: list[Suggestion] | None = Field(
        description="Only where nothing was found: what finds something, as a point with its longitude first, or `q` "
        "with the nearest words that records have."
    )


class SummedMeta(ListMeta):
    method: str | Absent = Field(default=None, description="Only with `totals`: their rule in plain English.")


_FACETS: Any = Field(default=None, description="Only with `facets`: everything that matches, counted by each of them.")
_TOTALS: Any = Field(default=None, description="Only with `totals`: sums by outcome of everything that matches.")


if TYPE_CHECKING:

    class Included(BaseModel):
        """Records by type."""

    AnyDocument = Document
else:
    Included = create_model(
        "Included",
        __doc__="The records that `include` asked for, once each: all that the answer's records refer to, the "
        "first 500 of a\nlist whose records refer to them, in its usual order, and behind a path what these refer to.",
        **{one.name: (list[one.document] | Absent, None) for one in RECORD_TYPES.values()},
    )
    AnyDocument = Annotated[
        reduce(or_, (*(one.document for one in RECORD_TYPES.values()), CodebookDocument)), Field(discriminator="type")
    ]


class Envelope(BaseModel):
    model_config = ConfigDict(extra="forbid")

    included: Included | Absent = Field(default=None, description="Only with `include`.")


class Codebook(BaseModel):
    """The codebook of the newest release."""

    data: CodebookDocument
    links: PermanentLinks
    meta: DetailMeta


class Health(BaseModel):
    status: str = Field(examples=["ok"])


class Readiness(Health):
    release: int = Field(description="The newest release.")


def _stem(document: type[Any]) -> str:
    return document.__name__.removesuffix("Document")


def _page_links(name: str, document: type[Any]) -> type[PageLinks]:
    """Returns the links of a list's pages, with one to each of its other formats."""
    formats: dict[str, Any] = dict.fromkeys(body_links(alternates(name, "", ())), (str, OTHER_FORMAT))
    return create_model(f"{_stem(document)}Links", __base__=PageLinks, __doc__=PageLinks.__doc__, **formats)


def _counts(name: str) -> dict[str, Any]:
    """Returns the members that count all that matches."""
    absent: Any = Absent
    facets = {"facets": (LIST_FACETS[name] | absent, _FACETS)}
    return facets | ({"totals": (list[Sum] | absent, _TOTALS)} if name in SUMMED else {})


def list_of(model: type[BaseModel]) -> Any:
    """Returns the type of a list of a model that is known at run time only."""
    return GenericAlias(list, (model,))


PAGES: dict[str, type[BaseModel]] = {
    one.name: create_model(
        f"{_stem(one.document)}Page",
        __base__=Envelope,
        __doc__=f"One page of {one.name}.",
        data=(list_of(one.document), ...),
        links=(_page_links(one.name, one.document), ...),
        meta=(SummedMeta if one.name in SUMMED else ListMeta, ...),
        **_counts(one.name),
    )
    for one in RECORD_TYPES.values()
}
"""The envelope of each list."""

DETAILS: dict[str, type[BaseModel]] = {
    one.name: create_model(
        f"{_stem(one.document)}Detail",
        __base__=Envelope,
        __doc__=f"One record of {one.name}.",
        data=(one.document, ...),
        links=(RecordLinks, ...),
        meta=(DetailMeta, ...),
    )
    for one in RECORD_TYPES.values()
}
"""The envelope of each single record."""
