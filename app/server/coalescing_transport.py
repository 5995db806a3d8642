"""A transport that joins small writes to what follows them."""

from asyncio import AbstractEventLoop, Transport
from collections.abc import Iterable
from typing import Any

MAX_COALESCED_BYTES = 8 * 1024
"""The largest write that is held back for what follows it in the same turn of the event loop."""


class CoalescingTransport:
    """A transport that sends the head of a response together with its first bytes: a second system call costs a seventh
    of a list. A small write that nothing follows is sent at the next turn of the event loop."""

    def __init__(self, transport: Transport, loop: AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._pending = b""

    def write(self, data: bytes) -> None:
        if self._pending:
            self._transport.writelines((self._pending, data))
            self._pending = b""
        elif len(data) <= MAX_COALESCED_BYTES:
            self._pending = data
            self._loop.call_soon(self._flush)
        else:
            self._transport.write(data)

    def _flush(self) -> None:
        pending, self._pending = self._pending, b""
        if pending and not self._transport.is_closing():
            self._transport.write(pending)

    def writelines(self, pieces: Iterable[bytes]) -> None:
        self._flush()
        self._transport.writelines(pieces)

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def write_eof(self) -> None:
        self._flush()
        self._transport.write_eof()

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        self._pending = b""
        self._transport.abort()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
