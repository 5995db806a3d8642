"""Response cache: complete responses in memory, keyed by release, URL and content negotiation.

A response is a function of the release, of the URL and of the client's preferences (`app.server.negotiation`), so it is
valid as long as that release is the newest: nothing has to expire, and a hit only asks which release is the newest.
Compressed responses are stored as they were sent. `app.server.edge` looks here before everything else, because routing
costs more than sending a stored response. A proxy's cache, which README recommends anyway, does not know the release.
"""

from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from time import time
from typing import Literal, Protocol

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.problems import PreconditionFailed, Unavailable
from app.server.cache_lookup import CacheLookup, Key
from app.server.middleware import StopStream, problem_response
from app.server.preconditions import CONDITIONAL_FIELDS, UNCONDITIONAL, Outcome, Preconditions, parse_http_date
from app.server.prepared_response import Fields, PreparedResponse
from app.server.request_context import SERVER_TIMING, RequestContext, route_path
from app.storage.release_info import NO_RELEASE, ReleaseInfo

NOT_MODIFIED_FIELDS = {
    b"access-control-allow-origin",
    b"access-control-expose-headers",
    b"cache-control",
    b"cache-status",
    b"content-location",
    b"dateline-origin",
    b"dateline-release",
    b"etag",
    b"last-modified",
    b"link",
    b"memento-datetime",
    b"referrer-policy",
    SERVER_TIMING,
    b"timing-allow-origin",
    b"vary",
    b"x-content-type-options",
}
"""The header fields of a response that its 304 has too."""

MAX_BODY_DIVISOR = 16
"""A response larger than the cache limit divided by this is stored without its body, for 304 only."""

_CONDITIONAL_STATUSES = (200, 206, 416)
"""The statuses that preconditions are evaluated for: whether a range lies beyond a file matters only if they hold."""

_HIT_FIELDS = [(b"cache-status", b"dateline; hit"), (SERVER_TIMING, b"cache;desc=hit")]
_STALE_FIELDS = [
    (b"cache-status", b"dateline; hit; detail=stale"),
    (SERVER_TIMING, b"cache;desc=stale"),
    (b"cache-control", b"no-cache"),
]
_ENTRY_OVERHEAD_BYTES = 1500  # memory of an entry beside its bytes and headers; measured for a list of one: 830


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """A stored response and its 304. `full` is None where it is too large to store: the entry then serves 304 only.

    `Last-Modified` is sent only once that time, `last_modified_at` (a Unix timestamp), has passed.
    """

    full: PreparedResponse | None
    not_modified: PreparedResponse
    etag: str
    last_modified: str
    last_modified_at: float
    route: str | None
    size: int


class Releases(Protocol):
    """Knows the newest release. Both methods raise Unavailable while the database does."""

    def peek_release(self) -> ReleaseInfo | None:
        """Returns it if it is known without waiting."""

    async def newest(self) -> ReleaseInfo:
        """Returns it."""


