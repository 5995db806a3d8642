"""Seed files -> validated records, each with the file and line that it came from.

Nothing is repaired and nothing is skipped: every mistake becomes a Fault, and all faults are reported together.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from app.dossier.files import Fault, Source, records
from app.dossier.seed import (
    KEYS,
    PATTERNS,
    ArticleSeed,
    CasualtySeed,
    IncidentExtension,
    IncidentSeed,
    OrganizationSeed,
    PersonSeed,
    PlaceSeed,
    QuoteSeed,
    StatementSeed,
    Tombstone,
)

S = TypeVar("S", bound=BaseModel)

_TOLD = 500
_SUFFIXES = (".yaml", ".jsonl")
SHARED: dict[str, type[BaseModel]] = {"places": PlaceSeed, "people": PersonSeed, "organizations": OrganizationSeed}
BY_ARTICLE: dict[str, type[BaseModel]] = {
    "incidents": IncidentSeed,
    "quotes": QuoteSeed,
    "statements": StatementSeed,
}


class DossierError(Exception):
    """The seed files have mistakes. Nothing was loaded."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = sorted(faults, key=lambda fault: (fault.file, fault.line))
        super().__init__("\n".join(map(str, self.faults)))


@dataclass(frozen=True)
class Entry(Generic[S]):
    """A validated record. `article` is that of its folder; null in the shared files."""

    seed: S
    source: Source
    article: str | None = None


@dataclass(frozen=True)
class CasualtyEntry(Entry[CasualtySeed]):
    incident: str = ""


@dataclass
class Dossier:
    """Everything that the seed files say, by resource and id, in file order.

    `broken` are the records that are there but could not be read, so that they are not called missing too.
    """

    articles: dict[str, Entry[ArticleSeed]] = field(default_factory=dict)
    places: dict[str, Entry[PlaceSeed]] = field(default_factory=dict)
    people: dict[str, Entry[PersonSeed]] = field(default_factory=dict)
    organizations: dict[str, Entry[OrganizationSeed]] = field(default_factory=dict)
    incidents: dict[str, Entry[IncidentSeed]] = field(default_factory=dict)
    casualties: dict[str, CasualtyEntry] = field(default_factory=dict)
    quotes: dict[str, Entry[QuoteSeed]] = field(default_factory=dict)
    statements: dict[str, Entry[StatementSeed]] = field(default_factory=dict)
    extensions: list[Entry[IncidentExtension]] = field(default_factory=list)
    tombstones: dict[tuple[str, str], Entry[Tombstone]] = field(default_factory=dict)
    broken: set[tuple[str, str]] = field(default_factory=set)

    def records(self, resource: str) -> dict[str, Entry[Any]]:
        """The records of a resource."""
        found: dict[str, Entry[Any]] = getattr(self, resource)
        return found

    def has(self, resource: str, id_: str) -> bool:
        """Whether a record is there, readable or not."""
        return id_ in self.records(resource) or (resource, id_) in self.broken


def read(directory: Path, progress: Callable[[int], None] = lambda done: None) -> tuple[Dossier, list[Fault]]:
    """The records of a directory of seed files, and what is wrong with them one by one.

    `progress` is told now and then how many records have been read.
    """
    if not directory.is_dir():
        return Dossier(), [Fault(str(directory), 1, "", "", "there is no such folder")]
    reading = _Reading(directory, progress)
    folders = sorted(path for path in (directory / "articles").glob("*") if path.is_dir())
    known = _files(directory, SHARED)
    reading.resources(directory, SHARED)
    for folder in folders:
        known |= {folder / "article.yaml"} | _files(folder, BY_ARTICLE)
        reading.article(folder)
        reading.resources(folder, BY_ARTICLE, folder.name)
    faults = [*_strangers(directory, known), *reading.faults]
    if not folders:
        faults.append(Fault(_relative(directory, directory / "articles"), 1, "", "", "there are no articles here"))
    return reading.dossier, faults


