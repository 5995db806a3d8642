"""Responses with HTML pages: one snapshot, the reader's language, the head that all pages share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.api.html_pages import STRICT, codebook_context, page_headers, path_words, render
from app.api.languages import language_headers, requested_language
from app.api.links import address
from app.api.routes.records import reader
from app.api.routes.representations import public_url
from app.api.site.answers import Answers, Items
from app.api.site.texts import texts
from app.exports.pictures import PICTURES
from app.model.languages import LANGUAGE_NAMES, Language
from app.problems import Gone, Merged, NotFound
from app.queries.values import RELEASE
from app.records import BY_TYPE, RECORD_TYPES
from app.storage.read_kinds import ReadKind
from app.storage.snapshot import Snapshot

NAMES_OF_LANGUAGES: Mapping[Language, str] = {"en": "English", "ar": "العربية"}
"""What each language calls itself."""

ARTICLES_IN_FOOTER = 3

FRAMED = STRICT.replace("frame-ancestors 'none'", "frame-ancestors * file:")
"""The policy of what other sites may show in a frame; so may a page that is opened as a file, with which many begin."""


class Page(NamedTuple):
    """A template, what it shows, and the response's status."""

    template: str
    context: dict[str, Any]
    status: int = 200


@dataclass(frozen=True)
class Site:
    """What the head and the links of a page say of its address and its language."""

    path: str
    items: tuple[tuple[str, str], ...]
    language: Language
    explicit: bool
    """Whether the address says the language: then the links of the page do so, too."""
    base: str

    @property
    def canonical(self) -> str:
        """The address that stands for all forms of this page in its language."""
        return self.base + self.in_language(self.language if self.explicit else None)

    @property
    def translations(self) -> dict[str, str]:
        """The addresses of this page by language."""
        return {one: self.base + self.in_language(one) for one in LANGUAGE_NAMES}

    @property
    def languages(self) -> Mapping[Language, str]:
        """All languages, by what they call themselves."""
        return NAMES_OF_LANGUAGES

    def permanent(self, release: int) -> str:
        """Returns the address of this page as it is in a release, whatever comes later."""
        return self.base + address(self.path, [("release", str(release))])

    def in_language(self, language: Language | None) -> str:
        """Returns the address of this page in a language."""
        others = [item for item in self.items if item[0] != "lang"]
        return address(self.path, [*others, ("lang", language)] if language else others)

    def picture(self, path: str, items: Items = ()) -> str | None:
        """Returns the address of the picture of a page, in this page's language; None where none can be drawn."""
        own = [item for item in self.items if item[0] == RELEASE]
        return self.href(address(f"/pictures{path}.png", [*items, *own])) if PICTURES.is_installed else None

    def href(self, path: str) -> str:
        """Returns the address of another page, in this page's language."""
        return f"{path}{'&' if '?' in path else '?'}lang={self.language}" if self.explicit else path

    def link(self, kind: str, id_: str | None, label: str) -> Markup:
        """Returns a link to the page of a record; the label alone of what is none."""
        if id_ is None or kind not in BY_TYPE:
            return bdi(label)
        return Markup('<a href="{}"><bdi>{}</bdi></a>').format(self.href(f"/{BY_TYPE[kind].name}/{id_}"), label)


def bdi(text: str) -> Markup:
    """Returns a name as HTML that keeps its own direction."""
    return Markup("<bdi>{}</bdi>").format(text)


def names(all_: list[str], language: Language) -> Markup:
    """Returns names as HTML, each with its own direction."""
    return texts(language)("comma").join(bdi(one) for one in all_)


async def respond(
    request: Request, build: Callable[[Answers, Site], Page], policy: str = STRICT, kind: ReadKind = ReadKind.COUNT
) -> Response:
    """Returns a page made from one snapshot. Missing and removed records are pages as well."""
    lang = request.query_params.get("lang") or None
    language = requested_language(request, lang)
    items = tuple(request.query_params.multi_items())
    site = Site(request.scope["path"], items, language, lang is not None, public_url(request))
    return await reader(request).read(partial(_rendered, build=build, site=site, lang=lang, policy=policy), kind)


def _rendered(
    snapshot: Snapshot, build: Callable[[Answers, Site], Page], site: Site, lang: str | None, policy: str
) -> Response:
    answers = Answers(snapshot, site.language)
    headers = {"Dateline-Release": str(snapshot.release.number), **language_headers(site.language, lang)}
    shared = {**shared_context(answers, site), "framed": policy == FRAMED}
    try:
        template, context, status = build(answers, site)
    except Merged as moved:
        return HTMLResponse("", 308, {**page_headers(policy), "Location": site.href(moved.headers["Location"])})
    except (NotFound, Gone) as problem:
        template, status = "problem.html", problem.status
        context = {"problem": problem.body(site.path), "explanation": problem.type, "back": None}
        context["words"] = path_words(site.path)
    return render(template, status, shared | context, {**headers, **page_headers(policy)})


def shared_context(answers: Answers, site: Site) -> dict[str, Any]:
    """Returns what all pages show of a release."""
    snapshot = answers.snapshot
    articles = answers.records("articles", [("limit", str(ARTICLES_IN_FOOTER)), ("evidence", "none")])["data"]
    return {
        "t": texts(site.language),
        "site": site,
        "href": site.href,
        "link": site.link,
        "bdi": bdi,
        "language_of": answers.language_of,
        "names": partial(names, language=site.language),
        "listed_types": LISTED,
        "release": snapshot.release.number,
        "pinned": any(name == RELEASE for name, _ in site.items),
        "articles": articles,
        "more_articles": snapshot.release.counts.get("articles", 0) - len(articles),
        **codebook_context(snapshot.codebook, site.language),
    }


LISTED = tuple(name for name in RECORD_TYPES if name in ("articles", "people", "places", "organizations", "quotes"))
"""The lists that every page links to."""
