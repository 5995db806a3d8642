"""File responses, complete or in ranges (RFC 9110, section 14)."""

import re
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

from app.api.routes.problems import on_problem, problems
from app.problems import RangeNotSatisfiable
from app.server.preconditions import RANGE_FIELDS, range_applies

RANGE = {
    "name": "Range",
    "in": "header",
    "required": False,
    "description": "The part of the file to send, to read it bit by bit or to go on with a broken download.",
    "schema": {"type": "string"},
    "example": "bytes=0-1023",
}
"""The OpenAPI parameter."""

_UNIT = re.compile(r"\s*bytes=", re.IGNORECASE)
_RANGE = re.compile(r"([0-9]{0,20})-([0-9]{0,20})")


class Download(FileResponse):
    """A file response. Several ranges are one `multipart/byteranges` response in which overlapping ranges are merged.

    `Range` is ignored if it is not a valid byte range, or if `If-Range` names another version of the file.
    Starlette's `FileResponse` sends the ranges; only which of them are sent, and what is refused, is decided here. By
    itself it answers 4 of 16 headers tried with 400, among them `lines=1-2`, whose unknown unit RFC 9110 has ignored.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the file, its ranges, or a 416 if no range is in it."""
        assert self.stat_result is not None, "the size has to be known"
        request_headers, size = Headers(scope=scope), self.stat_result.st_size
        holds = range_applies(request_headers.get("if-range"), self.headers["etag"], self.headers["last-modified"])
        parts = ranges(request_headers.get("range", ""), size) if holds else None
        if parts == []:
            await self._refuse_range(size, scope, receive, send)
            return
        headers = [(name, value) for name, value in scope["headers"] if name not in RANGE_FIELDS]
        if parts is not None:
            written = ",".join(f"{first}-{last}" for first, last in parts)
            headers.append((b"range", f"bytes={written}".encode()))
        await super().__call__({**scope, "headers": headers}, receive, send)

    async def _refuse_range(self, size: int, scope: Scope, receive: Receive, send: Send) -> None:
        validators = {name: self.headers[name] for name in ("ETag", "Last-Modified")}
        headers = {"Content-Range": f"bytes */{size}", **validators}
        answer = await on_problem(
            Request(scope), RangeNotSatisfiable("The file ends before this range.", headers=headers)
        )
        await answer(scope, receive, send)


def ranges(header: str, size: int) -> list[tuple[int, int]] | None:
    """Returns the first and last byte of each range that begins within the file; None for an invalid header."""
    unit = _UNIT.match(header)
    if unit is None:
        return None
    texts = [text for text in map(str.strip, header[unit.end() :].split(",")) if text]
    matches = [_RANGE.fullmatch(text) for text in texts]
    if not matches:
        return None
    parts: list[tuple[int, int]] = []
    for match in matches:
        if match is None or not any(match.groups()):
            return None
        first = int(match[1]) if match[1] else max(0, size - int(match[2]))
        last = int(match[2]) if match[1] and match[2] else size - 1
        if match[1] and first > last and match[2]:
            return None
        parts.append((first, min(last, size - 1)))
    return [part for part in parts if part[0] < size]


def responses(content: dict[str, Any], *others: int) -> dict[int | str, dict[str, Any]]:
    """Returns the OpenAPI responses of a download, other problems too. `content` is that of the complete file."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    parts = dict.fromkeys((*content, "multipart/byteranges"), binary)
    some = "The part that `Range` asked for; where it asked for several, each with a head of its own."
    return {
        200: {"description": "The file.", "content": content},
        206: {"description": some, "content": parts},
        **problems(400, 412, 416, 503, *others),
    }
