"""Runs all reads of the service, on the event loop or on threads, and streams of results too large to build at once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from threading import Event, Lock
from time import monotonic
from typing import TypeVar

from app.problems import Abandoned, Unavailable
from app.storage.database import (
    MAX_CONCURRENT_STREAMS,
    NO_RELEASE,
    READING_THREADS,
    ConnectionLost,
    Database,
    ReleaseInfo,
    Snapshot,
)
from app.storage.deadlines import TooSlow
from app.storage.executors import BoundedExecutor
from app.storage.release_watcher import ReleaseWatcher

T = TypeVar("T")
Disconnected = Callable[[], Awaitable[None]]

STREAMING_THREADS = 2

MAX_QUEUED_LONG = 32
"""Long reads that may wait for a thread; few enough that the last is answered before its client gives up."""

MAX_QUEUED_SHORT = 256
"""Short reads that may wait for a thread, on databases where they need one."""

SLOT_TIMEOUT_SECONDS = 10.0
"""How long a download waits for one of the concurrent slots."""

STALLED_SECONDS = 3.0
"""While others wait for a slot, a client that has taken nothing of its download for this long loses its own."""

INLINE_SECONDS = 0.1
"""How long a short read may hold the event loop. A read that takes longer starts again on a thread."""

SLOT_POLL_SECONDS = 0.05

BUFFER_BYTES = 4 * 2**20
"""Bytes that are built before the first is sent. A smaller result is sent whole, so that its length is known."""


async def never() -> None:
    """Waits forever: the `disconnected` of a read that no client waits for."""
    await asyncio.Event().wait()


class Reader:
    """All reading of the service. It alone decides where the work runs: short reads on SQLite at once, everything
    else on a few threads, so that nothing slow ever holds the event loop, and short reads never wait for long ones."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._short_reads = BoundedExecutor("short", READING_THREADS, MAX_QUEUED_SHORT)
        self._long_reads = BoundedExecutor("long", READING_THREADS, MAX_QUEUED_LONG)
        self._streaming_threads = ThreadPoolExecutor(STREAMING_THREADS, thread_name_prefix="stream")
        self._watcher = ReleaseWatcher(database)
        self._peeked_release: ReleaseInfo | None = None
        self.streams: set[Stream] = set()
        self._queue: list[object] = []  # downloads that wait for a slot, in order of arrival

    @property
    def queued(self) -> int:
        """How many reads wait for a thread."""
        return self._short_reads.queued + self._long_reads.queued

    async def read(self, work: Callable[[Snapshot], T], *, slow: bool = False, disconnected: Disconnected = never) -> T:
        """Returns the result of `work` on one snapshot. `slow` says that it may take more than a few milliseconds.

        It is cancelled once `disconnected` returns. Raises Unavailable when too many others wait, and TooSlow.
        """
        if not self.database.is_sqlite:
            return await self._on_thread(self._long_reads if slow else self._short_reads, work, disconnected)
        if not slow:
            with suppress(TooSlow):
                return self.database.read(work, seconds=INLINE_SECONDS)
        return await self._on_thread(self._long_reads, work, disconnected)

    async def _on_thread(
        self, executor: BoundedExecutor, work: Callable[[Snapshot], T], disconnected: Disconnected
    ) -> T:
        opened: list[Snapshot] = []
        left = Event()

        def opening(snapshot: Snapshot) -> T:
            opened.append(snapshot)
            if left.is_set():
                snapshot.deadline.cancel()
            return work(snapshot)

        try:
            return await executor.run(lambda: self.database.read(opening), disconnected)
        finally:
            left.set()
            for snapshot in opened:
                snapshot.deadline.cancel()

    def peek_release(self) -> ReleaseInfo | None:
        """The newest release, where nothing has to be waited for to know it: on SQLite. Raises Unavailable.

        The result is kept for one iteration of the event loop: every caller within it came before the lookup.
        """
        if self._peeked_release is None and self.database.is_sqlite:
            self._peeked_release = self.database.newest()
            asyncio.get_running_loop().call_soon(self._forget_peeked)
        return self._peeked_release

    async def newest(self) -> ReleaseInfo:
        """The newest release when the question came or later. Raises Unavailable while the database is away."""
        return self.peek_release() or await self._watcher.newest()

    def _forget_peeked(self) -> None:
        self._peeked_release = None

    async def stream(self, work: Callable[[Snapshot], Iterator[bytes]], disconnected: Disconnected = never) -> "Stream":
        """What `work` makes of one snapshot, bit by bit. The first chunks are made at once, so that an error shows
        here. Whoever asks has to close it. Raises Unavailable while too many others run or wait."""
        await self._wait_for_slot(disconnected)
        try:
            return await self._start_stream(work)
        except ConnectionLost:
            return await self._start_stream(work)

    async def _wait_for_slot(self, disconnected: Disconnected) -> None:
        """Waits until there is a slot for one more download, and evicts the slowest download that has stalled."""
        if len(self.streams) < MAX_CONCURRENT_STREAMS and not self._queue:
            return
        if len(self._queue) >= MAX_QUEUED_LONG:
            raise _too_many_streams()
        me, left = object(), asyncio.ensure_future(disconnected())
        self._queue.append(me)
        try:
            async with asyncio.timeout(SLOT_TIMEOUT_SECONDS):
                while self._queue[0] is not me or len(self.streams) >= MAX_CONCURRENT_STREAMS:
                    if left.done():
                        raise Abandoned("The client has gone away.")
                    self._evict_slowest()
                    await asyncio.sleep(SLOT_POLL_SECONDS)
        except TimeoutError as error:
            raise _too_many_streams() from error
        finally:
            left.cancel()
            self._queue.remove(me)

    def _evict_slowest(self) -> None:
        """Breaks off the download whose client has taken nothing for longest. One at a time: its end takes a moment."""
        if len(self.streams) < MAX_CONCURRENT_STREAMS or any(one.evicted for one in self.streams):
            return
        slowest = max(self.streams, key=lambda one: one.stalled_for)
        if slowest.stalled_for >= STALLED_SECONDS:
            slowest.evict()

    async def _start_stream(self, work: Callable[[Snapshot], Iterator[bytes]]) -> "Stream":
        stream = Stream(self.database, work, self._streaming_threads, self.streams.discard)
        self.streams.add(stream)
        try:
            await stream.start()
        except BaseException:
            await stream.close()
            raise
        return stream

    def close(self) -> None:
        self._watcher.close()
        self._short_reads.close()
        self._long_reads.close()
        self._streaming_threads.shutdown(wait=True, cancel_futures=True)
        self.database.close()


