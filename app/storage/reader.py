"""All reading of the service: where it runs, and streams of what is too large to be made at once."""

import asyncio
import copy
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from math import inf
from threading import Event, Lock
from time import monotonic
from typing import TypeVar

from app.problems import Abandoned, Unavailable
from app.storage.database import NOTHING, READING_THREADS, STREAMS, ConnectionLost, Database, ReleaseMark, Snapshot
from app.storage.deadlines import TooSlow
from app.storage.lanes import Lane
from app.storage.watch import Watch

T = TypeVar("T")

STREAMING_THREADS = 2

WAITING = 32
"""So many long reads may wait for a thread; with as much patience as a reader has, the last of them is still wanted."""

WAITING_SHORT = 256
"""So many short reads may wait for a thread, where they need one."""

PLACE_SECONDS = 10.0
"""So long a download waits for its place among those that run."""

GIVES_WAY = 3.0
"""While others wait for a place, a client that takes nothing of its download for so many seconds loses it."""

AT_ONCE = 0.1
"""Seconds that a short read may hold the event loop. What takes longer begins again on a thread."""

TURN = 0.0005
"""Seconds for which a thread may keep all others from computing."""

_LOOKED = 0.05  # seconds between two looks for a place

AHEAD = 4 * 2**20
"""So many bytes are made before the first is sent. What is smaller is sent as a whole, so that its length is known."""


