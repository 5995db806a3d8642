"""Full and read-only disks: the error says so, and the existing release stays complete."""

import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.commands.mistakes import MAX_WARNINGS
from app.ingest.editing.examples import example_file
from tests import postgresql
from tests.dossiers import write_example
from tests.importing.invented import row, write_map, write_table
from tests.ingest import interrupted_loads
from tests.ingest.interrupted_loads import Sqlite
from tests.live import answers, dateline, free_port
from tests.server import raw_http
from tests.storage.disks import Disk, disk

pytestmark = pytest.mark.heavy

INCIDENTS = 300


@dataclass(frozen=True)
class Archives:
    """Two releases: their seed files, a database with the first one, and what is in it before and after the second."""

    first: Path
    second: Path
    database: Path
    states: tuple[str, str]


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Archives:
    folder = tmp_path_factory.mktemp("archives")
    first, second = interrupted_loads.archives(folder, INCIDENTS)
    made = Sqlite(folder)
    before = made.new()
    interrupted_loads.loaded(first, before)
    after = made.copy(before)
    interrupted_loads.loaded(second, after)
    return Archives(
        first, second, interrupted_loads.file(before), (interrupted_loads.state(before), interrupted_loads.state(after))
    )


@contextmanager
def served(where: Disk, url: str, **environment: str) -> Iterator[str]:
    """`dateline serve` where the disk is; yields its base URL."""
    port = free_port()
    with subprocess.Popen(
        where.command(dateline(), "serve", "--port", str(port)),
        env={**os.environ, "DATELINE_DATABASE_URL": url, **environment},
        stdout=subprocess.DEVNULL,
    ) as server:
        try:
            assert answers(port, server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def release(base: str) -> int:
    """The release that a server answers from; every sort of answer has to be there."""
    for path in interrupted_loads.ASKED:
        assert raw_http.ask(base, path).status == 200, path
    parsed: int = json.loads(raw_http.ask(base, "/v1/incidents?limit=1").body)["meta"]["release"]
    return parsed


def state(where: Disk, to: Path) -> str:
    """What is in the SQLite database on a disk, by a copy of its files."""
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir()
    for name in ("dateline.db", "dateline.db-wal"):
        if (where.inside / name).exists():
            shutil.copy(where.inside / name, to)
    with closing(sqlite3.connect(to / "dateline.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    return interrupted_loads.state(f"sqlite:///{to}/dateline.db")


def contents(folder: Path) -> dict[str, bytes | None]:
    """Every file and folder in a folder, by its path from there."""
    there = sorted(folder.rglob("*"))
    return {str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes() for path in there}


def refused(done: "subprocess.CompletedProcess[str]", *words: str) -> None:
    """The command said in one line what is wrong, after not too many warnings."""
    assert done.returncode == 1, done.stdout + done.stderr
    told = done.stderr.strip().splitlines()
    lines = [line for line in told if not line.startswith("warning: ")]
    assert len(told) - len(lines) <= MAX_WARNINGS + 1
    assert len(lines) == 1, done.stderr
    assert any(word in lines[0] for word in words), done.stderr


@pytest.mark.parametrize("room", [0, 500_000])
def test_a_load_on_a_full_disk_says_so_and_changes_nothing(archives: Archives, tmp_path: Path, room: int) -> None:
    with disk(tmp_path / "disk", "64m") as where:
        shutil.copy(archives.database, where.inside / "dateline.db")
        url = f"sqlite:///{where.path}/dateline.db"
        with served(where, url) as base:
            assert release(base) == 1
            where.fill(leaving=room)
            refused(where.run(dateline(), "load", archives.second, DATELINE_DATABASE_URL=url), "full", "space")
            assert release(base) == 1
            assert state(where, tmp_path / "copy") == archives.states[0]
            (where.inside / "filling").unlink()
            done = where.run(dateline(), "load", archives.second, DATELINE_DATABASE_URL=url)
            assert done.returncode == 0, done.stderr
            assert release(base) == 2
        assert state(where, tmp_path / "copy") == archives.states[1]


def test_a_first_load_on_a_full_disk_leaves_nothing(archives: Archives, tmp_path: Path) -> None:
    with disk(tmp_path / "disk", "2m") as where:
        url = f"sqlite:///{where.path}/dateline.db"
        refused(where.run(dateline(), "load", archives.first, DATELINE_DATABASE_URL=url), "full", "space")
        where.remount("size=64m")
        done = where.run(dateline(), "load", archives.first, DATELINE_DATABASE_URL=url)
        assert done.returncode == 0, done.stderr
        assert state(where, tmp_path / "copy") == archives.states[0]


def test_an_editors_command_on_a_full_disk_says_so_and_changes_nothing(tmp_path: Path) -> None:
    """There is room for some of the files, not for all."""
    table = write_table(tmp_path / "log.csv", [row(number) for number in range(1, 200)])
    map_, text = write_map(tmp_path / "map.yaml"), tmp_path / "text.txt"
    text.write_text(example_file("text.txt"), "utf-8")
    with disk(tmp_path / "disk", "2m") as where:
        seed = where.path / "seed"
        commands: list[list[str | Path]] = [
            ["anchor", seed, "--text", text],
            ["new", "another", "--seed", where.path / "another", "--text", text],
            ["import", table, "--seed", seed, "--map", map_],
        ]
        write_example(where.inside / "seed")
        where.fill(leaving=9_000)
        before = contents(where.inside)
        for command in commands:
            refused(where.run(dateline(), *command), "No space left on device; nothing has changed.")
            assert contents(where.inside) == before, command


def test_a_full_temporary_folder_breaks_nothing(archives: Archives, tmp_path: Path) -> None:
    database = Path(shutil.copy(archives.database, tmp_path))
    url = f"sqlite:///{database}"
    with disk(tmp_path / "temporary", "64k") as where:
        with served(where, url, TMPDIR=str(where.path)) as base:
            for path in ("/v1/dataset.zip", "/v1/dataset.sqlite"):
                answer = raw_http.ask(base, path)
                assert answer.status == 503, answer.head
                assert answer.header("retry-after"), answer.head
                assert answer.header("content-type") == "application/problem+json"
            assert release(base) == 1
            # Locks stay for as long as the service runs, with the database's name, and counts that there was room for.
            files = [path for path in where.inside.rglob("*") if path.is_file() and path.stat().st_size]
            assert {path.name for path in files if "counts" not in path.parts} <= {"lock"}
            assert not [*where.inside.rglob("*.making")]
        done = where.run(dateline(), "export", where.path / "out", DATELINE_DATABASE_URL=url)
        refused(done, "full", "space")
        assert not [path for path in where.inside.rglob("*") if path.is_file()]
        done = where.run(dateline(), "load", archives.second, DATELINE_DATABASE_URL=url, TMPDIR=str(where.path))
        if done.returncode:
            refused(done, "full", "space")
        assert interrupted_loads.state(url) == archives.states[0 if done.returncode else 1]


def test_a_read_only_disk_is_served_and_cannot_be_loaded(archives: Archives, tmp_path: Path) -> None:
    with disk(tmp_path / "disk", "64m") as where:
        shutil.copy(archives.database, where.inside / "dateline.db")
        where.remount("ro")
        url = f"sqlite:///{where.path}/dateline.db"
        with served(where, url) as base:
            refused(where.run(dateline(), "load", archives.second, DATELINE_DATABASE_URL=url), "read", "writ")
            assert release(base) == 1
        assert state(where, tmp_path / "copy") == archives.states[0]
        new = f"sqlite:///{where.path}/new.db"
        refused(where.run(dateline(), "load", archives.first, DATELINE_DATABASE_URL=new), "open", "read", "writ")


def test_who_may_only_read_has_what_others_load(archives: Archives, tmp_path: Path) -> None:
    """The folder is mounted a second time, where it cannot be written to: first there is no log beside the file."""
    with disk(tmp_path / "disk", "200m") as where:
        data, view = where.path / "data", where.path / "view"
        where.run("mkdir", data, view).check_returncode()
        shutil.copy(archives.database, where.inside / "data/dateline.db")
        where.run("mount", "--bind", data, view).check_returncode()
        where.run("mount", "-o", "remount,ro,bind", view).check_returncode()
        with served(where, f"sqlite:///{view}/dateline.db") as base:
            assert release(base) == 1
            for number, seed in ((2, archives.second), (3, archives.first), (4, archives.second)):
                command = (dateline(), "load", "--prune", "--reason", "a test", seed)
                done = where.run(*command, DATELINE_DATABASE_URL=f"sqlite:///{data}/dateline.db")
                assert done.returncode == 0, done.stderr
                assert release(base) == number


def test_a_read_only_file_is_served_and_cannot_be_loaded(archives: Archives, tmp_path: Path) -> None:
    """The folder could be written; the file is mounted upon itself, because no permission binds root."""
    with disk(tmp_path / "disk", "64m") as where:
        file = where.path / "dateline.db"
        shutil.copy(archives.database, where.inside / "dateline.db")
        where.run("mount", "--bind", file, file).check_returncode()
        where.run("mount", "-o", "remount,ro,bind", file).check_returncode()
        url = f"sqlite:///{file}"
        with served(where, url) as base:
            refused(where.run(dateline(), "load", archives.second, DATELINE_DATABASE_URL=url), "read", "writ")
            assert release(base) == 1
        assert state(where, tmp_path / "copy") == archives.states[0]


def test_a_release_that_is_still_in_the_log_is_served_from_a_read_only_disk(archives: Archives, tmp_path: Path) -> None:
    """A loader was killed after its release was there and before SQLite had moved it into the database's own file."""
    with disk(tmp_path / "disk", "64m") as where:
        made = Sqlite(tmp_path)
        url = made.new()
        shutil.copy(archives.database, interrupted_loads.file(url))
        with closing(sqlite3.connect(interrupted_loads.file(url))) as reading:
            # Somebody who reads keeps the log from being emptied.
            reading.execute("BEGIN")
            reading.execute("SELECT count(*) FROM releases").fetchone()
            interrupted_loads.loaded(archives.second, url)
            for path in interrupted_loads.file(url).parent.iterdir():
                shutil.copy(path, where.inside)
        assert (where.inside / "dateline.db-wal").stat().st_size > 0
        where.remount("ro")
        with served(where, f"sqlite:///{where.path}/dateline.db") as base:
            assert release(base) == 2


def test_postgresql_without_room(archives: Archives, tmp_path: Path) -> None:
    """The database lies in a tablespace on a small disk."""
    with disk(tmp_path / "disk", "200m") as where, postgresql.running() as server:
        server.stop()
        where.run("chown", "postgres", where.path).check_returncode()
        for path in (tmp_path, *tmp_path.parents[:-2]):
            path.chmod(0o755)
        start = ("pg_ctl", "-D", server.data, "-w", "-t", "60", "-l", server.folder / "log", "restart")
        bindir = postgresql.binaries()
        assert bindir is not None
        where.run("runuser", "-u", "postgres", "--", bindir / start[0], *start[1:]).check_returncode()
        server.run(f"CREATE TABLESPACE small LOCATION '{where.path}'")
        server.run("CREATE DATABASE narrow TABLESPACE small")
        url = server.url("narrow")
        interrupted_loads.loaded(archives.first, url)
        before = interrupted_loads.state(url)
        server.run("CHECKPOINT")
        where.fill(leaving=100_000)
        environment = {**os.environ, "DATELINE_DATABASE_URL": url}
        load = [str(dateline()), "load", str(archives.second)]
        refused(subprocess.run(load, env=environment, capture_output=True, text=True), "No space left")
        assert interrupted_loads.state(url) == before
        (where.inside / "filling").unlink()
        done = subprocess.run(load, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert interrupted_loads.integrity_problems(url) == []
        assert interrupted_loads.state(url) != before
