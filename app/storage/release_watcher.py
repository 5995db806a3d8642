"""Looks up the newest release where that takes a network round trip: one query for all callers that wait for it."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from app.problems import Unavailable
from app.storage.database import Database, ReleaseInfo

ANSWER_TIMEOUT_SECONDS = 1.0
"""After this time a database that does not answer counts as unavailable."""


class ReleaseWatcher:
    """Asks for the newest release on a thread of its own, so that no slow query delays it.

    A caller gets the result of a query that began after its call, so nobody misses a release that they know exists.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="watch")
        self._waiting: list[asyncio.Future[ReleaseInfo]] = []
        self._asking: asyncio.Task[None] | None = None
        self._late = False

    async def newest(self) -> ReleaseInfo:
        """Raises Unavailable while the database is away, and at once while it is late with an earlier answer."""
        if self._late and self._asking is not None and not self._asking.done():
            raise Unavailable("The database does not answer at the moment. Try again shortly.")
        told: asyncio.Future[ReleaseInfo] = asyncio.get_running_loop().create_future()
        self._waiting.append(told)
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_SECONDS):
                return await told
        except TimeoutError as error:
            self._late = True
            raise Unavailable("The database does not answer at the moment. Try again shortly.") from error

    async def _ask(self) -> None:
        while self._waiting:
            told, self._waiting = self._waiting, []
            try:
                release = await asyncio.get_running_loop().run_in_executor(self._thread, self._database.newest)
            except Exception as error:
                for one in told:
                    if not one.done():
                        one.set_exception(error)
            else:
                for one in told:
                    if not one.done():
                        one.set_result(release)
            self._late = False

    def close(self) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)
