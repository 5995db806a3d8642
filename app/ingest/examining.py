"""A directory of seed files, looked through in two rounds.

The first round (the survey) notes which records there are and who refers to whom; the second validates, checks and
renders each part on its own, in other processes where there is much to do. So a dossier of any size streams.
"""

import gc
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from app.ingest.checking import check as check_entries
from app.ingest.dates import Days
from app.ingest.files import Fault
from app.ingest.indexing import Finding, checksum, finding
from app.ingest.ledger import Ledger
from app.ingest.links import Known
from app.ingest.neighbours import Neighbours
from app.ingest.reading import Dossier, DossierError, Entry, Part, claims, parts, raw, validated
from app.ingest.rendering import Rendered, Rendering
from app.ingest.rows import rows
from app.ingest.scratch import scratch
from app.ingest.seed import Tombstone
from app.ingest.survey import Kept, Outline, circles, skim
from app.ingest.workers import SELDOM, Workers
from app.ingest.writing import RELEASED, Row, columns
from app.model.digests import Data, digest, serialize
from app.model.documents import check as check_document
from app.storage.database import DatabaseError
from app.storage.registry import RECORD_TABLES

Progress = Callable[[str, int, int | None], None]
"""Called now and then with what is being done, how much of it is done and, where that is known, how much there is."""

LARGE = 4_000_000
"""From so many bytes of `.jsonl` on the work is spread over processes."""

LOOKED_AT = 2
"""In a piece of a long file so many documents are compared with their models, elsewhere all. Their records are valid,
so that this finds nothing but mistakes of the rendering, which makes all of a kind in one way."""

PROCESSES = 4
"""So many at most, each of which takes memory."""


def silent(what: str, done: int, total: int | None) -> None:
    """Tells nobody how far the work is."""


@dataclass
class Surveyed:
    """What every part is examined with."""

    outline: Outline
    ledger: Ledger
    sound: bool = True
    """Whether the shared records can be read; without them nothing else is rendered."""

    unread: set[str] = field(default_factory=set)
    """The resources of which a file, or something in it, cannot be read: who refers to them may be right."""

    kept: Kept | None = field(default_factory=dict)
    """The records of a small dossier by part, so that no file is read twice."""

    known: Known | None = field(default_factory=Known)
    """What the records of a small dossier tell of the articles' texts."""


class Examined(NamedTuple):
    """The records of a part, with the claims in them, and what is wrong with them."""

    entries: list[Entry[Any]]
    around: Neighbours
    faults: list[Fault]

    @property
    def records(self) -> list[Entry[Any]]:
        """Without extensions, claims and what was withdrawn."""
        left_out = ("extensions", "casualties")
        return [one for one in self.entries if one.resource not in left_out and not isinstance(one.seed, Tombstone)]


class Made(NamedTuple):
    """A record as it is written: everything of it but what depends on the release."""

    resource: str
    id: str
    digest: str
    body: str
    columns: Row
    owned: dict[str, list[Row]]
    finding: Finding


def examine(surveyed: Surveyed, part: Part) -> Examined:
    """Validates and checks the records of a part."""
    faults: list[Fault] = []
    read = surveyed.kept.pop(part.number, None) if surveyed.kept else None
    if read is not None:
        faults += read[1]
    entries: list[Entry[Any]] = []
    for number, (data, source) in enumerate(read[0] if read is not None else raw(part, faults)):
        if (entry := validated(part, number, data, source, faults)) is not None:
            entries += (entry, *claims(entry))
    around = Neighbours(surveyed.outline, surveyed.ledger, entries, surveyed.unread)
    faults += check_entries(entries, around)
    return Examined(entries, around, faults)


def checked(surveyed: Surveyed, part: Part) -> Examined:
    """Validates and checks the records of a part, and keeps what they tell of the articles' texts."""
    examined = examine(surveyed, part)
    if surveyed.known is not None:
        surveyed.known.add(examined.entries)
    return examined


def rendered(surveyed: Surveyed, part: Part) -> tuple[list[Rendered], list[Fault]]:
    """The documents of a part; none where it has faults."""
    examined = checked(surveyed, part)
    if examined.faults or not surveyed.sound:
        return [], examined.faults
    rendering = Rendering(examined.around)
    documents = [found for entry in examined.records for found in rendering.documents(entry)]
    for one in documents[: None if part.piece is None else LOOKED_AT]:
        check_document(one.resource, one.data)
    return documents, []


def make(surveyed: Surveyed, part: Part) -> tuple[list[tuple[Any, ...]], list[Fault]]:
    """The records of a part, ready to be written; none where it has faults. They are `Made`, as plain tuples, which
    come from another process in little more than half the time."""
    documents, faults = rendered(surveyed, part)
    return [tuple(_made(*one, surveyed.outline)) for one in documents], faults


def _made(resource: str, data: Data, days: Days | None, outline: Outline) -> Made:
    found = rows(resource, data, days)
    its_finding = finding(data, found.columns, outline)
    by_model: dict[type[Any], list[dict[str, Any]]] = {}
    for model, row in found.owned:
        by_model.setdefault(model, []).append(row)
    owned = {model.__tablename__: list(map(_values(model.__tablename__), some)) for model, some in by_model.items()}
    own = _values(RECORD_TABLES[resource].__tablename__)({**found.columns, "terms_checksum": checksum(its_finding)})
    return Made(resource, data["id"], digest(data), serialize(data), own, owned, its_finding)


