"""Limits on client connections: request size, request time, send time; and sending of prepared responses.

uvicorn reads headers of any size for any time, and waits forever for a client that reads nothing. So this adds timers
and counters to its protocol, and answers with problem documents where a request is refused before it is complete.
Responses that are finished before they are asked for are sent from here too (`app.server.prepared_response`).

No other file relies on names that uvicorn does not document, and a test has each of them. They are: `ASGI3Application`,
`STATUS_LINE`; of `HttpToolsProtocol` its callbacks, `_start_asgi_task`, `_unset_keepalive_if_required`, `app`,
`connections`, `cycle`, `flow`, `loop`, `pipeline`, `shutdown`, `transport`, `url`; of `RequestResponseCycle`
`chunked_encoding`, `default_headers`, `disconnected`, `expected_content_length`, `keep_alive`, `message_event`,
`on_response`, `response_complete`, `response_started`, `scope`, `waiting_for_100_continue`; of `Server`
`capture_signals`, `handle_exit`; of `Multiprocess` `keep_subprocess_alive`, `processes` with `child_conn` and
`process`, `sockets`, `terminate_all`.
"""

import logging
import os
import signal
import socket
import struct
from asyncio import BaseTransport, TimerHandle, Transport
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from types import FrameType
from typing import Any, cast
from weakref import WeakSet

import uvicorn
from starlette.types import Message, Receive, Scope, Send
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.supervisors import Multiprocess

from app.problems import BadRequest, Problem, RequestTimeout, Unavailable
from app.server import limits
from app.server.access_log import AccessRecord, logger
from app.server.coalescing_transport import CoalescingTransport
from app.server.compression import EVENT_STREAM
from app.server.edge import Edge
from app.server.middleware import DEFAULT_FIELDS, TransferAborted, problem_response
from app.server.prepared_response import CLOSE, PreparedResponse, date_fields, encode_fields, field_value, responder
from app.server.request_context import RequestContext, new_id
from app.server.signals import SIGNALS, release_signals

MAX_INLINE_RESPONSES = 32
"""Prepared responses that are sent for one read before other connections get a turn."""

LINGER_SECONDS = 2.0
"""Time for which input is discarded after a refusal. A connection that is closed immediately loses the refusal."""

