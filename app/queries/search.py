"""Full-text search as SQL: one table-valued `hits` that each engine writes in its own way.

SQLite answers from an FTS5 table over `search_entries`, PostgreSQL from a `tsvector` column of it. Ranks are smaller
for better matches and comparable within one engine and release only.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Float as SqlFloat
from sqlalchemy import Integer as SqlInteger
from sqlalchemy import Select, TableValuedAlias, column, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import col

from app.models import SearchEntry
from app.terms import Phrase, Question, type_term


class _Hits(FunctionElement[Any]):
    """Takes the question in the language of FTS5 and in that of tsquery; each engine uses its own."""

    name = "hits"
    inherit_cache = True


@compiles(_Hits, "sqlite")
def _sqlite(element: _Hits, compiler: SQLCompiler, **options: Any) -> str:
    fts5, _ = list(element.clauses)
    asked = compiler.process(fts5, **options)
    return f"(SELECT rowid AS number, rank FROM search_index WHERE search_index MATCH {asked})"


@compiles(_Hits, "postgresql")
def _postgresql(element: _Hits, compiler: SQLCompiler, **options: Any) -> str:
    _, tsquery = list(element.clauses)
    asked = f"CAST({compiler.process(tsquery, **options)} AS tsquery)"
    # 2 divides by the length of the text, so that a name beats a passing mention, as with FTS5's bm25.
    rank = f"CAST(-ts_rank(terms, {asked}, 2) AS double precision)"
    return f"(SELECT number, {rank} AS rank FROM search_entries WHERE terms @@ {asked})"


def hits(question: Question, kind: str | None = None) -> TableValuedAlias:
    """`number` and `rank` of the entries that match, of one type or of all."""
    element = _Hits(literal(_fts5(question, kind)), literal(_tsquery(question, kind)))
    return element.table_valued(column("number", SqlInteger), column("rank", SqlFloat), name="hits")


def ids(question: Question, kind: str) -> Select[Any]:
    """Ids of the records of one type that match."""
    found = hits(question, kind)
    return select(col(SearchEntry.id)).join(found, col(SearchEntry.number) == found.c.number)


def ranked(question: Question, kinds: Sequence[str]) -> Select[str, str]:
    """Type and id of every record of some types that matches, best first."""
    found, entry = hits(question), SearchEntry
    return (
        select(col(entry.type), col(entry.id))
        .join(found, col(entry.number) == found.c.number)
        .where(col(entry.type).in_(kinds))
        .order_by(found.c.rank, col(entry.type), col(entry.id))
    )


def _fts5(question: Question, kind: str | None) -> str:
    wanted = [_fts5_phrase(phrase) for phrase in question.phrases if not phrase.excluded]
    wanted += [f'"{type_term(kind)}"'] if kind else []
    without = [_fts5_phrase(phrase) for phrase in question.phrases if phrase.excluded]
    return f"({' AND '.join(wanted)})" + "".join(f" NOT {phrase}" for phrase in without)


def _fts5_phrase(phrase: Phrase) -> str:
    return f'"{" ".join(phrase.terms)}"' + (" *" if phrase.prefix else "")


def _tsquery(question: Question, kind: str | None) -> str:
    parts = [("!" if phrase.excluded else "") + _tsquery_phrase(phrase) for phrase in question.phrases]
    parts += [f"'{type_term(kind)}'"] if kind else []
    return " & ".join(parts)


def _tsquery_phrase(phrase: Phrase) -> str:
    quoted = [f"'{term}'" for term in phrase.terms]
    if phrase.prefix:
        quoted[-1] += ":*"
    return f"({' <-> '.join(quoted)})"
