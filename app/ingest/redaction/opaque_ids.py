"""Gives redacted records another id wherever the old one stands: in columns, documents, the log and digests."""

import json
import secrets
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, Table, select, update
from sqlmodel import col

from app.ingest.building.rows import checksum_of_rows, table_rows
from app.ingest.redaction.documents import Redaction
from app.ingest.redaction.forgotten import REFERENCE_KEYS, ForgottenId, address_of
from app.ingest.redaction.past import LOGGED
from app.ingest.redaction.terms import forget_id
from app.model.digests import Data, digest, serialize
from app.records import BY_TYPE, RECORD_TYPES
from app.storage.models import Casualty, Change, Evidence, HarmInclusion, StoredDocument
from app.storage.past_tables import FIRST_PAST_NUMBER, PREFIX
from app.storage.redaction_models import RedactedVersion
from app.storage.registry import METADATA

_BATCH = 500
_RANDOM_BYTES = 6
_OF_RELEASES = ("version", "changed_in")
_TYPES_BY_KEY = {"places": "place", "location": "place", "organizations": "organization", "harm": "casualty"}
_TYPES_BY_KEY |= {"harms": "casualty", "article": "article", "part_of": "casualty"}
_HARM_KEYS = ("includes", "may_include", "included_in")


class OpaqueId(NamedTuple):
    """The id that a record had, and the one that it has from now on, in all releases."""

    resource: str
    type: str
    old: str
    new: str


def opaque_id(redaction: Redaction) -> OpaqueId:
    """Makes up an id for a record: at random, so that nobody finds the old one by trying."""
    new = f"redacted-{secrets.token_hex(_RANDOM_BYTES)}"
    return OpaqueId(redaction.resource, redaction.type, redaction.id, new)


def replace_ids(connection: Connection, ids: Sequence[OpaqueId]) -> None:
    """Gives records their new ids in everything that is stored."""
    for one in ids:
        for table, column in _columns(one):
            connection.execute(update(table).where(column == one.old).values({column: one.new}))
        _replace_in_log(connection, one)
        _replace_in_harms(connection, one)
        _replace_in_documents(connection, one)


def _columns(one: OpaqueId) -> Iterator[tuple[Table, Column[Any]]]:
    """Yields the columns that hold ids of a type, those of the past included."""
    own = METADATA.tables[RECORD_TYPES[one.resource].table.__tablename__]
    shared = {key.target_fullname for key in own.c.id.foreign_keys}
    targets = {f"{own.name}.id", *shared}
    names = [(table.name, column.name) for table in METADATA.sorted_tables for column in _leading_to(table, targets)]
    names += [(target.partition(".")[0], "id") for target in targets]
    if one.type == BY_TYPE["casualty"].type:
        names += [(str(Casualty.__tablename__), name) for name in ("part_of_id", "harm")]
    for name, column_name in dict.fromkeys(names):
        for prefix in ("", PREFIX):
            if (found := METADATA.tables.get(f"{prefix}{name}")) is not None:
                yield found, found.c[column_name]


def _leading_to(table: Table, targets: set[str]) -> list[Column[Any]]:
    return [column for column in table.columns if any(key.target_fullname in targets for key in column.foreign_keys)]


def _replace_in_log(connection: Connection, one: OpaqueId) -> None:
    """The columns that hold ids of any type, beside the type."""
    evidence = str(Evidence.__tablename__)
    for name, kind, of_id in (
        *((f"{prefix}{evidence}", "record_type", "record_id") for prefix in ("", PREFIX)),
        *((str(Change.__tablename__), "type", column) for column in ("id", "superseded_by")),
        (str(RedactedVersion.__tablename__), "type", "id"),
    ):
        table = METADATA.tables[name]
        mine = (table.c[kind] == one.type) & (table.c[of_id] == one.old)
        connection.execute(update(table).where(mine).values({of_id: one.new}))
    old, new = f"{one.type}/{one.old}", f"{one.type}/{one.new}"
    naming = select(col(Change.because)).where(col(Change.because).contains(f'"{old}"')).distinct()
    for because in connection.scalars(naming).all():
        renewed = json.dumps(
            [new if record == old else record for record in json.loads(because or "[]")], separators=(",", ":")
        )
        connection.execute(update(Change).where(col(Change.because) == because).values(because=renewed))
    for model, columns in LOGGED:
        table = METADATA.tables[model.__tablename__]
        for told in (table.c[name] for name in columns):
            for text in connection.scalars(select(told).where(told.contains(one.old)).distinct()).all():
                if (changed := _without_addresses(text, one)) != text:
                    connection.execute(update(table).where(told == text).values({told: changed}))


