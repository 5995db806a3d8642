"""`/sitemap.xml` and `/robots.txt`: where search engines find the pages of all records."""

from functools import partial
from xml.sax.saxutils import escape

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from app.api.routes.not_found import no_such_path
from app.api.routes.records import reader
from app.api.routes.representations import public_url
from app.queries import sitemaps
from app.records import RECORD_TYPES
from app.storage.read_kinds import ReadKind, reads
from app.storage.snapshot import Snapshot

MAX_URLS = 50_000
"""How many addresses a sitemap has at most (sitemaps.org)."""

_NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'

router = APIRouter(include_in_schema=False)


@router.get("/robots.txt")
async def robots(request: Request) -> Response:
    """Everything may be indexed; of the API itself only what describes the data need be."""
    allowed = ("/v1/dataset.jsonld", "/v1/catalog.jsonld")
    left_out = ("/v1/", "/ogc/", "/embed/", "/reconcile")
    lines = ["User-agent: *", *(f"Allow: {path}" for path in allowed), *(f"Disallow: {path}" for path in left_out), ""]
    return PlainTextResponse("\n".join([*lines, f"Sitemap: {public_url(request)}/sitemap.xml", ""]))


@router.get("/sitemap.xml")
async def sitemap_index(request: Request) -> Response:
    """The sitemaps that there are."""
    return await reader(request).read(partial(_index, base=public_url(request)))


@router.get("/sitemaps/{name}-{number}.xml")
async def sitemap(request: Request) -> Response:
    """The addresses of records of a list, in the order of their ids."""
    name, number = request.path_params["name"], request.path_params["number"]
    if name not in RECORD_TYPES or not number.isdecimal() or not 1 <= int(number[:9]) <= MAX_URLS:
        raise no_such_path(request)
    work = partial(_sitemap, name=name, number=int(number), base=public_url(request))
    if (response := await reader(request).read(work)) is None:
        raise no_such_path(request)
    return response


def _index(snapshot: Snapshot, base: str) -> Response:
    counts = snapshot.release.counts
    parts = [
        f"<sitemap><loc>{escape(f'{base}/sitemaps/{name}-{number}.xml')}</loc></sitemap>"
        for name in RECORD_TYPES
        for number in range(1, -(-counts.get(name, 0) // MAX_URLS) + 1)
    ]
    return _xml(snapshot, "sitemapindex", parts)


@reads(ReadKind.SEARCH)
def _sitemap(snapshot: Snapshot, name: str, number: int, base: str) -> Response | None:
    rows = snapshot.rows(sitemaps.part(RECORD_TYPES[name], number, MAX_URLS))
    path = escape(f"{base}/{name}/")
    urls = [f"<url><loc>{path}{id_}</loc><lastmod>{at}</lastmod></url>" for id_, at in rows]
    return _xml(snapshot, "urlset", urls) if urls else None


def _xml(snapshot: Snapshot, element: str, parts: list[str]) -> Response:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{element} {_NAMESPACE}>{"".join(parts)}</{element}>\n'
    return Response(text, headers={"Dateline-Release": str(snapshot.release.number)}, media_type="application/xml")
