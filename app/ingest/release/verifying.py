"""Verification of a dossier against the full texts of its articles, for those who hold them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, NamedTuple

from app.ingest.building.pipeline import Pipeline, PipelineContext, Progress, no_progress, validate_part
from app.ingest.seed.article_seeds import ArticleSeed
from app.ingest.seed.files import SeedError
from app.ingest.seed.reading import Entry, Part
from app.ingest.seed.record_seeds import DateSeed
from app.ingest.seed.seed_base import At
from app.ingest.texts.passages import Text, digest
from app.ingest.texts.span_links import SpanLink, links_of
from app.model.codebook import Codebook


class TextError(Exception):
    """A file is not an article's text, or it is not clear which article it belongs to."""


class ArticleFile(NamedTuple):
    """A file with an article's own text, one paragraph a line. `article` may be None where a dossier has one only."""

    path: Path
    article: str | None = None


@dataclass
class Verification:
    """Result of a verification: what was compared with the articles' texts, and the errors found."""

    articles: list[str] = field(default_factory=list)
    spans: int = 0
    """Number of spans that were compared: position, digest, quoted words and link."""

    of: int = 0
    """Number of spans in total, including those in other articles."""

    errors: list[SeedError] = field(default_factory=list)
    file_errors: list[SeedError] = field(default_factory=list)
    """Errors of the seed files themselves."""

    def summary(self) -> dict[str, Any]:
        """Returns the summary that is stored with a release."""
        return {"articles": self.articles, "spans": self.spans, "of": self.of}


def article_text(entry: Entry[ArticleSeed], path: Path) -> Text:
    """Reads an article's text from a file, with what the published page shows above it. Raises TextError if the file is
    not text."""
    try:
        return Text(path.read_text("utf-8-sig"), (entry.seed.title, *entry.seed.authors))
    except UnicodeDecodeError as error:
        raise TextError(f"{path} is not UTF-8 text; save it as UTF-8") from error


def choose_article(articles: Iterable[str], article: str | None) -> str:
    """Returns the id of the article that is meant. Raises TextError if that is ambiguous."""
    ids = list(articles)
    if article is None and len(ids) == 1:
        return ids[0]
    if article is None or article not in ids:
        raise TextError(f"Choose one with --article: {', '.join(ids)}.")
    return article


def verify(pipeline: Pipeline, files: Sequence[ArticleFile], progress: Progress = no_progress) -> Verification:
    """Compares paragraphs, digests, quoted words and links with the texts of some articles."""
    result = Verification(file_errors=list(pipeline.errors))
    articles: dict[str, Entry[ArticleSeed]] = {}
    links: dict[str, list[SpanLink]] = {}
    dates: dict[str, list[_StatedDate]] = {}
    for some, stated, entries, errors in pipeline.map_parts(_collect_citations, "Checking", progress):
        result.file_errors += errors
        articles.update((entry.seed.id, entry) for entry in entries if entry.seed.id)
        for link in some:
            links.setdefault(link.article, []).append(link)
            result.of += 1
        for date in stated:
            dates.setdefault(date.article, []).append(date)
    if not articles:
        return result
    for path, named in files:
        if (article := choose_article(articles, named)) in result.articles:
            raise TextError(f"There are two texts of '{article}'; give one.")
        result.articles.append(article)
        if articles[article].broken:
            continue
        text = article_text(articles[article], path)
        result.spans += len(links.get(article, ()))
        result.errors += paragraph_errors(articles[article], text)
        result.errors += _link_errors(text, links.get(article, []), progress)
        result.errors += _date_errors(text, dates.get(article, []))
    return result


class _StatedDate(NamedTuple):
    """An article's words for a date, the positions of its passages, and the place to correct a mistake."""

    article: str
    words: str
    passages: list[At]
    source: SeedError


def _collect_citations(
    context: PipelineContext, part: Part
) -> tuple[list[SpanLink], list[_StatedDate], list[Entry[ArticleSeed]], list[SeedError]]:
    """Returns the links, stated dates, articles and errors of a part."""
    checked_part = validate_part(context, part)
    articles = [entry for entry in checked_part.entries if isinstance(entry.seed, ArticleSeed)]
    return (
        list(links_of(checked_part.entries)),
        list(_dates(checked_part.entries, context.codebook)),
        articles,
        checked_part.errors,
    )


def _dates(entries: Iterable[Entry[Any]], codebook: Codebook) -> Iterator[_StatedDate]:
    fields = codebook.having("evidence.field", "dates")
    for entry in entries:
        date: DateSeed | None = getattr(entry.seed, "date", None)
        if date is None or date.as_stated is None or entry.article is None or entry.broken:
            continue
        spans = [span for span in entry.seed.evidence if span.field in fields]
        passages = [span.at for span in spans if span.article in (None, entry.article)]
        yield _StatedDate(entry.article, date.as_stated, passages, entry.source.error(("date", "as_stated"), ""))


def _date_errors(text: Text, dates: list[_StatedDate]) -> Iterator[SeedError]:
    """Yields an error for each stated date whose words are in none of the passages that are evidence for it."""
    for _, words, passages, source in dates:
        if not any(words in text.slice(*at) for at in passages):
            yield replace(source, message=f"'{words}' stands in none of the passages for 'when'")


def paragraph_errors(entry: Entry[ArticleSeed], text: Text) -> Iterator[SeedError]:
    """Yields an error for each paragraph by which a text differs from that of an article."""
    coded = [(seed.sha256, seed.length) for seed in entry.seed.paragraphs]
    read = [(digest(paragraph), len(paragraph)) for paragraph in text.paragraphs]
    for op, start, end, new_start, new_end in SequenceMatcher(None, coded, read, autojunk=False).get_opcodes():
        if op == "equal":
            continue
        both = min(end - start, new_end - new_start)
        for index in range(both):
            message = f"paragraph {new_start + index + 1} of the text is not the one coded{_RENEW}"
            yield entry.source.error(("paragraphs", start + index), message)
        for index in range(start + both, end):
            yield entry.source.error(("paragraphs", index), f"the text does not have paragraph {index + 1}{_RENEW}")
        for index in range(new_start + both, new_end):
            message = f"paragraph {index + 1} of the text is not coded{_RENEW}"
            yield entry.source.error(("paragraphs", min(end, len(coded) - 1)), message)


_RENEW = "; where the article has changed, `dateline new --renew` takes over its text"


def _link_errors(text: Text, links: list[SpanLink], progress: Progress) -> Iterator[SeedError]:
    intact: list[SpanLink] = []
    for link in links:
        words = text.slice(*link.at)
        if digest(words) != link.sha256:
            at = link.at
            yield link.error(f"the text at {at.paragraph}:{at.start}-{at.end} does not have this sha256")
        elif link.exact not in (None, words):
            yield link.error("the quoted words are not those of the text")
        else:
            intact.append(link)
    wanted = [(link.fragment, link.at) for link in intact]
    for number, target in text.misdirected(wanted, lambda done, total: progress("Following links", done, total)):
        at = intact[number].at
        if target and target[0] == at.paragraph and at.start <= target[1] and target[2] <= at.end:
            message = "not every browser finds the link's words: a word is cut, or not written as in the text"
        else:
            where = f"{target[0]}:{target[1]}-{target[2]}" if target else "nowhere"
            message = f"the link leads to {where}, not to {at.paragraph}:{at.start}-{at.end}"
        yield intact[number].error(message)
