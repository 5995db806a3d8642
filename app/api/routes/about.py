"""The codebook, and the health checks `/healthz` and `/readyz`."""

import json
from functools import partial

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from app.api.languages import language_headers, requested_language
from app.api.pages import JsonBody, RequestUrl
from app.api.parameters.parsing import openapi_parameters, parse
from app.api.routes.problems import problems
from app.api.routes.records import json_response, reader
from app.api.schemas.envelopes import Codebook, Health, Readiness
from app.model.compact_json import dump_json
from app.model.languages import Language
from app.problems import Unavailable
from app.queries.values import LANG_DESCRIPTION, LanguageTag, PinnedRelease
from app.storage.codebooks import DOCUMENT_OF_CODEBOOK
from app.storage.snapshot import Snapshot

router = APIRouter()


class CodebookFilters(BaseModel):
    """The parameters of the codebook."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lang: LanguageTag | None = Field(None, description=LANG_DESCRIPTION, examples=["ar"])
    release: PinnedRelease = None


def _codebook(snapshot: Snapshot, request: RequestUrl, language: Language) -> JsonBody:
    """Returns the stored document, with its labels in another language if that is asked for."""
    stored, codebook = snapshot.value(DOCUMENT_OF_CODEBOOK), snapshot.codebook
    document = json.loads(stored) if stored else {**codebook.document(), "version": 0, "changed_in": 0}
    for name, vocabulary in document["vocabularies"].items():
        labels = codebook.labels(name, language)
        for one in vocabulary["values"]:
            one["label"] = labels[one["value"]]
    release = snapshot.release.number
    links = {"self": request.link(), **request.permanent(release)}
    body = {"data": document, "links": links, "meta": snapshot.release.meta}
    return JsonBody(dump_json(body).encode(), release, permanent=links.get("permanent"))


@router.get(
    "/v1/codebook",
    tags=["codebook"],
    summary="Read the codebook",
    response_model=Codebook,
    responses=problems(400, 410, 503),
    openapi_extra={"parameters": openapi_parameters(CodebookFilters, {})},
)
async def get_codebook(request: Request) -> Response:
    """Every vocabulary of the data in the newest release: each value with what to print for it and its meaning, with
    its broader value and its equivalents elsewhere. Where a filter takes a value, it finds all that are narrower.

    The whole codebook is one record of the log (`/v1/changes`), so a copy that is kept in sync has it. `lang` chooses
    the language of `label`, and without it `Accept-Language` does; a copy that is compared with digests is kept with
    neither.
    """
    items = request.query_params.multi_items()
    filters = parse(CodebookFilters, items, {})
    language = requested_language(request, filters.lang)
    request_url = RequestUrl(request.scope["path"], items)
    body = await reader(request).read(partial(_codebook, request=request_url, language=language))
    return json_response(body, headers=language_headers(language, filters.lang))


@router.get(
    "/healthz", tags=["health"], summary="Is the process alive?", response_model=Health, responses=problems(404)
)
async def get_health(request: Request) -> Response:
    """Answers as long as the process does, whatever the state of the database."""
    return Response('{"status":"ok"}', media_type="application/json")


@router.get(
    "/readyz", tags=["health"], summary="Can it answer?", response_model=Readiness, responses=problems(404, 503)
)
async def get_readiness(request: Request) -> Response:
    """Answers when the database can be read and holds a release; 503 otherwise."""
    release = await reader(request).read(lambda snapshot: snapshot.release)
    if not release.number:
        raise Unavailable("No release has been loaded yet. Run `dateline load`.", retry_after=10)
    body = json.dumps({"status": "ok", "release": release.number})
    return Response(body, media_type="application/json", headers={"Dateline-Release": str(release.number)})
