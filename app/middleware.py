"""What every answer passes through, as plain ASGI: headers for browsers, HEAD for every GET, no bare tracebacks."""

import json
import logging
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.problems import Problem

EXPOSED = (
    "Accept-Ranges, Cache-Status, Content-Disposition, Content-Range, Dateline-Release, ETag, Last-Modified, "
    "Link, Location, Retry-After"
)
_ALWAYS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", EXPOSED.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
_ASKS = b"access-control-request-method"
_PREFLIGHT = [
    (b"access-control-allow-methods", b"GET, HEAD, OPTIONS"),
    (b"access-control-allow-headers", b"*"),
    (b"access-control-max-age", b"86400"),
]

logger = logging.getLogger("dateline")


class Headers:
    """Adds what every answer carries, errors included, and answers the preflight requests of browsers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_ALWAYS]
            await send(message)

        if scope["method"] == "OPTIONS" and any(name == _ASKS for name, _ in scope["headers"]):
            await send_with_headers({"type": "http.response.start", "status": 204, "headers": list(_PREFLIGHT)})
            await send({"type": "http.response.body", "body": b""})
            return
        await self.app(scope, receive, send_with_headers)


class Enough(Exception):
    """Ends a stream whose headers are all that was asked for."""


class Head:
    """Answers HEAD as GET without the body. A stream is stopped at its first piece."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                return
            await send({"type": "http.response.body", "body": b""})
            if message.get("more_body"):
                raise Enough

        with suppress(Enough):
            await self.app({**scope, "method": "GET"}, receive, send_headers)


class Failures:
    """Turns an exception that nobody expected into a problem document, and logs it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def noting_start(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, noting_start)
        except Enough:
            raise
        except Exception:
            logger.exception("%s %s failed", scope["method"], scope["path"])
            if started:
                raise  # the transfer must break visibly rather than look complete
            body = Problem("Something went wrong on our side. It has been logged.").body(scope["path"])
            headers = [(b"content-type", b"application/problem+json")]
            await send({"type": "http.response.start", "status": 500, "headers": headers})
            await send({"type": "http.response.body", "body": json.dumps(body, ensure_ascii=False).encode()})
