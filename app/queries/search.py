"""Full-text search as SQL: a table-valued function `hits`, compiled for each engine.

SQLite answers from an FTS5 table over `search_entries`, PostgreSQL from a `tsvector` column of it. Ranks are smaller
for better matches and comparable within one engine only.

FTS5 ranks a record by all others: by how many have the words, and how long they are. So its ranks change with every
release. Where a release is asked for by its number, ranks are `stable`: made of the record and the query alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Select,
    String,
    TableValuedAlias,
    bindparam,
    cast,
    column,
    func,
    literal,
    select,
    table,
    union_all,
)
from sqlalchemy import Float as SqlFloat
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine
from sqlmodel import col

from app.search.entry_numbers import ALL_ENTRIES, DAY_STEP, Range, code_of, document_number, first_day, type_range
from app.search.terms import STEM_MARKER, Phrase, SearchQuery
from app.storage.models import StoredDocument
from app.storage.text_bytes import in_bytes

MAX_RANKED = 20_000
"""Matches up to which a list is sorted by relevance: words with more are too common to rank records."""

MAX_RANKED_PER_TYPE = 5_000
"""Matches of each type, those with the highest numbers, that are ranked for a search over all types."""


class _Hits(FunctionElement[Any]):
    """Takes the query in the syntax of FTS5 and in that of tsquery, of which each engine uses its own, and the first
    and last number."""

    name = "hits"
    inherit_cache = True


class _LastHits(_Hits):
    """The hits with the highest numbers; its last argument is how many."""

    inherit_cache = True


class _StableHits(_Hits):
    """Hits whose ranks no other record changes; the fifth argument is the rank on SQLite."""

    inherit_cache = True


class _LastStableHits(_StableHits):
    """Those with the highest numbers; the last argument is how many."""

    inherit_cache = True


@compiles(_Hits, "sqlite")
def _sqlite(element: _Hits, compiler: SQLCompiler, **options: Any) -> str:
    query, _, first, last, *others = (compiler.process(part, **options) for part in element.clauses)
    rank = others.pop(0) if isinstance(element, _StableHits) else None
    limit = f" ORDER BY number DESC LIMIT {others[0]}" if others else ""
    found = f"FROM search_index WHERE search_index MATCH {query} AND rowid BETWEEN {first} AND {last}"
    if getattr(compiler.dialect, "reads_past", False):
        entries = _sqlite_past(query, first, last)
    elif rank is None:
        return f"(SELECT rowid AS number, rank {found}{limit.replace('number', 'rowid')})"
    else:
        numbers = f"SELECT rowid AS number {found}{limit.replace('number', 'rowid')}"
        entries = f"SELECT number, terms FROM ({numbers}) JOIN search_entries USING (number)"
    return f"(SELECT number, {rank or '0.0'} AS rank FROM ({entries}{limit}) AS e)"


def _sqlite_past(query: str, first: str, last: str) -> str:
    """The entries that match and were valid at the release that is read: a full-text index is found by its own name
    only, which no view can have."""
    valid, superseded = "changed_in <= pinned_release()", "superseded_in > pinned_release()"
    return (
        "SELECT number, terms FROM (SELECT rowid AS number FROM search_index"
        f" WHERE search_index MATCH {query} AND rowid BETWEEN {first} AND {last})"
        f" JOIN search_entries USING (number) WHERE {valid}"
        " UNION ALL SELECT number, terms FROM (SELECT rowid AS key FROM past_search_index"
        f" WHERE past_search_index MATCH {query}) JOIN past_search_entries USING (key)"
        f" WHERE {valid} AND {superseded} AND number BETWEEN {first} AND {last}"
    )


@compiles(_Hits, "postgresql")
def _postgresql(element: _Hits, compiler: SQLCompiler, **options: Any) -> str:
    clauses = list(element.clauses)
    if isinstance(element, _StableHits):
        del clauses[4]
    _, tsquery, first, last, *most = (compiler.process(part, **options) for part in clauses)
    query = f"CAST({tsquery} AS tsquery)"
    # 2 divides by the length of the text, so that a name beats a passing mention, as with FTS5's bm25.
    rank = f"CAST(-ts_rank(terms, {query}, 2) AS double precision)"
    source = f"search_entries WHERE terms @@ {query} AND number BETWEEN {first} AND {last}"
    if most:
        source = f"(SELECT number, terms FROM {source} ORDER BY number DESC LIMIT {most[0]}) AS found"
    return f"(SELECT number, {rank} AS rank FROM {source})"


def hits(query: SearchQuery, numbers: Range, most: int | None = None, *, stable: bool = False) -> TableValuedAlias:
    """Returns `number` and `rank` of the matching entries in a range; with `most`, of the highest numbers only."""
    parts = [literal(value, _TYPES[name]) for name, value in match_parameters(query, numbers).items()]
    return _hits(*parts, most=most, rank=_stable_rank(query) if stable else None)


_ENTRY = table("e", column("terms", String()))
_SATURATION, _BY_LENGTH, _MEAN_WORDS = 1.2, 0.75, 100
"""BM25's two constants, as FTS5 has them, and the number of words that stands for the mean of all records."""


