"""Organizations."""

from app.model.documents import OrganizationDocument
from app.queries.filters import OrganizationFilters
from app.queries.people_organizations import organizations as conditions
from app.queries.record_type import RecordType
from app.storage.models import Organization, OrganizationParent, Party

ORGANIZATIONS = RecordType(
    name="organizations",
    type="organization",
    code=5,
    table=Organization,
    children=(
        (Party, "id"),
        (OrganizationParent, "organization_id"),
    ),
    document=OrganizationDocument,
    filters=OrganizationFilters,
    conditions=conditions,
    sorts={"name": "sort_name", "changed": "changed_in", "id": "id"},
    default_sort="name",
)
