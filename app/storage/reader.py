"""Runs all reads of the service, and decides on which thread each runs; streams results too large to build at once.

* On the event loop: short reads on SQLite, for at most INLINE_SECONDS.
* On the threads `short-…`: short reads on PostgreSQL.
* On the threads `count-…`: reads that count, which are few: counting in arrays needs the interpreter most of the time,
  and each thread that does makes the event loop wait for it.
* On the threads `long-…`: other long reads, and short ones on SQLite that took longer than they may.
* On the threads `stream-…`: each chunk of a download.
* On the thread `watch-…`: the query for the newest release (`release_watcher`), on PostgreSQL.

Elsewhere, threads of asyncio's own compress large responses (`app.server.compression`), build the OpenAPI document
(`app.api.openapi`), and write the files of exports and the dataset (`app.exports`).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from threading import Event, Lock
from time import monotonic, perf_counter
from typing import NamedTuple, TypeVar

from app.problems import Abandoned, Unavailable
from app.storage.database import COUNTING_THREADS, MAX_CONCURRENT_STREAMS, READING_THREADS, ConnectionLost, Database
from app.storage.deadlines import TooSlow
from app.storage.executors import BoundedExecutor
from app.storage.read_kinds import ReadKind, kind_of
from app.storage.release_announcer import ReleaseAnnouncer
from app.storage.release_info import NO_RELEASE, ReleaseInfo
from app.storage.release_watcher import ReleaseWatcher
from app.storage.snapshot import Snapshot

T = TypeVar("T")
Disconnected = Callable[[], Awaitable[None]]

STREAMING_THREADS = 2
"""Threads that build chunks of downloads."""

MAX_QUEUED_LONG = 32
"""Long reads that may wait for a thread; few enough that the last is answered before its client gives up."""

MAX_QUEUED_SHORT = 256
"""Short reads that may wait for a thread, on databases where they need one."""

SLOT_TIMEOUT_SECONDS = 10.0
"""Seconds that a download waits for one of the MAX_CONCURRENT_STREAMS slots."""

STALLED_SECONDS = 3.0
"""Seconds without progress after which a download may lose its slot to one that waits for one."""

INLINE_SECONDS = 0.1
"""Seconds that a short read may hold the event loop. A read that takes longer starts again on a thread."""

SLOT_POLL_SECONDS = 0.05
"""Seconds between two looks of a waiting download at the slots."""

BUFFER_BYTES = 4 * 2**20
"""Bytes that are built before the first is sent. A smaller result is sent whole, so that its length is known."""


async def never() -> None:
    """Waits forever: the `disconnected` of a read that no client waits for."""
    await asyncio.Event().wait()


class Reader:
    """Runs reads on the event loop or on threads (see above), so that nothing slow ever holds the event loop, and short
    reads never wait for long ones."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._short_reads = BoundedExecutor("short", READING_THREADS, MAX_QUEUED_SHORT)
        self._counts = BoundedExecutor("count", COUNTING_THREADS, MAX_QUEUED_LONG)
        self._long_reads = BoundedExecutor("long", READING_THREADS, MAX_QUEUED_LONG)
        self._streaming_threads = ThreadPoolExecutor(STREAMING_THREADS, thread_name_prefix="stream")
        self._watcher = ReleaseWatcher(database)
        self.announcer = ReleaseAnnouncer(self.newest)
        self._peeked_release: ReleaseInfo | None = None
        self.seen_release: ReleaseInfo | None = None
        """The newest release that some request has seen."""

        self.streams: set[Stream] = set()
        self._queue: list[object] = []  # downloads that wait for a slot, in order of arrival

    @property
    def queued(self) -> int:
        """How many reads wait for a thread."""
        return self._short_reads.queued + self._counts.queued + self._long_reads.queued

    async def read(
        self,
        work: Callable[[Snapshot], T],
        kind: ReadKind | None = None,
        disconnected: Disconnected = never,
        release: int | None = None,
    ) -> T:
        """Returns the result of `work` on one snapshot, of the newest release or of another. Its `kind` is the one that
        is declared beside it, if none is given.

        It is cancelled once `disconnected` returns. Raises Unavailable when the queue of waiting reads is full, and
        TooSlow.
        """
        kind = kind or kind_of(work)
        if kind.is_short and self.database.is_sqlite:
            with suppress(TooSlow):
                return self.database.read(work, seconds=INLINE_SECONDS, release=release)
            return await self._on_thread(self._long_reads, work, disconnected, release)
        return await self._on_thread(self._threads_for(kind), work, disconnected, release)

    def _threads_for(self, kind: ReadKind) -> BoundedExecutor:
        if kind.is_short:
            return self._short_reads
        return self._counts if kind is ReadKind.COUNT else self._long_reads

    async def _on_thread(
        self,
        executor: BoundedExecutor,
        work: Callable[[Snapshot], T],
        disconnected: Disconnected,
        release: int | None,
    ) -> T:
        opened: list[Snapshot] = []
        left = Event()

        def opening(snapshot: Snapshot) -> T:
            opened.append(snapshot)
            if left.is_set():
                snapshot.deadline.cancel()
            return work(snapshot)

        try:
            return await executor.run(lambda: self.database.read(opening, release=release), disconnected)
        finally:
            left.set()
            for snapshot in opened:
                snapshot.deadline.cancel()

    def peek_release(self) -> ReleaseInfo | None:
        """Returns the newest release on SQLite; None on PostgreSQL, where it takes a round trip. Raises Unavailable.

        The result is cached for one iteration of the event loop: every caller within it came before the lookup.
        """
        if self._peeked_release is None and self.database.is_sqlite:
            self._peeked_release = self.seen_release = self.database.newest()
            asyncio.get_running_loop().call_soon(self._forget_peeked)
        return self._peeked_release

    async def newest(self) -> ReleaseInfo:
        """Returns the newest release at the time of the call or later. Raises Unavailable while it is unknown."""
        if (release := self.peek_release()) is None:
            release = self.seen_release = await self._watcher.newest()
        return release

    def _forget_peeked(self) -> None:
        self._peeked_release = None

    async def stream(
        self,
        work: Callable[[Snapshot], Iterator[bytes]],
        disconnected: Disconnected = never,
        release: int | None = None,
    ) -> "Stream":
        """Returns the chunks that `work` yields from one snapshot; the caller has to close the stream.

        The first chunks are built before it returns, so that an error is raised here. Raises Unavailable when too many
        downloads run or wait.
        """
        await self._wait_for_slot(disconnected)
        try:
            return await self._start_stream(work, release)
        except ConnectionLost:
            return await self._start_stream(work, release)

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
        """Aborts the download that has stalled for longest. One at a time, because its end takes a moment."""
        if len(self.streams) < MAX_CONCURRENT_STREAMS or any(stream.evicted for stream in self.streams):
            return
        slowest = max(self.streams, key=lambda stream: stream.stalled_for)
        if slowest.stalled_for >= STALLED_SECONDS:
            slowest.evict()

    async def _start_stream(self, work: Callable[[Snapshot], Iterator[bytes]], release: int | None) -> "Stream":
        stream = Stream(self.database, work, self._streaming_threads, self.streams.discard, release)
        self.streams.add(stream)
        try:
            await stream.start()
        except BaseException:
            await stream.close()
            raise
        return stream

    def close(self) -> None:
        """Waits for the running reads, and closes the database."""
        self._watcher.close()
        self._short_reads.close()
        self._counts.close()
        self._long_reads.close()
        self._streaming_threads.shutdown(wait=True, cancel_futures=True)
        self.database.close()


