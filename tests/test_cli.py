"""The `dateline` command, run as people run it; the server through the installed script, in a folder of its own."""

import errno
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from sqlalchemy import create_engine, text, update

from app.cli import main
from app.commands.databases import read_settings
from app.commands.errors import CommandError
from app.commands.progress_bars import ProgressBars
from app.records import RECORD_TYPES
from app.storage.database import Database
from app.storage.schema import is_outdated, migrate
from tests import sample
from tests.conftest import load_seed
from tests.second_article import pair

Done = subprocess.CompletedProcess[str]
DATELINE = Path(sys.executable).with_name("dateline")
INCIDENTS = sample.INCIDENTS


def dateline(*arguments: str | Path, url: str | None = None, cwd: Path | None = None) -> Done:
    """Runs the command to its end, in this process: starting Python takes longer than what most commands do."""
    out, err, code = StringIO(), StringIO(), 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["dateline", *map(str, arguments)])
        patch.chdir(cwd or Path.cwd())
        for name in os.environ.keys() - environment(url).keys():
            patch.delenv(name)
        for name, value in environment(url).items():
            patch.setenv(name, value)
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def environment(url: str | None) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DATELINE_")}
    return inherited | ({"DATELINE_DATABASE_URL": url} if url else {})


def refused(done: Done) -> str:
    """The one plain sentence of a command that could not do what it was asked."""
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr + done.stdout
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


@pytest.mark.parametrize("below", ["", "folder"])
def test_a_folder_for_counts_that_is_none_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, below: str
) -> None:
    (file := tmp_path / "file").touch()
    monkeypatch.setenv("DATELINE_CACHE_DIR", str(file / below))
    with pytest.raises(CommandError, match=rf"^DATELINE_CACHE_DIR cannot be used: .*'{file}' is no folder"):
        read_settings()
    monkeypatch.setenv("DATELINE_CACHE_DIR", str(tmp_path / "new/one"))
    assert read_settings().cache_dir == tmp_path / "new/one"


def test_the_version_is_that_of_the_package() -> None:
    done = dateline("--version")
    assert (done.returncode, done.stdout) == (0, f"dateline {version('dateline')}\n")


