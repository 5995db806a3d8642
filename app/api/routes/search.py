"""`/v1/search`: full-text search over all types of records."""

from functools import partial
from typing import TYPE_CHECKING, Literal

import orjson
from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlmodel import col
from starlette.requests import Request

from app.api import pages
from app.api.parameters.parsing import openapi_parameters, parse
from app.api.routes.problems import problems
from app.api.routes.records import json_response, reader
from app.api.schemas.envelopes import DetailMeta, Suggestion
from app.api.schemas.link_envelopes import PermanentLinks
from app.api.suggestions.queries import corrected_spelling
from app.model.digests import Data
from app.queries.search import best_matches, count_hits
from app.queries.values import NAMES_DESCRIPTION, Q_DESCRIPTION, LanguageTag, PinnedRelease, ResultSize, Words
from app.records import BY_TYPE, RECORD_TYPES
from app.search.terms import SearchQuery, Segment, snippet
from app.storage.models import StoredDocument
from app.storage.read_kinds import ReadKind, reads
from app.storage.snapshot import Snapshot

SEARCHED = tuple(one.type for one in RECORD_TYPES.values() if one.searched_together)
if TYPE_CHECKING:
    SearchType = str
else:
    SearchType = Literal[SEARCHED]

router = APIRouter(prefix="/v1")


class SearchFilters(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    q: Words = Field(
        description=f"{Q_DESCRIPTION} Where nothing has all words, those with most of them are shown (`meta.partial`).",
        examples=["soleimani"],
    )
    type: list[SearchType] = Field(default_factory=list, description="Only records of this type.")
    limit: ResultSize = Field(20, description="How many of the best to show.")
    lang: LanguageTag | None = Field(None, description=NAMES_DESCRIPTION, examples=["ar"])
    release: PinnedRelease = None


class SegmentOut(BaseModel):
    text: str
    match: bool = Field(description="Whether this piece is what was looked for.")


class Found(BaseModel):
    type: SearchType
    id: str
    url: str
    label: str = Field(description="The record's title, name, words or gist.")
    snippet: list[SegmentOut] = Field(description="Our own words, a name or the quote, in pieces to be joined.")


class SearchLinks(PermanentLinks):
    """Root-relative links."""


class SearchMeta(DetailMeta):
    matched: int = Field(description="How many records match in all.")
    returned: int
    partial: bool = Field(description="Nothing has all that was looked for: these have most of it.")
    did_you_mean: list[Suggestion] | None = Field(
        description="Only where nothing has all that was looked for: `q` with the nearest words that records have."
    )


class SearchResults(BaseModel):
    data: list[Found]
    links: SearchLinks
    meta: SearchMeta


@router.get(
    "/search",
    tags=["search"],
    summary="Search everything",
    response_model=SearchResults,
    responses=problems(400, 410, 503),
    openapi_extra={"parameters": openapi_parameters(SearchFilters, {})},
)
async def search(request: Request) -> Response:
    """Incidents, places, people, organizations, quotes, statements and articles (by their title and by what their
    pictures show) in one list, best matches first.

    The list is capped, not paged: to go through all matches of one type, use `q` on its own list. Where more than 5,000
    records of a type match, the newest incidents, and of other types those that were written last, stand for all.
    """
    items = request.query_params.multi_items()
    filters = parse(SearchFilters, items, {})
    request_url = pages.RequestUrl(request.scope["path"], items)
    return json_response(await reader(request).read(partial(search_results, filters=filters, request=request_url)))


@reads(ReadKind.COUNT)
def search_results(snapshot: Snapshot, filters: SearchFilters, request: pages.RequestUrl) -> pages.JsonBody:
    """Returns the best records, or what may have been meant."""
    codes = tuple(BY_TYPE[kind].code for kind in dict.fromkeys(filters.type or SEARCHED))

    def matches(question: SearchQuery) -> int:
        return sum(snapshot.value(count_hits(question, code)) for code in codes)

    query = filters.q.in_languages(snapshot.release.languages)
    release, matched, meant, is_partial = snapshot.release.number, matches(query), None, False
    if not matched:
        meant = corrected_spelling(snapshot, query, matches)
        if some := _partial_match(snapshot, query, codes):
            query, matched, is_partial = some, matches(some), True
    documents = _documents(
        snapshot, snapshot.column(best_matches(query, codes, filters.limit, stable=filters.release is not None))
    )
    results = SearchResults(
        data=[_found(document, query) for document in documents],
        links=SearchLinks(self=request.link(), **request.permanent(release)),
        meta=SearchMeta(
            **snapshot.release.meta,
            matched=matched,
            returned=len(documents),
            partial=is_partial,
            did_you_mean=[Suggestion(**one) for one in meant] if meant else None,
        ),
    )
    text = results.model_dump_json(exclude_unset=True)
    body = pages.JsonBody(text.encode(), release, permanent=results.links.permanent)
    return pages.in_language(snapshot, body, filters.lang)


MAX_PHRASES = 6
"""A partial match considers at most this many phrases of a query: of more there are too many combinations."""


def _partial_match(snapshot: Snapshot, query: SearchQuery, codes: tuple[int, ...]) -> SearchQuery | None:
    """Returns the query for the records that contain most of the phrases; None if no record contains any."""

    def finds(question: SearchQuery) -> bool:
        return any(snapshot.value(count_hits(question, code, 0)) for code in codes)

    phrases = [one for one in dict.fromkeys(query.required) if finds(query.requiring([one], 1))][:MAX_PHRASES]
    choices = (query.requiring(phrases, needed) for needed in range(len(phrases), 0, -1))
    return next((some for some in choices if finds(some)), None)


def _documents(snapshot: Snapshot, numbers: list[int]) -> list[Data]:
    """Returns the documents of the results, in their order."""
    number, document = col(StoredDocument.number), col(StoredDocument.document)
    documents = dict(snapshot.rows(select(number, document).where(number.in_(numbers))))
    return [orjson.loads(documents[one]) for one in numbers]


def _found(document: Data, query: SearchQuery) -> Found:
    record_texts = BY_TYPE[document["type"]].search_texts(document)
    return Found(
        type=document["type"],
        id=document["id"],
        url=document["url"],
        label=record_texts[0],
        snippet=[_segment(segment) for segment in snippet(record_texts, query)],
    )


def _segment(segment: Segment) -> SegmentOut:
    return SegmentOut(text=segment.text, match=segment.match)