@cache
def _values(table: str) -> Callable[[dict[str, Any]], Row]:
    return itemgetter(*(name for name in columns(table) if name not in RELEASED))


class Survey:
    """A directory in its two rounds."""

    def __init__(
        self, directory: Path, parts: list[Part], surveyed: Surveyed, faults: list[Fault], workers: Workers
    ) -> None:
        self.directory = directory
        self.surveyed = surveyed
        self.faults = faults
        """What is wrong with the files and folders themselves, and with the records as a whole."""

        self._parts = parts
        self._workers = workers
        self._counts: dict[int, int] = {}

    def close(self) -> None:
        """Lets the processes go that helped."""
        self._workers.close()

    def run(self, progress: Progress) -> None:
        """The first round."""
        surveyed, done = self.surveyed, 0
        skimmed = self._workers.map(skim, surveyed.kept, self._parts)
        for part, found in zip(self._parts, skimmed, strict=True):
            surveyed.ledger.add(part.number, part.name, found.noted)
            surveyed.sound &= found.sound
            if not found.whole:
                surveyed.unread.add(part.resource)
            for id_, outline in found.outlines:
                surveyed.outline.of(part.resource).setdefault(id_, outline)
            self._counts[part.number] = found.read
            done += found.read
            progress("Reading", done, None)
        surveyed.ledger.finish()
        self.faults += circles(surveyed.ledger)

    @property
    def counts(self) -> dict[str, int]:
        """How many records there are, by resource."""
        found = self.surveyed.ledger.counts()
        return {resource: found.get(resource, 0) for resource in RECORD_TABLES}

    def astray(self) -> list[Fault]:
        """The links that lead elsewhere, by all that the second round told of a small dossier's articles."""
        return list(self.surveyed.known.astray()) if self.surveyed.known is not None else []

    def each(self, function: Callable[[Surveyed, Part], Any], what: str, progress: Progress) -> Iterator[Any]:
        """The second round: what a function makes of each part, in order."""
        done, total = 0, sum(self._counts.values())
        for part, result in zip(self._parts, self._workers.map(function, self.surveyed, self._parts), strict=True):
            yield result
            if self._counts[part.number]:
                done += self._counts[part.number]
                progress(what, done, total)


@contextmanager
def survey(directory: Path, progress: Progress = silent, processes: int | None = None) -> Iterator[Survey]:
    """The first round over a directory. `processes` help, 0: none; by itself it takes some for a large dossier.

    Raises DatabaseError where there is no room for temporary files.
    """
    found, faults, unread = parts(directory)
    large = sum(part.piece.size if part.piece else _size(part) for part in found) >= LARGE
    if processes is None:
        processes = min(PROCESSES, len(os.sched_getaffinity(0))) if large else 0
    with ExitStack() as ends:
        ends.callback(gc.set_threshold, *gc.get_threshold())
        gc.set_threshold(*SELDOM)
        with _room():
            folder = ends.enter_context(scratch())
            ledger = ends.enter_context(closing(Ledger.new(folder / "ledger.db")))
            workers = ends.enter_context(closing(Workers(processes, folder)))
        surveyed = Surveyed(Outline(), ledger, unread=unread)
        if large or processes:
            surveyed.kept = surveyed.known = None
        result = Survey(directory, found, surveyed, faults, workers)
        with _room():
            result.run(progress)
        yield result


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        why = getattr(error, "strerror", None) or error
        message = f"temporary files cannot be written ({why}); TMPDIR names another folder for them"
        raise DatabaseError(message) from error


def _size(part: Part) -> int:
    return part.path.stat().st_size if part.path.suffix == ".jsonl" else 0


def check(directory: Path, progress: Progress = silent) -> dict[str, int]:
    """How many records of each resource a directory holds. Raises DossierError with everything that is wrong in it."""
    with survey(directory, progress) as found:
        faults = list(found.faults)
        for some in found.each(mistakes, "Checking", progress):
            faults += some
        faults += found.astray()
        if faults:
            raise DossierError(faults)
        return found.counts


def mistakes(surveyed: Surveyed, part: Part) -> list[Fault]:
    """What is wrong with a part."""
    return checked(surveyed, part).faults


def dossier(directory: Path, progress: Progress = silent) -> Dossier:
    """The checked records of a directory, all at once. Raises DossierError with everything that is wrong in it."""
    found, faults = read(directory, progress)
    if faults:
        raise DossierError(faults)
    return found


def read(directory: Path, progress: Progress = silent) -> tuple[Dossier, list[Fault]]:
    """The records of a directory as far as they can be read, and everything that is wrong in it."""
    result = Dossier()
    with survey(directory, progress, processes=0) as found:
        faults = list(found.faults)
        for examined in found.each(checked, "Checking", progress):
            faults += examined.faults
            for entry in examined.entries:
                result.add(entry)
        faults += found.astray()
    return result, faults


def documents(directory: Path) -> Iterator[tuple[str, Data]]:
    """The document of every record of a directory without mistakes."""
    with survey(directory, processes=0) as found:
        for some, _ in found.each(rendered, "Rendering", silent):
            yield from ((one.resource, one.data) for one in some)
