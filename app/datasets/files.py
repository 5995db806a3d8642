"""The dataset files of a release: written whole or not at all, built once, and kept while they may be asked for."""

import asyncio
import hashlib
import logging
import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory

from app.database import Database, ReleaseMark, Snapshot
from app.datasets import package, sqlite
from app.datasets.reading import Progress
from app.problems import Unavailable
from app.reader import Reader

logger = logging.getLogger("dateline")

KEPT = 2
"""Releases whose files are kept: the newest, and the one before it, which a client may be about to get."""


LARGE = 50_000
"""A release of more records is written by a process of its own."""

PATIENCE = 20.0
"""Seconds that a file is waited for. One of a million incidents takes many minutes."""


def write(snapshot: Snapshot, directory: Path, progress: Progress = lambda what, done, total: None) -> dict[str, Path]:
    """Writes both files of the snapshot's release into a directory, and answers them by their suffix.

    They get their names once they are whole. Raises OSError or sqlite3.Error when they cannot be written, and
    Unavailable while there is no release.
    """
    release = snapshot.release
    if not release.number:
        raise Unavailable("No release has been loaded yet. Run `dateline load`.", retry_after=10)
    with TemporaryDirectory(prefix=".dateline-", dir=directory) as folder:
        made = {suffix: Path(folder, f"dateline-r{release.number}.{suffix}") for suffix in ("zip", "sqlite")}
        sqlite.build(snapshot, made["sqlite"], Path(folder, "scratch"), progress)
        package.build(release, made["sqlite"], made["zip"], progress)
        loaded_at = datetime.fromisoformat(release.loaded_at).timestamp()
        for file in made.values():
            os.utime(file, (loaded_at, loaded_at))
        return {suffix: file.replace(directory / file.name) for suffix, file in made.items()}


@dataclass(frozen=True)
class Dataset:
    """A finished file."""

    path: Path
    release: ReleaseMark
    sha256: str


Written = tuple[ReleaseMark, dict[str, Dataset]]


@dataclass(frozen=True)
class _Built:
    release: ReleaseMark
    files: Mapping[str, Dataset]
    folder: TemporaryDirectory[str]

    def shows(self, release: ReleaseMark) -> bool:
        # Whoever cleans up temporary folders may have been here.
        return self.release == release and all(file.path.exists() for file in self.files.values())


class Datasets:
    """The files of this process, in temporary folders (`TMPDIR` says where) that go with it."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._kept: list[_Built] = []
        self._building: asyncio.Task[None] | None = None
        self._process: BaseProcess | None = None

    async def file(self, suffix: str) -> Dataset:
        """The file of the newest release, built for the first who asks; the others wait for it without a thread.

        Raises Unavailable when it cannot be written or the database cannot be read, and when it takes longer than
        anybody waits: then it is there for those who ask again.
        """
        release = await self._reader.newest()
        try:
            async with asyncio.timeout(PATIENCE):
                # What was being built when this request came may be the files of the release before.
                while (found := self._find(release)) is None:
                    await self._next_build(release)
        except TimeoutError as error:
            records = sum(release.counts.values())
            detail = f"The files of release {release.number} with its {records:,} records are being made. Ask again."
            raise Unavailable(detail, retry_after=60) from error
        return found.files[suffix]

    def close(self) -> None:
        if self._process is not None:
            self._process.terminate()
        while self._kept:
            self._kept.pop().folder.cleanup()

    def _find(self, release: ReleaseMark) -> _Built | None:
        return next((built for built in self._kept if built.shows(release)), None)

    def _next_build(self, release: ReleaseMark) -> asyncio.Future[None]:
        """The build that is at work, or a new one; it goes on when whoever waits for it is gone."""
        if self._building is None or self._building.done():
            self._building = asyncio.create_task(self._build(release))
            # An error that nobody waits for any more has been logged.
            self._building.add_done_callback(lambda task: task.cancelled() or task.exception())
        return asyncio.shield(self._building)

    async def _build(self, release: ReleaseMark) -> None:
        folder = TemporaryDirectory(prefix="dateline-", ignore_cleanup_errors=True)
        try:
            if sum(release.counts.values()) > LARGE:
                made = await asyncio.to_thread(self._written_apart, Path(folder.name))
            else:
                made = await self._reader.read(partial(_written, directory=Path(folder.name)), slow=True)
        except (OSError, EOFError, sqlite3.Error) as error:
            folder.cleanup()
            logger.error("The dataset files cannot be written: %s", error)
            raise Unavailable("The file cannot be made at the moment. Try again later.", retry_after=60) from error
        except BaseException:
            folder.cleanup()
            raise
        self._kept.append(_Built(*made, folder))
        while len(self._kept) > KEPT:
            self._kept.pop(0).folder.cleanup()

    def _written_apart(self, directory: Path) -> Written:
        """What `_written` makes, by a process of its own: minutes of work, which would slow every answer here.

        Raises OSError when it failed there, EOFError when the process was ended.
        """
        spawn = get_context("spawn")
        here, there = spawn.Pipe(duplex=False)
        url = self._reader.database.url.render_as_string(hide_password=False)
        self._process = spawn.Process(target=_write_apart, args=(url, directory, there), daemon=True)
        self._process.start()
        there.close()
        try:
            told: Written | OSError = here.recv()
        finally:
            self._process.join()
            self._process = None
            here.close()
        if isinstance(told, OSError):
            raise told
        return told


def _write_apart(url: str, directory: Path, told: Connection) -> None:
    try:
        with closing(Database(url)) as database, database.snapshot() as snapshot:
            told.send(_written(snapshot, directory))
    except (Unavailable, OSError, sqlite3.Error) as error:
        told.send(OSError(str(error)))


def _written(snapshot: Snapshot, directory: Path) -> Written:
    release = snapshot.release
    paths = write(snapshot, directory)
    return release, {suffix: Dataset(path, release, _sha256(path)) for suffix, path in paths.items()}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
