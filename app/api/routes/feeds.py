"""Feeds of lists and of the changelog, in every format of `FEED_FORMATS`."""

from collections.abc import Callable
from functools import partial

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse

from app.api import pages
from app.api.answers import feed_entries
from app.api.answers.feed_entries import FeedEntries
from app.api.links import address, link_field
from app.api.parameters.parsing import refuse_release
from app.api.routes.problems import problems
from app.api.routes.records import reader
from app.api.routes.representations import (
    Items,
    alternates,
    filters,
    link,
    link_values,
    parameters,
    public_url,
)
from app.exports.formats.feed_formats import FEED_FORMATS
from app.exports.formats.feeds import FEED_LISTS, Feed, FeedFormat, tag_uri
from app.queries.filters import CorrectionFilters, StepFilters
from app.records import RECORD_TYPES
from app.storage.release_info import NO_RELEASE

Entries = Callable[..., FeedEntries]
"""Returns a page of entries for a snapshot, `filters` and the `base` URL."""


class _SerializedJson(JSONResponse):
    """A serialized JSON feed. The class tells FastAPI that the response is JSON, so that its schema is documented."""

    def render(self, content: bytes) -> bytes:
        """Returns the content, which is serialized already."""
        return content


_DESCRIPTION = (
    "The newest changes, newest first, for feed readers. The filters of the list hold, and `limit` says how many "
    "entries a page has; {next} leads to the next one, until the last entry. Ids are stable, and `{updated}` is when "
    "the release that made the change was loaded. A feed of records also ends entries: {removed} name those whose "
    "record was removed, of the whole list, because what was removed matches no filter any more. Entries lead to the "
    "page of a record where there is one. What else shapes lists (`sort`, `count`, `fields`, `include`, `lang`) is not "
    "taken."
)


def router() -> APIRouter:
    """`/v1/<list><suffix>` for every feed format."""
    routes = APIRouter(prefix="/v1")
    for feed_format in FEED_FORMATS.values():
        for name, resource in RECORD_TYPES.items():
            if name in FEED_LISTS:
                _add(routes, name, feed_format, resource.filters, partial(feed_entries.records, resource), tag=name)
        _add(routes, "changes", feed_format, StepFilters, feed_entries.changes, tag="releases")
        _add(routes, "corrections", feed_format, CorrectionFilters, feed_entries.corrections, tag="releases")
    return routes


def _add(
    routes: APIRouter, name: str, feed_format: FeedFormat, model: type[BaseModel], entries: Entries, *, tag: str
) -> None:
    suffix, media_type = feed_format.suffix, feed_format.media_type
    base_class = _SerializedJson if feed_format.model else Response
    response_class: type[Response] = type("FeedResponse", (base_class,), {"media_type": media_type})

    async def handler(request: Request) -> Response:
        items, base = request.query_params.multi_items(), public_url(request)
        parsed_filters = await filters(request, model, suffix, items)
        page = await reader(request).read(partial(entries, filters=parsed_filters, base=base))
        feed = _feed(f"/v1/{name}{suffix}", suffix, items, base, page)
        following = [] if feed.next is None else [f'<{feed.next.removeprefix(base)}>; rel="next"']
        headers = {
            "Dateline-Release": str(page.release.number),
            **link_field([*following, *link_values(alternates(name, suffix, items))]),
        }
        return response_class(feed_format.write(feed), headers=headers)

    routes.get(
        f"/{name}{suffix}",
        name=f"feed_{name}_{suffix.rpartition('.')[2]}",
        summary=f"Follow {name} ({feed_format.title})",
        description=_DESCRIPTION.format(
            next=feed_format.next, updated=feed_format.updated, removed=feed_format.removed
        ),
        tags=[tag],
        response_class=response_class,
        response_model=feed_format.model,
        responses=problems(400, *([410] if name in RECORD_TYPES else []), 503),
        dependencies=[] if name in RECORD_TYPES else [Depends(refuse_release)],
        openapi_extra={"parameters": parameters(model, suffix)},
    )(handler)


def _feed(path: str, suffix: str, items: Items, base: str, page: FeedEntries) -> Feed:
    """Returns a page of a feed. Every page has the same id (RFC 5005)."""
    name = path.removeprefix("/v1/").removesuffix(suffix)
    first, same = link(name, suffix, items), pages.RequestUrl(path, items)
    following = None if page.next is None else base + same.link(cursor=page.next)
    front = address("/", (item for item in items if item[0] not in ("cursor", "limit")))
    times = [*(entry.updated for entry in page.entries), *(one.at for one in page.removals)]
    return Feed(
        id=tag_uri(base, first),
        title=f"Dateline: {name}",
        url=base + same.link(),
        first=base + first,
        next=following,
        page=base + front if name in RECORD_TYPES and RECORD_TYPES[name].has_page else None,
        list=base + link(name, "", items),
        updated=max(times, default=NO_RELEASE.loaded_at),
        entries=page.entries,
        removals=page.removals,
    )
