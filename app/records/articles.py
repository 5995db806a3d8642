"""Articles."""

from typing import Any

from sqlmodel import col

from app.model.documents import ArticleDocument
from app.queries.conditions import Condition, common_conditions
from app.queries.filters import ArticleFilters
from app.queries.record_type import RecordType
from app.storage.models import Article


def conditions(filters: Any) -> list[Condition]:
    """The conditions of a list of articles; an article does not rest on itself, so `article` chooses by id."""
    chosen = [Condition(col(Article.id).in_(filters.article))] if filters.article else []
    return [*common_conditions(Article, "article", filters.model_copy(update={"article": []})), *chosen]


ARTICLES = RecordType(
    name="articles",
    type="article",
    code=1,
    table=Article,
    document=ArticleDocument,
    filters=ArticleFilters,
    conditions=conditions,
    sorts={"published": "published", "title": "sort_name", "changed": "changed_in", "id": "id"},
    default_sort="-published",
)
