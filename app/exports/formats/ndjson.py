"""NDJSON: one stored document a line, exactly as the JSON lists hold it."""

from collections.abc import Iterator

from app.exports.formats import Batches


def chunks(batches: Batches) -> Iterator[bytes]:
    """Yields a file of records."""
    for batch in filter(None, batches):
        yield "\n".join([*batch, ""]).encode()
