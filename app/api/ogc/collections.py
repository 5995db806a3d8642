"""The OGC collections, and the queries for their features and extents."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy import func, or_, select
from sqlmodel import col

from app.api.ogc.features import feature
from app.api.ogc.parameters import CRS84, IncidentItems, Items, PagePosition, PlaceItems, with_bbox_crs
from app.api.pages import MAX_EXACT_COUNT, RequestUrl, find_document
from app.problems import NoSuchPath
from app.queries.conditions import Condition
from app.queries.filters import Listing
from app.queries.plan import PlannedList
from app.queries.record_type import RecordType
from app.queries.values import LocationMatch
from app.records import RECORD_TYPES
from app.records.incidents import INCIDENTS, IncidentFilters
from app.records.places import PLACES, PlaceFilters
from app.storage.database import Snapshot
from app.storage.models import Incident

_BY_POINT: LocationMatch = "point"
"""By the standard, `bbox` applies to a feature's geometry, here a point without its radius."""


def _incidents(parameters: Items) -> Listing:
    assert isinstance(parameters, IncidentItems)
    return IncidentFilters(
        kind=[parameters.kind] if parameters.kind else [],
        granularity=[parameters.granularity] if parameters.granularity else [],
        datetime=parameters.days,
        bbox=parameters.bbox,
        location_match=_BY_POINT if parameters.bbox else None,
    )


def _places(parameters: Items) -> Listing:
    """Ignores `datetime`: places have no date, so every `datetime` matches them."""
    assert isinstance(parameters, PlaceItems)
    return PlaceFilters(
        kind=[parameters.kind] if parameters.kind else [],
        bbox=parameters.bbox,
        location_match=_BY_POINT if parameters.bbox else None,
    )


@dataclass(frozen=True)
class Collection:
    """A collection of features: a resource, its query parameters, and their translation to the resource's filters."""

    name: str
    title: str
    description: str
    parameters: type[Items]
    filters: Callable[[Items], Listing]

    @property
    def resource(self) -> RecordType:
        """The type of the records that are its features."""
        return RECORD_TYPES[self.name]


COLLECTIONS = {
    collection.name: collection
    for collection in (
        Collection(
            INCIDENTS.name,
            "Incidents",
            "What happened, at the point that stands for it on a map; many have none.",
            with_bbox_crs(IncidentItems),
            _incidents,
        ),
        Collection(
            PLACES.name,
            "Places",
            "Where it happened; places without a known point have none.",
            with_bbox_crs(PlaceItems),
            _places,
        ),
    )
}


def find_collection(name: str) -> Collection:
    """Returns a collection by its name. Raises NoSuchPath."""
    if name not in COLLECTIONS:
        raise NoSuchPath(f"There is no such collection. There are: {', '.join(COLLECTIONS)}.")
    return COLLECTIONS[name]


@dataclass(frozen=True)
class Features:
    """A page of features. `matched` is None if counting would take long, `last` is None on the last page."""

    features: list[dict[str, Any]]
    matched: int | None
    last: PagePosition | None
    release: int


def find(snapshot: Snapshot, parameters: Items, collection: Collection, base: str) -> Features:
    """Returns one page of the matching features."""
    conditions = [_or_unknown(one) for one in collection.resource.conditions(collection.filters(parameters))]
    rows = list(islice(_ordered(snapshot, collection.resource, conditions, parameters), parameters.limit + 1))
    more, rows = len(rows) > parameters.limit, rows[: parameters.limit]
    return Features(
        features=[feature(collection.name, json.loads(document), base) for _, document in rows],
        matched=_matched(snapshot, collection.resource, conditions),
        last=rows[-1][0] if more else None,
        release=snapshot.release.number,
    )


def _ordered(
    snapshot: Snapshot, resource: RecordType, conditions: list[Condition], parameters: Items
) -> Iterator[tuple[PagePosition, str]]:
    """Yields documents with their positions, by id, those with a point first: QGIS determines the geometry type from
    the first page alone."""
    located = resource.table.latitude.is_not(None)
    for has_point, clause in ((True, located), (False, ~located)):
        if parameters.after and has_point and not parameters.after.located:
            continue
        after = (None, parameters.after.id) if parameters.after and parameters.after.located is has_point else None
        planned = PlannedList(snapshot, resource, resource.by("id"), [*conditions, Condition(clause)])
        for document, _, id_ in planned.rows(parameters.limit + 1, after):
            yield PagePosition(has_point, id_), document


def get(
    snapshot: Snapshot, id_: str, collection: Collection, base: str, request: RequestUrl
) -> tuple[dict[str, Any], int]:
    """Returns one feature and its release. Raises NotFound, Gone and Merged, as for the record itself."""
    document = find_document(snapshot, collection.resource, id_, request)
    return feature(collection.name, json.loads(document), base), snapshot.release.number


def _or_unknown(condition: Condition) -> Condition:
    """Returns a condition that is also true for records that it cannot judge, by the standard's rule."""
    return condition if condition.unknown is None else Condition(or_(condition.clause, condition.unknown))


def _matched(snapshot: Snapshot, resource: RecordType, conditions: list[Condition]) -> int | None:
    total = snapshot.release.counts.get(resource.name, 0)
    if not conditions:
        return total
    return int(snapshot.value(resource.count(conditions))) if total <= MAX_EXACT_COUNT else None


def extent(snapshot: Snapshot, collection: Collection) -> dict[str, Any]:
    """Returns the known spatial and temporal extent of the features."""
    table = collection.resource.table
    edges = select(func.min(table.west), func.min(table.south), func.max(table.east), func.max(table.north))
    west, south, east, north = snapshot.rows(edges)[0]
    extents: dict[str, Any] = {}
    if west is not None:
        box = [max(west, -180.0), south, min(east, 180.0), north]
        extents["spatial"] = {"bbox": [box], "crs": CRS84}
    if table is Incident:
        first = snapshot.value(select(func.min(col(Incident.earliest))))
        last = snapshot.value(select(func.max(col(Incident.latest))))
        if first is not None:
            start = None if first == date.min.isoformat() else f"{first}T00:00:00Z"
            extents["temporal"] = {"interval": [[start, f"{last}T23:59:59Z"]]}
    return extents
