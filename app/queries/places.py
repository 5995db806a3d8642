"""Filter conditions of places."""

from sqlmodel import col

from app.queries.conditions import Condition, common_conditions, in_values, is_true, located, places_within
from app.queries.filters import PlaceFilters
from app.storage.models import Place


def places(filters: PlaceFilters) -> list[Condition]:
    """The conditions of a place list. `within` does not match the place itself."""
    found = [
        *common_conditions(Place, "place", filters),
        *in_values(col(Place.kind), filters.kind),
        *located(Place, filters.bbox, filters.near, filters.radius_km, filters.location_match),
        *is_true(col(Place.latitude).is_not(None), filters.has_location),
    ]
    if filters.within:
        inside = places_within(filters.within, filters.place_basis)
        found.append(Condition(col(Place.id).in_(inside) & col(Place.id).not_in(filters.within)))
    return found
