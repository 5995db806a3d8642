"""Looks up the newest release in a database across a network, with one query for all callers that wait for it."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from app.problems import Unavailable
from app.storage.database import Database
from app.storage.release_info import ReleaseInfo

ANSWER_TIMEOUT_SECONDS = 1.0
"""Seconds after which a database that does not answer counts as unavailable."""


class ReleaseWatcher:
    """Queries the newest release on a thread of its own, so that no slow query delays it.

    A caller gets the result of a query that began after its call, so that nobody misses a release that they know of.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="watch")
        self._waiting: list[asyncio.Future[ReleaseInfo]] = []
        self._asking: asyncio.Task[None] | None = None
        self._late = False

    async def newest(self) -> ReleaseInfo:
        """Returns the newest release.

        Raises Unavailable while the database does not answer; without waiting, while an earlier query is overdue.
        """
        if self._late and self._asking is not None and not self._asking.done():
            raise Unavailable("The database does not answer at the moment. Try again shortly.")
        newest: asyncio.Future[ReleaseInfo] = asyncio.get_running_loop().create_future()
        self._waiting.append(newest)
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_SECONDS):
                return await newest
        except TimeoutError as error:
            self._late = True
            raise Unavailable("The database does not answer at the moment. Try again shortly.") from error

    async def _ask(self) -> None:
        while self._waiting:
            callers, self._waiting = self._waiting, []
            try:
                release = await asyncio.get_running_loop().run_in_executor(self._thread, self._database.newest)
            except Exception as error:
                for caller in callers:
                    if not caller.done():
                        caller.set_exception(error)
            else:
                for caller in callers:
                    if not caller.done():
                        caller.set_result(release)
            self._late = False

    def close(self) -> None:
        """Waits for the running query, and ends the thread."""
        self._thread.shutdown(wait=True, cancel_futures=True)
