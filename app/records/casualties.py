"""Claims about who was harmed, which are chosen by their incident as well."""

from sqlmodel import col

from app.model.documents import CasualtyDocument
from app.queries.filters import CasualtyFilters
from app.queries.incidents import casualties as conditions
from app.queries.record_type import RecordType, Subject
from app.storage.models import Casualty, CasualtyPerson, Incident

CASUALTIES = RecordType(
    name="casualties",
    type="casualty",
    code=8,
    table=Casualty,
    children=((CasualtyPerson, "casualty_id"),),
    document=CasualtyDocument,
    filters=CasualtyFilters,
    conditions=conditions,
    sorts={"incident": "sort_name", "changed": "changed_in", "id": "id"},
    default_sort="incident",
    chosen_by=Subject(Incident, col(Incident.id) == col(Casualty.incident_id)),
)
