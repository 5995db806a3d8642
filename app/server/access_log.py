"""Access log: one record per request with route, status, time and size, and nothing about the client.

A record has the route and not the URL, because queries may reveal more about readers than they want recorded. It is a
`logging.LogRecord` with its facts as attributes, for any handler; ours writes lines of JSON.

`LineFormatter` writes the JSON itself: `python-json-logger` takes 12 µs for a record, this 3 µs, and a whole cached
list costs some 50 µs of processor time. For the same reason the handler writes all records of a turn of the event loop
at once, and `AccessRecord` copies what is the same for all records.
"""

import asyncio
import json
import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from threading import RLock, get_ident
from time import perf_counter, time
from typing import Any

from starlette.types import Scope

from app.server.request_context import RequestContext

logger = logging.getLogger("dateline.access")

_MESSAGE = "%s %s %s in %.1f ms"


class AccessRecord(logging.LogRecord):
    """The log record of one request. `complete` is False where the response was broken off.

    `route` is a path template with the names of its parameters, None where no route matched. `cache` is `hit`, `stale`
    or None.
    """

    request: str
    method: str
    route: str | None
    status: int
    ms: float
    bytes: int
    release: int | None
    cache: str | None
    complete: bool

    def __init__(
        self,
        request: str,
        method: str,
        route: str | None,
        status: int,
        ms: float,
        size: int,
        release: int | None = None,
        cache: str | None = None,
        complete: bool = True,
    ) -> None:
        plain, created = _plain_record(get_ident()), time()
        self.__dict__.update(
            plain.__dict__,
            args=(method, route or "-", status, ms),
            created=created,
            msecs=float(int(created % 1 * 1000)),
            relativeCreated=plain.relativeCreated + (created - plain.created) * 1000,
            request=request,
            method=method,
            route=route,
            status=status,
            ms=ms,
            bytes=size,
            release=release,
            cache=cache,
            complete=complete,
        )

    def json(self) -> str:
        """Returns the members of a JSON object. Formatted by hand for speed; no value needs escaping."""
        route, cache = f'"{self.route}"' if self.route else "null", f'"{self.cache}"' if self.cache else "null"
        ending = "" if self.complete else ', "complete": false'
        return (
            f'"request": "{self.request}", "method": "{self.method}", "route": {route}, "status": {self.status}, '
            f'"ms": {self.ms:.2f}, "bytes": {self.bytes}, "release": {self.release or "null"}, '
            f'"cache": {cache}{ending}'
        )

    def words(self) -> str:
        """Returns the record for a person."""
        ending = "" if self.complete else ", broken off"
        return (
            f"{self.method} {self.route or '-'} {self.status} {self.ms:.1f} ms {self.bytes} bytes "
            f"release {self.release or '-'} cache {self.cache or '-'} ({self.request}{ending})"
        )


@lru_cache(maxsize=64)
def _plain_record(thread: int) -> logging.LogRecord:
    """Returns a record of this process and thread, as `logging` makes it."""
    return logging.LogRecord(logger.name, logging.INFO, __file__, 0, _MESSAGE, (), None, "log_request")


def log_request(
    context: RequestContext,
    scope: Scope,
    status: int,
    size: int,
    *,
    complete: bool,
    watch: Callable[[AccessRecord], None] | None,
) -> None:
    """Logs a request, and tells `watch`, where anybody wants to know."""
    is_logged = logger.isEnabledFor(logging.INFO)
    if not is_logged and watch is None:
        return
    record = AccessRecord(
        context.id,
        scope["method"],
        context.route or ("/static/{path}" if scope["path"].startswith("/static/") else None),
        status,
        (perf_counter() - context.began) * 1000,
        size,
        context.release.number if context.release is not None else None,
        context.cache,
        complete,
    )
    if is_logged:
        logger.handle(record)
    if watch is not None:
        watch(record)


class LineFormatter(logging.Formatter):
    """Formats each record as a line of JSON, or as plain text on a terminal."""

    def __init__(self, human_readable: bool | None = None) -> None:
        super().__init__()
        self.human_readable = sys.stderr.isatty() if human_readable is None else human_readable

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line of a record; a traceback follows on a terminal, and is a member of the JSON."""
        if isinstance(record, AccessRecord):
            if self.human_readable:
                return f"{datetime.fromtimestamp(record.created, UTC):%H:%M:%S} {record.words()}"
            return f'{{"time": "{_time(record.created)}", "level": "info", {record.json()}}}'
        trace = self.formatException(record.exc_info) if record.exc_info else None
        if self.human_readable:
            level = f"{record.levelname} " if record.levelno > logging.INFO else ""
            moment = datetime.fromtimestamp(record.created, UTC)
            return f"{moment:%H:%M:%S} {level}{record.getMessage()}" + (f"\n{trace}" if trace else "")
        members = {
            "time": _time(record.created),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            "request": getattr(record, "request", None),
            "trace": trace,
        }
        return json.dumps({name: value for name, value in members.items() if value is not None}, ensure_ascii=False)


def _time(created: float) -> str:
    seconds = int(created)
    return f"{_second(seconds)}.{int((created - seconds) * 1000):03d}Z"


@lru_cache(maxsize=4)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "")


class StderrHandler(logging.Handler):
    """Writes to standard error: all access records of a turn of the event loop at its end, others immediately."""

    def __init__(self) -> None:
        super().__init__()
        self._pending: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Writes a record, or has it written at the end of this turn of the event loop."""
        self._pending.append(record)
        if isinstance(record, AccessRecord):
            if len(self._pending) > 1:
                return
            with suppress(RuntimeError):  # not on an event loop
                asyncio.get_running_loop().call_soon(self.flush)
                return
        self.flush()

    def flush(self) -> None:
        """Writes all pending records."""
        with self.lock or RLock():
            records, self._pending = self._pending, []
        if records:
            with suppress(OSError):  # the reader of the log has gone; serving goes on
                os.write(2, "".join([f"{self.format(record)}\n" for record in records]).encode(errors="replace"))


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
