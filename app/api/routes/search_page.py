"""`/search`: the page of a search over everything."""

from functools import partial

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.api.site.responses import respond
from app.api.site.search_page import search_page

router = APIRouter(include_in_schema=False)


@router.get("/search")
async def search_everything(request: Request) -> Response:
    """What was found, by type."""
    return await respond(request, partial(search_page, q=request.query_params.get("q", "").strip()))
