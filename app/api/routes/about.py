"""The codebook, and the health checks `/healthz` and `/readyz`."""

import json

from fastapi import APIRouter, Response
from starlette.requests import Request

from app.api.envelopes import Codebook, Health, Meaning, Readiness, Vocabulary
from app.api.parameters import parse
from app.api.routes.problems import problems
from app.api.routes.records import reader
from app.model.codebook import CODEBOOK, meanings
from app.problems import Unavailable
from app.queries.values import NoParameters

router = APIRouter()


def _vocabulary(name: str) -> Vocabulary:
    purpose, values = meanings(CODEBOOK[name])
    entries = [Meaning(value=value, meaning=meaning) for value, meaning in values.items()]
    return Vocabulary(description=purpose, values=entries)


_CODEBOOK = Codebook(data={name: _vocabulary(name) for name in CODEBOOK}).model_dump_json()


@router.get(
    "/v1/codebook", tags=["codebook"], summary="Read the codebook", response_model=Codebook, responses=problems(400)
)
async def get_codebook(request: Request) -> Response:
    """Every closed vocabulary of the data, with the meaning of each value."""
    parse(NoParameters, request.query_params.multi_items(), {})
    return Response(_CODEBOOK, media_type="application/json")


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
