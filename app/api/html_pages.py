"""What all HTML pages share: their templates, the filters of these, and their security headers."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, Response

from app.api.site.texts import html_date, missing_part, span, texts
from app.model.codebook import Codebook
from app.model.languages import LANGUAGES, Language
from app.records import RECORD_TYPES

WEB = Path(__file__).parents[1] / "web"

STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

MAX_WORDS = 100
"""Characters of a lost path that a page offers to search for."""

_IMPORT = re.compile(r'^import .*"\./([\w.]+)";$', re.MULTILINE)
_CODE = re.compile("`([^`]+)`")
_PATH = re.compile(rf"(?<=\s)/(?:v1|ogc|docs|openapi|{'|'.join(RECORD_TYPES)})\b[\w./?=&%+-]*[\w/]")


def page_headers(policy: str) -> dict[str, str]:
    """Returns the security headers of an HTML page."""
    return {"Content-Security-Policy": policy, "Cross-Origin-Opener-Policy": "same-origin"}


def render(template: str, status: int, context: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    """Returns a page made from a template, in English unless the context has other texts."""
    html = _ENVIRONMENT.get_template(template).render({"t": texts(), "href": str, "listed_types": (), **context})
    return HTMLResponse(html, status, {**page_headers(STRICT), **(headers or {})})


def markup(template: str, context: dict[str, Any]) -> str:
    """Returns what a template makes of a context, escaped as HTML and XML are."""
    return _ENVIRONMENT.get_template(template).render(context)


def codebook_context(codebook: Codebook, language: Language = LANGUAGES[0]) -> dict[str, Any]:
    """Returns what templates know of the values of vocabularies: their labels, and which are usual."""

    def label(vocabulary: str, value: str) -> str:
        known = codebook[vocabulary].values.get(value)
        return value if known is None else known.label(language)

    def is_usual(vocabulary: str, value: str) -> bool:
        return value in codebook.having(vocabulary, "usual")

    return {"label": label, "is_usual": is_usual}


@cache
def scripts(*modules: str) -> Markup:
    """Returns the head's elements for modules of scripts, and for what these import: a browser asks for all of them at
    once, instead of for each when it has read the one that imports it. An empty name is none."""
    own = [name for name in modules if name]
    imported: list[str] = []
    for name in own:
        imported += [one for one in _imports(name) if one not in imported and one not in own]
    run = [Markup('<script type="module" src="/static/{}"></script>\n').format(name) for name in own]
    return Markup("").join([*run, *map(Markup('<link rel="modulepreload" href="/static/{}">\n').format, imported)])


def _imports(module: str) -> list[str]:
    """Returns the modules that a module imports, and those that these import, each once."""
    found = [module]
    for name in found:
        found += [one for one in dict.fromkeys(_IMPORT.findall((WEB / name).read_text("utf-8"))) if one not in found]
    return found[1:]


def path_words(path: str) -> str:
    """Returns the words at the end of a path, which a search may find where the path leads nowhere."""
    return " ".join(re.findall(r"\w+", path.rsplit("/", 1)[-1]))[:MAX_WORDS]


def with_code(text: str) -> Markup:
    """Returns a text as HTML, with what stands between backticks as code."""
    return _replaced(_CODE, text, lambda match: Markup("<code>{}</code>").format(match[1]))


def with_links(text: str) -> Markup:
    """Returns a text as HTML, with links at the paths of this service in it."""
    return _replaced(_PATH, text, lambda match: Markup('<a href="{0}">{0}</a>').format(match[0]))


def _replaced(pattern: re.Pattern[str], text: str, html: Callable[[re.Match[str]], Markup]) -> Markup:
    parts, end = [], 0
    for match in pattern.finditer(text):
        parts += [escape(text[end : match.start()]), html(match)]
        end = match.end()
    return Markup("").join([*parts, escape(text[end:])])


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(WEB / "templates"),
    autoescape=select_autoescape(("html", "svg")),
    undefined=StrictUndefined,
    trim_blocks=True,
)
_ENVIRONMENT.globals["scripts"] = scripts
_ENVIRONMENT.filters |= {
    "html_date": html_date,
    "missing_part": missing_part,
    "span": span,
    "with_code": with_code,
    "with_links": with_links,
}
