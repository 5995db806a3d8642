"""One search over everything that has words."""

import json
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import select
from sqlmodel import col
from starlette.requests import Request

from app import pages
from app.database import Snapshot
from app.digests import Data
from app.models import StoredDocument
from app.parameters import documented, parse
from app.problems import BadParameter, BadValue
from app.queries.search import best, size
from app.routes.problems import problems
from app.routes.records import answer, reader
from app.terms import Question, Segment, question, snippet
from app.texts import texts
from app.values import ResultSize

SearchType = Literal["incident", "place", "person", "organization", "quote", "statement"]
SEARCHED: tuple[SearchType, ...] = ("incident", "place", "person", "organization", "quote", "statement")

router = APIRouter(prefix="/v1")


class SearchFilters(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    q: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(
        description=(
            'Words that must all be there; `"a phrase"`, `-without`, `begin*`. Case, accents, hyphens, apostrophes '
            "and a leading al- make no difference, and other spellings of names are known."
        ),
        examples=["soleimani"],
    )
    type: list[SearchType] = Field([], description="Only records of this type.")
    limit: ResultSize = Field(20, description="How many of the best to show.")


class SegmentOut(BaseModel):
    text: str
    match: bool = Field(description="Whether this piece is what was looked for.")


class Found(BaseModel):
    type: SearchType
    id: str
    url: str
    label: str = Field(description="The record's title, name, words or gist.")
    snippet: list[SegmentOut] = Field(description="Our own words, a name or the quote, in pieces to be joined.")


class SearchLinks(BaseModel):
    self: str


class SearchMeta(BaseModel):
    release: int
    matched: int = Field(description="How many records match in all.")
    returned: int


class SearchResults(BaseModel):
    data: list[Found]
    links: SearchLinks
    meta: SearchMeta


@router.get(
    "/search",
    tags=["search"],
    summary="Search everything",
    response_model=SearchResults,
    responses=problems(400, 503),
    openapi_extra={"parameters": documented(SearchFilters, {})},
)
async def search(request: Request) -> Response:
    """Incidents, places, people, organizations, quotes and statements in one list, best matches first.

    The list is capped, not paged: to go through all matches of one type, use `q` on its own list. Where more than 5,000
    records of a type match, the newest incidents, and of other types those that were written last, stand for all.
    """
    items = request.query_params.multi_items()
    filters = parse(SearchFilters, items, {})
    try:
        asked = question(filters.q)
    except BadValue as error:
        raise BadParameter.of("q", f"Parameter 'q' {error.detail}.") from error
    link = pages.Request(request.scope["path"], items).link()
    return answer(await reader(request).read(partial(_results, filters=filters, asked=asked, link=link), slow=True))


def _results(snapshot: Snapshot, filters: SearchFilters, asked: Question, link: str) -> pages.Answer:
    types = tuple(dict.fromkeys(filters.type or SEARCHED))
    found = _documents(snapshot, snapshot.column(best(asked, types, filters.limit)))
    results = SearchResults(
        data=[_found(document, asked) for document in found],
        links=SearchLinks(self=link),
        meta=SearchMeta(
            release=snapshot.release.number,
            matched=sum(snapshot.value(size(asked, kind)) for kind in types),
            returned=len(found),
        ),
    )
    return pages.Answer(results.model_dump_json().encode(), snapshot.release.number)


def _documents(snapshot: Snapshot, numbers: list[int]) -> list[Data]:
    """The documents of the results, in their order."""
    number, document = col(StoredDocument.number), col(StoredDocument.document)
    found = dict(snapshot.rows(select(number, document).where(number.in_(numbers))))
    return [json.loads(found[one]) for one in numbers]


def _found(document: Data, asked: Question) -> Found:
    its_texts = texts(document)
    return Found(
        type=document["type"],
        id=document["id"],
        url=document["url"],
        label=its_texts[0],
        snippet=[_segment(segment) for segment in snippet(its_texts, asked)],
    )


def _segment(segment: Segment) -> SegmentOut:
    return SegmentOut(text=segment.text, match=segment.match)
