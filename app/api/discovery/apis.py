"""The catalogue of the APIs (RFC 9727), and `llms.txt`."""

from typing import Any

from app.api.ogc.responses import OPENAPI
from app.api.routes.guides import guides
from app.api.routes.representations import suffixes
from app.records import RECORD_TYPES

API_CATALOG = "/.well-known/api-catalog"

LINKSET = 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'

_LLMS = """\
# Dateline

> A read-only REST API over reporting: incidents, casualty claims, places, people, organizations, quotes and statements
> of investigations, each with the passages of the articles that it rests on.

- null means that the reporting does not say; it is never 0 and never a guess.
- Figures are claims with a `low` and a `high` bound and the one who makes them, and several may be about the same
  people: take an incident's `totals` or `/v1/casualties/summary`, and never add claims up.
- Quote a record with its link, its release (`meta.release`) and the article that it rests on.
- Filters are strict: an unknown parameter is a 400 that lists all that are taken.

## API

- [OpenAPI 3.1]({base}/openapi.json): every operation, parameter and schema
- [Index]({base}/v1): every list with its formats and counts
- [Search]({base}/v1/search?q=raid): one search over everything that has words
- [Everything in one file]({base}/v1/dataset.zip): CSV with a description of every column
- [Changes]({base}/v1/changes): what each release did

## Lists

{lists}

## Guides

{guides}
"""


def api_catalog(base: str) -> dict[str, Any]:
    """Returns what APIs there are, each with its description, its documentation and its health."""

    def link(path: str, media_type: str) -> list[dict[str, str]]:
        return [{"href": f"{base}{path}", "type": media_type}]

    apis = [
        {
            "anchor": f"{base}/v1",
            "service-desc": link("/openapi.json", "application/json"),
            "service-doc": link("/docs", "text/html"),
            "service-meta": link("/v1/catalog.jsonld", "application/ld+json"),
            "status": link("/readyz", "application/json"),
        },
        {
            "anchor": f"{base}/ogc/",
            "service-desc": link("/ogc/api", OPENAPI),
            "service-meta": link("/ogc/conformance", "application/json"),
        },
        {
            "anchor": f"{base}/reconcile",
            "service-desc": link("/openapi.json", "application/json"),
            "service-doc": link("/docs/reconciling", "text/html"),
        },
    ]
    items = [{"href": one["anchor"]} for one in apis]
    return {"linkset": [{"anchor": f"{base}{API_CATALOG}", "item": items}, *apis]}


def llms_text(base: str) -> str:
    """Returns what a language model needs to know before it uses the API (llmstxt.org)."""
    lists = (
        f"- [{one.name}]({base}/v1/{one.name}): {one.summary} Also {', '.join(suffixes(one.name)[1:])}."
        for one in RECORD_TYPES.values()
    )
    pages = (f"- [{one.title}]({base}{one.path})" for one in guides().values())
    return _LLMS.format(base=base, lists="\n".join(lists), guides="\n".join(pages))
