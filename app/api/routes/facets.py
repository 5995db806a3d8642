"""`/v1/facets`: counts of a list's records by the values of its filters."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from starlette.requests import Request

from app.api import pages
from app.api.counting import aggregations, facet_counts
from app.api.languages import language_headers, requested_language
from app.api.parameters.codebooks import parse_coded
from app.api.parameters.facets import FACET_PARAMETERS, check_zoom, exceptions
from app.api.parameters.parsing import invalid_value, openapi_parameters
from app.api.routes.problems import problems
from app.api.routes.records import csv_response, json_response, reader
from app.api.routes.representations import public_url
from app.api.schemas.count_envelopes import AllFacetCounts
from app.api.schemas.envelopes import DetailMeta, NotJudged, Suggestion
from app.api.schemas.link_envelopes import PermanentLinks
from app.model.codebook import TEMPLATE, Codebook
from app.problems import BadParameter, types
from app.queries.record_type import RecordType
from app.queries.values import Flag
from app.records import RECORD_TYPES
from app.records.casualties import CASUALTIES


class FacetsMeta(DetailMeta):
    matched: int = Field(description="How many records match.")
    not_judged: NotJudged
    did_you_mean: list[Suggestion] | None = Field(
        description="Only where nothing matches: what does, as a point with its longitude first."
    )


class CountLinks(PermanentLinks):
    """Root-relative links."""

    csv: str = Field(description="The same as a table.")


class Facets(BaseModel):
    """Counts by facet."""

    data: AllFacetCounts
    links: CountLinks
    meta: FacetsMeta


_WITH_SUMS: dict[str, Any] = {
    "sums": (
        Flag,
        Field(
            False,
            description="Also add up the harms of each value, as `/v1/casualties/summary` does with it as a filter.",
        ),
    )
}


def _model(resource: str, *, with_sums: bool) -> type[BaseModel]:
    return aggregations.without_paging(
        RECORD_TYPES[resource].filters,
        f"{resource.capitalize()}Facets",
        of=(Literal[resource], Field(description="The list to count: its filters are the filters here.")),
        facet=(
            list[str],
            Field(
                default_factory=list,
                description="What to count by; joined by commas.",
                examples=[["kind", "place", "month"]],
            ),
        ),
        **FACET_PARAMETERS,
        lang=aggregations.LANG,
        **(_WITH_SUMS if with_sums and resource == CASUALTIES.name else {}),
    )


_Models = Mapping[str, type[BaseModel]]

_MODELS: _Models = {resource: _model(resource, with_sums=True) for resource in RECORD_TYPES}
_TABLES: _Models = {resource: _model(resource, with_sums=False) for resource in RECORD_TYPES}

router = APIRouter()


def _choices(resource: str, codebook: Codebook) -> dict[str, tuple[str, ...]]:
    record_type = RECORD_TYPES[resource]
    return {"facet": tuple(record_type.facets), "facet_except": exceptions(record_type.filters, codebook)}


def _of(items: list[tuple[str, str]]) -> str:
    """Returns the resource to count. Raises BadParameter if it is missing or unknown."""
    named = next((value for name, value in items if name == "of"), None)
    if named is None:
        detail = "Parameter 'of' is needed: the list to count."
        raise BadParameter.of("of", detail, type=types.MISSING_PARAMETER, allowed=tuple(RECORD_TYPES))
    if named not in RECORD_TYPES:
        raise BadParameter([invalid_value("of", named, tuple(RECORD_TYPES))])
    return named


def _documented(models: _Models) -> list[dict[str, Any]]:
    """Returns the OpenAPI parameters of all models in one list, each with the resources that accept it."""
    documented: dict[str, dict[str, Any]] = {}
    takers_by_description: dict[str, dict[str, list[str]]] = {}
    for resource, model in models.items():
        for parameter in openapi_parameters(model, _choices(resource, TEMPLATE)):
            name = parameter["name"]
            takers_by_description.setdefault(name, {}).setdefault(parameter["description"], []).append(resource)
            if name in documented:
                documented[name]["schema"] = _either(documented[name]["schema"], parameter["schema"])
            else:
                documented[name] = parameter
    documented["of"]["schema"] = {"type": "string", "enum": list(models), "examples": ["incidents"]}
    for name, parameter in documented.items():
        parameter["required"] = name in ("of", "facet")
        takers = [taker for some in takers_by_description[name].values() for taker in some]
        if len(takers) < len(models):
            # A client that sends defaults would send it for lists that do not take it.
            parameter["schema"] = {key: one for key, one in parameter["schema"].items() if key != "default"}
        if name != "of":
            parameter["description"] = " ".join(
                description if len(takers) == len(models) else f"{description} For {', '.join(takers)}."
                for description, takers in takers_by_description[name].items()
            )
    return list(documented.values())


def _either(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Returns a schema that accepts the values of both."""
    if one == other:
        return one
    if one.get("type") == other.get("type") == "array":
        return {**one, "items": _either(one["items"], other["items"])}
    if "enum" in one and "enum" in other:
        return {**one, "enum": list(dict.fromkeys([*one["enum"], *other["enum"]]))}
    kinds = one.get("anyOf", [one])
    return {"anyOf": kinds if other in kinds else [*kinds, other]}


