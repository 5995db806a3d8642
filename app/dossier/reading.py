"""Seed files -> validated records, each with the file and line that it came from.

Nothing is repaired and nothing is skipped: every mistake becomes a Fault, and all faults are reported together.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from app.dossier.seed import (
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
Key = tuple[str | int, ...]

SHARED: dict[str, type[BaseModel]] = {"places": PlaceSeed, "people": PersonSeed, "organizations": OrganizationSeed}
BY_ARTICLE: dict[str, type[BaseModel]] = {
    "incidents": IncidentSeed,
    "quotes": QuoteSeed,
    "statements": StatementSeed,
}


@dataclass(frozen=True)
class Fault:
    """One mistake, with the place to mend it."""

    file: str
    line: int
    record: str
    field: str
    message: str

    def __str__(self) -> str:
        where = ": ".join(part for part in (self.record, self.field) if part)
        return f"{self.file}:{self.line}: {where + ': ' if where else ''}{self.message}"


class DossierError(Exception):
    """The seed files have mistakes. Nothing was loaded."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = sorted(faults, key=lambda fault: (fault.file, fault.line))
        super().__init__("\n".join(map(str, self.faults)))


@dataclass(frozen=True)
class Source:
    """Where a record stands: its file, its line, and the lines of its fields."""

    file: str
    line: int
    record: str = ""
    lines: dict[Key, int] = field(default_factory=dict, repr=False, compare=False)
    prefix: Key = ()

    def fault(self, path: Key, message: str) -> Fault:
        full = self.prefix + path
        line = next((self.lines[full[:end]] for end in range(len(full), 0, -1) if full[:end] in self.lines), self.line)
        return Fault(self.file, line, self.record, ".".join(map(str, full)), message)


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
    """Everything that the seed files say, by resource and id, in file order."""

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

    def records(self, resource: str) -> dict[str, Entry[Any]]:
        """The records of a resource."""
        records: dict[str, Entry[Any]] = getattr(self, resource)
        return records


def read(directory: Path) -> tuple[Dossier, list[Fault]]:
    """The records of a directory of seed files, and what is wrong with them one by one."""
    dossier, faults = Dossier(), list[Fault]()
    if not directory.is_dir():
        return dossier, [Fault(str(directory), 1, "", "", "there is no such folder")]
    folders = sorted(path for path in (directory / "articles").glob("*") if path.is_dir())
    faults += _strangers(directory, _files(SHARED)) + _strangers(directory / "articles", set())
    for resource, model in SHARED.items():
        _read_resource(dossier, directory, directory, resource, model, None, faults)
    for folder in folders:
        faults += _strangers(folder, {"article.yaml"} | _files(BY_ARTICLE))
        _read_article(dossier, directory, folder, faults)
        for resource, model in BY_ARTICLE.items():
            _read_resource(dossier, directory, folder, resource, model, folder.name, faults)
    if not folders:
        faults.append(Fault(_relative(directory, directory / "articles"), 1, "", "", "there are no articles here"))
    return dossier, faults


def _read_article(dossier: Dossier, root: Path, folder: Path, faults: list[Fault]) -> None:
    path = folder / "article.yaml"
    if not path.is_file():
        faults.append(Fault(_relative(root, path), 1, "", "", "the article's own file is missing"))
        return
    for data, source in _yaml_records(path, _relative(root, path), faults, single=True):
        if (seed := _validate(data, ArticleSeed, source, faults)) is not None:
            if seed.id != folder.name:
                faults.append(source.fault(("id",), f"the article's id must be its folder's name, '{folder.name}'"))
            dossier.articles[seed.id] = Entry(seed, source)


def _read_resource(
    dossier: Dossier,
    root: Path,
    folder: Path,
    resource: str,
    model: type[BaseModel],
    article: str | None,
    faults: list[Fault],
) -> None:
    for path in (folder / f"{resource}.yaml", folder / f"{resource}.jsonl"):
        if not path.is_file():
            continue
        name = _relative(root, path)
        records = _yaml_records(path, name, faults) if path.suffix == ".yaml" else _json_records(path, name, faults)
        for data, source in records:
            chosen = Tombstone if "removed" in data else IncidentExtension if "extends" in data else model
            if chosen is IncidentExtension and resource != "incidents":
                chosen = model
            if (seed := _validate(data, chosen, source, faults)) is not None:
                _add(dossier, resource, Entry(seed, source, article), faults)


