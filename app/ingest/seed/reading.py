"""Reads seed files into validated records, each with its file and line.

Files are read part by part, so that a dossier of any size streams. Nothing is repaired and nothing is skipped: every
mistake becomes a `SeedError`, and all errors are reported together.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import ValidationError

from app.ingest.seed.article_seeds import ArticleSeed
from app.ingest.seed.claim_seeds import CasualtySeed
from app.ingest.seed.error_messages import error_message, nearest_valid, summarized, without_consequences, written_value
from app.ingest.seed.file_changes import finish_changes
from app.ingest.seed.files import Chunk, Key, Mapping, SeedError, Source, chunks, records
from app.ingest.seed.partial_records import partial, violations
from app.ingest.seed.record_seeds import (
    DocumentSeed,
    IncidentExtension,
    IncidentSeed,
    OrganizationSeed,
    PersonSeed,
    PlaceSeed,
    QuoteSeed,
    StatementSeed,
)
from app.ingest.seed.seed_base import Record, Tombstone
from app.model.codebook import Codebook

S = TypeVar("S", bound=Record)

CHUNK_BYTES = 100_000
"""Bytes of one chunk of a `.jsonl` file: some fifty records, which with all that is built of them fit into a
processor's cache."""

CODEBOOK_FILE = "codebook.yaml"
_SUFFIXES = (".yaml", ".jsonl")
SHARED_MODELS: dict[str, type[Record]] = {
    "places": PlaceSeed,
    "people": PersonSeed,
    "organizations": OrganizationSeed,
    "documents": DocumentSeed,
}
BY_ARTICLE: dict[str, type[Record]] = {
    "incidents": IncidentSeed,
    "quotes": QuoteSeed,
    "statements": StatementSeed,
}
_MODELS: dict[str, type[Record]] = {"articles": ArticleSeed, **SHARED_MODELS, **BY_ARTICLE}


class DossierError(Exception):
    """The seed files have mistakes. Nothing was loaded."""

    def __init__(self, errors: list[SeedError]) -> None:
        self.errors = sorted(errors, key=lambda error: (error.file, error.line))
        super().__init__("\n".join(map(str, summarized(self.errors))))


class RecordPosition(NamedTuple):
    """Position of a record in a dossier: part, number in the part, and number of the claim (-1: the record itself)."""

    part: int
    number: int
    claim: int = -1


@dataclass(frozen=True)
class Part:
    """A seed file, or a chunk of a long one. `article` is that of its folder; None for shared files."""

    number: int
    path: Path
    name: str
    resource: str
    article: str | None = None
    chunk: Chunk | None = None


@dataclass(slots=True, eq=False)
class Entry(Generic[S]):
    """A record. `article` is that of its folder; None for shared files. If it has mistakes (at the paths in `broken`),
    every invalid field is None, whatever its model says."""

    resource: str
    seed: S
    source: Source
    position: RecordPosition
    article: str | None = None
    broken: frozenset[Key] = frozenset()
    data: Mapping = field(default_factory=dict)
    """What stands in the file."""


@dataclass(slots=True, eq=False)
class CasualtyEntry(Entry[CasualtySeed]):
    """A claim, with the id of its incident."""

    incident: str = ""


@dataclass
class Dossier:
    """All records by resource and id, in file order: for dossiers that fit into memory."""

    articles: dict[str, Entry[ArticleSeed]] = field(default_factory=dict)
    places: dict[str, Entry[PlaceSeed]] = field(default_factory=dict)
    people: dict[str, Entry[PersonSeed]] = field(default_factory=dict)
    organizations: dict[str, Entry[OrganizationSeed]] = field(default_factory=dict)
    documents: dict[str, Entry[DocumentSeed]] = field(default_factory=dict)
    incidents: dict[str, Entry[IncidentSeed]] = field(default_factory=dict)
    casualties: dict[str, CasualtyEntry] = field(default_factory=dict)
    quotes: dict[str, Entry[QuoteSeed]] = field(default_factory=dict)
    statements: dict[str, Entry[StatementSeed]] = field(default_factory=dict)
    extensions: list[Entry[IncidentExtension]] = field(default_factory=list)

    def records(self, resource: str) -> dict[str, Entry[Any]]:
        """Returns the records of a resource."""
        records: dict[str, Entry[Any]] = getattr(self, resource)
        return records

    def add(self, entry: Entry[Any]) -> None:
        """Adds a record, unless it is a tombstone or has mistakes."""
        if entry.broken:
            return
        if isinstance(entry.seed, IncidentExtension):
            self.extensions.append(entry)
        elif not isinstance(entry.seed, Tombstone):
            self.records(entry.resource).setdefault(entry.seed.id, entry)


