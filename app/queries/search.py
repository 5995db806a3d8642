"""Full-text search as SQL: one table-valued `hits` that each engine writes in its own way.

SQLite answers from an FTS5 table over `search_entries`, PostgreSQL from a `tsvector` column of it. Ranks are smaller
for better matches and comparable within one engine and release only.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Select, TableValuedAlias, column, func, literal, select, union_all
from sqlalchemy import Float as SqlFloat
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import col

from app.models import SearchEntry
from app.numbering import Range, of_type
from app.terms import Phrase, Question

RANKED = 20_000
"""A list with more matches is not sorted by relevance: words that common tell no records apart."""

RANKED_OF_EACH = 5_000
"""So many matches of a type, those with the highest numbers, are looked at for the best of all types."""


class _Hits(FunctionElement[Any]):
    """Takes the question in the language of FTS5 and in that of tsquery, and the first and last number; each engine
    uses its own."""

    name = "hits"
    inherit_cache = True


class _LastHits(_Hits):
    """The hits with the highest numbers; takes how many besides."""

    inherit_cache = True


@compiles(_Hits, "sqlite")
def _sqlite(element: _Hits, compiler: SQLCompiler, **options: Any) -> str:
    asked, _, first, last, *most = (compiler.process(part, **options) for part in element.clauses)
    limit = f" ORDER BY rowid DESC LIMIT {most[0]}" if most else ""
    return (
        "(SELECT rowid AS number, rank FROM search_index"
        f" WHERE search_index MATCH {asked} AND rowid BETWEEN {first} AND {last}{limit})"
    )


@compiles(_Hits, "postgresql")
def _postgresql(element: _Hits, compiler: SQLCompiler, **options: Any) -> str:
    _, tsquery, first, last, *most = (compiler.process(part, **options) for part in element.clauses)
    asked = f"CAST({tsquery} AS tsquery)"
    # 2 divides by the length of the text, so that a name beats a passing mention, as with FTS5's bm25.
    rank = f"CAST(-ts_rank(terms, {asked}, 2) AS double precision)"
    found = f"search_entries WHERE terms @@ {asked} AND number BETWEEN {first} AND {last}"
    if most:
        found = f"(SELECT number, terms FROM {found} ORDER BY number DESC LIMIT {most[0]}) AS found"
    return f"(SELECT number, {rank} AS rank FROM {found})"


def hits(question: Question, numbers: Range, most: int | None = None) -> TableValuedAlias:
    """`number` and `rank` of the entries that match, within a range; of so many with the highest numbers."""
    parts = [literal(_fts5(question)), literal(_tsquery(question)), *(literal(one, BigInteger) for one in numbers)]
    element = _Hits(*parts) if most is None else _LastHits(*parts, literal(most))
    return element.table_valued(column("number", BigInteger), column("rank", SqlFloat), name="hits")


def ids(question: Question, kind: str) -> Select[Any]:
    """Ids of the records of one type that match."""
    found = hits(question, of_type(kind))
    return select(col(SearchEntry.id)).join(found, col(SearchEntry.number) == found.c.number)


def size(question: Question, kind: str, most: int | None = None) -> Select[Any]:
    """How many records of one type match; none are counted after `most` and one."""
    found = select(hits(question, of_type(kind)).c.number)
    return select(func.count()).select_from((found if most is None else found.limit(most + 1)).subquery())


def best(question: Question, kinds: Sequence[str], limit: int) -> Select[str, str]:
    """Type and id of the records of some types that match best."""
    found = union_all(*(select(hits(question, of_type(kind), RANKED_OF_EACH)) for kind in kinds)).subquery()
    entry = SearchEntry
    return (
        select(col(entry.type), col(entry.id))
        .join(found, col(entry.number) == found.c.number)
        .order_by(found.c.rank, col(entry.type), col(entry.id))
        .limit(limit)
    )


def _fts5(question: Question) -> str:
    wanted = [_fts5_phrase(phrase) for phrase in question.phrases if not phrase.excluded]
    without = [_fts5_phrase(phrase) for phrase in question.phrases if phrase.excluded]
    return f"({' AND '.join(wanted)})" + "".join(f" NOT {phrase}" for phrase in without)


def _fts5_phrase(phrase: Phrase) -> str:
    return f'"{" ".join(phrase.terms)}"' + (" *" if phrase.prefix else "")


def _tsquery(question: Question) -> str:
    return " & ".join(("!" if phrase.excluded else "") + _tsquery_phrase(phrase) for phrase in question.phrases)


def _tsquery_phrase(phrase: Phrase) -> str:
    quoted = [f"'{term}'" for term in phrase.terms]
    if phrase.prefix:
        quoted[-1] += ":*"
    return f"({' <-> '.join(quoted)})"
