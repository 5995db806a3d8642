"""Seed files -> validated records, each with the file and line that it came from.

Files are read part by part, so that a dossier of any size streams. Nothing is repaired and nothing is skipped: every
mistake becomes a Fault, and all faults are reported together.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import ValidationError

from app.ingest.advice import advice
from app.ingest.files import Fault, Key, Mapping, Piece, Source, pieces, records
from app.ingest.partial import breaches, partial
from app.ingest.seed import (
    ArticleSeed,
    CasualtySeed,
    IncidentExtension,
    IncidentSeed,
    OrganizationSeed,
    PersonSeed,
    PlaceSeed,
    QuoteSeed,
    Record,
    StatementSeed,
    Tombstone,
)

S = TypeVar("S", bound=Record)

PIECE = 100_000
"""Bytes of a `.jsonl` file that are read at a time: some fifty records, which with all that is made of them stay near
a processor."""

_SUFFIXES = (".yaml", ".jsonl")
SHARED: dict[str, type[Record]] = {"places": PlaceSeed, "people": PersonSeed, "organizations": OrganizationSeed}
BY_ARTICLE: dict[str, type[Record]] = {
    "incidents": IncidentSeed,
    "quotes": QuoteSeed,
    "statements": StatementSeed,
}
_MODELS: dict[str, type[Record]] = {"articles": ArticleSeed, **SHARED, **BY_ARTICLE}


class DossierError(Exception):
    """The seed files have mistakes. Nothing was loaded."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = sorted(faults, key=lambda fault: (fault.file, fault.line))
        super().__init__("\n".join(map(str, self.faults)))


class Place(NamedTuple):
    """Which record of a dossier something is: its part, its number in it, and which of its claims (-1: itself)."""

    part: int
    number: int
    claim: int = -1


@dataclass(frozen=True)
class Part:
    """A file of seed records, or a piece of a long one. `article` is that of its folder; null in the shared files."""

    number: int
    path: Path
    name: str
    resource: str
    article: str | None = None
    piece: Piece | None = None


@dataclass(slots=True, eq=False)
class Entry(Generic[S]):
    """A record. `article` is that of its folder; None in the shared files. Of one with mistakes (`broken` says where)
    everything that cannot be read is None, whatever its model says."""

    resource: str
    seed: S
    source: Source
    place: Place
    article: str | None = None
    broken: frozenset[Key] = frozenset()


@dataclass(slots=True, eq=False)
class CasualtyEntry(Entry[CasualtySeed]):
    incident: str = ""


@dataclass
class Dossier:
    """Everything that the seed files say, by resource and id, in file order: for dossiers that fit into memory."""

    articles: dict[str, Entry[ArticleSeed]] = field(default_factory=dict)
    places: dict[str, Entry[PlaceSeed]] = field(default_factory=dict)
    people: dict[str, Entry[PersonSeed]] = field(default_factory=dict)
    organizations: dict[str, Entry[OrganizationSeed]] = field(default_factory=dict)
    incidents: dict[str, Entry[IncidentSeed]] = field(default_factory=dict)
    casualties: dict[str, CasualtyEntry] = field(default_factory=dict)
    quotes: dict[str, Entry[QuoteSeed]] = field(default_factory=dict)
    statements: dict[str, Entry[StatementSeed]] = field(default_factory=dict)
    extensions: list[Entry[IncidentExtension]] = field(default_factory=list)

    def records(self, resource: str) -> dict[str, Entry[Any]]:
        """The records of a resource."""
        found: dict[str, Entry[Any]] = getattr(self, resource)
        return found

    def add(self, entry: Entry[Any]) -> None:
        """Adds a record; one that is withdrawn or has mistakes is not kept."""
        if entry.broken:
            return
        if isinstance(entry.seed, IncidentExtension):
            self.extensions.append(entry)
        elif not isinstance(entry.seed, Tombstone):
            self.records(entry.resource).setdefault(entry.seed.id, entry)


def parts(directory: Path) -> tuple[list[Part], list[Fault], set[str]]:
    """The parts of a directory of seed files: articles and shared records first. Also what is wrong with its files
    and folders themselves, and the resources of which a file cannot be read."""
    if not directory.is_dir():
        return [], [Fault(str(directory), 1, "", "", "there is no such folder")], set()
    inside = sorted((directory / "articles").glob("*"))
    folders = [path for path in inside if path.is_dir()]
    wanted: list[tuple[Path, str, str | None]] = [
        *((folder / "article.yaml", "articles", folder.name) for folder in folders),
        *_files(directory, SHARED),
    ]
    for folder in folders:
        wanted += _files(folder, BY_ARTICLE, folder.name)
    faults = [*_strangers(directory, {path for path, _, _ in wanted})]
    unread = set()
    places = [(path, resource) for path, resource, _ in wanted]
    places += [(path, "articles") for path in inside if path not in folders]
    for path, resource in places:
        if (why := _no_file(path)) is not None:
            faults.append(Fault(relative(directory, path), 1, "", "", why))
            unread.add(resource)
    for folder in folders:
        if not os.path.lexists(path := folder / "article.yaml"):
            faults.append(Fault(relative(directory, path), 1, "", "", "the article's own file is missing"))
    if not folders:
        faults.append(Fault(relative(directory, directory / "articles"), 1, "", "", "there are no articles here"))
    there = [(*one, piece) for one in wanted if one[0].is_file() for piece in _pieces(one[0])]
    return (
        [
            Part(number, path, relative(directory, path), resource, article, piece)
            for number, (path, resource, article, piece) in enumerate(there)
        ],
        faults,
        unread,
    )


