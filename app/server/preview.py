"""A service in front of another one that is made anew when files change: it adds a report to its pages.

`/preview.json` is the report, with a `version` that grows with each change; a script in every page shows it.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.server.prepared_response import PreparedResponse

REPORT_PATH = "/preview.json"

_ADDED_TO_PAGES = (
    b'<link rel="stylesheet" href="/static/preview.css"><script type="module" src="/static/preview.js"></script></head>'
)
_LEFT_OUT = (b"accept-encoding", b"if-none-match", b"if-modified-since")
"""Header fields of requests for pages: a page is sent whole and as it is, because something is added to it."""

Made = tuple[dict[str, Any], AbstractAsyncContextManager[ASGIApp]]
"""A report, and the service over what it reports on."""


class Preview:
    """The service. `make` is called in a thread, at first and for each of the `changes`."""

    def __init__(self, make: Callable[[], Made], changes: Callable[[], AsyncIterator[object]]) -> None:
        self._make, self._changes = make, changes
        self._version = 0
        self._report: dict[str, Any] = {}
        self._service: ASGIApp | None = None
        self._following: asyncio.Task[None] | None = None
        self._open = AsyncExitStack()

    def try_respond(self, scope: Scope) -> PreparedResponse | None:
        """Has no prepared responses."""
        return None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request as an ASGI application."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["path"] == REPORT_PATH:
            body = json.dumps({"version": self._version, **self._report}, ensure_ascii=False).encode()
            fields = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
            await PreparedResponse.of(200, [*fields, (b"content-length", b"%d" % len(body))], body).send(send)
        else:
            assert self._service is not None
            kept = [field for field in scope["headers"] if field[0] not in _LEFT_OUT]
            await self._service({**scope, "headers": kept}, receive, _adding(send))

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self._renew()
        except Exception as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            raise
        self._following = asyncio.create_task(self._follow())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._following.cancel()
        with suppress(asyncio.CancelledError):
            await self._following
        await self._open.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _follow(self) -> None:
        async for _ in self._changes():
            await self._renew()

    async def _renew(self) -> None:
        """Makes the service anew. The one before is closed when nothing new comes to it any more."""
        report, service = await asyncio.to_thread(self._make)
        before, self._open = self._open, AsyncExitStack()
        self._service = await self._open.enter_async_context(service)
        self._report, self._version = report, self._version + 1
        await before.aclose()


def _adding(send: Send) -> Send:
    """Adds the script to responses that are HTML pages."""
    start: Message | None = None
    parts: list[bytes] = []

    async def sent(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            if not dict(message["headers"]).get(b"content-type", b"").startswith(b"text/html"):
                await send(message)
                return
            start = message
        elif start is None:
            await send(message)
        else:
            parts.append(message.get("body", b""))
            if message.get("more_body"):
                return
            body = b"".join(parts).replace(b"</head>", _ADDED_TO_PAGES, 1)
            kept = [field for field in start["headers"] if field[0] not in (b"content-length", b"etag")]
            await send({**start, "headers": [*kept, (b"content-length", b"%d" % len(body))]})
            await send({"type": "http.response.body", "body": body})

    return sent
