"""Places."""

from operator import itemgetter
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Select
from sqlmodel import col

from app.model.codebook import PlaceKind
from app.model.digests import Data
from app.model.documents import PlaceDocument
from app.model.references import articles_of, ids_of_each
from app.queries.conditions import Condition, in_box, near_point
from app.queries.facets import by_article, by_column, by_flag, by_links, pairs_of
from app.queries.filters import (
    BOX_DESCRIPTION,
    LOCATION_MATCH_DESCRIPTION,
    NEAR_DESCRIPTION,
    Listing,
    Where,
    one_of,
    refines,
    whether,
)
from app.queries.record_type import ChildRows, RecordType, Row
from app.queries.values import Box, Flag, Kilometres, LocationMatch, PlaceIds, Point
from app.records.hierarchies import place_containers, places_within
from app.records.row_columns import area_columns
from app.records.search_texts import names_and_note
from app.search.folding import fold
from app.storage.models import Place, PlaceParent

_HAS_LOCATION = col(Place.latitude).is_not(None)


def _inside(ids: Any, filters: Any) -> Condition:
    """Does not match the place itself."""
    inside = places_within(ids, filters.place_basis)
    return Condition(col(Place.id).in_(inside) & col(Place.id).not_in(ids))


class PlaceFilters(Listing):
    """What lists of places take."""

    kind: Annotated[list[PlaceKind], one_of(col(Place.kind), in_list_order=True)] = Field(
        [], description="What sort of place."
    )
    within: Annotated[PlaceIds, Where(_inside)] = Field(
        [], description="Inside this place, at any depth.", examples=[["iraq"]]
    )
    place_basis: Annotated[Literal["any", "stated"] | None, refines("within")] = Field(
        None, description="Goes with `within`. `stated`: only containment that the reporting states. Default: `any`."
    )
    bbox: Annotated[Box | None, Where(lambda box, filters: in_box(Place, box, filters.location_match))] = Field(
        None, description=BOX_DESCRIPTION
    )
    near: Annotated[
        Point | None,
        Where(lambda point, filters: near_point(Place, point, filters.radius_km, filters.location_match)),
    ] = Field(None, description=NEAR_DESCRIPTION)
    radius_km: Annotated[Kilometres | None, refines("near")] = Field(None, description="Goes with `near`. Default: 50.")
    location_match: Annotated[LocationMatch | None, refines("bbox", "near")] = Field(
        None, description=LOCATION_MATCH_DESCRIPTION
    )
    has_location: Annotated[Flag | None, whether(_HAS_LOCATION)] = Field(
        None, description="With, or without, a known point."
    )
    sort: Literal["name", "-name", "changed", "-changed", "id", "-id"] | None = Field(
        None, description="One key, `-` for descending, ties by id. Default: `name`."
    )


def _containers(filters: Any) -> Select[Any]:
    """Each place with all that contain it, without itself."""
    wholes = place_containers(stated_only=filters.place_basis == "stated")
    return pairs_of(wholes.c.part, wholes.c.whole).where(wholes.c.part != wholes.c.whole)


def _row(document: Data) -> Row:
    return {
        "sort_name": fold(document["name"]),
        "kind": document["kind"],
        **area_columns(document, document["coordinate"]),
    }


def _child_rows(document: Data) -> ChildRows:
    for parent in document["parents"]:
        yield PlaceParent, {"place_id": document["id"], "parent_id": parent["id"], "basis": parent["basis"]}


PLACES = RecordType(
    name="places",
    type="place",
    code=3,
    table=Place,
    children=((PlaceParent, "place_id"),),
    row=_row,
    child_rows=_child_rows,
    document=PlaceDocument,
    summary="Where it happened.",
    description="Where it happened. Places without a known point have none; `parents` say what contains them.",
    example="khatuniya",
    docs_position=3,
    title=itemgetter("name"),
    texts=names_and_note,
    terms=lambda document: [document["kind"]],
    references={"places": [ids_of_each("parents")], "articles": [articles_of]},
    referring={"incidents": "place", "quotes": "place", "statements": "place", "casualties": "place"},
    filters=PlaceFilters,
    sorts={"name": "sort_name", "changed": "changed_in", "id": "id"},
    default_sort="name",
    facets={
        "kind": by_column(col(Place.kind)),
        "within": by_links(col(Place.id), _containers, "places"),
        "has_location": by_flag(_HAS_LOCATION),
        **by_article(Place, "place"),
    },
)
