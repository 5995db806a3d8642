"""Loads in processes that tests kill, and the content of a database before and after."""

import hashlib
import json
import os
import pty
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from select import select as ready
from typing import Any, Protocol

from rfc8785 import dumps
from sqlalchemy import make_url, select
from sqlmodel import col

from app.problems import Unavailable
from app.records import RECORD_TYPES
from app.storage.codebook_models import StoredCodebook
from app.storage.columns import Table
from app.storage.database import Database
from app.storage.models import StoredDocument
from app.storage.registry import document_of
from tests import postgresql
from tests.bench import invention
from tests.bench.invention import marked_words
from tests.conftest import serving
from tests.live import dateline

PATIENCE = 120.0
"""Seconds that anything may take; two slow cores may be busy with other tests."""


class Interrupted(AssertionError):
    """Something that has to end did not."""


def until(happened: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > deadline:
            raise Interrupted(f"never came: {what}")
        time.sleep(0.02)


# The archives.


def archives(folder: Path, incidents: int) -> tuple[Path, Path]:
    """An invented archive, and the same one later: with additions, changes and removals of several sorts."""
    first, second = folder / "first", folder / "second"
    invention.write(first, incidents)
    shutil.copytree(first, second)
    for its_incidents in second.glob("articles/*/incidents.jsonl"):
        its_quotes = its_incidents.with_name("quotes.jsonl")
        told, quotes = _lines(its_incidents), _lines(its_quotes)
        needed = {one.get("parent") for one in told} | {other for one in told for other in one.get("related", ())}
        removed = {one["id"] for one in told[::7]} - needed
        later = [_later(number, one, removed) for number, one in enumerate(told)]
        added = [_again(one) for one in told[1::9] if one["id"] not in removed]
        _write(its_incidents, later + added)
        _write(its_quotes, [_later_quote(number, one, removed) for number, one in enumerate(quotes)])
    return first, second


def _later(number: int, incident: dict[str, Any], removed: set[str]) -> dict[str, Any]:
    if incident["id"] in removed:
        return {"id": incident["id"], "removed": {"reason": "withdrawn by its editor"}}
    return {**incident, "title": f"{incident['title']} xlater"} if number % 3 == 0 else incident


def _again(incident: dict[str, Any]) -> dict[str, Any]:
    id_ = f"{incident['id']}-again"
    claims = [{**claim, "id": f"{claim['id']}-again"} for claim in incident["casualties"]]
    return {**incident, "id": id_, "casualties": claims}


def _later_quote(number: int, quote: dict[str, Any], removed: set[str]) -> dict[str, Any]:
    if number % 11 == 0:
        return {"id": quote["id"], "removed": {"reason": "told twice"}}
    if not removed.intersection(quote.get("incidents", ())):
        return quote
    return {name: value for name, value in quote.items() if name != "incidents"}


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _write(path: Path, records: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), "utf-8")


# What is in a database.

ASKED = (
    *(f"/v1/incidents?q={word}&limit=500" for word in marked_words()[:5]),
    "/v1/incidents?q=xlater&limit=500",
    "/v1/search?q=xlater",
    "/v1/incidents?datetime=1990-04&limit=500&sort=-date",
    "/v1/incidents.geojson?bbox=41,31,45,35",
    "/v1/facets?of=incidents&facet=kind",
    "/v1/casualties/summary",
    "/v1/quotes.ndjson",
    "/v1/changes?since=0&limit=500",
)

NOTHING = "nothing"
_TIME = re.compile(rb"\d{4}-\d\d-\d\dT[\d:]+Z")


def state(url: str) -> str:
    """A digest of everything in a database: every row, and the answers that come out of its indexes;
    all but the time of loading."""
    rows = _rows(url)
    if rows is None:
        return NOTHING
    actual = hashlib.sha256(rows.encode())
    with serving(url) as client:
        for path in ASKED:
            answer = client.get(path)
            assert answer.status_code == 200, f"{path}: {answer.text}"
            actual.update(_TIME.sub(b"", answer.content))
    return actual.hexdigest()


