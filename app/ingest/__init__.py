"""The loader: reads seed files, checks, renders and compares them, writes a release, and verifies it against a text.

May import: counts, model, queries, records, search, storage.
Must not know: fastapi, starlette.
"""
