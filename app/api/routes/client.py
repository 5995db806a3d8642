"""`/client.js` and `/client.d.ts`: a client for JavaScript, and its types for TypeScript."""

import asyncio

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.api.openapi import describe
from app.api.parameters.codebooks import codebook_in_force
from app.api.schemas.client_types import CLIENT, client_types

router = APIRouter(include_in_schema=False)


@router.get("/client.js")
async def client_module(request: Request) -> Response:
    """The client: an ES module."""
    return Response((CLIENT / "client.js").read_bytes(), media_type="text/javascript")


@router.get("/client.d.ts")
async def client_type_declarations(request: Request) -> Response:
    """Its types, made from the OpenAPI document."""
    codebook = await codebook_in_force(request)
    types = await asyncio.to_thread(lambda: client_types(describe(request.app, codebook)))
    # No type is registered for TypeScript, and the one that is guessed from the name is that of a video.
    return Response(types, media_type="text/plain")
