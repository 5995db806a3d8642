"""The codebook of a load beside that of the release before: its one record, and meanings that have changed.

A value of a seed's own keeps its meaning as long as records use it: they were coded by it. What the package itself
says otherwise in a new version holds, as its code does.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, insert, select
from sqlmodel import col

from app.ingest.building.pipeline import BuiltRecord
from app.ingest.plans import PlannedChange
from app.ingest.seed.codebooks import error_at_value
from app.ingest.seed.files import SeedError
from app.model.codebook import IDENTITY, ChangeCause, ChangeOp, Codebook, Coded, shipped
from app.model.digests import serialize, with_release
from app.model.documents import DOCUMENTS
from app.model.fields import DocumentField, document_fields
from app.search.folding import fold
from app.storage.codebook_models import StoredCodebook

MAX_NAMED = 5
"""Records that an error names of those that use a value."""

Changed = dict[tuple[str, str], str]
"""Vocabularies and values, each with the meaning that it had."""


def stored_codebook(connection: Connection) -> Any:
    """Returns the row of the codebook of the newest release, or None."""
    columns = (col(getattr(StoredCodebook, name)) for name in StoredCodebook.model_fields)
    return connection.execute(select(*columns)).first()


def planned(stored: Any, codebook: Codebook) -> PlannedChange | None:
    """Returns what a load does to the codebook's record; None for nothing."""
    if stored is not None and stored.digest == codebook.digest:
        return None
    type_, id_ = IDENTITY["type"], IDENTITY["id"]
    if stored is None:
        return PlannedChange(ChangeOp.ADD, type_, id_, 1)
    edited = _is_edited(Codebook.of_document(json.loads(stored.document)), codebook)
    cause = ChangeCause.EDITED if edited else ChangeCause.RESHAPED
    return PlannedChange(ChangeOp.MOD, type_, id_, stored.version + 1, cause=cause)


def _is_edited(before: Codebook, now: Codebook) -> bool:
    """Whether the seed's own part differs, not only what the package has: a value that is another than before, and
    than the package's."""
    package = shipped()
    for name in before.vocabularies.keys() | now.vocabularies.keys():
        was, is_, ships = (one[name].values if name in one.vocabularies else {} for one in (before, now, package))
        for value in was.keys() | is_.keys():
            if was.get(value) != is_.get(value) != ships.get(value) or (value in was and value not in is_):
                return True
    return False


def write(connection: Connection, codebook: Codebook, change: PlannedChange, release: int) -> None:
    """Writes the codebook's record."""
    body = with_release(serialize(codebook.document()), change.version, release)
    connection.execute(delete(StoredCodebook))
    row = {"id": change.id, "digest": codebook.digest, "version": change.version, "document": body}
    connection.execute(insert(StoredCodebook), {**row, "changed_in": release})


class ChangedMeanings:
    """Values of a seed's own that mean something else than in the release before, and the records that use them."""

    def __init__(self, stored: Any, now: Codebook, directory: Path) -> None:
        self._directory = directory
        before = None if stored is None else Codebook.of_document(json.loads(stored.document))
        self._changed = {} if before is None or stored.digest == now.digest else dict(_changed(before, now))
        self._users: dict[tuple[str, str], list[str]] = {}
        self._now = now

    def look(self, records: Iterable[BuiltRecord]) -> None:
        """Looks for the values in records."""
        for record in records if self._changed else ():
            some = [one for one in self._changed if f'"{one[1]}"' in record.body]
            if some:
                used = set(_coded(document_fields(DOCUMENTS[record.resource], self._now), json.loads(record.body)))
                for one in used.intersection(some):
                    self._users.setdefault(one, []).append(f"{record.resource}/{record.id}")

    def errors(self) -> Iterator[SeedError]:
        """Yields an error for each of the values that is in use."""
        for (vocabulary, value), users in self._users.items():
            more = f" and {len(users) - MAX_NAMED} more" if len(users) > MAX_NAMED else ""
            message = (
                f"'{value}' meant \"{self._changed[vocabulary, value]}\" in the last release, and is in use "
                f"({', '.join(users[:MAX_NAMED])}{more}); write that again, or add another value and use it there"
            )
            yield error_at_value(self._directory, vocabulary, value, message)


def _changed(before: Codebook, now: Codebook) -> Iterator[tuple[tuple[str, str], str]]:
    """Punctuation, capitals and accents may be corrected."""
    of_the_package = shipped()
    for name, vocabulary in now.vocabularies.items():
        known = before.vocabularies[name].values if name in before.vocabularies else {}
        for value, one in vocabulary.values.items():
            is_own = value not in of_the_package[name].values
            if is_own and value in known and _words(known[value].meaning) != _words(one.meaning):
                yield (name, value), known[value].meaning


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", fold(text))


def _coded(fields: Iterable[DocumentField], document: Any) -> Iterator[tuple[str, str]]:
    """Yields vocabulary and value of every coded text in a document."""
    for field in fields:
        held = document.get(field.key) if isinstance(document, dict) else None
        coded = field.declared(Coded)
        for one in held if isinstance(held, list) else [held]:
            if coded is not None and isinstance(one, str):
                yield coded.vocabulary, one
            elif field.inner:
                yield from _coded(field.inner, one)
