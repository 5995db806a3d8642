"""NDJSON: one stored document a line, exactly as the JSON lists hold it, or with the same parts left out."""

from collections.abc import Iterator

import orjson

from app.exports.formats import Export, ExportFormat
from app.model.compact_json import dump_json
from app.model.partial_documents import cut, keys_of


def chunks(export: Export) -> Iterator[bytes]:
    """Yields a file of records."""
    keys = keys_of(export.resource, export.codebook, export.fields, export.evidence)
    for batch in filter(None, export.batches):
        lines = batch if keys is None else [dump_json(cut(orjson.loads(text), keys)).encode() for text in batch]
        yield b"\n".join([*lines, b""])


FORMAT = ExportFormat(
    ".ndjson",
    "application/x-ndjson",
    "NDJSON",
    "One record a line, exactly as in the JSON list, with `fields` and `evidence` too.",
    chunks,
    of_columns=False,
    on_front_page=False,
)
