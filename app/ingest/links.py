"""The links of spans, as far as they can be checked without the article's text.

A span's length and digest tell something of its words, and so do the other spans: each says of a few words of the text
where they stand. A link whose words are known to stand before its span leads there.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

from app.ingest.files import Fault, Key
from app.ingest.fragments import Fragment, Page
from app.ingest.passages import digest
from app.ingest.reading import Entry
from app.ingest.seed import ArticleSeed, At, Record, Span

_APART = "\n\ue000\n"
"""Between words that do not stand together: a character that is nobody's letter."""

_TITLE = At(0, 0, 0)


class SpanLink(NamedTuple):
    """A span of an article with its link, and where in the files a mistake in it is to be mended."""

    article: str
    at: At
    sha256: str
    fragment: Fragment
    exact: str | None
    source: Fault

    def fault(self, message: str) -> Fault:
        """A mistake in it."""
        where = self.source
        return Fault(where.file, where.line, where.record, where.field, message)


def spans_of(seed: Any) -> Iterator[tuple[Key, Span]]:
    """The spans of a record, with their fields."""
    for name in _spanned(seed.__class__):
        for index, span in enumerate(getattr(seed, name)):
            if span is not None and span.at is not None:
                yield (name, index), span


@cache
def _spanned(model: type[Record]) -> tuple[str, ...]:
    """The fields of a model that hold spans."""
    return tuple(name for name in ("evidence", "spans", "pull_quotes") if name in model.model_fields)


def fragment_of(span: Span) -> Fragment:
    """The text fragment of a span's link."""
    return Fragment(span.first, span.last, span.before, span.after)


def links_of(entries: Iterable[Entry[Any]]) -> Iterator[SpanLink]:
    """The links of some records, but for those with mistakes."""
    for entry in entries:
        broken = {path[:2] for path in entry.broken}
        for path, span in spans_of(entry.seed):
            if path not in broken and (article := span.article or entry.article):
                exact, source = getattr(span, "exact", None), entry.source.fault(path, "")
                yield SpanLink(article, span.at, span.sha256, fragment_of(span), exact, source)


def misfits(span: Span) -> Iterator[str]:
    """Why the words of a link cannot be those of its span."""
    length, exact = span.at.end - span.at.start, getattr(span, "exact", None)
    if span.first is None or span.sha256 is None:
        return
    if len(span.first) + len(span.last or "") > length:
        yield f"the words of the link are longer than the span, which has {length} characters"
    elif len(span.first) == length and span.first.split() == [span.first] and digest(span.first) != span.sha256:
        yield f"the link leads to '{span.first}', and the span has other words: it does not have their sha256"
    elif exact is not None and digest(exact) == span.sha256 and not _stand(span.first, span.last, exact):
        yield "the words of the link do not stand in the quoted words"


def _stand(first: str, last: str | None, exact: str) -> bool:
    start = exact.find(first)
    if start >= 0 and (last is None or exact.find(last, start + len(first)) >= 0):
        return True
    return Page(exact).find(Fragment(first, last)) is not None


class Known:
    """What the records of a dossier tell of the texts of their articles."""

    def __init__(self) -> None:
        self._links: dict[str, list[SpanLink]] = {}
        self._titles: dict[str, tuple[str, ...]] = {}

    def add(self, entries: Iterable[Entry[Any]]) -> None:
        """Adds what some records tell."""
        for entry in entries:
            if isinstance(entry.seed, ArticleSeed) and not entry.broken:
                self._titles[entry.seed.id] = (entry.seed.title, *entry.seed.authors)
        for link in links_of(entries):
            self._links.setdefault(link.article, []).append(link)

    def astray(self) -> Iterator[Fault]:
        """The links whose words are known to stand before their spans, above the text included."""
        for article, links in self._links.items():
            yield from _astray(self._titles.get(article, ()), links)


def _astray(titles: tuple[str, ...], links: list[SpanLink]) -> Iterator[Fault]:
    known = sorted({one for link in links for one in _known(link)}, key=lambda one: (one[0].paragraph, one[0].end))
    known = [*((_TITLE, title) for title in titles), *known]
    starts, position = [], 0
    for _, words in known:
        starts.append(position)
        position += len(words) + len(_APART)
    page = Page(_APART.join(words for _, words in known))
    landings = page.find_all([link.fragment.begin() for link in links], lambda done, total: None)
    for link, landing in zip(links, landings, strict=True):
        if landing is None:
            continue
        found = known[bisect_right(starts, landing.start) - 1][0]
        if (found.paragraph, found.end) <= (link.at.paragraph, link.at.start):
            there = f"{found.paragraph}:{found.start}-{found.end}" if found.paragraph else "the title"
            at = f"{link.at.paragraph}:{link.at.start}-{link.at.end}"
            yield link.fault(f"the link leads to {there}, not to {at}: its words stand there, too")


def _known(link: SpanLink) -> Iterator[tuple[At, str]]:
    fragment = link.fragment
    yield link.at, f"{fragment.before or ''} {fragment.first}"
    if fragment.last:
        yield link.at, fragment.last
    if link.exact and digest(link.exact) == link.sha256:
        yield link.at, link.exact
