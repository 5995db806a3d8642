"""Makes the folder of a new article: its paragraphs by digest and length, and files with examples to begin with."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from app.ingest.editing.examples import EXAMPLE_ARTICLE, example_records
from app.ingest.editing.seed_schemas import SCHEMA_FOLDER, schema_files, schema_name
from app.ingest.release.verifying import TextError
from app.ingest.seed.codebooks import read_codebook
from app.ingest.seed.file_changes import replace_files
from app.ingest.seed.files import SeedError
from app.ingest.seed.reading import BY_ARTICLE, SHARED_MODELS, DossierError, parse_part, parts
from app.ingest.seed.scalars import PATTERNS, SLUG
from app.ingest.seed.seed_base import WORDS
from app.ingest.seed.yaml_edits import Edit, edited, mappings, replaced
from app.ingest.texts.passages import Passage, PassageError, Text, digest
from app.search.collation import words

_ARTICLE = """\
{schema}
# Fill in what the published page says. `dateline check` says what is still missing or wrong.
id: {slug}
title: {title}
authors: [{author}]
publishers: [{publisher}]
published: "{today}"
language: en
url: {url}{slug}/
rights: The article and the words quoted from it belong to their author and publisher.
# The text itself stays out of this folder. Change `kind` where a paragraph is a caption, a pull_quote or a pull_text.
paragraphs:
"""
_TO_FILL_IN = {
    "title": "Title of the article",
    "author": "Name of the author",
    "publisher": "Name of the publisher",
    "url": "https://publisher.example/",
}
"""What stands in a new `article.yaml` in place of what the published page says."""

_LIST = """\
{schema}
# {title}: {meaning}
# Every key is explained by `dateline schema --text`. To begin with, take out the `# ` before the lines below.
# Evidence may be written by its words, `- {{field: what, words: "…"}}`: `dateline anchor` makes such spans of them.
#
"""
_MEANINGS = {
    "places": "where it happened",
    "people": "who, with a name or without",
    "organizations": "states, forces, groups, institutions",
    "documents": "reports, e-mails, court files that the reporting draws on",
    "incidents": "what happened, and every claim about who was harmed",
    "quotes": "what was said, word for word",
    "statements": "what was said indirectly, claimed or denied",
}
_EXAMPLE_WORDS = 2


def new_article(directory: Path, slug: str, file: Path) -> list[Path]:
    """Makes the folder of an article and the shared files that are not there yet. Returns the files that were made.

    Raises TextError for a text that cannot be read, and DossierError where the article is there already.
    """
    if not re.fullmatch(SLUG, slug):
        raise TextError(f"'{slug}' cannot be the id of an article: {PATTERNS[SLUG]}")
    folder = directory / "articles" / slug
    if folder.exists():
        message = "this article is there already; --renew takes over a changed text"
        raise DossierError([SeedError(str(folder), 1, slug, "", message)])
    text = read_text(file)
    passage = _example_passage(text)
    contents = {folder / "article.yaml": _article(slug, text)}
    for name in SHARED_MODELS:
        if not any((directory / f"{name}{suffix}").exists() for suffix in (".yaml", ".jsonl")):
            contents[directory / f"{name}.yaml"] = _list(name, slug, text, passage, SCHEMA_FOLDER)
    for name in BY_ARTICLE:
        contents[folder / f"{name}.yaml"] = _list(name, slug, text, passage, f"../../{SCHEMA_FOLDER}")
    schemas = schema_files(directory, read_codebook(directory, []))
    replace_files(directory, {**schemas, **{path: content.encode() for path, content in contents.items()}})
    return list(contents)


def not_filled_in(directory: Path) -> Iterator[SeedError]:
    """Yields a hint for each key of an `article.yaml` that still says what a new one does."""
    for part in parts(directory)[0]:
        if part.resource == "articles":
            for article, source in parse_part(part, []):
                for key, value in article.items():
                    written = value[0] if isinstance(value, list) and value else value
                    if isinstance(written, str) and written.startswith(tuple(_TO_FILL_IN.values())):
                        message = "this is what `dateline new` wrote; fill in what the published page says"
                        yield source.error((key,), message, written)


def read_text(file: Path) -> Text:
    """Reads the text of an article. Raises TextError if there is none in the file."""
    try:
        text = Text(file.read_text("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise TextError(f"{file} is not UTF-8 text; save it as UTF-8") from error
    if not text.paragraphs:
        raise TextError(f"{file} is empty; it must hold the article's own text, one paragraph a line")
    return text


def paragraph_line(
    paragraphs: Sequence[str], number: int, kind: str | None = None, shortens: Sequence[int] = ()
) -> str:
    """Returns the line that describes a paragraph in `article.yaml`; `kind` is what it was before, if it was there."""
    paragraph = paragraphs[number - 1]
    chosen = kind or ("pull_quote" if _is_repeated(paragraph, paragraphs[: number - 1]) else "body")
    more = f", shortens: [{', '.join(map(str, shortens))}]" if shortens else ""
    return f'  - {{kind: {chosen}, length: {len(paragraph)}, sha256: "{digest(paragraph)}"{more}}}  # {number}'


def _is_repeated(paragraph: str, before: Sequence[str]) -> bool:
    """Whether a paragraph only displays words that stand in the text before it."""
    inner = paragraph.strip().strip("“”\"'‘’«»„").rstrip(".,!?")
    return len(words(inner)) > _EXAMPLE_WORDS and any(inner in other for other in before)


def _article(slug: str, text: Text) -> str:
    schema = _schema_line("article", f"../../{SCHEMA_FOLDER}")
    head = _ARTICLE.format(schema=schema, slug=slug, today=date.today().isoformat(), **_TO_FILL_IN)
    lines = (paragraph_line(text.paragraphs, number) for number in range(1, len(text.paragraphs) + 1))
    return head + "".join(f"{line}\n" for line in lines)


def _list(name: str, slug: str, text: Text, passage: Passage | None, schemas: str) -> str:
    """Returns the content of a file of records: an example of one as a comment."""
    head = _LIST.format(schema=_schema_line(name, schemas), title=name.capitalize(), meaning=_MEANINGS[name])
    record = example_records(name)[0].replace(EXAMPLE_ARTICLE, slug)
    if passage is not None:
        record = _resting_on(record, passage, text, slug if name in SHARED_MODELS else None)
    return head + "".join(f"# {line}\n" for line in record.splitlines())


def _schema_line(name: str, folder: str) -> str:
    return f"# yaml-language-server: $schema={folder}/{schema_name(name)}"


def _example_passage(text: Text) -> Passage | None:
    """Returns a passage of two words that an example rests on: no sentence of the article stands in the files."""
    for number, paragraph in enumerate(text.paragraphs, 1):
        found = words(paragraph)
        for first, last in zip(found, found[_EXAMPLE_WORDS - 1 :] or found[-1:], strict=False):
            try:
                return text.passage(number, first[0], last[1])
            except PassageError:
                continue
    return None


def _resting_on(record: str, passage: Passage, text: Text, article: str | None) -> str:
    """Returns an example whose evidence, in place of its own words, is a passage of the new article."""
    edits: list[Edit] = []
    for node in mappings(record):
        if node.get(WORDS) is None:
            continue
        span: dict[str, str | int] = {**passage.span()}
        if node.path[-2] == "spans":
            span["exact"] = text.slice(passage.paragraph, passage.start, passage.end)
        if article is not None and node.get("article") is None:
            span = {"article": article, **span}
        edits += replaced(record, node, (WORDS, "paragraph"), span)
    return edited(record, edits)
