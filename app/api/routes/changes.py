"""`/v1/changes`, `/v1/releases` and the history of each record, for clients that keep a copy in sync."""

from dataclasses import replace
from functools import partial

from fastapi import APIRouter, Depends, Response
from starlette.requests import Request

from app.api import pages
from app.api.answers import changelog, corrections, histories, release_digests
from app.api.links import link_field
from app.api.parameters.parsing import openapi_parameters, parse, refuse_release
from app.api.routes.problems import problems
from app.api.routes.records import ID, csv_response, json_response, reader
from app.api.routes.representations import alternates, body_links, filters, link_values, parameters, public_url
from app.api.schemas.log_envelopes import (
    ChangePage,
    CorrectionPage,
    DigestPage,
    HistoryPage,
    ReleaseDetail,
    ReleasePage,
)
from app.model.codebook import IDENTITY
from app.problems import NotFound
from app.queries.filters import ChangeFilters, CorrectionFilters, DigestFilters, HistoryFilters, Paging
from app.queries.values import NoParameters
from app.records import RECORD_TYPES

_INCLUDE = {"include": ("document",)}
_MAX_DIGITS = 9


def router() -> APIRouter:
    """`/v1/changes`, `/v1/releases` and the history of every record."""
    routes = APIRouter()
    routes.include_router(_releases)
    for name, resource in RECORD_TYPES.items():
        _add_history(routes, f"{name}/{{id}}", resource.type, name)
    _add_history(routes, *[IDENTITY["type"]] * 3)
    return routes


_releases = APIRouter(prefix="/v1", tags=["releases"])


@_releases.get(
    "/changes",
    dependencies=[Depends(refuse_release)],
    summary="List what changed",
    response_model=ChangePage,
    responses=problems(400, 410, 503),
    openapi_extra={"parameters": openapi_parameters(ChangeFilters, _INCLUDE)},
)
async def list_changes(request: Request) -> Response:
    """What later releases than `since` did to each record, once each: its newest state, in the order of the releases
    that it is from, then by type and id.

    `op` is what they did all in all: `ADD` for a record that was not there at `since`, `MOD` for one that was, also
    where it was removed and came back in between, `DEL` for one that is no longer there. What came and went in between
    is left out, so that `since=0` has every record and no removals. `history=true` gives every step instead, each with
    the `op` of its release. A log only grows, so it takes no `release`.

    `cause` tells what was edited from what only followed: renaming one organization is one `edited` entry, and `linked`
    ones for every record that shows its name, which name it in `because`.

    To keep a copy in sync, follow `links.next` from `since=0` to the last page with `include=document`. Put each
    `document` in place of the record of the same type and id, and take the record out where it is null. Then keep
    `meta.release` of the last page: it is the next `since`. A release that is loaded in the meantime disturbs nothing:
    what it does comes behind the pages already read, also to records that they held. The copy is right when its digest
    equals that of `/v1/releases/{number}`; a copy made with `article`, `type`
    or `cause` cannot be proven so. Where an id was redacted since, a copy cannot learn which: it is told to begin anew
    (410, `/problems/replaced-ids`).

    Documents are those of today, not of the time of the entry, so that any earlier copy comes out as today's.
    A copy that was pulled from lists goes on from the `meta.release` of the first answer of that pull.
    """
    filters = parse(ChangeFilters, request.query_params.multi_items(), _INCLUDE)
    formats = alternates("changes", "", request.query_params.multi_items())
    request_url = replace(_request_url(request), formats=body_links(formats))
    work = partial(changelog.changes_page, filters=filters, request=request_url)
    return json_response(await reader(request).read(work), link_values(formats))


