"""Temporary folder of one load. A load that is killed leaves its folder behind, and the next load removes it.

A folder is in use while a process holds the lock on the file in it. The operating system releases locks when a process
ends, however that happens, so it does not matter whether a process id has been reused.
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
_LOCK_GRACE_SECONDS = 60
"""Seconds after which a folder without a lock file counts as abandoned, not as being created."""


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yields a temporary folder and removes it afterwards. Raises OSError if there is no space."""
    _clear_abandoned()
    folder = Path(mkdtemp(prefix=_PREFIX))
    try:
        new_folder = folder / "new"
        with new_folder.open("wb") as lock:
            with suppress(OSError):  # where files cannot be locked, no load removes folders of others either
                fcntl.flock(lock, fcntl.LOCK_EX)
            # The file is renamed after it is locked, so that it is never visible unlocked.
            new_folder.rename(folder / _LOCK)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _clear_abandoned() -> None:
    """Removes the folders of loads that were killed: only this user's own, and none that is in use."""
    for folder in Path(gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            status = folder.lstat()
            if status.st_uid != os.geteuid() or folder.is_symlink():
                continue
            if not (folder / _LOCK).exists():
                if time.time() - status.st_mtime > _LOCK_GRACE_SECONDS:
                    shutil.rmtree(folder, ignore_errors=True)
                continue
            with (folder / _LOCK).open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
