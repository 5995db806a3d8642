"""Small disks and read-only ones: in-memory file systems in a mount namespace of their own, so that nobody else sees
them and nothing of them stays. Linux, as root or where users may make namespaces."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_HOLD = 'mount -t tmpfs -o "size=$1,mode=0777" tmpfs "$2" && echo mounted && exec sleep infinity'


@dataclass(frozen=True)
class Disk:
    """A disk as its own processes see it, at `path`; from here its files are at `inside`."""

    path: Path
    process: int
    """Holds the namespace."""

    @property
    def inside(self) -> Path:
        return Path(f"/proc/{self.process}/root{self.path}")

    def command(self, *command: str | Path) -> list[str]:
        """The command that runs a command where the disk is."""
        mine = ["--user", "--preserve-credentials"] if os.geteuid() else []
        return ["nsenter", *mine, "--mount", f"--target={self.process}", f"--wd={self.path}", "--", *map(str, command)]

    def run(self, *command: str | Path, **environment: str) -> "subprocess.CompletedProcess[str]":
        options: dict[str, Any] = {"env": {**os.environ, **environment}, "capture_output": True, "text": True}
        return subprocess.run(self.command(*command), **options)

    def remount(self, options: str) -> None:
        self.run("mount", "-o", f"remount,{options}", self.path).check_returncode()

    def fill(self, *, leaving: int = 0) -> None:
        """Takes all of its room but for so many bytes."""
        room = shutil.disk_usage(self.inside).free - leaving
        with (self.inside / "filling").open("wb") as file:
            while room > 0:
                room -= file.write(bytes(min(room, 65536)))


@contextmanager
def disk(path: Path, size: str) -> Iterator[Disk]:
    """A disk of so many bytes (`4m`) at an empty folder. Skips where that is not allowed."""
    path.mkdir()
    mine = ["--map-root-user"] if os.geteuid() else []
    command = ["unshare", *mine, "--mount", "sh", "-c", _HOLD, "sh", size, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as holder:
        try:
            assert holder.stdout is not None
            if holder.stdout.readline() != "mounted\n":
                pytest.skip("no disk can be mounted here: needs root, or namespaces for users")
            yield Disk(path, holder.pid)
        finally:
            holder.kill()