def _rows(url: str) -> str | None:
    """A digest of all rows but for the time of loading; null where there are none."""
    database, actual, number = Database(url), hashlib.sha256(), 0
    try:
        with database.snapshot() as snapshot:
            for table in Table.metadata.sorted_tables:
                columns = [column for column in table.columns if column.name != "loaded_at"]
                rows = sorted(repr(tuple(row)) for row in snapshot.rows(select(*columns)))
                number += len(rows)
                actual.update(f"{table.name}\n{chr(10).join(rows)}\n".encode())
    except Unavailable:
        return None
    finally:
        database.close()
    return actual.hexdigest() if number else None


def integrity_problems(url: str) -> list[str]:
    """What of the newest release is not as its digests say, computed anew from its documents."""
    database, lines, wrong = Database(url), [], []
    with database.snapshot() as snapshot:
        for resource, table in ((one.name, one.table) for one in RECORD_TYPES.values()):
            columns = table.__table__.columns
            asked = select(columns.id, columns.digest, col(StoredDocument.id), document_of(table))
            asked = asked.join(StoredDocument, col(StoredDocument.number) == columns.number)
            for id_, known, its_id, document in snapshot.rows(asked):
                told = {k: v for k, v in json.loads(document).items() if k not in ("version", "changed_in")}
                wrong += [] if id_ == its_id == told["id"] else [f"{resource}/{id_} has the document of {its_id}"]
                digest = hashlib.sha256(dumps(told)).hexdigest()
                lines.append(f"{RECORD_TYPES[resource].type}/{id_} {digest}")
                wrong += [] if digest == known else [f"{resource}/{id_} has another digest"]
        for document in snapshot.column(select(col(StoredCodebook.document))):
            told = {k: v for k, v in json.loads(document).items() if k not in ("version", "changed_in")}
            lines.append(f"{told['type']}/{told['id']} {hashlib.sha256(dumps(told)).hexdigest()}")
        whole = hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
        wrong += [] if whole == snapshot.release.digest else [f"release {snapshot.release.number} has another digest"]
    database.close()
    return wrong


# The engines.


class Databases(Protocol):
    """Databases of one engine."""

    name: str

    def new(self) -> str:
        """The URL of a database in which nothing is yet."""

    def copy(self, url: str) -> str:
        """The URL of a copy."""

    def settle(self, url: str) -> None:
        """Waits until nothing works on it any more."""

    def complaints(self, url: str) -> list[str]:
        """What the engine itself finds wrong with it, as it is found: before anything could mend it."""


