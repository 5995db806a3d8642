"""What a request may be, before anything looks into it: its method, its size, and how many parameters it has."""

from collections import Counter
from urllib.parse import unquote_plus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.middleware import ALWAYS, refusal
from app.problems import BadParameter, HeadersTooLarge, NotAllowed, Problem, UriTooLong
from app.whole import Whole, at_once

LONGEST_LINE = 32 * 1024
"""Bytes of a request line."""

LARGEST_HEADERS = 32 * 1024
"""Bytes of all header fields of a request together."""

MOST_PARAMETERS = 1000
"""So many parameters may stand in one query, repeated ones counted as often as they stand there."""

METHODS = ("GET", "HEAD", "OPTIONS")

_AROUND_URL = len("  HTTP/1.1\r\n")
_BODY = (b"content-length", b"transfer-encoding")


class Limits:
    """Refuses what is no request of this API. The body of a request is not read, and its connection ends with it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._ask = at_once(app)

    def at_once(self, scope: Scope) -> Whole | None:
        size, has_body = _measured(scope)
        return self._ask(scope) if not has_body and _problem(scope, size) is None else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        size, has_body = _measured(scope)
        if has_body:
            send = _closing(send)
        problem = _problem(scope, size)
        if problem is None:
            await self.app(scope, receive, send)
            return
        start, body = refusal(problem, scope["path"][:LONGEST_LINE])
        await send({**start, "headers": [*start["headers"], *ALWAYS]})
        await send({**body, "body": b""} if scope["method"] == "HEAD" else body)


def too_long() -> Problem:
    return UriTooLong(f"A request line may have {LONGEST_LINE} bytes. Ask for less at a time.")


def too_large() -> Problem:
    return HeadersTooLarge(f"The headers of a request may have {LARGEST_HEADERS} bytes.")


def _measured(scope: Scope) -> tuple[int, bool]:
    """Bytes of the header fields, and whether a body follows them."""
    size, has_body = 0, False
    for name, value in scope["headers"]:
        size += len(name) + len(value) + 4
        has_body = has_body or (name in _BODY and value != b"0")
    return size, has_body


def _problem(scope: Scope, headers_size: int) -> Problem | None:
    method, query = scope["method"], scope["query_string"]
    if len(method) + len(scope.get("raw_path") or b"") + len(query) + bool(query) + _AROUND_URL > LONGEST_LINE:
        return too_long()
    if headers_size > LARGEST_HEADERS:
        return too_large()
    if method not in METHODS:
        detail = f"{method[:20]} is not possible here. This API is read-only: use GET, HEAD or OPTIONS."
        return NotAllowed(detail, headers={"Allow": ", ".join(METHODS)})
    return _too_many(query) if query.count(b"&") >= MOST_PARAMETERS else None


def _too_many(query: bytes) -> Problem:
    names = Counter(part.partition(b"=")[0] for part in query.split(b"&"))
    ((most, count),) = names.most_common(1)
    name = unquote_plus(most.decode("latin-1"))[:60]
    detail = f"A query may have {MOST_PARAMETERS} parameters; this one has {names.total()}, '{name}' {count} times."
    return BadParameter.of(name, detail)


def _closing(send: Send) -> Send:
    async def send_and_close(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), (b"connection", b"close")]}
        await send(message)

    return send_and_close
