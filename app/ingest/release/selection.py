"""A load of some of a dossier's records, whose references to the others lead nowhere."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache

from app.ingest.bulk_inserts import Row, columns
from app.records import RECORD_TYPES
from app.storage.models import Party
from app.storage.registry import METADATA

Ids = Mapping[str, AbstractSet[str]]
"""Ids by resource."""


class Selection:
    """The records to load. Raises KeyError for a resource that it does not name."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._by_table = {RECORD_TYPES[resource].table.__tablename__: chosen for resource, chosen in ids.items()}
        self._by_table[str(Party.__tablename__)] = ids["people"] | ids["organizations"]

    def has(self, resource: str, id_: str) -> bool:
        """Returns whether a record is to be loaded."""
        return id_ in self._ids[resource]

    def counts(self, counts: Mapping[str, int]) -> dict[str, int]:
        """Returns how many of these records there are."""
        return {resource: len(self._ids[resource]) for resource in counts}

    def rows(self, table: str, rows: Sequence[Row]) -> list[Row]:
        """Returns the rows that belong to a record and refer to records of the selection only."""
        links = [(index, self._by_table[target]) for index, target in references(table) if target in self._by_table]
        return [row for row in rows if all(row[index] is None or row[index] in ids for index, ids in links)]


@cache
def references(table: str) -> list[tuple[int, str]]:
    """Returns the position and the table of each foreign key in rows to be written."""
    keys = METADATA.tables[table].columns
    return [
        (index, key.column.table.name) for index, name in enumerate(columns(table)) for key in keys[name].foreign_keys
    ]
