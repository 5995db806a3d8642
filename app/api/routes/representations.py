"""The representations (formats) of each list. The URL of a representation is that of the list and a suffix."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from fastapi import APIRouter, Response
from pydantic import BaseModel
from starlette.requests import Request

from app.api.links import address
from app.api.other_apis import SUFFIX_SPELLINGS, SUFFIXES
from app.api.parameter_suggestions import equivalent_parameter
from app.api.parameters import MAX_ERRORS, openapi_parameters, parse, truncated
from app.api.routes.not_found import redirect
from app.exports.formats.columns import COLUMNS, has_points
from app.exports.formats.export_formats import EXPORT_FORMATS
from app.exports.formats.feed_formats import FEED_FORMATS
from app.exports.formats.feeds import FEED_LISTS
from app.problems import Alternate, BadParameter, NotAcceptable, ParameterError, types
from app.records import RECORD_TYPES

M = TypeVar("M", bound=BaseModel)
Items = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Representation:
    """A format of lists: the suffix of its URLs, its media type and title, and the parameters of the JSON list that it
    does not take, with the reason (for `str.format` with the parameter and the suffix)."""

    suffix: str
    media_type: str
    title: str
    not_taken: tuple[str, ...] = ()
    reason: str = ""


_NOT_FOR_EXPORTS = ("limit", "cursor", "count", "fields", "include", "lang")
_EXPORT_REASON = "Parameter '{}' is not taken here: a {} file holds everything that matches, with all of it."
_NOT_FOR_FEEDS = ("sort", "count", "fields", "include", "lang")
_FEED_REASON = "Parameter '{}' is not taken here: a feed holds the newest changes, newest first."

JSON = Representation("", "application/json", "JSON")


@cache
def representations() -> dict[str, Representation]:
    """Returns all representations by suffix."""
    exports = (
        Representation(one.suffix, one.media_type, one.title, _NOT_FOR_EXPORTS, _EXPORT_REASON)
        for one in EXPORT_FORMATS.values()
    )
    feeds = (
        Representation(one.suffix, one.media_type, one.title, _NOT_FOR_FEEDS, _FEED_REASON)
        for one in FEED_FORMATS.values()
    )
    return {one.suffix: one for one in (JSON, *exports, *feeds)}


@cache
def suffixes(name: str) -> list[str]:
    """Returns the suffixes of a list's URLs; that of JSON is empty."""
    return [JSON.suffix, *export_suffixes(name), *(FEED_FORMATS if name in FEED_LISTS else ())]


def export_suffixes(name: str) -> list[str]:
    """Returns the suffixes of a list's export files; the changelog has none."""
    formats = EXPORT_FORMATS.values() if name in COLUMNS else ()
    return [one.suffix for one in formats if has_points(name) or not one.of_points]


def filters(model: type[M], suffix: str, items: Items) -> M:
    """Parses a query string. Raises BadParameter also for parameters of lists that this representation lacks."""
    representation = representations()[suffix]
    not_taken, reason = representation.not_taken, representation.reason
    taken = tuple(name for name in model.model_fields if name not in not_taken)
    errors = [
        ParameterError(
            type=types.UNKNOWN_PARAMETER.uri,
            parameter=truncated(name),
            detail=reason.format(truncated(name), suffix),
            suggestion=None,
            allowed=taken,
        )
        for name in dict.fromkeys(name for name, _ in items)
        if name not in taken and equivalent_parameter(name, model.model_fields) in not_taken
    ][:MAX_ERRORS]
    if errors:
        raise BadParameter(errors)
    return parse(model, items, {})


def parameters(model: type[BaseModel], suffix: str) -> list[dict[str, Any]]:
    """Returns the OpenAPI parameters of a representation."""
    not_taken = representations()[suffix].not_taken
    return [one for one in openapi_parameters(model, {}) if one["name"] not in not_taken]


def alternates(name: str, suffix: str, items: Items) -> dict[str, str]:
    """Returns the URLs of the other representations of a list by suffix, with the filters that they accept."""
    return {other: link(name, other, items) for other in suffixes(name) if other != suffix}


def link_values(urls: Mapping[str, str]) -> list[str]:
    """Returns the `Link` values of representations; the head of a response has room for few of them."""
    return [f'<{url}>; rel="alternate"; type="{representations()[suffix].media_type}"' for suffix, url in urls.items()]


def body_links(urls: Mapping[str, str]) -> dict[str, str]:
    """Returns the `links` of representations in the body of a list, which has all of them: `csv`, `feed_json`."""
    return {suffix[1:].replace(".", "_"): url for suffix, url in urls.items()}


def alternates_at(path: str, items: Items) -> list[Alternate]:
    """Returns every format of a list, or of whatever else has this path its only one."""
    name = path.removeprefix("/v1/")
    known = suffixes(name) if name in (*RECORD_TYPES, "changes") else ()
    return [Alternate(type=representations()[one].media_type, url=link(name, one, items)) for one in known] or [
        Alternate(type=JSON.media_type, url=address(path, items))
    ]


def link(name: str, suffix: str, items: Items) -> str:
    """Returns the URL of the first page of a representation, with the parameters that it accepts."""
    not_taken = ("cursor", *representations()[suffix].not_taken)
    return address(f"/v1/{name}{suffix}", (item for item in items if item[0] not in not_taken))


def public_url(request: Request) -> str:
    """Returns the base of absolute links. Never the Host header: with it, a client could inject its own address into
    cached responses."""
    url: str = request.app.state.settings.public_url
    return url.rstrip("/")


def unknown_suffixes() -> APIRouter:
    """Returns routes for all other suffixes: they redirect, or answer 406 with the existing representations."""
    routes = APIRouter(prefix="/v1", include_in_schema=False)
    for name in (*RECORD_TYPES, "changes"):
        _add_refusal(routes, name, suffixes(name))
    return routes


def _add_refusal(routes: APIRouter, name: str, existing: Sequence[str]) -> None:
    there = ", ".join(f"/v1/{name}{suffix}" for suffix in existing)

    @routes.get(f"/{name}.{{suffix}}", name=f"refuse_{name}")
    async def handler(request: Request) -> Response:
        """Redirects another spelling of a suffix; suggests the most similar format for an unknown one."""
        requested_suffix = str(request.path_params["suffix"]).lower()
        in_lower_case = f".{requested_suffix}" in existing
        meant = f".{requested_suffix}" if in_lower_case else SUFFIXES.get(requested_suffix)
        if meant in existing and (in_lower_case or requested_suffix in SUFFIX_SPELLINGS):
            raise redirect(request, f"/v1/{name}{meant}")
        hint = f" Did you mean /v1/{name}{meant}?" if meant in existing else ""
        detail = f"There is no such representation of {name}.{hint} There are: {there}."
        raise NotAcceptable(detail, alternates_at(f"/v1/{name}", request.query_params.multi_items()))
