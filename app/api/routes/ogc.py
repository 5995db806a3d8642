"""`/ogc`: OGC API - Features, and Tiles. It has its own API definition and is not part of the main OpenAPI document."""

from functools import partial
from typing import Any

from fastapi import APIRouter, Response
from starlette.requests import Request

from app.api import pages
from app.api.ogc import collections, responses, tiles
from app.api.ogc.collections import COLLECTIONS, Collection
from app.api.ogc.openapi import definition
from app.api.ogc.parameters import CRS84, Crs, Format
from app.api.parameters.codebooks import codebook_in_force, parse_coded
from app.api.parameters.parsing import parse
from app.api.routes.records import reader
from app.model.compact_json import dump_json
from app.problems import NoSuchPath

router = APIRouter(prefix="/ogc", include_in_schema=False)


def _base(request: Request) -> str:
    """Returns the public URL: absolute links must not repeat the Host header."""
    return str(request.app.state.settings.public_url).rstrip("/")


def _root(request: Request) -> str:
    return f"{_base(request)}/ogc"


def _collection(request: Request) -> Collection:
    return collections.find_collection(request.path_params["name"])


def _tiled_collection(request: Request) -> Collection:
    collection = _collection(request)
    if not collection.has_tiles:
        raise NoSuchPath(f"There are no tiles of {collection.name}.")
    return collection


def _take_format_only(request: Request) -> None:
    parse(Format, request.query_params.multi_items(), {})


def _answer(content: Any, type_: str = responses.JSON, release: int | None = None) -> Response:
    headers = {"Content-Type": type_}
    if release is not None:
        headers["Dateline-Release"] = str(release)
    if type_ == responses.GEOJSON:
        headers["Content-Crs"] = f"<{CRS84}>"
    return Response(dump_json(content), headers=headers)


@router.get("")
@router.get("/")
async def ogc_landing(request: Request) -> Response:
    """The landing page, with links to everything else."""
    _take_format_only(request)
    return _answer(responses.landing(_root(request)))


@router.get("/conformance")
async def ogc_conformance(request: Request) -> Response:
    """The conformance classes of the standard that the service implements."""
    _take_format_only(request)
    return _answer(responses.conformance())


@router.get("/api")
async def ogc_api(request: Request) -> Response:
    """The API definition, in OpenAPI 3.0."""
    _take_format_only(request)
    return _answer(definition(_root(request), await codebook_in_force(request)), responses.OPENAPI)


@router.get("/collections")
async def ogc_collections(request: Request) -> Response:
    """All collections with their extents."""
    _take_format_only(request)
    extents, release = await reader(request).read(partial(collections.extents, collections=COLLECTIONS.values()))
    return _answer(responses.collections(_root(request), extents), release=release)


@router.get("/collections/{name}")
async def ogc_collection(request: Request) -> Response:
    """One collection with its extent."""
    one = _collection(request)
    _take_format_only(request)
    extents, release = await reader(request).read(partial(collections.extents, collections=[one]))
    return _answer(responses.collection(_root(request), one, extents[one.name]), release=release)


@router.get("/collections/{name}/queryables")
async def ogc_queryables(request: Request) -> Response:
    """The properties of a collection's features that are also query parameters."""
    one = _collection(request)
    _take_format_only(request)
    codebook = await codebook_in_force(request)
    return _answer(responses.queryables(_root(request), one, codebook), responses.SCHEMA)


@router.get("/collections/{name}/schema")
async def ogc_schema(request: Request) -> Response:
    """The JSON schema of a collection's features."""
    one = _collection(request)
    _take_format_only(request)
    codebook = await codebook_in_force(request)
    return _answer(responses.schema(_root(request), one, codebook), responses.SCHEMA)


@router.get("/collections/{name}/tiles")
async def ogc_tilesets(request: Request) -> Response:
    """The tilesets of a collection."""
    one = _tiled_collection(request)
    _take_format_only(request)
    return _answer(tiles.tilesets(_root(request), one.name, one.title))


@router.get("/collections/{name}/tiles/{matrix_set}")
async def ogc_tileset(request: Request) -> Response:
    """A tileset, with the address of its tiles."""
    one = _tiled_collection(request)
    tiles.check_matrix_set(request.path_params["matrix_set"])
    _take_format_only(request)
    return _answer(tiles.tileset(_root(request), _base(request), one.name, one.title))


@router.get("/tileMatrixSets")
async def ogc_matrix_sets(request: Request) -> Response:
    """The tile matrix sets."""
    _take_format_only(request)
    return _answer(tiles.matrix_sets(_root(request)))


@router.get("/tileMatrixSets/{matrix_set}")
async def ogc_matrix_set(request: Request) -> Response:
    """A tile matrix set."""
    tiles.check_matrix_set(request.path_params["matrix_set"])
    _take_format_only(request)
    return _answer(tiles.matrix_set())


@router.get("/collections/{name}/items")
async def ogc_features(request: Request) -> Response:
    """A page of features."""
    one = _collection(request)
    items = request.query_params.multi_items()
    parameters = await parse_coded(request, one.parameters, items)
    work = partial(collections.find, parameters=parameters, collection=one, base=_base(request))
    page = await reader(request).read(work)
    request_url = pages.RequestUrl(f"{_root(request)}/collections/{one.name}/items", items)
    content = responses.features(_root(request), one, page, request_url)
    response = _answer(content, responses.GEOJSON, page.release)
    response.headers["Link"] = responses.queryables_link(_root(request), one)
    return response


@router.get("/collections/{name}/items/{id}")
async def ogc_feature(request: Request) -> Response:
    """One feature."""
    one = _collection(request)
    parameters = parse(Crs, request.query_params.multi_items(), {})
    request_url = pages.RequestUrl(request.scope["path"], request.query_params.multi_items())
    work = partial(
        collections.get, id_=request.path_params["id"], collection=one, base=_base(request), request=request_url
    )
    feature, release = await reader(request).read(work)
    return _answer(responses.feature(_root(request), one, feature, parameters.release), responses.GEOJSON, release)
