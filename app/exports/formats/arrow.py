"""Apache Arrow's IPC stream: the columns of `.parquet` as they lie in memory."""

from collections.abc import Iterator

from app.exports.formats import COLUMNAR, Export, ExportFormat
from app.exports.formats.parquet import TYPED


def chunks(export: Export) -> Iterator[bytes]:
    """Yields a stream."""
    from app.exports.columnar.files import arrow

    return arrow(export)


FORMAT = ExportFormat(
    ".arrow",
    "application/vnd.apache.arrow.stream",
    "Arrow",
    f"An IPC stream. {TYPED} Incidents and places have points as WKB in `geometry`.",
    chunks,
    of_columns=False,
    on_front_page=False,
    extra=COLUMNAR,
)
