"""Import: tables become seed files by a declarative map, and annotations of other tools become evidence.

`tables` reads files into rows, `templates` and `table_maps` read the map, `table_records` makes records of rows, and
`staging` checks and writes the seed files. `annotations` reads what other tools marked, and `evidence_import` finds it
in an article's text.

May import: ingest, model, search.
Must not know: fastapi, starlette, sqlalchemy, sqlmodel.
"""
