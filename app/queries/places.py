"""Which places match."""

from sqlmodel import col

from app.queries.conditions import Condition, flag, located, one_of, places_inside, shared
from app.queries.filters import PlaceFilters
from app.storage.models import Place


def places(filters: PlaceFilters) -> list[Condition]:
    """The conditions of a place list. `within` does not match the place itself."""
    found = [
        *shared(Place, "place", filters),
        *one_of(col(Place.kind), filters.kind),
        *located(Place, filters.bbox, filters.near, filters.radius_km, filters.location_match),
        *flag(col(Place.latitude).is_not(None), filters.has_location),
    ]
    if filters.within:
        inside = places_inside(filters.within, filters.place_basis)
        found.append(Condition(col(Place.id).in_(inside) & col(Place.id).not_in(filters.within)))
    return found
