"""`Accept` as ASGI middleware: JSON goes only to those who take it, and others are told where their format is.

Every format has a path of its own, so a path with a suffix is a choice already made, and `Accept` is not asked there.
"""

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.routes.problems import on_problem
from app.api.routes.representations import alternates_at
from app.problems import NotAcceptable
from app.server.negotiation import JSON, Preferences, media_type_weight


class AcceptMiddleware:
    """Replaces JSON by 406 where the client does not accept it, and adds `Vary: Accept` to all JSON."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        accepts_json = Preferences.of(scope["headers"]).accepts_json
        is_refused = False

        async def send_accepted(message: Message) -> None:
            nonlocal is_refused
            if message["type"] == "http.response.start" and _is_json(message):
                MutableHeaders(raw=message["headers"]).add_vary_header("Accept")
                is_refused = not accepts_json
                if is_refused:
                    request = Request(scope)
                    response = await on_problem(request, not_acceptable(request))
                    await response(scope, receive, send)
            if not is_refused:
                await send(message)

        await self.app(scope, receive, send_accepted)


def _is_json(start: Message) -> bool:
    content_type: bytes = dict(start["headers"]).get(b"content-type", b"")
    return start["status"] == 200 and content_type.partition(b";")[0] == JSON.encode()


def not_acceptable(request: Request) -> NotAcceptable:
    """Returns the problem of a client that takes no JSON, which names the path of the format that it does take."""
    path, accepted = request.scope["path"], ",".join(request.headers.getlist("accept"))
    formats = alternates_at(path, request.query_params.multi_items())
    wanted = [one for one in formats if media_type_weight(accepted, one.type) > 0]
    if wanted:
        detail = f"There is no {wanted[0].type} at {path}: it is at {wanted[0].url}."
    else:
        there = ", ".join(f"{one.type} at {one.url}" for one in formats)
        detail = f"There is nothing here of what 'Accept' takes. There is {there}."
    return NotAcceptable(detail, formats)
