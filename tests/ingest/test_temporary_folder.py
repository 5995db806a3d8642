"""Temporary folders of loads: nothing is left behind by one that was killed, nothing is taken from one that runs."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.ingest.temporary_folder import temporary_folder

_HOLDS = """
import sys
from app.ingest.temporary_folder import temporary_folder
with temporary_folder() as folder:
    (folder / "scratch_index.db").write_text("x")
    print(folder, flush=True)
    sys.stdin.read()
"""


@contextmanager
def _load(temporary: Path) -> Iterator[tuple["subprocess.Popen[str]", Path]]:
    """A process that holds a folder until it is told to end."""
    command, environment = [sys.executable, "-c", _HOLDS], os.environ | {"TMPDIR": str(temporary)}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process, Path(process.stdout.readline().strip())


def test_the_next_load_clears_away_what_killed_ones_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    kept = tmp_path / "kept"
    kept.mkdir()
    (tmp_path / "dateline-load-link").symlink_to(kept)
    (tmp_path / "dateline-other").mkdir()
    with _load(tmp_path) as (killed, left), _load(tmp_path) as (_, used):
        killed.kill()
        killed.wait()
        assert left.is_dir()
        with temporary_folder() as own:
            assert not left.exists()
            assert used.is_dir()
            assert own.is_dir()
            with temporary_folder():
                assert own.is_dir()
        assert not own.exists()
        assert {path.name for path in tmp_path.iterdir()} == {"kept", "dateline-load-link", "dateline-other", used.name}
    assert not used.exists()


def test_a_folder_without_its_lock_is_cleared_away_when_it_is_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    old, young = tmp_path / "dateline-load-old", tmp_path / "dateline-load-young"
    for folder in (old, young):
        folder.mkdir()
    os.utime(old, (0, 0))
    with temporary_folder():
        assert not old.exists()
        assert young.is_dir()
