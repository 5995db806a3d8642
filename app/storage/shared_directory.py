"""A temporary directory shared by the processes of one service, and file locks that end with their process."""

import fcntl
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from tempfile import gettempdir, mkdtemp

from app.storage.database import Database

_LOCK = "lock"
"""Locked by those who use a directory, with the name of their database in it."""

_REDACTED_IN = "redacted-in"
_PREFIX = "dateline-"


class SharedDirectory:
    """A directory for files that every process of the service may use.

    It is created on first use, in the directory for temporary files (`TMPDIR`), and removed by the last process that
    closes it. Files of killed processes remain for the processes after them. `database` says what they are made from,
    so that whoever takes something out of it finds them.
    """

    def __init__(self, service: str, database: Database | None = None) -> None:
        self._database = "" if database is None else _identity(database)
        self._name = f"{_PREFIX}{blake2b(f'{os.geteuid()} {service}'.encode(), digest_size=8).hexdigest()}"
        self._path: Path | None = None
        self._lock: int | None = None

    @property
    def exists(self) -> bool:
        """Whether this process or another one has created it."""
        return (self._path or Path(gettempdir(), self._name)).exists()

    @property
    def path(self) -> Path:
        """The directory. Raises OSError if it cannot be created."""
        if self._path is None or not self._path.exists():
            self._leave()
            self._join(Path(gettempdir(), self._name))
        assert self._path is not None
        return self._path

    def forget(self, redacted_in: int) -> None:
        """Removes the files from before a release that redacts, unless that has been done."""
        with suppress(OSError):
            remove_files(self.path, redacted_in)

    @property
    def redacted_in(self) -> int:
        """The last release before which all files were removed because it redacts; 0 for none."""
        return _redacted_in(self.path)

    def close(self) -> None:
        """Leaves the directory, and removes it if no other process uses it."""
        if self._path is not None and self._lock is not None:
            with suppress(OSError):
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(self._path, ignore_errors=True)
        self._leave()

    def _join(self, path: Path) -> None:
        while self._path is None:
            with suppress(FileExistsError):
                path.mkdir(mode=0o700)
            with suppress(FileNotFoundError):  # the last process has just removed it
                if not _is_ours(path):
                    # Another user created it, and could put files into it.
                    path = Path(mkdtemp(prefix=f"{self._name}-"))
                self._lock = lock(path / _LOCK, fcntl.LOCK_SH)
                (path / _LOCK).write_text(self._database)
                self._path = path

    def _leave(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
        self._path = self._lock = None


def _identity(database: Database) -> str:
    """Returns the name that a database has wherever it is used from."""
    return str(Path(database.name).resolve()) if database.is_sqlite else database.name


def directories_of(database: Database) -> Iterator[Path]:
    """Yields the directories of this machine with files that were made from a database."""
    for path in Path(gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if _is_ours(path) and (path / _LOCK).read_text() == _identity(database):
                yield path


def remove_files(path: Path, redacted_in: int) -> None:
    """Removes the files in a directory from before a release that redacts, unless that has been done. What is being
    made stays, for its maker to see that it is out of date."""
    descriptor = lock(path / f"{_REDACTED_IN}.lock")
    try:
        if _redacted_in(path) < redacted_in:
            for one in path.iterdir():
                if one.is_dir() and not one.suffix:
                    shutil.rmtree(one, ignore_errors=True)
                elif one.name not in (_LOCK, _REDACTED_IN) and not one.suffix:
                    one.unlink(missing_ok=True)
            (path / _REDACTED_IN).write_text(str(redacted_in))
    finally:
        os.close(descriptor)


def _redacted_in(path: Path) -> int:
    try:
        return int((path / _REDACTED_IN).read_text() or 0)
    except FileNotFoundError:
        return 0


def lock(path: Path, kind: int = fcntl.LOCK_EX) -> int:
    """Locks a file. Returns its descriptor; the lock ends when it is closed or its process ends.

    With `LOCK_NB`, raises BlockingIOError while another process holds the lock.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, kind)
            if _is_same_file(path, descriptor):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # the previous holder has removed the file: a lock on an unlinked file protects nothing


def _is_same_file(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _is_ours(path: Path) -> bool:
    status = path.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o077
