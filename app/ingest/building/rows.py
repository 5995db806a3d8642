"""Table rows of a document: the columns by which a record is filtered, sorted and joined."""

from collections.abc import Callable
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple
from zlib import crc32

import orjson

from app.ingest import bulk_inserts
from app.ingest.bulk_inserts import RELEASE_COLUMNS
from app.model.day_spans import effective_days, span_class
from app.model.digests import Data
from app.queries.record_type import ChildRows, Row
from app.records import RECORD_TYPES
from app.storage import models

DATED = tuple(one.name for one in RECORD_TYPES.values() if hasattr(one.table, "reach"))
"""The types that have a date."""


class Rows(NamedTuple):
    """Columns of a record, and its rows in other tables."""

    columns: Row
    owned: list[tuple[type[Any], Row]]


def table_rows(resource: str, document: Data) -> Rows:
    """Builds the rows of a record from its document."""
    record_type = RECORD_TYPES[resource]
    row = {"id": document["id"], **record_type.row(document)}
    if resource in DATED:
        row |= _days(document["date"])
    if record_type.day_column is not None:
        row[record_type.day_column] = row["earliest"] or ""
    return Rows(row, [*record_type.child_rows(document), *_evidence(document)])


def owned_rows(rows: Rows) -> dict[str, list[bulk_inserts.Row]]:
    """Returns the rows of a record in other tables, by table, with their values in the order of its columns."""
    by_model: dict[type[Any], list[Row]] = {}
    for model, row in rows.owned:
        by_model.setdefault(model, []).append(row)
    return {
        str(model.__tablename__): list(map(values_of(model.__tablename__), some)) for model, some in by_model.items()
    }


@cache
def values_of(table: str) -> Callable[[Row], bulk_inserts.Row]:
    """Returns what takes the values of a row in the order of a table's columns, without those of the release."""
    return itemgetter(*(name for name in bulk_inserts.columns(table) if name not in RELEASE_COLUMNS))


def checksum_of_rows(body: str, rows: Rows, owned: dict[str, list[bulk_inserts.Row]] | None = None) -> int:
    """Returns a checksum of all that is stored of a record, given by its document and its rows. Its search terms are
    left out: they are made anew alone where only a record that it names has changed."""
    return crc32(orjson.dumps((body, rows.columns, owned_rows(rows) if owned is None else owned)))


def _days(date: Data | None) -> Row:
    earliest, latest = effective_days(date) if date else (None, None)
    return {
        "earliest": earliest,
        "latest": latest,
        "open_start": date is not None and "start" in date["open"],
        "open_end": date is not None and "end" in date["open"],
        "reach": span_class(earliest, latest),
    }


def _evidence(document: Any) -> ChildRows:
    for position, span in enumerate(document["evidence"]):
        yield (
            models.Evidence,
            {
                "record_type": document["type"],
                "record_id": document["id"],
                "position": position,
                "field": span["field"],
                "article_id": span["article"],
                "paragraph": span["paragraph"],
                "start": span["start"],
                "end": span["end"],
                "sha256": span["sha256"],
                "fragment": span["url"].partition("#:~:")[2],
            },
        )