class ReadTimes(NamedTuple):
    """When a read was asked for, by `perf_counter`, and the seconds of its steps: waiting for a thread, statements, and
    building the result of them."""

    asked: float
    wait: float
    query: float
    build: float


@dataclass(frozen=True, slots=True)
class ReadSession:
    """The reads of one request, all of the newest release or of the one that it has `pinned`. `on_release` is called
    with the release of each snapshot and with the newest one then, `on_read` with the times of each read, and the reads
    are cancelled once `disconnected` returns."""

    reader: Reader
    on_release: Callable[[ReleaseInfo, ReleaseInfo], None]
    on_read: Callable[[ReadTimes], None]
    disconnected: Disconnected
    pinned: int | None = None

    async def read(self, work: Callable[[Snapshot], T], kind: ReadKind | None = None) -> T:
        """As `Reader.read`."""
        asked = perf_counter()

        def read_and_report(snapshot: Snapshot) -> T:
            began = perf_counter()
            self.on_release(snapshot.release, snapshot.newest)
            self.reader.seen_release = snapshot.newest
            found, query = work(snapshot), snapshot.query_seconds
            self.on_read(ReadTimes(asked, began - asked, query, perf_counter() - began - query))
            return found

        return await self.reader.read(read_and_report, kind or kind_of(work), self.disconnected, self.pinned)

    async def stream(self, work: Callable[[Snapshot], Iterator[bytes]]) -> "Stream":
        """As `Reader.stream`."""
        asked = perf_counter()
        stream = await self.reader.stream(work, self.disconnected, self.pinned)
        self.on_release(stream.release, stream.newest)
        self.on_read(ReadTimes(asked, 0, 0, perf_counter() - asked))
        return stream