def _no_file(path: Path) -> str | None:
    """Why what stands in a file's place is none; None where nothing or a file stands there."""
    if path.is_file() or not os.path.lexists(path):
        return None
    if not path.exists():
        return f"this link leads nowhere; there is no {os.readlink(path)!r}"
    return "this is a folder, not a file" if path.is_dir() else "this is a device or a pipe, not a file"


def raw(part: Part, faults: list[Fault], *, at_a_glance: bool = False) -> Iterator[tuple[Mapping, Source]]:
    """The records of a part as they stand there, read well or at a glance."""
    single = part.resource == "articles"
    return records(part.path, part.name, faults, single=single, piece=part.piece, at_a_glance=at_a_glance)


def validated(part: Part, number: int, data: Mapping, source: Source, faults: list[Fault]) -> Entry[Any] | None:
    """A record of a part through its model. One with mistakes, which become faults, is there as far as it can be read;
    None where that makes no record."""
    model = Tombstone if "removed" in data else _MODELS[part.resource]
    if part.resource == "incidents" and "extends" in data:
        model = IncidentExtension
    resource = "extensions" if model is IncidentExtension else part.resource
    article = None if part.resource == "articles" else part.article
    place = Place(part.number, number)
    try:
        return Entry(resource, model.model_validate(data), source, place, article)
    except ValidationError as error:
        mistakes = {_path(mistake): mistake for mistake in error.errors(include_url=False)}
    for path, mistake in mistakes.items():
        faults.append(_source(source, data, path).fault(path, advice(mistake, path, model)))
    if model is Tombstone:
        return None
    seed, broken = partial(model, data), set(mistakes)
    faults += [_source(source, data, path).fault(path, message) for path, message in breaches(seed, broken)]
    return Entry(resource, seed, source, place, article, frozenset(broken))


def _path(mistake: Any) -> Key:
    """Where a mistake stands in a record."""
    path: Key = mistake["loc"]
    if path[:1] == ("casualties",):
        path = path[:2] + path[3:]  # it also says as what the claim was read
    field = mistake["ctx"]["field"] if mistake["type"] == "breach" else ""
    return (*path, field) if field else path


def _source(source: Source, data: Mapping, path: Key) -> Source:
    """Where a claim stands, for what is inside it; otherwise where its record does."""
    if path[:1] != ("casualties",) or len(path) < 2:
        return source
    claim = data["casualties"][path[1]]
    id_ = claim.get("id") if isinstance(claim, dict) else None
    return source._replace(record=id_[:100]) if isinstance(id_, str) and id_ else source


def claims(entry: Entry[Any]) -> Iterator[Entry[Any]]:
    """The claims that stand in an incident or in an extension of one, those that are withdrawn included."""
    seed = entry.seed
    if not isinstance(seed, IncidentSeed | IncidentExtension):
        return
    incident = seed.id if isinstance(seed, IncidentSeed) else seed.extends
    for position, claim in enumerate(seed.casualties):
        if claim is None:  # no claim can be read there
            continue
        known = entry.source
        source = Source(known.file, known.line, claim.id or known.record, known.lines, ("casualties", position))
        place = Place(entry.place.part, entry.place.number, position)
        broken = frozenset(path[2:] for path in entry.broken if path[:2] == ("casualties", position))
        if isinstance(claim, Tombstone):
            yield Entry("casualties", claim, source, place, entry.article)
        else:
            yield CasualtyEntry("casualties", claim, source, place, entry.article, broken, incident)


def _strangers(directory: Path, known: set[Path]) -> Iterator[Fault]:
    """Data files that no resource has: a misspelt file name would otherwise leave its records out silently."""
    for path in sorted(directory.rglob("*")):
        if path.suffix.lower() in {".yaml", ".yml", ".json", ".jsonl"} and path not in known:
            near = get_close_matches(path.name, [other.name for other in known], 1)
            hint = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(_file_names())}"
            yield Fault(relative(directory, path), 1, "", "", f"nothing is read from a file of this name here; {hint}")


def _file_names() -> list[str]:
    return ["article.yaml", *(f"{resource}.yaml or .jsonl" for resource in (*SHARED, *BY_ARTICLE))]


def _files(folder: Path, resources: Iterable[str], article: str | None = None) -> list[tuple[Path, str, str | None]]:
    return [(folder / f"{resource}{suffix}", resource, article) for resource in resources for suffix in _SUFFIXES]


def _pieces(path: Path) -> Iterator[Piece | None]:
    """The pieces of a long file; a short one is one piece, and so is one that cannot be read: reading it says why."""
    try:
        yield from pieces(path, PIECE) if path.suffix == ".jsonl" and path.stat().st_size > PIECE else [None]
    except OSError:
        yield None


def relative(root: Path, path: Path) -> str:
    """A file as faults name it: from the directory of seed files on."""
    return path.relative_to(root.parent).as_posix()
