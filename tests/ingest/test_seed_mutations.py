"""Seed files with any mistakes in them are loaded whole or refused with a list of them, and never do anything else."""

import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.ingest.release.loading import load
from app.ingest.seed.reading import DossierError
from app.model.digests import digest_of_lines
from app.records import RECORD_TYPES
from app.storage.database import Database
from tests import sample
from tests.conftest import Figure, load_seed

ODD = [
    *("", "null", "~", "no", "true", "[]", "{}", "[", "- x", "a: b", "*x", "&x y", "!!int 3", "'", '"', "|", "#"),
    *("0", "-1", "9" * 400, "1e999", "nan", "٣", "1.5", "1:5-3", "1:0-1", "999999:0-9999999", "0:0-1"),
    *(
        "2021",
        "2021-13",
        "2021-02-30",
        "0000",
        "-0001",
        "../2021",
        "2021/..",
        "[2020,2021]",
        "Y-170000002",
        "156u-12-25",
    ),
    *("2021-03-04T05:06", "2021-21", "9999-12-31", "2021~", "{2021..}", "XXXX", "2021-XX-31", "Y1e9", "2021S2"),
    *("\u202e", "\u0000", "\ufdfa" * 100, "\ud7ff", "a" * 6000, "orsa", "ash-county", "jon-berg", "river-guards"),
    *("ferry-shooting", "berg-no-warning", "guards-deny-firing", "ferry-dead", "killed", "embedded", "country"),
]
"""Values that mean something to YAML, to a parser, or to another record."""

Edit = Callable[[list[str], int, int, str], None]


def _delete(lines: list[str], at: int, other: int, text: str) -> None:
    del lines[at]


def _repeat(lines: list[str], at: int, other: int, text: str) -> None:
    lines.insert(other, lines[at])


def _swap(lines: list[str], at: int, other: int, text: str) -> None:
    lines[at], lines[other] = lines[other], lines[at]


def _indent(lines: list[str], at: int, other: int, text: str) -> None:
    """Takes the indentation of another line."""
    indentation = len(lines[other]) - len(lines[other].lstrip(" "))
    lines[at] = " " * indentation + lines[at].lstrip(" ")


def _set(lines: list[str], at: int, other: int, text: str) -> None:
    key, colon, _ = lines[at].partition(": ")
    lines[at] = f"{key}{colon}{text}"


def _rename(lines: list[str], at: int, other: int, text: str) -> None:
    """Takes the key of another line."""
    key = lines[other].partition(":")[0].strip("- ")
    before, colon, after = lines[at].partition(":")
    lines[at] = f"{before[: len(before) - len(before.lstrip('- '))]}{key}{colon}{after}"


def _insert(lines: list[str], at: int, other: int, text: str) -> None:
    lines.insert(at, text)


EDITS: list[Edit] = [_delete, _repeat, _swap, _indent, _set, _set, _set, _rename, _insert]
NAMES = sorted(sample.small())


def _small() -> dict[str, str]:
    with TemporaryDirectory() as folder:
        root = sample.write(sample.small(), Path(folder))
        return {name: (root / name).read_text("utf-8") for name in NAMES}


SMALL = _small()


@st.composite
def edited(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file of the small dossier and what stands in it after a few edits, as an editor or a script might make them."""
    name = draw(st.sampled_from(NAMES))
    lines = SMALL[name].splitlines()
    positions = st.integers(0, len(lines) - 1)
    for edit in draw(st.lists(st.sampled_from(EDITS), min_size=1, max_size=3)):
        at, other = draw(positions) % len(lines), draw(positions) % len(lines)
        edit(lines, at, other, draw(st.sampled_from(ODD) | st.text(max_size=20)))
    return name, "\n".join(lines).encode("utf-8", "surrogatepass")


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file of the small dossier with bytes put in or taken out, or cut off."""
    name = draw(st.sampled_from(NAMES))
    data = SMALL[name].encode()
    start, length = draw(st.integers(0, len(data))), draw(st.integers(0, len(data)))
    return name, data[:start] + draw(st.binary(max_size=8)) + data[start + length :]


PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(ODD)
ANY = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))


@st.composite
def jsonl(draw: st.DrawFn) -> tuple[str, bytes]:
    """The records of a file as JSON lines, one of which has other values."""
    name = draw(st.sampled_from([name for name in NAMES if not name.endswith("article.yaml")]))
    records: list[Any] = sample.small()[name]
    changed: Any = records[draw(st.integers(0, len(records) - 1))]
    for _ in range(draw(st.integers(1, 3))):
        # From a key to a key inside its value, and so on, as long as there is one.
        inner: Any = changed
        while isinstance(inner, dict | list) and inner:
            key = draw(st.sampled_from(list(inner) if isinstance(inner, dict) else range(len(inner))))
            if not isinstance(inner[key], dict | list) or draw(st.booleans()):
                inner[key] = draw(ANY)
                break
            inner = inner[key]
    text = "\n".join(json.dumps(record) for record in records)
    return name.replace(".yaml", ".jsonl"), text.encode()


