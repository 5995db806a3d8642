"""JSON Feed 1.1."""

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from app.exports.formats.feeds import Entry, Feed, FeedFormat

VERSION = "https://jsonfeed.org/version/1.1"
TOMBSTONES = "https://www.rfc-editor.org/rfc/rfc6721"


class Spot(BaseModel):
    """Where it happened; WGS 84."""

    latitude: float
    longitude: float


class Attachment(BaseModel):
    """The same for programs."""

    url: str
    mime_type: str


class Item(BaseModel):
    """One record or one change."""

    model_config = ConfigDict(title="JsonFeedItem", populate_by_name=True)

    id: str = Field(description="A stable `tag:` URI.")
    url: str = Field(description="The page of the record, or, where there is none, its JSON.")
    title: str
    content_text: str
    date_modified: str = Field(description="When the release that changed it was loaded.")
    tags: list[str]
    attachments: list[Attachment] | SkipJsonSchema[None] = Field(
        default=None, description="The record as JSON, where `url` is a page."
    )
    geo: Spot | SkipJsonSchema[None] = Field(default=None, alias="_geo", description="Only where a point is known.")


class Removed(BaseModel):
    """The end of an item, as RFC 6721 has it for Atom."""

    id: str = Field(description="The item's id.")
    when: str = Field(description="When the release that removed the record was loaded.")
    comment: str = Field(description="Why it was removed.")


class Removals(BaseModel):
    """The ends of items: what extends a feed has to be an object."""

    about: str = Field(description="The standard whose words these are.")
    items: list[Removed]


class JsonFeed(BaseModel):
    """A feed as jsonfeed.org describes it, newest change first."""

    model_config = ConfigDict(populate_by_name=True)

    version: str
    title: str
    home_page_url: str = Field(description="The same records on a page, or, where there is none, as JSON.")
    feed_url: str = Field(description="The feed's own address.")
    next_url: str | SkipJsonSchema[None] = Field(default=None, description="The next page; absent on the last one.")
    items: list[Item]
    removed: Removals | SkipJsonSchema[None] = Field(
        default=None, alias="_removed", description="Items that are no more, where some were removed."
    )


def json_feed(feed: Feed) -> bytes:
    """The feed as JSON."""
    removed = [Removed(id=one.id, when=one.at, comment=one.reason) for one in feed.removals]
    result = JsonFeed(
        version=VERSION,
        title=feed.title,
        home_page_url=feed.page or feed.list,
        feed_url=feed.url,
        next_url=feed.next,
        items=[_item(entry) for entry in feed.entries],
        removed=Removals(about=TOMBSTONES, items=removed) if removed else None,
    )
    return result.model_dump_json(by_alias=True, exclude_none=True).encode()


def _item(entry: Entry) -> Item:
    return Item(
        id=entry.id,
        url=entry.page or entry.record,
        attachments=[Attachment(url=entry.record, mime_type="application/json")] if entry.page else None,
        title=entry.title,
        content_text=entry.text,
        date_modified=entry.updated,
        tags=list(entry.tags),
        geo=None if entry.point is None else Spot(latitude=entry.point[0], longitude=entry.point[1]),
    )


FORMAT = FeedFormat(
    ".feed.json",
    "application/feed+json",
    "JSON Feed",
    json_feed,
    next="`next_url`",
    updated="date_modified",
    removed="its `_removed`",
    model=JsonFeed,
)
