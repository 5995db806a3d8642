"""NDJSON: one stored document a line, exactly as the JSON lists hold it."""

from collections.abc import Iterator

from app.exports.formats import Batches, ExportFormat


def chunks(resource: str, batches: Batches, base: str, release: int) -> Iterator[bytes]:
    """Yields a file of records."""
    for batch in filter(None, batches):
        yield "\n".join([*batch, ""]).encode()


FORMAT = ExportFormat(
    ".ndjson",
    "application/x-ndjson",
    "NDJSON",
    "One record a line, exactly as in the JSON list.",
    chunks,
    of_columns=False,
    on_front_page=False,
)
