"""What changed last, for feed readers."""

from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse

from app import newest
from app.database import NOTHING, ReleaseMark, Snapshot
from app.filters import FILTERS, ChangeFilters
from app.formats.atom import atom
from app.formats.feeds import Entry, Feed, tag_uri
from app.formats.jsonfeed import JsonFeed, json_feed
from app.links import link_field
from app.queries import RESOURCES
from app.routes.problems import problems
from app.routes.records import reader
from app.routes.representations import (
    FEEDS,
    MEDIA_TYPES,
    Items,
    alternates,
    filters,
    link,
    parameters,
    public_url,
    suffixes,
)

Newest = Callable[[Snapshot, Any, str], list[Entry]]
"""Makes entries from a snapshot, filters and the service's address."""


class AtomAnswer(Response):
    media_type = MEDIA_TYPES[".atom"]


class JsonFeedAnswer(JSONResponse):
    """What is written already; being JSON, its schema is documented."""

    media_type = MEDIA_TYPES[".feed.json"]

    def render(self, content: bytes) -> bytes:
        return content


_ABOUT = (
    "The newest changes, newest first, for feed readers. The filters of the list hold, and `limit` says how many "
    "entries there are; their ids are stable, and `{updated}` is when the release that made the change was loaded. "
    "The paging of lists (`sort`, `cursor`, `count`, `fields`, `include`) is not taken."
)
_WRITERS = {".atom": atom, ".feed.json": json_feed}
_ANSWERS = {".atom": AtomAnswer, ".feed.json": JsonFeedAnswer}
_CALLED = {".atom": "Atom", ".feed.json": "JSON Feed"}


def router() -> APIRouter:
    """`/v1/<list>.atom` and `/v1/<list>.feed.json`."""
    found = APIRouter(prefix="/v1")
    for suffix in FEEDS:
        for name, resource in RESOURCES.items():
            if suffix in suffixes(name):
                _add(found, name, suffix, FILTERS[name], partial(newest.records, resource), tag=name)
        _add(found, "changes", suffix, ChangeFilters, newest.changes, tag="releases")
    return found


def _add(found: APIRouter, name: str, suffix: str, model: type[BaseModel], entries: Newest, *, tag: str) -> None:
    async def handler(request: Request) -> Response:
        items, base = request.query_params.multi_items(), public_url(request)
        asked = filters(model, suffix, items)

        def work(snapshot: Snapshot) -> tuple[ReleaseMark, Feed]:
            return snapshot.release, _feed(name, suffix, items, base, entries(snapshot, asked, base))

        release, feed = await reader(request).read(work, slow=True)
        headers = {"Dateline-Release": str(release.number), **link_field(alternates(name, suffix, items))}
        made: Response = _ANSWERS[suffix](_WRITERS[suffix](feed), headers=headers)
        return made

    updated = "updated" if suffix == ".atom" else "date_modified"
    found.get(
        f"/{name}{suffix}",
        name=f"feed_{name}_{'atom' if suffix == '.atom' else 'json'}",
        summary=f"Follow {name} ({_CALLED[suffix]})",
        description=_ABOUT.format(updated=updated),
        tags=[tag],
        response_class=_ANSWERS[suffix],
        response_model=None if suffix == ".atom" else JsonFeed,
        responses=problems(400, 503),
        openapi_extra={"parameters": parameters(model, suffix)},
    )(handler)


def _feed(name: str, suffix: str, items: Items, base: str, entries: list[Entry]) -> Feed:
    path, page = link(name, suffix, items), link(name, "", items)
    updated = entries[0].updated if entries else NOTHING.loaded_at
    return Feed(tag_uri(base, path), f"Dateline: {name}", base + path, base + page, updated, entries)
