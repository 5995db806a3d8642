"""How a SQLite file is opened for reading, also where nothing can be written beside it.

Readers of a database with a write-ahead log write into its index, beside the file. Where they may not, there are two
ways (https://sqlite.org/wal.html#read_only_databases): with a log and its index, which can then be read; without, as a
file that nobody changes. Where somebody does, SQLite does not notice, so the file system is asked.
"""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL

_State = tuple[tuple[int, ...], ...]


class ReadableFile:
    """A way of opening a file for reading, which was right when this was made."""

    def __init__(self, url: URL) -> None:
        self._path = Path(str(url.database)).resolve()
        self._log, self._index, journal = (
            self._path.with_name(f"{self._path.name}{suffix}") for suffix in ("-wal", "-shm", "-journal")
        )
        if journal.exists():
            # A load was killed while filling the file. Opening it with write access rolls that back.
            with suppress(sqlite3.Error), closing(sqlite3.connect(self._path)) as connection:
                connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        self._may_write = os.access(self._path.parent, os.W_OK)
        self._before = self._state()
        self.is_immutable = not self._may_write and not self._has_log()
        """Whether SQLite takes no locks and looks for no changes: what is read holds only while `is_as_it_was`."""

    @property
    def url(self) -> URL:
        """The URL by which connections open it."""
        mode = {"immutable": "1"} if self.is_immutable else {"mode": "ro"}
        return URL.create("sqlite", database=f"file:{quote(str(self._path))}", query={**mode, "uri": "true"})

    def is_as_it_was(self) -> bool:
        """Whether the file is still to be opened in this way."""
        if self._may_write:
            return True
        return self._state() == self._before if self.is_immutable else self._log.exists()

    def _has_log(self) -> bool:
        """Whether there is a log to be read, or one into which somebody may write at any time."""
        return self._log.exists() and (self._index.exists() or self._log.stat().st_size > 0)

    def _state(self) -> _State:
        return tuple(map(_stat, (self._path, self._log)))


def _stat(path: Path) -> tuple[int, ...]:
    with suppress(FileNotFoundError):
        stat = path.stat()
        return stat.st_ino, stat.st_size, stat.st_mtime_ns
    return ()