@st.composite
def rewritten(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file of the small dossier where values stand in other places or are gone: well-formed, at times valid."""
    files = sample.small()
    name = draw(st.sampled_from(NAMES))
    for _ in range(draw(st.integers(1, 2))):
        values = list(_values(files[name]))
        if not values:
            break
        holder, key = draw(st.sampled_from(values))
        if draw(st.integers(0, 3)) == 0:
            del holder[key]
        else:
            holder[key] = deepcopy(draw(st.sampled_from(BY_KEY[key])))
    return name, json.dumps(files[name]).encode()


def _values(inside: Any) -> Iterator[tuple[Any, Any]]:
    """Every value at any depth, as what holds it and its key; but no spans, which would not fit each other."""
    for key, value in inside.items() if isinstance(inside, dict) else enumerate(inside):
        if key not in ("at", "sha256", "first", "last", "before", "after", "exact"):
            yield inside, key
            if isinstance(value, dict | list):
                yield from _values(value)


BY_KEY: dict[Any, list[Any]] = {}
for holder, key in _values(sample.small()):
    BY_KEY.setdefault(key, []).append(holder[key])

Content = dict[str, list[str]]

BYTES = st.tuples(st.sampled_from(NAMES), st.binary(max_size=200))
FILES = st.one_of(rewritten(), rewritten(), rewritten(), edited(), edited(), damaged(), jsonl(), BYTES)


def _written(folder: Path, name: str, data: bytes) -> Path:
    """The small dossier with one file of it replaced."""
    root = folder / "seed"
    for other, text in SMALL.items():
        path = root / other
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (root / name).with_suffix(".yaml").unlink()
    (root / name).write_bytes(data)
    return root


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the small dossier as release 1, for copies of it."""
    folder = tmp_path_factory.mktemp("loaded")
    load_seed(f"sqlite:///{folder}/loaded.db", sample.write(sample.small(), folder / "seed"))
    return folder / "loaded.db"


@pytest.mark.parametrize(
    "examples", [pytest.param(60, marks=pytest.mark.heavy), pytest.param(2_000, marks=pytest.mark.long)]
)
def test_seed_files_of_any_kind_load_whole_or_are_refused(loaded: Path, figure: Figure, examples: int) -> None:
    outcomes: Counter[str] = Counter()
    before = _content(loaded)

    @settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(file=FILES)
    def run(file: tuple[str, bytes]) -> None:
        with TemporaryDirectory() as folder:
            path = Path(shutil.copy(loaded, folder))
            outcomes[_outcome(_written(Path(folder), *file), path, before)] += 1

    run()
    told = ", ".join(f"{number} {outcome}" for outcome, number in outcomes.items())
    figure(f"{outcomes.total()} damaged dossiers: {told}")


def _outcome(seed: Path, path: Path, before: Content) -> str:
    """Loads seed files over a copy of a database, and says whether they made a release; fails for half of one."""
    database = Database(f"sqlite:///{path}")
    try:
        planned = load(seed, database)
    except DossierError as error:
        assert error.errors
        assert _content(path) == before
        return "refused"
    finally:
        database.close()
    assert _faults(path) == []
    if planned.is_empty:
        assert _content(path) == before
        return "without effect"
    assert _content(path) != before
    return "loaded"


def _content(path: Path) -> Content:
    """Every row of every table, the search index's own included."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(map(repr, connection.execute(f'SELECT * FROM "{name}"'))) for name in tables}


def _faults(path: Path) -> list[Any]:
    """What does not fit together in a database: its records and its release's digest, and references into nothing."""
    with closing(sqlite3.connect(path)) as connection:
        tables = {one.type: str(one.table.__tablename__) for one in RECORD_TYPES.values()} | {"codebook": "codebook"}
        lines = [
            f"{kind}/{row[0]} {row[1]}"
            for kind, table in tables.items()
            for row in connection.execute(f"SELECT id, digest FROM {table}")
        ]
        number, digest = connection.execute("SELECT number, digest FROM releases ORDER BY number DESC").fetchone()
        dangling = connection.execute("PRAGMA foreign_key_check").fetchall()
        is_right = digest_of_lines(sorted(lines)) == digest
        return dangling if is_right else [*dangling, f"release {number} has another digest"]