def parts(directory: Path) -> tuple[list[Part], list[SeedError], set[str]]:
    """Returns the parts of a directory, articles and shared records first; the errors of its files and folders; and the
    resources of which a file cannot be read."""
    finish_changes(directory)
    if not directory.is_dir():
        return [], [SeedError(str(directory), 1, "", "", "there is no such folder")], set()
    inside = sorted((directory / "articles").glob("*"))
    folders = [path for path in inside if path.is_dir()]
    wanted: list[tuple[Path, str, str | None]] = [
        *((folder / "article.yaml", "articles", folder.name) for folder in folders),
        *_files(directory, SHARED_MODELS),
    ]
    for folder in folders:
        wanted += _files(folder, BY_ARTICLE, folder.name)
    errors = [*_unknown_files(directory, {*(path for path, _, _ in wanted), *codebook_files(directory)})]
    unreadable = set()
    places = [(path, resource) for path, resource, _ in wanted]
    places += [(path, "articles") for path in inside if path not in folders]
    places += [(path, "codebook") for path in codebook_files(directory)]
    for path, resource in places:
        if (why := _why_not_a_file(path)) is not None:
            errors.append(SeedError(relative_name(directory, path), 1, "", "", why))
            unreadable.add(resource)
    errors.extend(
        SeedError(relative_name(directory, path), 1, "", "", "the article's own file is missing")
        for path in (folder / "article.yaml" for folder in folders)
        if not os.path.lexists(path)
    )
    if not folders:
        errors.append(
            SeedError(relative_name(directory, directory / "articles"), 1, "", "", "there are no articles here")
        )
    there = [(*one, chunk) for one in wanted if one[0].is_file() for chunk in _chunks(one[0])]
    return (
        [
            Part(number, path, relative_name(directory, path), resource, article, chunk)
            for number, (path, resource, article, chunk) in enumerate(there)
        ],
        errors,
        unreadable,
    )


def codebook_files(directory: Path) -> list[Path]:
    """Returns where a directory may have codebooks: in its own folder and in those of its articles."""
    return [folder / CODEBOOK_FILE for folder in (directory, *sorted((directory / "articles").glob("*")))]


def _why_not_a_file(path: Path) -> str | None:
    """Returns why a path is not a regular file; None if it is one or does not exist."""
    if path.is_file() or not os.path.lexists(path):
        return None
    if not path.exists():
        return f"this link leads nowhere; there is no {os.readlink(path)!r}"
    return "this is a folder, not a file" if path.is_dir() else "this is a device or a pipe, not a file"


def parse_part(
    part: Part, errors: list[SeedError], *, skip_duplicate_check: bool = False
) -> Iterator[tuple[Mapping, Source]]:
    """Yields the unvalidated records of a part with their sources."""
    single = part.resource == "articles"
    return records(
        part.path, part.name, errors, single=single, chunk=part.chunk, skip_duplicate_check=skip_duplicate_check
    )


def validate_record(
    part: Part, number: int, data: Mapping, source: Source, errors: list[SeedError], codebook: Codebook
) -> Entry[Any] | None:
    """Validates a record by a codebook. Appends its mistakes to `errors`, and then returns it with its valid fields
    only; None for an invalid tombstone."""
    model = Tombstone if "removed" in data else _MODELS[part.resource]
    if part.resource == "incidents" and "extends" in data:
        model = IncidentExtension
    resource = "extensions" if model is IncidentExtension else part.resource
    article = None if part.resource == "articles" else part.article
    place = RecordPosition(part.number, number)
    try:
        return Entry(resource, model.model_validate(data, context=codebook), source, place, article, data=data)
    except ValidationError as error:
        mistakes = {_path(mistake): mistake for mistake in error.errors(include_url=False)}
    for path, mistake in without_consequences(mistakes).items():
        about = written_value(mistake, path), nearest_valid(mistake, path, model)
        errors.append(_source(source, data, path).error(path, error_message(mistake, path, model), *about))
    if model is Tombstone:
        return None
    seed, broken = partial(model, data, codebook), set(mistakes)
    errors += [_source(source, data, path).error(path, message) for path, message in violations(seed, broken)]
    return Entry(resource, seed, source, place, article, frozenset(broken), data)


