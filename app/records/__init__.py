"""The record types, one file each: what a type is called, how it is stored, filtered, sorted and counted.

Everything generic (lists, exports, facets, feeds, `/ogc`, datasets, OpenAPI, loads) reads these declarations and knows
no type by name.

May import: counts, model, queries, search, storage.
Must not know: fastapi, starlette, app.storage.reader, app.storage.executors.
"""

from app.queries.record_type import RecordType
from app.records.articles import ARTICLES
from app.records.casualties import CASUALTIES
from app.records.documents import DOCUMENTS
from app.records.incidents import INCIDENTS
from app.records.organizations import ORGANIZATIONS
from app.records.people import PEOPLE
from app.records.places import PLACES
from app.records.quotes import QUOTES
from app.records.statements import STATEMENTS

RECORD_TYPES: dict[str, RecordType] = {
    one.name: one
    for one in (ARTICLES, INCIDENTS, PLACES, PEOPLE, ORGANIZATIONS, QUOTES, STATEMENTS, CASUALTIES, DOCUMENTS)
}
"""By the name of the list, in the order in which they are shown."""

COUNTED_TYPES = {name: one.counted for name, one in RECORD_TYPES.items()}
"""What each type is counted by in arrays."""

BY_TYPE: dict[str, RecordType] = {one.type: one for one in RECORD_TYPES.values()}
"""By what one record is called."""
