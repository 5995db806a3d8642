"""The dataset files of a release: written whole or not at all, built once, and kept while they may be asked for."""

import asyncio
import hashlib
import logging
import os
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from app.database import ReleaseMark, Snapshot
from app.datasets import package, sqlite
from app.datasets.reading import Progress
from app.problems import Unavailable
from app.reader import Reader

logger = logging.getLogger("dateline")

KEPT = 2
"""Releases whose files are kept: the newest, and the one before it, which a client may be about to get."""


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


@dataclass(frozen=True)
class _Built:
    release: ReleaseMark
    folder: TemporaryDirectory[str]
    files: Mapping[str, Dataset]

    def shows(self, release: ReleaseMark) -> bool:
        # Whoever cleans up temporary folders may have been here.
        return self.release == release and all(file.path.exists() for file in self.files.values())


class Datasets:
    """The files of this process, in temporary folders (`TMPDIR` says where) that go with it."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._building = asyncio.Lock()
        self._kept: list[_Built] = []

    async def file(self, suffix: str) -> Dataset:
        """The file of the newest release, built by the first who asks; the others wait for it without a thread.

        Raises Unavailable when it cannot be written or the database cannot be read.
        """
        release = await self._reader.read(lambda snapshot: snapshot.release)
        if found := self._find(release):
            return found.files[suffix]
        async with self._building:
            # Whoever was before in the line may have built it.
            built = self._find(release)
            if built is None:
                built = await self._reader.read(self._build, slow=True)
            return built.files[suffix]

    def close(self) -> None:
        while self._kept:
            self._kept.pop().folder.cleanup()

    def _find(self, release: ReleaseMark) -> _Built | None:
        return next((built for built in self._kept if built.shows(release)), None)

    def _build(self, snapshot: Snapshot) -> _Built:
        try:
            built = _built(snapshot)
        except (OSError, sqlite3.Error) as error:
            logger.error("The dataset files cannot be written: %s", error)
            raise Unavailable("The file cannot be made at the moment. Try again later.", retry_after=60) from error
        self._kept.append(built)
        while len(self._kept) > KEPT:
            self._kept.pop(0).folder.cleanup()
        return built


def _built(snapshot: Snapshot) -> _Built:
    folder = TemporaryDirectory(prefix="dateline-", ignore_cleanup_errors=True)
    try:
        paths = write(snapshot, Path(folder.name))
        release = snapshot.release
        files = {suffix: Dataset(path, release, _sha256(path)) for suffix, path in paths.items()}
    except BaseException:
        folder.cleanup()
        raise
    return _Built(release, folder, files)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
