"""Changes of several files of a seed folder by processes that are killed at any moment: all of a change, or nothing."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.ingest.seed.file_changes import CHANGES, finish_changes, folder_beside, move, replace_files

_FILES = 60
_WRITER = """
import itertools, pathlib, sys
from app.ingest.seed.file_changes import finish_changes, replace_files
seed, first, files = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
finish_changes(seed)
print("begins", flush=True)
for number in itertools.count(first):
    replace_files(seed, {seed / f"articles/{n}/file.yaml": f"{number}".encode() for n in range(files)})
"""


def contents(seed: Path) -> list[str]:
    return [path.read_text("utf-8") for path in sorted(seed.rglob("*.yaml"))]


def killed(seed: Path, number: int, seconds: float) -> None:
    """A process that changes all files of a folder again and again, and is killed."""
    command = [sys.executable, "-c", _WRITER, str(seed), str(number), str(_FILES)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"begins\n"
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


@pytest.mark.heavy
def test_a_killed_change_is_whole_or_none(tmp_path: Path) -> None:
    chance, seed = random.Random(19), tmp_path / "seed"
    replace_files(seed, {seed / f"articles/{n}/file.yaml": b"first" for n in range(_FILES)})
    left = 0
    for number in range(10):
        killed(seed, number * 100_000, chance.uniform(0.02, 0.1))
        left += len(list(tmp_path.glob(f"{CHANGES}*")))
        finish_changes(seed)
        found = contents(seed)
        assert len(found) == _FILES
        assert len(set(found)) == 1, "half of one change, half of another"
        assert not list(tmp_path.glob(f"{CHANGES}*"))
    assert left > 0, "no process was killed in the midst of a change"


def test_moves_of_a_killed_process_are_finished_by_whoever_comes_next(tmp_path: Path) -> None:
    """At every one of its moves; what stays out of the change is not touched."""
    for stop in range(5):
        seed = tmp_path / str(stop) / "seed"
        for name in ("articles/a", "articles/gone", "articles/stays"):
            (seed / name).mkdir(parents=True)
            (seed / name / "old.yaml").write_text("old", "utf-8")
        (seed / "places.jsonl").write_text("old", "utf-8")
        pid = os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", _STOPPED, str(seed), str(stop)])
        assert pid == -signal.SIGKILL
        finish_changes(seed)
        names = sorted(str(path.relative_to(seed)) for path in seed.rglob("*") if path.is_file())
        assert names == ["articles/a/new.yaml", "articles/stays/old.yaml", "people.jsonl", "places.jsonl"], stop
        assert [path.name for path in seed.parent.iterdir()] == ["seed"]


_STOPPED = """
import os, pathlib, signal, sys
from app.ingest.seed.file_changes import folder_beside, move
seed, left = pathlib.Path(sys.argv[1]), int(sys.argv[2])
rename = pathlib.Path.rename
def counted(path, target):
    global left
    if path.name != ".moves.json.new":
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
    return rename(path, target)
pathlib.Path.rename = counted
with folder_beside(seed) as folder:
    (folder / "articles/a").mkdir(parents=True)
    for name in ("articles/a/new.yaml", "places.jsonl", "people.jsonl"):
        (folder / name).write_text("new", "utf-8")
    move(folder, seed, ["articles/a", "articles/gone", "places.jsonl", "people.jsonl"])
"""


def test_a_change_that_cannot_be_made_leaves_all_as_it_was(tmp_path: Path) -> None:
    seed = tmp_path / "seed"
    replace_files(seed, {seed / "a.yaml": b"old", seed / "b.yaml": b"old"})
    with folder_beside(seed) as folder:
        (folder / "b.yaml").mkdir()
        for name in ("a.yaml", "b.yaml/c.yaml"):
            (folder / name).write_text("new", "utf-8")
        with pytest.raises(FileExistsError):  # there is a file where a folder is to be
            move(folder, seed, ["a.yaml", "b.yaml/c.yaml"])
    assert contents(seed) == ["old", "old"]
    assert [path.name for path in tmp_path.iterdir()] == ["seed"]


def test_changes_of_a_folder_with_a_longer_name_are_not_taken_for_its_own(tmp_path: Path) -> None:
    with folder_beside(tmp_path / "seed-2") as folder:
        left = folder.with_name(folder.name + "x")
        folder.rename(left)
        finish_changes(tmp_path / "seed")
        assert left.exists()
        left.rename(folder)
