"""The resources: their record tables, record types and child tables."""

from typing import Any

from sqlalchemy import Label, select
from sqlmodel import col

from app.storage.models import (
    Affiliation,
    Article,
    Casualty,
    CasualtyPerson,
    Incident,
    IncidentActor,
    IncidentPlace,
    IncidentRelation,
    IncidentTotal,
    Organization,
    OrganizationParent,
    Party,
    Person,
    PersonRole,
    Place,
    PlaceParent,
    StoredDocument,
)
from app.storage.speech_models import (
    Contradiction,
    Quote,
    QuoteIncident,
    QuotePlace,
    QuoteSpan,
    Statement,
    StatementAbout,
)

METADATA = Article.metadata
"""All tables: whoever takes it from here has imported the modules that have them."""

RECORD_TABLES: dict[str, type[Any]] = {
    "articles": Article,
    "incidents": Incident,
    "places": Place,
    "people": Person,
    "organizations": Organization,
    "quotes": Quote,
    "statements": Statement,
    "casualties": Casualty,
}
"""The table of each resource. The resource's name stands in URLs."""

TYPES = {
    "articles": "article",
    "incidents": "incident",
    "places": "place",
    "people": "person",
    "organizations": "organization",
    "quotes": "quote",
    "statements": "statement",
    "casualties": "casualty",
}
"""What one record of each resource is called."""

RESERVED_IDS = frozenset({"evidence", "history", "summary"})
"""Words that follow a resource or a record in URLs, and so are no ids."""

CHILD_TABLES: dict[str, list[tuple[type[Any], str]]] = {
    "articles": [],
    "incidents": [
        (IncidentPlace, "incident_id"),
        (IncidentActor, "incident_id"),
        (IncidentTotal, "incident_id"),
        (IncidentRelation, "incident_id"),
    ],
    "places": [(PlaceParent, "place_id")],
    "people": [(Party, "id"), (PersonRole, "person_id"), (Affiliation, "person_id")],
    "organizations": [(Party, "id"), (OrganizationParent, "organization_id")],
    "quotes": [(QuoteSpan, "quote_id"), (QuoteIncident, "quote_id"), (QuotePlace, "quote_id")],
    "statements": [(StatementAbout, "statement_id"), (Contradiction, "statement_id")],
    "casualties": [(CasualtyPerson, "casualty_id")],
}
"""The tables whose rows belong to a record, with the column that names it. They come and go with the record."""


def document_of(table: type[Any]) -> Any:
    """The document of a table's record, as a column beside its own: looked up for those records alone that a statement
    has found, whatever else it has to look at."""
    return _DOCUMENTS[table]


def _document_of(table: type[Any]) -> Label[str]:
    found = select(col(StoredDocument.document)).where(col(StoredDocument.number) == table.number)
    return found.correlate(table).scalar_subquery().label("document")


_DOCUMENTS = {table: _document_of(table) for table in RECORD_TABLES.values()}
"""Made once, because putting them together takes longer than looking one up."""
