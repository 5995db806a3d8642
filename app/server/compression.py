"""Compression by `Accept-Encoding` as ASGI middleware: zstd or gzip for text, complete responses and streams alike.

Not by starlette-compress 2.0 (861 lines): it goes by its own order of codings where the client's weights differ,
compresses on the event loop however large a body is, does not tell the coding, which is part of the cache's key,
and sends NDJSON uncompressed by default.
"""

import sys
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

from anyio import to_thread
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.server.negotiation import Coding
from app.server.prepared_response import Fields, add_vary, field_value
from app.server.request_context import RequestContext

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MIN_COMPRESSED_BYTES = 1000
"""The smallest body that is compressed; a smaller one fits a packet either way."""

EVENT_STREAM = "text/event-stream"
"""The media type of server-sent events."""

_INLINE_BYTES = 128 * 1024
"""The largest chunk that is compressed on the event loop; a larger one would block it and goes to a thread."""


class Compressor(Protocol):
    """What the compressors of zstd and gzip have in common."""

    def compress(self, data: bytes, /) -> bytes:
        """Returns compressed bytes, perhaps none until more data come."""

    def flush(self) -> bytes:
        """Returns the rest, and ends the data."""


# zstd at level 3 compresses as well as gzip at 6, in a fifth of the time. `wbits` of 31 is gzip without a timestamp.
_COMPRESSORS: dict[Coding, Callable[[], Compressor]] = {
    "zstd": lambda: zstd.ZstdCompressor(3),
    "gzip": lambda: zlib.compressobj(6, wbits=31),
}


class CompressionMiddleware:
    """Compresses text of at least `MIN_COMPRESSED_BYTES` in the content coding that the client prefers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Compresses the response, if the client accepts a coding."""
        await self.app(scope, receive, _CompressingSend(send, RequestContext.begin(scope).preferences(scope).coding))


class _CompressingSend:
    """An ASGI `send` that compresses. The head is held back until the first chunk shows whether the body is small."""

    def __init__(self, send: Send, coding: Coding | None) -> None:
        self._send = send
        self._coding = coding
        self._head: Message | None = None
        self._compressor: Compressor | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._start(message)
        elif message["type"] == "http.response.body" and self._coding is not None:
            await self._body(message, self._coding)
        else:
            await self._send_head()
            await self._send(message)

    async def _start(self, message: Message) -> None:
        fields: Fields = message.setdefault("headers", [])
        if not is_compressible(field_value(fields, b"content-type")) or field_value(fields, b"content-encoding"):
            self._coding = None
        else:
            add_vary(fields, b"Accept-Encoding")
        if message["status"] in (204, 206, 304):
            self._coding = None
        self._head = message
        if self._coding is None:
            await self._send_head()

    async def _body(self, message: Message, coding: Coding) -> None:
        body, more = message.get("body", b""), message.get("more_body", False)
        if self._head is not None and (more or len(body) >= MIN_COMPRESSED_BYTES):
            self._compressor = _COMPRESSORS[coding]()
        if self._compressor is not None:
            body = await _compressed(self._compressor, body, last=not more)
        if self._head is not None and self._compressor is not None:
            headers = MutableHeaders(raw=self._head["headers"])
            headers["Content-Encoding"] = coding
            # Ranges refer to the uncompressed bytes.
            del headers["Content-Length"], headers["Accept-Ranges"]
            if not more:
                headers["Content-Length"] = str(len(body))
        await self._send_head()
        await self._send({"type": "http.response.body", "body": body, "more_body": more})

    async def _send_head(self) -> None:
        head, self._head = self._head, None
        if head is not None:
            await self._send(head)


_COMPRESSED = ("json", "xml", "javascript", "arrow.stream", "vector-tile")


@lru_cache(maxsize=64)
def is_compressible(content_type: bytes) -> bool:
    """Whether responses of a type are compressed: text, Arrow's columns and map tiles. Other files are already."""
    media_type = content_type.decode("latin-1").partition(";")[0].strip().lower()
    if media_type == EVENT_STREAM:
        return False  # an event would wait in the compressor for the next
    return media_type.startswith("text/") or media_type.endswith(_COMPRESSED)


async def _compressed(compressor: Compressor, body: bytes, *, last: bool) -> bytes:
    def work() -> bytes:
        return compressor.compress(body) + (compressor.flush() if last else b"")

    return await to_thread.run_sync(work) if len(body) > _INLINE_BYTES else work()
