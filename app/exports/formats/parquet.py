"""Apache Parquet, columns with types for data frames and databases: GeoParquet 1.1 where records have points."""

from collections.abc import Iterator

from app.exports.formats import COLUMNAR, Export, ExportFormat


def chunks(export: Export) -> Iterator[bytes]:
    """Yields a file."""
    from app.exports.columnar.files import parquet

    return parquet(export)


TYPED = (
    "A value is a column with its type: days are dates (the EDTF string beside them is text), figures are 32-bit "
    "integers, null is null. An object becomes columns of its own, named as in CSV: `date.edtf` is `date_edtf`. A list "
    "stays a list, of values or of objects with the keys that they have in JSON. What a column means stands in the "
    "schema. `fields` picks keys of the JSON, beside `id`, `type` and `url`."
)

FORMAT = ExportFormat(
    ".parquet",
    "application/vnd.apache.parquet",
    "Parquet",
    f"{TYPED} Compressed by zstd. Incidents and places are GeoParquet 1.1: `geometry` has points as WKB (OGC:CRS84), "
    "null where none is known, and `bbox` covers them. Whoever reads by ranges gets the columns needed alone.",
    chunks,
    of_columns=False,
    on_front_page=False,
    extra=COLUMNAR,
)
