"""Quotes."""

from app.model.documents import QuoteDocument
from app.queries.filters import QuoteFilters
from app.queries.quotes_statements import quotes as conditions
from app.queries.record_type import RecordType
from app.storage.speech_models import Quote, QuoteIncident, QuotePlace, QuoteSpan

QUOTES = RecordType(
    name="quotes",
    type="quote",
    code=6,
    table=Quote,
    children=(
        (QuoteSpan, "quote_id"),
        (QuoteIncident, "quote_id"),
        (QuotePlace, "quote_id"),
    ),
    document=QuoteDocument,
    filters=QuoteFilters,
    conditions=conditions,
    sorts={"position": "sort_name", "changed": "changed_in", "id": "id"},
    default_sort="position",
)
