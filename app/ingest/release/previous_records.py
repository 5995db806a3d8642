"""Checks against earlier releases: ids of removed records are never reused, and missing records are errors."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from app.ingest.building.pipeline import BuiltRecord
from app.ingest.building.scratch_index import RecordLocation, ScratchIndex
from app.ingest.seed.files import SeedError
from app.ingest.seed.reading import SHARED_MODELS, relative_name
from app.model.codebook import ChangeOp
from app.records import RECORD_TYPES
from app.storage.models import Casualty, Change, Evidence
from app.storage.registry import METADATA, document_of

_ONE_ID_SPACE = {
    "people": "organizations",
    "organizations": "people",
    "quotes": "statements",
    "statements": "quotes",
}
"""Pairs of resources that share one id space, because their records are referred to by id alone."""


def removals_of(connection: Connection, resource: str, ids: Sequence[str]) -> dict[str, Any]:
    """Returns the last removal of each of these records: rows of the change log by id."""
    if not ids:
        return {}
    log = METADATA.tables["changes"]
    query = (
        select(log)
        .where(col(Change.type) == RECORD_TYPES[resource].type, col(Change.id).in_(ids), col(Change.op) == ChangeOp.DEL)
        .order_by(col(Change.release))
    )
    return {row.id: row for row in connection.execute(query)}


def names(connection: Connection, resource: str, ids: Sequence[str]) -> dict[str, str]:
    """Returns the names of present and removed records by id."""
    table = RECORD_TYPES[resource].table
    query = select(col(table.id), document_of(table)).where(col(table.id).in_(ids))
    before = {id_: row.name for id_, row in removals_of(connection, resource, ids).items() if row.name is not None}
    return before | {
        id_: RECORD_TYPES[resource].title(json.loads(document)) for id_, document in connection.execute(query)
    }


def reused_ids(
    connection: Connection,
    resource: str,
    new: Sequence[BuiltRecord],
    last_removals: Mapping[str, Any],
    scratch_index: ScratchIndex,
) -> Iterator[SeedError]:
    """Yields an error for each new record whose id belonged to another record.

    A record that was removed or merged (`last_removals`) may come back only as what it was.
    """
    other = _ONE_ID_SPACE.get(resource)
    effective_days = removals_of(connection, other, [record.id for record in new]) if other else {}
    for record in new:
        if (
            why := _id_conflict(resource, record, last_removals.get(record.id))
        ) is None and record.id in effective_days:
            why = f"this id was one of the {other} and was removed"
        if why is not None:
            location = scratch_index.records(resource, [record.id])[record.id]
            message = f"{why}; ids are never reused, choose another"
            yield SeedError(location.file, location.line, record.id, "id", message)


def _id_conflict(resource: str, record: BuiltRecord, before: Any) -> str | None:
    """Returns why a record may not have its id; None if it may."""
    if before is None or before.name == RECORD_TYPES[resource].title(json.loads(record.body)):
        return None
    was = "this id was another's" if before.name is None else f"this id was that of '{before.name}'"
    if before.superseded_by is not None:
        return f"{was}, which release {before.release} merged into '{before.superseded_by}'"
    return None if before.name is None else f"{was}, which release {before.release} removed"


def stored_rows(connection: Connection, resource: str, size: int) -> Iterator[Sequence[Any]]:
    """Yields ids and versions of all stored records of a resource in batches, of claims also their incidents. Those
    that were yielded may be deleted meanwhile."""
    table, after = RECORD_TYPES[resource].table, ""
    wanted = [col(table.id), col(table.version)]
    if resource == "casualties":
        wanted.append(col(Casualty.incident_id))
    while rows := connection.execute(
        select(*wanted).where(col(table.id) > after).order_by(col(table.id)).limit(size)
    ).all():
        after = rows[-1].id
        yield rows


def missing_records(
    connection: Connection, scratch_index: ScratchIndex, directory: Path, resource: str, ids: Sequence[str]
) -> Iterator[SeedError]:
    """Yields an error for each record that the files neither have nor remove, at the place where it would be.

    Records of a missing article are not reported, because they go with the article.
    """
    message = (
        "the database has this record, the files do not; to remove it write `removed:` with a reason, or load with "
        "--prune --reason TEXT"
    )
    last: dict[str | None, tuple[str, int]] = {}
    incidents = _incidents(connection, scratch_index, ids) if resource == "casualties" else {}
    for id_, article in articles_of(connection, resource, ids).items():
        if resource == "articles":
            yield SeedError(
                relative_name(directory, directory / "articles" / id_ / "article.yaml"), 1, id_, "", message
            )
        elif id_ in incidents:
            yield SeedError(incidents[id_].file, incidents[id_].line, id_, "", message)
        elif article is None or scratch_index.has("articles", article):
            if article not in last:
                folder = directory / "articles" / article if article else directory
                kept_in = "incidents" if resource == "casualties" else resource
                file = relative_name(directory, folder / f"{kept_in}.yaml")
                last[article] = scratch_index.last(kept_in, file.removesuffix("yaml")) or (file, 1)
            yield SeedError(*last[article], id_, "", message)


def articles_of(connection: Connection, resource: str, ids: Sequence[str]) -> dict[str, str | None]:
    """Returns the article in whose folder each record is, by id; None for shared files."""
    if resource in SHARED_MODELS or resource == "articles":
        return dict.fromkeys(ids)
    query = select(col(Evidence.record_id), col(Evidence.article_id)).where(
        col(Evidence.record_type) == RECORD_TYPES[resource].type,
        col(Evidence.record_id).in_(ids),
        col(Evidence.position) == 0,
    )
    return {row.record_id: row.article_id for row in connection.execute(query)}


def _incidents(connection: Connection, scratch_index: ScratchIndex, ids: Sequence[str]) -> dict[str, RecordLocation]:
    """Returns the locations of the incidents that claims belong to, by the claims' ids."""
    query = select(col(Casualty.id), col(Casualty.incident_id)).where(col(Casualty.id).in_(ids))
    owners = {row.id: row.incident_id for row in connection.execute(query)}
    there = scratch_index.records("incidents", set(owners.values()))
    return {id_: there[incident] for id_, incident in owners.items() if incident in there}
