"""Threads with a bounded line before them: who comes when it is full is told at once, and who leaves frees a place."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from app.problems import Abandoned, Unavailable

T = TypeVar("T")


class Lane:
    """A few threads, and room for so many who wait for one."""

    def __init__(self, name: str, threads: int, waiting: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._threads = threads
        self._room = threads + waiting
        self._places: set[Future[Any]] = set()

    @property
    def waiting(self) -> int:
        """So many have not got a thread yet."""
        return max(0, len(self._places) - self._threads)

    async def run(self, work: Callable[[], T], gone: Callable[[], Awaitable[None]]) -> T:
        """What `work` makes on a thread.

        Raises Unavailable when there is no room, and Abandoned when `gone` ends first: then work that has not begun
        never will.
        """
        if len(self._places) >= self._room:
            raise Unavailable("Too many such questions are waiting for their answers. Try again shortly.", 5)
        place = self._executor.submit(work)
        self._places.add(place)
        place.add_done_callback(self._places.discard)
        done, leaving = asyncio.wrap_future(place), asyncio.ensure_future(gone())
        try:
            await asyncio.wait((done, leaving), return_when=asyncio.FIRST_COMPLETED)
            if not done.done():
                raise Abandoned("The client has gone away.")
            return done.result()
        finally:
            leaving.cancel()
            done.cancel()

    def close(self) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)
