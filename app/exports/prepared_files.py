"""A disk cache of export files that all worker processes share: each file is built once.

A file's name is a digest of everything that its bytes depend on, so it is the same whichever process builds it. A file
gets its name when it is complete; until then it is in a temporary folder beside a lock, and if the process is killed,
the next one takes over both. The number of files and their size are limited; the least recently used are evicted.
"""

import asyncio
import fcntl
import os
import shutil
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from app.storage.release_info import ReleaseInfo
from app.storage.shared_directory import SharedDirectory, lock

ALLOCATION_BYTES = 8 * 2**20
"""Disk space is reserved in steps of this size."""

POLL_SECONDS = 0.1
"""The interval between checks for a file that another process is building."""

_LOCK, _FOLDER, _TOO_LARGE = ".lock", ".making", ".too-large"

Key = Callable[[ReleaseInfo], str]
"""Returns the name of a file in a release."""


class OutOfSpace(Exception):
    """The directory has no space for a file, permanently or at the moment."""


@dataclass(frozen=True)
class PreparedFile:
    """A complete file and its release."""

    path: Path
    release: ReleaseInfo


class Draft:
    """A file that is being built at `path`, in a temporary folder that may hold other files too.

    It is written by path, or piece by piece with `write`, which reserves disk space as the file grows.
    """

    def __init__(self, folder: Path, reserve: Callable[["Draft"], None]) -> None:
        self.path = folder / "file"
        self.size = 0
        self._reserve = reserve
        self._allocated = 0
        self._file: int | None = None

    async def fill(self, make: "Make") -> ReleaseInfo:
        """Runs `make`, and flushes the file to disk."""
        try:
            await asyncio.to_thread(self._reserve, self)
            release = await make(self)
            await asyncio.to_thread(self._finish)
            return release
        finally:
            if self._file is not None:
                os.close(self._file)

    def write(self, data: bytes) -> None:
        """Appends data. Raises OutOfSpace or OSError."""
        self.size += len(data)
        if self.size > self._allocated:
            self._reserve(self)
        descriptor = self._open()
        while data:
            data = data[os.write(descriptor, data) :]

    def allocate(self, size: int) -> None:
        """Extends the file to its reserved size, so that other processes see the space as used."""
        if self.size:
            os.ftruncate(self._open(), size)
            self._allocated = size

    def _open(self) -> int:
        if self._file is None:
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600)
        return self._file

    def _finish(self) -> None:
        if self._file is None and self.path.exists():
            return  # it was written by path
        os.ftruncate(self._open(), self.size)
        os.fsync(self._open())


Make = Callable[[Draft], Awaitable[ReleaseInfo]]
"""Writes a draft and returns its release."""


