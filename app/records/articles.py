"""Articles, on which everything else rests."""

from collections.abc import Iterator
from operator import itemgetter
from typing import Annotated, Literal

from pydantic import Field
from sqlmodel import col

from app.model.digests import Data
from app.model.documents import ArticleDocument
from app.model.references import id_of, ids_of_type, ids_within
from app.queries.days import on_day
from app.queries.facets import by_dates
from app.queries.filters import Listing, Where, one_of
from app.queries.record_type import RecordType, Row
from app.queries.values import ArticleIds, Days
from app.search.folding import fold
from app.storage.models import Article


class ArticleFilters(Listing):
    """What lists of articles take."""

    # An article does not rest on itself, so it is chosen by its id.
    article: Annotated[ArticleIds, one_of(col(Article.id))] = Field(
        default_factory=list, description="Only records that rest on this article."
    )
    datetime: Annotated[Days | None, Where(lambda days, filters: on_day(col(Article.published), days))] = Field(
        None,
        description="Published then: `2020`, `2020-05`, `2020-05-29`, or an interval `A/B`, `../B`, `A/..`.",
        examples=["2020"],
    )
    sort: Literal["published", "-published", "title", "-title", "changed", "-changed", "id", "-id"] | None = Field(
        None, description="One key, `-` for descending, ties by id. Default: `-published`."
    )


def _texts(document: Data) -> Iterator[str | None]:
    yield from (document["title"], *document["authors"], *document["publishers"])
    # Articles that were loaded before there were captions have no such key until the next load.
    for caption in document.get("captions", ()):
        place, subject = caption["place"], caption["subject"]
        yield from (caption["shows"], place and place["label"], subject and subject["label"], caption["credit"])


def _row(document: Data) -> Row:
    return {
        "sort_name": fold(document["title"]),
        "published": document["published"],
    }


ARTICLES = RecordType(
    name="articles",
    type="article",
    code=1,
    table=Article,
    row=_row,
    document=ArticleDocument,
    summary="What everything rests on.",
    description="The articles that everything else rests on. Their text stays with their publishers.",
    example="foltyn-us-iran-isis-2020",
    docs_position=8,
    title=itemgetter("title"),
    texts=_texts,
    terms=lambda document: [],
    references={
        "places": [ids_within("captions", id_of("place"))],
        "people": [ids_within("captions", ids_of_type("person", "subject"))],
        "organizations": [ids_within("captions", ids_of_type("organization", "subject"))],
    },
    filters=ArticleFilters,
    sorts={"published": "published", "title": "sort_name", "changed": "changed_in", "id": "id"},
    default_sort="-published",
    facets={**by_dates(col(Article.published), col(Article.published))},
)
