"""`Accept-Datetime` (RFC 7089) as ASGI middleware: what takes `release` is also answered as it was at a point of time.

The address itself is the time gate: it answers with the newest release that had been loaded then, and
`Content-Location` names the address of that release, which every link in the answer keeps to.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from typing import Any

from fastapi.routing import APIRoute
from sqlalchemy import func, select
from sqlmodel import col
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.links import MAX_LINK_BYTES, address
from app.api.routes.problems import on_problem
from app.problems import BadParameter, NotFound, Problem, types
from app.queries.values import RELEASE
from app.server.preconditions import parse_http_date
from app.server.prepared_response import Fields, add_vary
from app.server.request_context import RequestContext
from app.storage.models import Release
from app.storage.snapshot import Snapshot

FIELD = "Accept-Datetime"


class DatetimeMiddleware:
    """Reads the release of a time where a request has `Accept-Datetime` and no `release`, and says of which time an
    answer is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._dated: list[APIRoute] | None = None
        self._taking: dict[int, bool] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request."""
        wanted, is_open = RequestContext.of(scope).preferences(scope).datetime, not _names_release(scope)
        if wanted is not None and is_open and self._is_dated(scope):
            request = Request(scope)
            try:
                found = await _release_at(request, wanted)
            except Problem as problem:
                await (await on_problem(request, problem))(scope, receive, send)
                return
            if found is not None:
                # In place: the layers around this one make validators of the address of the release.
                items = [*request.query_params.multi_items(), (RELEASE, str(found))]
                scope["query_string"] = address("", items).removeprefix("?").encode()

        async def send_dated(message: Message) -> None:
            if (
                message["type"] == "http.response.start"
                and message["status"] in (200, 206)
                and self._takes_release(scope.get("route"))
            ):
                if is_open:
                    add_vary(message["headers"], FIELD.encode())
                _say(scope, message["headers"], is_dated=wanted is not None and is_open)
            await send(message)

        await self.app(scope, receive, send_dated)

    def _takes_release(self, route: Any) -> bool:
        """Whether the operation of a route, which lives as long as the application, takes `release`."""
        if id(route) not in self._taking:
            self._taking[id(route)] = _takes_release(route)
        return self._taking[id(route)]

    def _is_dated(self, scope: Scope) -> bool:
        if self._dated is None:
            self._dated = [route for route in _routes(scope["app"].router.routes) if _takes_release(route)]
        return any(route.path_regex.match(scope["path"]) for route in self._dated)


def _routes(routes: Iterable[BaseRoute]) -> Iterator[APIRoute]:
    """Yields the routes of a router and of those that it includes."""
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif (included := getattr(route, "original_router", None)) is not None:
            yield from _routes(included.routes)


def _takes_release(route: Any) -> bool:
    """Whether an operation has the parameter `release`."""
    parameters = (getattr(route, "openapi_extra", None) or {}).get("parameters", ())
    return any(one.get("name") == RELEASE for one in parameters)


def _names_release(scope: Scope) -> bool:
    return RELEASE.encode() in scope["query_string"] and RELEASE in Request(scope).query_params


def _say(scope: Scope, fields: Fields, *, is_dated: bool) -> None:
    """Adds of which time an answer is, where a request asked for one or for a release."""
    context = RequestContext.of(scope)
    release = context.pinned or (context.release if is_dated else None)
    if release is None or not release.number:
        return
    headers = MutableHeaders(raw=fields)
    headers["Memento-Datetime"] = format_datetime(
        datetime.fromisoformat(release.loaded_at).astimezone(UTC), usegmt=True
    )
    items = [item for item in Request(scope).query_params.multi_items() if item[0] != RELEASE]
    own = address(scope["path"], [*items, (RELEASE, str(release.number))])
    if len(own) <= MAX_LINK_BYTES:
        headers.append("Link", f'<{address(scope["path"], items)}>; rel="original timegate"')
        if is_dated:
            headers["Content-Location"] = own


async def _release_at(request: Request, wanted: str) -> int | None:
    """Returns the newest release that had been loaded at a time; None if that is the newest of all.

    Raises BadParameter for what is no time, and NotFound for one before the first release.
    """
    moment = parse_http_date(wanted)
    if moment is None:
        detail = f"'{FIELD}' takes a date as HTTP has them, such as Fri, 29 May 2020 12:00:00 GMT; not '{wanted[:60]}'."
        raise BadParameter.of(FIELD, detail, type=types.BAD_VALUE)
    at = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    newest = await request.app.state.reader.newest()
    if not newest.number or at >= newest.loaded_at:
        return None
    number, first = await request.app.state.reader.read(partial(_loaded_until, at=at))
    if number is None:
        raise NotFound(
            f"Nothing had been loaded then: the first release is of {first}, the newest of {newest.loaded_at}."
        )
    return int(number)


def _loaded_until(snapshot: Snapshot, at: str) -> Any:
    number = select(func.max(col(Release.number))).where(col(Release.loaded_at) <= at).scalar_subquery()
    return next(iter(snapshot.rows(select(number, func.min(col(Release.loaded_at))))))
