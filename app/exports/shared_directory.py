"""A temporary directory shared by the processes of one service, and file locks that end with their process."""

import fcntl
import os
import shutil
import stat
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from tempfile import gettempdir, mkdtemp

_LOCK = "lock"


class SharedDirectory:
    """A directory for files that every process of the service may use.

    It is created on first use, in the directory for temporary files (`TMPDIR`), and removed by the last process that
    closes it. Files of killed processes remain for the processes after them.
    """

    def __init__(self, service: str) -> None:
        self._name = f"dateline-{blake2b(f'{os.geteuid()} {service}'.encode(), digest_size=8).hexdigest()}"
        self._path: Path | None = None
        self._lock: int | None = None

    @property
    def path(self) -> Path:
        """The directory. Raises OSError if it cannot be created."""
        if self._path is None or not self._path.exists():
            self._leave()
            self._join(Path(gettempdir(), self._name))
        assert self._path is not None
        return self._path

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
                self._path = path

    def _leave(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
        self._path = self._lock = None


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
