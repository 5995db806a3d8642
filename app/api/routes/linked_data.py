"""What JSON-LD refers to: its contexts, and our own vocabulary as JSON-LD and as a page."""

from functools import partial
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import RedirectResponse

from app.api.html_pages import render
from app.api.parameters.codebooks import codebook_in_force
from app.api.parameters.parsing import openapi_parameters, parse
from app.api.routes.problems import problems
from app.api.routes.records import reader
from app.api.routes.representations import public_url
from app.exports.formats.jsonld import FORMAT
from app.exports.linked_data.context import context, context_path
from app.exports.linked_data.terms import TERMS_PATH
from app.exports.linked_data.vocabulary import definitions, vocabulary
from app.model.compact_json import dump_json
from app.problems import NotFound
from app.queries.values import NoParameters, PinnedRelease
from app.server.negotiation import Preferences
from app.storage.snapshot import Snapshot

IMMUTABLE = "public, max-age=31536000, immutable"

router = APIRouter()

_CONTENT: dict[str, Any] = {"description": "JSON-LD.", "content": {FORMAT.media_type: {"schema": {"type": "object"}}}}
_VERSION = {
    "name": "version",
    "in": "path",
    "required": True,
    "description": "The number of the version.",
    "schema": {"type": "integer", "minimum": 1, "maximum": 999},
    "example": 1,
}


class ReleaseParameter(BaseModel):
    """The parameter of what a release has once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    release: PinnedRelease = None


@router.get(
    "/v1/contexts/{version}.jsonld",
    tags=["terms"],
    summary="Read a context of JSON-LD",
    response_class=Response,
    responses={200: _CONTENT, **problems(400, 404)},
    openapi_extra={"parameters": [_VERSION]},
)
async def get_context(request: Request) -> Response:
    """What the keys of `.jsonld` mean. A version never changes, and may be kept for ever; new files name the newest."""
    parse(NoParameters, request.query_params.multi_items(), {})
    given = request.path_params["version"]
    found = context(int(given), public_url(request)) if given.isascii() and given.isdecimal() else None
    if found is None:
        raise NotFound(f"There is no such version. The newest is at {context_path()}.")
    return Response(dump_json(found), media_type=FORMAT.media_type, headers={"Cache-Control": IMMUTABLE})


@router.get(
    "/v1/terms.jsonld",
    tags=["terms"],
    summary="Read the terms of our own",
    response_class=Response,
    responses={200: _CONTENT, **problems(400, 410, 503)},
    openapi_extra={"parameters": openapi_parameters(ReleaseParameter, {})},
)
async def get_terms(request: Request) -> Response:
    """The vocabulary of `.jsonld`: the properties and classes that no standard has, as RDF Schema, and the values of
    the codebook as concepts of SKOS, each with its label and meaning. `/terms` is the page for people."""
    parse(ReleaseParameter, request.query_params.multi_items(), {})
    return await reader(request).read(partial(_vocabulary, base=public_url(request)))


@router.get(TERMS_PATH, include_in_schema=False)
async def terms_page(request: Request) -> Response:
    """The page of our own terms, where their addresses lead; programs that want JSON-LD are led on."""
    vary = {"Vary": "Accept"}
    if Preferences.of(request.scope["headers"]).prefers_json_ld:
        return RedirectResponse("/v1/terms.jsonld", 303, vary)
    shown = {"definitions": definitions(), "vocabularies": (await codebook_in_force(request)).vocabularies}
    return render("terms.html", 200, shown, vary)


def _vocabulary(snapshot: Snapshot, base: str) -> Response:
    headers = {"Dateline-Release": str(snapshot.release.number)}
    return Response(dump_json(vocabulary(snapshot.codebook, base)), media_type=FORMAT.media_type, headers=headers)
