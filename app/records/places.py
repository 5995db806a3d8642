"""Places."""

from app.model.documents import PlaceDocument
from app.queries.filters import PlaceFilters
from app.queries.places import places as conditions
from app.queries.record_type import RecordType
from app.storage.models import Place, PlaceParent

PLACES = RecordType(
    name="places",
    type="place",
    code=3,
    table=Place,
    children=((PlaceParent, "place_id"),),
    document=PlaceDocument,
    filters=PlaceFilters,
    conditions=conditions,
    sorts={"name": "sort_name", "changed": "changed_in", "id": "id"},
    default_sort="name",
)
