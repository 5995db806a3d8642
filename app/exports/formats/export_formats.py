"""The file formats of lists, in the order in which answers name them. This is the only list of them."""

from app.exports.formats import arrow, csv, geojson, jsonld, ndjson, parquet, xlsx

EXPORT_FORMATS = {
    one.suffix: one
    for one in (
        *(csv.FORMAT, ndjson.FORMAT, geojson.FORMAT, jsonld.FORMAT),
        *(xlsx.FORMAT, parquet.FORMAT, arrow.FORMAT),
    )
}
