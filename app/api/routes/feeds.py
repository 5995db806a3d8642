"""Atom and JSON feeds of lists and of the changelog."""

from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse

from app.api import feed_entries, pages
from app.api.feed_entries import FeedEntries
from app.api.links import address, link_field
from app.api.routes.problems import problems
from app.api.routes.records import reader
from app.api.routes.representations import (
    ATOM,
    FEEDS,
    JSON_FEED,
    Items,
    Representation,
    alternates,
    filters,
    link,
    link_values,
    parameters,
    public_url,
    suffixes,
)
from app.exports.formats.atom import atom
from app.exports.formats.feeds import Feed, tag_uri
from app.exports.formats.jsonfeed import JsonFeed, json_feed
from app.queries.filters import FILTERS, ChangeFilters
from app.records import RECORD_TYPES
from app.storage.database import NO_RELEASE, ReleaseInfo, Snapshot

Entries = Callable[[Snapshot, Any, str], FeedEntries]
"""Returns a page of entries for a snapshot, filters and the base URL."""


class AtomResponse(Response):
    """An Atom feed. The class tells FastAPI the media type, so that it is documented."""

    media_type = ATOM.media_type


class JsonFeedResponse(JSONResponse):
    """A serialized JSON feed. The class tells FastAPI that the response is JSON, so that its schema is documented."""

    media_type = JSON_FEED.media_type

    def render(self, content: bytes) -> bytes:
        """Returns the content, which is serialized already."""
        return content


_DESCRIPTION = (
    "The newest changes, newest first, for feed readers. The filters of the list hold, and `limit` says how many "
    "entries a page has; {next} leads to the next one, until the last entry. Ids are stable, and `{updated}` is when "
    "the release that made the change was loaded. A feed of records also ends entries: {removed} name those whose "
    "record was removed, of the whole list, because what was removed matches no filter any more. Entries lead to the "
    "page of a record where there is one. What else shapes lists (`sort`, `count`, `fields`, `include`) is not taken."
)
_WRITERS = {".atom": atom, ".feed.json": json_feed}
_RESPONSES = {".atom": AtomResponse, ".feed.json": JsonFeedResponse}


def router() -> APIRouter:
    """`/v1/<list>.atom` and `/v1/<list>.feed.json`."""
    found = APIRouter(prefix="/v1")
    for feed in FEEDS:
        for name, resource in RECORD_TYPES.items():
            if feed.suffix in suffixes(name):
                _add(found, name, feed, FILTERS[name], partial(feed_entries.records, resource), tag=name)
        _add(found, "changes", feed, ChangeFilters, feed_entries.changes, tag="releases")
    return found


def _add(
    found: APIRouter, name: str, representation: Representation, model: type[BaseModel], entries: Entries, *, tag: str
) -> None:
    suffix = representation.suffix

    async def handler(request: Request) -> Response:
        items, base = request.query_params.multi_items(), public_url(request)
        parsed_filters = filters(model, suffix, items)

        def work(snapshot: Snapshot) -> tuple[ReleaseInfo, Feed]:
            found = entries(snapshot, parsed_filters, base)
            return snapshot.release, _feed(f"/v1/{name}{suffix}", suffix, items, base, found)

        release, feed = await reader(request).read(work, slow=True)
        following = [] if feed.next is None else [f'<{feed.next.removeprefix(base)}>; rel="next"']
        headers = {
            "Dateline-Release": str(release.number),
            **link_field([*following, *link_values(alternates(name, suffix, items))]),
        }
        response: Response = _RESPONSES[suffix](_WRITERS[suffix](feed), headers=headers)
        return response

    words = {
        ".atom": {"next": '`rel="next"` (RFC 5005)', "updated": "updated", "removed": "`at:deleted-entry` (RFC 6721)"},
        ".feed.json": {"next": "`next_url`", "updated": "date_modified", "removed": "its `_removed`"},
    }
    found.get(
        f"/{name}{suffix}",
        name=f"feed_{name}_{'atom' if suffix == '.atom' else 'json'}",
        summary=f"Follow {name} ({representation.title})",
        description=_DESCRIPTION.format(**words[suffix]),
        tags=[tag],
        response_class=_RESPONSES[suffix],
        response_model=None if suffix == ".atom" else JsonFeed,
        responses=problems(400, 503),
        openapi_extra={"parameters": parameters(model, suffix)},
    )(handler)


def _feed(path: str, suffix: str, items: Items, base: str, found: FeedEntries) -> Feed:
    """Returns a page of a feed. Every page has the same id (RFC 5005)."""
    name = path.removeprefix("/v1/").removesuffix(suffix)
    first, same = link(name, suffix, items), pages.RequestUrl(path, items)
    following = None if found.next is None else base + same.link(cursor=found.next)
    front = address("/", (item for item in items if item[0] not in ("cursor", "limit")))
    times = [*(entry.updated for entry in found.entries), *(one.at for one in found.removals)]
    return Feed(
        id=tag_uri(base, first),
        title=f"Dateline: {name}",
        url=base + same.link(),
        first=base + first,
        next=following,
        page=base + front if name == "incidents" else None,
        list=base + link(name, "", items),
        updated=max(times, default=NO_RELEASE.loaded_at),
        entries=found.entries,
        removals=found.removals,
    )
