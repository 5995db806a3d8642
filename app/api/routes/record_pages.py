"""The pages of records, of their lists and of releases, at the paths of the API without `/v1`."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.api.routes.pictures import with_picture_of_article
from app.api.site.incident_page import incident_page
from app.api.site.panels import asked
from app.api.site.record_pages import list_page, record_page
from app.api.site.release_pages import release_page
from app.api.site.responses import respond
from app.records import RECORD_TYPES

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_BUILDERS = {name: partial(record_page, name=name) for name in RECORD_TYPES} | {"incidents": incident_page}


def router() -> APIRouter:
    """Returns the routes of all pages."""
    routes = APIRouter(include_in_schema=False)
    for name in RECORD_TYPES:
        routes.get(f"/{name}", name=f"page_of_{name}")(_list_handler(name))
        routes.get(f"/{name}/{{id}}", name=f"page_of_one_of_{name}")(_record_handler(name))
    routes.get("/releases/{number}", name="page_of_release")(_release)
    return routes


def _list_handler(name: str) -> Handler:
    async def handler(request: Request) -> Response:
        items = asked(request.query_params.multi_items())
        return await respond(request, partial(list_page, name=name, items=items))

    return handler


def _record_handler(name: str) -> Handler:
    async def handler(request: Request) -> Response:
        id_ = request.path_params["id"]
        response = await respond(request, partial(_BUILDERS[name], id_=id_))
        return with_picture_of_article(request, response, id_) if name == "articles" else response

    return handler


async def _release(request: Request) -> Response:
    return await respond(request, partial(release_page, number=request.path_params["number"]))
