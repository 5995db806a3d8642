"""`/v1/changes/stream`: the change log as server-sent events."""

import asyncio
from contextlib import suppress
from functools import partial

from fastapi import APIRouter, Depends, Response
from fastapi.sse import EventSourceResponse
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from app.api.answers.change_stream import ChangeStream, newest_place
from app.api.parameters.parsing import openapi_parameters, parse, refuse_release
from app.api.routes.problems import problems
from app.api.routes.records import reader
from app.queries.filters import StreamFilters
from app.server.middleware import wait_for_disconnect
from app.server.request_context import RequestContext

_INCLUDE = {"include": ("document",)}
_LAST_EVENT_ID = {
    "name": "Last-Event-ID",
    "in": "header",
    "required": False,
    "description": "The id of the last event that came, to go on behind it. Browsers send it by themselves.",
    "schema": {"type": "string", "pattern": "^(0|[1-9][0-9]{0,8})(/[a-z_-]{1,40}/[a-z0-9-]{1,200})?$"},
    "example": "1/incident/ferry-shooting",
}

router = APIRouter(prefix="/v1", tags=["releases"])


@router.get(
    "/changes/stream",
    dependencies=[Depends(refuse_release)],
    summary="Listen to what changes",
    response_class=Response,
    responses={
        200: {"description": "Events, without end.", "content": {"text/event-stream": {"schema": {"type": "string"}}}},
        **problems(400, 410, 503),
    },
    openapi_extra={"parameters": [*openapi_parameters(StreamFilters, _INCLUDE), _LAST_EVENT_ID]},
)
async def stream_changes(request: Request) -> Response:
    """The log as server-sent events (`EventSource`), within two seconds of a release being loaded.

    An event `change` is an entry of `/v1/changes`, in the same order. An event `release` follows the last entry of the
    newest release: who has got it is up to date. It also comes first to those who ask for no `since`. The id of an
    event is its place in the log, so that a client that comes back with it in `Last-Event-ID` misses nothing and gets
    nothing twice; `since` is a release. Every 15 seconds without events a comment comes.

    Over HTTP/1.1 a browser opens six connections to a server, and each tab that listens holds one of them. Put a proxy
    that speaks HTTP/2 in front, or let one tab listen for all (`BroadcastChannel`). nginx passes events on at
    once with its stock settings.
    """
    filters = parse(StreamFilters, request.query_params.multi_items(), _INCLUDE)
    stream: ChangeStream = request.app.state.change_stream
    stream.check_capacity()
    begin = partial(newest_place, filters=filters, last_event_id=request.headers.get("last-event-id"))
    place = await reader(request).read(begin)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return _Events(stream.events(place, filters), headers=headers)


class _Events(EventSourceResponse):
    """Sends events until the client disconnects: the head as every response, all else as its `rest`, and not in
    Starlette's way, whose two tasks and task group are a quarter of what an idle listener takes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the head; what is between the edge and here returns with it."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        RequestContext.of(scope).rest = self._send_events

    async def _send_events(self, scope: Scope, receive: Receive, send: Send) -> None:
        left = asyncio.ensure_future(wait_for_disconnect(receive))

        def stop(_: object) -> None:
            sending.reschedule(asyncio.get_running_loop().time())

        with suppress(TimeoutError):
            async with asyncio.timeout(None) as sending:
                left.add_done_callback(stop)
                try:
                    async for events in self.body_iterator:
                        await send({"type": "http.response.body", "body": events, "more_body": True})
                finally:
                    left.remove_done_callback(stop)
                    left.cancel()
