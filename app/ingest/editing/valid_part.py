"""The part of a dossier that has no mistakes: what could be served if the records with mistakes were not there.

A record that refers to one of those has a mistake then, too, and so on.
"""

import json
import shutil
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from app.ingest.building.pipeline import check
from app.ingest.seed.files import SeedError
from app.ingest.seed.reading import CODEBOOK_FILE, DossierError, Part, codebook_files, parse_part, parts, relative_name

_ARTICLE = "article.yaml"

Data = dict[str, Any]


def write_valid_part(directory: Path, errors: Iterable[SeedError], target: Path) -> bool:
    """Writes the valid records of a directory with errors into an empty folder. Returns whether there are any."""
    files = _files(directory)
    for path in codebook_files(directory):
        if path.is_file() and not any(error.file == relative_name(directory, path) for error in errors):
            copy = target / path.relative_to(directory)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    _drop(files, [error for error in errors if not error.file.endswith(CODEBOOK_FILE)], directory.name)
    while files:
        _write(files, target)
        try:
            check(target)
        except DossierError as error:
            for name in files:
                (target / name).unlink(missing_ok=True)
            before = sum(map(len, files.values()))
            _drop(files, error.errors, target.name)
            if sum(map(len, files.values())) == before:
                return False  # the mistake is in no record
        else:
            return True
    return False


def _files(directory: Path) -> dict[str, list[tuple[int, Data]]]:
    """Returns the records of each file with the lines in which they begin, by the name of the file in the directory."""
    files: dict[str, list[tuple[int, Data]]] = defaultdict(list)
    for part in parts(directory)[0]:
        files[_name(directory, part)] += [(source.line, data) for data, source in parse_part(part, [])]
    return dict(files)


def _name(directory: Path, part: Part) -> str:
    return part.path.relative_to(directory).as_posix()


def _drop(files: dict[str, list[tuple[int, Data]]], errors: Iterable[SeedError], root: str) -> None:
    """Takes out the records that errors are about; with an article's own file all of its folder, and all of a file
    where an error is before its first record."""
    wrong: dict[str, set[int]] = defaultdict(set)
    for error in errors:
        wrong[error.file.removeprefix(f"{root}/")].add(error.line)
    for name, lines in wrong.items():
        if name.endswith(f"/{_ARTICLE}"):
            folder = name.removesuffix(_ARTICLE)
            for inside in [one for one in files if one.startswith(folder)]:
                del files[inside]
        elif name in files:
            starts = [line for line, _ in files[name]]
            dropped = {bisect_right(starts, line) - 1 for line in lines}
            files[name] = [] if -1 in dropped else [one for n, one in enumerate(files[name]) if n not in dropped]
    for name in [name for name, some in files.items() if not some]:
        del files[name]


def _write(files: dict[str, list[tuple[int, Data]]], target: Path) -> None:
    """Writes the records, and notes the lines in which they begin now. A file of YAML becomes one of JSON, one record a
    line, which is YAML as well where it is a file of one record."""
    for name in list(files):
        new = name if name.endswith(_ARTICLE) else name.replace(".yaml", ".jsonl")
        records = files.pop(name)
        files[new] = [(line, data) for line, (_, data) in enumerate([*files.get(new, []), *records], 1)]
    for name, records in files.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(data) + "\n" for _, data in records), "utf-8")
