"""The representations (formats) of each list. The URL of a representation is that of the list and a suffix."""

from collections.abc import Sequence
from typing import Any, TypeVar

from fastapi import APIRouter, Response
from pydantic import BaseModel
from starlette.requests import Request

from app.api.links import address
from app.api.other_apis import SUFFIX_SPELLINGS, SUFFIXES
from app.api.parameters import MAX_ERRORS, equivalent_parameter, openapi_parameters, parse, truncated
from app.api.routes.not_found import redirect
from app.problems import BadParameter, NotAcceptable, ParameterError
from app.queries.plan import RESOURCES

M = TypeVar("M", bound=BaseModel)
Items = Sequence[tuple[str, str]]

MEDIA_TYPES = {
    "": "application/json",
    ".csv": "text/csv",
    ".ndjson": "application/x-ndjson",
    ".geojson": "application/geo+json",
    ".atom": "application/atom+xml",
    ".feed.json": "application/feed+json",
}
EXPORTS = (".csv", ".ndjson", ".geojson")
FEEDS = (".atom", ".feed.json")

_NOT_FOR_EXPORTS = "Parameter '{}' is not taken here: a {} file holds everything that matches, with all of it."
_NOT_FOR_FEEDS = "Parameter '{}' is not taken here: a feed holds the newest changes, newest first."
_UNSUPPORTED = {
    **dict.fromkeys(EXPORTS, (("limit", "cursor", "count", "fields", "include"), _NOT_FOR_EXPORTS)),
    **dict.fromkeys(FEEDS, (("sort", "count", "fields", "include"), _NOT_FOR_FEEDS)),
}


def suffixes(name: str) -> list[str]:
    """Returns the suffixes of a list's URLs; that of JSON is empty."""
    found = [] if name == "changes" else [".csv", ".ndjson"]
    found += [".geojson"] if name in ("incidents", "places") else []
    found += FEEDS if name in ("incidents", "quotes", "changes") else []
    return ["", *found]


_SUFFIXES = {name: suffixes(name) for name in (*RESOURCES, "changes")}


def filters(model: type[M], suffix: str, items: Items) -> M:
    """Parses a query string. Raises BadParameter also for parameters of lists that this representation lacks."""
    names, why = _UNSUPPORTED[suffix]
    errors = [
        ParameterError(parameter=truncated(name), detail=why.format(truncated(name), suffix), suggestion=None)
        for name in dict.fromkeys(name for name, _ in items)
        if name not in model.model_fields.keys() - names and equivalent_parameter(name, model.model_fields) in names
    ][:MAX_ERRORS]
    if errors:
        raise BadParameter(errors)
    return parse(model, items, {})


def parameters(model: type[BaseModel], suffix: str) -> list[dict[str, Any]]:
    """Returns the OpenAPI parameters of a representation."""
    return [one for one in openapi_parameters(model, {}) if one["name"] not in _UNSUPPORTED[suffix][0]]


def alternates(name: str, suffix: str, items: Items) -> list[str]:
    """Returns the `Link` values of the other representations of a list, with the filters that they accept."""
    return [
        f'<{link(name, other, items)}>; rel="alternate"; type="{MEDIA_TYPES[other]}"'
        for other in _SUFFIXES[name]
        if other != suffix
    ]


def link(name: str, suffix: str, items: Items) -> str:
    """Returns the URL of the first page of a representation, with the parameters that it accepts."""
    not_taken = ("cursor", *(_UNSUPPORTED[suffix][0] if suffix else ()))
    return address(f"/v1/{name}{suffix}", (item for item in items if item[0] not in not_taken))


def public_url(request: Request) -> str:
    """Returns the base of absolute links. Never the Host header: with it, a client could inject its own address into
    cached responses."""
    url: str = request.app.state.settings.public_url
    return url.rstrip("/")


def unknown_suffixes() -> APIRouter:
    """Returns routes for all other suffixes: they redirect, or answer 406 with the existing representations."""
    found = APIRouter(prefix="/v1", include_in_schema=False)
    for name, known in _SUFFIXES.items():
        _add_refusal(found, name, known)
    return found


def _add_refusal(found: APIRouter, name: str, known: Sequence[str]) -> None:
    there = ", ".join(f"/v1/{name}{suffix}" for suffix in known)

    @found.get(f"/{name}.{{suffix}}", name=f"refuse_{name}")
    async def handler(request: Request) -> Response:
        """Redirects another spelling of a suffix; suggests the most similar format for an unknown one."""
        requested_suffix = str(request.path_params["suffix"]).lower()
        meant = f".{requested_suffix}" if f".{requested_suffix}" in known else SUFFIXES.get(requested_suffix)
        if meant is not None and meant in known and requested_suffix in SUFFIX_SPELLINGS:
            raise redirect(request, f"/v1/{name}{meant}")
        hint = f" Did you mean /v1/{name}{meant}?" if meant in known else ""
        raise NotAcceptable(f"There is no such representation of {name}.{hint} There are: {there}.")
