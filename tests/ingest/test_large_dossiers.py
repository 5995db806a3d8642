"""Large dossiers: read in parts and by several processes, they load as small ones do, and take no more memory."""

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, select, text
from sqlmodel import col

from app.ingest.building.pipeline import check
from app.ingest.release import loading
from app.ingest.release.loading import load
from app.ingest.seed import reading
from app.ingest.seed.files import SeedError
from app.ingest.seed.reading import DossierError
from app.records import RECORD_TYPES
from app.search.entry_numbers import document_number
from app.storage import models
from app.storage.database import Database, DatabaseError
from app.storage.registry import document_of
from app.storage.schema import migrate
from tests import postgresql, sample
from tests.bench import invention
from tests.conftest import ENGINE, NewDatabase, create_tables, load_seed, serving
from tests.live import dateline
from tests.sample import Files, record
from tests.second_article import pair

TIMEOUT_SECONDS = 120.0
HELPERS = (0, 2)


def lines(files: Files, directory: Path) -> Path:
    """A dossier as JSON lines."""
    for name, data in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(data, list):
            path.with_suffix(".jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in data), "utf-8")
        else:
            path.write_text(json.dumps(data), "utf-8")
    return directory


def everything(url: str) -> dict[str, list[str]]:
    """Every row of every table, but for the time of loading and the numbers of documents, which follow the parts."""
    database = Database(url)
    left_out = {("releases", "loaded_at"), ("search_entries", "number")}
    left_out |= {
        ("documents", "number"),
        *((str(table.__tablename__), "number") for table in (one.table for one in RECORD_TYPES.values())),
    }
    entry, kept = models.SearchEntry, models.StoredDocument
    with database.writer() as connection:
        day = col(entry.number) - document_number(col(entry.number))
        led_to = select(day, col(entry.terms), col(kept.id), col(kept.document))
        led_to = led_to.join(kept, col(kept.number) == document_number(col(entry.number)))
        actual = {
            table.name: sorted(
                repr([value for name, value in row.items() if (table.name, name) not in left_out])
                for row in connection.execute(select(table)).mappings()
            )
            for table in models.Release.metadata.sorted_tables
        }
        actual |= {
            f"documents of {name}": sorted(map(repr, connection.execute(select(table.id, document_of(table)))))
            for name, table in ((one.name, one.table) for one in RECORD_TYPES.values())
        }
        actual["documents found by words"] = sorted(map(repr, connection.execute(led_to)))
    database.close()
    return actual


def loaded(url: str, directory: Path, **how: Any) -> dict[str, list[str]]:
    create_tables(url)
    database = Database(url)
    load(directory, database, **how)
    database.close()
    return everything(url)


@pytest.mark.heavy
@pytest.mark.parametrize("processes", HELPERS)
def test_parts_and_processes_change_nothing(
    new_database: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processes: int
) -> None:
    """Extensions, embedded quotes, children and contradictions find each other across the parts."""
    files = pair()
    record(files, sample.INCIDENTS, "boat-stopped")["parent"] = "mill-search"
    inner = {**record(files, sample.QUOTES, "berg-no-warning"), "id": "inner", "kind": "embedded"}
    inner |= {"contained_in": "berg-no-warning", "spans": [sample.quoted("shot without")], "incidents": []}
    files[sample.QUOTES].append(inner)
    whole = loaded(new_database(), sample.write(files, tmp_path / "yaml"))
    assert len(whole["incidents"]) == 4
    monkeypatch.setattr(reading, "CHUNK_BYTES", 100)
    monkeypatch.setattr(loading, "BATCH_RECORDS", 1)
    directory = lines(files, tmp_path / "lines")
    assert len(reading.parts(directory)[0]) > 15
    assert loaded(new_database(), directory, processes=processes) == whole


@pytest.mark.heavy
def test_a_first_load_of_many_records_is_the_same(
    new_database: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its indexes made at the end: they are all there again, and references are looked after as before."""
    directory = sample.write(pair(), tmp_path)
    urls = new_database(), new_database()
    before = loaded(urls[0], directory)
    monkeypatch.setattr(loading, "BULK_MIN_RECORDS", 1)
    assert loaded(urls[1], directory) == before
    assert _indexes(urls[0]) == _indexes(urls[1]) != []
    if ENGINE == "sqlite":
        assert _search_settings(urls[0]) == _search_settings(urls[1])
    answers = []
    for url in urls:
        with serving(url) as client:
            paths = ("/v1/search?q=ferry", "/v1/incidents?bbox=14,60,15,61", "/v1/incidents?q=guards")
            answers.append([[item["id"] for item in client.get(path).json()["data"]] for path in paths])
            assert all(answers[-1])
    assert answers[0] == answers[1]


def _indexes(url: str) -> list[str]:
    asked = "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY sql"
    engine = create_engine(url)
    with engine.connect() as connection:
        actual = connection.execute(text(asked if ENGINE == "sqlite" else "SELECT indexdef FROM pg_indexes ORDER BY 1"))
        result = list(actual.scalars())
    engine.dispose()
    return result


def _search_settings(url: str) -> dict[str, int]:
    """How the search index is changed from now on; by default, SQLite keeps a megabyte in memory and merges four."""
    engine = create_engine(url)
    with engine.connect() as connection:
        stored = connection.execute(text("SELECT k, v FROM search_index_config")).all()
    engine.dispose()
    return {"hashsize": 2**20, "automerge": 4, **dict(map(tuple, stored))}


def errors_of(directory: Path, url: str, processes: int) -> list[SeedError]:
    create_tables(url)
    database = Database(url)
    with pytest.raises(DossierError) as caught:
        load(directory, database, processes=processes)
    database.close()
    assert not any(everything(url).values())
    return caught.value.errors


@pytest.mark.heavy
def test_mistakes_of_a_large_dossier_are_listed_at_once(new_database: NewDatabase, tmp_path: Path) -> None:
    invention.write(tmp_path / "seed", 600)
    folders = sorted((tmp_path / "seed" / "articles").iterdir())
    changed = folders[2] / "incidents.jsonl"
    its = changed.read_text("utf-8").splitlines()
    its[4] = json.dumps({**json.loads(its[4]), "related": ["nowhere"]})
    its[40] = json.dumps({**json.loads(its[40]), "knd": "raid"})
    its[60] = its[60][:-1]
    its[20] = f'{its[20][:-1]}, "id": "other"}}'
    its.append((folders[0] / "incidents.jsonl").read_text("utf-8").splitlines()[0])
    changed.write_text("\n".join(its) + "\n", "utf-8")
    alone, helped = (errors_of(tmp_path / "seed", new_database(), processes) for processes in HELPERS)
    assert alone == helped
    file = f"seed/articles/{folders[2].name}/incidents.jsonl"
    named = {(error.file, error.line, error.field) for error in alone}
    assert {(file, 5, "related.0"), (file, 41, "knd"), (file, 61, ""), (file, len(its), "id"), (file, 21, "")} <= named
    assert "the key 'id' stands twice" in next(error.message for error in alone if error.line == 21)
    messages = [error.message for error in alone if error.line == len(its)]
    assert any(f"articles/{folders[0].name}/incidents.jsonl:1 already" in message for message in messages)


def test_readers_keep_the_old_release_until_the_new_one_is_complete(database_url: str, tmp_path: Path) -> None:
    load_seed(database_url, sample.write(sample.small(), tmp_path))
    seen: set[tuple[str, int, int]] = set()
    sample.write(pair(), tmp_path)
    database = Database(database_url)
    with serving(database_url) as client:

        def look(what: str, done: int, total: int | None) -> None:
            answer = client.get(f"/v1/incidents?limit={100 + len(seen)}").json()
            seen.add((what, answer["meta"]["release"], len(answer["data"])))

        load(tmp_path, database, progress=look)
        assert {(release, entry) for _, release, entry in seen} == {(1, 3)}
        assert {what for what, _, _ in seen} == {"Reading", "Rendering", "Finishing"}
    database.close()
    with serving(database_url) as client:
        answer = client.get("/v1/incidents").json()
        assert (answer["meta"]["release"], len(answer["data"])) == (2, 4)


@pytest.mark.heavy
def test_rows_are_copied_into_postgresql(tmp_path: Path) -> None:
    """The server's own log tells."""
    with postgresql.running() as server:
        server.run("CREATE DATABASE copied")
        url = server.url("copied")
        database = Database(url)
        migrate(database)  # which copies rows by itself
        database.close()
        server.run("ALTER DATABASE copied SET log_statement = 'all'")
        load_seed(url, sample.write(pair(), tmp_path))
        log = (Path(str(make_url(url).query["host"])) / "log").read_text("utf-8")
    for table in ("incidents", "casualties", "quotes", "evidence", "search_entries", "changes"):
        assert f"COPY {table} (" in log
        assert f"INSERT INTO {table} (" not in log


def test_no_room_for_temporary_files(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(database_url)
    migrate(database)
    directory = sample.write(sample.small(), tmp_path / "seed")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(DatabaseError, match="temporary files cannot be written"):
        load(directory, database)
    database.close()
    assert not any(everything(database_url).values())


@pytest.mark.heavy
def test_a_full_temporary_disk_is_one_plain_sentence(tmp_path: Path) -> None:
    invention.write(tmp_path / "seed", 250)
    (tmp_path / "temporary").mkdir()
    # No file may grow beyond 16 kB.
    command = f"ulimit -f 16; exec '{dateline()}' check '{tmp_path / 'seed'}'"
    run = subprocess.run(
        ["bash", "-c", command],
        env={**os.environ, "TMPDIR": str(tmp_path / "temporary")},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    assert run.returncode == 1
    (sentence,) = run.stderr.splitlines()
    assert sentence.startswith("temporary files cannot be written (")
    assert list((tmp_path / "temporary").iterdir()) == []


def until(happened: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not happened():
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(0.02)


def children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()] if path.exists() else []


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[[int], subprocess.Popen[bytes]]]:
    """Starts a load of so many incidents into a new SQLite file, with a folder of its own for temporary files."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(incidents: int) -> subprocess.Popen[bytes]:
        invention.write(tmp_path / "seed", incidents)
        (tmp_path / "temporary").mkdir()
        environment = {"DATELINE_DATABASE_URL": f"sqlite:///{tmp_path}/dateline.db", "TMPDIR": f"{tmp_path}/temporary"}
        processes.append(
            subprocess.Popen(
                [dateline(), "load", tmp_path / "seed"],
                env={**os.environ, **environment},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # Ctrl-C is ignored by whatever a script has started in the background, and by its children.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )
        )
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.wait()


@pytest.mark.heavy
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_a_load_ends_nothing_of_it_stays(
    started: Callable[[int], subprocess.Popen[bytes]], tmp_path: Path, how: signal.Signals
) -> None:
    process = started(2_000)

    def surveyed() -> bool:
        """Whether the first round is over: its result is written then."""
        ledgers = list((tmp_path / "temporary").glob("*/scratch_index.db"))
        return process.poll() is not None or any(ledger.stat().st_size > 100_000 for ledger in ledgers)

    until(surveyed, "the end of the first round")
    helpers = children(process.pid)
    assert len(helpers) >= 2
    process.send_signal(how)
    assert process.wait(TIMEOUT_SECONDS) != 0
    until(lambda: not any(map(alive, helpers)), "the end of the processes that help")
    until(lambda: not list((tmp_path / "temporary").iterdir()), "an empty folder")


@pytest.mark.heavy
def test_memory_stays_small(started: Callable[[int], subprocess.Popen[bytes]]) -> None:
    """All processes together, pages that they share counted for each. One that held the dossier took 75 kB for each
    incident more."""
    process = started(8_000)
    most = 0
    while process.poll() is None:
        most = max(most, sum(map(resident, (process.pid, *children(process.pid)))))
        time.sleep(0.05)
    assert process.returncode == 0
    assert 0 < most < 520_000_000, f"{most:,} bytes"


def resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
    except OSError:
        return 0


def test_checking_alone_counts_the_records(tmp_path: Path) -> None:
    counts = check(lines(pair(), tmp_path))
    assert counts["incidents"] == 4
    assert counts["casualties"] == 5
