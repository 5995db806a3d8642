"""The OGC collections, and the queries for their features and extents."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson
from sqlalchemy import func, select
from sqlmodel import col

from app.api.answers.lists import MAX_EXACT_COUNT
from app.api.ogc.features import feature
from app.api.ogc.parameters import CRS84, IncidentItems, Items, PagePosition, PlaceItems, named_by_the_standard
from app.api.pages import RequestUrl, find_document
from app.api.parameters.record_ids import resolve_ids
from app.model.geography import narrowest_band
from app.problems import NoSuchPath
from app.queries.conditions import Condition, or_not_judged
from app.queries.counting import find_records
from app.queries.plan import PlannedList
from app.queries.record_type import RecordType
from app.queries.values import LocationMatch
from app.records import RECORD_TYPES
from app.records.incidents import INCIDENTS
from app.records.places import PLACES
from app.storage.models import Incident
from app.storage.read_kinds import ReadKind, reads
from app.storage.snapshot import Snapshot

_BY_POINT: LocationMatch = "point"
"""By the standard, `bbox` applies to a feature's geometry, here a point without its radius."""


def _chosen(parameters: Items) -> dict[str, Any]:
    """Returns the filters of a resource that parameters stand for. `datetime` is not among them: places have no date,
    so every `datetime` matches them."""
    own = parameters.model_fields_set - Items.model_fields.keys() - {"bbox-crs"}
    values = {name: getattr(parameters, name) for name in own}
    return {
        **{name: value if name == "any_harm" else [value] for name, value in values.items()},
        "id": list(parameters.id),
        "bbox": parameters.bbox,
        "location_match": _BY_POINT if parameters.bbox else None,
    }


def _incidents(parameters: Items) -> dict[str, Any]:
    return {**_chosen(parameters), "datetime": parameters.days}


@dataclass(frozen=True)
class Collection:
    """A collection of features: a resource, its query parameters, their translation to the resource's filters, and
    whether there are tiles of it."""

    name: str
    title: str
    description: str
    parameters: type[Items]
    filters: Callable[[Items], dict[str, Any]]
    has_tiles: bool = False

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
            named_by_the_standard(IncidentItems),
            _incidents,
            has_tiles=True,
        ),
        Collection(
            PLACES.name,
            "Places",
            "Where it happened; places without a known point have none.",
            named_by_the_standard(PlaceItems),
            _chosen,
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
    """A page of features. `matched` is None for a filtered page of more than 10,000 records in an earlier
    release, `last` is None on the last page."""

    features: list[dict[str, Any]]
    matched: int | None
    last: PagePosition | None
    release: int


@reads(ReadKind.COUNT)
def find(snapshot: Snapshot, parameters: Items, collection: Collection, base: str) -> Features:
    """Returns one page of the matching features."""
    asked = collection.filters(parameters)
    model = collection.resource.filters
    filters = resolve_ids(snapshot, model.model_validate(asked, context=snapshot.codebook))
    conditions = [_or_unknown(one) for one in collection.resource.conditions(filters)]
    rows = list(islice(_ordered(snapshot, collection.resource, conditions, parameters), parameters.limit + 1))
    more, rows = len(rows) > parameters.limit, rows[: parameters.limit]
    return Features(
        features=[feature(collection.name, orjson.loads(document), base, snapshot.codebook) for _, document in rows],
        matched=_matched(snapshot, collection.resource, conditions),
        last=rows[-1][0] if more else None,
        release=snapshot.release.number,
    )


def _ordered(
    snapshot: Snapshot, resource: RecordType, conditions: list[Condition], parameters: Items
) -> Iterator[tuple[PagePosition, bytes]]:
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
    return feature(collection.name, orjson.loads(document), base, snapshot.codebook), snapshot.release.number


def _or_unknown(condition: Condition) -> Condition:
    """Returns a condition on place or time that is also true for records without one, by the standard's rule."""
    if condition.unknown is None or condition.axis not in ("location", "date"):
        return condition
    return or_not_judged(condition)


def _matched(snapshot: Snapshot, resource: RecordType, conditions: list[Condition]) -> int | None:
    total = snapshot.release.counts.get(resource.name, 0)
    if not conditions:
        return total
    if snapshot.archive is not None:
        return find_records(snapshot, resource, conditions).matched
    return int(snapshot.value(resource.count(conditions))) if total <= MAX_EXACT_COUNT else None


@reads(ReadKind.COUNT)
def extents(snapshot: Snapshot, collections: Iterable[Collection]) -> tuple[dict[str, Any], int]:
    """Returns the known spatial and temporal extents of the features of collections, by name, and their release."""
    return {one.name: _extent(snapshot, one) for one in collections}, snapshot.release.number


def _extent(snapshot: Snapshot, collection: Collection) -> dict[str, Any]:
    table = collection.resource.table
    west, south = func.min(table.west), func.min(table.south)
    east, north = func.max(table.east), func.max(table.north)
    by_degree = select(west, south, east, north).where(table.west.is_not(None)).group_by(func.floor(table.longitude))
    extents: dict[str, Any] = {}
    if boxes := snapshot.rows(by_degree):
        western, eastern = narrowest_band((one[0], one[2]) for one in boxes)
        box = [western, min(one[1] for one in boxes), eastern, max(one[3] for one in boxes)]
        extents["spatial"] = {"bbox": [box], "crs": CRS84}
    if table is Incident:
        first, last = _stated_days(snapshot, func.min, min), _stated_days(snapshot, func.max, max)
        if first is not None:
            extents["temporal"] = {"interval": [[f"{first}T00:00:00Z", f"{last}T23:59:59Z"]]}
    return extents


def _stated_days(snapshot: Snapshot, of_records: Any, of_ends: Callable[..., str | None]) -> str | None:
    """Returns the first or last of the days that dates are bounded by; nothing that is assumed."""
    ends = ((col(Incident.earliest), col(Incident.open_start)), (col(Incident.latest), col(Incident.open_end)))
    days = [snapshot.value(select(of_records(day)).where(is_open.is_(False))) for day, is_open in ends]
    return of_ends((day for day in days if day), default=None)
