"""Filters to SQL: what each list can be asked, and the statements that answer it.

A filter's documentation stands in `filters`, its condition in the file of its resource. How a list then finds its
records is decided in `plan`. It and `counting` ask a snapshot, because they choose by what indexes find; all other
statements are made here and run elsewhere.

May import: model, problems, search, storage.
Must not know: fastapi, starlette, app.storage.reader, app.storage.executors.
"""