def _path(mistake: Any) -> Key:
    """Returns the path of a mistake within a record."""
    path: Key = mistake["loc"]
    if path[:1] == ("casualties",):
        path = path[:2] + path[3:]  # pydantic puts the tag of the union into the path
    field = mistake["ctx"]["field"] if mistake["type"] == "breach" else ""
    return (*path, field) if field else path


def _source(source: Source, data: Mapping, path: Key) -> Source:
    """Returns the source of the claim that a path is in; otherwise that of the record."""
    if path[:1] != ("casualties",) or len(path) < 2:
        return source
    claim = data["casualties"][path[1]]
    id_ = claim.get("id") if isinstance(claim, dict) else None
    return source._replace(record=id_[:100]) if isinstance(id_, str) and id_ else source


def claims(entry: Entry[Any]) -> Iterator[Entry[Any]]:
    """Yields the claims in an incident or in an extension of one, including tombstones."""
    seed = entry.seed
    if not isinstance(seed, IncidentSeed | IncidentExtension):
        return
    incident = seed.id if isinstance(seed, IncidentSeed) else seed.extends
    for position, claim in enumerate(seed.casualties):
        if claim is None:  # the claim is invalid as a whole
            continue
        source = claim_source(entry.source, claim.id, position)
        place = RecordPosition(entry.position.part, entry.position.number, position)
        broken = frozenset(path[2:] for path in entry.broken if path[:2] == ("casualties", position))
        if isinstance(claim, Tombstone):
            yield Entry("casualties", claim, source, place, entry.article)
        else:
            data = entry.data["casualties"][position]
            yield CasualtyEntry("casualties", claim, source, place, entry.article, broken, data, incident)


def claim_source(incident: Source, id_: str | None, position: int) -> Source:
    """Returns the source of a claim in the record of an incident."""
    return Source(incident.file, incident.line, id_ or incident.record, incident.lines, ("casualties", position))


def _unknown_files(directory: Path, expected: set[Path]) -> Iterator[SeedError]:
    """Yields an error for each unknown data file: otherwise the records of a misspelt file name would be left out.
    Hidden files and folders, whose names begin with a point, are the settings of editors."""
    for path in sorted(directory.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(directory).parts)
        if path.suffix.lower() in {".yaml", ".yml", ".json", ".jsonl"} and path not in expected and not hidden:
            near = get_close_matches(path.name, [other.name for other in expected], 1)
            hint = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(_file_names())}"
            yield SeedError(
                relative_name(directory, path), 1, "", "", f"nothing is read from a file of this name here; {hint}"
            )


def _file_names() -> list[str]:
    return [
        CODEBOOK_FILE,
        "article.yaml",
        *(f"{resource}.yaml or .jsonl" for resource in (*SHARED_MODELS, *BY_ARTICLE)),
    ]


def _files(folder: Path, resources: Iterable[str], article: str | None = None) -> list[tuple[Path, str, str | None]]:
    return [(folder / f"{resource}{suffix}", resource, article) for resource in resources for suffix in _SUFFIXES]


def _chunks(path: Path) -> Iterator[Chunk | None]:
    """Yields the chunks of a long file; None for a short file and for one that cannot be read, as parsing reports."""
    try:
        yield from (
            chunks(path, CHUNK_BYTES) if path.suffix == ".jsonl" and path.stat().st_size > CHUNK_BYTES else [None]
        )
    except OSError:
        yield None


def relative_name(root: Path, path: Path) -> str:
    """Returns the name of a file in error messages: its path from the seed directory on."""
    return path.relative_to(root.parent).as_posix()
