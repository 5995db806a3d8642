"""Finished answers, kept in memory and given out again without asking anything but which release is the newest.

An answer is a function of the release, of the URL and of the client's preferences (`app.server.negotiation`), so it is
good for as long as that release is the newest: nothing has to expire. Compressed answers are kept as they were sent. As
plain ASGI before everything else, because finding the handler costs more than sending what it once answered; and at
once, where the server can take it (`app.server.whole`).
"""

from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from time import time
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.problems import PreconditionFailed, Unavailable
from app.server.middleware import Enough, refusal
from app.server.negotiation import HEADERS, Lines, Preferences
from app.server.preconditions import FIELDS, UNCONDITIONAL, Outcome, Preconditions, moment
from app.server.whole import Fields, Whole
from app.storage.database import NOTHING, ReleaseMark

VALIDATORS = {
    b"access-control-allow-origin",
    b"access-control-expose-headers",
    b"cache-control",
    b"cache-status",
    b"content-location",
    b"dateline-release",
    b"etag",
    b"last-modified",
    b"link",
    b"referrer-policy",
    b"vary",
    b"x-content-type-options",
}
"""The headers of an answer that stand in its 304 too."""

LARGEST_PART = 16
"""A body larger than this part of the memory is not kept; its validators are, so that it is good for a 304."""

LONGEST_READ = 2000
"""Bytes of what a request asks for up to which its reading is remembered."""

_CONDITIONAL = (200, 206, 416)
"""The answers that preconditions are judged for: that a range lies beyond a file matters only where they hold."""

_HIT = (b"cache-status", b"dateline; hit")
_STALE = [(b"cache-status", b"dateline; hit; detail=stale"), (b"cache-control", b"no-cache")]
_OVERHEAD = 1500  # what a kept answer takes in memory beside its bytes and headers; measured for a list of one: 830

Key = tuple[str, Preferences]


class Asked(NamedTuple):
    """What of a request its answer depends on (`key`: URL and preferences), under which conditions it is sent, and
    whether only a part of it is wanted."""

    key: Key
    conditions: Preconditions
    in_part: bool

    @classmethod
    def of(cls, scope: Scope) -> "Asked":
        lines, conditional, in_part = [], False, False
        for name, value in scope["headers"]:
            if name in HEADERS:
                lines.append((name, value))
                in_part = in_part or name == b"range"
            elif name in FIELDS:
                conditional = True
        conditions = Preconditions.of(scope["headers"]) if conditional else UNCONDITIONAL
        query: bytes = scope["query_string"]
        path: str = scope["path"]
        size = len(path) + len(query) + sum([len(value) for _, value in lines])
        read = _key if size <= LONGEST_READ else _key.__wrapped__
        return cls(read(path, query, tuple(lines)), conditions, in_part)


@lru_cache(maxsize=8192)
def _key(path: str, query: bytes, lines: Lines) -> Key:
    """The same for every spelling of a query that means the same to the letter, and of what a client prefers."""
    return url_of(path, query), Preferences.of(lines)


def url_of(path: str, query: bytes) -> str:
    """A URL in one spelling: percent-encoded only where it has to be."""
    read = _url if len(path) + len(query) <= LONGEST_READ else _url.__wrapped__
    return read(path, query)


