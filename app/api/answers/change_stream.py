"""The change log as server-sent events, for listeners that stay connected while releases are loaded.

The id of an event is its place in the log, as `Last-Event-ID` brings it back: `{release}/{type}/{id}` behind an
entry, `{release}` behind the last entry of a release. All listeners at one place get the same bytes, which are read
once; while nothing comes, a listener holds neither a database connection nor a thread.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import AsyncIterator
from functools import partial
from typing import NamedTuple, Self

from fastapi.sse import format_sse_event

from app.api.answers import changelog
from app.api.parameters import record_ids
from app.model.compact_json import dump_json
from app.problems import BadParameter, Problem, Unavailable, types
from app.queries import changes as queries
from app.queries.filters import StreamFilters
from app.storage.reader import Reader
from app.storage.snapshot import Snapshot

MAX_LISTENERS = 5_000
"""Listeners of one process at a time."""

HEARTBEAT_SECONDS = 15.0
"""Seconds of silence after which a comment tells proxies and clients that the connection lives."""

_HEARTBEAT = b": ping\n"
"""A comment without the empty line that ends an event: httpx-sse 0.4.3 makes an empty event of each such line once an
id has come, where the standard (HTML, 9.2.6) has none without data."""

_RETRY = b"retry: 3000\n"
"""How long a client is told to wait before it connects again, in milliseconds; part of the first event, see above."""

PART_ENTRIES = 100
"""Entries that are read at a time."""

_KEPT_PARTS = 16
_PIECE_BYTES = 32 * 1024  # what is handed to a connection at a time, so that little waits in each for a slow client
_PLACE = re.compile(r"(0|[1-9][0-9]{0,8})(?:/([a-z_-]{1,40})/([a-z0-9-]{1,200}))?")
_RETRY_SECONDS = 1.0


class LogPlace(NamedTuple):
    """A place in the log: everything up to the entry with this key has been sent."""

    key: queries.LogKey

    @classmethod
    def behind_release(cls, number: int) -> Self:
        """The place behind all entries of a release."""
        return cls(queries.LogKey(number + 1, "", ""))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Returns the place that an event's id names. Raises BadParameter."""
        found = _PLACE.fullmatch(text)
        if found is None:
            detail = f"'Last-Event-ID' takes the id of an event: a release, or release/type/id; not '{text[:60]}'."
            raise BadParameter.of("Last-Event-ID", detail, type=types.BAD_VALUE)
        number, kind, id_ = int(found[1]), found[2], found[3]
        return cls.behind_release(number) if kind is None else cls(queries.LogKey(number, kind, id_))

    @property
    def release(self) -> int:
        """The newest release that one has to know to be at this place."""
        number, kind, _ = self.key
        return number if kind else number - 1

    def __str__(self) -> str:
        number, kind, id_ = self.key
        return f"{number}/{kind}/{id_}" if kind else str(number - 1)


class StreamPart(NamedTuple):
    """Some events, encoded; the place behind them; whether the log ends there, and with which release."""

    events: bytes
    place: LogPlace
    is_last: bool
    release: int


class ChangeStream:
    """Sends the log to listeners, and counts them."""

    def __init__(self, reader: Reader, heartbeat_seconds: float = HEARTBEAT_SECONDS) -> None:
        self._reader = reader
        self._heartbeat_seconds = heartbeat_seconds
        self._parts: OrderedDict[tuple[object, ...], asyncio.Task[StreamPart]] = OrderedDict()
        self._listeners = 0

    def check_capacity(self) -> None:
        """Raises Unavailable when as many listen as can."""
        if self._listeners >= MAX_LISTENERS:
            raise Unavailable("As many clients as can listen at a time are listening. Try again shortly.", 30)

    async def events(self, place: LogPlace, filters: StreamFilters) -> AsyncIterator[bytes]:
        """Yields events from a place on, encoded, without end."""
        self._listeners += 1
        try:
            yield _RETRY
            while True:
                try:
                    part = await self._part(place, filters)
                except Problem:  # the database does not answer at the moment
                    await asyncio.sleep(_RETRY_SECONDS)
                    yield _HEARTBEAT
                    continue
                for start in range(0, len(part.events), _PIECE_BYTES):
                    yield part.events[start : start + _PIECE_BYTES]
                place = part.place
                while part.is_last and not await self._has_news(part.release):
                    yield _HEARTBEAT
        finally:
            self._listeners -= 1

    async def _has_news(self, release: int) -> bool:
        """Waits for a later release, until a heartbeat is due."""
        return await self._reader.announcer.later_than(release, self._heartbeat_seconds)

    async def _part(self, place: LogPlace, filters: StreamFilters) -> StreamPart:
        """Returns what comes behind a place, read once for all who are there now."""
        newest = await self._reader.newest()
        key = (newest.number, newest.digest, place, tuple(sorted(filters.type)), "document" in filters.include)
        reading = self._parts.get(key)
        if reading is None:
            work = partial(_read_part, place=place, filters=filters)
            reading = self._parts[key] = asyncio.create_task(self._reader.read(work))
            if len(self._parts) > _KEPT_PARTS:
                self._parts.popitem(last=False)
        try:
            return await asyncio.shield(reading)
        except Problem:
            self._parts.pop(key, None)
            raise


def newest_place(snapshot: Snapshot, filters: StreamFilters, last_event_id: str | None) -> LogPlace:
    """Returns where a listener begins: behind the last event that it got, behind `since`, or behind everything.

    Raises BadParameter for a place of a release that is not there yet, and Gone for a copy that has to begin anew.
    """
    if last_event_id:
        place = LogPlace.parse(last_event_id)
        record_ids.check_release(snapshot, "Last-Event-ID", place.release)
        changelog.check_copy(snapshot, place.release)
        return place
    if filters.since is not None:
        record_ids.check_release(snapshot, "since", filters.since)
        changelog.check_copy(snapshot, filters.since)
        return LogPlace.behind_release(filters.since)
    return LogPlace.behind_release(snapshot.release.number)


def _read_part(snapshot: Snapshot, place: LogPlace, filters: StreamFilters) -> StreamPart:
    clauses = queries.since(place.release - 1 if place.key[1] else place.release, filters.type)
    with_documents = "document" in filters.include
    statement = queries.entries(clauses, place.key)
    part = changelog.log_part(snapshot, statement, PART_ENTRIES, with_documents=with_documents)
    places = [LogPlace(key) for key in part.places]
    events = [
        format_sse_event(event="change", data_str=entry, id=str(at))
        for entry, at in zip(part.entries, places, strict=True)
    ]
    number = snapshot.release.number
    if part.has_more:
        return StreamPart(b"".join(events), places[-1], is_last=False, release=number)
    place = LogPlace.behind_release(number)
    release = dump_json(changelog.newest_release(snapshot))
    events.append(format_sse_event(event="release", data_str=release, id=str(place)))
    return StreamPart(b"".join(events), place, is_last=True, release=number)