@dataclass(frozen=True, slots=True)
class ReadSession:
    """The reads of one request. `on_release` is called with the release of each snapshot, and the reads are cancelled
    once `disconnected` returns."""

    reader: Reader
    on_release: Callable[[ReleaseInfo], None]
    disconnected: Disconnected

    async def read(self, work: Callable[[Snapshot], T], *, slow: bool = False) -> T:
        """As `Reader.read`."""

        def read_and_report(snapshot: Snapshot) -> T:
            self.on_release(snapshot.release)
            return work(snapshot)

        return await self.reader.read(read_and_report, slow=slow, disconnected=self.disconnected)

    async def stream(self, work: Callable[[Snapshot], Iterator[bytes]]) -> "Stream":
        """As `Reader.stream`."""
        stream = await self.reader.stream(work, self.disconnected)
        self.on_release(stream.release)
        return stream


def _too_many_streams() -> Unavailable:
    return Unavailable("As many downloads as can run at a time are running. Try again shortly.", retry_after=5)


class Stream:
    """Chunks of bytes that are made of one snapshot, each on a thread when its turn comes.

    The first are made in advance; `whole` holds all of them joined if there are no more. A connection is held until
    `close`, which may come at any time.
    """

    def __init__(
        self,
        database: Database,
        work: Callable[[Snapshot], Iterator[bytes]],
        threads: Executor,
        closed: Callable[["Stream"], None],
    ) -> None:
        self.release = NO_RELEASE
        self._chunks = self._generate(database, work)
        self._buffered: list[bytes] = []
        self.whole: bytes | None = None
        self._threads = threads
        self._on_closed = closed
        self._lock = Lock()
        self._sending: tuple[float, asyncio.Timeout] | None = None
        self.evicted = False

    async def start(self) -> None:
        size = 0
        while size < BUFFER_BYTES:
            chunk = await self._on_thread(self._next)
            if chunk is None:
                self.whole = b"".join(self._buffered)
                return
            self._buffered.append(chunk)
            size += len(chunk)

    async def chunks(self) -> AsyncIterator[bytes]:
        while self._buffered:
            yield self._buffered.pop(0)
        while (chunk := await self._on_thread(self._next)) is not None:
            yield chunk

    @asynccontextmanager
    async def sending(self, patience: float) -> AsyncIterator[None]:
        """While the client takes a piece. Raises TimeoutError when it takes longer than `patience`, and when the
        stream is to give way."""
        async with asyncio.timeout(patience) as limit:
            self._sending = monotonic(), limit
            try:
                yield
            finally:
                self._sending = None

    @property
    def stalled_for(self) -> float:
        """Seconds for which the client has not taken the piece that it is offered."""
        return monotonic() - self._sending[0] if self._sending is not None else 0

    def evict(self) -> None:
        """Breaks off what is offered, so that another stream gets the place of this one."""
        if self._sending is not None:
            self.evicted = True
            self._sending[1].reschedule(asyncio.get_running_loop().time())

    async def close(self) -> None:
        """Gives the snapshot back, even if whoever waits for it is given up meanwhile. May be called again."""
        await asyncio.shield(self._on_thread(self._end))

    def _generate(
        self, database: Database, work: Callable[[Snapshot], Iterator[bytes]]
    ) -> Generator[bytes, None, None]:
        with database.snapshot(streaming=True) as snapshot:
            self.release = snapshot.release
            yield from work(snapshot)

    def _next(self) -> bytes | None:
        with self._lock:
            return next(self._chunks, None)

    def _end(self) -> None:
        # A request that was given up may leave its last chunk in the making; the lock waits for that.
        with self._lock:
            try:
                self._chunks.close()
            finally:
                self._on_closed(self)

    def _on_thread(self, step: Callable[[], T]) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._threads, step)
