"""Changes several files of a seed folder: all of them or, whenever the process is killed, none.

What is to stand there is first written into a folder beside it, then a list of what is to be moved, and then everything
is moved. Whoever reads a seed folder next finishes the moves of a process that was killed in the midst of them, and
removes what one left that was killed before.

The folder beside is in use for as long as a process has a lock on a file in it, which the operating system releases
when the process ends, however that happens.
"""

import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import NamedTuple

CHANGES = ".changes-"
"""How the names of folders beside, or in, a seed folder begin in which changes of it are made."""

_LOCK = ".lock"
_MOVES = ".moves.json"
_REPLACED = ".replaced"


class _Move(NamedTuple):
    """A file or folder, by its path in the seed folder: whether a new one comes, and whether there was one."""

    name: str
    is_new: bool
    was_there: bool


@contextmanager
def folder_beside(directory: Path) -> Iterator[Path]:
    """Yields a folder beside a seed folder, for what is to be moved into it, and removes it at the end. It is inside
    where nothing can be moved from beside: another file system, or a folder of others."""
    seed = directory.resolve()
    seed.parent.mkdir(parents=True, exist_ok=True)
    is_apart = seed.is_dir() and (
        seed.stat().st_dev != seed.parent.stat().st_dev or not os.access(seed.parent, os.W_OK)
    )
    folder = Path(mkdtemp(prefix=f"{CHANGES}{seed.name}-", dir=seed if is_apart else seed.parent))
    try:
        with (folder / _LOCK).open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
    finally:
        shutil.rmtree(folder)


def replace_files(directory: Path, contents: Mapping[Path, bytes]) -> None:
    """Writes files of a seed folder. Raises OSError, and then nothing has changed."""
    with folder_beside(directory) as folder:
        names = {path: str(path.relative_to(directory)) for path in contents}
        for path, content in contents.items():
            new = folder / names[path]
            new.parent.mkdir(parents=True, exist_ok=True)
            new.write_bytes(content)
            if path.exists():
                shutil.copymode(path, new)
        move(folder, directory, names.values())


def move(folder: Path, directory: Path, names: Iterable[str]) -> None:
    """Moves files and folders with these names from the folder beside a seed folder into it, in place of those there;
    one that the folder beside lacks, or has as a link, is taken away. Raises OSError, and then nothing has changed."""
    moves = [
        _Move(name, os.path.lexists(folder / name) and not (folder / name).is_symlink(), (directory / name).exists())
        for name in names
    ]
    listed = folder / f"{_MOVES}.new"
    with listed.open("w", encoding="utf-8") as file:
        json.dump(moves, file)
        file.flush()
        os.fsync(file.fileno())
    listed.rename(folder / _MOVES)
    try:
        for one in moves:
            _make(folder, directory, one)
    except OSError:
        for one in reversed(moves):
            _undo(folder, directory, one)
        raise


def finish_changes(directory: Path) -> None:
    """Finishes the moves of a process that was killed, and removes what others left. Waits for one that is at it."""
    for folder in _left_by_others(directory.resolve()):
        # Where nothing may be written, what was left stays.
        with suppress(OSError), (folder / _LOCK).open("rb") as lock:
            moves = folder / _MOVES
            if not moves.exists():
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            else:
                fcntl.flock(lock, fcntl.LOCK_EX)
                for one in json.loads(moves.read_text("utf-8")):
                    _make(folder, directory, _Move(*one))
            shutil.rmtree(folder)


def _left_by_others(seed: Path) -> Iterator[Path]:
    """Yields the folders that are used for changes of a seed folder, or were."""
    name = re.compile(re.escape(f"{CHANGES}{seed.name}-") + "[a-z0-9_]+")
    for place in (seed.parent, seed):
        with suppress(OSError):
            yield from [path for path in place.iterdir() if name.fullmatch(path.name)]


def _make(folder: Path, directory: Path, one: _Move) -> None:
    """Makes a move, or what is left of it."""
    new, there, old = folder / one.name, directory / one.name, folder / _REPLACED / one.name
    is_left = os.path.lexists(new) if one.is_new else one.was_there
    if is_left and one.was_there and not os.path.lexists(old):
        old.parent.mkdir(parents=True, exist_ok=True)
        there.rename(old)
    if is_left and one.is_new:
        there.parent.mkdir(parents=True, exist_ok=True)
        new.rename(there)


def _undo(folder: Path, directory: Path, one: _Move) -> None:
    new, there, old = folder / one.name, directory / one.name, folder / _REPLACED / one.name
    if one.is_new and not os.path.lexists(new):
        there.rename(new)
    if os.path.lexists(old):
        old.rename(there)
