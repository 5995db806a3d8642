"""What to print for the values of facets and sums, in a language: labels of the codebook, and names of records."""

from collections.abc import Iterable

import orjson
from sqlalchemy import select

from app.api.translated_names import name_in
from app.model.languages import Language
from app.model.phrases import phrase
from app.queries.record_type import RecordType
from app.records import RECORD_TYPES
from app.storage.registry import document_of
from app.storage.snapshot import Snapshot

_FLAGS = {"true": "yes", "false": "no"}


def facet_labels(
    snapshot: Snapshot, resource: RecordType, facet: str, values: Iterable[str], language: Language
) -> dict[str, str]:
    """Returns the label of each value of a facet: that of the codebook, the name of the record with this id, yes or
    no, or the value itself, as of months."""
    vocabulary = resource.vocabulary(facet)
    known = {value: phrase(english, language) for value, english in _FLAGS.items()}
    if vocabulary is not None:
        known = snapshot.codebook.labels(vocabulary, language)
    labels = {value: known.get(value, value) for value in values}
    for record_type in (RECORD_TYPES[name] for name in resource.facets[facet].names):
        table = record_type.table
        for id_, text in snapshot.rows(select(table.id, document_of(table)).where(table.id.in_(list(labels)))):
            document = orjson.loads(text)
            labels[id_] = name_in(document, language) or record_type.title(document)
    return labels
