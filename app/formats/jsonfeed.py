"""JSON Feed 1.1."""

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from app.formats.feeds import Entry, Feed

VERSION = "https://jsonfeed.org/version/1.1"


class Spot(BaseModel):
    """Where it happened; WGS 84."""

    latitude: float
    longitude: float


class Item(BaseModel):
    """One record or one change."""

    model_config = ConfigDict(title="JsonFeedItem", populate_by_name=True)

    id: str = Field(description="A stable `tag:` URI.")
    url: str = Field(description="The record.")
    title: str
    content_text: str
    date_modified: str = Field(description="When the release that changed it was loaded.")
    tags: list[str]
    geo: Spot | SkipJsonSchema[None] = Field(default=None, alias="_geo", description="Only where a point is known.")


class JsonFeed(BaseModel):
    """A feed as jsonfeed.org describes it, newest change first."""

    version: str
    title: str
    home_page_url: str = Field(description="The same records as JSON.")
    feed_url: str = Field(description="The feed's own address.")
    items: list[Item]


def json_feed(feed: Feed) -> bytes:
    """The feed as JSON."""
    made = JsonFeed(
        version=VERSION,
        title=feed.title,
        home_page_url=feed.page,
        feed_url=feed.url,
        items=[_item(entry) for entry in feed.entries],
    )
    return made.model_dump_json(by_alias=True, exclude_none=True).encode()


def _item(entry: Entry) -> Item:
    return Item(
        id=entry.id,
        url=entry.url,
        title=entry.title,
        content_text=entry.text,
        date_modified=entry.updated,
        tags=list(entry.tags),
        geo=None if entry.point is None else Spot(latitude=entry.point[0], longitude=entry.point[1]),
    )
