"""Validators and freshness, as plain ASGI: `ETag`, `Last-Modified`, `Cache-Control`, and 304 where nothing changed.

An answer is a function of the release that its handler has read (found in the request's state), of the build, of the
URL and of the encoding, and its ETag is made of nothing else. So a client that has the answer is told so as soon as
the release is known, without making the answer again; but only where the same ingredients are known to make one,
because an error stays an error.
"""

import re
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import __version__
from app.compression import chosen
from app.database import ReleaseMark, Snapshot
from app.middleware import Enough
from app.problems import Problem

REMEMBERED = 4096
"""So many answers are known by their validators, unless their URL is longer than it should be."""

LONGEST_URL = 2000

FRESHNESS = (
    (re.compile(r"/(healthz|readyz)"), "no-store"),
    (re.compile(r"/static/.*"), "public, max-age=3600"),
    (re.compile(r"/v1/(changes|releases).*"), "public, no-cache"),
    (re.compile(r".*", re.DOTALL), "public, max-age=10, stale-while-revalidate=60"),
)
"""How long a cache may give an answer out without asking, by path. What keeps a copy in sync is always asked for."""

_KEPT = {b"cache-control", b"content-location", b"dateline-release", b"etag", b"last-modified", b"link", b"vary"}
"""The headers of an answer that stand in its 304 too."""

_CONDITIONS = {b"if-none-match", b"if-modified-since"}
_TAG = re.compile(r'(?:W/)?("[^"]*")')
_HERE = Path(__file__).parent
_FILES = sorted(path for path in _HERE.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
_BUILD = blake2b(b"".join(path.read_bytes() for path in _FILES), digest_size=16).hexdigest()
_BUILT = datetime.fromtimestamp(max(int(path.stat().st_mtime) for path in _FILES), UTC)

RawHeaders = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Asked:
    """What of a request its answer depends on, and what the client says that it has."""

    url: str
    accept: str
    coding: str | None
    tags: str
    since: str | None

    @classmethod
    def of(cls, scope: Scope) -> "Asked":
        headers = Headers(scope=scope)
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        return cls(
            url=f"{scope['path']}?{urlencode(query)}",
            accept=headers.get("accept", ""),
            coding=chosen(headers.get("accept-encoding", "")),
            tags=",".join(headers.getlist("if-none-match")),
            since=headers.get("if-modified-since"),
        )

    def has(self, etag: str, last_modified: str) -> bool:
        """Whether the client has the answer with these validators. A tag is compared weakly and goes before a date.

        A date has to be the very one that was sent: after a restored backup, the older data are news.
        """
        if self.tags:
            return self.tags.strip() == "*" or etag.removeprefix("W/") in _TAG.findall(self.tags)
        return self.since == last_modified


class Caching:
    """Gives answers their validators and their freshness, and answers 304 to those who have them."""

    def __init__(self, app: ASGIApp, public_url: str) -> None:
        self.app = app
        self._build = f"{__version__} {_BUILD} {public_url}"
        self._known: OrderedDict[tuple[Any, ...], RawHeaders] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state, asked, done = scope.setdefault("state", {}), Asked.of(scope), False
        if asked.tags and scope["method"] == "GET" and (head := await self._known_head(scope, asked)):
            await send(head)
            await send({"type": "http.response.body", "body": b""})
            return

        async def send_validated(message: Message) -> None:
            nonlocal done
            if message["type"] == "http.response.start":
                head = self._validated(message, scope["path"], asked, state.get("release"))
                done = head["status"] == 304
                await send(head)
                if done:
                    await send({"type": "http.response.body", "body": b""})
            elif not done:
                await send(message)
            elif message.get("more_body"):
                raise Enough

        # Only here is it known which coding a tag stands for, so nobody further in is to answer 304.
        headers = [(name, value) for name, value in scope["headers"] if name not in _CONDITIONS]
        with suppress(Enough):
            await self.app({**scope, "headers": headers}, receive, send_validated)

    async def _known_head(self, scope: Scope, asked: Asked) -> Message | None:
        """The 304 for a client that has today's answer; null where the answer has to be made to know."""
        with suppress(Problem):  # the handler meets it too, and says what is wrong
            release = await scope["app"].state.reader.read(_release)
            headers = self._known.get(_ingredients(asked, release), [])
            found = Headers(raw=headers)
            if headers and asked.has(found["etag"], found["last-modified"]):
                return {"type": "http.response.start", "status": 304, "headers": list(headers)}
        return None

    def _validated(self, message: Message, path: str, asked: Asked, release: ReleaseMark | None) -> Message:
        """The head of an answer with all that caches ask for; a 304 when the client has the answer."""
        headers = MutableHeaders(raw=list(message.get("headers", [])))
        if release is not None:
            headers.setdefault("Dateline-Release", str(release.number))
        headers.setdefault("Cache-Control", _freshness(path) if message["status"] in (200, 206) else "no-store")
        if message["status"] != 200 or headers["Cache-Control"] == "no-store":
            return {**message, "headers": headers.raw}
        headers["ETag"] = self._etag(headers, asked, release)
        headers.setdefault("Last-Modified", _last_modified(release))
        kept = [(name, value) for name, value in headers.raw if name in _KEPT]
        if release is not None:
            self._remember(asked, release, kept)
        if asked.has(headers["ETag"], headers["Last-Modified"]):
            return {**message, "status": 304, "headers": kept}
        return {**message, "headers": headers.raw}

    def _etag(self, headers: MutableHeaders, asked: Asked, release: ReleaseMark | None) -> str:
        encoding = headers.get("content-encoding", "")
        if own := headers.get("etag"):
            return f'{own[:-1]}-{encoding}"' if encoding else own
        data = (release.number, release.digest, release.loaded_at) if release is not None else ()
        parts = (self._build, *data, asked.url, headers.get("content-type"), encoding)
        return f'"{blake2b(repr(parts).encode(), digest_size=16).hexdigest()}"'

    def _remember(self, asked: Asked, release: ReleaseMark, headers: RawHeaders) -> None:
        if len(asked.url) + len(asked.accept) > LONGEST_URL:
            return
        key = _ingredients(asked, release)
        self._known[key] = headers
        self._known.move_to_end(key)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def _release(snapshot: Snapshot) -> ReleaseMark:
    return snapshot.release


def _ingredients(asked: Asked, release: ReleaseMark) -> tuple[Any, ...]:
    """What an answer is made from, beside the build."""
    return release.number, release.digest, release.loaded_at, asked.url, asked.accept, asked.coding


def _freshness(path: str) -> str:
    return next(directive for pattern, directive in FRESHNESS if pattern.fullmatch(path))


def _last_modified(release: ReleaseMark | None) -> str:
    """When the data or the code last changed; both make the answer."""
    loaded = datetime.fromisoformat(release.loaded_at) if release is not None else _BUILT
    return format_datetime(max(loaded, _BUILT), usegmt=True)