@lru_cache(maxsize=8192)
def _url(path: str, query: bytes) -> str:
    return f"{path}?{urlencode(parse_qsl(query.decode('latin-1'), keep_blank_values=True))}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer, and its 304; null where it is too large to be kept, and only good for a 304 then.

    It says when it was last modified once that moment, `due`, has come.
    """

    full: Whole | None
    not_modified: Whole
    etag: str
    last_modified: str
    due: float
    route: Any
    size: int


class Kept:
    """Gives out again what was answered before, and 304 to those who have it. `limit` is in bytes of memory.

    While the database is away, the last release's answers are given out marked as stale (`Cache-Status`, RFC 9211).
    Beside an answer from memory the request's state has the release and the route, as a handler would leave them, and
    `cache`: `hit` or `stale`.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit
        self.size = 0
        self._answers: OrderedDict[tuple[str, Key], Answer] = OrderedDict()
        self._seen = NOTHING

    def at_once(self, scope: Scope) -> Whole | None:
        """The answer, if it is kept, and if nothing has to be waited for to know that it is the newest."""
        asked = Asked.of(scope)
        if not self._answers or asked.in_part:
            return None
        try:
            release = scope["app"].state.reader.glance()
        except Unavailable:
            return None
        if release is None:
            return None
        self._seen = release
        return self._found(release, asked, "hit", scope)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        asked = Asked.of(scope)
        if self._answers and not asked.in_part:
            release, stale = await self._newest(scope)
            found = self._found(release, asked, "stale" if stale else "hit", scope)
            if found is not None:
                fields = _stale(found.fields) if stale else found.fields
                await send(_start(found._replace(fields=fields)))
                await send({"type": "http.response.body", "body": found.body})
                return
        await self._made(asked, scope, receive, send)

    async def _newest(self, scope: Scope) -> tuple[ReleaseMark, bool]:
        """The release to answer from, and whether nobody can tell if there is a newer one."""
        try:
            self._seen = await scope["app"].state.reader.newest()
        except Unavailable:
            return self._seen, True
        return self._seen, False

    def _found(self, release: ReleaseMark, asked: Asked, cache: str, scope: Scope) -> Whole | None:
        """An answer from memory; null where it has to be made after all."""
        place = release.mark, asked.key
        answer = self._answers.get(place)
        if answer is None:
            return None
        found = answer.full
        if asked.conditions is not UNCONDITIONAL:
            outcome = asked.conditions.outcome(answer.etag, answer.last_modified)
            if outcome is Outcome.NOT_MODIFIED:
                found = answer.not_modified
            elif outcome is Outcome.FAILED:
                found = _failed(answer.not_modified.fields, scope["path"])
        if found is not None:
            if answer.due > time():
                found = Whole.of(found.status, _undated(found.fields), found.body)
            self._answers.move_to_end(place)
            scope.setdefault("state", {}).update(release=release, route=answer.route, cache=cache)
        return found

    async def _made(self, asked: Asked, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets the application answer, keeps what it says, and sends what the conditions leave of it."""
        state: dict[str, Any] = scope.setdefault("state", {})
        # Only here is it known what the client has, so nobody further in judges that.
        headers = [(name, value) for name, value in scope["headers"] if name not in FIELDS]
        inner = {**scope, "headers": headers}
        start: Message = {}
        instead: Whole | None = None

        async def keeping(message: Message) -> None:
            nonlocal start, instead
            if message["type"] == "http.response.start":
                start = message
                return
            if start:
                release = state.get("release")
                answer = _answer(start["headers"], message, inner.get("route")) if start["status"] == 200 else None
                if answer is not None and release is not None:
                    self._keep(release, asked.key, answer)
                instead = _instead(start, asked.conditions, scope["path"])
                await send(_dated(start if instead is None else _start(instead)))
                start = {}
                if instead is not None:
                    await send({"type": "http.response.body", "body": instead.body})
            if instead is None:
                await send(message)
            elif message.get("more_body"):
                raise Enough

        with suppress(Enough):
            await self.app(inner, receive, keeping)

    def _keep(self, release: ReleaseMark, key: Key, answer: Answer) -> None:
        # Whoever asks chooses the address, so it counts as much as the body.
        answer = replace(answer, size=answer.size + len(key[0]))
        if answer.full is not None and answer.size > self.limit // LARGEST_PART:
            answer = replace(answer, full=None, size=answer.size - len(answer.full.body))
        if answer.size > self.limit:
            return
        self._forget(self._answers.pop((release.mark, key), None))
        self._answers[release.mark, key] = answer
        self._seen = release if self._seen is NOTHING else self._seen
        self.size += answer.size
        while self.size > self.limit:
            self._forget(self._answers.popitem(last=False)[1])

    def _forget(self, answer: Answer | None) -> None:
        self.size -= answer.size if answer is not None else 0


def _due(last_modified: str) -> float:
    changed = moment(last_modified)
    return changed.timestamp() if changed is not None else 0


def _undated(headers: Fields) -> Fields:
    """What an answer says while its `Last-Modified` lies ahead, which must not be said (RFC 9110, 8.8.2.1): no two
    releases share a second, so of several that follow each other closely the last are ahead; and clocks differ."""
    return [pair for pair in headers if pair[0] != b"last-modified"]


def _dated(start: Message) -> Message:
    ahead = _due(Headers(raw=start["headers"]).get("last-modified", "")) > time()
    return {**start, "headers": _undated(start["headers"])} if ahead else start


def _start(answer: Whole) -> Message:
    return {"type": "http.response.start", "status": answer.status, "headers": answer.fields}


def _instead(start: Message, conditions: Preconditions, path: str) -> Whole | None:
    """What is sent in place of an answer that the client has, or did not want if it has changed."""
    if conditions is UNCONDITIONAL or start["status"] not in _CONDITIONAL:
        return None
    found = Headers(raw=start["headers"])
    outcome = conditions.outcome(found.get("etag"), found.get("last-modified"))
    if outcome is Outcome.SENT:
        return None
    fields = _validators(start["headers"])
    return Whole.of(304, fields) if outcome is Outcome.NOT_MODIFIED else _failed(fields, path)


def _failed(validators: Fields, path: str) -> Whole:
    """The refusal of an answer that is another by now, with the validators that it has."""
    problem = PreconditionFailed("What is asked for is no longer what the request's conditions name. Get it anew.")
    start, body = refusal(problem, path)
    fields = [(name, value) for name, value in validators if name not in (b"cache-control", b"link")]
    return Whole.of(problem.status, [*start["headers"], *fields], body["body"])


def _answer(headers: Fields, body: Message, route: Any) -> Answer | None:
    """What is to be kept of an answer; null for what has no validators. `body` is its first piece."""
    found = Headers(raw=headers)
    if "etag" not in found:
        return None
    headers = [*headers, _HIT]
    full = None if body.get("more_body") else Whole.of(200, headers, body.get("body", b""))
    not_modified = Whole.of(304, _validators(headers))
    # Once in the list of fields, and once as they are sent.
    size = 2 * len(full.head) + len(full.body) if full else 0
    return Answer(
        full=full,
        not_modified=not_modified,
        etag=found["etag"],
        last_modified=found.get("last-modified", ""),
        due=_due(found.get("last-modified", "")),
        route=route,
        size=_OVERHEAD + size + 2 * len(not_modified.head),
    )


def _validators(headers: Fields) -> Fields:
    return [pair for pair in headers if pair[0] in VALIDATORS]


def _stale(headers: Fields) -> Fields:
    """The headers of an answer that may be out of date, which no cache on the way is to give out as fresh."""
    replaced = {name for name, _ in _STALE}
    return [*((name, value) for name, value in headers if name not in replaced), *_STALE]
