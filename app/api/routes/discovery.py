"""How machines find the data: `/.well-known/api-catalog`, catalogues as JSON-LD, and `llms.txt`."""

from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi import APIRouter, Response
from starlette.requests import Request

from app.api.discovery import apis, catalogs
from app.api.discovery.catalogs import Facts
from app.api.parameters.parsing import parse
from app.api.routes.problems import problems
from app.api.routes.records import reader
from app.api.routes.representations import public_url
from app.model.compact_json import dump_json
from app.queries.values import NoParameters
from app.storage.snapshot import Snapshot

JSON_LD = "application/ld+json"

router = APIRouter()

_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "JSON-LD.", "content": {JSON_LD: {"schema": {"type": "object"}}}},
    **problems(400, 503),
}


@router.get("/v1/dataset.jsonld", tags=["dataset"], summary="Describe the data to search engines", responses=_ANSWERS)
async def describe_dataset(request: Request) -> Response:
    """The data as a `Dataset` of schema.org: what it covers, every file that it can be had as, and its releases."""
    return await _described(request, catalogs.schema_org)


@router.get("/v1/catalog.jsonld", tags=["dataset"], summary="Describe the data to catalogues", responses=_ANSWERS)
async def describe_catalog(request: Request) -> Response:
    """The data as a catalogue of DCAT 3: a dataset with every file as a distribution and every release as a version,
    and the services that give it."""
    return await _described(request, catalogs.dcat)


async def _described(request: Request, describe: Callable[[Facts, str], dict[str, Any]]) -> Response:
    parse(NoParameters, request.query_params.multi_items(), {})
    return await reader(request).read(partial(_body, describe=describe, base=public_url(request)))


@router.get(apis.API_CATALOG, include_in_schema=False)
async def api_catalog(request: Request) -> Response:
    """The catalogue of the APIs, RFC 9727."""
    base = public_url(request)
    headers = {"Link": f'<{base}{apis.API_CATALOG}>; rel="api-catalog"'}
    return Response(dump_json(apis.api_catalog(base)).encode(), headers=headers, media_type=apis.LINKSET)


@router.get("/llms.txt", include_in_schema=False)
async def llms(request: Request) -> Response:
    """What language models need to know."""
    return Response(apis.llms_text(public_url(request)), media_type="text/markdown")


def _body(snapshot: Snapshot, describe: Callable[[Facts, str], dict[str, Any]], base: str) -> Response:
    return Response(dump_json(describe(catalogs.read_facts(snapshot), base)).encode(), media_type=JSON_LD)