class Sqlite:
    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self._folders = (folder / str(number) for number in count())

    def new(self) -> str:
        folder = next(self._folders)
        folder.mkdir()
        return f"sqlite:///{folder}/dateline.db"

    def copy(self, url: str) -> str:
        made = self.new()
        with closing(sqlite3.connect(file(url))) as source, closing(sqlite3.connect(file(made))) as target:
            source.backup(target)
        return made

    def settle(self, url: str) -> None:
        """Nobody is left when the process is gone."""

    def complaints(self, url: str) -> list[str]:
        if not file(url).exists():
            return []
        with closing(sqlite3.connect(file(url))) as connection:
            actual = [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
            return actual + [str(row) for row in connection.execute("PRAGMA foreign_key_check")]


class Postgresql:
    name = "PostgreSQL"

    def __init__(self, server: postgresql.Server) -> None:
        self.server = server
        self._names = (f"kill_{number}" for number in count())

    def new(self, template: str = "template1") -> str:
        name = next(self._names)
        self.server.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.server.url(name)

    def copy(self, url: str) -> str:
        return self.new(str(make_url(url).database))

    def settle(self, url: str) -> None:
        asked = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{make_url(url).database}'"
        until(lambda: self.server.run(asked) == [0], "the end of the killed loader's session")

    def complaints(self, url: str) -> list[str]:
        """PostgreSQL checks itself when it starts; that it answers is what can be asked of it."""
        return [] if self.server.run("SELECT 1") == [1] else ["the server does not answer"]


def file(url: str) -> Path:
    return Path(str(make_url(url).database))


@contextmanager
def databases(engine: str, folder: Path) -> Iterator[Databases]:
    if engine == "sqlite":
        yield Sqlite(folder)
        return
    with postgresql.running() as server:
        yield Postgresql(server)


# The loads.


MARKS = ("Reading", "Checking", "Rendering", "Writing", "ADD", "MOD", "DEL", ": release ")
"""What a load prints on its way, by its parts. The last comes when the release is there."""


class Load:
    """A real `dateline load` in a session of its own, before a terminal of its own, so that it tells how far it is."""

    def __init__(self, seed: Path, url: str, **environment: str) -> None:
        self._terminal, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [dateline(), "load", seed],
            env={**os.environ, "DATELINE_DATABASE_URL": url, "TERM": "xterm", **environment},
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._started = time.monotonic()
        self._took = 0.0
        self._printed = ""
        self.marks: dict[str, float] = {}
        """When each mark was printed first, in seconds since the start."""

    @property
    def printed(self) -> str:
        return self._printed

    @property
    def seconds(self) -> float:
        """Since its start, up to its end."""
        return self._took or time.monotonic() - self._started

    def wait(self, *, seconds: float = PATIENCE, mark: str | None = None) -> int | None:
        """Reads on until it ends, or for so many seconds since its start, or until a mark is printed. Its exit code,
        null while it runs."""
        while self.seconds < seconds and mark not in self.marks:
            if not ready([self._terminal], [], [], max(0, min(0.2, seconds - self.seconds)))[0]:
                continue
            try:
                chunk = os.read(self._terminal, 4096)
            except OSError:  # nobody holds the other end any more
                chunk = b""
            if not chunk:
                os.close(self._terminal)
                self._took = self.seconds
                return self.process.wait(PATIENCE)
            self._printed += chunk.decode(errors="replace")
            self.marks |= {one: self.seconds for one in MARKS if one not in self.marks and one in self._printed}
        return None

    def kill(self, *, whole: bool) -> None:
        """Ends it without warning: all of its processes at once, or only the first, whose children have to follow."""
        if whole:
            os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.kill()
        self.process.wait(PATIENCE)
        until(lambda: not group(self.process.pid), "the end of the killed loader's children")
        os.close(self._terminal)


def group(leader: int) -> list[int]:
    """The living processes of a process group."""
    collected = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group, *_ = path.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if int(its_group) == leader and state not in "ZX":
            collected.append(int(path.parent.name))
    return collected


@dataclass(frozen=True)
class Moment:
    """When a load is to be killed: so many seconds after its start, or after a mark is printed."""

    mark: str | None
    seconds: float

    @classmethod
    def of(cls, dice: random.Random, whole: Load) -> "Moment":
        """A moment of a load like one that ran to its end: anywhere, or somewhere between two marks."""
        if dice.random() < 0.25:
            return cls(None, whole.seconds * dice.random())
        marks = sorted(whole.marks.items(), key=lambda one: one[1])
        chosen = len(marks) - 1 if dice.random() < 0.2 else dice.randrange(len(marks))
        end = marks[chosen + 1][1] if chosen + 1 < len(marks) else whole.seconds
        return cls(marks[chosen][0], (end - marks[chosen][1]) * dice.random())


def loaded(seed: Path, url: str, **environment: str) -> Load:
    """A load that ran to its end."""
    run = Load(seed, url, **environment)
    assert run.wait() == 0, run.printed
    return run


def killed(seed: Path, url: str, moment: Moment, *, whole: bool, **environment: str) -> bool:
    """Kills a load at a moment; false if it has ended before."""
    run = Load(seed, url, **environment)
    code = run.wait(mark=moment.mark) if moment.mark else None
    code = run.wait(seconds=run.seconds + moment.seconds) if code is None else code
    if code is None:
        run.kill(whole=whole)
        return True
    assert code == 0, run.printed
    return False
