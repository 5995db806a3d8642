"""Looks for what was redacted in everything that is kept: documents of all versions, columns, terms, raw bytes."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, select
from sqlmodel import col

from app.ingest.redaction.documents import Rewriting
from app.ingest.redaction.forgotten import IDENTIFIER, Forgotten
from app.ingest.redaction.release import texts_with
from app.ingest.redaction.terms import INDEXES, changed_entries, leftover_phrases, vocabulary
from app.storage.database import Database
from app.storage.registry import METADATA
from app.storage.shared_directory import directories_of

_BATCH = 500
_CHUNK_BYTES = 2**20
_SQLITE_FILES = ("", "-wal", "-journal")


def remains(database: Database, forgotten: Forgotten, rewriting: Rewriting) -> Iterator[str]:
    """Yields each place where something is left."""
    recurring = set[str]()
    with database.writer() as connection:
        for table in METADATA.sorted_tables:
            yield from _in_table(connection, table, forgotten, recurring)
        for model in INDEXES:
            yield from _in_index(connection, model, forgotten)
        yield from (f"past_search_entries {one.key}" for one in changed_entries(connection, forgotten, rewriting))
    for directory in directories_of(database):
        yield from _in_files(directory.rglob("*"), _wanted(forgotten, recurring))
    if database.is_sqlite:
        path = str(database.url.database)
        files = [Path(f"{path}{ending}") for ending in _SQLITE_FILES]
        yield from _in_files(files, _wanted(forgotten, recurring))
    else:
        yield from _in_relations(database, _wanted(forgotten, recurring))


def remains_of(database: Database, texts: Iterable[str]) -> Iterator[str]:
    """Yields each place where one of some texts is left, looked for as names are."""
    forgotten = Forgotten()
    for one in texts:
        forgotten.add(one, is_name=True)
    return remains_of_all(database, forgotten)


def remains_of_all(database: Database, forgotten: Forgotten) -> Iterator[str]:
    """Yields each place where a text or an id is left, whoever's it was."""
    return remains(database, forgotten, Rewriting([], forgotten, {}))


def _in_table(connection: Connection, table: Table, forgotten: Forgotten, recurring: set[str]) -> Iterator[str]:
    """Yields the rows of a table in which something is left, and adds ids to those that recur as parts of others."""
    columns = [one for one in table.columns if one.name != "terms"]
    keys = list(table.primary_key)
    for row in connection.execute(select(*keys, *columns)):
        key, values = row[: len(keys)], row[len(keys) :]
        for column, value in zip(columns, values, strict=True):
            if not isinstance(value, str) or not forgotten.may_be_in(value):
                continue
            if _stands_in(value, column.name, forgotten):
                yield f"{table.name}.{column.name} {'/'.join(map(str, key))}"
            else:
                recurring.update(one.id for one in forgotten.ids if one.id in value)


def _stands_in(value: str, column: str, forgotten: Forgotten) -> bool:
    if value[:1] in ("{", "["):
        try:
            return next(texts_with(forgotten, json.loads(value)), None) is not None
        except ValueError:
            pass
    return forgotten.stands_in(value, column if column.endswith("id") else "")


def _in_index(connection: Connection, model: Any, forgotten: Forgotten) -> Iterator[str]:
    """Yields what the search entries of a table have, and the terms that its index has beside them."""
    if next(leftover_phrases(connection, model, forgotten), None) is not None:
        yield f"{model.__tablename__}.terms"
    if connection.dialect.name == "sqlite":
        indexed = vocabulary(connection, model)
        for terms in connection.execute(select(col(model.terms))).scalars():
            indexed.difference_update(terms.split(" "))
        if indexed:
            yield f"{INDEXES[model]}, with {len(indexed)} of no record"


def _wanted(forgotten: Forgotten, recurring: Iterable[str]) -> list[bytes]:
    """Returns the bytes of phrases as they were written, and of ids of several words that are no parts of others."""
    ids = {one.id for one in forgotten.ids if "-" in one.id}.difference(recurring)
    texts = [*(one for one in forgotten.phrases if not IDENTIFIER.fullmatch(one)), *ids]  # ids may be as names are
    wanted = [one.encode() for one in texts]
    wanted += [json.dumps(one, ensure_ascii=False)[1:-1].encode() for one in texts]
    return wanted + [one.encode("utf-32-le") for one in texts]  # as arrays have texts


def _in_relations(database: Database, wanted: list[bytes]) -> Iterator[str]:
    """Yields the tables and indexes of PostgreSQL whose files have some bytes, where its role may read them."""
    from app.storage.postgresql_files import file_chunks

    longest = max(map(len, wanted), default=0)
    before: dict[str, bytes] = {}
    found = dict[str, None]()
    for relation, chunk in file_chunks(database.url, _CHUNK_BYTES):
        if any(one in before.get(relation, b"") + chunk for one in wanted):
            found.setdefault(relation)
        before = {relation: chunk[-longest:]}
    yield from (f"the file of {relation}" for relation in found)


def _in_files(paths: Iterable[Path], wanted: list[bytes]) -> Iterator[str]:
    """Yields the files that have some bytes."""
    longest = max(map(len, wanted), default=0)
    for path in paths:
        if not path.is_file():
            continue
        with path.open("rb") as file:
            before = b""
            while chunk := file.read(_CHUNK_BYTES):
                if any(one in before + chunk for one in wanted):
                    yield str(path)
                    break
                before = chunk[-longest:]
