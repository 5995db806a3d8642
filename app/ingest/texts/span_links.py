"""Checks of span links that need no article text.

A span's length and digest reveal something of its words, and so do the other spans: each gives the position of a few
words of the text. A link whose words are known to occur before its span leads to that earlier place.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

from app.ingest.seed.article_seeds import ArticleSeed
from app.ingest.seed.files import Key, SeedError
from app.ingest.seed.reading import Entry
from app.ingest.seed.record_seeds import QuotedSpan
from app.ingest.seed.seed_base import At, Record, Span
from app.ingest.texts.passages import digest
from app.ingest.texts.text_fragments import Fragment, Page

_SEPARATOR = "\n\ue000\n"
"""Separator of words that are not adjacent: a private-use character, which is in no text."""

_TITLE = At(0, 0, 0)


class SpanLink(NamedTuple):
    """A span of an article with its link, and the place in the files to correct a mistake in it."""

    article: str
    at: At
    sha256: str
    fragment: Fragment
    exact: str | None
    source: SeedError

    def error(self, message: str) -> SeedError:
        """Returns an error at the span."""
        where = self.source
        return SeedError(where.file, where.line, where.record, where.field, message)


def spans_of(seed: Any) -> Iterator[tuple[Key, Span]]:
    """Yields the spans of a record, with their paths."""
    for name in _span_fields(seed.__class__):
        for index, span in enumerate(getattr(seed, name)):
            if span is not None and span.at is not None:
                yield (name, index), span


@cache
def _span_fields(model: type[Record]) -> tuple[str, ...]:
    """Returns the fields of a model that hold spans."""
    return tuple(name for name in ("evidence", "spans", "pull_quotes") if name in model.model_fields)


def fragment_of(span: Span) -> Fragment:
    """Returns the text fragment of a span's link."""
    return Fragment(span.first, span.last, span.before, span.after)


def links_of(entries: Iterable[Entry[Any]]) -> Iterator[SpanLink]:
    """Yields the valid span links of some records."""
    for entry in entries:
        broken = {path[:2] for path in entry.broken}
        for path, span in spans_of(entry.seed):
            if path not in broken and (article := span.article or entry.article):
                exact, source = span.exact if isinstance(span, QuotedSpan) else None, entry.source.error(path, "")
                yield SpanLink(article, span.at, span.sha256, fragment_of(span), exact, source)


def link_mistake(span: Span) -> str | None:
    """Returns why the words of a link cannot be those of its span; None if they can."""
    length, exact = span.at.end - span.at.start, span.exact if isinstance(span, QuotedSpan) else None
    if span.first is None or span.sha256 is None:
        return None
    if len(span.first) + len(span.last or "") > length:
        return f"the words of the link are longer than the span, which has {length} characters"
    if len(span.first) == length and span.first.split() == [span.first] and digest(span.first) != span.sha256:
        return f"the link leads to '{span.first}', and the span has other words: it does not have their sha256"
    if exact is not None and digest(exact) == span.sha256 and not _contains(span.first, span.last, exact):
        return "the words of the link do not stand in the quoted words"
    return None


def _contains(first: str, last: str | None, exact: str) -> bool:
    start = exact.find(first)
    if start >= 0 and (last is None or exact.find(last, start + len(first)) >= 0):
        return True
    return Page(exact).find(Fragment(first, last)) is not None


class KnownPassages:
    """Words of the articles' texts whose positions are known from the records of a dossier."""

    def __init__(self) -> None:
        self._links: dict[str, list[SpanLink]] = {}
        self._titles: dict[str, tuple[str, ...]] = {}

    def add(self, entries: Iterable[Entry[Any]]) -> None:
        """Adds the titles and span links of some records."""
        for entry in entries:
            if isinstance(entry.seed, ArticleSeed) and not entry.broken:
                self._titles[entry.seed.id] = (entry.seed.title, *entry.seed.authors)
        for link in links_of(entries):
            self._links.setdefault(link.article, []).append(link)

    def misdirected(self) -> Iterator[SeedError]:
        """Yields an error for each link whose words are known to occur before its span, or in the title."""
        for article, links in self._links.items():
            yield from _misdirected(self._titles.get(article, ()), links)


def _misdirected(titles: tuple[str, ...], links: list[SpanLink]) -> Iterator[SeedError]:
    positions = sorted(
        {one for link in links for one in _known_words(link)}, key=lambda one: (one[0].paragraph, one[0].end)
    )
    positions = [*((_TITLE, title) for title in titles), *positions]
    starts, position = [], 0
    for _, words in positions:
        starts.append(position)
        position += len(words) + len(_SEPARATOR)
    page = Page(_SEPARATOR.join(words for _, words in positions))
    fragment_matches = page.find_all([link.fragment.begin() for link in links], lambda done, total: None)
    for link, fragment_match in zip(links, fragment_matches, strict=True):
        if fragment_match is None:
            continue
        target = positions[bisect_right(starts, fragment_match.start) - 1][0]
        if (target.paragraph, target.end) <= (link.at.paragraph, link.at.start):
            there = f"{target.paragraph}:{target.start}-{target.end}" if target.paragraph else "the title"
            at = f"{link.at.paragraph}:{link.at.start}-{link.at.end}"
            yield link.error(f"the link leads to {there}, not to {at}: its words stand there, too")


def _known_words(link: SpanLink) -> Iterator[tuple[At, str]]:
    fragment = link.fragment
    yield link.at, f"{fragment.before or ''} {fragment.first}"
    if fragment.last:
        yield link.at, fragment.last
    if link.exact and digest(link.exact) == link.sha256:
        yield link.at, link.exact