def _add(dossier: Dossier, resource: str, entry: Entry[Any], faults: list[Fault]) -> None:
    seed = entry.seed
    if isinstance(seed, IncidentExtension):
        dossier.extensions.append(entry)
    elif isinstance(seed, Tombstone):
        dossier.tombstones[resource, seed.id] = entry
        return
    else:
        _keep(dossier.records(resource), seed.id, entry, faults)
    if isinstance(seed, IncidentSeed | IncidentExtension):
        incident = seed.id if isinstance(seed, IncidentSeed) else seed.extends
        for position, claim in enumerate(seed.casualties):
            source = Source(
                entry.source.file, entry.source.line, claim.id, entry.source.lines, ("casualties", position)
            )
            if isinstance(claim, Tombstone):
                dossier.tombstones["casualties", claim.id] = Entry(claim, source, entry.article)
            else:
                _keep(dossier.casualties, claim.id, CasualtyEntry(claim, source, entry.article, incident), faults)


def _keep(records: dict[str, Any], id_: str, entry: Entry[Any], faults: list[Fault]) -> None:
    if (other := records.get(id_)) is not None:
        hint = "; write `extends:` instead of `id:` to add to it" if isinstance(entry.seed, IncidentSeed) else ""
        message = f"this id stands in {other.source.file}:{other.source.line} already{hint}"
        faults.append(entry.source.fault(("id",), message))
        return
    records[id_] = entry


def _validate(data: Any, model: type[S], source: Source, faults: list[Fault]) -> S | None:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        for mistake in error.errors(include_url=False, include_context=False, include_input=False):
            path = tuple(part for part in mistake["loc"] if part not in ("claim", "tombstone"))
            faults.append(source.fault(path, mistake["msg"].removeprefix("Value error, ")))
        return None


def _json_records(path: Path, name: str, faults: list[Fault]) -> Iterator[tuple[dict[str, Any], Source]]:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                data = json.loads(line)
            except (ValueError, RecursionError) as error:
                faults.append(Fault(name, number, "", "", f"this line is not JSON ({error})"))
                continue
            if not isinstance(data, dict):
                faults.append(Fault(name, number, "", "", "a line holds one record, an object"))
                continue
            yield data, Source(name, number, _record_id(data))


def _yaml_records(
    path: Path, name: str, faults: list[Fault], *, single: bool = False
) -> Iterator[tuple[dict[str, Any], Source]]:
    try:
        root = yaml.compose(path.read_text("utf-8"), Loader=yaml.CBaseLoader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, OSError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        faults.append(Fault(name, mark.line + 1 if mark else 1, "", "", f"this is not YAML ({problem})"))
        return
    if root is None:
        return
    if single:
        nodes = [root]
    elif isinstance(root, yaml.SequenceNode):
        nodes = root.value
    else:
        faults.append(Fault(name, 1, "", "", "the file must hold a list of records"))
        return
    seen: set[int] = set()
    for node in nodes:
        lines: dict[Key, int] = {}
        mistakes: list[tuple[int, str]] = []
        try:
            data = _plain(node, (), lines, mistakes, seen)
        except RecursionError:
            data, mistakes = None, [(node.start_mark.line + 1, "this is nested too deeply")]
        record = _record_id(data) if isinstance(data, dict) else ""
        faults += [Fault(name, line, record, "", message) for line, message in mistakes]
        if isinstance(data, dict):
            yield data, Source(name, node.start_mark.line + 1, record, lines)
        elif not mistakes:
            faults.append(Fault(name, node.start_mark.line + 1, "", "", "a record is a mapping of keys to values"))


def _plain(node: yaml.Node, path: Key, lines: dict[Key, int], mistakes: list[tuple[int, str]], seen: set[int]) -> Any:
    """A YAML node as text, lists and dicts; notes the line of every field."""
    line = node.start_mark.line + 1
    lines[path] = line
    if id(node) in seen and not isinstance(node, yaml.ScalarNode):
        mistakes.append((line, "anchors and aliases are not used here; write the value out"))
        return None
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, index), lines, mistakes, seen) for index, item in enumerate(node.value)]
    result: dict[str, Any] = {}
    for key, value in node.value:
        name = str(key.value)
        if name in result:
            mistakes.append((key.start_mark.line + 1, f"the key '{name}' stands twice"))
        result[name] = _plain(value, (*path, name), lines, mistakes, seen)
        lines[(*path, name)] = key.start_mark.line + 1
    return result


def _record_id(data: dict[str, Any]) -> str:
    value = data.get("id", data.get("extends", ""))
    return value[:100] if isinstance(value, str) else ""


def _files(resources: Iterable[str]) -> set[str]:
    return {f"{resource}{suffix}" for resource in resources for suffix in (".yaml", ".jsonl")}


def _strangers(folder: Path, known: set[str]) -> list[Fault]:
    """Data files that no resource has: a misspelt file name would otherwise leave its records out silently."""
    return [
        Fault(_relative(folder.parent, path), 1, "", "", f"no resource has this file name; known are {sorted(known)}")
        for path in sorted(folder.glob("*"))
        if path.suffix in {".yaml", ".yml", ".json", ".jsonl"} and path.name not in known
    ]


def _relative(root: Path, path: Path) -> str:
    return path.relative_to(root.parent).as_posix()
