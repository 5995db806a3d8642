"""Which responses may be cached, for how long, and by which validators: `Cache-Control`, `ETag`, `Last-Modified`.

A response is a function of the release that its handler has read (found in the request's state), of the build, of the
URL and of the content coding; its ETag is a digest of these and nothing else, with the coding's name at its end.
"""

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache, lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import __version__
from app.server.cache_lookup import MAX_MEMOIZED_BYTES, normalized_url
from app.server.prepared_response import Fields
from app.server.request_context import RequestContext
from app.storage.release_info import ReleaseInfo

CACHE_CONTROL = (
    (re.compile(r"/(healthz|readyz)"), "no-store"),
    (re.compile(r"/static/.*"), "public, max-age=3600"),
    (re.compile(r"/v1/(changes|corrections|releases).*"), "public, no-cache"),
    (re.compile(r".*", re.DOTALL), "public, max-age=10"),
)
"""`Cache-Control` by path: how long a cache may reuse a response. Paths for synchronization are always revalidated.

Without `stale-while-revalidate`: of a revalidation in the background a browser tells its tools the beginning but never
the end, so what waits for an idle network, as tests of front ends do, may wait forever."""

PINNED = "public, max-age=3600"
"""`Cache-Control` of what a request asks for as it was at a release: not immutable, because something may have to be
taken out of it."""

_PACKAGE = Path(__file__).parent.parent


class Build(NamedTuple):
    """The code that is running: a digest of its files, and when the last of them changed."""

    digest: str
    time: datetime


@cache
def build() -> Build:
    """Reads the package's files, once; `create_app` does."""
    files = sorted(path for path in _PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    digest = blake2b(b"".join(path.read_bytes() for path in files), digest_size=16).hexdigest()
    return Build(digest, datetime.fromtimestamp(max(int(path.stat().st_mtime) for path in files), UTC))


class ValidatorsMiddleware:
    """Adds validators and `Cache-Control` to responses."""

    def __init__(self, app: ASGIApp, public_url: str) -> None:
        self.app = app
        self._public_url = public_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Adds the fields to the head of the response."""
        context = RequestContext.of(scope)

        async def send_validated(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": self._headers(message, scope, context)}
            await send(message)

        await self.app(scope, receive, send_validated)

    def _headers(self, message: Message, scope: Scope, context: RequestContext) -> Fields:
        """Returns the header fields of a response with those for caches."""
        headers: Fields = list(message.get("headers", []))
        release = context.pinned or context.release
        known = dict(headers)
        if release is not None and b"dateline-release" not in known:
            headers.append((b"dateline-release", str(release.number).encode()))
        if release is not None and release.copy_of is not None:
            headers.append((b"dateline-origin", release.copy_of.encode()))
        directive = known.get(b"cache-control")
        if directive is None:
            cacheable = PINNED if context.pinned is not None else _cache_control(scope["path"])
            # What a body asks for cannot be found again by its address.
            is_cacheable = message["status"] in (200, 206) and scope["method"] != "POST"
            directive = (cacheable if is_cacheable else "no-store").encode()
            headers.append((b"cache-control", directive))
        if message["status"] == 200 and directive != b"no-store":
            if b"etag" in known:
                headers = [field for field in headers if field[0] != b"etag"]
            headers.append((b"etag", self._etag(known, scope, release).encode()))
            if b"last-modified" not in known:
                headers.append((b"last-modified", last_modified(release).encode()))
        return headers

    def _etag(self, headers: dict[bytes, bytes], scope: Scope, release: ReleaseInfo | None) -> str:
        def value(name: bytes) -> str:
            return headers.get(name, b"").decode("latin-1")

        tag, encoding = value(b"etag"), value(b"content-encoding")
        if not tag:
            url, content_type = normalized_url(scope["path"], scope["query_string"]), value(b"content-type") or None
            tag = entity_tag(self._public_url, release, url, content_type, value(b"content-language"))
        return f'{tag[:-1]}-{encoding}"' if encoding else tag


def entity_tag(
    public_url: str,
    release: ReleaseInfo | None,
    url: str,
    content_type: str | None,
    language: str = "",
) -> str:
    """Returns the ETag of a response that is not compressed: a digest of everything that its bytes depend on."""
    data = (release.fingerprint, release.origin) if release is not None else ()
    of_release = _digest_of_release(public_url, *data).copy()
    of_release.update(repr((url, content_type, language)).encode())
    return f'"{of_release.hexdigest()}"'


@lru_cache(maxsize=16)
def _digest_of_release(*data: str | None) -> blake2b:
    """The digest of what is the same for all responses of a release, to go on from."""
    return blake2b(repr((__version__, build().digest, *data)).encode(), digest_size=16)


def last_modified(release: ReleaseInfo | None) -> str:
    """Returns when the data or the code last changed, whichever is later; a response depends on both."""
    return _last_modified(release.loaded_at if release is not None else None)


def is_never_cached(path: str) -> bool:
    """Returns whether the responses of a path are `no-store`, and so have no validators."""
    return _cache_control(path) == "no-store"


def _cache_control(path: str) -> str:
    read = _directive if len(path) <= MAX_MEMOIZED_BYTES else _directive.__wrapped__
    return read(path)


@lru_cache(maxsize=8192)
def _directive(path: str) -> str:
    return next(directive for pattern, directive in CACHE_CONTROL if pattern.fullmatch(path))


@lru_cache(maxsize=16)
def _last_modified(loaded_at: str | None) -> str:
    loaded = datetime.fromisoformat(loaded_at) if loaded_at is not None else build().time
    return format_datetime(max(loaded, build().time), usegmt=True)
