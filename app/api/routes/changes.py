"""`/v1/changes`, `/v1/releases` and the history of each record, for clients that keep a copy in sync."""

from dataclasses import replace
from functools import partial

from fastapi import APIRouter, Response
from starlette.requests import Request

from app.api import changelog, pages
from app.api.envelopes import ChangePage, HistoryPage, ReleaseDetail, ReleasePage
from app.api.parameters import openapi_parameters, parse
from app.api.routes.problems import problems
from app.api.routes.records import ID, json_response, reader
from app.api.routes.representations import alternates, body_links, link_values
from app.problems import NotFound
from app.queries.filters import ChangeFilters, Paging
from app.queries.record_type import RecordType
from app.queries.values import NoParameters
from app.records import RECORD_TYPES

_INCLUDE = {"include": ("document",)}
_MAX_DIGITS = 9


def router() -> APIRouter:
    """`/v1/changes`, `/v1/releases` and the history of every record."""
    routes = APIRouter()
    routes.include_router(_releases)
    for name, resource in RECORD_TYPES.items():
        _add_history(routes, name, resource)
    return routes


_releases = APIRouter(prefix="/v1", tags=["releases"])


@_releases.get(
    "/changes",
    summary="List what changed",
    response_model=ChangePage,
    responses=problems(400, 503),
    openapi_extra={"parameters": openapi_parameters(ChangeFilters, _INCLUDE)},
)
async def list_changes(request: Request) -> Response:
    """The log: what each release did to each record, in the order of releases, then by type and id.

    To keep a copy in sync, follow `links.next` from `since=0` to the last page with `include=document`. Put each
    `document` in place of the record of the same type and id, and take the record out where it is null. Then keep
    `meta.release` of the last page: it is the next `since`. A release that is loaded in the meantime disturbs nothing,
    because the log only grows at its end. The copy is right when its digest equals that of `/v1/releases/{number}`.

    Documents are those of today, not of the time of the entry, so that any earlier copy comes out as today's.
    A copy that was pulled from lists goes on from the `meta.release` of the first answer of that pull.
    """
    filters = parse(ChangeFilters, request.query_params.multi_items(), _INCLUDE)
    formats = alternates("changes", "", request.query_params.multi_items())
    request_url = replace(_request_url(request), formats=body_links(formats))
    work = partial(changelog.changes_page, filters=filters, request=request_url)
    return json_response(await reader(request).read(work), link_values(formats))


@_releases.get(
    "/releases",
    summary="List releases",
    response_model=ReleasePage,
    responses=problems(400, 503),
    openapi_extra={"parameters": openapi_parameters(Paging, {})},
)
async def list_releases(request: Request) -> Response:
    """Every state that the data has had, newest first."""
    filters = parse(Paging, request.query_params.multi_items(), {})
    return json_response(
        await reader(request).read(partial(changelog.releases_page, filters=filters, request=_request_url(request)))
    )


_NUMBER = {
    "name": "number",
    "in": "path",
    "required": True,
    "description": "The release's number.",
    "example": 1,
    "schema": {"type": "integer", "minimum": 1},
}


@_releases.get(
    "/releases/{number}",
    summary="Read one release",
    response_model=ReleaseDetail,
    responses=problems(400, 404, 503),
    openapi_extra={"parameters": [_NUMBER]},
)
async def get_release(request: Request) -> Response:
    """When it was loaded, what it held, and the digest to check a copy of it with."""
    parse(NoParameters, request.query_params.multi_items(), {})
    number = request.path_params["number"]
    if not (number.isascii() and number.isdigit()) or len(number) > _MAX_DIGITS:
        raise NotFound("There is no such release: releases have whole numbers.")
    work = partial(changelog.release_detail, number=int(number), request=_request_url(request))
    return json_response(await reader(request).read(work))


def _add_history(routes: APIRouter, name: str, resource: RecordType) -> None:
    async def handler(request: Request) -> Response:
        filters = parse(Paging, request.query_params.multi_items(), {})
        id_ = request.path_params["id"]
        work = partial(
            changelog.history_page, kind=resource.type, id_=id_, filters=filters, request=_request_url(request)
        )
        return json_response(await reader(request).read(work))

    routes.get(
        f"/v1/{name}/{{id}}/history",
        name=f"list_{resource.type}_history",
        summary=f"List the history of one {resource.type}",
        description="What each release did to it, oldest first; also for a record that was removed.",
        tags=[name],
        response_model=HistoryPage,
        responses=problems(400, 404, 503),
        openapi_extra={"parameters": [ID, *openapi_parameters(Paging, {})]},
    )(handler)


def _request_url(request: Request) -> pages.RequestUrl:
    return pages.RequestUrl(request.scope["path"], request.query_params.multi_items())
