"""The dossier against its articles' own texts, for whoever holds them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from app.ingest.examining import Progress, Survey, Surveyed, examine, silent
from app.ingest.files import Fault
from app.ingest.links import SpanLink, links_of
from app.ingest.passages import Text, digest
from app.ingest.reading import Entry, Part
from app.ingest.seed import ArticleSeed, At, DateSeed
from app.model.codebook import EvidenceField


class TextError(Exception):
    """A file is not an article's text, or it is not said which article it is the text of."""


class ArticleFile(NamedTuple):
    """A file with an article's own text, one paragraph a line. `article` may be None where a dossier has one only."""

    path: Path
    article: str | None = None


@dataclass
class Verification:
    """What of a dossier was compared with its articles' texts, and what does not hold there."""

    articles: list[str] = field(default_factory=list)
    spans: int = 0
    """How many spans were compared: where they stand, digest, quoted words and link."""

    of: int = 0
    """How many spans there are, those in other articles included."""

    faults: list[Fault] = field(default_factory=list)
    unread: list[Fault] = field(default_factory=list)
    """What is wrong with the files themselves."""

    def summary(self) -> dict[str, Any]:
        """As a release says it."""
        return {"articles": self.articles, "spans": self.spans, "of": self.of}


def article_text(entry: Entry[ArticleSeed], path: Path) -> Text:
    """An article's text from a file, with what the published page shows above it. Raises TextError for a file that is
    no text."""
    try:
        return Text(path.read_text("utf-8-sig"), (entry.seed.title, *entry.seed.authors))
    except UnicodeDecodeError as error:
        raise TextError(f"{path} is not UTF-8 text; save it as UTF-8") from error


def chosen(articles: Iterable[str], article: str | None) -> str:
    """The article that is meant. Raises TextError where that is not clear."""
    known = list(articles)
    if article is None and len(known) == 1:
        return known[0]
    if article is None or article not in known:
        raise TextError(f"Choose one with --article: {', '.join(known)}.")
    return article


def verify(found: Survey, files: Sequence[ArticleFile], progress: Progress = silent) -> Verification:
    """Compares all that rests on some articles with their texts: paragraphs, digests, quoted words and links."""
    result = Verification(unread=list(found.faults))
    articles: dict[str, Entry[ArticleSeed]] = {}
    links: dict[str, list[SpanLink]] = {}
    dates: dict[str, list[_StatedDate]] = {}
    for some, stated, entries, faults in found.each(_cited, "Checking", progress):
        result.unread += faults
        articles.update((entry.seed.id, entry) for entry in entries if entry.seed.id)
        for link in some:
            links.setdefault(link.article, []).append(link)
            result.of += 1
        for date in stated:
            dates.setdefault(date.article, []).append(date)
    if not articles:
        return result
    for path, named in files:
        if (article := chosen(articles, named)) in result.articles:
            raise TextError(f"There are two texts of '{article}'; give one.")
        result.articles.append(article)
        if articles[article].broken:
            continue
        text = article_text(articles[article], path)
        result.spans += len(links.get(article, ()))
        result.faults += _paragraphs(articles[article], text)
        result.faults += _mistakes(text, links.get(article, []), progress)
        result.faults += _misstated(text, dates.get(article, []))
    return result


class _StatedDate(NamedTuple):
    """An article's words for a date, where the passages for it stand, and where a mistake is to be mended."""

    article: str
    words: str
    passages: list[At]
    source: Fault


def _cited(
    surveyed: Surveyed, part: Part
) -> tuple[list[SpanLink], list[_StatedDate], list[Entry[ArticleSeed]], list[Fault]]:
    """The links and the words for dates of a part, and the article that it is."""
    examined = examine(surveyed, part)
    articles = [entry for entry in examined.entries if isinstance(entry.seed, ArticleSeed)]
    return list(links_of(examined.entries)), list(_dates(examined.entries)), articles, examined.faults


def _dates(entries: Iterable[Entry[Any]]) -> Iterator[_StatedDate]:
    for entry in entries:
        date: DateSeed | None = getattr(entry.seed, "date", None)
        if date is None or date.as_stated is None or entry.article is None or entry.broken:
            continue
        spans = [span for span in entry.seed.evidence if span.field == EvidenceField.WHEN]
        passages = [span.at for span in spans if span.article in (None, entry.article)]
        yield _StatedDate(entry.article, date.as_stated, passages, entry.source.fault(("date", "as_stated"), ""))


def _misstated(text: Text, dates: list[_StatedDate]) -> Iterator[Fault]:
    """Words for dates that do not stand in a passage that is evidence for them."""
    for _, words, passages, source in dates:
        if not any(words in text.slice(*at) for at in passages):
            yield replace(source, message=f"'{words}' stands in none of the passages for 'when'")


def _paragraphs(entry: Entry[ArticleSeed], text: Text) -> Iterator[Fault]:
    seeds = entry.seed.paragraphs
    if len(seeds) != len(text.paragraphs):
        message = f"the text has {len(text.paragraphs)} paragraphs, the article {len(seeds)}"
        yield entry.source.fault(("paragraphs",), message)
    for index, (seed, paragraph) in enumerate(zip(seeds, text.paragraphs, strict=False)):
        if seed.sha256 != digest(paragraph) or seed.length != len(paragraph):
            yield entry.source.fault(("paragraphs", index), f"paragraph {index + 1} of the text is not the one coded")


def _mistakes(text: Text, links: list[SpanLink], progress: Progress) -> Iterator[Fault]:
    standing: list[SpanLink] = []
    for link in links:
        words = text.slice(*link.at)
        if digest(words) != link.sha256:
            at = link.at
            yield link.fault(f"the text at {at.paragraph}:{at.start}-{at.end} does not have this sha256")
        elif link.exact not in (None, words):
            yield link.fault("the quoted words are not those of the text")
        else:
            standing.append(link)
    wanted = [(link.fragment, link.at) for link in standing]
    for number, landed in text.astray(wanted, lambda done, total: progress("Following links", done, total)):
        at = standing[number].at
        if landed and landed[0] == at.paragraph and at.start <= landed[1] and landed[2] <= at.end:
            message = "not every browser finds the link's words: a word is cut, or not written as in the text"
        else:
            where = f"{landed[0]}:{landed[1]}-{landed[2]}" if landed else "nowhere"
            message = f"the link leads to {where}, not to {at.paragraph}:{at.start}-{at.end}"
        yield standing[number].fault(message)