def _stable_rank(query: SearchQuery) -> ColumnElement[float]:
    """Returns the rank of an entry by its own words: BM25 with a constant for what it takes of all entries."""
    terms = _ENTRY.c.terms
    spaced = literal(" ").concat(func.replace(terms, " ", "  ")).concat(" ")
    words = func.length(spaced) - func.length(terms) - 1
    rank: ColumnElement[Any] = literal(0.0)
    for sought in sorted(_sought(query)):
        times = (func.length(spaced) - func.length(func.replace(spaced, sought, ""))) / len(sought)
        flattened = times + _SATURATION * (1 - _BY_LENGTH + _BY_LENGTH * words / _MEAN_WORDS)
        rank -= cast(times * (_SATURATION + 1), SqlFloat) / flattened
    return rank


def _sought(query: SearchQuery) -> Iterator[str]:
    """Yields what adds to the rank of an entry each time that it occurs, with a space around each word."""
    for phrase in query.required:
        alone = [[form] for term in phrase.terms for form in query.forms(term)]
        for terms in [phrase.terms] if phrase.exact else alone:
            text = "  ".join(terms)
            yield f" {text}" if phrase.prefix else f" {text} "


_TYPES: dict[str, TypeEngine[Any]] = {
    "fts5": String(),
    "tsquery": String(),
    "first": BigInteger(),
    "last": BigInteger(),
}


def _hits(*parts: Any, most: int | None = None, rank: ColumnElement[float] | None = None) -> TableValuedAlias:
    if rank is None:
        element = _Hits(*parts) if most is None else _LastHits(*parts, literal(most))
    else:
        element = _StableHits(*parts, rank) if most is None else _LastStableHits(*parts, rank, literal(most))
    return element.table_valued(column("number", BigInteger), column("rank", SqlFloat), name="hits")


def match_parameters(query: SearchQuery, numbers: Range) -> dict[str, Any]:
    """Returns the parameters of `hits`: the query in the syntax of each engine, and the first and last number."""
    return dict(zip(_TYPES, (_fts5(query), _tsquery(query), *numbers), strict=True))


@cache
def newest_hits(*, descending: bool) -> Select[Any]:
    """Returns the statement for the newest entries that match: document, number and id, in the order of numbers, and so
    of days, until a page is full and its last day complete, or until there are `most`.

    Its parameters are those of `match_parameters`, `most`, and `before`, the size of a page less one. `sort_by_day`
    makes the page of its rows. Cached, because building it takes longer than running it: it reads only the index and
    the documents of the page.
    """
    parts = _parameters()
    matches, last, stored = _hits(*parts), _hits(*parts), StoredDocument
    edge = page_boundary(matches, last, select(last.c.number), bindparam("before"), parts[2:], descending=descending)
    number = matches.c.number
    page: Select[Any] = select(in_bytes(stored.document), number, col(stored.id)).select_from(matches)
    page = page.join(stored, col(stored.number) == document_number(number)).where(edge)
    return page.order_by(number.desc() if descending else number.asc()).limit(bindparam("most"))


def sort_by_day(rows: Sequence[Any], most: int, *, descending: bool) -> list[tuple[bytes, str, str]] | None:
    """Returns document, first day and id, sorted by day and, within a day, by id; None for `most` rows, because the
    last day may not be complete then."""
    if len(rows) == most:
        return None
    dated = ((document, first_day(number), id_) for document, number, id_ in rows)
    return sorted(dated, key=itemgetter(1, 2), reverse=descending)


