"""Prepared responses: complete before the request comes, and sent without an ASGI task.

uvicorn creates a task for each request and validates each header field; for a cached response both are most of the
work. So `app.server.edge` looks for a prepared response synchronously, and `app.server.uvicorn_internals` sends it.
Under every other server the same response is sent as ASGI messages.
"""

from collections.abc import Iterable
from email.utils import formatdate
from functools import lru_cache
from time import time
from typing import NamedTuple, Protocol, runtime_checkable

from starlette.types import Scope, Send

Fields = list[tuple[bytes, bytes]]
CLOSE = (b"connection", b"close")


class PreparedResponse(NamedTuple):
    """A complete response. `head` is its `fields`, encoded."""

    status: int
    fields: Fields
    head: bytes
    body: bytes

    @classmethod
    def of(cls, status: int, fields: Fields, body: bytes = b"") -> "PreparedResponse":
        """Returns a response with its header fields encoded."""
        return cls(status, fields, encode_fields(fields), body)

    def with_fields(self, fields: Fields) -> "PreparedResponse":
        """Returns the response with more header fields."""
        return PreparedResponse(self.status, [*self.fields, *fields], self.head + encode_fields(fields), self.body)

    def without_body(self) -> "PreparedResponse":
        """Returns the response to HEAD."""
        return self._replace(body=b"")

    async def send(self, send: Send) -> None:
        """Sends the response as ASGI messages."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.fields})
        await send({"type": "http.response.body", "body": self.body})


@runtime_checkable
class PreparedResponder(Protocol):
    """An ASGI application that may respond without being called."""

    def try_respond(self, scope: Scope) -> PreparedResponse | None:
        """Returns a prepared response; None where the application has to be called. It does not block."""


def responder(app: object) -> PreparedResponder:
    """Returns an application as one that may respond without being called. Raises TypeError for any other: under it
    every cached response would take the slow way, and nothing but a benchmark would tell."""
    if isinstance(app, PreparedResponder):
        return app
    raise TypeError(
        f"{type(app).__name__} has no try_respond, so it hides the prepared responses of the application in it. Write "
        "a check of app.server.edge instead of ASGI middleware, or pass try_respond on."
    )


def field_value(fields: Fields, name: bytes) -> bytes:
    """Returns the value of a header field of a response, the first if there are several; empty without it."""
    return next((value for own, value in fields if own == name), b"")


def date_fields() -> Fields:
    """Returns the `Date` of a response: when it begins. uvicorn's is up to a second old, from before the request
    came."""
    return _date_fields_at(int(time()))


@lru_cache(maxsize=1)
def _date_fields_at(second: int) -> Fields:
    return [(b"date", formatdate(second, usegmt=True).encode())]


def add_vary(fields: Fields, name: bytes) -> None:
    """Adds a header field of requests to those that `Vary` names. In place, and without the decoding and encoding of
    Starlette's headers, which three layers would pay for each response."""
    for at, (own, value) in enumerate(fields):
        if own == b"vary":
            fields[at] = (own, b"%b, %b" % (value, name))
            return
    fields.append((b"vary", name))


def encode_fields(fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Encodes header fields for sending. Names and values are trusted and not validated."""
    return b"".join([b"%s: %s\r\n" % field for field in fields])
