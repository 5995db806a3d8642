"""Reconciliation: which record a name, a date, a place or a figure of another table means, and how sure that is.

Candidates come from an index of names, or from the filters of a list; each is scored by parts that the answer tells.
The HTTP side, the Reconciliation Service API, is in `api`.

May import: model, problems, queries, records, search, storage.
Must not know: fastapi, starlette.
"""