class Reader:
    """All reading of the service. It alone decides where the work runs: short reads on SQLite at once, everything
    else on a few threads, so that nothing slow ever holds the event loop, and short reads never wait for long ones."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._short = Lane("short", READING_THREADS, WAITING_SHORT)
        self._long = Lane("long", READING_THREADS, WAITING)
        # The event loop gets its turn this soon while a download is being written, and not after Python's usual 5 ms.
        sys.setswitchinterval(TURN)
        self._streaming_threads = ThreadPoolExecutor(STREAMING_THREADS, thread_name_prefix="stream")
        self._watch = Watch(database)
        self._glance: ReleaseMark | None = None
        self.streams: set[Stream] = set()
        self._line: list[object] = []  # downloads that wait for a place, the first to come in front
        self._note: Callable[[ReleaseMark], None] = lambda release: None
        self._gone: Callable[[], Awaitable[None]] = _never

    def serving(self, note: Callable[[ReleaseMark], None], gone: Callable[[], Awaitable[None]]) -> "Reader":
        """The same reader for one request: it tells `note` the release of each snapshot that it opens, and gives up
        what waits for a thread, or runs on one, once `gone` has come to its end."""
        serving = copy.copy(self)
        serving._note, serving._gone = note, gone
        return serving

    @property
    def waiting(self) -> int:
        """So many reads wait for a thread."""
        return self._short.waiting + self._long.waiting

    async def read(self, work: Callable[[Snapshot], T], *, slow: bool = False) -> T:
        """What `work` makes of one snapshot. `slow` says that it may take more than a few milliseconds.

        Raises Unavailable when too many others wait, and TooSlow.
        """
        if not self.database.is_sqlite:
            return await self._on_thread(self._long if slow else self._short, work)
        if not slow:
            with suppress(TooSlow):
                return self._work(work, AT_ONCE)
        return await self._on_thread(self._long, work)

    async def _on_thread(self, lane: Lane, work: Callable[[Snapshot], T]) -> T:
        opened: list[Snapshot] = []
        left = Event()

        def opening(snapshot: Snapshot) -> T:
            opened.append(snapshot)
            if left.is_set():
                snapshot.deadline.end()
            return work(snapshot)

        try:
            return await lane.run(lambda: self._work(opening), self._gone)
        finally:
            left.set()
            for snapshot in opened:
                snapshot.deadline.end()

    def glance(self) -> ReleaseMark | None:
        """The newest release, where nothing has to be waited for to know it: on SQLite. Raises Unavailable.

        One glance is good for a turn of the event loop: whatever asks within it came before it.
        """
        if self._glance is None and self.database.is_sqlite:
            self._glance = self.database.newest()
            asyncio.get_running_loop().call_soon(self._look_again)
        return self._glance

    async def newest(self) -> ReleaseMark:
        """The newest release when the question came or later. Raises Unavailable while the database is away."""
        return self.glance() or await self._watch.newest()

    def _look_again(self) -> None:
        self._glance = None

    async def stream(self, work: Callable[[Snapshot], Iterator[bytes]]) -> "Stream":
        """What `work` makes of one snapshot, bit by bit. The first chunks are made at once, so that an error shows
        here. Whoever asks has to close it. Raises Unavailable while too many others run or wait."""
        await self._place()
        try:
            return await self._begun(work)
        except ConnectionLost:
            return await self._begun(work)

    async def _place(self) -> None:
        """Waits in line until there is a place for one more download, and sees to it that the slowest gives way."""
        if len(self.streams) < STREAMS and not self._line:
            return
        if len(self._line) >= WAITING:
            raise _crowded()
        me, left = object(), asyncio.ensure_future(self._gone())
        self._line.append(me)
        try:
            async with asyncio.timeout(PLACE_SECONDS):
                while self._line[0] is not me or len(self.streams) >= STREAMS:
                    if left.done():
                        raise Abandoned("The client has gone away.")
                    self._make_room()
                    await asyncio.sleep(_LOOKED)
        except TimeoutError as error:
            raise _crowded() from error
        finally:
            left.cancel()
            self._line.remove(me)

    def _make_room(self) -> None:
        """Breaks off the download whose client has taken nothing for longest. One at a time: its end takes a moment."""
        if len(self.streams) < STREAMS or any(one.gives_way for one in self.streams):
            return
        slowest = max(self.streams, key=lambda one: one.untaken)
        if slowest.untaken >= GIVES_WAY:
            slowest.give_way()

    async def _begun(self, work: Callable[[Snapshot], Iterator[bytes]]) -> "Stream":
        stream = Stream(self.database, work, self._streaming_threads, self.streams.discard)
        self.streams.add(stream)
        try:
            await stream.start()
            self._note(stream.release)
        except BaseException:
            await stream.close()
            raise
        return stream

    def _work(self, work: Callable[[Snapshot], T], seconds: float = inf) -> T:
        def noted(snapshot: Snapshot) -> T:
            self._note(snapshot.release)
            return work(snapshot)

        return self.database.read(noted, seconds=seconds)

    def close(self) -> None:
        self._watch.close()
        self._short.close()
        self._long.close()
        self._streaming_threads.shutdown(wait=True, cancel_futures=True)
        self.database.close()


def _crowded() -> Unavailable:
    return Unavailable("As many downloads as can run at a time are running. Try again shortly.", retry_after=5)


async def _never() -> None:
    await asyncio.Event().wait()


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
        self.release = NOTHING
        self._chunks = self._made(database, work)
        self._ahead: list[bytes] = []
        self.whole: bytes | None = None
        self._threads = threads
        self._closed = closed
        self._turn = Lock()
        self._offered: tuple[float, asyncio.Timeout] | None = None
        self.gives_way = False

    async def start(self) -> None:
        size = 0
        while size < AHEAD:
            chunk = await self._on_thread(self._next)
            if chunk is None:
                self.whole = b"".join(self._ahead)
                return
            self._ahead.append(chunk)
            size += len(chunk)

    async def chunks(self) -> AsyncIterator[bytes]:
        while self._ahead:
            yield self._ahead.pop(0)
        while (chunk := await self._on_thread(self._next)) is not None:
            yield chunk

    @asynccontextmanager
    async def offered(self, patience: float) -> AsyncIterator[None]:
        """While the client takes a piece. Raises TimeoutError when it takes longer than `patience`, and when the
        stream is to give way."""
        async with asyncio.timeout(patience) as limit:
            self._offered = monotonic(), limit
            try:
                yield
            finally:
                self._offered = None

    @property
    def untaken(self) -> float:
        """Seconds for which the client has not taken the piece that it is offered."""
        return monotonic() - self._offered[0] if self._offered is not None else 0

    def give_way(self) -> None:
        """Breaks off what is offered, so that another stream gets the place of this one."""
        if self._offered is not None:
            self.gives_way = True
            self._offered[1].reschedule(asyncio.get_running_loop().time())

    async def close(self) -> None:
        """Gives the snapshot back, even if whoever waits for it is given up meanwhile. May be called again."""
        await asyncio.shield(self._on_thread(self._end))

    def _made(self, database: Database, work: Callable[[Snapshot], Iterator[bytes]]) -> Generator[bytes, None, None]:
        with database.snapshot(streaming=True) as snapshot:
            self.release = snapshot.release
            yield from work(snapshot)

    def _next(self) -> bytes | None:
        with self._turn:
            return next(self._chunks, None)

    def _end(self) -> None:
        # A request that was given up may leave its last chunk in the making; the lock waits for that.
        with self._turn:
            try:
                self._chunks.close()
            finally:
                self._closed(self)

    def _on_thread(self, step: Callable[[], T]) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._threads, step)
