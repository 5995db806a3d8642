"""Statements for the passages of an article and the records that cite them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select, tuple_
from sqlmodel import col

from app.queries.conditions import Clause
from app.storage.models import Evidence

SPAN: tuple[Any, ...] = (col(Evidence.paragraph), col(Evidence.start), col(Evidence.end))

Span = tuple[int, int, int]


def evidence_clauses(article: str, paragraph: Sequence[int], type: Sequence[str], field: Sequence[str]) -> list[Clause]:
    """Returns the clauses of an article's evidence; an empty list of values is no filter."""
    columns = ((Evidence.paragraph, paragraph), (Evidence.record_type, type), (Evidence.field, field))
    return [
        col(Evidence.article_id) == article,
        *(col(column).in_(values) for column, values in columns if values),
    ]


def spans(clauses: Sequence[Clause], limit: int, after: Span | None) -> Select[Any]:
    """Paragraph, start and end of the passages in reading order, from behind one on."""
    statement = select(*SPAN).where(*clauses).distinct().order_by(*SPAN).limit(limit)
    return statement if after is None else statement.where(tuple_(*SPAN) > tuple_(*after))


def count(clauses: Sequence[Clause]) -> Select[Any]:
    """How many passages there are."""
    return select(func.count()).select_from(select(*SPAN).where(*clauses).distinct().subquery())


def evidence_between(clauses: Sequence[Clause], first: Span, last: Span) -> Select[Any]:
    """The evidence of the passages from one to another, in reading order."""
    evidence = Evidence
    columns: tuple[Any, ...] = (
        evidence.record_type,
        evidence.record_id,
        evidence.field,
        evidence.sha256,
        evidence.fragment,
    )
    return (
        select(*SPAN, *columns)
        .where(*clauses, tuple_(*SPAN) >= tuple_(*first), tuple_(*SPAN) <= tuple_(*last))
        .order_by(*SPAN, col(evidence.record_type), col(evidence.record_id), col(evidence.position))
    )
