"""What a connection may cost: how large a request may be, how long it may take to come, how slowly an answer may go.
Also where answers go out that are finished before they are asked for (`app.server.whole`).

uvicorn reads headers of any size for any time, and waits for ever for a client that takes nothing. So this adds clocks
and counters to its protocol, and lets problem documents say what is wrong where no request has come about yet.
"""

import socket
import struct
from asyncio import AbstractEventLoop, BaseTransport, TimerHandle, Transport
from collections.abc import Iterable
from contextlib import suppress
from email.utils import formatdate
from functools import lru_cache, partial
from time import time
from typing import Any, cast

from starlette.types import Message, Receive, Scope, Send
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from app.problems import BadRequest, Problem, RequestTimeout, Unavailable
from app.server.access_log import AccessLog, Passage, new_id, note
from app.server.limits import LARGEST_HEADERS, LONGEST_LINE, too_large, too_long
from app.server.middleware import ALWAYS, BrokenOff, refusal
from app.server.whole import Fields, Whole, at_once, head

CONNECTIONS = 800
"""So many connections are served at a time; usually a process may have 1024 files open."""

REQUEST_SECONDS = 10.0
"""So long a request may take to come, from its first byte to its last."""

PATIENCE = 60.0
"""So long an answer may wait until the next piece of it is taken; where others went before it, twice as long."""

PIECE = 64 * 1024
"""Bytes that are to be taken within that time."""

HELD = 8 * 1024
"""So many bytes at most wait for what follows them in the same turn of the event loop."""

AT_ONCE = 32
"""So many answers from memory, at most, go out without giving others a turn."""

LINGER = 2.0
"""So long what still comes is thrown away after a refusal. A connection that is closed at once loses the refusal."""

_LARGEST_HEAD = LONGEST_LINE + LARGEST_HEADERS
_AT_ONCE_GONE = struct.pack("ii", 1, 0)  # SO_LINGER: what is not sent is given up, and the client told so


async def _busy(scope: Scope, receive: Receive, send: Send) -> None:
    """What is said on connections beyond those that can be served."""
    start, body = refusal(Unavailable("Too many connections are open. Try again shortly.", 5), scope["path"])
    await send({**start, "headers": [*start["headers"], *ALWAYS, (b"connection", b"close")]})
    await send(body)


BUSY = AccessLog(_busy)


def _nothing() -> None:
    pass


def _dated() -> Fields:
    """The time at which an answer begins. uvicorn's is that of a moment before, when nothing was known of it."""
    return _date(int(time()))


@lru_cache(maxsize=1)
def _date(second: int) -> Fields:
    return [(b"date", formatdate(second, usegmt=True).encode())]


def _has_length(message: Message) -> bool:
    return any(name.lower() == b"content-length" for name, _ in message["headers"])


