"""Filters to SQL: what each list can be asked, and the statements that answer it.

A filter's documentation stands in `filters`, its condition in the file of its resource. Statements are made here and
run elsewhere.

May import: model, problems, search, storage.
Must not know: fastapi, starlette, app.storage.database, app.storage.reader.
"""
