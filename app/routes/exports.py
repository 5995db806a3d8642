"""Everything that matches as one file, written while it is read."""

import asyncio
from collections.abc import Iterator
from itertools import chain
from typing import Any

from fastapi import APIRouter, Response
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from app import pages
from app.database import Snapshot
from app.filters import FILTERS, Listing
from app.formats import Batches, columns, csv, geojson, ndjson
from app.links import link_field
from app.middleware import gone
from app.queries import RESOURCES, Page, Resource
from app.reader import Stream
from app.routes.problems import problems
from app.routes.records import reader
from app.routes.representations import EXPORTS, MEDIA_TYPES, alternates, filters, parameters, public_url, suffixes

PATIENCE = 60.0
"""Seconds that a client may take nothing for before the transfer is broken off."""

LONGEST = 3600.0
"""Seconds that a transfer may take in all: few can run at a time, and each holds its snapshot for as long."""

_WHOLE = (
    "Everything that matches, in the order of the JSON list and from one release, written while it is read. The list's "
    "filters and `sort` hold; what pages and shapes a list (`limit`, `cursor`, `count`, `fields`, `include`) is not "
    "taken. A transfer that breaks off is not complete: a complete one ends as HTTP says."
)
_ABOUT = {
    ".csv": (
        "RFC 4180, UTF-8 with a byte order mark (Excel needs it; in Python: `utf-8-sig`). Null is empty. Lists are "
        "joined by `|`; inside a value a `|` or a backslash has a backslash before it. A text that a spreadsheet would "
        "run as a formula, because it begins with `=`, `+`, `-`, `@`, a tab or a carriage return (also after "
        "apostrophes), has one apostrophe before it. Numbers are as they are."
    ),
    ".ndjson": "One record a line, exactly as in the JSON list.",
    ".geojson": (
        "RFC 7946. A record without a known point has the geometry null; `without_geometry` at the end of the "
        "collection counts them. Properties are flat; lists are joined by `|`, as in CSV."
    ),
}


def router() -> APIRouter:
    """`/v1/<resource>.csv` and `.ndjson` for every resource, `.geojson` for those that have points."""
    found = APIRouter(prefix="/v1")
    for name, resource in RESOURCES.items():
        for suffix in suffixes(name):
            if suffix in EXPORTS:
                _add(found, name, resource, suffix)
    return found


def _add(found: APIRouter, name: str, resource: Resource, suffix: str) -> None:
    model, media_type = FILTERS[name], MEDIA_TYPES[suffix]
    table = "" if suffix == ".ndjson" else f"\n\n{columns.table(name)}"

    async def handler(request: Request) -> Response:
        items, base = request.query_params.multi_items(), public_url(request)
        asked = filters(model, suffix, items)

        def work(snapshot: Snapshot) -> Iterator[bytes]:
            whole = _documents(snapshot, resource, asked)
            batches = chain.from_iterable(snapshot.batches(page.statement, **page.values) for page in whole)
            return _chunks(suffix, name, batches, base, snapshot.release.number)

        stream = await reader(request).stream(work)
        number = stream.release.number
        headers = {
            "Content-Disposition": f'attachment; filename="dateline-{name}-r{number}{suffix}"',
            "Dateline-Release": str(number),
            **link_field(alternates(name, suffix, items)),
        }
        if stream.whole is not None:
            await stream.close()
            return Response(stream.whole, headers=headers, media_type=media_type)
        return Transfer(stream, media_type, headers)

    found.get(
        f"/{name}{suffix}",
        name=f"export_{name}_{suffix[1:]}",
        summary=f"Download {name} as {suffix[1:].upper()}",
        description=f"{_WHOLE}\n\n{_ABOUT[suffix]}{table}",
        tags=[name],
        response_class=Response,
        responses={
            200: {"description": "The file.", "content": {media_type: {"schema": _schema(name, suffix)}}},
            **problems(400, 503),
        },
        openapi_extra={"parameters": parameters(model, suffix)},
    )(handler)


def _documents(snapshot: Snapshot, resource: Resource, asked: Listing) -> Iterator[Page]:
    """The documents of a whole list."""
    order = pages.ordering(snapshot, resource, asked)
    conditions = pages.narrowed(snapshot, resource, pages.resolved(snapshot, asked), order)
    return resource.ordered(conditions, order)


def _chunks(suffix: str, name: str, batches: Batches, base: str, release: int) -> Iterator[bytes]:
    if suffix == ".csv":
        return csv.chunks(name, batches, base)
    return ndjson.chunks(batches) if suffix == ".ndjson" else geojson.chunks(name, batches, base, release)


def _schema(name: str, suffix: str) -> dict[str, Any]:
    return geojson.schema(name) if suffix == ".geojson" else {"type": "string"}


class Transfer(Response):
    """Sends a stream chunk by chunk, and gives its snapshot back however that ends.

    An error on the way is raised, so that the server breaks the connection. A client that has gone away is sent
    nothing more.
    """

    def __init__(
        self,
        stream: Stream,
        media_type: str,
        headers: dict[str, str],
        *,
        patience: float = PATIENCE,
        longest: float = LONGEST,
    ) -> None:
        super().__init__(headers=headers, media_type=media_type)
        del self.headers["Content-Length"]
        self.stream = stream
        self.patience = patience
        self.longest = longest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        left = asyncio.ensure_future(gone(receive))
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async with asyncio.timeout(self.longest):
                async for chunk in self.stream.chunks():
                    if left.done():
                        return
                    async with asyncio.timeout(self.patience):
                        await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            left.cancel()
            await self.stream.close()