_MAX_HEAD_BYTES = limits.MAX_REQUEST_LINE_BYTES + limits.MAX_HEADER_BYTES
_LINGER_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER with 0 seconds: unsent data is discarded, and the client gets a reset."""


_EVENT_STREAM = EVENT_STREAM.encode()
_CONNECTION_FIELDS = {b"connection", b"transfer-encoding"}
"""Header fields that say how a response ends."""

_EVENT_STREAMS: WeakSet["BoundedHttpProtocol"] = WeakSet()
"""The connections that wait for events (`app.api.answers.change_stream` counts them): idle, and without an end."""


def _refuse_connection(scope: Scope, context: RequestContext) -> PreparedResponse:
    context.closes_connection = True
    problem = Unavailable("Too many connections are open. Try again shortly.", 5)
    return problem_response(problem, scope["path"]).with_fields(DEFAULT_FIELDS)


TOO_MANY_CONNECTIONS = Edge([_refuse_connection])
"""Answers on connections beyond `MAX_CONNECTIONS`."""


def _no_op() -> None:
    pass


def _encoded_head(response: PreparedResponse) -> bytes:
    return b"%s%s%s\r\n" % (STATUS_LINE[response.status], encode_fields(date_fields()), response.head)


class BoundedHttpProtocol(HttpToolsProtocol):
    """An HTTP connection whose client has to send its requests and read its responses in time."""

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(cast(Transport, transport))
        self.transport = cast(Transport, CoalescingTransport(self.transport, self.loop))
        self.url = b""
        self._size = 0  # bytes of the request that is coming
        self._inline_responses = 0  # prepared responses sent for the last read
        self._in_head = self._in_request = self._has_completed_request = self._is_reading = self._is_ending = False
        self._deferred: tuple[RequestResponseCycle, ASGI3Application] | None = None  # starts once all input is read
        self._last_cycle: RequestResponseCycle | None = None  # the last request whose response has begun
        self._pending_problem: Problem | None = None  # sent once the requests before the faulty one are answered
        self._write_timer: TimerHandle | None = None
        self._is_awaiting_client = self._has_drained = False
        self._request_timer: TimerHandle | None = self.loop.call_later(
            limits.REQUEST_TIMEOUT_SECONDS, self._on_request_timeout
        )
        if self._is_one_too_many():
            self.app = cast(ASGI3Application, TOO_MANY_CONNECTIONS)
        self._try_respond = responder(self.app).try_respond

    def _is_one_too_many(self) -> bool:
        many = len(self.connections) > limits.MAX_CONNECTIONS
        return many and len(self.connections.difference(_EVENT_STREAMS)) > limits.MAX_CONNECTIONS

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_request_timer()
        if self._write_timer is not None:
            self._write_timer.cancel()
        if self._last_cycle is not None and self._is_responding():
            # uvicorn tells only the last of the pipelined requests.
            self._last_cycle.disconnected = True
            self._last_cycle.message_event.set()
        _EVENT_STREAMS.discard(self)
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Called when the server is to end; what has no end is ended here."""
        super().shutdown()
        if self in _EVENT_STREAMS:
            self.transport.close()

    # Receiving.

    def data_received(self, data: bytes) -> None:
        if self._is_ending:
            return
        self._inline_responses, self._has_completed_request, self._is_reading = 0, False, True
        super().data_received(data)
        self._is_reading = False
        if self._deferred is not None:
            (cycle, app), self._deferred = self._deferred, None
            self._run(cycle, app)
        if self._is_ending or not self._in_request:
            return
        if not self._has_completed_request:  # else most of the data belongs to earlier requests
            self._size += len(data)
        if self._in_head and self._size > _MAX_HEAD_BYTES:
            self._reject(limits.too_long() if len(self.url) > limits.MAX_REQUEST_LINE_BYTES else limits.too_large())
        elif self._size > 2 * _MAX_HEAD_BYTES and not self._is_responding():
            self._close_after_linger()
        elif self._request_timer is None:
            self._request_timer = self.loop.call_later(limits.REQUEST_TIMEOUT_SECONDS, self._on_request_timeout)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._size, self._in_head, self._in_request = 0, True, True

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_request, self._has_completed_request = False, True
        self._cancel_request_timer()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Called for what the parser refuses: input that is not HTTP, and URLs that are too long for it."""
        is_long = len(self.url) > limits.MAX_REQUEST_LINE_BYTES
        self._reject(limits.too_long() if is_long else BadRequest("This is no HTTP request."))

    def _on_request_timeout(self) -> None:
        self._request_timer = None
        if self._is_responding():
            # No timeout while a response is due: perhaps the input is complete and has not been read yet.
            self._request_timer = self.loop.call_later(limits.REQUEST_TIMEOUT_SECONDS, self._on_request_timeout)
        elif self._in_head:
            self._reject(RequestTimeout(f"A request has to come within {limits.REQUEST_TIMEOUT_SECONDS:g} seconds."))
        else:
            self._close_after_linger()

    def _cancel_request_timer(self) -> None:
        if self._request_timer is not None:
            self._request_timer.cancel()
            self._request_timer = None

    def _is_responding(self) -> bool:
        return bool(self.pipeline) or (self._last_cycle is not None and not self._last_cycle.response_complete)

    def _reject(self, problem: Problem) -> None:
        """Sends a problem once all earlier requests are answered, and closes the connection."""
        self._is_ending = True
        self._cancel_request_timer()
        if self._in_request and not self._in_head:
            self._drop_last_request()
        if self._is_responding():
            self._pending_problem = problem
            return
        response, request_id = problem_response(problem, "/"), new_id()
        own = [*DEFAULT_FIELDS, (b"x-request-id", request_id.encode()), CLOSE]
        self.transport.write(_encoded_head(response.with_fields(own)) + response.body)
        if logger.isEnabledFor(logging.INFO):
            logger.handle(AccessRecord(request_id, "-", None, problem.status, 0.0, len(response.body)))
        self._close_after_linger()

    def _drop_last_request(self) -> None:
        """Drops the last request if it has not started: its body is what is wrong."""
        if self.pipeline:
            self.pipeline.popleft()
        elif self._deferred is not None:
            self._deferred = self._last_cycle = None

    def _close_after_linger(self) -> None:
        """Closes the connection once the client has read the response, or after `LINGER_SECONDS` at the latest."""
        self._is_ending = True
        self._cancel_request_timer()
        if not self.transport.is_closing():
            self.transport.write_eof()
            self._request_timer = self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    # Sending.

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._last_cycle = cycle
        prepared = self._prepared_response(cycle, app)
        if prepared is None and self._is_reading:
            self._deferred = cycle, app
        elif prepared is None:
            self._run(cycle, app)
        else:
            cycle.response_started = cycle.response_complete = True
            start = _encoded_head(prepared)
            # An empty chunk would stay forever in the buffer of asyncio's own transports.
            self.transport.writelines((start, prepared.body) if prepared.body else (start,))
            self._inline_responses += 1
            cycle.on_response = _no_op  # breaks the reference cycle between protocol and request cycle
            self.on_response_complete()

    def _run(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        # A prepared response to an earlier request of the same read has started the keep-alive timer.
        self._unset_keepalive_if_required()
        super()._start_asgi_task(cycle, partial(self._run_framed, cycle, app))

    def _prepared_response(self, cycle: RequestResponseCycle, app: ASGI3Application) -> PreparedResponse | None:
        """Returns a prepared response if it may be sent now.

        Of pipelined requests only the last may have one, because each would be answered from within the one before.
        None is sent while the client does not read, so that nothing piles up, nor after `MAX_INLINE_RESPONSES` for one
        read, so that other connections get a turn.
        """
        if (
            cycle is not self.cycle
            or not cycle.keep_alive
            or self.flow.write_paused
            or self._inline_responses >= MAX_INLINE_RESPONSES
        ):
            return None
        # An error here occurs on the ASGI path too and is handled there; here it would count as a parser error.
        with suppress(Exception):
            return self._try_respond(cast(Scope, cycle.scope))
        return None

    async def _run_framed(
        self, cycle: RequestResponseCycle, app: ASGI3Application, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Runs the application, and ends responses without a length by closing where the client speaks HTTP/1.0."""
        until_close = False

        async def framed(message: Message) -> None:
            nonlocal until_close
            if message["type"] == "http.response.start":
                if self._pending_problem is not None:
                    # The refusal of what came behind has still to be sent, and closes the connection (RFC 9112, 9.6).
                    message = {**message, "headers": [field for field in message["headers"] if field != CLOSE]}
                if field_value(message["headers"], b"content-type").startswith(_EVENT_STREAM):
                    _EVENT_STREAMS.add(self)
                cycle.default_headers = date_fields()
                until_close = scope["http_version"] == "1.0" and not field_value(message["headers"], b"content-length")
                if until_close:
                    cycle.chunked_encoding = False  # HTTP/1.0 has no chunked coding (RFC 9112, 6.1)
                elif self._has_sent_head(cycle, message):
                    return
            elif until_close:
                cycle.expected_content_length = len(message.get("body", b""))
            await send(message)

        try:
            await app(cast(Any, scope), cast(Any, receive), cast(Any, framed))
        except TransferAborted:
            cycle.disconnected = True
            self._reset()

    def _has_sent_head(self, cycle: RequestResponseCycle, message: Message) -> bool:
        """Sends the head of a response of known length if the connection stays open, at once: uvicorn looks at each
        field in turn, which takes a tenth of the time of a record. It does so where a field would be two lines."""
        fields = message["headers"]
        named = dict(fields)
        length = named.get(b"content-length")
        if length is None or not named.keys().isdisjoint(_CONNECTION_FIELDS):
            return False
        if not cycle.keep_alive or cycle.disconnected or self.flow.write_paused:
            return False
        own = [*cycle.default_headers, *fields]
        head = b"%s%s\r\n" % (STATUS_LINE[message["status"]], encode_fields(own))
        if not head.count(b"\n") == head.count(b"\r") == len(own) + 2:
            return False
        cycle.response_started, cycle.waiting_for_100_continue = True, False
        cycle.chunked_encoding, cycle.expected_content_length = False, int(length)
        self.transport.write(head)
        return True

    def _reset(self) -> None:
        """Resets the connection, so that no client takes a partial response for a complete one, not even a client for
        which the end of the connection is the end of the response."""
        if self in self.connections and (client_socket := self.transport.get_extra_info("socket")) is not None:
            client_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)
        self.transport.abort()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._expect_write_progress()

    def resume_writing(self) -> None:
        super().resume_writing()
        # The timer keeps running: a new one for every response costs more than one that expires in vain. A closing
        # connection still waits for the client to read the rest.
        self._is_awaiting_client, self._has_drained = self.transport.is_closing(), True

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self._expect_write_progress()
        elif self._pending_problem is not None and not self._is_responding():
            self._reject(self._pending_problem)

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._expect_write_progress()

    def _expect_write_progress(self) -> None:
        self._is_awaiting_client = True
        if self._write_timer is None:
            self._start_write_timer()

    def _start_write_timer(self) -> None:
        self._has_drained = False
        self._write_timer = self.loop.call_later(
            limits.WRITE_TIMEOUT_SECONDS, self._check_write_progress, self.transport.get_write_buffer_size()
        )

    def _check_write_progress(self, before: int) -> None:
        self._write_timer = None
        if not self._is_awaiting_client:
            return
        if self._has_drained or before - self.transport.get_write_buffer_size() >= limits.MIN_WRITE_PROGRESS_BYTES:
            self._start_write_timer()
        else:
            self.transport.abort()


class GracefulServer(uvicorn.Server):
    """A server that takes signals from its first moment, and that the second one ends immediately."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        with super().capture_signals():
            release_signals()
            yield

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)


class WorkerSupervisor(Multiprocess):
    """A supervisor that takes signals from its first moment, and that the second one ends immediately, workers
    included."""

    def run(self) -> None:
        release_signals()
        super().run()

    def keep_subprocess_alive(self) -> None:
        # A worker is asked whether it lives. With its end of the line held open here too, one that dies while it is
        # asked would be waited for until the time for an answer is over.
        for process in self.processes:
            process.child_conn.close()
        super().keep_subprocess_alive()

    def terminate_all(self) -> None:
        for listening in self.sockets:
            listening.close()
        super().terminate_all()
        for number in SIGNALS:
            signal.signal(number, self._end_at_once)

    def _end_at_once(self, sig: int, frame: Any) -> None:
        for process in self.processes:
            process.process.kill()
        os._exit(128 + sig)
