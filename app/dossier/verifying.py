"""The dossier against the article's own text, for whoever holds it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.dossier.files import Fault
from app.dossier.passages import Fragment, PassageError, Text, digest
from app.dossier.reading import Dossier, Entry
from app.dossier.seed import Span


def article_text(found: Dossier, article: str, path: Path) -> Text:
    """An article's text from a file, with what the published page shows above it. Raises PassageError for a file
    that is no text."""
    seed = found.articles[article].seed
    try:
        return Text(path.read_text("utf-8-sig"), (seed.title, *seed.authors))
    except UnicodeDecodeError as error:
        raise PassageError(f"{path} is not UTF-8 text; save it as UTF-8") from error


def verify(found: Dossier, article: str, text: Text) -> tuple[int, list[Fault]]:
    """How many spans of an article were checked, and what does not hold: paragraphs, digests, quoted words, links."""
    faults = list(_paragraphs(found.articles[article], text))
    checked = 0
    for entry in _entries(found):
        for path, span in _spans(entry):
            if (span.article or entry.article) == article:
                checked += 1
                faults += [entry.source.fault(path, message) for message in _mistakes(text, span)]
    return checked, faults


def _entries(found: Dossier) -> Iterator[Entry[Any]]:
    for resource in ("places", "people", "organizations", "incidents", "casualties", "quotes", "statements"):
        yield from found.records(resource).values()
    yield from found.extensions


def _paragraphs(entry: Entry[Any], text: Text) -> Iterator[Fault]:
    seeds = entry.seed.paragraphs
    if len(seeds) != len(text.paragraphs):
        message = f"the text has {len(text.paragraphs)} paragraphs, the article {len(seeds)}"
        yield entry.source.fault(("paragraphs",), message)
    for index, (seed, paragraph) in enumerate(zip(seeds, text.paragraphs, strict=False)):
        if seed.sha256 != digest(paragraph) or seed.length != len(paragraph):
            yield entry.source.fault(("paragraphs", index), f"paragraph {index + 1} of the text is not the one coded")


def _spans(entry: Entry[Any]) -> Iterator[tuple[tuple[str, int], Span]]:
    for name in ("evidence", "spans", "pull_quotes"):
        for index, span in enumerate(getattr(entry.seed, name, [])):
            yield (name, index), span


def _mistakes(text: Text, span: Span) -> Iterator[str]:
    at = span.at
    found = text.slice(at.paragraph, at.start, at.end)
    if digest(found) != span.sha256:
        yield f"the text at {at.paragraph}:{at.start}-{at.end} does not have this sha256"
        return
    exact = getattr(span, "exact", None)
    if exact is not None and exact != found:
        yield "the quoted words are not those of the text"
    fragment = Fragment(span.first, span.last, span.before, span.after)
    if not text.leads_to(fragment, at.paragraph, at.start, at.end):
        landed = text.resolve(fragment)
        where = f"{landed[0]}:{landed[1]}-{landed[2]}" if landed else "nowhere"
        yield f"the link leads to {where}, not to {at.paragraph}:{at.start}-{at.end}"