class PreparedFiles:
    """Files of one kind, shared by all processes.

    At most `max_files` of them are kept, with at most `max_bytes` together (None: no limit). A file that was requested
    within the last `min_idle` seconds is never evicted. Each process builds `max_concurrent` files at a time.
    """

    def __init__(
        self,
        directory: SharedDirectory,
        kind: str,
        *,
        max_files: int,
        max_bytes: int | None = None,
        min_idle: float = 0,
        max_concurrent: int = 8,
    ) -> None:
        self._directory = directory
        self._kind = kind
        self._max_files = max_files
        self._max_bytes = max_bytes
        self._min_idle = min_idle
        self._build_slots = asyncio.Semaphore(max_concurrent)
        self._tasks: dict[str, asyncio.Task[PreparedFile | None]] = {}

    async def get(self, key: Key, release: ReleaseInfo, make: Make) -> PreparedFile:
        """Returns the file of a release or, if it has to be built, of the release that `make` returns.

        The first request builds it; others wait for it, in other processes too. The build continues when the waiting
        requests are cancelled. Raises OutOfSpace, OSError, and whatever `make` raises.
        """
        name = key(release)
        while True:
            if (path := self._find(name)) is not None:
                return PreparedFile(path, release)
            if self.is_too_large(name):
                raise OutOfSpace
            if (prepared_file := await asyncio.shield(self._task(name, key, make))) is not None:
                return prepared_file

    def find(self, key: Key, release: ReleaseInfo) -> PreparedFile | None:
        """Returns the file of a release if it has been built, by whichever process. Raises OSError."""
        path = self._find(key(release)) if self._directory.exists else None
        return None if path is None else PreparedFile(path, release)

    def is_too_large(self, name: str) -> bool:
        """Whether an earlier build showed that the file is larger than the whole limit."""
        return (self._path(name, _TOO_LARGE)).exists()

    async def close(self) -> None:
        """Cancels the builds."""
        for task in (tasks := list(self._tasks.values())):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _path(self, name: str, suffix: str = "") -> Path:
        return self._directory.path / f"{self._kind}-{name}{suffix}"

    def _find(self, name: str) -> Path | None:
        path = self._path(name)
        try:
            os.utime(path)
        except FileNotFoundError:
            return None
        return path

    def _task(self, name: str, key: Key, make: Make) -> asyncio.Task[PreparedFile | None]:
        if name not in self._tasks:
            task = self._tasks[name] = asyncio.create_task(self._make(name, key, make))

            def done(task: asyncio.Task[PreparedFile | None]) -> None:
                del self._tasks[name]
                # Marks the error as retrieved: perhaps no request waits for it any more.
                if not task.cancelled():
                    task.exception()

            task.add_done_callback(done)
        return self._tasks[name]

    async def _make(self, name: str, key: Key, make: Make) -> PreparedFile | None:
        """Builds the file. Returns None if another process is building it or has built it: then look for it again."""
        try:
            lock_descriptor = lock(self._path(name, _LOCK), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            await asyncio.sleep(POLL_SECONDS)
            return None
        folder = self._path(name, _FOLDER)
        try:
            if self._find(name) is not None:
                return None
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            draft = Draft(folder, self._reserve_space)
            async with self._build_slots:
                release = await draft.fill(make)
            if release.redacted_in < self._directory.redacted_in:
                return None  # made from what has been taken out meanwhile
            path = draft.path.replace(self._path(key(release)))
            await asyncio.to_thread(self._reserve_space)
            return PreparedFile(path, release)
        except OutOfSpace:
            if draft.size > (self._max_bytes or 0):
                self._path(name, _TOO_LARGE).touch()
            raise
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
            self._path(name, _LOCK).unlink(missing_ok=True)
            os.close(lock_descriptor)

    def _reserve_space(self, draft: Draft | None = None) -> None:
        """Evicts files beyond the limits, and reserves space for a draft to grow. Raises OutOfSpace."""
        with self._exclusive():
            files, used = self._sweep(draft)
            others, size = (0, 0) if draft is None else (1, draft.size)
            max_bytes = used + size + ALLOCATION_BYTES if self._max_bytes is None else self._max_bytes
            unused_since = time.time() - self._min_idle
            while (
                files
                and files[0][0] <= unused_since
                and (len(files) + others > self._max_files or used + size > max_bytes)
            ):
                _, bytes_, path = files.pop(0)
                path.unlink(missing_ok=True)
                used -= bytes_
            if draft is not None:
                if len(files) + others > self._max_files or used + size > max_bytes:
                    raise OutOfSpace
                draft.allocate(min(size + ALLOCATION_BYTES, max_bytes - used))

    def _sweep(self, draft: Draft | None) -> tuple[list[tuple[float, int, Path]], int]:
        """Returns the complete files, least recently used first, and the bytes used by them and all other drafts.

        Drafts of killed processes are removed.
        """
        files, used = [], 0
        for path in self._directory.path.glob(f"{self._kind}-*"):
            with suppress(FileNotFoundError):
                if path.suffix == _FOLDER:
                    if draft is None or path != draft.path.parent:
                        used += 0 if _remove_if_abandoned(path) else sum(one.stat().st_size for one in path.iterdir())
                elif path.suffix != _LOCK:
                    status = path.stat()
                    files.append((status.st_mtime, status.st_size, path))
                    used += status.st_size
        return sorted(files), used

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Holds the lock under which space is reserved and files are evicted."""
        lock_descriptor = lock(self._directory.path / f"{self._kind}{_LOCK}")
        try:
            yield
        finally:
            os.close(lock_descriptor)


def _remove_if_abandoned(folder: Path) -> bool:
    """Removes a draft's folder if its process has ended. Returns whether it did."""
    try:
        lock_descriptor = lock(folder.with_suffix(_LOCK), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    shutil.rmtree(folder, ignore_errors=True)
    folder.with_suffix(_LOCK).unlink(missing_ok=True)
    os.close(lock_descriptor)
    return True
