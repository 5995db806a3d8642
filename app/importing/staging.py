"""Writes imported records into a seed folder: first beside it, then checked with all that the folder has, then moved.

So a seed folder has either all of an import or nothing of it.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from app.ingest.building.pipeline import Progress, check
from app.ingest.seed.file_changes import CHANGES, finish_changes, folder_beside, move
from app.ingest.seed.files import SeedError
from app.ingest.seed.reading import SHARED_MODELS, DossierError, parse_part, parts

Data = dict[str, Any]

ARTICLE_FILE = "article.yaml"

_PLACE = re.compile(r"(\S+\.(?:jsonl|yaml)):([0-9]+)")
_NOTE = re.compile(r"Each paragraph is a row of (.+), imported with (.+)\.$")
_MAX_WAITING_BYTES = 64_000_000


class Origin(NamedTuple):
    """The names of the table and of the map that an article was imported from."""

    table: str
    map: str

    @property
    def note(self) -> str:
        """How the note of such an article ends."""
        return f"Each paragraph is a row of {self.table}, imported with {self.map}."


def imported_articles(seed: Path) -> dict[str, Origin]:
    """Returns the articles of a seed folder that imports have written."""
    found = {}
    for path in (seed / "articles").glob(f"*/{ARTICLE_FILE}"):
        if match := _NOTE.search(str(_parsed(path.read_bytes()).get("note", ""))):
            found[path.parent.name] = Origin(*match.groups())
    return found


def existing_records(seed: Path, own: set[str]) -> dict[str, dict[str, Data]]:
    """Returns the shared records of a seed folder by resource and id, without those that rest on an import's own
    articles alone."""
    found: dict[str, dict[str, Data]] = {resource: {} for resource in SHARED_MODELS}
    for part in parts(seed)[0] if seed.is_dir() else ():
        if part.resource in SHARED_MODELS:
            for data, _ in parse_part(part, []):
                if isinstance(id_ := data.get("id"), str) and _without(data, own) is not None:
                    found[part.resource][id_] = data
    return found


def _without(record: Data, own: set[str]) -> Data | None:
    """Returns a shared record as it is without the articles of an import; None if it rests on nothing else."""
    evidence = record.get("evidence")
    if not isinstance(evidence, list):
        return record
    left = [one for one in evidence if not (isinstance(one, dict) and one.get("article") in own)]
    return {**record, "evidence": left} if left else None


def _lines(path: Path) -> list[bytes]:
    """Returns the lines of a `.jsonl` file, each with its end; none where there is no file."""
    if not path.is_file():
        return []
    return [line.rstrip(b"\r\n") + b"\n" for line in path.read_bytes().split(b"\n") if line.strip()]


def _written(record: Data) -> bytes:
    return orjson.dumps(record) + b"\n"


def _parsed(line: bytes) -> Data:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:  # written by hand; the check of the folder tells if it is wrong
        return {}
    return record if isinstance(record, dict) else {}


class Staging:
    """A folder beside a seed folder that becomes what the seed will be: links to what stays, and the files of an
    import, each record with the line of its row (0: it was there before). `own` are the articles that it replaces."""

    def __init__(self, folder: Path, seed: Path, own: set[str]) -> None:
        self.own = own
        self._folder, self._seed = folder, seed
        self._lines: dict[str, list[int]] = {}
        self._waiting: dict[str, bytearray] = {}
        self._bytes = 0
        self._others: dict[str, dict[str, bytes]] = {}
        self._changed: set[str] = set()
        (folder / "articles").mkdir()
        for file in (f"{resource}.jsonl" for resource in SHARED_MODELS):
            self._separate(file)

    def _separate(self, file: str) -> None:
        """Tells the shared records of others from those of an earlier run, which go."""
        for line in _lines(self._seed / file):
            left = _without(record := _parsed(line), self.own)
            if left is not None:
                self._others.setdefault(file, {})[str(record.get("id"))] = line if left == record else _written(left)
            if left != record:
                self._changed.add(file)

    def cite(self, file: str, id_: str, evidence: list[Data]) -> None:
        """Adds evidence to a shared record of another import, so that it stays when that one drops it."""
        if (line := self._others.get(file, {}).get(id_)) is not None:
            record = _parsed(line)
            self._others[file][id_] = _written({**record, "evidence": [*record["evidence"], *evidence]})
            self._changed.add(file)

    def _begin(self, file: str) -> None:
        """Begins a file with the records of others."""
        others = self._others.get(file, {})
        self._lines[file] = [0] * len(others)
        self._waiting[file] = bytearray(b"".join(others.values()))

    def add(self, file: str, record: Data, line: int) -> None:
        """Adds a record to a `.jsonl` file."""
        written = _written(record)
        if file not in self._lines:
            self._begin(file)
        self._lines[file].append(line)
        self._waiting.setdefault(file, bytearray()).extend(written)
        self._bytes += len(written)
        if self._bytes > _MAX_WAITING_BYTES:
            self._flush()

    def add_article(self, id_: str, article: Data, line: int) -> None:
        """Adds the file of an article; JSON is YAML too."""
        file = f"articles/{id_}/{ARTICLE_FILE}"
        self._lines[file] = [line]
        self._path(file).write_text(json.dumps(article, ensure_ascii=False), "utf-8")

    def check(self, progress: Progress) -> list[tuple[int | None, SeedError]]:
        """Returns the errors of the seed as it will be, with the line of the row that each is about; None for what was
        there before."""
        for file in self._changed - self._lines.keys():
            self._begin(file)
        self._flush()
        self._link_the_rest()
        try:
            check(self._folder, progress)
        except DossierError as error:
            return [self._located(one) for one in error.errors]
        return []

    def apply(self) -> None:
        """Moves the files into the seed folder: all or none. Raises OSError."""
        articles = {file.split("/")[1] for file in self._lines if file.startswith("articles/")}
        replaced = [f"articles/{id_}" for id_ in sorted(self.own | articles)]
        replaced += [file for file in self._lines if not file.startswith("articles/")]
        move(self._folder, self._seed, replaced)

    def _located(self, error: SeedError) -> tuple[int | None, SeedError]:
        name = f"{self._folder.name}/"
        lines = self._lines.get(error.file.removeprefix(name))
        row = lines[min(error.line, len(lines)) - 1] if lines else 0
        file = f"{self._seed}/{error.file.removeprefix(name)}"
        message = _PLACE.sub(self._row_at, error.message)
        return row or None, SeedError(file, error.line, error.record, error.field, message)

    def _row_at(self, place: re.Match[str]) -> str:
        """What a message calls a line of these files."""
        file, line = place[1].removeprefix(f"{self._folder.name}/"), int(place[2])
        lines = self._lines.get(file)
        row = lines[min(line, len(lines)) - 1] if lines else 0
        return f"the row in line {row}" if row else f"{self._seed}/{file}:{line}"

    def _link_the_rest(self) -> None:
        inside = [path for path in self._seed.glob("*") if path.name != "articles" and CHANGES not in path.name]
        for path in [*inside, *self._seed.glob("articles/*")]:
            link = self._folder / path.relative_to(self._seed)
            if path.name not in self.own and path.name not in self._lines and not link.exists():
                link.symlink_to(path.resolve())

    def _flush(self) -> None:
        for file, written in self._waiting.items():
            if not written:
                continue
            with self._path(file).open("ab") as lines:
                lines.write(written)
        self._waiting, self._bytes = {}, 0

    def _path(self, file: str) -> Path:
        path = self._folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


@contextmanager
def staging(seed: Path, own: set[str]) -> Iterator[Staging]:
    """A folder for an import, removed at the end."""
    finish_changes(seed)
    with folder_beside(seed) as folder:
        yield Staging(folder, seed, own)
