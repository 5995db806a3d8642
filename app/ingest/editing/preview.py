"""What an editor wants to know of a dossier while it is written: its mistakes by record, what is not verified, and what
no record rests on."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.ingest.building.pipeline import read, scan
from app.ingest.editing.coverage import coverage
from app.ingest.release.verifying import ArticleFile, TextError, article_text, choose_article, verify
from app.ingest.seed.files import SeedError
from app.ingest.seed.reading import Dossier, parse_part, parts
from app.ingest.texts.passages import Text
from app.model.digests import Data

_NAMES = ("title", "name", "label", "gist")
"""Keys that say what a record is, in this order."""


def report(directory: Path, files: Sequence[ArticleFile]) -> tuple[Data, list[SeedError]]:
    """Returns the report on a dossier, and the mistakes for which `load` would refuse it."""
    dossier, errors = read(directory)
    texts, problems = _texts(dossier, files)
    unverified: list[SeedError] = []
    if texts:
        with scan(directory, processes=0) as pipeline:
            result = verify(pipeline, [ArticleFile(path, article) for article, (path, _) in texts.items()])
        unverified = result.errors
    articles = coverage(dossier, {article: text for article, (_, text) in texts.items()})
    names = _named(directory)
    return {
        "problems": problems,
        "mistakes": [_mistake(error, names) for error in errors],
        "unverified": [_mistake(error, names) for error in unverified],
        "articles": articles,
    }, errors


def _texts(dossier: Dossier, files: Sequence[ArticleFile]) -> tuple[dict[str, tuple[Path, Text]], list[str]]:
    """Returns the texts by article, and what is wrong with those that cannot be used."""
    texts: dict[str, tuple[Path, Text]] = {}
    problems = []
    for path, named in files:
        try:
            article = choose_article(dossier.articles, named)
            texts[article] = path, article_text(dossier.articles[article], path)
        except (TextError, OSError) as error:
            problems.append(str(error))
    return texts, problems


def _named(directory: Path) -> dict[str, list[tuple[int, str, str]]]:
    """Returns line, id and name of each record, by file."""
    found: dict[str, list[tuple[int, str, str]]] = {}
    for part in parts(directory)[0]:
        for data, source in parse_part(part, []):
            id_ = str(data.get("id") or data.get("extends") or "")
            found.setdefault(part.name, []).append((source.line, id_, _name(data) or id_))
    return found


def _name(data: dict[str, Any]) -> str:
    return next((str(data[key]) for key in _NAMES if isinstance(data.get(key), str)), "")


def _mistake(error: SeedError, names: dict[str, list[tuple[int, str, str]]]) -> Data:
    """A mistake with the record of the file that it is in; a claim's is that of its incident."""
    records = [one for one in names.get(error.file, []) if one[0] <= error.line]
    _, id_, name = records[-1] if records else (0, "", "")
    return {
        "file": error.file,
        "line": error.line,
        "record": id_,
        "name": name,
        "where": ": ".join(part for part in (error.record if error.record != id_ else "", error.field) if part),
        "message": error.message,
    }
