"""Raw HTTP over a socket: sends exact bytes, and parses the responses."""

import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 60.0
"""Seconds that an answer may take; two slow cores may be busy with other tests."""


@dataclass(frozen=True)
class RawResponse:
    """One response. `status` is 0 where the server closed the connection without one."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    head: bytes

    def header(self, name: str) -> str | None:
        return next((value for known, value in self.headers if known == name), None)


NO_RESPONSE = RawResponse(0, (), b"", b"")


def send(base: str, data: bytes, *, finish: bool = False) -> bytes:
    """All that the server at a base URL sends for these bytes, until it closes the connection or lets it rest.

    `finish` says that nothing more will come from here.
    """
    received = bytearray()
    with socket.create_connection(("127.0.0.1", urlsplit(base).port or 80), timeout=TIMEOUT_SECONDS) as connection:
        try:
            connection.sendall(data)
            if finish:
                connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(2**16):
                received += chunk
        except (ConnectionError, BrokenPipeError):
            pass  # what was sent was refused before all of it was read
    return bytes(received)


def ask(
    base: str, target: str | bytes, *headers: str | bytes, method: str | bytes = "GET", host: str | bytes = "127.0.0.1"
) -> RawResponse:
    """The answer to a request whose target and headers are sent exactly as they stand here."""
    lines = [_bytes(method) + b" " + _bytes(target) + b" HTTP/1.1", b"Host: " + _bytes(host), b"Connection: close"]
    return first(send(base, b"\r\n".join([*lines, *map(_bytes, headers), b"", b""])))


def first(data: bytes) -> RawResponse:
    """The first answer in what a server has sent. Its body is everything that follows, chunks as they came."""
    head, _, body = data.partition(b"\r\n\r\n")
    if not head:
        return NO_RESPONSE
    status, *fields = head.split(b"\r\n")
    pairs = (field.decode("latin-1").partition(":") for field in fields)
    return RawResponse(
        int(status.split()[1]), tuple((name.lower(), value.strip()) for name, _, value in pairs), body, head
    )


def answers(data: bytes) -> int:
    """How many answers a server has sent."""
    return data.count(b"HTTP/1.1 ")


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
