"""What the layers around FastAPI and its handlers tell each other about one request."""

import re
import secrets
from dataclasses import dataclass
from itertools import count
from time import perf_counter
from typing import Literal

from starlette.types import ASGIApp, Scope

from app.server.cache_lookup import CacheLookup
from app.server.negotiation import Preferences
from app.server.prepared_response import Fields, PreparedResponse
from app.storage.reader import ReadTimes
from app.storage.release_info import ReleaseInfo

SERVER_TIMING = b"server-timing"
_SCOPE_KEY = "dateline.request_context"
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:=+/-]{1,64}")
_PROCESS_ID = secrets.token_hex(6)
_request_numbers = count(1)


@dataclass(slots=True)
class RequestContext:
    """Facts about a request beside its ASGI scope, made once by the outermost layer (`app.server.edge`).

    `fields` are header fields of the response to this very request, whatever the response is. `release` is the newest
    one when the response was made; `pinned` is that, or an earlier one, if the request asked for it. `route` is a path
    template, None where no route matched; `cache` says what the response cache did, and `lookup` what the request asks
    of it. `response` is the prepared one, once it has been looked for. `rest` sends the rest of a body without end; it
    is called when the application has returned, because the frames of all that is between the edge and a handler take
    half of the memory of a client that only listens.
    """

    id: str
    began: float
    fields: Fields
    is_head: bool
    release: ReleaseInfo | None = None
    pinned: ReleaseInfo | None = None
    route: str | None = None
    cache: Literal["hit", "stale"] | None = None
    lookup: CacheLookup | None = None
    closes_connection: bool = False
    is_looked_up: bool = False
    response: PreparedResponse | None = None
    rest: ASGIApp | None = None

    @classmethod
    def begin(cls, scope: Scope) -> "RequestContext":
        """Returns the context of a request, which is made when a layer asks first."""
        context: RequestContext | None = scope.get(_SCOPE_KEY)
        if context is None:
            id_ = _given_id(scope) or new_id()
            context = cls(id_, perf_counter(), [(b"x-request-id", id_.encode())], scope["method"] == "HEAD")
            scope[_SCOPE_KEY] = context
        return context

    @classmethod
    def of(cls, scope: Scope) -> "RequestContext":
        """Returns the context of a request that has passed the outermost layer."""
        context: RequestContext = scope[_SCOPE_KEY]
        return context

    def preferences(self, scope: Scope) -> Preferences:
        """Returns what the client accepts, which several layers ask for."""
        return Preferences.of(scope["headers"]) if self.lookup is None else self.lookup.key[1]

    def set_release(self, release: ReleaseInfo) -> None:
        """Notes the release that the response belongs to, the newest."""
        self.release = release

    def set_pinned(self, release: ReleaseInfo, newest: ReleaseInfo) -> None:
        """Notes the release that the response belongs to because the request asked for it."""
        self.release, self.pinned = newest, release

    def set_times(self, times: ReadTimes) -> None:
        """Tells the client in `Server-Timing` what took how long; of several reads the last one."""
        steps = (times.asked - self.began, times.wait, times.query, times.build)
        named = zip((b"parse", b"wait", b"query", b"build"), steps, strict=True)
        value = b", ".join([b"%b;dur=%.2f" % (name, seconds * 1000) for name, seconds in named if seconds])
        self.fields = [field for field in self.fields if field[0] != SERVER_TIMING]
        self.fields.append((SERVER_TIMING, value))


def new_id() -> str:
    """Returns a request id that is unique among all processes: a random prefix and a counter."""
    return f"{_PROCESS_ID}-{next(_request_numbers):x}"


def _given_id(scope: Scope) -> str | None:
    """Returns the request's own `X-Request-Id`, if it may stand in a log."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            request_id: bytes = value
            return request_id.decode("ascii")
    return None


def route_path(scope: Scope) -> str | None:
    """Returns the path template of the route that Starlette's router has chosen."""
    route = scope.get("route")
    return str(route.path) if route is not None else None
