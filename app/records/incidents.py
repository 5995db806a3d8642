"""Incidents."""

from app.model.documents import IncidentDocument
from app.queries.filters import IncidentFilters
from app.queries.incidents import incidents as conditions
from app.queries.record_type import RecordType
from app.storage.models import Incident, IncidentActor, IncidentPlace, IncidentRelation, IncidentTotal

INCIDENTS = RecordType(
    name="incidents",
    type="incident",
    code=2,
    table=Incident,
    children=(
        (IncidentPlace, "incident_id"),
        (IncidentActor, "incident_id"),
        (IncidentTotal, "incident_id"),
        (IncidentRelation, "incident_id"),
    ),
    document=IncidentDocument,
    filters=IncidentFilters,
    conditions=conditions,
    sorts={"date": "sort_date", "title": "sort_name", "killed": "sort_killed", "changed": "changed_in", "id": "id"},
    default_sort="-date",
    day_sort="date",
)
