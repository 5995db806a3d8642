"""Table rows of a document: the columns by which a record is filtered, sorted and joined."""

from typing import Any, NamedTuple

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
