"""`/v1/releases/{base}/compare/{head}`: what differs between two releases, in JSON, NDJSON and CSV."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import chain

from fastapi import APIRouter, Response
from starlette.requests import Request

from app.api import pages
from app.api.answers import comparisons
from app.api.answers.comparisons import Comparison
from app.api.links import address
from app.api.parameters.codebooks import parse_coded
from app.api.parameters.parsing import Choices, openapi_parameters, release_number
from app.api.routes.exports import Transfer
from app.api.routes.problems import problems
from app.api.routes.records import json_response, reader
from app.api.schemas.log_envelopes import ComparisonPage
from app.model.codebook import Codebook
from app.model.partial_documents import paths_of
from app.problems import BadParameter, types
from app.queries.filters import ComparisonFilters
from app.records import RECORD_TYPES
from app.storage.snapshot import Snapshot

_INCLUDE = {"include": ("document",)}
_PATH = "/v1/releases/{base}/compare/{head}"
_RELEASES = [
    {
        "name": name,
        "in": "path",
        "required": True,
        "description": f"The number of the release to compare {what}.",
        "example": 1,
        "schema": {"type": "integer", "minimum": 1},
    }
    for name, what in (("base", "from"), ("head", "with"))
]
_FILE = (
    "Everything that differs between two releases and that the filters of the JSON choose, written while it is read. "
)
_FILES: dict[str, tuple[str, Callable[[Snapshot, Comparison], Iterator[bytes]], str]] = {
    ".ndjson": ("application/x-ndjson", comparisons.ndjson, f"{_FILE}One entry of the JSON a line."),
    ".csv": (
        "text/csv",
        comparisons.rows,
        f"{_FILE}A row for each changed value, with its JSON Pointer, and one for what was added or removed.",
    ),
}


def router() -> APIRouter:
    """The comparison in every format."""
    routes = APIRouter(tags=["releases"])
    for suffix in _FILES:
        _add_file(routes, suffix)
    routes.include_router(_json)
    return routes


_json = APIRouter(tags=["releases"])


@_json.get(
    _PATH,
    name="compare_releases",
    summary="Compare two releases",
    response_model=ComparisonPage,
    responses=problems(400, 410, 503),
    openapi_extra={"parameters": [*_RELEASES, *openapi_parameters(ComparisonFilters, _INCLUDE)]},
)
async def compare_releases(request: Request) -> Response:
    """Every record that differs between two releases, once, with each value that changed (JSON Pointer), before and
    after; in the order of the releases that changed it last. What was changed and changed back is left out.

    `op` is `ADD` for what only the second release has, `DEL` for what only the first has. Where the second is the
    earlier one, the same is told the other way round. `cause` is the first that applies to any step in between.
    """
    comparison = await _comparison(request)
    items = request.query_params.multi_items()
    chosen = [item for item in items if item[0] not in ("cursor", "limit")]
    formats = {suffix[1:]: address(request.url.path + suffix, chosen) for suffix in _FILES}
    url = replace(pages.RequestUrl(request.scope["path"], items), formats=formats)
    work = partial(comparisons.comparison_page, comparison=comparison, request=url)
    return json_response(await reader(request).read(work))


def _add_file(routes: APIRouter, suffix: str) -> None:
    media_type, write, description = _FILES[suffix]

    async def handler(request: Request) -> Response:
        comparison = await _comparison(request, not_taken=("cursor", "limit"))
        stream = await reader(request).stream(lambda snapshot: write(snapshot, comparison))
        name = f"dateline-r{comparison.base}-r{comparison.head}{suffix}"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Dateline-Release": str(stream.release.number),
        }
        if stream.whole is not None:
            await stream.close()
            return Response(stream.whole, headers=headers, media_type=media_type)
        return Transfer(stream, media_type, headers)

    parameters = openapi_parameters(ComparisonFilters, _INCLUDE)
    routes.get(
        _PATH + suffix,
        name=f"compare_releases_{suffix[1:]}",
        summary=f"Compare two releases ({suffix[1:].upper()})",
        description=description,
        response_class=Response,
        responses={
            200: {"description": "The file.", "content": {media_type: {"schema": {"type": "string"}}}},
            **problems(400, 410, 503),
        },
        openapi_extra={
            "parameters": [*_RELEASES, *(one for one in parameters if one["name"] not in ("cursor", "limit"))]
        },
    )(handler)


async def _comparison(request: Request, not_taken: tuple[str, ...] = ()) -> Comparison:
    items = request.query_params.multi_items()
    for name in not_taken:
        if name in request.query_params:
            detail = f"Parameter '{name}' is not taken here: a file has no pages."
            raise BadParameter.of(name, detail, type=types.UNKNOWN_PARAMETER)
    filters = await parse_coded(request, ComparisonFilters, items, _choices)
    base, head = (release_number(request.path_params[name]) for name in ("base", "head"))
    return Comparison(base, head, filters)


def _choices(codebook: Codebook) -> Choices:
    fields = chain.from_iterable(paths_of(name, codebook) for name in RECORD_TYPES)
    return {**_INCLUDE, "field": (*dict.fromkeys(fields), "vocabularies")}
