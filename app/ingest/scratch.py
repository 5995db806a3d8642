"""The temporary folder of one load. One that was killed leaves its folder behind, and the next load clears it away.

A folder is in use for as long as somebody holds the lock on the file in it. The system lets go of locks when a process
ends, however that happens, so nobody has to know whether a process number still means the same process.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import gettempdir, mkdtemp

_PREFIX = "dateline-load-"
_LOCK = "lock"
_BEGINNING = 60
"""Seconds after which a folder without its lock file is not just being made."""


@contextmanager
def scratch() -> Iterator[Path]:
    """A temporary folder that is removed in the end. Raises OSError where there is no room."""
    _clear_abandoned()
    folder = Path(mkdtemp(prefix=_PREFIX))
    try:
        made = folder / "new"
        with made.open("wb") as lock:
            with suppress(OSError):  # where files cannot be locked, nobody can take the folder for an abandoned one
                fcntl.flock(lock, fcntl.LOCK_EX)
            # The file gets its name when it is locked, so that it is never seen in between.
            made.rename(folder / _LOCK)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _clear_abandoned() -> None:
    """Removes the folders of loads that were killed: only this user's own, and none that is in use."""
    for folder in Path(gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            found = folder.lstat()
            if found.st_uid != os.geteuid() or folder.is_symlink():
                continue
            if not (folder / _LOCK).exists():
                if time.time() - found.st_mtime > _BEGINNING:
                    shutil.rmtree(folder, ignore_errors=True)
                continue
            with (folder / _LOCK).open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
