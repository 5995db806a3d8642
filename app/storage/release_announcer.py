"""Tells all who wait for the next release that it is there, with one look at the database for all of them."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from app.problems import Problem
from app.storage.release_info import ReleaseInfo

POLL_SECONDS = 0.5
"""Seconds between two looks at the database."""


class ReleaseAnnouncer:
    """Looks at the database every `POLL_SECONDS` as long as somebody waits; they hold neither connection nor thread."""

    def __init__(self, newest: Callable[[], Awaitable[ReleaseInfo]]) -> None:
        self._newest = newest
        self._waiting: set[asyncio.Future[None]] = set()
        self._known = -1
        self._polling: asyncio.Task[None] | None = None

    async def later_than(self, number: int, seconds: float) -> bool:
        """Waits for a release later than one, at most for some seconds, and returns whether there is one."""
        try:
            async with asyncio.timeout(seconds):
                while self._known <= number:
                    await self._next_announcement()
        except TimeoutError:
            return False
        return True

    async def _next_announcement(self) -> None:
        announced: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(announced)
        if self._polling is None or self._polling.done():
            self._polling = asyncio.create_task(self._poll())
        try:
            await announced
        finally:
            self._waiting.discard(announced)

    async def _poll(self) -> None:
        while self._waiting:
            with suppress(Problem):  # the database does not answer at the moment
                number = (await self._newest()).number
                if number != self._known:
                    self._known = number
                    self._announce()
            await asyncio.sleep(POLL_SECONDS)

    def _announce(self) -> None:
        for announced in self._waiting:
            if not announced.done():
                announced.set_result(None)
