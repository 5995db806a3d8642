"""Takes what is forgotten out of the search terms of earlier releases, and lists what the full-text index has of it."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from zlib import crc32

from sqlalchemy import Connection, cast, func, literal, literal_column, select, update
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlmodel import col

from app.ingest.building.indexing import vector
from app.ingest.redaction.documents import Rewriting
from app.ingest.redaction.forgotten import Forgotten
from app.model.digests import Data
from app.records import BY_TYPE
from app.search.entry_numbers import document_number
from app.search.stems import ENGLISH
from app.search.terms import STEM_MARKER, TEXT_SEPARATOR, index_text
from app.storage.models import Release, SearchEntry, StoredDocument
from app.storage.past_tables import FIRST_PAST_NUMBER, PastSearchEntry

INDEXES: dict[Any, str] = {SearchEntry: "search_index", PastSearchEntry: "past_search_index"}
"""The full-text indexes of SQLite, by the tables whose terms they have."""

_MARKERS = frozenset({STEM_MARKER, TEXT_SEPARATOR})
_STEMS = f" {STEM_MARKER} "


_IN_ORDER = (
    "(SELECT string_agg(lexeme, ' ' ORDER BY position) FROM "
    "(SELECT lexeme, unnest(positions) AS position FROM unnest({}.terms)) AS one)"
)
"""The terms of a tsvector in the order in which they were written."""


class _Entry(NamedTuple):
    """A search entry of earlier releases, and its terms without those that come from what is forgotten alone."""

    key: int
    terms: str


class _OwnTerms(NamedTuple):
    """What an entry has from its document alone: the terms of its texts in their order, and all of them with stems."""

    texts: str
    all: frozenset[str]


def forget_terms(connection: Connection, forgotten: Forgotten, rewriting: Rewriting) -> None:
    """Takes the terms of the forgotten texts out of the entries of earlier releases, unless what is left of the record
    has them itself. The full-text index has to be made anew then (`rebuild_index`)."""
    is_sqlite = connection.dialect.name == "sqlite"
    for entry in list(changed_entries(connection, forgotten, rewriting)):
        terms = entry.terms if is_sqlite else cast(vector(entry.terms), TSVECTOR)
        mine = update(PastSearchEntry).where(col(PastSearchEntry.key) == entry.key)
        connection.execute(mine.values(terms=terms))


def changed_entries(connection: Connection, forgotten: Forgotten, rewriting: Rewriting) -> Iterator[_Entry]:
    """Yields the entries of earlier releases with terms that come from forgotten texts alone: they are those of a
    redacted record, or name one, or repeat a whole text, and their documents do not have the words."""
    of_names = terms_of(connection, [*forgotten.names])
    of_all = of_names | terms_of(connection, [*forgotten.texts])
    if of_all.isdisjoint(vocabulary(connection, PastSearchEntry)):
        return
    sequences = {_sequence(one): terms_of(connection, [one]) for one in (*forgotten.phrases, *forgotten.names)}
    is_sqlite = connection.dialect.name == "sqlite"
    in_order = _in_order(PastSearchEntry, is_sqlite=is_sqlite)
    entry: Any = select(col(PastSearchEntry.key), in_order, col(StoredDocument.document))
    number = document_number(col(PastSearchEntry.number))
    for row in connection.execute(entry.join(StoredDocument, col(StoredDocument.number) == number)):
        is_about, texts = rewriting.is_about(row.document), _padded(row.terms.partition(_STEMS)[0])
        repeated = [one for one in sequences if one in texts]
        if repeated or (is_about and not of_all.isdisjoint(row.terms.split(" "))):
            document = json.loads(row.document)
            unwanted = of_all if rewriting.redacts(document) else of_names if is_about else frozenset()
            unwanted = unwanted.union(*(sequences[one] for one in repeated))
            if (left := _without(row.terms, unwanted, repeated, _own_terms(connection, document))) != row.terms:
                yield _Entry(row.key, left)


def _sequence(text: str) -> str:
    """Returns the terms of a text as they stand among those of others; one alone only where it is a whole text."""
    terms = index_text([text], (), ())
    return f" {terms} " if " " in terms else _padded(terms)


def _padded(texts: str) -> str:
    """Returns terms between separators, so that each text has one at both its ends."""
    return f" {TEXT_SEPARATOR} {texts} {TEXT_SEPARATOR} "


def forget_id(connection: Connection, number: int, document: Data, id_: str) -> None:
    """Takes the stems of the words of an id out of the entries that lead to the document of its record, unless what is
    left of it has them itself. The full-text index has to be made anew then."""
    is_sqlite, is_past = connection.dialect.name == "sqlite", number >= FIRST_PAST_NUMBER
    model: Any = PastSearchEntry if is_past else SearchEntry
    key = col(model.key if is_past else model.number)
    entries = select(key, _in_order(model, is_sqlite=is_sqlite)).where(document_number(col(model.number)) == number)
    of_id = terms_of(connection, [id_.replace("-", " ")])
    for one, terms in connection.execute(entries).all():
        texts, _, others = terms.partition(_STEMS)
        own = _own_terms(connection, document).all | _stems_of(connection, texts)
        left = [stem for stem in others.split(f" {STEM_MARKER} ") if stem and (stem not in of_id or stem in own)]
        kept = " ".join((texts, *(f"{STEM_MARKER} {stem}" for stem in left)))
        written = kept if is_sqlite else cast(vector(kept), TSVECTOR)
        connection.execute(update(model).where(key == one).values(terms=written))
        if not is_past:
            table = BY_TYPE[document["type"]].table
            own_row = update(table).where(col(table.number) == number)
            connection.execute(own_row.values(terms_checksum=crc32(kept.encode())))


def _stems_of(connection: Connection, terms: str) -> frozenset[str]:
    """Returns the stems of terms that stand in an entry, besides these."""
    return frozenset(index_text((), terms.split(" "), _languages(connection)).split(" "))


def _in_order(model: Any, *, is_sqlite: bool) -> Any:
    terms: Any = col(model.terms) if is_sqlite else literal_column(_IN_ORDER.format(model.__tablename__))
    return terms.label("terms")


def _without(terms: str, unwanted: frozenset[str], repeated: Sequence[str], own: _OwnTerms) -> str:
    """Returns the terms of an entry without repeated sequences, and without unwanted ones but for those of its texts,
    and for its own stems. No phrase matches across a term that was taken out."""
    texts, _, others = terms.partition(_STEMS)
    padded = _padded(texts)
    for sequence in repeated:
        while sequence in padded and sequence not in own.texts:
            padded = padded.replace(sequence, f" {TEXT_SEPARATOR} ")
    of_texts = frozenset(own.texts.split(" "))
    in_order = [TEXT_SEPARATOR if one in unwanted - of_texts else one for one in padded.split(" ")[2:-2]]
    there = {one for one in others.split(" ") if one not in unwanted or one in own.all}
    there |= own.all & set(texts.split(" "))
    there -= {STEM_MARKER, "", *in_order}
    return " ".join((*in_order, *(f"{STEM_MARKER} {one}" for one in sorted(there))))


def leftover_phrases(connection: Connection, model: Any, forgotten: Forgotten) -> Iterator[str]:
    """Yields the forgotten names and texts whose terms stand side by side in an entry of a table."""
    for phrase in forgotten.phrases:
        sequence = index_text([phrase], (), ()).split(" ")
        if connection.dialect.name == "sqlite":
            spaced = literal(" ") + col(model.terms) + " "
            stands = func.instr(spaced, f" {' '.join(sequence)} ") > 0
        else:
            stands = col(model.terms).op("@@")(cast(" <-> ".join(f"'{one}'" for one in sequence), TSQUERY))
        if connection.execute(select(col(model.number)).where(stands).limit(1)).first() is not None:
            yield phrase


def vocabulary(connection: Connection, model: Any) -> set[str]:
    """Returns all terms that the full-text index of a table has."""
    if connection.dialect.name != "sqlite":
        listed = func.ts_stat(f"SELECT terms FROM {model.__tablename__}").table_valued("word")
        return set(connection.scalars(select(listed.c.word)))
    connection.exec_driver_sql(f"CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, {INDEXES[model]}, row)")
    try:
        return set(connection.exec_driver_sql("SELECT term FROM temp.vocabulary").scalars())
    finally:
        connection.exec_driver_sql("DROP TABLE temp.vocabulary")


def terms_of(connection: Connection, texts: list[str]) -> frozenset[str]:
    """Returns the terms that the index has of texts, in the languages of all releases."""
    return frozenset(index_text(texts, (), _languages(connection)).split(" ")) - _MARKERS - {""}


def _own_terms(connection: Connection, document: Data) -> _OwnTerms:
    record_type = BY_TYPE[document["type"]]
    try:
        texts, labels = record_type.search_texts(document), record_type.search_terms(document)
    except (LookupError, TypeError):  # of an older shape
        texts, labels = [], document["id"].split("-")
    own = index_text(texts, labels, _languages(connection))
    return _OwnTerms(_padded(own.partition(_STEMS)[0]), frozenset(own.split(" ")))


def _languages(connection: Connection) -> list[str]:
    found = connection.scalars(select(col(Release.languages)).distinct()).all()
    return sorted({ENGLISH, *(language for one in found for language in json.loads(one))})


def rebuild_index(connection: Connection) -> None:
    """Makes the full-text index of SQLite anew: what was deleted from it may stand in its segments still."""
    if connection.dialect.name == "sqlite":
        for index in INDEXES.values():
            connection.exec_driver_sql(f"INSERT INTO {index} ({index}) VALUES ('rebuild')")
