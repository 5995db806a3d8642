"""Places."""

from operator import itemgetter
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Select, or_
from sqlmodel import col

from app.counts.criteria import AllOf, AnyOf, IsOneOf, Not
from app.counts.tallies import ByContainers
from app.model.codebook import PlaceKind
from app.model.digests import Data
from app.model.documents import PlaceDocument
from app.model.references import articles_of, ids_of_each
from app.queries.areas import in_box, near_point
from app.queries.conditions import Clause, Condition, certainly_not
from app.queries.facets import Grid, by_article, by_column, by_flag, by_links, pairs_of
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
from app.queries.values import Box, ExternalIds, Flag, Kilometres, LocationMatch, PlaceIds, Point
from app.records.hierarchies import (
    OF_PLACES,
    PLACE_PARENTS,
    parts_of,
    place_containers,
    places_containing,
    places_perhaps_in,
    places_within,
)
from app.records.row_columns import area_columns
from app.records.same_as import SAME_AS, known_as, same_as_rows
from app.records.search_texts import beginnings_of_names, names_and_note
from app.search.folding import fold
from app.storage.models import Place, PlaceParent
from app.storage.same_as_models import PlaceSameAs

_HAS_LOCATION = col(Place.latitude).is_not(None)


def _inside(ids: Any, filters: Any) -> Condition:
    """Does not match the place itself."""
    stated = filters.place_basis == "stated"
    return Condition(_lies_in(ids, filters.place_basis), criterion=parts_of(ids, OF_PLACES, stated=stated), of=Place)


def _lies_in(ids: Any, basis: str | None = None) -> Clause:
    return col(Place.id).in_(places_within(ids, basis)) & col(Place.id).not_in(ids)


def _outside(ids: Any, filters: Any) -> Condition:
    """What contains a place does not lie in it."""
    place = col(Place.id)
    unclear = [(places_perhaps_in(one), places_containing([one])) for one in ids]
    return certainly_not(
        _lies_in(ids),
        or_(*(place.in_(perhaps) & place.not_in(around) for perhaps, around in unclear)),
        criterion=parts_of(ids, OF_PLACES),
        unclear_criterion=AnyOf(tuple(AllOf((IsOneOf(perhaps), Not(IsOneOf(around)))) for perhaps, around in unclear)),
        of=Place,
    )


class PlaceFilters(Listing):
    """What lists of places take."""

    kind: Annotated[list[PlaceKind], one_of(col(Place.kind), in_list_order=True)] = Field(
        default_factory=list, description="What sort of place."
    )
    within: Annotated[PlaceIds, Where(_inside, exclusion=_outside)] = Field(
        default_factory=list, description="Inside this place, at any depth.", examples=[["iraq"]]
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
    has_location: Annotated[Flag | None, whether(_HAS_LOCATION, "has_location")] = Field(
        None, description="With, or without, a known point."
    )
    same_as: Annotated[
        ExternalIds, known_as(col(Place.id), col(PlaceSameAs.place_id), col(PlaceSameAs.external_id))
    ] = SAME_AS
    sort: Literal["name", "-name", "changed", "-changed", "id", "-id"] | None = Field(
        None, description="One key, `-` for descending, ties by id. Default: `name`."
    )


def _containers(filters: Any) -> Select[Any]:
    """Each place with all that contain it, without itself."""
    wholes = place_containers(stated_only=filters.place_basis == "stated")
    return pairs_of(wholes.c.part, wholes.c.whole).where(wholes.c.part != wholes.c.whole)


_BY_CONTAINER = ByContainers(OF_PLACES, links=(PLACE_PARENTS,), refined_by=("place_basis",))


def _row(document: Data) -> Row:
    return {
        "sort_name": fold(document["name"]),
        "names": beginnings_of_names(document["name"], document),
        "kind": document["kind"],
        **area_columns(document, document["coordinate"]),
    }


def _child_rows(document: Data) -> ChildRows:
    for parent in document["parents"]:
        yield PlaceParent, {"place_id": document["id"], "parent_id": parent["id"], "basis": parent["basis"]}
    yield from same_as_rows(PlaceSameAs, "place_id", document)


PLACES = RecordType(
    name="places",
    type="place",
    code=3,
    table=Place,
    children=((PlaceParent, "place_id"), (PlaceSameAs, "place_id")),
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
        "within": by_links(col(Place.id), _containers, "places", tally=_BY_CONTAINER),
        "grid": Grid((col(Place.latitude), col(Place.longitude))),
        "has_location": by_flag(_HAS_LOCATION),
        **by_article(Place, "place"),
    },
)
