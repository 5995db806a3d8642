"""Answers that are finished before they are asked for.

uvicorn makes a task for each request, and looks through each field of each head for what must not stand in one; for an
answer from memory both are most of the work. So the layers before FastAPI may answer at once, as plain functions, and
a server that can take it (`app.server.connections`) sends what they have. Where they have nothing, and on every other
server, they answer as ASGI has it.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, cast

from starlette.types import Scope

Fields = list[tuple[bytes, bytes]]


class PreparedResponse(NamedTuple):
    """A finished answer. `head` are its `fields` as they are sent."""

    status: int
    fields: Fields
    head: bytes
    body: bytes

    @classmethod
    def of(cls, status: int, fields: Fields, body: bytes = b"") -> "PreparedResponse":
        return cls(status, fields, encode_fields(fields), body)


def responder(app: object) -> Callable[[Scope], PreparedResponse | None]:
    """How an application is asked for an answer that it has already: by its method of that name, which does not wait.
    Where that says null, and where there is none, the request goes the usual way, as if nobody had asked."""
    return cast(Callable[[Scope], PreparedResponse | None], getattr(app, "try_respond", _never))


def _never(scope: Scope) -> PreparedResponse | None:
    return None


def encode_fields(fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Fields as they are sent. They are trusted to be no more than fields."""
    return b"".join([b"%s: %s\r\n" % field for field in fields])
