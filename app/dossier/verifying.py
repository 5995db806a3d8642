"""The dossier against the article's own text, for whoever holds it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from app.dossier.examining import Progress, silent
from app.dossier.files import Fault, Key
from app.dossier.fragments import Fragment
from app.dossier.passages import PassageError, Text, digest
from app.dossier.reading import Dossier, Entry
from app.dossier.seed import Span


class Checked(NamedTuple):
    """A span of an article, with the record and the field that it stands in."""

    entry: Entry[Any]
    path: Key
    span: Span

    def fault(self, message: str) -> Fault:
        return self.entry.source.fault(self.path, message)


def article_text(found: Dossier, article: str, path: Path) -> Text:
    """An article's text from a file, with what the published page shows above it. Raises PassageError for a file
    that is no text."""
    seed = found.articles[article].seed
    try:
        return Text(path.read_text("utf-8-sig"), (seed.title, *seed.authors))
    except UnicodeDecodeError as error:
        raise PassageError(f"{path} is not UTF-8 text; save it as UTF-8") from error


def verify(found: Dossier, article: str, text: Text, progress: Progress = silent) -> tuple[int, list[Fault]]:
    """How many spans of an article were checked, and what does not hold: paragraphs, digests, quoted words, links."""
    spans = list(spans_of(found, article))
    faults = list(_paragraphs(found.articles[article], text))
    standing: list[Checked] = []
    for one in spans:
        mistakes = list(_words(text, one.span))
        faults += map(one.fault, mistakes)
        if not mistakes:
            standing.append(one)
    faults += _links(text, standing, progress)
    return len(spans), faults


def spans_of(found: Dossier, article: str) -> Iterator[Checked]:
    """Every span of an article, whichever record rests on it."""
    for entry in _entries(found):
        for path, span in _spans(entry):
            if (span.article or entry.article) == article:
                yield Checked(entry, path, span)


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


def _words(text: Text, span: Span) -> Iterator[str]:
    at = span.at
    found = text.slice(at.paragraph, at.start, at.end)
    if digest(found) != span.sha256:
        yield f"the text at {at.paragraph}:{at.start}-{at.end} does not have this sha256"
    elif getattr(span, "exact", found) != found:
        yield "the quoted words are not those of the text"


def _links(text: Text, spans: list[Checked], progress: Progress) -> Iterator[Fault]:
    links = [(Fragment(span.first, span.last, span.before, span.after), span.at) for _, _, span in spans]
    for number, landed in text.astray(links, lambda done, total: progress("Finding links", done, total)):
        at = spans[number].span.at
        if landed and landed[0] == at.paragraph and at.start <= landed[1] and landed[2] <= at.end:
            message = "not every browser finds the link's words: a word is cut, or not written as in the text"
        else:
            where = f"{landed[0]}:{landed[1]}-{landed[2]}" if landed else "nowhere"
            message = f"the link leads to {where}, not to {at.paragraph}:{at.start}-{at.end}"
        yield spans[number].fault(message)