class _Reading:
    """What has been read so far, and the faults found."""

    def __init__(self, root: Path, progress: Callable[[int], None]) -> None:
        self._root = root
        self._progress = progress
        self._read = 0
        self.dossier = Dossier()
        self.faults: list[Fault] = []

    def article(self, folder: Path) -> None:
        path = folder / "article.yaml"
        name = _relative(self._root, path)
        if not path.is_file():
            self.faults.append(Fault(name, 1, "", "", "the article's own file is missing"))
            return
        for data, source in records(path, name, self.faults, single=True):
            model: type[ArticleSeed | Tombstone] = Tombstone if "removed" in data else ArticleSeed
            seed = _validate(data, model, source, self.faults)
            if seed is None:
                self.dossier.broken.add(("articles", folder.name))
                continue
            if seed.id != folder.name:
                message = f"the article's id must be its folder's name, '{folder.name}'"
                self.faults.append(source.fault(("id",), message))
            _add(self.dossier, "articles", Entry(seed, source), self.faults)

    def resources(self, folder: Path, models: dict[str, type[BaseModel]], article: str | None = None) -> None:
        for resource, model in models.items():
            for path in (folder / f"{resource}{suffix}" for suffix in _SUFFIXES):
                if path.is_file():
                    self._file(path, resource, model, article)

    def _file(self, path: Path, resource: str, model: type[BaseModel], article: str | None) -> None:
        for data, source in records(path, _relative(self._root, path), self.faults):
            chosen = Tombstone if "removed" in data else model
            if resource == "incidents" and "extends" in data:
                chosen = IncidentExtension
            if (seed := _validate(data, chosen, source, self.faults)) is not None:
                _add(self.dossier, resource, Entry(seed, source, article), self.faults)
            else:
                self.dossier.broken.add((resource, source.record))
            self._read += 1
            if self._read % _TOLD == 0:
                self._progress(self._read)


def _add(dossier: Dossier, resource: str, entry: Entry[Any], faults: list[Fault]) -> None:
    seed = entry.seed
    if isinstance(seed, IncidentExtension):
        dossier.extensions.append(entry)
    elif isinstance(seed, Tombstone):
        _keep(dossier.tombstones, (resource, seed.id), entry, faults)
    else:
        _keep(dossier.records(resource), seed.id, entry, faults)
    if isinstance(seed, IncidentSeed | IncidentExtension):
        incident = seed.id if isinstance(seed, IncidentSeed) else seed.extends
        for position, claim in enumerate(seed.casualties):
            source = Source(
                entry.source.file, entry.source.line, claim.id, entry.source.lines, ("casualties", position)
            )
            if isinstance(claim, Tombstone):
                _keep(dossier.tombstones, ("casualties", claim.id), Entry(claim, source, entry.article), faults)
            else:
                _keep(dossier.casualties, claim.id, CasualtyEntry(claim, source, entry.article, incident), faults)


def _keep(kept: dict[Any, Any], key: Any, entry: Entry[Any], faults: list[Fault]) -> None:
    if (other := kept.get(key)) is not None:
        hint = "; write `extends:` instead of `id:` to add to it" if isinstance(entry.seed, IncidentSeed) else ""
        message = f"this id stands in {other.source.file}:{other.source.line} already{hint}"
        faults.append(entry.source.fault(("id",), message))
        return
    kept[key] = entry


def _validate(data: Any, model: type[S], source: Source, faults: list[Fault]) -> S | None:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        for mistake in error.errors(include_url=False, include_input=False):
            path = mistake["loc"]
            # A claim's path also says as what it was read.
            path = path if path[:1] != ("casualties",) else path[:2] + path[3:]
            faults.append(source.fault(path, _advice(mistake)))
        return None


def _advice(mistake: Any) -> str:
    """What to do about a mistake that a record's model found."""
    kind, path = mistake["type"], mistake["loc"]
    if kind == "extra_forbidden":
        near = get_close_matches(str(path[-1]), KEYS, 1)
        return "there is no such key here" + (f"; did you mean '{near[0]}'?" if near and near[0] != path[-1] else "")
    if kind == "missing":
        return "this key is missing"
    if kind == "string_pattern_mismatch":
        return PATTERNS[mistake["ctx"]["pattern"]]
    return str(mistake["msg"]).removeprefix("Value error, ")


def _strangers(directory: Path, known: set[Path]) -> Iterator[Fault]:
    """Data files that no resource has: a misspelt file name would otherwise leave its records out silently."""
    for path in sorted(directory.rglob("*")):
        if path.suffix.lower() in {".yaml", ".yml", ".json", ".jsonl"} and path not in known:
            near = get_close_matches(path.name, [other.name for other in known], 1)
            hint = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(_file_names())}"
            yield Fault(_relative(directory, path), 1, "", "", f"nothing is read from a file of this name here; {hint}")


def _file_names() -> list[str]:
    return ["article.yaml", *(f"{resource}.yaml or .jsonl" for resource in (*SHARED, *BY_ARTICLE))]


def _files(folder: Path, resources: Iterable[str]) -> set[Path]:
    return {folder / f"{resource}{suffix}" for resource in resources for suffix in _SUFFIXES}


def _relative(root: Path, path: Path) -> str:
    return path.relative_to(root.parent).as_posix()
