"""The codebook, and the health checks `/healthz` and `/readyz`."""

import json
from functools import cache

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from app.api.envelopes import Codebook, Health, Meaning, Readiness, Vocabulary
from app.api.languages import language_headers, requested_language
from app.api.parameters import openapi_parameters, parse
from app.api.routes.problems import problems
from app.api.routes.records import reader
from app.model.codebook import CODEBOOK, meanings
from app.model.codebook.labels import value_labels
from app.model.languages import Language
from app.problems import Unavailable
from app.queries.values import LANG_DESCRIPTION, LanguageTag

router = APIRouter()


class CodebookFilters(BaseModel):
    """The parameters of the codebook."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lang: LanguageTag | None = Field(None, description=LANG_DESCRIPTION, examples=["ar"])


@cache
def _codebook(language: Language) -> str:
    return Codebook(data={name: _vocabulary(name, language) for name in CODEBOOK}).model_dump_json()


def _vocabulary(name: str, language: Language) -> Vocabulary:
    purpose, values = meanings(CODEBOOK[name])
    labels = value_labels(CODEBOOK[name], language)
    entries = [Meaning(value=value, label=labels[value], meaning=meaning) for value, meaning in values.items()]
    return Vocabulary(description=purpose, values=entries)


@router.get(
    "/v1/codebook",
    tags=["codebook"],
    summary="Read the codebook",
    response_model=Codebook,
    responses=problems(400),
    openapi_extra={"parameters": openapi_parameters(CodebookFilters, {})},
)
async def get_codebook(request: Request) -> Response:
    """Every closed vocabulary of the data, with a label of each value in English or Arabic, and its meaning in English.

    `lang` chooses the language of the labels, and without it `Accept-Language` does.
    """
    filters = parse(CodebookFilters, request.query_params.multi_items(), {})
    language = requested_language(request, filters.lang)
    headers = language_headers(language, filters.lang)
    return Response(_codebook(language), media_type="application/json", headers=headers)


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
