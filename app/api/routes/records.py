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
from app.api.answers import lists
from app.api.languages import language_headers, requested_language
from app.api.links import link_field
from app.api.parameters.parsing import openapi_parameters, pinned_release
from app.api.parameters.records import list_model, parse_record_query, record_choices, record_model
from app.api.routes.problems import problems
from app.api.routes.representations import alternates, body_links, link_values
from app.api.schemas.envelopes import DETAILS, PAGES
from app.model.codebook import TEMPLATE
from app.queries.counting import has_sums
from app.queries.filters import DetailFilters
from app.queries.plan import kind_for_one, plan
from app.queries.record_type import RecordType
from app.queries.values import SLUG
from app.records import RECORD_TYPES
from app.server.middleware import wait_for_disconnect
from app.server.request_context import RequestContext
from app.storage.reader import ReadSession
from app.storage.release_info import ReleaseInfo

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
    model, choices = record_model(list_model(name), name), record_choices(name, TEMPLATE)

    async def handler(request: Request) -> Response:
        items = request.query_params.multi_items()
        filters: Any = await parse_record_query(request, list_model(name), name, items)
        formats = alternates(name, "", items)
        request_url = pages.RequestUrl(request.scope["path"], items, body_links(formats))
        language = requested_language(request, filters.lang)
        work = partial(lists.list_records, resource=resource, filters=filters, request=request_url, language=language)
        counts = has_sums(filters)
        body = await reader(request).read(work, plan(resource, filters).kind)
        return json_response(body, link_values(formats), language_headers(language, filters.lang) if counts else {})

    routes.get(
        f"/{name}",
        name=f"list_{name}",
        summary=f"List {name}",
        description=resource.description,
        tags=[name],
        response_model=PAGES[name],
        responses={200: {"links": _links(resource.type, "data/0/id")}, **problems(400, 410, 503)},
        openapi_extra={"parameters": openapi_parameters(model, choices)},
    )(handler)


def _add_detail(routes: APIRouter, name: str, resource: RecordType) -> None:
    model, choices = record_model(DetailFilters, name), record_choices(name, TEMPLATE)

    async def handler(request: Request) -> Response:
        items = request.query_params.multi_items() if request.scope["query_string"] else []
        filters = await parse_record_query(request, DetailFilters, name, items)
        request_url = pages.RequestUrl(request.scope["path"], items)
        id_ = request.path_params["id"]
        return json_response(
            await reader(request).read(
                partial(pages.get_record, resource=resource, id_=id_, filters=filters, request=request_url),
                kind_for_one(resource, filters.include),
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
        openapi_extra={"parameters": [ID, *openapi_parameters(model, choices)]},
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


def reader(request: Request, named: int | None = None) -> ReadSession:
    """Returns the read session of a request, which reads the release that it asks for, or that is `named` in its path
    or in another address. The release is stored in the request's context."""
    context, release = RequestContext.of(request.scope), pinned_release(request) if named is None else named
    disconnected = partial(wait_for_disconnect, request.receive)

    def on_release(read: ReleaseInfo, newest: ReleaseInfo) -> None:
        if release is None:
            context.set_release(read)
        else:
            context.set_pinned(read, newest)

    return ReadSession(request.app.state.reader, on_release, context.set_times, disconnected, release)


def csv_response(body: pages.JsonBody, name: str, headers: Mapping[str, str]) -> Response:
    """Returns a CSV file that is no export of records."""
    disposition = f'attachment; filename="dateline-{name}-r{body.release}.csv"'
    fields = {"Content-Disposition": disposition, "Dateline-Release": str(body.release), **headers}
    return Response(body.body, media_type="text/csv", headers=fields)


def json_response(
    body: pages.JsonBody, links: Iterable[str] = (), headers: Mapping[str, str] = MappingProxyType({})
) -> Response:
    """Returns a JSON response with the release, and with links to its neighbours, to the other representations and to
    itself in its release (RFC 8574), as far as they fit."""
    others = [f'<{link}>; rel="{rel}"' for rel, link in (("next", body.next), ("prev", body.prev)) if link]
    permanent = [f'<{body.permanent}>; rel="cite-as"'] if body.permanent else []
    fields = {"Dateline-Release": str(body.release), **link_field([*others, *links, *permanent]), **headers}
    if body.language is not None:
        fields["Content-Language"] = body.language
    return Response(body.body, media_type="application/json", headers=fields)
