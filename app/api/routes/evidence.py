"""`/v1/articles/{id}/evidence`: the passages of an article and the records that cite them."""

from functools import partial

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from starlette.requests import Request

from app.api import pages
from app.api.answers import article_evidence
from app.api.parameters.codebooks import parse_coded
from app.api.parameters.parsing import openapi_parameters
from app.api.routes.problems import problems
from app.api.routes.records import ID, json_response, reader
from app.api.schemas.envelopes import NEXT_CURSOR, DetailMeta
from app.api.schemas.link_envelopes import PermanentPageLinks
from app.model.codebook import EvidenceField
from app.model.documents import TypeName
from app.queries.filters import Paging
from app.queries.values import Number, PinnedRelease


class EvidenceFilters(Paging):
    paragraph: list[Number] = Field(
        default_factory=list, description="Passages of this paragraph; 1 is the first.", examples=[[24]]
    )
    type: list[TypeName] = Field(default_factory=list, description="Passages that records of this type rest on.")
    field: list[EvidenceField] = Field(default_factory=list, description="Passages that are evidence for this.")
    release: PinnedRelease = None


class RestingRecord(BaseModel):
    """A record that rests on the passage."""

    type: TypeName
    id: str
    url: str = Field(description="Path of the record in the API.")
    field: EvidenceField = Field(description="What the passage is evidence for.")


class Passage(BaseModel):
    """A passage of the article. Positions count Unicode code points within the paragraph."""

    paragraph: int = Field(description="1 is the first paragraph.")
    start: int
    end: int = Field(description="Position after the last character.")
    sha256: str = Field(description="SHA-256 of the passage's UTF-8 text.")
    url: str = Field(description="Opens the published page at the passage (text fragment).")
    records: list[RestingRecord]


class EvidenceMeta(DetailMeta):
    matched: int = Field(description="How many passages match.")
    returned: int = Field(description="How many passages this page holds.")
    next_cursor: str | None = NEXT_CURSOR


class EvidencePage(BaseModel):
    """Passages of an article in reading order."""

    data: list[Passage]
    links: PermanentPageLinks
    meta: EvidenceMeta


router = APIRouter()


@router.get(
    "/v1/articles/{id}/evidence",
    name="list_evidence",
    tags=["articles"],
    summary="List an article's passages",
    response_model=EvidencePage,
    responses=problems(308, 400, 404, 410, 503),
    openapi_extra={"parameters": [ID, *openapi_parameters(EvidenceFilters, {})]},
)
async def list_evidence(request: Request) -> Response:
    """Every passage of the article that something rests on, in reading order, with the records that rest on it.

    The article's text is not in this service. Whoever holds it finds each passage by paragraph and position, checks it
    by its digest, and can so show the coding beside the text; everybody else follows `url` to the published page.
    """
    filters = await parse_coded(request, EvidenceFilters, request.query_params.multi_items())
    request_url = pages.RequestUrl(request.scope["path"], request.query_params.multi_items())
    article = request.path_params["id"]
    return json_response(
        await reader(request).read(
            partial(article_evidence.passages, article=article, filters=filters, request=request_url)
        )
    )
