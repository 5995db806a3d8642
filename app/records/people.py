"""People: named and unnamed ones, and groups spoken of together."""

from app.model.documents import PersonDocument
from app.queries.filters import PersonFilters
from app.queries.people_organizations import people as conditions
from app.queries.record_type import RecordType
from app.storage.models import Affiliation, Party, Person, PersonRole

PEOPLE = RecordType(
    name="people",
    type="person",
    code=4,
    table=Person,
    children=(
        (Party, "id"),
        (PersonRole, "person_id"),
        (Affiliation, "person_id"),
    ),
    document=PersonDocument,
    filters=PersonFilters,
    conditions=conditions,
    sorts={"name": "sort_name", "changed": "changed_in", "id": "id"},
    default_sort="name",
)
