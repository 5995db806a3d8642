"""`/v1/casualties/summary`: sums of casualty claims."""

from functools import partial
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from starlette.requests import Request

from app.api import aggregations, pages
from app.api.envelopes import DetailLinks
from app.api.languages import language_headers, requested_language
from app.api.parameters import openapi_parameters, parse
from app.api.routes.facets import FacetsMeta
from app.api.routes.problems import problems
from app.api.routes.records import json_response, reader
from app.problems import BadParameter
from app.queries.values import PageSize
from app.records.casualties import CasualtyFilters
from app.records.casualty_sums import GROUPINGS, MAX_LISTED_CLAIMS


class SumKey(BaseModel):
    value: str | None = Field(
        description=(
            "What the filter of the same name takes. Null: no value. `imprecise`: the date may lie in more than one "
            "month or year. `several`: the claim is about several people, and its figure is not any one's of them."
        )
    )
    label: str = Field(description="What to print, in the language of the answer.")


class ClaimCounts(BaseModel):
    counted: int = Field(description="Claims in the sum.")
    open: int = Field(description="Those of them without an upper bound.")
    not_counted: int = Field(description="Claims that the sum leaves out because their `counted` is false.")


class LeftOut(BaseModel):
    id: str
    note: str | None = Field(description="Why it is not counted.")


class Sum(BaseModel):
    """A sum of claims with its bounds."""

    by: dict[str, SumKey] = Field(description="What the row is for: `outcome` and every other group.")
    low: int | None = Field(description="At least so many; null where no claim is counted.")
    high: int | None = Field(description="At most so many; null where that is open, or where no claim is counted.")
    claims: ClaimCounts
    incidents: int = Field(description="Incidents that the counted claims are about.")
    open_because: list[str] = Field(
        description=f"Ids of the counted claims without an upper bound, the first {MAX_LISTED_CLAIMS}."
    )
    not_counted: list[LeftOut] = Field(description=f"The claims that are left out, the first {MAX_LISTED_CLAIMS}.")


class Sums(BaseModel):
    rows: list[Sum] = Field(description="By all groups, in their order.")
    totals: list[Sum] = Field(description="Everything that matches, by outcome alone; each claim once.")


class SummaryMeta(FacetsMeta):
    rows: int = Field(description="How many rows there are; `limit` shows more.")
    method: str = Field(description="The rule of the sums in plain English.")


class CasualtySummary(BaseModel):
    """Sums of casualty claims."""

    data: Sums
    links: DetailLinks
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
_MODEL = aggregations.without_paging(
    CasualtyFilters,
    "CasualtySums",
    group_by=(list[str], _GROUP_BY),
    limit=(PageSize, Field(100, description="How many rows to send.")),
    lang=aggregations.LANG,
)
_CHOICES = {"group_by": GROUPINGS}

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
    responses=problems(400, 503),
    openapi_extra={"parameters": openapi_parameters(_MODEL, _CHOICES)},
)
async def get_casualty_summary(request: Request) -> Response:
    """Who was killed, wounded, detained, abducted: sums with bounds over the claims that match, with the claims that
    leave them open and those that they leave out.

    Whose people they were is asked by `organization`, `group` and `person`, as groups and as filters. `actor` chooses
    incidents, with everybody who was harmed in them, so there is no group of this name: the dead of an incident are
    not those of whoever had a part in it.

    Takes every filter of casualties, and so every filter of incidents. A row is what the same query answers with the
    row's values as filters (a month as `datetime` with `date_match=within`): an organization adds up with its parts, an
    operation with its own, a place with all that it contains. Counted are claims, not identified people;
    `meta.method` states the rule.
    """
    _refuse_actors(request.query_params.getlist("group_by"))
    filters: Any = parse(_MODEL, request.query_params.multi_items(), _CHOICES)
    request_url = pages.RequestUrl(request.scope["path"], request.query_params.multi_items())
    language = requested_language(request, filters.lang)
    work = partial(aggregations.summary, filters=filters, request=request_url, language=language)
    body = await reader(request).read(work, slow=True)
    return json_response(body, headers=language_headers(language, filters.lang))
