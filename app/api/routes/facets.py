"""`/v1/facets`: counts of a list's records by the values of its filters."""

from functools import partial
from typing import Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from starlette.requests import Request

from app.api import aggregations, pages
from app.api.envelopes import DetailLinks, NotJudged, Suggestion
from app.api.languages import language_headers, requested_language
from app.api.parameters import invalid_value, openapi_parameters, parse
from app.api.routes.problems import problems
from app.api.routes.records import json_response, reader
from app.problems import BadParameter, types
from app.queries.values import PageSize
from app.records import RECORD_TYPES


class Bucket(BaseModel):
    value: str = Field(description="What the filter of the same name takes.", examples=["joint_raid"])
    label: str = Field(
        description="What to print, in the language of the answer: the record's name where the value is an id."
    )
    count: int = Field(description="How many of the records that match have this value.")


class FacetCounts(BaseModel):
    """The values of one facet, the most frequent first; months and years newest first."""

    buckets: list[Bucket]
    more: int = Field(description="How many further values there are; `limit` shows more.")
    imprecise: int | None = Field(
        description="Months and years: records whose date may lie in more than one. Null for other facets."
    )
    missing: int = Field(
        description=(
            "Records without a value: not dated, nobody identified, the article's own voice (`by`, `claimed_by`), "
            "named (`anonymity`)."
        )
    )


class FacetsMeta(BaseModel):
    release: int = Field(description="The release that the whole answer belongs to.")
    matched: int = Field(description="How many records match.")
    not_judged: NotJudged
    did_you_mean: list[Suggestion] | None = Field(
        description="Only where nothing matches: what does, as a point with its longitude first."
    )


class Facets(BaseModel):
    """Counts by facet."""

    data: dict[str, FacetCounts]
    links: DetailLinks
    meta: FacetsMeta


def _model(resource: str) -> type[BaseModel]:
    return aggregations.without_paging(
        RECORD_TYPES[resource].filters,
        f"{resource.capitalize()}Facets",
        of=(Literal[resource], Field(description="The list to count: its filters are the filters here.")),
        facet=(
            list[str],
            Field([], description="What to count by; joined by commas.", examples=[["kind", "place", "month"]]),
        ),
        limit=(PageSize, Field(50, description="How many values of each facet to send.")),
        lang=aggregations.LANG,
    )


_MODELS = {resource: _model(resource) for resource in RECORD_TYPES}

router = APIRouter()


def _of(items: list[tuple[str, str]]) -> str:
    """Returns the resource to count. Raises BadParameter if it is missing or unknown."""
    named = next((value for name, value in items if name == "of"), None)
    if named is None:
        detail = "Parameter 'of' is needed: the list to count."
        raise BadParameter.of("of", detail, type=types.MISSING_PARAMETER, allowed=tuple(RECORD_TYPES))
    if named not in RECORD_TYPES:
        raise BadParameter([invalid_value("of", named, tuple(RECORD_TYPES))])
    return named


def _documented() -> list[dict[str, Any]]:
    """Returns the OpenAPI parameters of all models in one list, each with the resources that accept it."""
    documented: dict[str, dict[str, Any]] = {}
    takers_by_description: dict[str, dict[str, list[str]]] = {}
    for resource, model in _MODELS.items():
        for parameter in openapi_parameters(model, {"facet": tuple(RECORD_TYPES[resource].facets)}):
            name = parameter["name"]
            takers_by_description.setdefault(name, {}).setdefault(parameter["description"], []).append(resource)
            if name in documented:
                documented[name]["schema"] = _either(documented[name]["schema"], parameter["schema"])
            else:
                documented[name] = parameter
    documented["of"]["schema"] = {"type": "string", "enum": list(_MODELS), "examples": ["incidents"]}
    for name, parameter in documented.items():
        parameter["required"] = name in ("of", "facet")
        if name != "of":
            parameter["description"] = " ".join(
                description if len(takers) == len(_MODELS) else f"{description} For {', '.join(takers)}."
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
    responses=problems(400, 503),
    openapi_extra={"parameters": _documented()},
)
async def get_facets(request: Request) -> Response:
    """How many records of a list have each kind, place, actor, month …, under every filter of that list.

    A value counts exactly the records that the list would hold with this value as its filter: a place counts with all
    that it contains, an organization with its parts (so the counts of places and actors overlap). Months and years are
    those of `datetime` with `date_match=within`: a record whose date is wider is counted as `imprecise`, never at a
    made-up day. Claims take the dates, places and actors of their incident.
    """
    items = request.query_params.multi_items()
    resource = _of(items)
    names = tuple(RECORD_TYPES[resource].facets)
    filters: Any = parse(_MODELS[resource], items, {"facet": names})
    if not filters.facet:
        detail = "Parameter 'facet' is needed: what to count by."
        raise BadParameter.of("facet", detail, type=types.MISSING_PARAMETER, allowed=names)
    request_url = pages.RequestUrl(request.scope["path"], items)
    language = requested_language(request, filters.lang)
    work = partial(
        aggregations.facets,
        resource=RECORD_TYPES[resource],
        filters=filters,
        request=request_url,
        language=language,
    )
    body = await reader(request).read(work, slow=True)
    return json_response(body, headers=language_headers(language, filters.lang))
