"""What changed last, as the entries of feeds."""

from sqlmodel import col

from app import log, pages
from app.database import Snapshot
from app.filters import ChangeFilters, Listing
from app.formats import feeds
from app.formats.feeds import Entry
from app.models import Change, Release
from app.queries import Resource
from app.queries import changes as queries


def records(resource: Resource, snapshot: Snapshot, filters: Listing, base: str) -> list[Entry]:
    """The matching records that changed last, as `sort=-changed` lists them."""
    conditions = resource.conditions(pages.resolved(snapshot, filters))
    statement = (
        resource.ordered(
            conditions, resource.by("changed", descending=True), resource.table.document, col(Release.loaded_at)
        )
        .join(Release, col(Release.number) == resource.table.changed_in)
        .limit(filters.limit)
    )
    return [feeds.record(resource.name, text, updated, base) for text, updated in snapshot.rows(statement)]


def changes(snapshot: Snapshot, filters: ChangeFilters, base: str) -> list[Entry]:
    """The end of the log, backwards."""
    place = (col(Change.release), col(Change.type), col(Change.id))
    statement = queries.log(log.later(snapshot, filters)).order_by(None)
    rows = snapshot.rows(statement.order_by(*(column.desc() for column in place)).limit(filters.limit))
    return [feeds.change(log.entry(row), base) for row in rows]