class _Outlet:
    """A transport that sends an answer's head together with its first bytes: asking the system twice costs as much as
    a seventh of a list. What nothing follows goes out at the next turn of the event loop."""

    def __init__(self, transport: Transport, loop: AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held = b""

    def write(self, data: bytes) -> None:
        if self._held:
            self._transport.writelines((self._held, data))
            self._held = b""
        elif len(data) <= HELD:
            self._held = data
            self._loop.call_soon(self._let_go)
        else:
            self._transport.write(data)

    def _let_go(self) -> None:
        held, self._held = self._held, b""
        if held and not self._transport.is_closing():
            self._transport.write(held)

    def writelines(self, pieces: Iterable[bytes]) -> None:
        self._let_go()
        self._transport.writelines(pieces)

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def write_eof(self) -> None:
        self._let_go()
        self._transport.write_eof()

    def close(self) -> None:
        self._let_go()
        self._transport.close()

    def abort(self) -> None:
        self._held = b""
        self._transport.abort()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Connection(HttpToolsProtocol):
    """A connection with a client, which is to send its requests in time and to take its answers in time."""

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self.transport = cast(Transport, _Outlet(self.transport, self.loop))
        self.url = b""
        self._size = 0  # bytes of the request that is coming
        self._given = 0  # answers at once, out of the last read
        self._in_head = self._in_request = self._has_ended = self._is_reading = self._ending = False
        self._next: tuple[RequestResponseCycle, ASGI3Application] | None = None  # to be begun when all is read
        self._answered: RequestResponseCycle | None = None  # the last request whose answer has been begun
        self._wrong: Problem | None = None  # what is to be said of what came behind those that are being answered
        self._taking: TimerHandle | None = None
        self._waits = self._has_moved = False
        self._coming: TimerHandle | None = self.loop.call_later(REQUEST_SECONDS, self._late)
        if len(self.connections) > CONNECTIONS:
            self.app = BUSY

    def connection_lost(self, exc: Exception | None) -> None:
        self._has_come()
        if self._taking is not None:
            self._taking.cancel()
        if self._answered is not None and self._is_answering():
            # uvicorn tells only the last in line.
            self._answered.disconnected = True
            self._answered.message_event.set()
        super().connection_lost(exc)

    # What comes.

    def data_received(self, data: bytes) -> None:
        if self._ending:
            return
        self._given, self._has_ended, self._is_reading = 0, False, True
        super().data_received(data)
        self._is_reading = False
        if self._next is not None:
            (cycle, app), self._next = self._next, None
            self._begin(cycle, app)
        if self._ending or not self._in_request:
            return
        if not self._has_ended:  # else most of it belongs to those before
            self._size += len(data)
        if self._in_head and self._size > _LARGEST_HEAD:
            self._refuse(too_long() if len(self.url) > LONGEST_LINE else too_large())
        elif self._size > 2 * _LARGEST_HEAD and not self._is_answering():
            self._end()
        elif self._coming is None:
            self._coming = self.loop.call_later(REQUEST_SECONDS, self._late)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._size, self._in_head, self._in_request = 0, True, True

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_request, self._has_ended = False, True
        self._has_come()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """What the parser refuses: what is no HTTP, and addresses that are too long for it."""
        self._refuse(too_long() if len(self.url) > LONGEST_LINE else BadRequest("This is no HTTP request."))

    def _late(self) -> None:
        self._coming = None
        if self._is_answering():
            # Until it has its answer nobody is hurried: perhaps nobody has read what it sends, either.
            self._coming = self.loop.call_later(REQUEST_SECONDS, self._late)
        elif self._in_head:
            self._refuse(RequestTimeout(f"A request has to come within {REQUEST_SECONDS:g} seconds."))
        else:
            self._end()

    def _has_come(self) -> None:
        if self._coming is not None:
            self._coming.cancel()
            self._coming = None

    def _is_answering(self) -> bool:
        return bool(self.pipeline) or (self._answered is not None and not self._answered.response_complete)

    def _refuse(self, problem: Problem) -> None:
        """Says what is wrong, once everything that came before it is answered, and ends the connection."""
        self._ending = True
        self._has_come()
        if self._in_request and not self._in_head:
            self._drop_last()
        if self._is_answering():
            self._wrong = problem
            return
        start, body = refusal(problem, "/")
        passage = Passage(new_id(), "-", None, problem.status, 0.0, len(body["body"]), None, None, True)
        own = [(b"x-request-id", passage.id.encode()), (b"connection", b"close")]
        self.transport.write(
            STATUS_LINE[problem.status] + head([*_dated(), *start["headers"], *ALWAYS, *own]) + b"\r\n" + body["body"]
        )
        note(passage)
        self._end()

    def _drop_last(self) -> None:
        """Leaves out the last request, if it has not been begun: what is wrong is its body."""
        if self.pipeline:
            self.pipeline.popleft()
        elif self._next is not None:
            self._next = self._answered = None

    def _end(self) -> None:
        """Closes the connection once the client has taken what was said, or soon in any case."""
        self._ending = True
        self._has_come()
        if not self.transport.is_closing():
            self.transport.write_eof()
            self._coming = self.loop.call_later(LINGER, self.transport.abort)

    # What goes.

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answered = cycle
        whole = self._at_once(cycle, app)
        if whole is None and self._is_reading:
            self._next = cycle, app
        elif whole is None:
            self._begin(cycle, app)
        else:
            cycle.response_started = cycle.response_complete = True
            start = b"%s%s%s\r\n" % (STATUS_LINE[whole.status], head(_dated()), whole.head)
            # An empty piece would stay for ever in the buffer of asyncio's own transports.
            self.transport.writelines((start, whole.body) if whole.body else (start,))
            self._given += 1
            cycle.on_response = _nothing  # or each would hold the other in memory
            self.on_response_complete()

    def _begin(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        # What was given at once before it, out of the same read, has begun to count the time of rest.
        self._unset_keepalive_if_required()
        super()._start_asgi_task(cycle, partial(self._answer, cycle, app))

    def _at_once(self, cycle: RequestResponseCycle, app: ASGI3Application) -> Whole | None:
        """A finished answer, where it may go right now. Of requests that wait behind each other only the last may have
        one, because each would be answered from within the one before; what is not taken is not to pile up; and after
        some out of one read it is the others' turn."""
        if cycle is not self.cycle or not cycle.keep_alive or self.flow.write_paused or self._given >= AT_ONCE:
            return None
        # What goes wrong here goes wrong in the usual way too, and is told there; here the parser would take the blame.
        with suppress(Exception):
            return at_once(app)(cast(Scope, cycle.scope))
        return None

    async def _answer(
        self, cycle: RequestResponseCycle, app: ASGI3Application, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Lets an application answer, and frames what HTTP/1.0 has no frame for."""
        until_close = False

        async def framed(message: Message) -> None:
            nonlocal until_close
            if message["type"] == "http.response.start":
                cycle.default_headers = _dated()
                until_close = scope["http_version"] == "1.0" and not _has_length(message)
                if until_close:
                    cycle.chunked_encoding = False  # HTTP/1.0 knows no chunks (RFC 9112, 6.1)
            elif until_close:
                cycle.expected_content_length = len(message.get("body", b""))
            await send(message)

        try:
            await app(cast(Any, scope), cast(Any, receive), cast(Any, framed))
        except BrokenOff:
            cycle.disconnected = True
            self._break_off()

    def _break_off(self) -> None:
        """Ends the connection so that no client takes what it has got of an answer for all of it, not even one to
        which the end of the connection is the end of the answer."""
        if self in self.connections and (its_socket := self.transport.get_extra_info("socket")) is not None:
            its_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE_GONE)
        self.transport.abort()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_taking()

    def resume_writing(self) -> None:
        super().resume_writing()
        # The clock goes on: setting a new one for every answer costs more than looking at this one in vain. What is
        # closing still waits for the last of its answer to be taken.
        self._waits, self._has_moved = self.transport.is_closing(), True

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self._await_taking()
        elif self._wrong is not None and not self._is_answering():
            self._refuse(self._wrong)

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._await_taking()

    def _await_taking(self) -> None:
        self._waits = True
        if self._taking is None:
            self._watch()

    def _watch(self) -> None:
        self._has_moved = False
        self._taking = self.loop.call_later(PATIENCE, self._check, self.transport.get_write_buffer_size())

    def _check(self, before: int) -> None:
        self._taking = None
        if not self._waits:
            return
        if self._has_moved or before - self.transport.get_write_buffer_size() >= PIECE:
            self._watch()
        else:
            self.transport.abort()
