"""Filters to SQL: what each list can be asked, and the statements that answer it.

What is generic about filters, facets and record types stands here, what one type has in `app.records`. How a list then
finds its records is decided in `plan`. It and `counting` ask a snapshot, because they choose by what indexes find; all
other statements are made here and run elsewhere.

May import: counts, model, problems, search, storage.
Must not know: fastapi, starlette, app.storage.reader, app.storage.executors.
"""
