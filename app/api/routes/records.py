"""`/v1/<resource>` and `/v1/<resource>/{id}`. Resources differ only in their filters, so they share their handlers."""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from fastapi import APIRouter, Response
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from app.api import pages
from app.api.envelopes import DETAILS, PAGES
from app.api.links import link_field
from app.api.parameters import openapi_parameters, parse
from app.api.routes.problems import problems
from app.api.routes.representations import alternates, body_links, link_values
from app.queries.filters import DetailFilters
from app.queries.plan import includes_referring, plan
from app.queries.record_type import RecordType
from app.queries.values import SLUG
from app.records import RECORD_TYPES
from app.server.middleware import wait_for_disconnect
from app.server.request_context import RequestContext
from app.storage.reader import ReadSession

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class _RawRequestRoute(APIRoute):
    """A route whose handler gets the raw request: FastAPI documents it, but parses and validates nothing.

    Where the route is called itself, not through a router that includes it, FastAPI's stacks for dependencies are left
    out, too.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.app = self._respond

    def get_route_handler(self) -> Handler:
        handler: Handler = self.endpoint
        return handler

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self.endpoint(Request(scope, receive, send))
        await response(scope, receive, send)


def router() -> APIRouter:
    """`/v1/<resource>` and `/v1/<resource>/{id}` for every resource."""
    routes = APIRouter(prefix="/v1", route_class=_RawRequestRoute)
    for name, resource in RECORD_TYPES.items():
        _add_list(routes, name, resource)
        _add_detail(routes, name, resource)
    return routes


def _add_list(routes: APIRouter, name: str, resource: RecordType) -> None:
    model, choices = resource.filters, {"fields": tuple(resource.document.model_fields), "include": resource.included}

    async def handler(request: Request) -> Response:
        items = request.query_params.multi_items()
        filters = parse(model, items, choices)
        formats = alternates(name, "", items)
        request_url = pages.RequestUrl(request.scope["path"], items, body_links(formats))
        work = partial(pages.list_records, resource=resource, filters=filters, request=request_url)
        body = await reader(request).read(work, slow=not plan(resource, filters).is_short)
        return json_response(body, link_values(formats))

    routes.get(
        f"/{name}",
        name=f"list_{name}",
        summary=f"List {name}",
        description=resource.description,
        tags=[name],
        response_model=PAGES[name],
        responses={200: {"links": _links(resource.type, "data/0/id")}, **problems(400, 503)},
        openapi_extra={"parameters": openapi_parameters(model, choices)},
    )(handler)


def _add_detail(routes: APIRouter, name: str, resource: RecordType) -> None:
    choices = {"fields": tuple(resource.document.model_fields), "include": resource.included}

    async def handler(request: Request) -> Response:
        filters = parse(DetailFilters, request.query_params.multi_items(), choices)
        request_url = pages.RequestUrl(request.scope["path"], request.query_params.multi_items())
        id_ = request.path_params["id"]
        return json_response(
            await reader(request).read(
                partial(pages.get_record, resource=resource, id_=id_, filters=filters, request=request_url),
                slow=includes_referring(resource, filters.include),
            )
        )

    routes.get(
        f"/{name}/{{id}}",
        name=f"get_{resource.type}",
        summary=f"Read one {resource.type}",
        description=f"One record with everything known about it. {resource.description}",
        tags=[name],
        response_model=DETAILS[name],
        responses={200: {"links": _links(resource.type, "data/id")}, **problems(308, 400, 404, 410, 503)},
        openapi_extra={"parameters": [ID, *openapi_parameters(DetailFilters, choices)]},
    )(handler)


ID = {
    "name": "id",
    "in": "path",
    "required": True,
    "description": "The record's id.",
    "schema": {"type": "string", "pattern": f"^{SLUG.pattern}$", "maxLength": 100},
}


def _links(kind: str, id_: str) -> dict[str, Any]:
    """Returns the OpenAPI links of a response to a record and to its history. `id_` is the JSON pointer of the id."""
    name = kind.capitalize()
    return {
        operation: {"operationId": operation, "parameters": {"id": f"$response.body#/{id_}"}}
        for operation in (f"get{name}", f"list{name}History")
    }


def reader(request: Request) -> ReadSession:
    """Returns the read session of a request. The release it reads is stored in the request's context."""
    context = RequestContext.of(request.scope)
    disconnected = partial(wait_for_disconnect, request.receive)
    return ReadSession(request.app.state.reader, context.set_release, context.set_times, disconnected)


def json_response(
    body: pages.JsonBody, links: Iterable[str] = (), headers: Mapping[str, str] = MappingProxyType({})
) -> Response:
    """Returns a JSON response with the release, and with links to the next page and to the other representations."""
    following = [f'<{body.next}>; rel="next"'] if body.next else []
    fields = {"Dateline-Release": str(body.release), **link_field([*following, *links]), **headers}
    if body.language is not None:
        fields["Content-Language"] = body.language
    return Response(body.body, media_type="application/json", headers=fields)
