"""Access log: one JSON line per request with route, status, time and size, and nothing about the client.

A line has the route and not the URL, because queries may reveal more about readers than they want recorded.
"""

import asyncio
import json
import logging
import os
import re
import secrets
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from time import perf_counter
from typing import Any, NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.server.prepared_response import PreparedResponse, responder
from app.server.request_context import RequestContext

logger = logging.getLogger("dateline.access")

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:=+/-]{1,64}")
_PROCESS_ID = secrets.token_hex(6)
_request_numbers = count(1)


class AccessEntry(NamedTuple):
    """The log entry of one request. `complete` is False where the response was broken off.

    `route` is a path template with the names of its parameters, None where no route matched. `cache` is `hit`, `stale`
    or None.
    """

    id: str
    method: str
    route: str | None
    status: int
    seconds: float
    size: int
    release: int | None
    cache: str | None
    complete: bool

    def json(self) -> str:
        """Returns the members of a JSON object. Formatted by hand for speed; no value needs escaping."""
        route, cache = f'"{self.route}"' if self.route else "null", f'"{self.cache}"' if self.cache else "null"
        ending = "" if self.complete else ', "complete": false'
        return (
            f'"request": "{self.id}", "method": "{self.method}", "route": {route}, "status": {self.status}, '
            f'"ms": {self.seconds * 1000:.2f}, "bytes": {self.size}, "release": {self.release or "null"}, '
            f'"cache": {cache}{ending}'
        )

    def __str__(self) -> str:
        ending = "" if self.complete else ", broken off"
        return (
            f"{self.method} {self.route or '-'} {self.status} {self.seconds * 1000:.1f} ms {self.size} bytes "
            f"release {self.release or '-'} cache {self.cache or '-'} ({self.id}{ending})"
        )


class AccessLogMiddleware:
    """Gives every request an id, or keeps its `X-Request-Id`, and logs it when its response has ended.

    `watch` is called with each entry, too.
    """

    def __init__(self, app: ASGIApp, watch: Callable[[AccessEntry], None] | None = None) -> None:
        self.app = app
        self._try_respond = responder(app)
        self.watch = watch

    def try_respond(self, scope: Scope) -> PreparedResponse | None:
        began = perf_counter()
        found = self._try_respond(scope)
        if found is None:
            return None
        id_ = _request_id(scope)
        self._log(scope, id_, found.status, perf_counter() - began, len(found.body), True)
        field = (b"x-request-id", id_.encode())
        return PreparedResponse(
            found.status, [*found.fields, field], b"%s%s: %s\r\n" % (found.head, *field), found.body
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = perf_counter()
        id_ = _request_id(scope)
        RequestContext.of(scope).id = id_
        status, size, complete = 0, 0, False

        async def send_and_measure(message: Message) -> None:
            nonlocal status, size, complete
            if message["type"] == "http.response.start":
                status = message["status"]
                await send({**message, "headers": [*message.get("headers", []), (b"x-request-id", id_.encode())]})
                return
            await send(message)
            size += len(message.get("body", b""))
            complete = not message.get("more_body", False)

        try:
            await self.app(scope, receive, send_and_measure)
        finally:
            self._log(scope, id_, status, perf_counter() - began, size, complete)

    def _log(self, scope: Scope, id_: str, status: int, seconds: float, size: int, complete: bool) -> None:
        if self.watch is None and not logger.isEnabledFor(logging.INFO):
            return
        context = RequestContext.of(scope)
        release = context.release.number if context.release is not None else None
        route = context.route or ("/static/{path}" if scope["path"].startswith("/static/") else None)
        entry = AccessEntry(id_, scope["method"], route, status, seconds, size, release, context.cache, complete)
        log_request(entry)
        if self.watch is not None:
            self.watch(entry)


class AccessBatch(tuple[AccessEntry, ...]):
    """The message of one log record: all requests that ended in the same turn of the event loop."""

    __slots__ = ()

    def __str__(self) -> str:
        return "\n".join(map(str, self))


_pending: list[AccessEntry] = []


def log_request(entry: AccessEntry) -> None:
    """Logs an entry at the end of this turn of the event loop.

    The message of the log record is an `AccessBatch`, for any handler: one record per request would cost half as much
    as a small answer from the response cache.
    """
    if logger.isEnabledFor(logging.INFO):
        if not _pending:
            asyncio.get_running_loop().call_soon(_log_pending)
        _pending.append(entry)


def _log_pending() -> None:
    batch = AccessBatch(_pending)
    _pending.clear()
    logger.info(batch)


def new_id() -> str:
    """Returns a request id that is unique among all processes: a random prefix and a counter."""
    return f"{_PROCESS_ID}-{next(_request_numbers):x}"


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            given: bytes = value
            return given.decode("ascii")
    return new_id()


class LineFormatter(logging.Formatter):
    """Formats each request and each other record as a line of JSON, or as plain text on a terminal."""

    def __init__(self, human_readable: bool | None = None) -> None:
        super().__init__()
        self.human_readable = sys.stderr.isatty() if human_readable is None else human_readable

    def format(self, record: logging.LogRecord) -> str:
        batch: object = record.msg
        moment = datetime.fromtimestamp(record.created, UTC)
        time = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if isinstance(batch, AccessBatch):
            if self.human_readable:
                return "\n".join(f"{moment:%H:%M:%S} {entry}" for entry in batch)
            return "\n".join([f'{{"time": "{time}", "level": "info", {entry.json()}}}' for entry in batch])
        trace = self.formatException(record.exc_info) if record.exc_info else None
        if self.human_readable:
            level = f"{record.levelname} " if record.levelno > logging.INFO else ""
            return f"{moment:%H:%M:%S} {level}{record.getMessage()}" + (f"\n{trace}" if trace else "")
        found = {
            "time": time,
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            "request": getattr(record, "request", None),
            "trace": trace,
        }
        return json.dumps({name: value for name, value in found.items() if value is not None}, ensure_ascii=False)


class StderrHandler(logging.Handler):
    """Writes to standard error without buffering."""

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError):  # the reader of the log has gone; serving goes on
            os.write(2, f"{self.format(record)}\n".encode(errors="replace"))


def logging_config(*, access: bool) -> dict[str, Any]:
    """Returns the `logging.config` dictionary of a serving process: everything to standard error, in lines."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": "app.server.access_log.LineFormatter"}},
        "handlers": {"stderr": {"class": "app.server.access_log.StderrHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            logger.name: {"level": "INFO" if access else "WARNING"},
            # It warns of every malformed request; those have access log lines.
            "uvicorn.error": {"level": "ERROR"},
            # It logs a traceback for each connection that a silent server takes away; the request's own line says 503.
            "sqlalchemy.pool": {"level": "CRITICAL"},
        },
    }