def _too_many_streams() -> Unavailable:
    return Unavailable("As many downloads as can run at a time are running. Try again shortly.", retry_after=5)


class Stream:
    """Chunks of bytes from one snapshot, each built on a thread when the client has taken the one before.

    The first BUFFER_BYTES are built in advance; `whole` is the complete result if there is no more. A connection is
    held until `close`, which may be called at any time.
    """

    def __init__(
        self,
        database: Database,
        work: Callable[[Snapshot], Iterator[bytes]],
        threads: Executor,
        closed: Callable[["Stream"], None],
        release: int | None = None,
    ) -> None:
        self.release = self.newest = NO_RELEASE
        self._chunks = self._generate(database, work, release)
        self._buffered: list[bytes] = []
        self.whole: bytes | None = None
        self._threads = threads
        self._on_closed = closed
        self._lock = Lock()
        self._sending: tuple[float, asyncio.Timeout] | None = None
        self.evicted = False

    async def start(self) -> None:
        """Opens the snapshot, and builds chunks until the buffer is full or none is left."""
        size = 0
        while size < BUFFER_BYTES:
            chunk = await self._on_thread(self._next)
            if chunk is None:
                self.whole = b"".join(self._buffered)
                return
            self._buffered.append(chunk)
            size += len(chunk)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yields the chunks, those in the buffer first."""
        while self._buffered:
            yield self._buffered.pop(0)
        while (chunk := await self._on_thread(self._next)) is not None:
            yield chunk

    @asynccontextmanager
    async def sending(self, timeout: float) -> AsyncIterator[None]:
        """Wraps the sending of one chunk. Raises TimeoutError after `timeout` seconds, and if the stream is evicted."""
        async with asyncio.timeout(timeout) as limit:
            self._sending = monotonic(), limit
            try:
                yield
            finally:
                self._sending = None

    @property
    def stalled_for(self) -> float:
        """Seconds that the chunk being sent has been waiting for the client."""
        return monotonic() - self._sending[0] if self._sending is not None else 0

    def evict(self) -> None:
        """Aborts the sending of the current chunk, so that another stream gets the slot of this one."""
        if self._sending is not None:
            self.evicted = True
            self._sending[1].reschedule(asyncio.get_running_loop().time())

    async def close(self) -> None:
        """Releases the snapshot, even if the calling task is cancelled. May be called more than once."""
        await asyncio.shield(self._on_thread(self._end))

    def _generate(
        self, database: Database, work: Callable[[Snapshot], Iterator[bytes]], release: int | None
    ) -> Generator[bytes, None, None]:
        with database.snapshot(streaming=True, release=release) as snapshot:
            self.release, self.newest = snapshot.release, snapshot.newest
            yield from work(snapshot)

    def _next(self) -> bytes | None:
        with self._lock:
            return next(self._chunks, None)

    def _end(self) -> None:
        # The last chunk of a cancelled request may still be being built; the lock waits for that.
        with self._lock:
            try:
                self._chunks.close()
            finally:
                self._on_closed(self)

    def _on_thread(self, step: Callable[[], T]) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._threads, step)