def _replace_in_harms(connection: Connection, one: OpaqueId) -> None:
    for prefix in ("", PREFIX):
        table = METADATA.tables[f"{prefix}{HarmInclusion.__tablename__}"]
        naming = select(table.c.included).where(table.c.included.contains(one.old)).distinct()
        for included in connection.scalars(naming).all():
            if (changed := _harm_key(included, one)) != included:
                connection.execute(update(table).where(table.c.included == included).values(included=changed))


def _replace_in_documents(connection: Connection, one: OpaqueId) -> None:
    """Replaces an id in all documents, and gives their versions their digests anew."""
    number, last = col(StoredDocument.number), -1
    query = select(number, col(StoredDocument.document)).where(col(StoredDocument.document).contains(one.old))
    while rows := connection.execute(query.where(number > last).order_by(number).limit(_BATCH)).all():
        last = rows[-1].number
        for row in rows:
            before = json.loads(row.document)
            after = _replaced(before, one, before["type"])
            if after != before:
                _rewrite(connection, row.number, after)
                if (after["type"], after["id"]) == (one.type, one.new):
                    forget_id(connection, row.number, after, one.old)


def _rewrite(connection: Connection, number: int, document: Data) -> None:
    record_type, is_past = BY_TYPE[document["type"]], number >= FIRST_PAST_NUMBER
    table = METADATA.tables[f"{PREFIX if is_past else ''}{record_type.table.__tablename__}"]
    data = {key: value for key, value in document.items() if key not in _OF_RELEASES}
    values: dict[str, Any] = {"digest": digest(data)}
    if not is_past:  # as the next load makes it of the same record
        values["rows_checksum"] = checksum_of_rows(serialize(data), table_rows(record_type.name, data))
    connection.execute(update(table).where(table.c.number == number).values(values))
    stored = update(StoredDocument).where(col(StoredDocument.number) == number)
    connection.execute(stored.values(id=document["id"], document=serialize(document)))
    written = connection.scalar(select(table.c.changed_in).where(table.c.number == number))
    mine = (col(RedactedVersion.type) == document["type"]) & (col(RedactedVersion.id) == document["id"])
    noted = update(RedactedVersion).where(mine, col(RedactedVersion.written_in) == written)
    connection.execute(noted.values(digest=values["digest"]))


def _replaced(value: Any, one: OpaqueId, root: str, key: str = "") -> Any:
    """Returns a value of a document with the new id of a record in place of its old one."""
    if isinstance(value, str):
        return _replaced_text(value, one, key)
    if isinstance(value, list):
        return [_replaced(item, one, root, key) for item in value]
    if isinstance(value, dict):
        kind = value.get("type") or _TYPES_BY_KEY.get(key) or (root if key == "parents" else one.type)
        changed = {name: _replaced(item, one, root, name) for name, item in value.items()}
        if value.get("id") == one.old and kind == one.type:
            changed["id"] = one.new
        return changed
    return value


def _replaced_text(text: str, one: OpaqueId, key: str) -> str:
    if key in _HARM_KEYS:
        return _harm_key(text, one)
    if text == one.old:
        return one.new if key in REFERENCE_KEYS and _TYPES_BY_KEY.get(key, one.type) == one.type else text
    return _without_addresses(text, one)


def _without_addresses(text: str, one: OpaqueId) -> str:
    """Returns a text with the new id of a record in each of its addresses."""
    return address_of(one.resource, one.type, one.old).sub(rf"\g<1>{one.new}", text) if one.old in text else text


def _harm_key(key: str, one: OpaqueId) -> str:
    """Returns what stands for a harm, `incident/harm`, where a harm may be called like a claim."""
    incident, _, harm = key.partition("/")
    if one.type == "incident" and incident == one.old:
        return f"{one.new}/{harm}"
    return f"{incident}/{one.new}" if one.type == "casualty" and harm == one.old else key


def forgotten_id(connection: Connection, one: OpaqueId) -> ForgottenId:
    """Returns the id that a record had, as it is looked for."""
    others = select(col(Change.type)).where(col(Change.id) == one.old, col(Change.type) != one.type).limit(1)
    is_alone = connection.execute(others).first() is None
    return ForgottenId(one.resource, one.type, one.old, is_alone)