def page_boundary(
    matches: TableValuedAlias,
    others: TableValuedAlias,
    matching: Select[Any],
    before: Any,
    ends: Sequence[Any],
    *,
    descending: bool,
) -> ColumnElement[bool]:
    """Returns the clause for the matches up to the end of the day on which a page is full: the day of the row of
    `matching` after `before` others. Without such a row, all between the ends."""
    last = others.c.number
    day = matching.with_only_columns(last - last % DAY_STEP)
    day = day.order_by(last.desc() if descending else last.asc()).offset(before).limit(1)
    if descending:
        return matches.c.number >= func.coalesce(day.scalar_subquery(), ends[0])
    return matches.c.number < func.coalesce(day.scalar_subquery() + DAY_STEP, ends[1] + 1)


@cache
def all_matches() -> Select[Any]:
    """Returns the statement for the numbers of all entries of a type that match. Its parameters are those of
    `match_parameters`. Cached, because building it takes as long as running it."""
    return select(_hits(*_parameters()).c.number)


def _parameters() -> list[BindParameter[Any]]:
    return [bindparam(name, type_=kind) for name, kind in _TYPES.items()]


def matching_numbers(query: SearchQuery, code: int) -> Select[Any]:
    """Returns the numbers of the records of one type that match."""
    return select(document_number(hits(query, type_range(code)).c.number))


def count_hits(query: SearchQuery, code: int, most: int | None = None) -> Select[Any]:
    """Counts the records of one type that match, up to one more than `most`."""
    numbers = select(hits(query, type_range(code)).c.number)
    return select(func.count()).select_from((numbers if most is None else numbers.limit(most + 1)).subquery())


def any_match(query: SearchQuery) -> Select[Any]:
    """Returns the number of one record of any type that matches."""
    return select(hits(query, ALL_ENTRIES).c.number).limit(1)


def best_matches(query: SearchQuery, codes: Sequence[int], limit: int, *, stable: bool = False) -> Select[int]:
    """Returns the numbers of the documents, of some types, that match best; of equal ranks, by type and id."""
    found = (hits(query, type_range(code), MAX_RANKED_PER_TYPE, stable=stable) for code in codes)
    matches = union_all(*map(select, found)).cte("found")
    number, rank, stored = matches.c.number, matches.c.rank, StoredDocument
    last = select(rank).order_by(rank).offset(limit - 1).limit(1).scalar_subquery()
    chosen = select(col(stored.number)).join(matches, col(stored.number) == document_number(number))
    chosen = chosen.where(rank <= func.coalesce(last, rank))
    return chosen.order_by(rank, code_of(number), col(stored.id)).limit(limit)


def _fts5(query: SearchQuery) -> str:
    def phrase(one: Phrase) -> str:
        if not one.exact:
            forms = (_joined((f'"{form}"' for form in query.forms(term)), " OR ") for term in one.terms)
            return _joined(forms, " AND ")
        found = f'"{" ".join(one.terms)}"'
        if one.is_a_word:
            return f'({found} NOT "{STEM_MARKER} {one.terms[0]}")'
        return f"{found} *" if one.prefix else found

    wanted = _joined((_joined(map(phrase, some), " AND ") for some in query.alternatives), " OR ")
    return wanted + "".join(f" NOT {phrase(one)}" for one in query.phrases if one.excluded)


def _tsquery(query: SearchQuery) -> str:
    def phrase(one: Phrase) -> str:
        if not one.exact:
            forms = (_joined((f"'{form}'" for form in query.forms(term)), " | ") for term in one.terms)
            return _joined(forms, " & ")
        *before, last = (f"'{term}'" for term in one.terms)
        found = _joined([*before, f"{last}:*" if one.prefix else last], " <-> ")
        return f"({found} & !('{STEM_MARKER}' <-> {found}))" if one.is_a_word else found

    wanted = _joined((_joined(map(phrase, some), " & ") for some in query.alternatives), " | ")
    return wanted + "".join(f" & !{phrase(one)}" for one in query.phrases if one.excluded)


def _joined(parts: Iterable[str], sign: str) -> str:
    """Joins parts of a query by an operator, in parentheses."""
    texts = list(parts)
    return texts[0] if len(texts) == 1 else f"({sign.join(texts)})"
