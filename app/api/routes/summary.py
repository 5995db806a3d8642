"""`/v1/casualties/summary`: sums of casualty claims."""

from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from starlette.requests import Request

from app.api import pages
from app.api.counting import aggregations
from app.api.languages import language_headers, requested_language
from app.api.parameters.codebooks import parse_coded
from app.api.parameters.parsing import openapi_parameters
from app.api.routes.facets import CountLinks, FacetsMeta
from app.api.routes.problems import problems
from app.api.routes.records import csv_response, json_response, reader
from app.api.schemas.count_envelopes import Sum
from app.problems import BadParameter
from app.queries.values import PageSize
from app.records.casualties import CASUALTIES
from app.records.casualty_sums import GROUPINGS


class Sums(BaseModel):
    rows: list[Sum] = Field(description="By all groups, in their order.")
    totals: list[Sum] = Field(description="Everything that matches, by outcome alone; each harm once.")


class SummaryMeta(FacetsMeta):
    rows: int = Field(description="How many rows there are; `limit` shows more.")
    method: str = Field(description="The rule of the sums in plain English.")


class CasualtySummary(BaseModel):
    """Sums of casualty claims."""

    data: Sums
    links: CountLinks
    meta: SummaryMeta


_GROUP_BY = Field(
    ["outcome"],
    max_length=3,
    description=(
        "What to add up by, three at most, joined by commas. Sums never add different outcomes together: `outcome` is "
        "always among the groups."
    ),
    examples=[["incident", "outcome"]],
)
SUM_FILTERS = aggregations.without_paging(
    CASUALTIES.filters,
    "CasualtySums",
    group_by=(list[str], _GROUP_BY),
    limit=(
        PageSize | None,
        Field(
            None,
            description=f"How many rows to send. Default: as many as have room in {aggregations.MAX_BYTES // 1000} kB, "
            f"{aggregations.MAX_ROWS} at most.",
        ),
    ),
    lang=aggregations.LANG,
)
SUM_CHOICES = {"group_by": GROUPINGS}

router = APIRouter()


def _refuse_actors(groups: list[str]) -> None:
    """Raises BadParameter for sums by actor: they would attribute all the dead of an incident to each of its actors."""
    if any("actor" in group.split(",") for group in groups):
        detail = (
            "Parameter 'group_by' has no 'actor': the dead of an incident are not those of whoever had a part in it. "
            "Group by 'organization', 'group' or 'person' for whose people were harmed; 'actor' as a filter chooses "
            "the incidents."
        )
        raise BadParameter.of("group_by", detail, "organization", allowed=GROUPINGS)


@router.get(
    "/v1/casualties/summary",
    name="get_casualty_summary",
    tags=["casualties"],
    summary="Add up casualty claims",
    response_model=CasualtySummary,
    responses=problems(400, 410, 503),
    openapi_extra={"parameters": openapi_parameters(SUM_FILTERS, SUM_CHOICES)},
)
async def get_casualty_summary(request: Request) -> Response:
    """Who was killed, wounded, detained, abducted: sums with bounds over what the claims that match are about, with the
    claims that leave them open and those that they leave out.

    Whose people they were is asked by `organization`, `group` and `person`, as groups and as filters. `actor` chooses
    incidents, with everybody who was harmed in them, so there is no group of this name: the dead of an incident are
    not those of whoever had a part in it.

    Takes every filter of casualties, and so every filter of incidents. A row is what the same query answers with the
    row's values as filters (a month as `datetime` with `date_match=within`): an organization adds up with its parts, an
    operation with its own, a place with all that it contains. Added are harms, not claims: claims about the same people
    are alternatives. `meta.method` states the rule, and `/docs/sums` the whole of it.
    """
    body, headers = await _added_up(request, aggregations.summary)
    return json_response(body, headers=headers)


@router.get(
    "/v1/casualties/summary.csv",
    name="export_casualty_summary_csv",
    tags=["casualties"],
    summary="Add up casualty claims, as CSV",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}, **problems(400, 410, 503)},
    openapi_extra={"parameters": openapi_parameters(SUM_FILTERS, SUM_CHOICES)},
)
async def get_casualty_summary_csv(request: Request) -> Response:
    """The rows of `/v1/casualties/summary` as a table: all of them, or the first `limit`. Sums of more than 10,000 rows
    are a 400, not cut. Each group has a column with its value and one with its label. The columns `certain_low` … are
    filled with `datetime`.
    """
    body, headers = await _added_up(request, aggregations.summary_as_table)
    return csv_response(body, "casualty-sums", headers)


async def _added_up(request: Request, add_up: Callable[..., pages.JsonBody]) -> tuple[pages.JsonBody, dict[str, str]]:
    """Returns the body of an answer, and its headers of language."""
    items = request.query_params.multi_items()
    _refuse_actors(request.query_params.getlist("group_by"))
    filters: Any = await parse_coded(request, SUM_FILTERS, items, lambda codebook: SUM_CHOICES)
    language = requested_language(request, filters.lang)
    request_url = pages.RequestUrl(request.scope["path"], items)
    work = partial(add_up, filters=filters, request=request_url, language=language)
    return await reader(request).read(work), language_headers(language, filters.lang)
