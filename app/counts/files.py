"""Arrays in files that all workers of a machine map into memory.

Arrays are made in groups, by whoever needs one first. Beside a group stands what it was made of: its key, and the
checksums of the arrays of other groups that were looked at meanwhile. As long as these are the same the group is, in
whatever release; so a release that changes few records leaves most files as they are.
"""

import ctypes
import fcntl
import json
import logging
import mmap
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from threading import RLock, local
from typing import Any
from zlib import crc32

import numpy as np

from app.counts.frames import Array

_log = logging.getLogger(__name__)

_MADE_OF = "made_of.json"

Checksums = dict[str, int]
MadeOf = dict[str, Checksums]
"""By the name of a group the checksums of some of its arrays."""


class _Making(local):
    """What the groups that a thread is making have been made of so far, the innermost last."""

    def __init__(self) -> None:
        self.stack: list[MadeOf] = []


_making = _Making()


@dataclass(frozen=True)
class Group(Mapping[str, Array]):
    """Arrays by name, with their checksums. Those that are looked at while another group is made are noted."""

    name: str
    arrays: Mapping[str, Array]
    checksums: Checksums
    made_of: MadeOf = field(default_factory=dict)
    key: str = ""

    def __getitem__(self, name: str) -> Array:
        array = self.arrays[name]
        if _making.stack:
            _making.stack[-1].setdefault(self.name, {})[name] = self.checksums[name]
        return array

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)


class ArrayFiles:
    """The groups of arrays of one release, in a directory. `key_of` returns the key of a group by its name; `earlier`
    are those of the release before, which need not be read again."""

    def __init__(self, directory: Path, key_of: Callable[[str], str], earlier: "ArrayFiles | None" = None) -> None:
        self._directory = directory
        self._key_of = key_of
        self._earlier = {} if earlier is None else dict(earlier.groups)
        self.groups: dict[str, Group] = {}
        self._lock = RLock()
        self._is_alone = False

    def group(self, name: str, make: Callable[[], Mapping[str, Array]]) -> Group:
        """Returns a group by name: mapped from its files, which are made if they are missing or damaged, or made of
        something else. Other threads and processes wait meanwhile."""
        if (known := self.groups.get(name)) is not None:
            return known
        with self._lock:
            return self.find(name) or self._made(name, make)

    def find(self, name: str) -> Group | None:
        """Returns a group that is there already; None if it has to be made."""
        if (known := self.groups.get(name)) is not None:
            return known
        with self._lock:
            for group in self._candidates(name):
                if group.key == self._key_of(name) and self._is_made_of(group.made_of):
                    self.groups[name] = group
                    self._earlier.pop(name, None)
                    return group
        return None

    def give_back_memory(self) -> None:
        """Gives back the memory of mapped files, which the system keeps as long as it has room; what is counted in
        afterwards is memory of this process again. So is what the C library has kept of arrays that are no longer
        used: some hundred megabytes at a million records."""
        for group in list(self.groups.values()):
            for array in group.arrays.values():
                _give_back(array)
        trim_heap()

    def _candidates(self, name: str) -> Iterator[Group]:
        if (earlier := self._earlier.get(name)) is not None:
            yield earlier
        for directory in self._directory.glob(f"{name}@*"):
            if (group := _mapped(name, directory)) is not None:
                yield group

    def _is_made_of(self, made_of: MadeOf) -> bool:
        """Whether these arrays are those of this release."""
        for name, checksums in made_of.items():
            group = self.find(name)
            if group is None or any(group.checksums.get(one) != checksum for one, checksum in checksums.items()):
                return False
        return True

    def _made(self, name: str, make: Callable[[], Mapping[str, Array]]) -> Group:
        """Without room for files the arrays are this process's own."""
        made: Group | None = None
        try:
            with self._alone():
                if (found := self.find(name)) is None:
                    made = self._make(name, make)
                    found = self._written(made)
        except OSError as error:
            _log.warning("Counts are kept in memory, because their files cannot be written: %s", error)
            shutil.rmtree(self._directory / f"{name}.making", ignore_errors=True)
            found = made or self._make(name, make)
        self.groups[name] = found
        return found

    def _make(self, name: str, make: Callable[[], Mapping[str, Array]]) -> Group:
        _making.stack.append({})
        try:
            arrays = make()
        finally:
            made_of = _making.stack.pop()
        checksums = {key: _checksum(array) for key, array in arrays.items()}
        return Group(name, arrays, checksums, made_of, self._key_of(name))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keeps other processes from making files; a group may need others, which are made meanwhile."""
        if self._is_alone:
            yield
            return
        self._directory.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._directory / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            self._is_alone = True
            yield
        finally:
            self._is_alone = False
            os.close(descriptor)

    def _written(self, group: Group) -> Group:
        """Writes a group in place of what it was before; who has mapped that keeps it until then."""
        making = self._directory / f"{group.name}.making"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir()
        for key, array in group.arrays.items():
            np.save(making / f"{key}.npy", array, allow_pickle=False)
        text = json.dumps({"key": group.key, "made_of": group.made_of, "checksums": group.checksums})
        (making / _MADE_OF).write_text(text)
        target = self._directory / f"{group.name}@{blake2b(text.encode(), digest_size=12).hexdigest()}"
        for path in self._directory.glob(f"{group.name}@*"):
            shutil.rmtree(path, ignore_errors=True)
        making.rename(target)
        return _mapped(group.name, target) or group


def _mapped(name: str, directory: Path) -> Group | None:
    """Returns a group from its files; None where they are damaged, or have just been removed."""
    try:
        told: dict[str, Any] = json.loads((directory / _MADE_OF).read_text())
        checksums: Checksums = told["checksums"]
        arrays = {key: _checked(directory / f"{key}.npy", expected) for key, expected in checksums.items()}
        return Group(name, arrays, checksums, told["made_of"], told["key"])
    except (OSError, ValueError, KeyError) as error:
        with suppress(OSError):
            if directory.exists():
                _log.warning("Files of counts in %s are damaged and made anew: %s", directory, error)
                shutil.rmtree(directory, ignore_errors=True)
        return None


def _checked(path: Path, checksum: int) -> Array:
    """Maps an array from its file. Raises ValueError if its checksum is another."""
    mapped: Any = np.load(path, mmap_mode="r", allow_pickle=False)
    array: Array = mapped.view(np.ndarray)
    if _checksum(array) != checksum:
        raise ValueError("the checksum of an array is another")
    # The checksum has read every page; only those that are counted in are to be memory of this process.
    _give_back(array)
    return array


def _give_back(array: Array) -> None:
    """Gives back the memory of an array that is mapped from a file."""
    mapped = getattr(array.base, "base", None)
    if sys.platform != "win32" and isinstance(mapped, mmap.mmap):
        mapped.madvise(mmap.MADV_DONTNEED)


def trim_heap() -> None:
    """Gives the free memory of the C library's heap back to the system. Only glibc keeps so much of it."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


def _checksum(array: Array) -> int:
    return crc32(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