@contextmanager
def served(*arguments: str, url: str | None = None, cwd: Path) -> Iterator[tuple[list[str], list[str]]]:
    """A running server: the lines that it printed before its URLs, and the URLs."""
    process = subprocess.Popen(
        [DATELINE, "serve", *arguments], cwd=cwd, env=environment(url), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    lines: list[str] = []
    urls: list[str] = []
    try:
        while len(urls) < 4 and (line := process.stdout.readline()):
            (urls if "http" in line else lines).append(line.strip())
        yield lines, urls
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        process.stdout.close()


def status(url: str) -> int:
    """What a URL answers, once the server listens."""
    for attempt in range(200):
        try:
            with urlopen(url, timeout=10) as answer:
                return int(answer.status)
        except HTTPError as error:
            return error.code
        except OSError:
            if attempt == 199:
                raise
            signal.sigtimedwait([], 0.1)
    raise AssertionError


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.heavy
def test_first_start_in_an_empty_folder_and_the_second(tmp_path: Path) -> None:
    port = str(free_port())
    with served("--port", port, cwd=tmp_path) as (lines, urls):
        assert "release 1: 1 article, 42 incidents, 41 places" in lines[-1]
        assert all(url.startswith(f"http://127.0.0.1:{port}/") for url in urls)
        assert {url: status(url) for url in urls[1:]} == dict.fromkeys(urls[1:], 200)
        assert (tmp_path / "dateline.db").is_file()
    with served("--port", port, cwd=tmp_path) as (lines, urls):
        (line,) = lines
        assert "dateline.db: release 1: 1 article, 42 incidents" in line
        assert status(urls[1]) == 200


def test_serve_on_a_busy_port_says_so_and_loads_nothing(tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        sentence = refused(dateline("serve", "--port", str(port), cwd=tmp_path))
    assert sentence == f"Cannot listen on 127.0.0.1 port {port}: Address already in use. Choose another --port."
    assert list(tmp_path.iterdir()) == []


def test_the_port_of_metrics_is_another_one(tmp_path: Path) -> None:
    port = str(free_port())
    sentence = refused(dateline("serve", "--port", port, "--metrics-port", port, cwd=tmp_path))
    assert sentence == f"Port {port} is that of the service. Choose another --metrics-port."
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        taken = str(busy.getsockname()[1])
        sentence = refused(dateline("serve", "--port", port, "--metrics-port", taken, cwd=tmp_path))
    assert sentence.endswith("Choose another --metrics-port or DATELINE_METRICS_HOST.")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("folder", ["/proc", "nowhere"])
def test_serve_where_no_database_can_be_written(tmp_path: Path, folder: str) -> None:
    """`/proc` takes files from nobody, not even from root."""
    url = f"sqlite:///{tmp_path / folder}/dateline.db"
    sentence = refused(dateline("serve", "--port", str(free_port()), url=url))
    assert "dateline.db: unable to open database file" in sentence


def test_serve_on_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "dateline.db").write_bytes(b"no database at all, but long enough to be read as one" * 40)
    sentence = refused(dateline("serve", "--port", str(free_port()), cwd=tmp_path))
    assert sentence == "dateline.db: file is not a database"


def test_a_database_newer_than_the_code(database_url: str, tmp_path: Path) -> None:
    database = Database(database_url)
    migrate(database)
    with database.writer() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    for command in (("serve", "--port", str(free_port())), ("export", tmp_path), ("load", "--dry-run")):
        sentence = refused(dateline(*command, url=database_url))
        assert "was made by a newer version of dateline (9999); update the code." in sentence, command


def test_serve_on_a_database_that_older_code_has_loaded(database_url: str, tmp_path: Path) -> None:
    """Migrated, but not loaded anew: its documents lack fields that files and lists are made of."""
    seed = sample.write(sample.small(), tmp_path / "seed")
    load_seed(database_url, seed)
    with closing(Database(database_url)) as database, database.writer() as connection:
        for one in RECORD_TYPES.values():
            connection.execute(update(one.table).values(rows_checksum=0))
    sentence = refused(dateline("serve", "--port", str(free_port()), url=database_url))
    assert "was loaded by an older version of dateline. Run `dateline load`" in sentence
    dateline("load", seed, url=database_url)
    with closing(Database(database_url)) as database, database.snapshot() as snapshot:
        assert not is_outdated(snapshot)


def test_settings_that_cannot_be_used(tmp_path: Path) -> None:
    assert "not a database URL" in refused(dateline("migrate", url="what?"))
    assert "not supported" in refused(dateline("migrate", url="mysql://localhost/x"))
    assert refused(dateline("migrate", url="postgresql://nobody@127.0.0.1:9/x"))


def test_load_prints_what_it_does_and_dry_run_does_nothing(database_url: str, tmp_path: Path) -> None:
    files = sample.small()
    seed = sample.write(files, tmp_path / "seed")
    new = dateline("load", seed, "--dry-run", url=database_url)
    assert new.stderr.endswith("has no tables yet, so this is what a first load does.\n")
    assert "ADD 3 incidents" in new.stdout
    assert "brought up to date" in dateline("migrate", url=database_url).stdout
    assert "are up to date" in dateline("migrate", url=database_url).stdout
    dry = dateline("load", seed, "--dry-run", url=database_url)
    assert dry.returncode == 0
    assert "ADD 3 incidents" in dry.stdout
    assert dry.stdout.endswith("Nothing was loaded (dry run).\n")
    assert releases(database_url) == 0
    first = dateline("load", seed, "--note", "first", url=database_url)
    assert first.stdout.splitlines()[:-1] == dry.stdout.splitlines()[:-1]
    assert "release 1: 1 article, 3 incidents" in first.stdout
    sample.record(files, "places.yaml", "ash-river")["note"] = "It freezes in winter."
    sample.record(files, INCIDENTS, "ferry-shooting")["casualties"][1] = {
        "id": "ferry-wounded",
        "removed": {"reason": "miscounted"},
    }
    sample.write(files, seed)
    second = dateline("load", seed, url=database_url).stdout
    assert "MOD 1 place\n" in second
    assert "MOD places/ash-river" in second
    assert "DEL casualties/ferry-wounded (miscounted)" in second
    assert "nothing has changed since release 2" in dateline("load", seed, url=database_url).stdout
    assert releases(database_url) == 2


def releases(url: str) -> int:
    engine = create_engine(url)
    with engine.connect() as connection:
        actual = connection.execute(text("SELECT count(*) FROM releases")).scalar_one()
    engine.dispose()
    return int(actual)


def test_mistakes_are_listed_and_the_old_release_stays(database_url: str, tmp_path: Path) -> None:
    files = sample.small()
    load_seed(database_url, sample.write(files, tmp_path / "seed"))
    sample.record(files, "places.yaml", "orsa")["nmae"] = "x"
    sample.record(files, INCIDENTS, "mill-search")["related"] = ["ferry"]
    seed = sample.write(files, tmp_path / "seed")
    for command in ("check", "load"):
        done = dateline(command, seed, url=database_url)
        assert done.returncode == 1
        first, second, last = done.stderr.splitlines()
        assert re.fullmatch(
            rf"seed/{INCIDENTS}:\d+: mill-search: related.0: there is no 'ferry' among incidents.*", first
        )
        assert re.fullmatch(r"seed/places.yaml:\d+: orsa: nmae: there is no such key here; did you mean .*", second)
        assert last == "2 mistakes; nothing is loaded until all are mended."
    assert releases(database_url) == 1


def test_check_needs_no_database(tmp_path: Path) -> None:
    seed = sample.write(pair(), tmp_path / "seed")
    done = dateline("check", seed, cwd=tmp_path, url="what?")
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 articles, 4 incidents" in done.stdout
    assert list(tmp_path.iterdir()) == [seed]


@pytest.mark.heavy
def test_openapi_prints_the_document_that_is_served() -> None:
    done = dateline("openapi")
    assert json.loads(done.stdout)["info"]["title"] == "Dateline"


def test_no_arguments_shows_the_commands() -> None:
    done = dateline()
    for command in ("serve", "load", "check", "verify", "anchor", "migrate", "openapi"):
        assert command in done.stdout + done.stderr


def everything_drawn(terminal: int) -> str:
    """What was drawn: it arrives in pieces, and Linux ends a terminal that nobody holds any more with EIO."""
    drawn = b""
    while True:
        try:
            piece = os.read(terminal, 65_536)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            piece = b""
        if not piece:
            return drawn.decode()
        drawn += piece


def test_bars_are_drawn_on_a_terminal_and_nowhere_else(database_url: str, tmp_path: Path) -> None:
    """`FORCE_COLOR` makes no terminal of a pipe."""
    seed = sample.write(sample.small(), tmp_path / "seed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORCE_COLOR", "1")
        dateline("migrate", url=database_url)
        piped = dateline("load", seed, url=database_url)
    assert (piped.returncode, piped.stderr) == (0, "")
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w") as terminal, redirect_stderr(terminal), ProgressBars() as bars:
        bars("Writing", 3, 7)
    drawn = everything_drawn(ours)
    os.close(ours)
    assert "Writing" in drawn
    assert "3/7" in drawn
