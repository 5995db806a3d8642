"""Articles, on which everything else rests."""

from operator import itemgetter
from typing import Annotated, Literal

from pydantic import Field
from sqlmodel import col

from app.model.digests import Data
from app.model.documents import ArticleDocument
from app.queries.facets import by_dates
from app.queries.filters import Listing, one_of
from app.queries.record_type import RecordType, Row
from app.queries.values import ArticleIds
from app.search.folding import fold
from app.storage.models import Article


class ArticleFilters(Listing):
    """What lists of articles take."""

    # An article does not rest on itself, so it is chosen by its id.
    article: Annotated[ArticleIds, one_of(col(Article.id))] = Field(
        [], description="Only records that rest on this article."
    )
    sort: Literal["published", "-published", "title", "-title", "changed", "-changed", "id", "-id"] | None = Field(
        None, description="One key, `-` for descending, ties by id. Default: `-published`."
    )


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
    searched_together=False,
    title=itemgetter("title"),
    texts=lambda document: [document["title"], *document["authors"], *document["publishers"]],
    terms=lambda document: [],
    filters=ArticleFilters,
    sorts={"published": "published", "title": "sort_name", "changed": "changed_in", "id": "id"},
    default_sort="-published",
    facets=by_dates(col(Article.published), col(Article.published)),
)
