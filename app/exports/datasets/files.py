"""Builds and caches the dataset files of a release (zip and SQLite). They are written completely or not at all."""

import asyncio
import hashlib
import logging
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory

from app.exports.datasets import package, sqlite
from app.exports.datasets.source_records import Progress
from app.exports.formats import COLUMNAR
from app.exports.prepared_files import Draft, PreparedFile, PreparedFiles
from app.model.codebook import Codebook
from app.problems import Unavailable
from app.server.cache_control import entity_tag
from app.storage.database import Database
from app.storage.read_kinds import ReadKind, reads
from app.storage.reader import Reader
from app.storage.release_info import ReleaseInfo
from app.storage.shared_directory import SharedDirectory
from app.storage.snapshot import Snapshot

logger = logging.getLogger("dateline")

MAX_FILES = 4
"""Both files of the newest release and of the previous one, which a client may still be downloading."""

LARGE_RELEASE_RECORDS = 50_000
"""The files of a release with more records are written in a separate process."""

BUILD_WAIT_SECONDS = 20.0
"""How long a request waits for a file. The files of a million incidents take many minutes."""


def no_progress(what: str, done: int, total: int | None) -> None:
    """Ignores progress."""


def write(snapshot: Snapshot, directory: Path, progress: Progress = no_progress) -> dict[str, Path]:
    """Writes both files of the snapshot's release into a directory. Returns their paths by suffix.

    They get their names when they are complete. Raises OSError or sqlite3.Error if they cannot be written, and
    Unavailable if there is no release.
    """
    release = snapshot.release
    with TemporaryDirectory(prefix=".dateline-", dir=directory) as folder:
        temporary_files = {suffix: Path(folder, file_name(release, suffix)) for suffix in ("zip", "sqlite")}
        _write_tables(snapshot, temporary_files["sqlite"], progress)
        package.build(release, snapshot.codebook, temporary_files["sqlite"], temporary_files["zip"], progress)
        loaded_at = datetime.fromisoformat(release.loaded_at).timestamp()
        for file in temporary_files.values():
            os.utime(file, (loaded_at, loaded_at))
        return {suffix: file.replace(directory / file.name) for suffix, file in temporary_files.items()}


def file_name(release: ReleaseInfo, suffix: str) -> str:
    """Returns the name under which a file is downloaded."""
    return f"dateline-r{release.number}.{suffix}"


@reads(ReadKind.SEARCH)
def _write_tables(snapshot: Snapshot, target: Path, progress: Progress = no_progress) -> ReleaseInfo:
    if not snapshot.release.number:
        raise Unavailable("No release has been loaded yet. Run `dateline load`.", retry_after=10)
    sqlite.build(snapshot, target, target.with_name("scratch"), progress)
    return snapshot.release


def _write_package(release: ReleaseInfo, codebook: Codebook, tables: Path, target: Path) -> ReleaseInfo:
    package.build(release, codebook, tables, target, no_progress)
    return release


@dataclass(frozen=True)
class Dataset:
    """A complete dataset file."""

    path: Path
    release: ReleaseInfo
    sha256: str