@_releases.get(
    "/corrections",
    dependencies=[Depends(refuse_release)],
    summary="List what was corrected",
    response_model=CorrectionPage,
    responses=problems(400, 503),
    openapi_extra={"parameters": openapi_parameters(CorrectionFilters, _INCLUDE)},
)
async def list_corrections(request: Request) -> Response:
    """What was wrong in which record, in the editors' words, and what changed when it was put right; the newest first.

    `before` and `after` of `changed` are the values themselves. A claim about an incident is a record of its own, so
    that `incident` finds the corrections of both. The record as it was before is at its `url` with the release before
    `release`.
    """
    items = request.query_params.multi_items()
    filters = parse(CorrectionFilters, items, _INCLUDE)
    formats = alternates("corrections", "", items)
    request_url = replace(_request_url(request), formats=body_links(formats))
    work = partial(corrections.corrections_page, filters=filters, request=request_url)
    return json_response(await reader(request).read(work), link_values(formats))


@_releases.get(
    "/corrections.csv",
    dependencies=[Depends(refuse_release)],
    name="export_corrections_csv",
    summary="Download corrections (CSV)",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}, **problems(400, 503)},
    openapi_extra={"parameters": parameters(CorrectionFilters, ".csv")},
)
async def download_corrections(request: Request) -> Response:
    """A row for each correction, the newest first. What changed is joined by `|`: `pointers`, and in the same order the
    values `before` and `after`."""
    items = request.query_params.multi_items()
    chosen = await filters(request, CorrectionFilters, ".csv", items)
    work = partial(corrections.corrections_table, filters=chosen, base=public_url(request))
    links = link_field(link_values(alternates("corrections", ".csv", items)))
    return csv_response(await reader(request).read(work), "corrections", links)


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
    number = release_number(request.path_params["number"])
    work = partial(changelog.release_detail, number=number, request=_request_url(request))
    return json_response(await reader(request).read(work))


@_releases.get(
    "/releases/{number}/digests",
    summary="List the digests of a release",
    response_model=DigestPage,
    responses=problems(400, 404, 410, 503),
    openapi_extra={"parameters": [_NUMBER, *openapi_parameters(DigestFilters, {})]},
)
async def list_release_digests(request: Request) -> Response:
    """The digest of every record that the release had, in the order in which the release's own digest is computed: it
    is the SHA-256 of their lines `type/id digest`, joined by newlines.

    A record that was redacted since has the digest of the document that was given then, and is marked: whoever proves
    a copy of an earlier release takes it from here, because the document is no longer there.
    """
    filters = parse(DigestFilters, request.query_params.multi_items(), {})
    number, newest = release_number(request.path_params["number"]), await request.app.state.reader.newest()
    if not 1 <= number <= newest.number:
        raise NotFound(f"There is no release {number}; the newest is {newest.number}.")
    work = partial(release_digests.digests_page, filters=filters, request=_request_url(request))
    return json_response(await reader(request, number).read(work))


def release_number(text: str) -> int:
    """Returns the number of a release in a path. Raises NotFound for what is none."""
    if not (text.isascii() and text.isdigit()) or len(text) > _MAX_DIGITS:
        raise NotFound("There is no such release: releases have whole numbers.")
    return int(text)


def _add_history(routes: APIRouter, path: str, kind: str, tag: str) -> None:
    has_id = "{id}" in path

    async def handler(request: Request) -> Response:
        filters = parse(HistoryFilters, request.query_params.multi_items(), _INCLUDE)
        id_ = request.path_params.get("id", IDENTITY["id"])
        work = partial(histories.history_page, kind=kind, id_=id_, filters=filters, request=_request_url(request))
        return json_response(await reader(request).read(work))

    routes.get(
        f"/v1/{path}/history",
        name=f"list_{kind}_history",
        summary=f"List the history of one {kind}" if has_id else f"List the history of the {kind}",
        description="What each release did to it and what changed, oldest first; also for a record that was removed."
        if has_id
        else "What each release did to it and what changed, oldest first.",
        tags=[tag],
        response_model=HistoryPage,
        responses=problems(400, 404, 503),
        openapi_extra={"parameters": [*([ID] if has_id else []), *openapi_parameters(HistoryFilters, _INCLUDE)]},
    )(handler)


def _request_url(request: Request) -> pages.RequestUrl:
    return pages.RequestUrl(request.scope["path"], request.query_params.multi_items())