@router.get(
    "/v1/facets",
    name="get_facets",
    tags=["facets"],
    summary="Count by facet",
    response_model=Facets,
    responses=problems(400, 410, 503),
    openapi_extra={"parameters": _documented(_MODELS)},
)
async def get_facets(request: Request) -> Response:
    """How many records of a list have each kind, place, actor, month …, under every filter of that list.

    A value counts exactly the records that the list would hold with this value as its filter: a place counts with all
    that it contains, an organization with its parts (so the counts of places and actors overlap). `links` lead to it.

    `day`, `month`, `year` and `decade` are histograms for timelines: in each bucket `certain` counts the records that
    lie in it with all their days, `possible` those that further may, as `datetime` does with `date_match=within` and
    with `overlaps`, whatever `date_match` is given. An end that is open without an assumed limit reaches to that of
    `datetime`, or else to the other dates. Buckets are in the order of time, without gaps, 1,000 at most.

    `grid` counts points by the tiles of a web map at the zoom `z`, for clusters: as `bbox` does with
    `location_match=point`, whatever that is.

    Claims take the dates, places and actors of their incident, and `sums` adds up the harms that those of each value
    are about, in dates of those that are certain.
    """
    resource, filters = await _parsed(request, _MODELS)
    request_url = pages.RequestUrl(request.scope["path"], request.query_params.multi_items())
    language = requested_language(request, filters.lang)
    work = partial(facet_counts.facets, resource=resource, filters=filters, request=request_url, language=language)
    body = await reader(request).read(work)
    return json_response(body, headers=language_headers(language, filters.lang))


@router.get(
    "/v1/facets.csv",
    name="export_facets_csv",
    tags=["facets"],
    summary="Count by facet, as CSV",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}, **problems(400, 410, 503)},
    openapi_extra={"parameters": _documented(_TABLES)},
)
async def get_facets_csv(request: Request) -> Response:
    """What `/v1/facets` counts, as a table with a row for each value of each facet: all of them, or the first
    `facet_limit`. A facet of more than 100,000 is a 400, not cut. Records without a value have a row of their own
    without one; those whose date is certain in no bucket have the row `imprecise`. `url` is the list that holds as
    many records.
    """
    resource, filters = await _parsed(request, _TABLES)
    request_url = pages.RequestUrl(request.scope["path"], request.query_params.multi_items())
    language = requested_language(request, filters.lang)
    work = partial(
        facet_counts.facets_as_table,
        resource=resource,
        filters=filters,
        request=request_url,
        language=language,
        base=public_url(request),
    )
    body = await reader(request).read(work)
    return csv_response(body, "facets", language_headers(language, filters.lang))


async def _parsed(request: Request, models: _Models) -> tuple[RecordType, Any]:
    """Returns the list to count, and the parsed query. Raises BadParameter."""
    items = request.query_params.multi_items()
    resource = _of(items)
    filters: Any = await parse_coded(request, models[resource], items, partial(_choices, resource))
    if not filters.facet:
        detail = "Parameter 'facet' is needed: what to count by."
        raise BadParameter.of(
            "facet", detail, type=types.MISSING_PARAMETER, allowed=tuple(RECORD_TYPES[resource].facets)
        )
    check_zoom(filters, filters.facet)
    return RECORD_TYPES[resource], filters
