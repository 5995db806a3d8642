"""The representations (formats) of each list. The URL of a representation is that of the list and a suffix."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, TypeVar

from fastapi import APIRouter, Response
from pydantic import BaseModel
from starlette.requests import Request

from app.api.links import address
from app.api.parameters.codebooks import parse_coded
from app.api.parameters.parsing import MAX_ERRORS, Choices, openapi_parameters, truncated
from app.api.routes.not_found import redirect
from app.api.suggestions.other_apis import SUFFIX_SPELLINGS, SUFFIXES
from app.api.suggestions.parameters import equivalent_parameter
from app.exports.formats import ExportFormat
from app.exports.formats.columns import located_by
from app.exports.formats.export_formats import EXPORT_FORMATS
from app.exports.formats.feed_formats import FEED_FORMATS
from app.exports.formats.feeds import FEED_LISTS
from app.model.codebook import Codebook
from app.problems import Alternate, BadParameter, NotAcceptable, ParameterError, types
from app.queries.plan import chooses
from app.queries.values import RELEASE
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


_NOT_FOR_EXPORTS = ("cursor", "count", "include", "lang", "facets", "totals")
_EXPORT_REASON = "Parameter '{}' is not taken here: a {} file has no pages, and holds one list of records."
_NOT_FOR_FEEDS = ("sort", "count", "fields", "include", "lang", "facets", "totals")
_FEED_REASON = "Parameter '{}' is not taken here: a feed holds the newest changes, newest first."

COUNTS = ("facets", "casualties/summary")
"""Counts of lists, which are JSON or CSV."""

CITATION_FORMATS = {
    ".bib": "application/x-bibtex",
    ".csl.json": "application/vnd.citationstyles.csl+json",
    ".txt": "text/plain",
}
"""The media types of citations that have a path of their own, by suffix."""

LOGS = ("changes", "corrections")
"""Lists of what was done to records."""

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
    table = (".csv",) if name == "corrections" else ()
    return [JSON.suffix, *export_suffixes(name), *table, *(FEED_FORMATS if name in FEED_LISTS else ())]


def export_suffixes(name: str) -> list[str]:
    """Returns the suffixes of a list's export files; logs have none."""
    formats = EXPORT_FORMATS.values() if name in RECORD_TYPES else ()
    return [one.suffix for one in formats if located_by(name) or not one.of_points]


def record_formats(name: str) -> list[ExportFormat]:
    """Returns the formats that single records of a list can be had in."""
    return [EXPORT_FORMATS[one] for one in export_suffixes(name) if EXPORT_FORMATS[one].of_one is not None]


async def filters(
    request: Request,
    model: type[M],
    suffix: str,
    items: Items,
    choices: Callable[[Codebook], Choices] = lambda codebook: {},
) -> M:
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
    return await parse_coded(request, model, items, choices)


def parameters(model: type[BaseModel], suffix: str, choices: Choices = MappingProxyType({})) -> list[dict[str, Any]]:
    """Returns the OpenAPI parameters of a representation."""
    not_taken = representations()[suffix].not_taken
    return [one for one in openapi_parameters(model, choices) if one["name"] not in not_taken]


def alternates(name: str, suffix: str, items: Items) -> dict[str, str]:
    """Returns the URLs of the other representations of a list by suffix, with the filters that they accept."""
    selecting = [item for item in items if item[0] != "limit"] if suffix in EXPORT_FORMATS else items
    return {other: link(name, other, selecting) for other in suffixes(name) if other != suffix}


def link_values(urls: Mapping[str, str]) -> list[str]:
    """Returns the `Link` values of representations; the head of a response has room for few of them."""
    return [f'<{url}>; rel="alternate"; type="{representations()[suffix].media_type}"' for suffix, url in urls.items()]


def body_links(urls: Mapping[str, str]) -> dict[str, str]:
    """Returns the `links` of representations in the body of a list, which has all of them: `csv`, `feed_json`."""
    return {suffix[1:].replace(".", "_"): url for suffix, url in urls.items()}


def alternates_at(path: str, items: Items) -> list[Alternate]:
    """Returns every format of a list, or of whatever else has this path its only one."""
    name = path.removeprefix("/v1/")
    if name in COUNTS:
        return [
            Alternate(type=representations()[one].media_type, url=address(f"{path}{one}", items))
            for one in (JSON.suffix, ".csv")
        ]
    if name == "cite":
        kinds = {JSON.suffix: JSON.media_type, **CITATION_FORMATS}
        return [Alternate(type=kind, url=address(f"{path}{one}", items)) for one, kind in kinds.items()]
    known = suffixes(name) if name in (*RECORD_TYPES, *LOGS) else ()
    resource, slash, id_ = name.partition("/")
    if slash and "/" not in id_ and resource in RECORD_TYPES:
        return [Alternate(type=JSON.media_type, url=address(path, items))] + [
            Alternate(type=one.media_type, url=f"{path}{one.suffix}") for one in record_formats(resource)
        ]
    return [Alternate(type=representations()[one].media_type, url=link(name, one, items)) for one in known] or [
        Alternate(type=JSON.media_type, url=address(path, items))
    ]


def link(name: str, suffix: str, items: Items) -> str:
    """Returns the URL of the first page of a representation: of whole records, those that the filters choose. How many
    a page has says nothing of how many a file should."""
    shaping = ("sort", RELEASE) if suffix in EXPORT_FORMATS else ("sort", "limit", RELEASE)
    return f"/v1/{name}{suffix}{_query(tuple(items), shaping, representations()[suffix].not_taken)}"


@lru_cache(maxsize=64)
def _query(items: tuple[tuple[str, str], ...], shaping: tuple[str, ...], not_taken: tuple[str, ...]) -> str:
    """Returns the query string of a link. Cached, because most formats of a list take the same parameters."""
    return address("", (one for one in items if (chooses(one[0]) or one[0] in shaping) and one[0] not in not_taken))


def public_url(request: Request) -> str:
    """Returns the base of absolute links. Never the Host header: with it, a client could inject its own address into
    cached responses."""
    url: str = request.app.state.settings.public_url
    return url.rstrip("/")


def unknown_suffixes() -> APIRouter:
    """Returns routes for all other suffixes: they redirect, or answer 406 with the existing representations."""
    routes = APIRouter(prefix="/v1", include_in_schema=False)
    for name in (*RECORD_TYPES, *LOGS):
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