class ResponseCache:
    """Stores the responses of an ASGI app, and finds them again, or 304 for clients that have them.

    `limit` is in bytes of memory; the least recently used entries are evicted. While the database is unavailable, the
    last release's responses are found, marked as stale (`Cache-Status`, RFC 9211). A response that is found tells the
    request's context its release and route, as a handler would, and what the cache did. Once a release has redacted
    something, all responses from before are dropped, and `on_redaction` is called with its number.
    """

    def __init__(
        self,
        app: ASGIApp,
        limit: int,
        releases: Callable[[], Releases],
        on_redaction: Callable[[int], None] = lambda redacted_in: None,
    ) -> None:
        self.app = app
        self._on_redaction = on_redaction
        self._redacted_in = 0
        self.limit = limit
        self.size = 0
        self._releases = releases
        self._entries: OrderedDict[tuple[str, Key], CachedResponse] = OrderedDict()
        self._last_release = NO_RELEASE

    def find(self, scope: Scope, context: RequestContext) -> PreparedResponse | None:
        """Returns the stored response if the newest release is known without waiting."""
        context.lookup = lookup = CacheLookup.of(scope) if scope["method"] in ("GET", "HEAD") else None
        if lookup is None or not self.may_have(lookup):
            return None
        try:
            release = self._releases().peek_release()
        except Unavailable:
            return None
        if release is None:
            return None
        self._last_release = release
        return self._find(release, lookup, "hit", context, scope["path"])

    async def find_waiting(self, scope: Scope, context: RequestContext) -> PreparedResponse | None:
        """Returns the stored response of the newest release; of the last one where the database is unavailable."""
        lookup = context.lookup
        if lookup is None or not self.may_have(lookup):
            return None
        try:
            self._last_release = await self._releases().newest()
        except Unavailable:
            response = self._find(self._last_release, lookup, "stale", context, scope["path"])
            if response is None:
                return None
            return PreparedResponse.of(response.status, _mark_stale(response.fields), response.body)
        return self._find(self._last_release, lookup, "hit", context, scope["path"])

    def may_have(self, lookup: CacheLookup | None) -> bool:
        """Whether a response may be stored for a request."""
        return bool(self._entries) and lookup is not None and not lookup.has_range

    def _find(
        self,
        release: ReleaseInfo,
        lookup: CacheLookup,
        cache: Literal["hit", "stale"],
        context: RequestContext,
        path: str,
    ) -> PreparedResponse | None:
        """Returns the stored response or its 304 or 412; None on a miss."""
        entry_key = release.fingerprint, lookup.key
        answer = self._entries.get(entry_key)
        if answer is None:
            return None
        response = answer.full
        if lookup.conditions is not UNCONDITIONAL:
            outcome = lookup.conditions.outcome(answer.etag, answer.last_modified)
            if outcome is Outcome.NOT_MODIFIED:
                response = answer.not_modified
            elif outcome is Outcome.FAILED:
                response = _precondition_failed(answer.not_modified.fields, path)
        if response is not None:
            if answer.last_modified_at > time():
                response = PreparedResponse.of(response.status, _without_last_modified(response.fields), response.body)
            self._entries.move_to_end(entry_key)
            context.release, context.route, context.cache = release, answer.route, cache
        return response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets the application respond, stores the response, and sends it, or 304 or 412, as the preconditions say."""
        context = RequestContext.of(scope)
        lookup = context.lookup
        if lookup is None:
            inner = dict(scope)
            try:
                await self.app(inner, receive, send)
            finally:
                context.route = route_path(inner)
            return
        # Preconditions are evaluated here alone, so the application does not get them.
        headers = [(name, value) for name, value in scope["headers"] if name not in CONDITIONAL_FIELDS]
        inner = {**scope, "headers": headers}
        start: Message = {}
        replacement: PreparedResponse | None = None

        async def send_and_store(message: Message) -> None:
            nonlocal start, replacement
            if message["type"] == "http.response.start":
                start = message
                return
            if start:
                self._notice(context.release)
                if self.limit and start["status"] == 200 and context.release is not None:
                    answer = _cached_response(start["headers"], message, route_path(inner))
                    if answer is not None:
                        self._store(context.release, lookup.key, answer)
                replacement = _conditional_response(start, lookup.conditions, scope["path"])
                await send(_without_future_last_modified(start if replacement is None else _start_message(replacement)))
                start = {}
                if replacement is not None:
                    await send({"type": "http.response.body", "body": replacement.body})
            if replacement is None:
                await send(message)
            elif message.get("more_body"):
                raise StopStream

        try:
            with suppress(StopStream):
                await self.app(inner, receive, send_and_store)
        finally:
            context.route = route_path(inner)

    def _notice(self, release: ReleaseInfo | None) -> None:
        if release is not None and release.redacted_in > self._redacted_in:
            self._redacted_in = release.redacted_in
            self._entries.clear()
            self.size = 0
            self._on_redaction(release.redacted_in)

    def _store(self, release: ReleaseInfo, key: Key, answer: CachedResponse) -> None:
        # Clients choose the URL, so its size counts as the body does.
        answer = replace(answer, size=answer.size + len(key[0]))
        if answer.full is not None and answer.size > self.limit // MAX_BODY_DIVISOR:
            answer = replace(answer, full=None, size=answer.size - len(answer.full.body))
        if answer.size > self.limit:
            return
        self._subtract(self._entries.pop((release.fingerprint, key), None))
        self._entries[release.fingerprint, key] = answer
        self._last_release = release if self._last_release is NO_RELEASE else self._last_release
        self.size += answer.size
        while self.size > self.limit:
            self._subtract(self._entries.popitem(last=False)[1])

    def _subtract(self, answer: CachedResponse | None) -> None:
        self.size -= answer.size if answer is not None else 0


@lru_cache(maxsize=16)
def _timestamp(last_modified: str) -> float:
    changed = parse_http_date(last_modified)
    return changed.timestamp() if changed is not None else 0


def _without_last_modified(headers: Fields) -> Fields:
    """Removes `Last-Modified`, which must not be sent while it lies in the future (RFC 9110, 8.8.2.1): no two releases
    share a second, so of several in quick succession the last ones are ahead of the clock; and clocks differ."""
    return [pair for pair in headers if pair[0] != b"last-modified"]


def _without_future_last_modified(start: Message) -> Message:
    ahead = _timestamp(Headers(raw=start["headers"]).get("last-modified", "")) > time()
    return {**start, "headers": _without_last_modified(start["headers"])} if ahead else start


def _start_message(answer: PreparedResponse) -> Message:
    return {"type": "http.response.start", "status": answer.status, "headers": answer.fields}


def _conditional_response(start: Message, conditions: Preconditions, path: str) -> PreparedResponse | None:
    """Returns the 304 or 412 that replaces a response because of its preconditions; None where it is sent."""
    if conditions is UNCONDITIONAL or start["status"] not in _CONDITIONAL_STATUSES:
        return None
    headers = Headers(raw=start["headers"])
    outcome = conditions.outcome(headers.get("etag"), headers.get("last-modified"))
    if outcome is Outcome.SENT:
        return None
    fields = _not_modified_fields(start["headers"])
    return PreparedResponse.of(304, fields) if outcome is Outcome.NOT_MODIFIED else _precondition_failed(fields, path)


def _precondition_failed(validators: Fields, path: str) -> PreparedResponse:
    """Returns the 412 of a response that has changed, with its current validators."""
    problem = PreconditionFailed("What is asked for is no longer what the request's conditions name. Get it anew.")
    fields = [(name, value) for name, value in validators if name not in (b"cache-control", b"link")]
    return problem_response(problem, path).with_fields(fields)


def _cached_response(headers: Fields, body: Message, route: str | None) -> CachedResponse | None:
    """Returns the cache entry of a response; None if it has no validators. `body` is its first body message."""
    fields = Headers(raw=headers)
    if "etag" not in fields:
        return None
    headers = [*headers, *_HIT_FIELDS]
    full = None if body.get("more_body") else PreparedResponse.of(200, headers, body.get("body", b""))
    not_modified = PreparedResponse.of(304, _not_modified_fields(headers))
    # Fields are in memory twice: as a list and encoded.
    size = 2 * len(full.head) + len(full.body) if full else 0
    return CachedResponse(
        full=full,
        not_modified=not_modified,
        etag=fields["etag"],
        last_modified=fields.get("last-modified", ""),
        last_modified_at=_timestamp(fields.get("last-modified", "")),
        route=route,
        size=_ENTRY_OVERHEAD_BYTES + size + 2 * len(not_modified.head),
    )


def _not_modified_fields(headers: Fields) -> Fields:
    return [pair for pair in headers if pair[0] in NOT_MODIFIED_FIELDS]


def _mark_stale(headers: Fields) -> Fields:
    """Marks a response as possibly out of date, so that no cache on the way serves it as fresh."""
    replaced = {name for name, _ in _STALE_FIELDS}
    return [*((name, value) for name, value in headers if name not in replaced), *_STALE_FIELDS]
