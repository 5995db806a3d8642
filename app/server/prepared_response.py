"""Prepared responses: complete before the request comes, and sent without an ASGI task.

uvicorn creates a task for each request and validates each header field; for a cached response both are most of the
work. So the middleware before FastAPI may respond synchronously (`try_respond`), and `app.server.connections` sends
that response. Where there is none, and under every other server, the middleware answers as an ordinary ASGI app.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, cast

from starlette.types import Scope

Fields = list[tuple[bytes, bytes]]


class PreparedResponse(NamedTuple):
    """A complete response. `head` is its `fields`, encoded."""

    status: int
    fields: Fields
    head: bytes
    body: bytes

    @classmethod
    def of(cls, status: int, fields: Fields, body: bytes = b"") -> "PreparedResponse":
        return cls(status, fields, encode_fields(fields), body)


def responder(app: object) -> Callable[[Scope], PreparedResponse | None]:
    """Returns the `try_respond` method of an ASGI app, which does not block. Where it returns None, and where an app
    has no such method, the request takes the ASGI path."""
    return cast(Callable[[Scope], PreparedResponse | None], getattr(app, "try_respond", _never))


def _never(scope: Scope) -> PreparedResponse | None:
    return None


def encode_fields(fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Encodes header fields for sending. Names and values are trusted and not validated."""
    return b"".join([b"%s: %s\r\n" % field for field in fields])
