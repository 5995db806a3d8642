"""A line for each request: what was asked for and how it went, and nothing about who asked.

The line has the route and not the address, because queries may say more about a reader than they want to have kept.
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
from functools import lru_cache
from itertools import count
from time import perf_counter, time
from typing import Any, NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger("dateline.access")

_GIVEN = re.compile(rb"[A-Za-z0-9._:=+/-]{1,64}")
_PROCESS = secrets.token_hex(6)
_numbers = count(1)


class Passage(NamedTuple):
    """A request that has been answered, or broken off (then `complete` is false).

    `route` is a path with the names of its parameters; null where nothing is. `cache` is `hit`, `stale`, or null.
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
        """The members of an object. Written by hand, because every request pays for it; no value needs escaping."""
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


class AccessLog:
    """Gives every request an id, or lets it keep its `X-Request-Id`, and logs it when it is over.

    `watch` is told of it, too.
    """

    def __init__(self, app: ASGIApp, watch: Callable[[Passage], None] | None = None) -> None:
        self.app = app
        self.watch = watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = perf_counter()
        id_ = _request_id(scope)
        state: dict[str, Any] = scope.setdefault("state", {})
        state["request"] = id_
        status, size, complete = 0, 0, False

        async def noting(message: Message) -> None:
            nonlocal status, size, complete
            if message["type"] == "http.response.start":
                status = message["status"]
                await send({**message, "headers": [*message.get("headers", []), (b"x-request-id", id_.encode())]})
                return
            await send(message)
            size += len(message.get("body", b""))
            complete = not message.get("more_body", False)

        try:
            await self.app(scope, receive, noting)
        finally:
            if self.watch is not None or logger.isEnabledFor(logging.INFO):
                seconds = perf_counter() - began
                route, cache = _route(scope), state.get("cache")
                release = state["release"].number if "release" in state else None
                passage = Passage(id_, scope["method"], route, status, seconds, size, release, cache, complete)
                note(passage)
                if self.watch is not None:
                    self.watch(passage)


class _Record(logging.LogRecord):
    """A record whose message is a passage. It leaves out the looking up of threads, processes and lines of code that
    makes a usual record cost as much as a small answer."""

    _SAME = vars(logging.LogRecord(logger.name, logging.INFO, __file__, 0, "", None, None))

    def __init__(self, passage: Passage) -> None:
        created = time()
        self.__dict__ = {**self._SAME, "msg": passage, "created": created, "msecs": created % 1 * 1000}


def note(passage: Passage) -> None:
    """Logs it: the record's message is the passage itself, for whatever handler there is."""
    if logger.isEnabledFor(logging.INFO):
        logger.handle(_Record(passage))


def new_id() -> str:
    """Unique among all processes, as far as anybody can tell."""
    return f"{_PROCESS}-{next(_numbers):x}"


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _GIVEN.fullmatch(value):
            given: bytes = value
            return given.decode("ascii")
    return new_id()


def _route(scope: Scope) -> str | None:
    """The route that a handler or the memory of answers has left in the request's state."""
    found = scope["state"].get("route")
    if found is not None:
        return str(found.path)
    return "/static/{path}" if scope["path"].startswith("/static/") else None


class Lines(logging.Formatter):
    """One line of JSON for each record; lines for people where somebody watches."""

    def __init__(self, for_people: bool | None = None) -> None:
        super().__init__()
        self.for_people = sys.stderr.isatty() if for_people is None else for_people

    def format(self, record: logging.LogRecord) -> str:
        told: object = record.msg
        if isinstance(told, Passage) and not self.for_people:
            return f'{{"time": "{_moment(int(record.created))}.{record.msecs:03.0f}Z", "level": "info", {told.json()}}}'
        moment = datetime.fromtimestamp(record.created, UTC)
        trace = self.formatException(record.exc_info) if record.exc_info else None
        if self.for_people:
            level = f"{record.levelname} " if record.levelno > logging.INFO else ""
            return f"{moment:%H:%M:%S} {level}{record.getMessage()}" + (f"\n{trace}" if trace else "")
        found = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            "request": getattr(record, "request", None),
            "trace": trace,
        }
        return json.dumps({name: value for name, value in found.items() if value is not None}, ensure_ascii=False)


@lru_cache(maxsize=2)
def _moment(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}"


class Stderr(logging.Handler):
    """Writes to standard error: on the event loop the lines of one turn together, elsewhere each at once."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))
        if len(self._lines) > 1:
            return
        try:
            asyncio.get_running_loop().call_soon(self.flush)
        except RuntimeError:
            self.flush()

    def flush(self) -> None:
        """Writes what has not been written yet; `logging` asks for it when the process ends."""
        lines, self._lines = self._lines, []
        if lines:
            with suppress(OSError):  # whoever read it has gone; that is no reason to stop serving
                os.write(2, "".join(f"{line}\n" for line in lines).encode(errors="replace"))


def logging_config(*, access: bool) -> dict[str, Any]:
    """Standard library logging for a serving process: everything to standard error, in lines."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": "app.access_log.Lines"}},
        "handlers": {"stderr": {"class": "app.access_log.Stderr", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            logger.name: {"level": "INFO" if access else "WARNING"},
            # It warns of every request that is none; those have their lines.
            "uvicorn.error": {"level": "ERROR"},
        },
    }