class Datasets:
    """The dataset files that the API serves."""

    def __init__(self, reader: Reader, directory: SharedDirectory) -> None:
        self._reader = reader
        self._files = PreparedFiles(directory, "dataset", max_files=MAX_FILES)
        self._digests: dict[str, asyncio.Future[str]] = {}
        self._processes: set[BaseProcess] = set()

    async def file(self, suffix: str, pinned: int | None = None) -> Dataset:
        """Returns the file of the newest release or of another. The first request builds it; others wait for it without
        a thread.

        Raises Unavailable if it cannot be written or the database cannot be read, and if building takes longer than
        `BUILD_WAIT_SECONDS`: the build continues, and a later request finds the file.
        """
        release = await self._release(pinned)
        try:
            async with asyncio.timeout(BUILD_WAIT_SECONDS):
                file = await self._prepared(suffix, release, pinned)
                return Dataset(file.path, file.release, await self._sha256(file.path))
        except TimeoutError as error:
            records = sum(release.counts.values())
            detail = f"The files of release {release.number} with its {records:,} records are being made. Ask again."
            raise Unavailable(detail, retry_after=60) from error
        except (OSError, EOFError, sqlite3.Error) as error:
            logger.error("The dataset files cannot be written: %s", error)
            raise Unavailable("The file cannot be made at the moment. Try again later.", retry_after=60) from error

    async def close(self) -> None:
        """Ends the processes that build files, and cancels the builds."""
        for process in self._processes:
            process.terminate()
        await self._files.close()

    async def _release(self, pinned: int | None) -> ReleaseInfo:
        if pinned is None:
            return await self._reader.newest()
        return await self._reader.read(lambda snapshot: snapshot.release, release=pinned)

    async def _prepared(self, suffix: str, release: ReleaseInfo, pinned: int | None) -> PreparedFile:
        make = self._make_package if suffix == "zip" else self._make_tables
        return await self._files.get(partial(_key, suffix), release, partial(make, pinned))

    async def _make_tables(self, pinned: int | None, draft: Draft) -> ReleaseInfo:
        if _is_large(await self._release(pinned)):
            url = self._reader.database.url.render_as_string(hide_password=False)
            return await asyncio.to_thread(self._run_in_process, _write_tables_of, url, draft.path, pinned)
        work = partial(_write_tables, target=draft.path)
        return await self._reader.read(work, release=pinned)

    async def _make_package(self, pinned: int | None, draft: Draft) -> ReleaseInfo:
        tables = await self._prepared("sqlite", await self._release(pinned), pinned)
        work = partial(self._run_in_process, _write_package) if _is_large(tables.release) else _write_package
        codebook, newest = await self._reader.read(
            lambda snapshot: (snapshot.codebook, snapshot.release.codebook), release=pinned
        )
        if newest != tables.release.codebook:
            raise Unavailable("A release has just been loaded. Ask again.", retry_after=1)
        return await asyncio.to_thread(work, tables.release, codebook, tables.path, draft.path)

    def _run_in_process(self, work: Callable[..., ReleaseInfo], *values: object) -> ReleaseInfo:
        """Runs `work` in a separate process, because it takes minutes and would slow down every response here.

        Raises OSError if it failed there, EOFError if the process was killed.
        """
        spawn = get_context("spawn")
        receiver, sender = spawn.Pipe(duplex=False)
        process = spawn.Process(target=_send_result, args=(sender, work, *values), daemon=True)
        process.start()
        self._processes.add(process)
        sender.close()
        try:
            result: ReleaseInfo | OSError = receiver.recv()
        finally:
            process.join()
            self._processes.discard(process)
            receiver.close()
        if isinstance(result, OSError):
            raise result
        return result

    async def _sha256(self, path: Path) -> str:
        """Returns the digest of a file, cached by the file's name, which belongs to one content only.

        It distinguishes files of the same release that were written by different versions of a library.
        """
        if path.name not in self._digests:
            while len(self._digests) >= MAX_FILES:
                del self._digests[next(iter(self._digests))]
            self._digests[path.name] = asyncio.ensure_future(asyncio.to_thread(_sha256, path))
        try:
            return await asyncio.shield(self._digests[path.name])
        except OSError:
            self._digests.pop(path.name, None)
            raise


def _key(suffix: str, release: ReleaseInfo) -> str:
    contents = f"{suffix} {COLUMNAR.name}" if COLUMNAR.is_installed else suffix
    return entity_tag("", release, contents, None).strip('"')


def _is_large(release: ReleaseInfo) -> bool:
    return sum(release.counts.values()) > LARGE_RELEASE_RECORDS


def _write_tables_of(url: str, target: Path, pinned: int | None) -> ReleaseInfo:
    with closing(Database(url)) as database, database.snapshot(release=pinned) as snapshot:
        return _write_tables(snapshot, target)


def _send_result(result: Connection, work: Callable[..., ReleaseInfo], *values: object) -> None:
    try:
        result.send(work(*values))
    except (Unavailable, OSError, sqlite3.Error) as error:
        result.send(OSError(str(error)))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
