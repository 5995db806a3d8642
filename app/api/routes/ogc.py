"""`/ogc`: OGC API - Features. It has a definition of its own and stays out of the main one."""

import json
from functools import partial
from typing import Any

from fastapi import APIRouter, Response
from starlette.requests import Request

from app.api import pages
from app.api.ogc import collections, documents
from app.api.ogc.collections import COLLECTIONS, Collection
from app.api.ogc.openapi import definition
from app.api.ogc.parameters import CRS84, Crs
from app.api.parameters import parse
from app.api.routes.records import reader
from app.queries.values import Nothing
from app.storage.database import Snapshot

router = APIRouter(prefix="/ogc", include_in_schema=False)


def _base(request: Request) -> str:
    """The public address: absolute links must not repeat the Host header."""
    return str(request.app.state.settings.public_url).rstrip("/")


def _root(request: Request) -> str:
    return f"{_base(request)}/ogc"


def _collection(request: Request) -> Collection:
    return collections.collection(request.path_params["name"])


def _nothing_asked(request: Request) -> None:
    parse(Nothing, request.query_params.multi_items(), {})


def _answer(content: Any, type_: str = documents.JSON, release: int | None = None) -> Response:
    headers = {"Content-Type": type_}
    if release is not None:
        headers["Dateline-Release"] = str(release)
    if type_ == documents.GEOJSON:
        headers["Content-Crs"] = f"<{CRS84}>"
    return Response(json.dumps(content, ensure_ascii=False, separators=(",", ":")), headers=headers)


@router.get("")
@router.get("/")
async def ogc_landing(request: Request) -> Response:
    _nothing_asked(request)
    return _answer(documents.landing(_root(request)))


@router.get("/conformance")
async def ogc_conformance(request: Request) -> Response:
    _nothing_asked(request)
    return _answer(documents.conformance())


@router.get("/api")
async def ogc_api(request: Request) -> Response:
    _nothing_asked(request)
    return _answer(definition(_root(request)), documents.OPENAPI)


@router.get("/collections")
async def ogc_collections(request: Request) -> Response:
    _nothing_asked(request)

    def work(snapshot: Snapshot) -> tuple[dict[str, Any], int]:
        extents = {name: collections.extent(snapshot, one) for name, one in COLLECTIONS.items()}
        return extents, snapshot.release.number

    extents, release = await reader(request).read(work, slow=True)
    return _answer(documents.collections(_root(request), extents), release=release)


@router.get("/collections/{name}")
async def ogc_collection(request: Request) -> Response:
    one = _collection(request)
    _nothing_asked(request)

    def work(snapshot: Snapshot) -> tuple[dict[str, Any], int]:
        return collections.extent(snapshot, one), snapshot.release.number

    extent, release = await reader(request).read(work, slow=True)
    return _answer(documents.collection(_root(request), one, extent), release=release)


@router.get("/collections/{name}/queryables")
async def ogc_queryables(request: Request) -> Response:
    one = _collection(request)
    _nothing_asked(request)
    return _answer(documents.queryables(_root(request), one), documents.SCHEMA)


@router.get("/collections/{name}/schema")
async def ogc_schema(request: Request) -> Response:
    one = _collection(request)
    _nothing_asked(request)
    return _answer(documents.schema(_root(request), one), documents.SCHEMA)


@router.get("/collections/{name}/items")
async def ogc_features(request: Request) -> Response:
    one = _collection(request)
    items = request.query_params.multi_items()
    asked = parse(one.parameters, items, {})
    work = partial(collections.find, asked=asked, within=one, base=_base(request))
    found = await reader(request).read(work, slow=True)
    here = pages.Request(f"{_root(request)}/collections/{one.name}/items", items)
    return _answer(documents.features(_root(request), one, found, here), documents.GEOJSON, found.release)


@router.get("/collections/{name}/items/{id}")
async def ogc_feature(request: Request) -> Response:
    one = _collection(request)
    parse(Crs, request.query_params.multi_items(), {})
    asked = pages.Request(request.scope["path"], request.query_params.multi_items())
    work = partial(collections.get, id_=request.path_params["id"], within=one, base=_base(request), request=asked)
    found, release = await reader(request).read(work)
    return _answer(documents.feature(_root(request), one, found), documents.GEOJSON, release)
