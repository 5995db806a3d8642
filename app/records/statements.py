"""Statements."""

from app.model.documents import StatementDocument
from app.queries.filters import StatementFilters
from app.queries.quotes_statements import statements as conditions
from app.queries.record_type import RecordType
from app.storage.speech_models import Contradiction, Statement, StatementAbout

STATEMENTS = RecordType(
    name="statements",
    type="statement",
    code=7,
    table=Statement,
    children=(
        (StatementAbout, "statement_id"),
        (Contradiction, "statement_id"),
    ),
    document=StatementDocument,
    filters=StatementFilters,
    conditions=conditions,
    sorts={"position": "sort_name", "changed": "changed_in", "id": "id"},
    default_sort="position",
)
