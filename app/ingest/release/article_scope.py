"""A load of one article alone: which records it may touch, and how shared ones are merged with what is stored.

Records that rest on the article are its own. A place, person, organization or document that other articles rest on as
well must say the same for all: only the evidence of this article is put into it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from app.ingest.building.pipeline import BuiltRecord, Pipeline, build_record
from app.ingest.building.rendering import Rendered
from app.ingest.bulk_inserts import batches
from app.ingest.release.previous_records import articles_of
from app.ingest.release.selection import references
from app.ingest.seed.files import SeedError
from app.ingest.seed.reading import BY_ARTICLE, SHARED_MODELS
from app.model.codebook import Codebook
from app.model.digests import Data
from app.records import RECORD_TYPES
from app.storage.codebooks import DOCUMENT_OF_CODEBOOK
from app.storage.models import Party, Release
from app.storage.registry import METADATA, document_of
from app.storage.word_models import KnownWords

_NOT_COMPARED = ("evidence", "corrected", "version", "changed_in")
_MAX_SHOWN_CHARACTERS = 80
_MAX_IDS = 500


class ArticleScope:
    """What the load of one article may touch."""

    def __init__(self, article: str, pipeline: Pipeline, connection: Connection) -> None:
        self.article = article
        self.parts = pipeline.parts_of(article)
        self._pipeline = pipeline
        self._connection = connection
        self._chosen: dict[str, set[str]] = {}
        self._wanted: dict[str, dict[str, BuiltRecord]] = {}

    def codebook(self) -> Codebook:
        """Returns the codebook of the files with the values that other articles added to the stored one."""
        own = self._pipeline.context.codebook
        stored = self._connection.execute(DOCUMENT_OF_CODEBOOK).scalar()
        if stored is None:
            return own
        added = {
            name: [value for value in vocabulary.values.values() if value.value not in own[name].values]
            for name, vocabulary in Codebook.of_document(json.loads(stored)).vocabularies.items()
            if name in own.vocabularies
        }
        return own.extended({name: values for name, values in added.items() if values})

    def records(self, built: Sequence[BuiltRecord], errors: list[SeedError]) -> list[BuiltRecord]:
        """Returns the records to be written. Shared ones that do not say the same are appended to `errors`."""
        chosen: list[BuiltRecord] = []
        by_resource: dict[str, list[BuiltRecord]] = {}
        for record in built:
            by_resource.setdefault(record.resource, []).append(record)
        for resource, some in by_resource.items():
            if resource in SHARED_MODELS:
                stored = self._stored(resource, [record.id for record in some])
                chosen += [one for record in some if (one := self._merged(record, stored.get(record.id), errors))]
            else:
                chosen += [record for record in some if self._is_own(resource, json.loads(record.body))]
        for record in chosen:
            self._note_references(record)
        return chosen

    def _note_references(self, record: BuiltRecord) -> None:
        """Notes a record and those that it refers to, by table."""
        table = RECORD_TYPES[record.resource].table.__tablename__
        for name in (table, *((Party.__tablename__,) if record.resource in ("people", "organizations") else ())):
            self._chosen.setdefault(str(name), set()).add(record.id)
        for name, rows in {**record.owned, table: [record.columns]}.items():
            for index, target in references(str(name)):
                for row in rows:
                    if index < len(row) and row[index] is not None:
                        self._wanted.setdefault(target, {}).setdefault(row[index], record)

    def dangling(self) -> Iterator[SeedError]:
        """Yields an error for each record that is neither written nor stored, but that one refers to."""
        for table, wanted in self._wanted.items():
            resource = next((name for name, one in RECORD_TYPES.items() if one.table.__tablename__ == table), None)
            if resource is None and table != Party.__tablename__:
                continue
            ids = [id_ for id_ in wanted if id_ not in self._chosen.get(table, ())]
            column = METADATA.tables[table].c.id
            for batch in batches(ids, _MAX_IDS):
                stored = set(self._connection.scalars(select(column).where(column.in_(batch))))
                for id_ in (one for one in batch if one not in stored):
                    record = wanted[id_]
                    location = self._pipeline.context.scratch_index.records(record.resource, [record.id])[record.id]
                    message = (
                        f"it refers to {resource or 'people or organizations'}/{id_}, which is another article's and "
                        "not loaded yet; load that article first, or the whole folder"
                    )
                    yield SeedError(location.file, location.line, record.id, "", message)

    def _is_own(self, resource: str, data: Data) -> bool:
        if resource == "articles":
            return bool(data["id"] == self.article)
        return any(passage["article"] == self.article for passage in data["evidence"])

    def _stored(self, resource: str, ids: Sequence[str]) -> dict[str, Data]:
        table = RECORD_TYPES[resource].table
        query = select(col(table.id), document_of(table)).where(col(table.id).in_(ids))
        return {id_: json.loads(document) for id_, document in self._connection.execute(query)}

    def _merged(self, record: BuiltRecord, stored: Data | None, errors: list[SeedError]) -> BuiltRecord | None:
        """Returns a shared record with the evidence of all articles; None if it stays as it is."""
        if stored is None:
            return record
        new = json.loads(record.body)
        if not self._is_own(record.resource, new) and not self._is_own(record.resource, stored):
            return None
        others = [passage for passage in stored["evidence"] if passage["article"] != self.article]
        if others and (difference := _difference(stored, new)) is not None:
            errors.append(self._conflict(record, *difference))
            return None
        mine = [passage for passage in new["evidence"] if passage["article"] == self.article]
        merged = {**new, "evidence": (others + mine) or new["evidence"]}
        rendered = Rendered(record.resource, merged, record.seed_checksum, record.correction)
        return build_record(rendered, self._pipeline.context.shared_records)

    def _conflict(self, record: BuiltRecord, key: str, before: Any, after: Any) -> SeedError:
        location = self._pipeline.context.scratch_index.records(record.resource, [record.id])[record.id]
        message = (
            f"other articles rest on this record, where it has {_shown(before)}, not {_shown(after)}; the same id must "
            "say the same: write that, choose another id, or load the whole folder"
        )
        return SeedError(location.file, location.line, record.id, key, message)

    def own_ids(self, resource: str, ids: Sequence[str]) -> set[str]:
        """Returns those of these stored records that are in the folder of the article."""
        if resource not in BY_ARTICLE and resource != "casualties":
            return set()
        return {id_ for id_, article in articles_of(self._connection, resource, ids).items() if article == self.article}

    def counts(self, tally: Mapping[Any, int]) -> dict[str, int]:
        """Returns how many records of each type there are after changes."""
        stored = self._last(Release.counts)
        before = json.loads(stored) if stored else {}
        signs = {"ADD": 1, "DEL": -1}
        changed = dict.fromkeys(RECORD_TYPES, 0)
        for (op, resource), count in tally.items():
            if resource in changed:
                changed[resource] += signs.get(op.value, 0) * count
        return {resource: before.get(resource, 0) + count for resource, count in changed.items()}

    def languages(self) -> set[str]:
        """Returns the languages of the articles that are stored."""
        stored = self._last(Release.languages)
        return set(json.loads(stored)) if stored else set()

    def known_words(self) -> str:
        """Returns the words of the records that are stored."""
        return str(self._connection.execute(select(col(KnownWords.words))).scalar() or "")

    def _last(self, column: Any) -> str | None:
        query = select(col(column)).where(col(Release.loaded_at) != "").order_by(col(Release.number).desc()).limit(1)
        found: str | None = self._connection.execute(query).scalar()
        return found


def _difference(stored: Data, new: Data) -> tuple[str, Any, Any] | None:
    """Returns the first key that what two documents say differs in, and its values."""
    for key, value in new.items():
        if key not in _NOT_COMPARED and stored.get(key) != value:
            return key, stored.get(key), value
    return None


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text[:_MAX_SHOWN_CHARACTERS]}{'…' if len(text) > _MAX_SHOWN_CHARACTERS else ''}'"
