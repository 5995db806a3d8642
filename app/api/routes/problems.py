"""Problem responses (RFC 9457): their OpenAPI documentation, and the exception handlers that build them."""

import json
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.api.routes.not_found import no_such_path
from app.exports.formats.export_formats import EXPORT_FORMATS
from app.problems import (
    BadParameter,
    Gone,
    HeadersTooLarge,
    Merged,
    NotAcceptable,
    NotAllowed,
    NotFound,
    PreconditionFailed,
    Problem,
    ProblemDocument,
    RangeNotSatisfiable,
    RequestTimeout,
    Unavailable,
    UriTooLong,
)
from app.server.cache_control import is_never_cached

_MEANINGS = {
    308: "Another record took this one over, or the address is written otherwise; `Location` leads there.",
    400: "A parameter is unknown or has a bad value; `errors` names each one.",
    404: "There is no such record.",
    405: "This API is read-only; `Allow` says what is possible.",
    406: "There is no such representation.",
    408: "The request did not come to its end in time.",
    410: "The record was removed; `detail` says why.",
    412: "`If-Match` or `If-Unmodified-Since` names what is there no longer.",
    414: "The request line has more than 32 kB: ask for less at a time.",
    416: "The file ends before the range; `Content-Range` says where.",
    431: "The headers of the request have more than 32 kB.",
    500: "Something went wrong on the side of the service; it has been logged.",
    503: "The database cannot answer at the moment, or not in time; `Retry-After` says when to try again.",
}

*_OTHERS, _LAST = sorted(EXPORT_FORMATS)
_EXAMPLES: dict[int, Problem] = {
    308: Merged("This record was merged (the same raid); it is now /v1/incidents/kanoos-island-raid."),
    400: BadParameter.of("kidn", "There is no parameter 'kidn' here.", "kind"),
    404: NotFound("There is no incident 'kanos-island-raid'. Did you mean /v1/incidents/kanoos-island-raid?"),
    405: NotAllowed("POST is not possible here. This API is read-only: use GET, HEAD or OPTIONS."),
    406: NotAcceptable(f"There is no such representation; there are {', '.join(_OTHERS)} and {_LAST}."),
    408: RequestTimeout("The request did not come to its end in time."),
    410: Gone("This record was removed in release 2: told twice."),
    412: PreconditionFailed("What is asked for is no longer what the request's conditions name. Get it anew."),
    414: UriTooLong("A request line may have 32768 bytes. Ask for less at a time."),
    416: RangeNotSatisfiable("The file ends before this range."),
    431: HeadersTooLarge("The headers of a request may have 32768 bytes."),
    500: Problem("Something went wrong on our side. It has been logged."),
    503: Unavailable("The database cannot be read at the moment."),
}


_HEADERS = {308: "Location", 405: "Allow", 416: "Content-Range", 503: "Retry-After"}
_SHARED_STATUSES = (400, 405, 408, 414, 431, 500)
_PRECONDITION_FAILED = 412


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Returns the OpenAPI responses of these statuses."""
    schema = {"$ref": "#/components/schemas/Problem"}
    documented: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        content = {"application/problem+json": {"schema": schema, "example": _EXAMPLES[status].body("/v1/incidents")}}
        documented[status] = {"description": _MEANINGS[status], "content": content}
        if status in _HEADERS:
            header = {"schema": {"type": "string"}, "description": _MEANINGS[status]}
            documented[status]["headers"] = {_HEADERS[status]: header}
    return documented


def shared_responses() -> dict[str, dict[str, Any]]:
    """Returns the OpenAPI components of the responses that any operation may have."""
    documented = {_name(status): problems(status)[status] for status in (*_SHARED_STATUSES, _PRECONDITION_FAILED)}
    return {
        **documented,
        _name(HTTPStatus.NOT_MODIFIED): {"description": "What the request's validators name is current."},
    }


def add_shared(path: str, responses: dict[str, Any]) -> None:
    """Adds the shared responses to those of an operation; 304 and 412 only where responses may be cached."""
    conditional = () if is_never_cached(path) else (HTTPStatus.NOT_MODIFIED, _PRECONDITION_FAILED)
    for status in (*_SHARED_STATUSES, *conditional):
        responses.setdefault(str(int(status)), {"$ref": f"#/components/responses/{_name(status)}"})


def _name(status: int) -> str:
    return HTTPStatus(status).phrase.title().replace(" ", "").replace("-", "")


def problem_schema() -> dict[str, Any]:
    """Returns the schemas of problem documents."""
    schema = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs"), "Problem": schema}


async def on_problem(request: Request, error: Exception) -> Response:
    """Converts a Problem to its response."""
    assert isinstance(error, Problem)
    body = json.dumps(error.body(request.scope["path"]), ensure_ascii=False)
    return Response(body, error.status, error.headers, media_type="application/problem+json")


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Converts the framework's own errors to problem responses."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return await on_problem(request, no_such_path(request))
    if error.status_code == 405 and request.method == "OPTIONS":
        return Response(status_code=204, headers={"Allow": "GET, HEAD, OPTIONS"})
    other = BadParameter if error.status_code == 400 else Problem
    problem = Problem(str(error.detail), headers=dict(error.headers or {}))
    body = {**problem.body(request.scope["path"]), "status": error.status_code}
    body["title"] = other.title if error.status_code == 400 else HTTPStatus(error.status_code).phrase
    return Response(json.dumps(body), error.status_code, problem.headers, media_type="application/problem+json")
