"""`Accept` as ASGI middleware: JSON goes only to those who take it, and others are told where their format is.

Every format has a path of its own, so a path with a suffix is a choice already made, and `Accept` is not asked there.
Whoever prefers JSON-LD is led on to it: the addresses of records stand in linked data, and programs follow these.
"""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.routes.problems import on_problem
from app.api.routes.representations import COUNTS, alternates_at
from app.exports.formats.jsonld import FORMAT as JSON_LD
from app.problems import NotAcceptable
from app.queries.values import SLUG
from app.records import RECORD_TYPES
from app.server.negotiation import JSON, media_type_weight
from app.server.prepared_response import add_vary, field_value
from app.server.request_context import RequestContext

_JSON = JSON.encode()


class AcceptMiddleware:
    """Replaces JSON by 406 where the client does not accept it, and adds `Vary: Accept` to all JSON. Records and lists
    are a redirect to their JSON-LD for those who prefer it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request."""
        preferences = RequestContext.of(scope).preferences(scope)
        if preferences.prefers_json_ld and (address := _json_ld_address(scope)) is not None:
            await RedirectResponse(address, 303, {"Vary": "Accept"})(scope, receive, send)
            return
        accepts_json = preferences.accepts_json
        is_refused = False

        async def send_accepted(message: Message) -> None:
            nonlocal is_refused
            if message["type"] == "http.response.start" and _is_json(message):
                add_vary(message["headers"], b"Accept")
                is_refused = not accepts_json
                if is_refused:
                    request = Request(scope)
                    response = await on_problem(request, not_acceptable(request))
                    await response(scope, receive, send)
            if not is_refused:
                await send(message)

        await self.app(scope, receive, send_accepted)


def _json_ld_address(scope: Scope) -> str | None:
    """Returns where the JSON-LD is of a list or record that is asked for, with the same parameters; None for other
    paths."""
    path, query = scope["path"], scope["query_string"].decode("latin-1")
    name, slash, id_ = path.removeprefix("/v1/").partition("/")
    if not path.startswith("/v1/") or name not in RECORD_TYPES or scope["method"] != "GET":
        return None
    if (slash and not SLUG.fullmatch(id_)) or path.removeprefix("/v1/") in COUNTS:
        return None
    return f"{quote(path)}{JSON_LD.suffix}{'?' if query else ''}{query}"


def _is_json(start: Message) -> bool:
    return start["status"] == 200 and field_value(start["headers"], b"content-type").partition(b";")[0] == _JSON


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
