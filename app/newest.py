"""What changed last, as the entries of feeds."""

from sqlalchemy import select
from sqlmodel import col

from app import log, pages
from app.counting import narrowed
from app.database import Snapshot
from app.filters import ChangeFilters, Listing
from app.formats import feeds
from app.formats.feeds import Entry
from app.models import Change, Release
from app.queries import Resource
from app.queries import changes as queries


def records(resource: Resource, snapshot: Snapshot, filters: Listing, base: str) -> list[Entry]:
    """The matching records that changed last, as `sort=-changed` lists them."""
    order = resource.by("changed", descending=True)
    conditions = narrowed(snapshot, resource, pages.resolved(snapshot, filters), order)
    found = pages.page(snapshot, resource.ordered(conditions, order, limit=filters.limit), filters.limit)
    numbers = {release for _, release, _ in found}
    when = select(col(Release.number), col(Release.loaded_at)).where(col(Release.number).in_(numbers))
    loaded_at = {number: at for number, at in snapshot.rows(when)}
    return [feeds.record(resource.name, text, loaded_at[release], base) for text, release, _ in found]


def changes(snapshot: Snapshot, filters: ChangeFilters, base: str) -> list[Entry]:
    """The end of the log, backwards."""
    place = (col(Change.release), col(Change.type), col(Change.id))
    statement = queries.log(log.later(snapshot, filters)).order_by(None)
    rows = snapshot.rows(statement.order_by(*(column.desc() for column in place)).limit(filters.limit))
    return [feeds.change(log.entry(row), base) for row in rows]
