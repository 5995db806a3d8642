"""Records of earlier releases that are not in the files: ids of what was removed are never given to something else,
and what is simply missing is a mistake."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from app.ingest.examining import Made
from app.ingest.files import Fault
from app.ingest.ledger import Ledger, Standing
from app.ingest.reading import SHARED, relative
from app.model.codebook import ChangeOp
from app.model.names import name
from app.storage.models import Casualty, Change, Evidence
from app.storage.registry import RECORD_TABLES, TYPES, document_of

_ONE_ID_SPACE = {
    "people": "organizations",
    "organizations": "people",
    "quotes": "statements",
    "statements": "quotes",
}
"""Resources whose records are referred to by id alone, so that an id belongs to one of the two."""


def removed(connection: Connection, resource: str, ids: Sequence[str]) -> dict[str, Any]:
    """How records of a resource were removed last: rows of the log by id."""
    log = Change.__table__  # type: ignore[attr-defined]
    asked = (
        select(log)
        .where(col(Change.type) == TYPES[resource], col(Change.id).in_(ids), col(Change.op) == ChangeOp.DEL)
        .order_by(col(Change.release))
    )
    return {row.id: row for row in connection.execute(asked)} if ids else {}


def names(connection: Connection, resource: str, ids: Sequence[str]) -> dict[str, str]:
    """What records that are or were there are called."""
    table = RECORD_TABLES[resource]
    asked = select(col(table.id), document_of(table)).where(col(table.id).in_(ids))
    before = {id_: row.name for id_, row in removed(connection, resource, ids).items() if row.name is not None}
    return before | {id_: name(resource, json.loads(document)) for id_, document in connection.execute(asked)}


def reused(
    connection: Connection, resource: str, new: Sequence[Made], gone: Mapping[str, Any], ledger: Ledger
) -> Iterator[Fault]:
    """Records that may not be added, because their id was another's. What was removed or merged (`gone`) comes back as
    what it was."""
    other = _ONE_ID_SPACE.get(resource)
    taken = removed(connection, other, [made.id for made in new]) if other else {}
    for made in new:
        if (why := _why(resource, made, gone.get(made.id))) is None and made.id in taken:
            why = f"this id was one of the {other} and was removed"
        if why is not None:
            standing = ledger.records(resource, [made.id])[made.id]
            message = f"{why}; ids are never reused, choose another"
            yield Fault(standing.file, standing.line, made.id, "id", message)


def _why(resource: str, made: Made, before: Any) -> str | None:
    """Why a record cannot be the one that was removed under its id."""
    if before is None or before.name == name(resource, json.loads(made.body)):
        return None
    was = "this id was another's" if before.name is None else f"this id was that of '{before.name}'"
    if before.superseded_by is not None:
        return f"{was}, which release {before.release} merged into '{before.superseded_by}'"
    return None if before.name is None else f"{was}, which release {before.release} removed"


def missing(
    connection: Connection, ledger: Ledger, directory: Path, resource: str, ids: Sequence[str]
) -> Iterator[Fault]:
    """Records that the files neither have nor remove, where they would stand. Of what a missing article reported
    nothing is said: it goes with the article."""
    message = "the database has this record, the files do not; to remove it write `removed:` with a reason"
    last: dict[str | None, tuple[str, int]] = {}
    incidents = _incidents(connection, ledger, ids) if resource == "casualties" else {}
    for id_, article in _articles(connection, resource, ids).items():
        if resource == "articles":
            yield Fault(relative(directory, directory / "articles" / id_ / "article.yaml"), 1, id_, "", message)
        elif id_ in incidents:
            yield Fault(incidents[id_].file, incidents[id_].line, id_, "", message)
        elif article is None or ledger.has("articles", article):
            if article not in last:
                folder = directory / "articles" / article if article else directory
                kept_in = "incidents" if resource == "casualties" else resource
                file = relative(directory, folder / f"{kept_in}.yaml")
                last[article] = ledger.last(kept_in, file.removesuffix("yaml")) or (file, 1)
            yield Fault(*last[article], id_, "", message)


def _articles(connection: Connection, resource: str, ids: Sequence[str]) -> dict[str, str | None]:
    """In which articles' folders records stand, by their ids; None in shared files."""
    if resource in SHARED or resource == "articles":
        return dict.fromkeys(ids)
    asked = select(col(Evidence.record_id), col(Evidence.article_id)).where(
        col(Evidence.record_type) == TYPES[resource], col(Evidence.record_id).in_(ids), col(Evidence.position) == 0
    )
    return {id_: article for id_, article in connection.execute(asked)}


def _incidents(connection: Connection, ledger: Ledger, ids: Sequence[str]) -> dict[str, Standing]:
    """Where the incidents stand that claims are about, by the claims' ids, as far as they are there."""
    asked = select(col(Casualty.id), col(Casualty.incident_id)).where(col(Casualty.id).in_(ids))
    owners = {id_: incident for id_, incident in connection.execute(asked)}
    there = ledger.records("incidents", set(owners.values()))
    return {id_: there[incident] for id_, incident in owners.items() if incident in there}
