"""Threads with a bounded line before them: who comes when it is full is told at once, and who leaves frees a place."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from app.problems import Abandoned, Unavailable

T = TypeVar("T")


class BoundedExecutor:
    """A few threads, and room for so many who wait for one."""

    def __init__(self, name: str, threads: int, max_queued: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._threads = threads
        self._capacity = threads + max_queued
        self._pending: set[Future[Any]] = set()

    @property
    def queued(self) -> int:
        """So many have not got a thread yet."""
        return max(0, len(self._pending) - self._threads)

    async def run(self, work: Callable[[], T], disconnected: Callable[[], Awaitable[None]]) -> T:
        """Runs `work` on a thread and returns its result.

        Raises Unavailable when the queue is full, and Abandoned when `disconnected` returns first; work that has not
        started by then never does.
        """
        if len(self._pending) >= self._capacity:
            raise Unavailable("Too many such questions are waiting for their answers. Try again shortly.", 5)
        future = self._executor.submit(work)
        self._pending.add(future)
        future.add_done_callback(self._pending.discard)
        done, disconnecting = asyncio.wrap_future(future), asyncio.ensure_future(disconnected())
        try:
            await asyncio.wait((done, disconnecting), return_when=asyncio.FIRST_COMPLETED)
            if not done.done():
                raise Abandoned("The client has gone away.")
            return done.result()
        finally:
            disconnecting.cancel()
            done.cancel()

    def close(self) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)
