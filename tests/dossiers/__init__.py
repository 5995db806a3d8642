"""Invented dossiers about other subjects than the shipped article: a dam that breaks, and an election that is disputed.

A dossier is a folder of seed files as an editor would write them, in which evidence names words of the article
(`words`, with `paragraph` where they stand more than once) instead of spans; `write` turns these into spans.
"""

from pathlib import Path
from typing import Any

import yaml

from app.ingest.editing.examples import EXAMPLE_ARTICLE, example_file
from app.ingest.seed.reading import BY_ARTICLE, SHARED_MODELS
from app.ingest.texts.passages import Text, digest
from tests.sample import at

DOSSIERS = Path(__file__).parent
SHARED = ("places.yaml", "people.yaml", "organizations.yaml", "documents.yaml", "codebook.yaml")


def write(name: str, folder: Path) -> Path:
    """Writes a dossier as a seed folder that loads. Returns the folder."""
    source = DOSSIERS / name
    article = _read(source / "article.yaml")
    paper = text(name)
    captions = {int(caption["paragraph"]) for caption in article.get("captions", [])}
    article["paragraphs"] = [
        {"kind": "caption" if number in captions else "body"}
        | {"length": str(len(paragraph)), "sha256": digest(paragraph)}
        for number, paragraph in enumerate(paper.paragraphs, 1)
    ]
    for path in source.glob("*.yaml"):
        shared = path.name in SHARED
        content = (
            article if path.name == "article.yaml" else _anchored(_read(path), paper, article["id"] if shared else "")
        )
        target = folder / path.name if shared else folder / "articles" / article["id"] / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")
    return folder


def write_example(seed: Path) -> Path:
    """Writes the files of the format's example into a seed folder, with words for spans. Returns its article's folder;
    its text stands beside the seed folder."""
    article = seed / "articles" / EXAMPLE_ARTICLE
    article.mkdir(parents=True, exist_ok=True)
    for folder, names in ((seed, (*SHARED_MODELS, "codebook")), (article, (*BY_ARTICLE, "article"))):
        for name in names:
            (folder / f"{name}.yaml").write_text(example_file(f"{name}.yaml"), "utf-8")
    (seed.parent / "text.txt").write_text(example_file("text.txt"), "utf-8")
    return article


def text(name: str) -> Text:
    """The article of a dossier."""
    article = _read(DOSSIERS / name / "article.yaml")
    return Text((DOSSIERS / name / "text.txt").read_text("utf-8"), (article["title"], *article["authors"]))


def _read(path: Path) -> Any:
    return yaml.load(path.read_text("utf-8"), yaml.BaseLoader)


def _anchored(value: Any, paper: Text, article: str) -> Any:
    """Turns words into spans wherever they stand; in a shared file the evidence names its article."""
    if isinstance(value, list):
        return [_anchored(one, paper, article) for one in value]
    if not isinstance(value, dict):
        return value
    if "words" not in value:
        return {key: _anchored(one, paper, article) for key, one in value.items()}
    others = {key: one for key, one in value.items() if key not in ("words", "paragraph")}
    paragraph = int(value["paragraph"]) if "paragraph" in value else None
    span = at(paper.anchor(value["words"], paragraph))
    return others | ({"article": article} if article and "field" in value else {}) | span
