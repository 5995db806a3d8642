"""Problem responses (RFC 9457): their OpenAPI documentation, and the exception handlers that build them."""

import json
import logging
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.api.html_pages import path_words, render
from app.api.routes.not_found import is_there, no_such_path
from app.exports.formats.export_formats import EXPORT_FORMATS
from app.problems import (
    Alternate,
    BadParameter,
    BadRequest,
    Gone,
    HeadersTooLarge,
    Merged,
    NotAcceptable,
    NotAllowed,
    NotFound,
    NotInstalled,
    PreconditionFailed,
    Problem,
    ProblemDocument,
    RangeNotSatisfiable,
    RequestTimeout,
    Unavailable,
    UriTooLong,
    types,
)
from app.server.methods import allowed_methods
from app.server.negotiation import JSON, prefers_html
from app.storage.driver_errors import failure_behind

logger = logging.getLogger("dateline")

_EXAMPLES: dict[int, Problem] = {
    308: Merged("This record was merged (the same raid); it is now /v1/incidents/kanoos-island-raid."),
    400: BadParameter.of(
        "kidn", "There is no parameter 'kidn' here.", "kind", type=types.UNKNOWN_PARAMETER, allowed=("kind", "limit")
    ),
    404: NotFound("There is no incident 'kanos-island-raid'. Did you mean /v1/incidents/kanoos-island-raid?"),
    405: NotAllowed("POST is not possible here. This API is read-only: use GET, HEAD or OPTIONS."),
    406: NotAcceptable(
        "There is no application/geo+json at /v1/incidents: it is at /v1/incidents.geojson.",
        [Alternate(type=EXPORT_FORMATS[one].media_type, url=f"/v1/incidents{one}") for one in EXPORT_FORMATS],
    ),
    408: RequestTimeout("The request did not come to its end in time."),
    410: Gone("This record was removed in release 2: told twice."),
    412: PreconditionFailed("What is asked for is no longer what the request's conditions name. Get it anew."),
    414: UriTooLong("A request line may have 32768 bytes. Ask for less at a time."),
    416: RangeNotSatisfiable("The file ends before this range."),
    431: HeadersTooLarge("The headers of a request may have 32768 bytes."),
    500: Problem("Something went wrong on our side. It has been logged."),
    501: NotInstalled("A .parquet file needs a library that is not installed here: pip install -e '.[columnar]'"),
    503: Unavailable("The database cannot be read at the moment."),
}


_HEADERS = {308: "Location", 405: "Allow", 416: "Content-Range", 503: "Retry-After"}
_SHARED_STATUSES = (400, 405, 408, 414, 431, 500)
_NOT_ACCEPTABLE = 406
_PRECONDITION_FAILED = 412


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Returns the OpenAPI responses of these statuses."""
    schema = {"$ref": "#/components/schemas/Problem"}
    documented: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        content = {"application/problem+json": {"schema": schema, "example": _EXAMPLES[status].body("/v1/incidents")}}
        documented[status] = {"description": _description(status), "content": content}
        if status in _HEADERS:
            remedy = " ".join(one.remedy for one in _types_of(status))
            header = {"schema": {"type": "string"}, "description": remedy}
            documented[status]["headers"] = {_HEADERS[status]: header}
    return documented


def shared_responses() -> dict[str, dict[str, Any]]:
    """Returns the OpenAPI components of the responses that any operation may have."""
    statuses = (*_SHARED_STATUSES, _NOT_ACCEPTABLE, _PRECONDITION_FAILED)
    return {
        **{_name(status): problems(status)[status] for status in statuses},
        _name(HTTPStatus.NOT_MODIFIED): {"description": "What the request's validators name is current."},
    }


def add_shared(responses: dict[str, Any], *, is_cached: bool) -> None:
    """Adds the shared responses to those of an operation: 304 and 412 only where responses may be cached, 406 only
    where they are JSON."""
    conditional = (HTTPStatus.NOT_MODIFIED, _PRECONDITION_FAILED) if is_cached else ()
    negotiated = (_NOT_ACCEPTABLE,) if JSON in responses["200"].get("content", {}) else ()
    for status in (*_SHARED_STATUSES, *conditional, *negotiated):
        responses.setdefault(str(int(status)), {"$ref": f"#/components/responses/{_name(status)}"})


def _types_of(status: int) -> list[types.ProblemType]:
    """Returns the types whose own status this is; a parameter's mistake may have that of a record."""
    return [one for one in types.PROBLEM_TYPES if one.statuses[0] == status]


def _description(status: int) -> str:
    """Returns what a status means: by its type, or by the names of its types."""
    found = _types_of(status)
    if len(found) == 1:
        return f"{found[0].explanation} {found[0].remedy}"
    return f"{'; '.join(f'{one.title} (`{one.uri}`)' for one in found)}."


def _name(status: int) -> str:
    return HTTPStatus(status).phrase.title().replace(" ", "").replace("-", "")


def problem_schema() -> dict[str, Any]:
    """Returns the schemas of problem documents."""
    schema = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs"), "Problem": schema}


async def on_problem(request: Request, error: Exception) -> Response:
    """Converts a Problem to its response: a problem document, or a page for a browser that got lost."""
    assert isinstance(error, Problem)
    path = request.scope["path"]
    if (failure := failure_behind(error)) is not None:
        logger.warning("The database cannot answer %s: %s", path, failure)
    body, headers = error.body(path), {**error.headers, "Vary": "Accept"}
    if prefers_html(request.scope["headers"]):
        context = {"problem": body, "explanation": error.type, "back": _way_back(request, error)}
        context["words"] = path_words(path) if error.status == 404 else ""
        return render("problem.html", error.status, context, headers)
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, error.status, headers, media_type="application/problem+json")


def _way_back(request: Request, problem: Problem) -> str | None:
    """Returns the path without its parameters if these are wrong, else the nearest one above that is there; None for
    the front page."""
    parts = request.scope["path"].rstrip("/").split("/")
    nearest = len(parts) if problem.status == 400 else len(parts) - 1
    return next((path for end in range(nearest, 1, -1) if is_there(request, path := "/".join(parts[:end]))), None)


_OF_FRAMEWORK: dict[int, type[Problem]] = {400: BadRequest, 405: NotAllowed}
"""The framework's own errors; others are ours."""


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Converts the framework's own errors to problem responses."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return await on_problem(request, no_such_path(request))
    if error.status_code == 405 and request.method == "OPTIONS":
        return Response(status_code=204, headers={"Allow": ", ".join(allowed_methods(request.scope["path"]))})
    problem = _OF_FRAMEWORK.get(error.status_code, Problem)
    return await on_problem(request, problem(str(error.detail), headers=dict(error.headers or {})))
